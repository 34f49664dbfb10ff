"""Passkeys (WebAuthn): what a browser is asked to sign, and whether it did.

The library is imported where it is used: nobody waits for it who logs in without one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from callflow.core.people.sessions import Passkey
from callflow.core.people.users import User
from web.access.names import Site

if TYPE_CHECKING:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

_NAME = "Callflow"


class BadPasskey(Exception):
    """What the browser sent proves nothing."""


def _known(keys: Sequence[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    from webauthn.helpers import base64url_to_bytes  # noqa: PLC0415
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor  # noqa: PLC0415

    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(key.id)) for key in keys]


def ask_for_new(here: Site, user: User, keys: Sequence[Passkey]) -> dict[str, Any]:
    """Options to add a device; ``challenge`` among them is to be kept."""
    import webauthn  # noqa: PLC0415
    from webauthn.helpers import structs  # noqa: PLC0415

    options = webauthn.generate_registration_options(
        rp_id=here.party,
        rp_name=_NAME,
        user_id=user.id.encode(),
        user_name=user.name,
        exclude_credentials=_known(keys),
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.DISCOURAGED,
            user_verification=structs.UserVerificationRequirement.PREFERRED,
        ),
    )
    return dict(json.loads(webauthn.options_to_json(options)))


def check_new(
    credential: dict[str, Any],
    challenge: str,
    here: Site,
    *,
    user_id: str,
    name: str,
    now: datetime,
) -> Passkey:
    """The device, as that of this user. Raises BadPasskey."""
    import webauthn  # noqa: PLC0415
    from webauthn.helpers import base64url_to_bytes, bytes_to_base64url  # noqa: PLC0415

    try:
        found = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=here.party,
            expected_origin=here.origin,
        )
    except Exception as error:  # its parsers raise all sorts for what a hostile browser sends
        raise BadPasskey(str(error)) from error
    return Passkey(
        id=bytes_to_base64url(found.credential_id),
        user_id=user_id,
        name=name,
        public_key=bytes_to_base64url(found.credential_public_key),
        sign_count=found.sign_count,
        created_at=now,
    )


def ask(here: Site, keys: Sequence[Passkey]) -> dict[str, Any]:
    """Options to prove oneself with one of these devices."""
    import webauthn  # noqa: PLC0415

    options = webauthn.generate_authentication_options(
        rp_id=here.party, allow_credentials=_known(keys)
    )
    return dict(json.loads(webauthn.options_to_json(options)))


def check(
    credential: dict[str, Any],
    challenge: str,
    here: Site,
    keys: Sequence[Passkey],
) -> tuple[Passkey, int]:
    """Which of ``keys`` signed, and its new counter. Raises BadPasskey, for a clone too."""
    import webauthn  # noqa: PLC0415
    from webauthn.helpers import base64url_to_bytes  # noqa: PLC0415

    key = next((known for known in keys if known.id == credential.get("id")), None)
    if key is None:
        raise BadPasskey("not a device of this person")
    try:
        found = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=here.party,
            expected_origin=here.origin,
            credential_public_key=base64url_to_bytes(key.public_key),
            credential_current_sign_count=key.sign_count,
        )
    except Exception as error:  # its parsers raise all sorts for what a hostile browser sends
        raise BadPasskey(str(error)) from error
    return key, found.new_sign_count

"""Sessions, and what opens them: passkeys, challenges, tokens of programs. Pure; times are UTC."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Session:
    """A log-in that lasts, and whose it is (the last four fields)."""

    token_hash: str
    user_id: str
    csrf: str
    created_at: datetime
    expires_at: datetime
    seen_at: datetime
    address: str
    browser: str
    factor: str  # what else than a password opened it: web/access/factors.py
    name: str
    role: str
    language: str
    password_given_at: datetime | None


@dataclass(frozen=True, slots=True)
class Passkey:
    """A device that proves who somebody is (WebAuthn); ``id`` and ``public_key`` in base64url."""

    id: str
    user_id: str
    name: str
    public_key: str
    sign_count: int
    created_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a browser was asked and has not answered yet, known by a token of its own."""

    token_hash: str
    kind: str  # factor, totp, passkey, oidc
    user_id: str | None
    data: dict[str, Any]  # a JSON document of the kind
    expires_at: datetime

    @property
    def whose(self) -> str:
        """The user's id, of a kind that is somebody's."""
        assert self.user_id is not None, f"a challenge of kind {self.kind} is nobody's"
        return self.user_id


@dataclass(frozen=True, slots=True)
class ApiToken:
    """What lets a program in."""

    id: str
    token_hash: str
    role: str
    name: str
    created_at: datetime
    made_by: str
    accounts: tuple[str, ...] | None = None  # whom a panel's speaks for; None: nobody (D31)
    expires_at: datetime | None = None  # None: it ends when it is revoked
    used_at: datetime | None = None  # last, within some seconds
    revoked_at: datetime | None = None
    revoked_by: str | None = None

"""Second factors: codes of an authenticator (RFC 6238), recovery codes, half-done log-ins.

A session's ``factor`` says what opened it: password (alone), totp, passkey, recovery, oidc.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import pyotp
import segno
from fastapi import Request, Response
from markupsafe import Markup

from callflow.core.people.sessions import Challenge, Passkey
from callflow.core.people.users import User
from callflow.storage import Tx
from callflow.storage.people import access
from callflow.vault import Vault
from web.access import cookies
from web.access.users import digest
from web.station import Station

#: Seconds of a code; one earlier and one later are taken: clocks differ.
_STEP = 30
_ISSUER = "Callflow"
#: Letters and digits that nobody mistakes for others: 50 bits a code.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
RECOVERY_CODES = 10
#: How long somebody may take to answer.
CHALLENGE_LASTS = timedelta(minutes=10)


# --- codes --------------------------------------------------------------------------------


def new_secret() -> str:
    """160 random bits in base32."""
    return pyotp.random_base32()


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """Which 30 s step the code belongs to, from the one before to the one after now's; None: to
    none of these, or there is no ``secret``."""
    typed = "".join(code.split())
    if not secret or not typed.isascii() or not typed.isdigit():
        return None
    counter, at = pyotp.HOTP(secret), int(now.timestamp()) // _STEP
    steps = (at, at - 1, at + 1)
    return next((step for step in steps if counter.verify(typed, step)), None)


def picture(secret: str, name: str) -> Markup:
    """The secret as a QR code that authenticators read (an inline SVG)."""
    uri = pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=_ISSUER)
    drawn = segno.make(uri, error="m").svg_inline(
        scale=5, border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None, omitsize=True
    )
    return Markup(drawn)  # noqa: S704 -- drawn from squares: nothing of what it says stands in it


def recovery_codes() -> list[str]:
    """New ones, as people read them."""
    raw = ("".join(secrets.choice(_ALPHABET) for _ in range(10)) for _ in range(RECOVERY_CODES))
    return [f"{code[:5]}-{code[5:]}" for code in raw]


def recovery_mac(vault: Vault, user_id: str, code: str) -> str:
    """How a recovery code is kept."""
    typed = "".join(letter for letter in code.lower() if letter.isalnum())
    return vault.code(f"recovery:{user_id}", typed)


# --- asking -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Factors:
    """What somebody can prove themselves with."""

    totp: str | None  # as it is stored
    passkeys: list[Passkey]
    recovery_left: int

    def __bool__(self) -> bool:
        return self.totp is not None or bool(self.passkeys)


def of_user(tx: Tx, user: User) -> Factors:
    """A user's second factors."""
    return Factors(
        totp=user.totp,
        passkeys=access.passkeys(tx, user.id),
        recovery_left=access.recovery_codes_left(tx, user.id),
    )


async def begin(
    station: Station,
    request: Request,
    answer: Response,
    kind: str,
    data: dict[str, Any],
    *,
    user_id: str | None = None,
    samesite: Literal["lax", "strict"] = "strict",
) -> None:
    """Ask a browser something before it is let in; ``answer`` carries the cookie to know it by."""
    token, now = secrets.token_urlsafe(32), station.clock()
    asked = Challenge(digest(token), kind, user_id, data, now + CHALLENGE_LASTS)
    await station.store.write(lambda tx: access.put_challenge(tx, asked, now))
    cookies.put(request, answer, cookies.CHALLENGE, token, CHALLENGE_LASTS, samesite=samesite)


def key_of(request: Request) -> str:
    """What this browser's half-done log-in is kept under."""
    return digest(cookies.read(request, cookies.CHALLENGE))


async def asked(station: Station, request: Request, kind: str) -> Challenge | None:
    """What this browser was asked, if it still counts."""
    key, now = key_of(request), station.clock()
    return await station.store.read(lambda tx: access.challenge(tx, key, kind, now))

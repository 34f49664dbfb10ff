"""Users, API tokens, and what each role may do."""

import functools
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from callflow.core.people.users import PEOPLE as PEOPLE
from callflow.core.people.users import Role as Role
from callflow.handling.station.tokens import add_token
from callflow.handling.station.users import add_user
from callflow.storage import Tx


class Right(StrEnum):
    """What may be allowed."""

    READ = "read"
    SEND = "send"  # signals
    CONFIRM = "confirm"  # what became of messages that left
    HANDLE = "handle"  # act on incidents
    CONFIGURE = "configure"  # sites and plans
    SUPERVISE = "supervise"  # listen, whisper, barge in; end others' sessions; unblock
    ADMINISTER = "administer"  # people: who logs in, as what
    SIMULATE = "simulate"  # the demo's phones


_OPERATOR = frozenset({Right.READ, Right.SEND, Right.HANDLE, Right.SIMULATE})
RIGHTS: dict[Role, frozenset[Right]] = {
    Role.PANEL: frozenset({Right.SEND}),
    Role.GATEWAY: frozenset({Right.CONFIRM}),
    Role.SCREEN: frozenset(),
    Role.READER: frozenset({Right.READ}),
    Role.TECHNICIAN: frozenset(),
    Role.OPERATOR: _OPERATOR,
    Role.SUPERVISOR: _OPERATOR | {Right.CONFIGURE, Right.SUPERVISE},
    Role.ADMINISTRATOR: frozenset(Right),
}


@dataclass(frozen=True, slots=True)
class Declared:
    """What a route's dependency asks for, to be read from outside: each one carries it as
    ``declared``. None: anybody who is logged in."""

    right: Right | None


_hasher = PasswordHasher()


def rights_of(role: str) -> frozenset[Right]:
    """The rights of a stored role; none for one that this version doesn't know."""
    return RIGHTS[Role(role)] if role in frozenset(Role) else frozenset()


def hash_password(password: str) -> str:
    """argon2id; takes about 150 ms, so not on an event loop."""
    return _hasher.hash(password)


def check_password(kept: str | None, password: str) -> bool:
    """True where ``password`` is the one; takes as long where nobody has one."""
    try:
        _hasher.verify(kept or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return bool(kept)


@functools.cache
def _nobody() -> str:
    """Verified in place of an unknown user's, so that the time taken doesn't tell who exists."""
    return _hasher.hash("nobody")


def digest(token: str) -> str:
    """How an opaque token is kept: it has 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def create_user(
    tx: Tx,
    name: str,
    role: Role,
    password_hash: str,
    now: datetime,
    *,
    language: str = "fr",
    shown_name: str = "",
) -> None:
    """A new person, by the command line. Raises ValueError: the name is taken, a program's role."""
    add_user(tx, name, role, password_hash, now, by="cli", language=language, shown_name=shown_name)


def create_token(
    tx: Tx,
    role: Role,
    name: str,
    now: datetime,
    *,
    by: str = "cli",
    expires_at: datetime | None = None,
    accounts: Sequence[str] = (),
) -> str:
    """A new API token; it is shown once, only its hash is kept. ``accounts``: whom a panel's speaks
    for. Raises Refused."""
    token = "cf_" + secrets.token_urlsafe(32)
    kept = digest(token)
    add_token(tx, kept, role, name, now, by=by, expires_at=expires_at, accounts=accounts)
    return token

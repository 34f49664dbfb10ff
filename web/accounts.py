"""Users, API tokens, and what each role may do."""

from __future__ import annotations

import functools
import hashlib
import secrets
import uuid
from datetime import datetime
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from callflow.storage import Tx, people


class Role(StrEnum):
    """Who somebody, or a program, is to the station."""

    PANEL = "panel"  # a program that sends signals, and nothing else
    READER = "reader"  # sees, changes nothing
    TECHNICIAN = "technician"  # of a maintenance firm: on the phone menu; no page is theirs yet
    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"


class Right(StrEnum):
    """What may be allowed."""

    READ = "read"
    SEND = "send"  # signals
    HANDLE = "handle"  # act on incidents
    CONFIGURE = "configure"  # sites and plans
    SIMULATE = "simulate"  # the demo's phones


_OPERATOR = frozenset({Right.READ, Right.SEND, Right.HANDLE, Right.SIMULATE})
RIGHTS: dict[Role, frozenset[Right]] = {
    Role.PANEL: frozenset({Right.SEND}),
    Role.READER: frozenset({Right.READ}),
    Role.TECHNICIAN: frozenset(),
    Role.OPERATOR: _OPERATOR,
    Role.SUPERVISOR: _OPERATOR | {Right.CONFIGURE},
    Role.ADMINISTRATOR: frozenset(Right),
}
#: Roles that a person who logs in may have.
PEOPLE = (Role.READER, Role.TECHNICIAN, Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR)

_hasher = PasswordHasher()


def rights_of(role: str) -> frozenset[Right]:
    """The rights of a stored role; none for one that this version doesn't know."""
    return RIGHTS[Role(role)] if role in frozenset(Role) else frozenset()


def hash_password(password: str) -> str:
    """argon2id; takes about 150 ms, so not on an event loop."""
    return _hasher.hash(password)


def check_password(kept: str | None, password: str) -> bool:
    """Whether ``password`` is the one; takes as long for a user that doesn't exist (None)."""
    try:
        _hasher.verify(kept or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


@functools.cache
def _nobody() -> str:
    """Verified in place of an unknown user's, so that the time taken doesn't tell who exists."""
    return _hasher.hash("nobody")


def digest(token: str) -> str:
    """How an opaque token is kept: it has 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def create_user(
    tx: Tx, name: str, role: Role, password_hash: str, now: datetime, *, language: str = "fr"
) -> None:
    """A new person. Raises ValueError where the name is taken or the role is a program's."""
    if role not in PEOPLE:
        raise ValueError(f"{role} is a role of programs, not of people")
    if not name.strip() or len(name) > 64:
        raise ValueError("a name has 1 to 64 characters")
    if people.user_by_name(tx, name) is not None:
        raise ValueError(f"there is a user {name!r} already")
    people.insert_user(
        tx,
        {
            "id": uuid.uuid4().hex,
            "name": name,
            "role": role.value,
            "password": password_hash,
            "language": language,
            "created_at": now,
        },
    )


def create_token(tx: Tx, role: Role, name: str, now: datetime) -> str:
    """A new API token; it is shown once, only its hash is kept."""
    token = "cf_" + secrets.token_urlsafe(32)
    people.insert_token(
        tx,
        {
            "id": uuid.uuid4().hex,
            "token_hash": digest(token),
            "role": role.value,
            "name": name,
            "created_at": now,
        },
    )
    return token

"""Tokens of programs: made, shown once, used until they end. Only their hash is kept."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from callflow import ids
from callflow.core.people.sessions import ApiToken
from callflow.core.people.users import Role, is_reserved
from callflow.core.time.instants import to_iso
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage.people import users

#: Accounts that one token may name.
MOST_ACCOUNTS = 1000


def add_token(
    tx: Tx,
    token_hash: str,
    role: Role,
    name: str,
    now: datetime,
    *,
    by: str,
    expires_at: datetime | None = None,
    accounts: Sequence[str] = (),
) -> str:
    """A program called ``name`` may do what ``role`` may, until then; the token's id.

    ``accounts``: whom a panel's token speaks for. Without any it may open alarms, and end none.
    Raises Refused: its name stands in the logbook, so it is no person's.
    """
    named = _accounts(role, accounts)
    if not name.strip() or len(name) > 64 or not name.isprintable():
        raise Refused("a name has 1 to 64 characters")
    if is_reserved(name):
        raise Refused("this is the machine's own name: choose another one")
    if users.user_by_name(tx, name) is not None:
        raise Refused("this is a person's name: what the program does would seem to be theirs")
    if expires_at is not None and expires_at <= now:
        raise Refused("the token would have ended already: choose a later day")
    token_id = ids.new(now)
    made = ApiToken(
        id=token_id,
        token_hash=token_hash,
        role=role.value,
        name=name,
        created_at=now,
        made_by=by,
        accounts=tuple(named) or None,
        expires_at=expires_at,
    )
    users.insert_token(tx, made)
    said: dict[str, Any] = {"by": by, "who_did": by, "name": name, "role": role.value}
    if named:
        said["accounts"] = ", ".join(named)
    if expires_at is None:
        tell(tx, "token_created", now, **said)
    else:
        tell(tx, "token_created_until", now, **said, until=to_iso(expires_at))
    return token_id


def open_tokens(tx: Tx, now: datetime) -> list[str]:
    """Names of panels' tokens that let in and speak for no account: they end nothing (D31)."""
    return sorted(
        token.name
        for token in users.tokens(tx)
        if token.role == Role.PANEL and not token.accounts and token.revoked_at is None
        if token.expires_at is None or token.expires_at > now
    )


def _accounts(role: Role, accounts: Sequence[str]) -> list[str]:
    """Raises Refused."""
    named = list(dict.fromkeys(accounts))
    if named and role is not Role.PANEL:
        raise Refused("only a panel's token names accounts")
    if len(named) > MOST_ACCOUNTS:
        raise Refused("a token names 1000 accounts at most: make several")
    for account in named:
        if not re.fullmatch(r"[0-9A-Za-z]{1,16}", account):
            raise Refused("an account is 1 to 16 digits and letters", account[:40])
    return named


def revoke_token(tx: Tx, token_id: str, by: str, now: datetime) -> None:
    """It lets nobody in any more. Raises NotFound."""
    token = users.token(tx, token_id)
    if token is None or token.revoked_at is not None:
        raise NotFound("there is no such token")
    users.update_token(tx, token_id, revoked_at=now, revoked_by=by)
    tell(tx, "token_revoked", now, by=by, who_did=by, name=token.name, role=token.role)

"""Rows of sessions, and of what opens them: passkeys, recovery codes, challenges."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Executable, delete, select, update

from callflow.core.people.sessions import Challenge, Passkey, Session
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import columns, first, found


def _changed(tx: Tx, statement: Executable) -> int:
    return cast("CursorResult[Any]", tx.execute(statement)).rowcount


# --- sessions -----------------------------------------------------------------------------

_U = t.user.c
_WHOSE = (_U.name, _U.role, _U.language, _U.password_given_at)
_SESSIONS = select(t.session, *_WHOSE).join(t.user, t.session.c.user_id == _U.id)
_LIVE = _SESSIONS.where(_U.disabled_at.is_(None))


def _counts(now: datetime, seen_since: datetime) -> tuple[ColumnElement[bool], ...]:
    return t.session.c.expires_at > now, t.session.c.seen_at > seen_since


def insert_session(tx: Tx, session: Session, now: datetime) -> None:
    """A new session; those that are long over are forgotten."""
    tx.execute(delete(t.session).where(t.session.c.expires_at <= now))
    kept = {name: value for name, value in columns(session).items() if name in t.session.c}
    tx.execute(t.session.insert().values(**kept))


def live_session(tx: Tx, token_hash: str, now: datetime, seen_since: datetime) -> Session | None:
    """This session, where it counts; None: it is over."""
    query = _LIVE.where(t.session.c.token_hash == token_hash, *_counts(now, seen_since))
    return first(tx, query, Session)


def session_of(tx: Tx, token_hash: str) -> Session | None:
    """This session, whether it counts or not."""
    return first(tx, _SESSIONS.where(t.session.c.token_hash == token_hash), Session)


def sessions(
    tx: Tx, now: datetime, seen_since: datetime, *, user_id: str | None = None
) -> list[Session]:
    """Every session (of one user) that counts, the newest first."""
    query = _LIVE.where(*_counts(now, seen_since)).order_by(
        t.session.c.created_at.desc(), t.session.c.token_hash
    )
    if user_id is not None:
        query = query.where(_U.id == user_id)
    return found(tx, query, Session)


def live_sessions(
    tx: Tx, of: Collection[str], now: datetime, seen_since: datetime
) -> dict[str, datetime]:
    """Which of these sessions count, and when each was seen last."""
    if not of:
        return {}
    query = _LIVE.where(t.session.c.token_hash.in_(of), *_counts(now, seen_since))
    return {row.token_hash: row.seen_at for row in tx.execute(query)}


def sessions_seen(tx: Tx, seen: Mapping[str, datetime]) -> None:
    """These sessions were used at these times."""
    for token_hash, at in seen.items():
        tx.execute(
            update(t.session)
            .where(t.session.c.token_hash == token_hash, t.session.c.seen_at < at)
            .values(seen_at=at)
        )


def proved(tx: Tx, token_hash: str, factor: str) -> None:
    """The session's user has given a second factor since."""
    tx.execute(update(t.session).where(t.session.c.token_hash == token_hash).values(factor=factor))


def end_sessions(
    tx: Tx, now: datetime, *, user_id: str, token_hash: str | None = None, but: str | None = None
) -> int:
    """End one session of a user, or all but one, with their softphones; how many there were."""
    which = [t.session.c.user_id == user_id]
    if token_hash is not None:
        which.append(t.session.c.token_hash == token_hash)
    if but is not None:
        which.append(t.session.c.token_hash != but)
    ended = [row.token_hash for row in tx.execute(select(t.session.c.token_hash).where(*which))]
    if ended:
        tx.execute(
            update(t.phone)
            .where(t.phone.c.session.in_(ended), t.phone.c.ended_at.is_(None))
            .values(ended_at=now)
        )
        tx.execute(delete(t.session).where(t.session.c.token_hash.in_(ended)))
    return len(ended)


# --- second factors -----------------------------------------------------------------------


def take_step(tx: Tx, user_id: str, step: int) -> bool:
    """Take a code's step, once: False where it, or a later one, was taken before."""
    statement = (
        update(t.user)
        .where(t.user.c.id == user_id, t.user.c.totp_step < step)
        .values(totp_step=step)
    )
    return _changed(tx, statement) == 1


def passkeys(tx: Tx, user_id: str) -> list[Passkey]:
    """A user's passkeys, oldest first."""
    query = select(t.passkey).where(t.passkey.c.user_id == user_id)
    return found(tx, query.order_by(t.passkey.c.created_at, t.passkey.c.id), Passkey)


def passkey(tx: Tx, key_id: str) -> Passkey | None:
    """The passkey of this id, whoever's."""
    return first(tx, select(t.passkey).where(t.passkey.c.id == key_id), Passkey)


def insert_passkey(tx: Tx, key: Passkey) -> None:
    """A new passkey."""
    tx.execute(t.passkey.insert().values(**columns(key)))


def passkey_used(tx: Tx, key_id: str, before: int, count: int, now: datetime) -> bool:
    """Its counter went on from ``before``; False where somebody else's log-in was faster."""
    statement = (
        update(t.passkey)
        .where(t.passkey.c.id == key_id, t.passkey.c.sign_count == before)
        .values(sign_count=count, used_at=now)
    )
    return _changed(tx, statement) == 1


def delete_passkeys(tx: Tx, user_id: str, key_id: str | None = None) -> list[Passkey]:
    """Remove one of a user's passkeys, or all; those that were there."""
    gone = [key for key in passkeys(tx, user_id) if key_id in (None, key.id)]
    tx.execute(delete(t.passkey).where(t.passkey.c.id.in_([key.id for key in gone])))
    return gone


def put_recovery_codes(tx: Tx, user_id: str, macs: Iterable[str]) -> None:
    """These codes, by their MACs, instead of those of before."""
    tx.execute(delete(t.recovery_code).where(t.recovery_code.c.user_id == user_id))
    rows = [{"mac": mac, "user_id": user_id} for mac in macs]
    if rows:
        tx.execute(t.recovery_code.insert(), rows)


def recovery_codes_left(tx: Tx, user_id: str) -> int:
    """How many there still are."""
    query = select(t.recovery_code.c.mac).where(t.recovery_code.c.user_id == user_id)
    return len(tx.execute(query).all())


def take_recovery_code(tx: Tx, user_id: str, mac: str) -> bool:
    """Take a code, once."""
    statement = delete(t.recovery_code).where(
        t.recovery_code.c.user_id == user_id, t.recovery_code.c.mac == mac
    )
    return _changed(tx, statement) == 1


# --- challenges ---------------------------------------------------------------------------


def put_challenge(tx: Tx, asked: Challenge, now: datetime) -> None:
    """Ask something; what was asked under the same token before is forgotten."""
    over = t.challenge.c.expires_at <= now
    tx.execute(delete(t.challenge).where(over | (t.challenge.c.token_hash == asked.token_hash)))
    tx.execute(t.challenge.insert().values(**columns(asked)))


def challenge(tx: Tx, token_hash: str, kind: str, now: datetime) -> Challenge | None:
    """What was asked, if it still counts."""
    query = select(t.challenge).where(
        t.challenge.c.token_hash == token_hash,
        t.challenge.c.kind == kind,
        t.challenge.c.expires_at > now,
    )
    return first(tx, query, Challenge)


def take_challenge(tx: Tx, token_hash: str, kind: str, now: datetime) -> Challenge | None:
    """``challenge``, once: whoever takes it is the only one."""
    asked = challenge(tx, token_hash, kind, now)
    gone = delete(t.challenge).where(t.challenge.c.token_hash == token_hash)
    return asked if asked is not None and _changed(tx, gone) == 1 else None

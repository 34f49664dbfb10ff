"""Rows of users, tokens and processes; sessions and what opens them: access.py."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Text, bindparam, cast, delete, func, or_, select, update

from callflow.core.people.sessions import ApiToken
from callflow.core.people.users import User
from callflow.core.watch.process import RECOVERED, Process
from callflow.storage import schema as t
from callflow.storage.engine.prepared import Prepared
from callflow.storage.engine.store import Tx, kept
from callflow.storage.engine.values import Reads, columns, first, found
from callflow.storage.sites.sites import upsert, upsert_all

T = TypeVar("T")


def insert_user(tx: Tx, user: User) -> None:
    """A new user; the name is unique."""
    tx.execute(t.user.insert().values(**columns(user)))


def user_by_name(tx: Tx, name: str) -> User | None:
    """The user called ``name``."""
    return _user(tx, t.user.c.name == name)


def user_by_id(tx: Tx, user_id: str) -> User | None:
    """The user of this id."""
    return _user(tx, t.user.c.id == user_id)


def user_by_subject(tx: Tx, subject: str) -> User | None:
    """Who this is to the OIDC provider."""
    return _user(tx, t.user.c.subject == subject)


def _user(tx: Tx, which: ColumnElement[bool]) -> User | None:
    return first(tx, select(t.user).where(which), User)


def users(tx: Tx) -> list[User]:
    """Everybody, those who may log in first, by name."""
    query = select(t.user).order_by(t.user.c.disabled_at.is_not(None), t.user.c.name)
    return found(tx, query, User)


def shown_names(tx: Tx) -> dict[str, str]:
    """{log-in: what pages call them}, of those who are called otherwise than they log in."""
    c = t.user.c
    query = select(c.name, c.shown_name).where(c.shown_name != "")
    return {row.name: row.shown_name for row in tx.execute(query)}


def update_user(tx: Tx, user_id: str, **values: Any) -> None:
    """Change columns of one user."""
    tx.execute(update(t.user).where(t.user.c.id == user_id).values(**values))


def others_of_role(tx: Tx, user_id: str, role: str) -> bool:
    """True where somebody else who may log in has this role. Locks them: see
    handling/station/users.py.
    """
    query = (
        select(t.user.c.id)
        .where(t.user.c.role == role, t.user.c.disabled_at.is_(None))
        .order_by(t.user.c.id)
        .with_for_update()
    )
    return any(row.id != user_id for row in tx.execute(query).all())


def insert_token(tx: Tx, made: ApiToken) -> None:
    """A new API token."""
    tx.execute(t.api_token.insert().values(**columns(made)))


def token_in_force(tx: Tx, token_hash: str, now: datetime) -> ApiToken | None:
    """The API token with this hash, where it lets in."""
    c = t.api_token.c
    counts = or_(c.expires_at.is_(None), c.expires_at > now)
    query = select(t.api_token).where(c.token_hash == token_hash, c.revoked_at.is_(None), counts)
    return first(tx, query, ApiToken)


def token_of(tx: Tx, token_hash: str) -> ApiToken | None:
    """The API token with this hash, whether it lets in or not."""
    query = select(t.api_token).where(t.api_token.c.token_hash == token_hash)
    return first(tx, query, ApiToken)


def token(tx: Tx, token_id: str) -> ApiToken | None:
    """One API token."""
    return first(tx, select(t.api_token).where(t.api_token.c.id == token_id), ApiToken)


def tokens(tx: Tx, *, limit: int = 500) -> list[ApiToken]:
    """API tokens, those that nobody revoked first, the newest first."""
    c = t.api_token.c
    query = select(t.api_token).order_by(c.revoked_at.is_not(None), c.created_at.desc(), c.id)
    return found(tx, query.limit(limit), ApiToken)


def update_token(tx: Tx, token_id: str, **values: Any) -> None:
    """Change columns of one API token."""
    tx.execute(update(t.api_token).where(t.api_token.c.id == token_id).values(**values))


def tokens_used(tx: Tx, used: Mapping[str, datetime]) -> None:
    """These tokens were used at these times."""
    c = t.api_token.c
    for token_id, at in used.items():
        known = or_(c.used_at.is_(None), c.used_at < at)
        tx.execute(update(t.api_token).where(c.id == token_id, known).values(used_at=at))


#: Rows of processes that said nothing for so long are forgotten.
_FORGOTTEN = timedelta(days=1)
#: Beats come every two seconds; after a longer gap the process, or the database, was away.
_GAP = timedelta(seconds=5)


_PROCESS = Reads(select(t.process).where(t.process.c.name == bindparam("name")), Process)


def process_beat(
    tx: Tx,
    role: str,
    *,
    pid: int,
    since: datetime,
    now: datetime,
    state: dict[str, Any],
    name: str = "",
    node: str = "",
    host: str = "",
) -> None:
    """A process says that it lives, and how its part of the station is.

    ``name`` is its own among all of its role, the same when it begins again (dispatch/identity.py):
    a new pid under the same name counts as a restart.
    """
    name = name or role
    kept(tx).pop("processes", None)
    known = _PROCESS.first(tx, {"name": name})
    restarts, relapses, started, steady = 0, 0, since, now
    if known is not None:
        same = known.pid == pid
        restarts = known.restarts if same else known.restarts + 1
        relapses = known.relapses if same else _relapses(known, since)
        started = known.since if same else since
        steady = known.steady_since if same and now - known.beat_at < _GAP else now
    else:
        tx.execute(delete(t.process).where(t.process.c.beat_at < now - _FORGOTTEN))
    process = Process(name, role, node, host, pid, restarts, relapses, state, started, steady, now)
    upsert_all(tx, t.process, ["name"], [columns(process)])


def _relapses(before: Process, since: datetime) -> int:
    """Of one that began again then."""
    return before.relapses + 1 if since - before.since < RECOVERED else 1


_ALL_PROCESSES = select(t.process).order_by(t.process.c.role, t.process.c.name)
_PROCESSES = Reads(_ALL_PROCESSES, Process)
_PROCESSES_OF = Reads(_ALL_PROCESSES.where(t.process.c.role == bindparam("role")), Process)


def processes(tx: Tx, role: str | None = None) -> list[Process]:
    """Every process (of one role) that said within a day that it lives."""
    known: dict[str | None, list[Process]] = kept(tx).setdefault("processes", {})
    if role not in known:
        query = _PROCESSES if role is None else _PROCESSES_OF
        known[role] = query.all(tx, {"role": role})
    return list(known[role])


def forget_processes(tx: Tx) -> None:
    """None has ever said that it lives: those were another machine's."""
    kept(tx).pop("processes", None)
    tx.execute(delete(t.process))


def write_settings(tx: Tx, values: dict[str, Any]) -> None:
    """The station's settings that every process must see alike."""
    kept(tx).pop("settings", None)
    for name, value in values.items():
        upsert(tx, t.setting, ["name"], {"name": name, "value": value})


def settings(tx: Tx) -> dict[str, Any]:
    """What ``write_settings`` wrote."""
    values: dict[str, Any] = json.loads(_as_written(tx))
    return values


def as_settings(tx: Tx, read: Callable[[dict[str, Any]], T]) -> T:
    """What ``read`` makes of them, which nobody changes: made anew once one of them is another."""
    made: T = _made(read, _as_written(tx))
    return made


def _as_written(tx: Tx) -> str:
    """All of them, as one object of JSON: one row, and a text that is soon compared."""
    known = kept(tx)
    if "settings" not in known:
        row = _settings(tx.dialect.name).first(tx, {})
        known["settings"] = f"{{{row['written'] or ''}}}" if row else "{}"
    written: str = known["settings"]
    return written


@cache
def _settings(dialect: str) -> Prepared:
    sqlite = dialect == "sqlite"
    name = (func.json_quote if sqlite else func.to_json)(t.setting.c.name)
    one = cast(name, Text) + ":" + cast(t.setting.c.value, Text)
    together = func.group_concat(one) if sqlite else func.string_agg(one, ",")
    return Prepared(select(together.label("written")))


@lru_cache(maxsize=16)
def _made(read: Callable[[dict[str, Any]], Any], written: str) -> Any:
    return read(json.loads(written))

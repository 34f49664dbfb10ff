"""Rows of incidents. Every change counts ``version`` up: what pages and streams compare."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import RowMapping, Select, bindparam, func, or_, select, update

from callflow.core.alarms.incident import Incident, Machine, State
from callflow.core.calls.call import LIVE_STATES
from callflow.core.signals.signal import PERSONAL, Category, Kind
from callflow.storage import schema as t
from callflow.storage.engine.prepared import Prepared
from callflow.storage.engine.store import Tx, kept, wake

#: What ``decide`` looks at; the queue's times are looked at apart (``unclaimed``, ``idle_held``).
_DUE = ("machine_due", "normal_due", "parked_until", "storm_until")


#: Named one by one: an index finds them among years of filed ones.
_UNFILED = [state.value for state in State if state is not State.FILED]

#: What an incident keeps from its opening.
_FIXED = frozenset({"id", "site_id", "account", "kind", "plan", "opened_at"})


def insert(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """New incidents."""
    if rows:
        made = [_with_due(row, row) for row in rows]
        _INSERT.change_all(tx, made)
        for row in made:
            _keep(tx, row)
            kept(tx)["bare", row["id"]] = True
            _wake(tx, row["id"], None, row["due_at"])


def is_bare(tx: Tx, incident_id: str) -> bool:
    """Whether this transaction made it, and nothing has been asked for it yet."""
    return ("bare", incident_id) in kept(tx)


def note_asked(tx: Tx, incident_id: str | None) -> None:
    """A call or a task is an incident's from now on."""
    kept(tx).pop(("bare", incident_id), None)


def write(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """What was changed in memory in ``rows``, which are locked, all at once."""
    if not rows:
        return
    values = [_with_due(row, {**row, "version": row["version"] + 1}) for row in rows]
    names = ["id", *_CHANGEABLE]
    _WRITE.change_all(tx, [{f"b_{name}": value[name] for name in names} for value in values])
    for row, value in zip(rows, values, strict=True):
        _keep(tx, value)
        _wake(tx, row["id"], row.get("due_at"), value["due_at"])


_COLUMNS = frozenset(column.name for column in t.incident.columns)
_CHANGEABLE = sorted(_COLUMNS - _FIXED)
_INSERT = Prepared(t.incident.insert())
_WRITE = Prepared(
    update(t.incident)
    .where(t.incident.c.id == bindparam("b_id"))
    .values({name: bindparam(f"b_{name}") for name in _CHANGEABLE})
)
_ONE = select(t.incident).where(t.incident.c.id == bindparam("id"))
_GET, _GET_LOCKED = Prepared(_ONE), Prepared(_ONE.with_for_update())
_MANY = select(t.incident).where(t.incident.c.id.in_(bindparam("ids", expanding=True)))
_SEVERAL = Prepared(_MANY)
_SEVERAL_LOCKED = Prepared(_MANY.order_by(t.incident.c.id).with_for_update())


def get(tx: Tx, incident_id: str, *, lock: bool = False) -> dict[str, Any] | None:
    """One incident's row; ``lock`` keeps other writers off until the commit (PostgreSQL).

    What is locked can't change but by this transaction: it is read once in it.
    """
    known = kept(tx).get(incident_id)
    if known is not None:
        return dict(known)
    query = _GET_LOCKED if lock and tx.dialect.name != "sqlite" else _GET
    row = query.first(tx, {"id": incident_id})
    if row is not None and lock:
        _keep(tx, row)
    return row


def lock_all(tx: Tx, incident_ids: Collection[str]) -> None:
    """Lock several in one order for all, so that ``get`` has them."""
    missing = sorted(set(incident_ids) - kept(tx).keys())
    if missing:
        query = _SEVERAL if tx.dialect.name == "sqlite" else _SEVERAL_LOCKED
        for row in query.all(tx, {"ids": missing}):
            _keep(tx, row)


def _keep(tx: Tx, row: Mapping[str, Any] | RowMapping) -> None:
    whole = dict(row)
    if whole.keys() == _COLUMNS:
        kept(tx)[whole["id"]] = whole
    else:
        kept(tx).pop(whole["id"], None)


@lru_cache(maxsize=256)
def _change(names: tuple[str, ...]) -> Prepared:
    return Prepared(
        update(t.incident)
        .where(t.incident.c.id == bindparam("b_id"))
        .values(
            {
                **{name: bindparam(f"b_{name}") for name in names},
                "version": t.incident.c.version + 1,
            }
        )
    )


def change(tx: Tx, row: dict[str, Any], **values: Any) -> dict[str, Any]:
    """Write ``values`` over ``row``; the row as it is then."""
    values = _with_due({**row, **values}, values)
    bound = {f"b_{name}": value for name, value in values.items()}
    _change(tuple(values)).change(tx, {"b_id": row["id"], **bound})
    _wake(tx, row["id"], row.get("due_at"), values["due_at"])
    counted = {**values, "version": row["version"] + 1}
    if row["id"] in kept(tx):
        kept(tx)[row["id"]] |= counted  # ``row`` may have more that is not written yet
    return {**row, **counted}


def _with_due(row: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    times = [row[name] for name in _DUE if row.get(name) is not None]
    return {**values, "due_at": min(times) if times else None}


def _wake(tx: Tx, incident_id: str, before: datetime | None, due_at: datetime | None) -> None:
    if due_at is not None and due_at != before:
        wake(tx, incident_id, due_at)


def claim(tx: Tx, incident_id: str, user: str, now: datetime) -> bool:
    """Compare-and-set of the holder: false when another has it (or it is filed)."""
    kept(tx).pop(incident_id, None)
    result = tx.execute(
        update(t.incident)
        .where(
            t.incident.c.id == incident_id,
            or_(t.incident.c.holder.is_(None), t.incident.c.holder == user),
            t.incident.c.state != State.FILED.value,
        )
        .values(holder=user, held_since=now, version=t.incident.c.version + 1)
    )
    return result.rowcount == 1


_OF_PLACES = (
    select(t.incident)
    .where(
        t.incident.c.state != State.FILED.value,  # by site: few
        or_(
            t.incident.c.site_id.in_(bindparam("sites", expanding=True)),
            t.incident.c.site_id.is_(None)
            & t.incident.c.account.in_(bindparam("accounts", expanding=True)),
        ),
    )
    .order_by(t.incident.c.opened_at, t.incident.c.id)
)
_UNFILED_OF, _UNFILED_LOCKED = Prepared(_OF_PLACES), Prepared(_OF_PLACES.with_for_update())


def unfiled(tx: Tx, sites: Sequence[str], accounts: Sequence[str]) -> list[dict[str, Any]]:
    """The unfiled incidents of these sites, and of these accounts without a site; newest last.

    Locked in this order (PostgreSQL), so that two who need several of them don't block each other.
    """
    query = _UNFILED_OF if tx.dialect.name == "sqlite" else _UNFILED_LOCKED
    return query.all(tx, {"sites": list(sites), "accounts": list(accounts)})


_DUE_NOW = Prepared(
    select(t.incident.c.id)
    .where(t.incident.c.due_at <= bindparam("now"))
    .order_by(t.incident.c.priority, t.incident.c.due_at)
    .limit(bindparam("limit"))
)


def due(tx: Tx, now: datetime, *, limit: int = 100) -> list[str]:
    """Incidents with something to do, the most urgent first."""
    return [row["id"] for row in _DUE_NOW.all(tx, {"now": now, "limit": limit})]


_TAKE_DUE = select(t.incident.c.id).where(
    t.incident.c.id == bindparam("id"), t.incident.c.due_at <= bindparam("now")
)
_TAKE_DUE_LOCKED = _TAKE_DUE.with_for_update(skip_locked=True)


def take_due(tx: Tx, incident_id: str, now: datetime) -> bool:
    """Lock an incident that is due; False where it isn't, or somebody else has it in hand."""
    query = _TAKE_DUE if tx.dialect.name == "sqlite" else _TAKE_DUE_LOCKED
    return tx.execute(query, {"id": incident_id, "now": now}).first() is not None


def next_due(tx: Tx) -> datetime | None:
    """When the next incident falls due."""
    return tx.execute(select(func.min(t.incident.c.due_at))).scalar()


def page(
    tx: Tx,
    *,
    account: str | None = None,
    site: str | None = None,
    state: str | None = None,
    since: datetime | None = None,
    after: tuple[datetime, str] | None = None,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """Incidents, oldest first."""
    c = t.incident.c
    query = select(t.incident).order_by(c.opened_at, c.id).limit(limit)
    if account is not None:
        query = query.where(c.account == account)
    if site is not None:
        query = query.where(c.site_id == site)
    if state is not None:
        query = query.where(c.state == state)
    return _rows_from(tx, query, since, after)


def _rows_from(
    tx: Tx, query: Select[Any], since: datetime | None, after: tuple[datetime, str] | None
) -> list[dict[str, Any]]:
    """A page of ``query``, which is in the order of the openings."""
    c = t.incident.c
    if since is not None:
        query = query.where(c.opened_at >= since)
    if after is not None:
        at, last = after
        query = query.where(or_(c.opened_at > at, (c.opened_at == at) & (c.id > last)))
    return [dict(row._mapping) for row in tx.execute(query)]


def some(tx: Tx, incident_ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """{id: row} of these."""
    if not incident_ids:
        return {}
    query = select(t.incident).where(t.incident.c.id.in_(sorted(incident_ids)))
    return {row.id: dict(row._mapping) for row in tx.execute(query)}


def last_of_site(tx: Tx, site_id: str, limit: int) -> list[dict[str, Any]]:
    """A site's newest incidents, newest first."""
    c = t.incident.c
    query = select(t.incident).where(c.site_id == site_id)
    rows = tx.execute(query.order_by(c.opened_at.desc(), c.id).limit(limit))
    return [dict(row._mapping) for row in rows]


def of_plan(
    tx: Tx,
    plan_id: str,
    *,
    since: datetime | None,
    after: tuple[datetime, str] | None,
    limit: int,
) -> list[dict[str, Any]]:
    """Incidents of sites that were closed and followed a version of this plan, oldest first.

    Rehearsals are none of them.
    """
    c = t.incident.c
    query = (
        select(t.incident)
        .where(
            c.plan["id"].as_string() == plan_id,
            c.site_id.is_not(None),
            c.exercise.is_(False),
            c.closed_at.is_not(None),
        )
        .order_by(c.opened_at, c.id)
        .limit(limit)
    )
    return _rows_from(tx, query, since, after)


#: So many of them the console shows; the others are counted, and have pages of their own.
SHOWN = 200


def queue(tx: Tx, *, limit: int = SHOWN, offset: int = 0) -> list[dict[str, Any]]:
    """What is unfiled: with a human first, by priority, then oldest (docs/ux.md, 3)."""
    c = t.incident.c
    query = (
        select(t.incident)
        .where(c.state.in_(_UNFILED), c.storm_until.is_(None))
        .order_by(c.with_human.desc(), c.priority, c.opened_at, c.id)
        .limit(limit)
        .offset(offset)
    )
    return [dict(row._mapping) for row in tx.execute(query)]


_COUNT_UNFILED = (
    select(func.count())
    .select_from(t.incident)
    .where(t.incident.c.state.in_(_UNFILED), t.incident.c.storm_until.is_(None))
)


def queue_length(tx: Tx) -> int:
    """How many ``queue`` would give without a limit."""
    return int(tx.execute(_COUNT_UNFILED).scalar_one())


def open_ones(
    tx: Tx, *, holder: str | None = None, kind: Kind | None = None
) -> list[dict[str, Any]]:
    """Every open incident that no storm holds (of a holder, or a kind), the most urgent first."""
    c = t.incident.c
    query = select(t.incident).where(c.state == State.OPEN.value, c.storm_until.is_(None))
    if holder is not None:
        query = query.where(c.holder == holder)
    if kind is not None:
        query = query.where(c.kind == kind.value)
    rows = tx.execute(query.order_by(c.priority, c.opened_at, c.id))
    return [dict(row._mapping) for row in rows]


def in_queue(tx: Tx) -> list[str]:
    """The open incidents in front of a human that nobody holds."""
    c = t.incident.c
    query = select(c.id).where(
        c.state == State.OPEN.value,
        c.with_human.is_(True),
        c.holder.is_(None),
        c.exercise.is_(False),
    )
    return list(tx.execute(query).scalars())


_IN_QUEUE = (
    select(func.count())
    .select_from(t.incident)
    .where(
        t.incident.c.state == State.OPEN.value,
        t.incident.c.with_human.is_(True),
        t.incident.c.holder.is_(None),
        t.incident.c.exercise.is_(False),
    )
)


def count_in_queue(tx: Tx) -> int:
    """How many ``in_queue`` are."""
    return int(tx.execute(_IN_QUEUE).scalar_one())


def open_of_phone(tx: Tx, number: str, now: datetime) -> str | None:
    """The most urgent open incident of a site that this number is a contact's of, or is for a
    while: a contact's other number, or that of whoever stands in."""
    c, i = t.incident.c, t.instruction.c
    known = (
        select(t.site_contact.c.site_id)
        .join(t.contact, t.contact.c.id == t.site_contact.c.contact_id)
        .where(t.contact.c.phone == number)
    )
    agreed = (
        select(i.site_id)
        .outerjoin(t.contact, t.contact.c.id == i.replacement_id)
        .where(or_(i.phone == number, t.contact.c.phone == number))
        .where(i.withdrawn_at.is_(None), i.begins_at <= now, i.ends_at > now)
    )
    query = (
        select(c.id)
        .where(c.site_id.in_(known.union(agreed)), c.state == State.OPEN.value)
        .order_by(c.priority, c.opened_at)
        .limit(1)
    )
    return tx.execute(query).scalar()


_QUEUE_WAITS = Prepared(
    select(t.incident.c.id)
    .where(t.incident.c.state == State.OPEN.value, t.incident.c.queue_due <= bindparam("now"))
    .limit(1)
)


def queue_waits(tx: Tx, now: datetime) -> bool:
    """Whether there is anything for ``unclaimed`` or ``idle_held``, or will be."""
    return _QUEUE_WAITS.first(tx, {"now": now}) is not None


def unclaimed(tx: Tx, now: datetime) -> list[dict[str, Any]]:
    """Work in the human queue that nobody holds and whose target has passed, most urgent first."""
    c = t.incident.c
    query = (
        select(t.incident)
        .where(
            c.state == State.OPEN.value,
            c.with_human.is_(True),
            c.holder.is_(None),
            c.queue_due <= now,
        )
        .order_by(c.priority, c.opened_at)
        .limit(50)
    )
    if tx.dialect.name != "sqlite":
        query = query.with_for_update(skip_locked=True)  # whoever works on one settles it
    return [dict(row._mapping) for row in tx.execute(query)]


def idle_held(tx: Tx, now: datetime) -> list[dict[str, Any]]:
    """Open work whose holder has done nothing until its time (D21)."""
    c = t.incident.c
    query = select(t.incident).where(
        c.state == State.OPEN.value, c.holder.is_not(None), c.queue_due <= now
    )
    if tx.dialect.name != "sqlite":
        query = query.with_for_update(skip_locked=True)
    return [dict(row._mapping) for row in tx.execute(query)]


def open_storm(tx: Tx, key: str, since: datetime) -> dict[str, Any] | None:
    """The open storm of this key (its fault and its place stand in its zones) that began at
    ``since`` or later."""
    c = t.incident.c
    query = select(t.incident).where(
        c.kind == Kind.STORM.value, c.state == State.OPEN.value, c.opened_at >= since
    )
    if tx.dialect.name != "sqlite":
        query = query.with_for_update()
    rows = [dict(row._mapping) for row in tx.execute(query)]
    return next((row for row in rows if key in row["zones"]), None)


def unheld_since(tx: Tx, kinds: Sequence[str], since: datetime) -> list[dict[str, Any]]:
    """Open incidents of these kinds, opened since then, that nobody holds and no storm has."""
    c = t.incident.c
    query = (
        select(t.incident)
        .where(
            c.opened_at >= since,
            c.kind.in_(list(kinds)),
            c.state == State.OPEN.value,
            c.holder.is_(None),
            c.storm_id.is_(None),
            c.exercise.is_(False),
        )
        .order_by(c.opened_at, c.id)
    )
    if tx.dialect.name != "sqlite":
        query = query.with_for_update()
    return [dict(row._mapping) for row in tx.execute(query)]


def of_storm(tx: Tx, storm_id: str, *, limit: int) -> list[dict[str, Any]]:
    """The incidents beneath a storm, oldest first."""
    c = t.incident.c
    query = select(t.incident).where(c.storm_id == storm_id).order_by(c.opened_at, c.id)
    return [dict(row._mapping) for row in tx.execute(query.limit(limit))]


def held_by_storm(tx: Tx, storm_id: str) -> list[dict[str, Any]]:
    """The open incidents whose plans a storm holds."""
    c = t.incident.c
    query = select(t.incident).where(
        c.storm_id == storm_id, c.state == State.OPEN.value, c.storm_until.is_not(None)
    )
    return [dict(row._mapping) for row in tx.execute(query.order_by(c.id))]


_LEAVING = (
    select(t.incident.c.id)
    .where(
        t.incident.c.storm_id == bindparam("storm"),
        t.incident.c.state == State.OPEN.value,
        t.incident.c.storm_until <= bindparam("now"),
    )
    .order_by(t.incident.c.priority, t.incident.c.opened_at, t.incident.c.id)
    .limit(bindparam("limit"))
)


def leaving_storm(tx: Tx, storm_id: str, now: datetime, *, limit: int) -> list[str]:
    """The incidents that a storm holds no more and nobody has in hand, locked."""
    query = _LEAVING
    if tx.dialect.name != "sqlite":
        query = query.with_for_update(skip_locked=True)
    return list(tx.execute(query, {"storm": storm_id, "now": now, "limit": limit}).scalars())


def nobodys(tx: Tx, now: datetime) -> list[dict[str, Any]]:
    """Open work that no time, no live call and no person will ever look at again.

    There is none, unless a row was lost or one of our rules is wrong.
    """
    c = t.incident.c
    live = select(t.call.c.id).where(
        t.call.c.incident_id == c.id, t.call.c.state.in_([state.value for state in LIVE_STATES])
    )
    forgotten = c.with_human.is_(False) & c.machine_due.is_(None) & ~live.exists()
    never_rings = c.with_human.is_(True) & c.queue_due.is_(None)
    query = select(t.incident).where(
        c.state == State.OPEN.value,
        c.holder.is_(None),
        c.storm_until.is_(None),  # looked at through its storm, until then
        c.exercise.is_(False),  # closes itself
        or_(forgotten, never_rings),
    )
    if tx.dialect.name != "sqlite":
        query = query.with_for_update(skip_locked=True)
    return [dict(row._mapping) for row in tx.execute(query)]


def due_later(tx: Tx, now: datetime) -> list[dict[str, Any]]:
    """Open incidents that wait for a time of the machine or of the queue, unless parked."""
    c = t.incident.c
    query = select(t.incident).where(
        c.state == State.OPEN.value,
        c.parked_until.is_(None),
        or_(c.machine_due > now, c.queue_due > now),
    )
    if tx.dialect.name != "sqlite":
        query = query.with_for_update()
    return [dict(row._mapping) for row in tx.execute(query)]


_MUTE = (
    select(t.incident.c.site_id)
    .where(
        t.incident.c.state == State.OPEN.value,
        t.incident.c.exercise.is_(False),
        or_(
            t.incident.c.duress.is_(True),
            t.incident.c.kind.in_([kind.value for kind in PERSONAL]),
        ),
    )
    .distinct()
)
_MUTE_ONE = Prepared(_MUTE.where(t.incident.c.site_id == bindparam("site")))
_MUTE_AMONG = Prepared(_MUTE.where(t.incident.c.site_id.in_(bindparam("sites", expanding=True))))


def site_is_mute(tx: Tx, site_id: str) -> bool:
    """Whether ``mute_sites`` has this one."""
    return _MUTE_ONE.first(tx, {"site": site_id}) is not None


def mute_sites(tx: Tx, site_ids: Collection[str]) -> set[str]:
    """Those where an open personal alarm, or a code of duress, forbids to ring (D7)."""
    if not site_ids:
        return set()
    return {row["site_id"] for row in _MUTE_AMONG.all(tx, {"sites": sorted(site_ids)})}


def to_incident(row: dict[str, Any]) -> Incident:
    """The row as deciding needs it."""
    return Incident(
        id=row["id"],
        site=row["site_id"],
        account=row["account"],
        kind=Kind(row["kind"]),
        category=Category(row["category"]),
        priority=row["priority"],
        state=State(row["state"]),
        duress=row["duress"],
        zones=dict(row["zones"]),
        step=row["step"],
        step_since=row["step_since"],
        machine=Machine(row["machine"]),
        with_human=row["with_human"],
        holder=row["holder"],
        opened_at=row["opened_at"],
        grounds=row["grounds"],
        rounds=dict(row["rounds"]),
        exercise=row["exercise"],
    )

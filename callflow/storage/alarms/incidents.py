"""Rows of incidents. Every change counts ``version`` up: what pages and streams compare."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Unpack

from sqlalchemy import Select, bindparam, func, or_, select, update

from callflow.core.alarms.incident import Changes, Incident, Machine, State
from callflow.core.calls.call import LIVE_STATES
from callflow.core.signals.signal import PERSONAL, Kind
from callflow.storage import schema as t
from callflow.storage.engine.prepared import Prepared
from callflow.storage.engine.store import Tx, kept, wake
from callflow.storage.engine.values import Reads, columns, columns_of, found, written

#: Named one by one: an index finds them among years of filed ones.
_UNFILED = [state.value for state in State if state is not State.FILED]


def insert(tx: Tx, opened: Sequence[Incident]) -> None:
    """New incidents."""
    made = [_dated(one) for one in opened]
    _INSERT.change_all(tx, [columns(one) for one in made])
    for one in made:
        kept(tx)[one.id] = one
        kept(tx)["bare", one.id] = True
        _wake(tx, one.id, None, one.due_at)


def is_bare(tx: Tx, incident_id: str) -> bool:
    """Say whether this transaction made it, and nothing has been asked for it yet."""
    return ("bare", incident_id) in kept(tx)


def note_asked(tx: Tx, incident_id: str | None) -> None:
    """A call or a task is an incident's from now on."""
    kept(tx).pop(("bare", incident_id), None)


def write(tx: Tx, changed: Sequence[Incident]) -> None:
    """Write the changes in memory of ``changed``, which are locked, all at once."""
    made = [_dated(one).but(version=one.version + 1) for one in changed]
    _WRITE.change_all(
        tx, [{to: written(getattr(one, name)) for name, to in _BOUND.items()} for one in made]
    )
    for before, one in zip(changed, made, strict=True):
        kept(tx)[one.id] = one
        _wake(tx, one.id, before.due_at, one.due_at)


_CHANGEABLE = sorted(Changes.__annotations__)
_BOUND = {name: f"b_{name}" for name in ("id", *_CHANGEABLE)}
_ALL = select(*columns_of(t.incident, Incident))
_INSERT = Prepared(t.incident.insert())
_WRITE = Prepared(
    update(t.incident)
    .where(t.incident.c.id == bindparam("b_id"))
    .values({name: bindparam(f"b_{name}") for name in _CHANGEABLE})
)
_ONE = _ALL.where(t.incident.c.id == bindparam("id"))
_GET, _GET_LOCKED = Reads(_ONE, Incident), Reads(_ONE.with_for_update(), Incident)
_MANY = _ALL.where(t.incident.c.id.in_(bindparam("ids", expanding=True)))
_SEVERAL = Reads(_MANY, Incident)
_SEVERAL_LOCKED = Reads(_MANY.order_by(t.incident.c.id).with_for_update(), Incident)


def get(tx: Tx, incident_id: str, *, lock: bool = False) -> Incident | None:
    """One incident; ``lock`` keeps other writers off until the commit (PostgreSQL).

    What is locked can't change but by this transaction: it is read once in it.
    """
    known: Incident | None = kept(tx).get(incident_id)
    if known is not None:
        return known
    query = _GET_LOCKED if lock and tx.dialect.name != "sqlite" else _GET
    one = query.first(tx, {"id": incident_id})
    if one is not None and lock:
        kept(tx)[incident_id] = one
    return one


def lock_all(tx: Tx, incident_ids: Collection[str]) -> None:
    """Lock several in one order for all, so that ``get`` has them."""
    missing = sorted(set(incident_ids) - kept(tx).keys())
    if missing:
        query = _SEVERAL if tx.dialect.name == "sqlite" else _SEVERAL_LOCKED
        kept(tx).update((one.id, one) for one in query.all(tx, {"ids": missing}))


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


def change(tx: Tx, incident: Incident, **changes: Unpack[Changes]) -> Incident:
    """Write ``changes`` over ``incident``; the incident as it is then."""
    after = _dated(incident.but(**changes))
    values = {name: written(value) for name, value in changes.items()}
    values["due_at"] = after.due_at
    bound = {f"b_{name}": value for name, value in values.items()}
    _change(tuple(values)).change(tx, {"b_id": incident.id, **bound})
    _wake(tx, incident.id, incident.due_at, after.due_at)
    known: Incident | None = kept(tx).get(incident.id)
    if known is not None:  # ``incident`` may have more that is not written yet
        counted = known.but(**changes).but(due_at=after.due_at, version=known.version + 1)
        kept(tx)[incident.id] = counted
    return after.but(version=incident.version + 1)


def _dated(incident: Incident) -> Incident:
    """With when ``decide`` looks at it next; the queue's times are looked at apart (``unclaimed``,
    ``idle_held``)."""
    one = incident
    times = (one.machine_due, one.normal_due, one.parked_until, one.storm_until)
    due_at = min((at for at in times if at is not None), default=None)
    return one if due_at == one.due_at else one.but(due_at=due_at)


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


_OF_PLACES = _ALL.where(
    t.incident.c.state != State.FILED.value,  # by site: few
    or_(
        t.incident.c.site_id.in_(bindparam("sites", expanding=True)),
        t.incident.c.site_id.is_(None)
        & t.incident.c.account.in_(bindparam("accounts", expanding=True)),
    ),
).order_by(t.incident.c.opened_at, t.incident.c.id)
_UNFILED_OF = Reads(_OF_PLACES, Incident)
_UNFILED_LOCKED = Reads(_OF_PLACES.with_for_update(), Incident)


def unfiled(tx: Tx, sites: Sequence[str], accounts: Sequence[str]) -> list[Incident]:
    """The unfiled incidents of these sites, and of these accounts without a site; newest last.

    Locked in this order (PostgreSQL), so that two who need several of them don't block each other.
    """
    query = _UNFILED_OF if tx.dialect.name == "sqlite" else _UNFILED_LOCKED
    return query.all(tx, {"sites": list(sites), "accounts": list(accounts)})


_DUE_NOW = Prepared(
    select(t.incident.c.id)
    .where(t.incident.c.due_at <= bindparam("now"))
    .order_by(t.incident.c.priority, t.incident.c.due_at, t.incident.c.id)
    .limit(bindparam("limit"))
)


def due(tx: Tx, now: datetime, *, limit: int = 100) -> list[str]:
    """Incidents with something to do, the most urgent first."""
    return [row["id"] for row in _DUE_NOW.all(tx, {"now": now, "limit": limit})]


_TAKE_DUE = select(t.incident.c.due_at).where(
    t.incident.c.id == bindparam("id"), t.incident.c.due_at <= bindparam("now")
)
_TAKE_DUE_LOCKED = _TAKE_DUE.with_for_update(skip_locked=True)


def take_due(tx: Tx, incident_id: str, now: datetime) -> datetime | None:
    """Lock an incident that is due; since when it is. None where it isn't, or somebody else has it
    in hand."""
    query = _TAKE_DUE if tx.dialect.name == "sqlite" else _TAKE_DUE_LOCKED
    since: datetime | None = tx.execute(query, {"id": incident_id, "now": now}).scalar()
    return since


def page(
    tx: Tx,
    *,
    account: str | None = None,
    site: str | None = None,
    state: str | None = None,
    since: datetime | None = None,
    after: tuple[datetime, str] | None = None,
    limit: int = 100,
) -> list[Incident]:
    """Incidents, oldest first."""
    c = t.incident.c
    query = _ALL.order_by(c.opened_at, c.id).limit(limit)
    if account is not None:
        query = query.where(c.account == account)
    if site is not None:
        query = query.where(c.site_id == site)
    if state is not None:
        query = query.where(c.state == state)
    return _rows_from(tx, query, since, after)


def _rows_from(
    tx: Tx, query: Select[Any], since: datetime | None, after: tuple[datetime, str] | None
) -> list[Incident]:
    """A page of ``query``, which is in the order of the openings."""
    c = t.incident.c
    if since is not None:
        query = query.where(c.opened_at >= since)
    if after is not None:
        at, last = after
        query = query.where(or_(c.opened_at > at, (c.opened_at == at) & (c.id > last)))
    return found(tx, query, Incident)


def some(tx: Tx, incident_ids: Collection[str]) -> dict[str, Incident]:
    """{id: row} of these."""
    if not incident_ids:
        return {}
    query = _ALL.where(t.incident.c.id.in_(sorted(incident_ids)))
    return {one.id: one for one in found(tx, query, Incident)}


def last_of_site(tx: Tx, site_id: str, limit: int) -> list[Incident]:
    """A site's newest incidents, newest first."""
    c = t.incident.c
    query = _ALL.where(c.site_id == site_id)
    return found(tx, query.order_by(c.opened_at.desc(), c.id.desc()).limit(limit), Incident)


def of_plan(
    tx: Tx,
    plan_id: str,
    *,
    since: datetime | None,
    after: tuple[datetime, str] | None,
    limit: int,
) -> list[Incident]:
    """Incidents of sites that were closed and followed a version of this plan, oldest first.

    Rehearsals are none of them.
    """
    c = t.incident.c
    query = (
        _ALL.where(
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


def queue(
    tx: Tx, *, limit: int = SHOWN, offset: int = 0, known: Mapping[str, Incident] | None = None
) -> list[Incident]:
    """The unfiled ones: with a human first, by priority, then oldest (docs/explanation/ux.md,
    3). Of ``known`` (by id) those are taken that have not changed since."""
    c = t.incident.c

    def ordered(query: Select[Any]) -> Select[Any]:
        query = query.where(c.state.in_(_UNFILED), c.storm_until.is_(None))
        query = query.order_by(c.with_human.desc(), c.priority, c.opened_at, c.id)
        return query.limit(limit).offset(offset)

    if not known:
        return found(tx, ordered(_ALL), Incident)
    versions = tx.execute(ordered(select(c.id, c.version))).all()
    same = {i: known[i] for i, version in versions if i in known and known[i].version == version}
    rows = same | some(tx, [i for i, _ in versions if i not in same])
    return [rows[i] for i, _ in versions if i in rows]


_COUNT_UNFILED = (
    select(func.count())
    .select_from(t.incident)
    .where(t.incident.c.state.in_(_UNFILED), t.incident.c.storm_until.is_(None))
)


def queue_length(tx: Tx) -> int:
    """How many ``queue`` would give without a limit."""
    return int(tx.execute(_COUNT_UNFILED).scalar_one())


def open_ones(
    tx: Tx, *, holder: str | None = None, kinds: Collection[Kind] | None = None
) -> list[Incident]:
    """Every open incident that no storm holds (of a holder, of kinds), the most urgent first."""
    c = t.incident.c
    query = _ALL.where(c.state == State.OPEN.value, c.storm_until.is_(None))
    if holder is not None:
        query = query.where(c.holder == holder)
    if kinds is not None:
        query = query.where(c.kind.in_([kind.value for kind in kinds]))
    return found(tx, query.order_by(c.priority, c.opened_at, c.id), Incident)


def open_of_account(tx: Tx, account: str) -> list[Incident]:
    """The open incidents of an account, the oldest first."""
    c = t.incident.c
    query = _ALL.where(c.state == State.OPEN.value, c.account == account)
    return found(tx, query.order_by(c.opened_at, c.id), Incident)


def running(tx: Tx) -> list[Incident]:
    """The open incidents whose plan runs by itself, those of storms too, the oldest first."""
    c = t.incident.c
    query = _ALL.where(c.state == State.OPEN.value, c.machine == Machine.RUNNING.value)
    return found(tx, query.order_by(c.opened_at, c.id), Incident)


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
        .order_by(c.priority, c.opened_at, c.id)
        .limit(1)
    )
    return tx.execute(query).scalar()


_QUEUE_WAITS = Prepared(
    select(t.incident.c.id)
    .where(t.incident.c.state == State.OPEN.value, t.incident.c.queue_due <= bindparam("now"))
    .limit(1)
)


def queue_waits(tx: Tx, now: datetime) -> bool:
    """Say whether there is anything for ``unclaimed`` or ``idle_held``, or will be."""
    return _QUEUE_WAITS.first(tx, {"now": now}) is not None


def unclaimed(tx: Tx, now: datetime) -> list[Incident]:
    """Work in the human queue that nobody holds and whose target has passed, most urgent first."""
    c = t.incident.c
    query = (
        _ALL.where(
            c.state == State.OPEN.value,
            c.with_human.is_(True),
            c.holder.is_(None),
            c.queue_due <= now,
        )
        .order_by(c.priority, c.opened_at, c.id)
        .limit(50)
    )
    if tx.dialect.name != "sqlite":
        query = query.with_for_update(skip_locked=True)  # whoever works on one settles it
    return found(tx, query, Incident)


def idle_held(tx: Tx, now: datetime) -> list[Incident]:
    """Open work whose holder has done nothing until its time (D21)."""
    c = t.incident.c
    query = _ALL.where(c.state == State.OPEN.value, c.holder.is_not(None), c.queue_due <= now)
    if tx.dialect.name != "sqlite":
        query = query.with_for_update(skip_locked=True)
    return found(tx, query, Incident)


def open_storm(tx: Tx, key: str, since: datetime) -> Incident | None:
    """The open storm of this key (its fault and its place stand in its zones) that began at
    ``since`` or later."""
    c = t.incident.c
    query = _ALL.where(
        c.kind == Kind.STORM.value, c.state == State.OPEN.value, c.opened_at >= since
    )
    if tx.dialect.name != "sqlite":
        query = query.with_for_update()
    return next((storm for storm in found(tx, query, Incident) if key in storm.zones), None)


def unheld_since(tx: Tx, kinds: Sequence[str], since: datetime) -> list[Incident]:
    """Open incidents of these kinds, opened since then, that nobody holds and no storm has."""
    c = t.incident.c
    query = _ALL.where(
        c.opened_at >= since,
        c.kind.in_(list(kinds)),
        c.state == State.OPEN.value,
        c.holder.is_(None),
        c.storm_id.is_(None),
        c.exercise.is_(False),
    ).order_by(c.opened_at, c.id)
    if tx.dialect.name != "sqlite":
        query = query.with_for_update()
    return found(tx, query, Incident)


def of_storm(tx: Tx, storm_id: str, *, limit: int) -> list[Incident]:
    """The incidents beneath a storm, oldest first."""
    c = t.incident.c
    query = _ALL.where(c.storm_id == storm_id).order_by(c.opened_at, c.id)
    return found(tx, query.limit(limit), Incident)


def held_by_storm(tx: Tx, storm_id: str) -> list[Incident]:
    """The open incidents whose plans a storm holds."""
    c = t.incident.c
    query = _ALL.where(
        c.storm_id == storm_id, c.state == State.OPEN.value, c.storm_until.is_not(None)
    )
    return found(tx, query.order_by(c.id), Incident)


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


def nobodys(tx: Tx, now: datetime) -> list[Incident]:
    """Open work that no time, no live call and no person will ever look at again.

    There is none, unless a row was lost or one of our rules is wrong.
    """
    c = t.incident.c
    live = select(t.call.c.id).where(
        t.call.c.incident_id == c.id, t.call.c.state.in_([state.value for state in LIVE_STATES])
    )
    forgotten = c.with_human.is_(False) & c.machine_due.is_(None) & ~live.exists()
    never_rings = c.with_human.is_(True) & c.queue_due.is_(None)
    query = _ALL.where(
        c.state == State.OPEN.value,
        c.holder.is_(None),
        c.storm_until.is_(None),  # looked at through its storm, until then
        c.exercise.is_(False),  # closes itself
        or_(forgotten, never_rings),
    )
    if tx.dialect.name != "sqlite":
        query = query.with_for_update(skip_locked=True)
    return found(tx, query, Incident)


def due_later(tx: Tx, now: datetime) -> list[Incident]:
    """Open incidents that wait for a time of the machine or of the queue, unless parked."""
    c = t.incident.c
    query = _ALL.where(
        c.state == State.OPEN.value,
        c.parked_until.is_(None),
        or_(c.machine_due > now, c.queue_due > now),
    )
    if tx.dialect.name != "sqlite":
        query = query.with_for_update()
    return found(tx, query, Incident)


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
    """Say whether ``mute_sites`` has this one."""
    return _MUTE_ONE.first(tx, {"site": site_id}) is not None


def mute_sites(tx: Tx, site_ids: Collection[str]) -> set[str]:
    """Those where an open personal alarm, or a code of duress, forbids to ring (D7)."""
    if not site_ids:
        return set()
    return {row["site_id"] for row in _MUTE_AMONG.all(tx, {"sites": sorted(site_ids)})}

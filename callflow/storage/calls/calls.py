"""Rows of calls: one attempt each, claimed by compare-and-set, never run twice."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Boolean,
    Case,
    ColumnElement,
    Select,
    bindparam,
    case,
    func,
    or_,
    select,
    update,
)

from callflow.core.alarms.incident import Incident
from callflow.core.calls.call import (
    LIVE_STATES,
    Act,
    Call,
    CallAction,
    CallState,
    Direction,
    Outcome,
    Recording,
)
from callflow.core.calls.purpose import BESIDE_PLANS, NOT_AT_SITE, UNRECORDED, Purpose
from callflow.core.interventions.directory import shown
from callflow.core.sites.site import Coded, Role
from callflow.storage import schema as t
from callflow.storage.alarms import incidents
from callflow.storage.engine import locks
from callflow.storage.engine.inserts import insert_into
from callflow.storage.engine.prepared import Prepared
from callflow.storage.engine.store import Tx, hint
from callflow.storage.engine.values import Reads, columns, columns_of, found, written
from callflow.storage.schema.alarms import TO_OPERATORS

_LIVE = [state.value for state in LIVE_STATES]
#: States in which a call has a channel.
ON_TRUNK = [s.value for s in (CallState.STARTED, CallState.RINGING, CallState.ANSWERED)]


_INSERT = Prepared(t.call.insert())


def insert(tx: Tx, call: Call) -> None:
    """A new call row, before any act."""
    incidents.note_asked(tx, call.incident_id)
    _INSERT.change(tx, columns(call))
    hint(tx, "telephony")


CALL = columns_of(t.call, Call)
_ONE = select(*CALL).where(t.call.c.id == bindparam("id"))
_GET = Reads(_ONE, Call)
#: Whoever writes another row about this call, an act say, waits for nobody.
_GET_LOCKED = Reads(_ONE.with_for_update(key_share=True), Call)


def get(tx: Tx, call_id: str, *, lock: bool = False) -> Call | None:
    """One call's row; ``lock`` keeps other writers off until the commit (PostgreSQL): taken before
    its incident's, or what was read of the call is old when that is ours."""
    query = _GET_LOCKED if lock and tx.dialect.name != "sqlite" else _GET
    return query.first(tx, {"id": call_id})


def _is_one_of(*states: CallState) -> ColumnElement[bool]:
    """A call's state. As IN it would be written out anew at each execution."""
    return or_(*(t.call.c.state == state.value for state in states))


@lru_cache(maxsize=256)
def _change(names: tuple[str, ...], only_in: tuple[CallState, ...]) -> Prepared:
    query = update(t.call).where(t.call.c.id == bindparam("b_id"))
    if only_in:
        query = query.where(_is_one_of(*only_in))
    return Prepared(query.values({name: bindparam(f"b_{name}") for name in names}))


def change(tx: Tx, call_id: str, *, only_in: Sequence[CallState] = (), **values: Any) -> bool:
    """Write ``values``; with ``only_in``, only when the call is in one of these states."""
    incidents.note_asked(tx, values.get("incident_id"))
    query = _change(tuple(values), tuple(only_in))
    bound = {f"b_{name}": written(value) for name, value in values.items()}
    return query.change(tx, {"b_id": call_id, **bound}) == 1


_START = Prepared(
    update(t.call)
    .where(
        t.call.c.id.in_(bindparam("ids", expanding=True)),
        t.call.c.state == CallState.REQUESTED.value,
    )
    .values(state=CallState.STARTED.value, trunk=bindparam("b_trunk"), placed_at=bindparam("at"))
    .returning(t.call.c.id)
)


def start(tx: Tx, trunks: Mapping[str, str], now: datetime) -> set[str]:
    """``trunks`` are {call id: trunk}: those of them that nobody withdrew are *started* now."""
    started: set[str] = set()
    for trunk in set(trunks.values()):
        ids = [call_id for call_id, of in trunks.items() if of == trunk]
        values = {"ids": ids, "b_trunk": trunk, "at": now}
        started |= {row["id"] for row in _START.all(tx, values)}
    return started


_ANSWER = Reads(
    update(t.call)
    .where(
        t.call.c.id == bindparam("b_id"),
        _is_one_of(CallState.STARTED, CallState.RINGING),
    )
    .values(state=CallState.ANSWERED.value, answered_at=bindparam("at"))
    .returning(*CALL),
    Call,
)


def answer(tx: Tx, call_id: str, now: datetime) -> Call | None:
    """Picked up: its row, unless that was known, or it is over."""
    return _ANSWER.first(tx, {"b_id": call_id, "at": now})


_AWAITED = Prepared(
    select(t.call.c.to)
    .where(
        t.call.c.to.in_(bindparam("numbers", expanding=True)),
        t.call.c.state == CallState.REQUESTED.value,
    )
    .distinct()
)


def awaited(tx: Tx, numbers: Collection[str]) -> set[str]:
    """Those of ``numbers`` that somebody waits to call."""
    return {row["to"] for row in _AWAITED.all(tx, {"numbers": sorted(numbers)})}


_OF_INCIDENT = Reads(
    select(*CALL)
    .where(t.call.c.incident_id == bindparam("incident"))
    .order_by(t.call.c.requested_at, t.call.c.attempt, t.call.c.id),
    Call,
)


def of_incident(tx: Tx, incident_id: str) -> list[Call]:
    """An incident's calls in the order they were asked for."""
    if incidents.is_bare(tx, incident_id):
        return []
    return _OF_INCIDENT.all(tx, {"incident": incident_id})


def any_ended_with(tx: Tx, outcomes: Collection[Outcome]) -> bool:
    """True where there is a call of ours that ended so."""
    c = t.call.c
    ours = c.direction == Direction.OUTGOING.value, c.outcome.in_([o.value for o in outcomes])
    return tx.execute(select(c.id).where(*ours).limit(1)).first() is not None


def attempts(tx: Tx, incident_id: str) -> list[Call]:
    """What deciding needs: a call that goes on over another trunk is the same attempt as that."""
    return [call for call in of_incident(tx, incident_id) if call.successor is None]


def of_incidents(tx: Tx, incident_ids: Sequence[str]) -> dict[str, list[Call]]:
    """{incident id: its calls}, for lists."""
    made: dict[str, list[Call]] = {i: [] for i in incident_ids}
    query = (
        select(*CALL)
        .where(t.call.c.incident_id.in_(list(incident_ids)))
        .order_by(t.call.c.requested_at, t.call.c.attempt, t.call.c.id)
    )
    for call in found(tx, query, Call):
        made[str(call.incident_id)].append(call)
    return made


def contact_names(tx: Tx, call_ids: Collection[str]) -> dict[str, str]:
    """{call id: name of the contact that it is made to}, of those made to one."""
    c = t.call.c
    query = select(c.id, t.contact.c.name).join(t.contact, t.contact.c.id == c.contact_id)
    return {row.id: row.name for row in tx.execute(query.where(c.id.in_(list(call_ids))))}


_CODES = Reads(
    select(*columns_of(t.contact, Coded))
    .join(t.call, t.call.c.contact_id == t.contact.c.id)
    .where(t.call.c.id == bindparam("call")),
    Coded,
)


def codes_of(tx: Tx, call_id: str) -> Coded | None:
    """The contact that a call is made to, with the codes they may have."""
    return _CODES.first(tx, {"call": call_id})


@dataclass(frozen=True, slots=True)
class CallAbout:
    """Where a call is made, and the alarm and the site that it is about."""

    node: str
    incident_id: str | None
    site_id: str | None


_ABOUT = Reads(
    select(t.call.c.node, t.call.c.incident_id, t.incident.c.site_id)
    .outerjoin(t.incident, t.incident.c.id == t.call.c.incident_id)
    .where(t.call.c.id == bindparam("call")),
    CallAbout,
)


def about(tx: Tx, call_id: str) -> CallAbout | None:
    """What is told of a call, without its row and its alarm's."""
    return _ABOUT.first(tx, {"call": call_id})


def incident_of(tx: Tx, call: Call, *, lock: bool = False) -> Incident | None:
    """The alarm that a call is about. ``lock``: what is written of it is computed from this."""
    return incidents.get(tx, call.incident_id, lock=lock) if call.incident_id else None


def for_room(tx: Tx, room: str | None) -> list[Call]:
    """Calls made to bring a human into a conference; one that changed its trunk counts once."""
    if room is None:
        return []
    query = (
        select(*CALL)
        .where(t.call.c.room == room, t.call.c.id != room, t.call.c.successor.is_(None))
        .order_by(t.call.c.requested_at, t.call.c.attempt, t.call.c.id)
    )
    return found(tx, query, Call)


def in_rooms(tx: Tx, rooms: Collection[str]) -> dict[str, list[Call]]:
    """{room: the calls made into it}, as ``for_room`` has them, for many at once."""
    c = t.call.c
    query = (
        select(*CALL)
        .where(c.room.in_(list(rooms)), c.id != c.room, c.successor.is_(None))
        .order_by(c.requested_at, c.attempt, c.id)
    )
    made: dict[str, list[Call]] = {room: [] for room in rooms}
    for call in found(tx, query, Call):
        made[str(call.room)].append(call)
    return made


def _repeats() -> Case[int]:
    """Among equals a first call passes all repeats; a human is waited for, and is never one."""
    c = t.call.c
    first = (c.attempt == 1) | c.step.in_(sorted(BESIDE_PLANS))
    return case((first, 0), else_=1)


_NODE: BindParameter[str] = bindparam("node")


_IN_SHADOW: BindParameter[bool] = bindparam("in_shadow", type_=Boolean())


def _placeable() -> tuple[ColumnElement[bool], ...]:
    """A node's requested calls, but those to a number that is being called; what nobody makes
    stands in the way of its like alone."""
    c, up = t.call.c, t.call.alias("up")
    called = select(up.c.to).where(up.c.state.in_(ON_TRUNK), up.c.shadow == _IN_SHADOW)
    mine = c.node == _NODE, c.state == CallState.REQUESTED.value, c.shadow == _IN_SHADOW
    return *mine, c.to.not_in(called.scalar_subquery())


def _requested() -> Select[Any]:
    c = t.call.c
    order = (c.priority, _repeats(), c.requested_at, c.id)
    place = func.row_number().over(partition_by=c.to, order_by=order)
    first = select(c.id, place.label("place")).where(*_placeable()).subquery()
    return (
        select(*CALL)
        # State and node again: of a row that another process changed meanwhile, PostgreSQL looks
        # at these once more, and not at the subquery.
        .where(
            c.id.in_(select(first.c.id).where(first.c.place == 1)),
            c.state == CallState.REQUESTED.value,
            c.node == _NODE,
        )
        .order_by(*order)
        .limit(bindparam("limit"))
    )


# Made once: these are asked at every wake-up, and putting them together costs more than the answer.
_REQUESTED = Reads(_requested(), Call)
_REQUESTED_LOCKED = Reads(_requested().with_for_update(skip_locked=True), Call)
_ANY_REQUESTED = Prepared(select(t.call.c.id).where(*_placeable()).limit(1))


def requested(tx: Tx, node: str, *, limit: int, shadow: bool = False) -> list[Call]:
    """Calls to place, or those that nobody makes (``shadow``), vital and human ones first, then
    first calls before repeats; of each number the first only, and none of a number that is being
    called already, however many wait for it."""
    values = {"node": node, "limit": limit, "in_shadow": shadow}
    if tx.dialect.name == "sqlite":
        return _REQUESTED.all(tx, values)
    calls = _REQUESTED_LOCKED.all(tx, values)
    # Another node may be starting a call to the same number: its row is not visible yet.
    mine = locks.try_all(tx, locks.Lock.NUMBER, {call.to for call in calls})
    c = t.call.c
    like = c.state.in_(ON_TRUNK), c.shadow.is_(shadow)
    up = set(tx.execute(select(c.to).where(c.to.in_(mine), *like)).scalars())
    return [call for call in calls if call.to in mine - up]


def waits(tx: Tx, node: str, *, shadow: bool = False) -> bool:
    """True where there is anything for ``requested``."""
    return _ANY_REQUESTED.first(tx, {"node": node, "in_shadow": shadow}) is not None


def on_trunk(tx: Tx, node: str) -> list[Call]:
    """Calls of a node that were acted upon, have not ended and have a channel."""
    return _UP.all(tx, {"node": node, "in_shadow": False})


def in_shadow(tx: Tx, node: str) -> list[Call]:
    """Calls of a node that nobody makes, begun and not ended, the oldest first."""
    return _UP.all(tx, {"node": node, "in_shadow": True})


_UP = Reads(
    select(*CALL)
    .where(t.call.c.node == _NODE, t.call.c.state.in_(ON_TRUNK), t.call.c.shadow == _IN_SHADOW)
    .order_by(t.call.c.placed_at, t.call.c.id),
    Call,
)


def into_shadow(tx: Tx, call_ids: Collection[str]) -> None:
    """Nobody makes these calls, which nobody has begun."""
    waits = t.call.c.state == CallState.REQUESTED.value
    query = update(t.call).where(t.call.c.id.in_(list(call_ids)), waits)
    tx.execute(query.values(shadow=True))


def live_in_shadow(tx: Tx) -> list[Call]:
    """Every call that nobody makes and that has not ended, asked for or begun."""
    c = t.call.c
    return found(tx, select(*CALL).where(c.state.in_(_LIVE), c.shadow.is_(True)), Call)


def up_to(tx: Tx, numbers: Collection[str], now: datetime) -> set[str]:
    """Which of ``numbers`` are called, or spoken with, or were until just now: the next call to
    them is on its way out."""
    c = t.call.c
    up = c.state.in_(ON_TRUNK) | (c.placed_at.is_not(None) & (c.ended_at >= now - _JUST_NOW))
    query = select(c.to).where(c.to.in_(sorted(numbers)), up)
    return set(tx.execute(query).scalars())


_JUST_NOW = timedelta(seconds=5)


def live_to(tx: Tx, numbers: Sequence[str]) -> set[str]:
    """Which of ``numbers`` have a live call, asked for or under way."""
    query = select(t.call.c.to).where(t.call.c.to.in_(list(numbers)), t.call.c.state.in_(_LIVE))
    return set(tx.execute(query).scalars())


def cancel_requested(
    tx: Tx,
    incident_id: str,
    now: datetime,
    *,
    keep: Collection[str] = (Purpose.BRIDGE, Purpose.FAX),
    only: str | None = None,
) -> list[str]:
    """Withdraw what nobody has dialled yet, but for the steps in ``keep``; the numbers (D20).

    ``only``: those of one step.

    A human is still brought to somebody who waits on the line, whoever took the incident; and a
    document goes out like any other message.
    """
    query = _cancel(frozenset(keep), only is not None)
    about = {"b_incident": incident_id, "at": now} | ({"only": only} if only is not None else {})
    return [shown(row["step"], row["to"]) for row in query.all(tx, about)]


@cache
def _cancel(keep: frozenset[str], of_one_step: bool) -> Prepared:
    c = t.call.c
    query = update(t.call).where(
        c.incident_id == bindparam("b_incident"),
        _is_one_of(CallState.REQUESTED, CallState.FOLLOWING),
        *(c.step != step for step in sorted(map(str, keep))),
    )
    if of_one_step:
        query = query.where(c.step == bindparam("only"))
    made = query.values(state=CallState.CANCELLED.value, ended_at=bindparam("at"))
    return Prepared(made.values(detail="cancelled").returning(c.step, c.to))


def ringing_contacts(tx: Tx, incident_id: str, *, step: str | None = None) -> list[str]:
    """Calls of an incident, or of one step, to people that are placed and not answered."""
    c = t.call.c
    query = select(c.id).where(
        c.incident_id == incident_id,
        c.state.in_([CallState.STARTED.value, CallState.RINGING.value]),
        c.step.not_in(NOT_AT_SITE),
    )
    if step is not None:
        query = query.where(c.step == step)
    return list(tx.execute(query).scalars())


def ringing_at(tx: Tx, site_id: str) -> list[str]:
    """Calls of no incident, to people of a site, that are placed and not answered."""
    c = t.call.c
    numbers = (
        select(t.contact.c.phone)
        .join(t.site_contact, t.site_contact.c.contact_id == t.contact.c.id)
        .where(t.site_contact.c.site_id == site_id)
    )
    query = select(c.id).where(
        c.incident_id.is_(None),
        c.direction == Direction.OUTGOING.value,
        c.state.in_([CallState.STARTED.value, CallState.RINGING.value]),
        c.step.not_in(NOT_AT_SITE),
        c.to.in_(numbers),
    )
    return list(tx.execute(query).scalars())


#: Dialogues in which the machine speaks with a site's people.
_SPEAKING = ("verification", "question", "message")


def spoken_to(tx: Tx, incident_id: str) -> list[Call]:
    """Calls of an incident in which the machine speaks with somebody who has not answered yet."""
    c = t.call.c
    query = select(*CALL).where(
        c.incident_id == incident_id,
        c.state == CallState.ANSWERED.value,
        c.dialogue.in_(_SPEAKING),
        c.room.is_(None),
        c.result.is_(None),
    )
    return found(tx, query, Call)


def in_talk(tx: Tx, incident_id: str) -> bool:
    """True where somebody speaks on the phone about an incident."""
    c = t.call.c
    up = c.incident_id == incident_id, c.state == CallState.ANSWERED.value
    query = select(c.id).where(*up, c.step != Purpose.FAX.value)
    return tx.execute(query.limit(1)).first() is not None


def live_of(tx: Tx, number: str) -> Call | None:
    """The oldest live call to a number, asked for or under way."""
    return next(iter(live_to_number(tx, number)), None)


_COUNT_LIVE = select(func.count()).select_from(t.call).where(t.call.c.state.in_(ON_TRUNK))
_COUNT_LIVE_OF_NODE = _COUNT_LIVE.where(t.call.c.node == bindparam("node"))


def count_live(tx: Tx, node: str | None = None) -> int:
    """How many calls are up, of one node or of all."""
    if node is None:
        return int(tx.execute(_COUNT_LIVE).scalar_one())
    return int(tx.execute(_COUNT_LIVE_OF_NODE, {"node": node}).scalar_one())


_WAITING = Reads(
    select(*CALL)
    .where(
        t.call.c.state == CallState.ANSWERED.value,
        t.call.c.room.is_not(None),
        t.call.c.step.not_in(sorted(NOT_AT_SITE)),
    )
    .order_by(t.call.c.answered_at, t.call.c.id),
    Call,
)


def waiting(tx: Tx) -> list[Call]:
    """People from outside who are in a conference: of each one the first."""
    first: dict[str | None, Call] = {}
    for call in _WAITING.all(tx, {}):
        first.setdefault(call.room, call)
    return list(first.values())


def in_room(tx: Tx, room: str | None) -> list[Call]:
    """The live calls of a conference, asked for or up, oldest first."""
    if room is None:
        return []
    c = t.call.c
    query = select(*CALL).where(c.room == room, c.state.in_(_LIVE)).order_by(c.requested_at, c.id)
    return found(tx, query, Call)


def conversations(tx: Tx) -> list[Call]:
    """The live calls of every conference, and whoever rings at an operator's, oldest first."""
    c = t.call.c
    query = select(*CALL).where(c.state.in_(_LIVE), or_(c.room.is_not(None), c.operator != ""))
    return found(tx, query.order_by(c.requested_at, c.id), Call)


def legs_of(tx: Tx, operator: str) -> list[Call]:
    """The live calls to somebody's own phones, oldest first."""
    c = t.call.c
    query = select(*CALL).where(c.operator == operator, TO_OPERATORS, c.ended_at.is_(None))
    return found(tx, query.order_by(c.requested_at, c.id), Call)


def of_devices_alone(tx: Tx, site_id: str) -> list[Call]:
    """The live calls that came from a site's devices and are about no incident, oldest first."""
    c, link = t.call.c, t.site_contact.c
    mine = (
        select(t.contact.c.phone)
        .join(t.site_contact, link.contact_id == t.contact.c.id)
        .where(link.site_id == site_id, link.role == Role.DEVICE.value)
    )
    query = select(*CALL).where(
        c.direction == Direction.INCOMING.value,
        c.state.in_(_LIVE),
        c.incident_id.is_(None),
        c.to.in_(mine),
    )
    return found(tx, query.order_by(c.requested_at, c.id), Call)


def live_to_number(tx: Tx, number: str) -> list[Call]:
    """The live calls to a number, or to a phone of ours, oldest first."""
    c = t.call.c
    query = select(*CALL).where(c.to == number, c.state.in_(_LIVE)).order_by(c.requested_at, c.id)
    return found(tx, query, Call)


def live_of_step(tx: Tx, node: str, step: str) -> int:
    """How many calls of a node and a step are asked for or under way."""
    c = t.call.c
    query = select(func.count()).where(c.node == node, c.state.in_(_LIVE), c.step == str(step))
    return int(tx.execute(query).scalar_one())


def of_kind(tx: Tx, step: str, *, limit: int) -> list[Call]:
    """The newest calls of a step that belong to no alarm, the newest first."""
    c = t.call.c
    query = select(*CALL).where(c.step == str(step), c.incident_id.is_(None))
    query = query.order_by(c.requested_at.desc(), c.id.desc()).limit(limit)
    return found(tx, query, Call)


def has_called(tx: Tx, number: str, since: datetime) -> bool:
    """True where a call came from ``number`` since then."""
    c = t.call.c
    query = select(c.id).where(
        c.to == number, c.direction == Direction.INCOMING.value, c.requested_at >= since
    )
    return tx.execute(query.limit(1)).first() is not None


def of_step(tx: Tx, incident_id: str, step: str) -> int:
    """How many calls an incident has in a step."""
    query = (
        select(func.count())
        .select_from(t.call)
        .where(t.call.c.incident_id == incident_id, t.call.c.step == str(step))
    )
    return int(tx.execute(query).scalar_one())


# --- one call that speaks for several incidents (D10) ------------------------------------------


def may_follow(tx: Tx, leader: Call) -> list[Call]:
    """The plans' calls to the same contact that wait while ``leader`` is made; locked."""
    c, i = t.call.c, t.incident.c
    query = (
        select(*CALL)
        .join(t.incident, i.id == c.incident_id)
        .where(
            c.to == leader.to,
            c.contact_id == leader.contact_id,
            c.state == CallState.REQUESTED.value,
            c.dialogue == leader.dialogue,
            c.requester == "",
            c.incident_id != leader.incident_id,
            c.shadow.is_(leader.shadow),
            i.exercise.is_(False),
        )
        .order_by(c.priority, c.requested_at, c.id)
    )
    if tx.dialect.name != "sqlite":
        query = query.with_for_update(skip_locked=True, of=t.call)
    return found(tx, query, Call)


_LEADING = (
    select(*CALL)
    .where(
        t.call.c.to == bindparam("to"),
        t.call.c.contact_id == bindparam("contact_id"),
        _is_one_of(CallState.STARTED, CallState.RINGING),
        t.call.c.dialogue == bindparam("dialogue"),
        t.call.c.requester == "",
        t.call.c.progress.is_(None),
        t.call.c.shadow == _IN_SHADOW,
        # Its own step may be hanging it up.
        t.call.c.incident_id != bindparam("incident_id"),
    )
    .limit(1)
)
_LEADER, _LEADER_LOCKED = Reads(_LEADING, Call), Reads(_LEADING.with_for_update(), Call)


def leader_for(tx: Tx, call: Call) -> Call | None:
    """A plan's call to the same contact that is being made and not spoken in yet; locked."""
    query = _LEADER if tx.dialect.name == "sqlite" else _LEADER_LOCKED
    about = {"to": call.to, "contact_id": call.contact_id, "incident_id": call.incident_id}
    like = {"dialogue": call.dialogue.value, "in_shadow": call.shadow}
    return query.first(tx, {**about, **like})


def follow(tx: Tx, call_id: str, leader: str) -> bool:
    """``leader`` speaks for this call too; False where it was withdrawn meanwhile."""
    states = [CallState.REQUESTED]
    return change(tx, call_id, only_in=states, state=CallState.FOLLOWING, leader=leader)


_FOLLOWERS = Reads(
    select(*CALL)
    .where(t.call.c.leader == bindparam("leader"), t.call.c.state == CallState.FOLLOWING.value)
    .order_by(t.call.c.priority, t.call.c.requested_at, t.call.c.id),
    Call,
)


def followers(tx: Tx, leader: str) -> list[Call]:
    """The calls that ``leader`` speaks for and that have not ended."""
    return _FOLLOWERS.all(tx, {"leader": leader})


# --- recordings ---------------------------------------------------------------------------


def recordings(tx: Tx, call_ids: Sequence[str]) -> dict[str, Recording]:
    """{call id: its recording}."""
    return {one.call_id: one for one in _RECORDINGS.all(tx, {"calls": list(call_ids)})}


_RECORDINGS = Reads(
    select(t.recording).where(t.recording.c.call_id.in_(bindparam("calls", expanding=True))),
    Recording,
)


def insert_recording(tx: Tx, recording: Recording) -> bool:
    """What was found of a call's recording; False where that is known already."""
    return _insert_recording(tx.dialect.name).change(tx, columns(recording)) == 1


@cache
def _insert_recording(dialect: str) -> Prepared:
    return Prepared(insert_into(dialect, t.recording).on_conflict_do_nothing())


def all_recordings(tx: Tx) -> list[Recording]:
    """Every recording."""
    return found(tx, select(t.recording), Recording)


def unrecorded(tx: Tx, node: str) -> list[Call]:
    """Answered calls that ended without their recording being looked at yet. One that was told in
    another call has that call's (``recorded_as``); a fax and a canary are not recorded."""
    query = (
        select(*CALL)
        .outerjoin(t.recording, t.recording.c.call_id == t.call.c.id)
        .where(
            t.call.c.node == node,
            t.call.c.state == CallState.ENDED.value,
            t.call.c.answered_at.is_not(None),
            t.call.c.leader.is_(None),
            t.call.c.shadow.is_(False),
            t.call.c.step.not_in(sorted(UNRECORDED)),
            t.recording.c.call_id.is_(None),
        )
        .limit(200)
    )
    return found(tx, query, Call)


# --- acts on calls ------------------------------------------------------------------------


def insert_action(tx: Tx, action: CallAction) -> None:
    """An act somebody wants done on a call."""
    tx.execute(t.call_action.insert().values(**columns(action)))
    hint(tx, "telephony")


_ACTIONS_WAITING = Prepared(
    select(t.call_action.c.id)
    .join(t.call, t.call.c.id == t.call_action.c.call_id)
    .where(
        t.call.c.node == bindparam("node"),
        t.call_action.c.claimed_at.is_(None),
        t.call_action.c.expires_at > bindparam("now"),
    )
    .limit(1)
)


def actions_waiting(tx: Tx, node: str, now: datetime) -> bool:
    """True where there is anything for ``claim_actions``."""
    return _ACTIONS_WAITING.first(tx, {"node": node, "now": now}) is not None


_A = t.call_action.c
_ACTIONS = Reads(
    select(t.call_action)
    .join(t.call, t.call.c.id == _A.call_id)
    .where(t.call.c.node == bindparam("node"), _A.claimed_at.is_(None))
    .where(_A.expires_at > bindparam("now"))
    .order_by(_A.requested_at, _A.id),
    CallAction,
)


def claim_actions(tx: Tx, node: str, now: datetime) -> list[CallAction]:
    """Acts of this node's calls that nobody took and that have not expired; now taken."""
    actions = _ACTIONS.all(tx, {"node": node, "now": now})
    if actions:
        mine = _A.id.in_([action.id for action in actions])
        tx.execute(update(t.call_action).where(mine).values(claimed_at=now))
    return actions


def asked_to_end(tx: Tx, call_id: str) -> bool:
    """True where somebody asked for the end of a call."""
    return bool(all_asked_to_end(tx, [call_id]))


def all_asked_to_end(tx: Tx, call_ids: Collection[str]) -> set[str]:
    """Those of ``call_ids`` whose end somebody asked for."""
    a = t.call_action.c
    query = select(a.call_id).where(a.call_id.in_(list(call_ids)), a.kind == Act.HANG_UP.value)
    return set(tx.execute(query).scalars())


def finish_action(tx: Tx, action_id: str, result: str) -> None:
    """What became of an act."""
    tx.execute(update(t.call_action).where(t.call_action.c.id == action_id).values(result=result))

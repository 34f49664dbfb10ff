"""The dead man's switch: found out by the engine, so that it works while no page does.

An alarm is a signal of the station's own, and its calls are those of its plan.
"""

from datetime import datetime

from callflow.core.alarms.incident import State
from callflow.core.desks.dead_man import LONGEST_SHIFT, OnShift, Watch, unattended_since, watch
from callflow.core.records.audit import UNATTENDED
from callflow.core.signals.signal import Kind, Signal
from callflow.core.time.instants import to_iso
from callflow.core.watch.supervision import station_signal
from callflow.handling.alarms.acting import close, withdraw
from callflow.handling.base.policy import load_policy
from callflow.handling.base.refusals import Refused
from callflow.handling.base.storing import store_signals
from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.desks import presence, shifts
from callflow.storage.records import logbook
from callflow.storage.signals import signals

#: The resolution code of an alarm that a sign of presence ends.
PRESENT = "present"


def watched(tx: Tx, now: datetime) -> Watch | None:
    """By when the only person at the desks must give a sign; None: nobody must, or nobody is there.

    Who is on a break is not at the desks. Where everybody is, it is whoever went last: a break
    leaves the station to nobody.
    """
    on = shifts.on_shift(tx)
    there = [shift for shift in on if now - shift.began_at <= LONGEST_SHIFT] or on[-1:]
    breaks = presence.breaks(tx, there, now) if len(there) > 1 else {}
    at_desk = [shift for shift in there if shift.user_id not in breaks]
    if not at_desk and there:
        at_desk = [max(there, key=lambda shift: breaks[shift.user_id])]
    if len(at_desk) != 1:
        return None
    alone = at_desk[0]
    last = shifts.last_ended(tx)
    return watch(
        OnShift(
            shift=alone.id,
            who=alone.name,
            began_at=alone.began_at,
            attended_at=alone.attended_at,
            acted_at=logbook.last_act(tx, alone.name, but=UNATTENDED),
        ),
        last.ended_at if last else None,
        load_policy(tx).presence,
        max(breaks.values(), default=None),
    )


def is_overdue(tx: Tx, now: datetime) -> bool:
    """True where ``raise_overdue`` has anything to tell."""
    found = _found(tx, now)
    return found is not None and signals.by_deduplication(tx, found.deduplication) is None


def raise_overdue(tx: Tx, now: datetime) -> None:
    """No sign of presence came, or nobody is there: a signal of the station's own, once."""
    found = _found(tx, now)
    if found is not None:
        store_signals(tx, [found])


def _found(tx: Tx, now: datetime) -> Signal | None:
    due = watched(tx, now)
    if due is not None:
        if due.alarm_at > now:
            return None
        return station_signal("DEAD_MAN", "", due.about, now, text=due.who)
    since = _unattended(tx, now)
    if since is None:
        return None
    return station_signal("UNATTENDED", "", to_iso(since), now)


def _unattended(tx: Tx, now: datetime) -> datetime | None:
    last = shifts.last_ended(tx)
    if last is None or shifts.on_shift(tx):
        return None
    return unattended_since(last.ended_at, load_policy(tx).presence, now)


def attended(tx: Tx, now: datetime) -> None:
    """Somebody takes up a shift: a station that was without anybody is attended again."""
    last = shifts.last_ended(tx)
    if last and last.ended_at and incidents.open_ones(tx, kinds=[Kind.UNATTENDED]):
        store_signals(tx, [station_signal("ATTENDED", "", to_iso(last.ended_at), now)])


def may_confirm(tx: Tx, user_id: str, now: datetime) -> bool:
    """False for who is on a break while another is watched: they don't see how that one is."""
    mine = shifts.running(tx, user_id)
    if mine is None:
        return False
    due = watched(tx, now)
    return due is None or due.shift == mine.id or not presence.breaks(tx, [mine], now)


def confirm_presence(tx: Tx, user_id: str, who: str, now: datetime) -> None:
    """*I am here*: the next sign is due later, and an alarm about it ends. Raises Refused."""
    if shifts.running(tx, user_id) is None:
        raise Refused("you are not on shift")
    if not may_confirm(tx, user_id, now):
        raise Refused("you are on a break: end it first, the sign is your colleague's")
    shifts.attend(tx, now)
    tell(tx, "presence_confirmed", now, by=who, who_did=who)
    for found in incidents.open_ones(tx, kinds=[Kind.DEAD_MAN]):
        incident = incidents.get(tx, found.id, lock=True)
        if incident is not None and incident.state is State.OPEN:
            withdraw(tx, incident, now)
            close(tx, incident, PRESENT, "", now, who=who)

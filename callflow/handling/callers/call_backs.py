"""Callers whom nobody answered: who is to be called back, by whom, and how it ended.

One open task a number: who calls again counts up. Unknown numbers are bounded, so that a machine
that calls with thousands of them buries nobody; those beyond are counted in one task without a
number. What nobody did in time rings the desk, again and again, as unclaimed work does (D21). So
does an instruction that somebody left on the phone and that a person must hear or countersign.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from callflow import ids
from callflow.core.alarms import escalation
from callflow.core.alarms.incident import Incident
from callflow.core.callers.call_back import CallBack
from callflow.core.calls.call import Call, Dialogue, Direction
from callflow.core.calls.dial_policy import MUTE, refusal
from callflow.core.calls.purpose import Purpose
from callflow.core.records.logbook import MACHINE
from callflow.core.sites.instructions import InstructionState
from callflow.handling.alarms.acting import request_call
from callflow.handling.alarms.ends.muting import number_is_mute
from callflow.handling.base.policy import load_policy
from callflow.handling.base.refusals import Held, NotFound, Refused
from callflow.handling.base.telling import tell
from callflow.handling.calls import telephone
from callflow.handling.desks.presence import exists, first_available
from callflow.handling.desks.waiting_line import was_with_human
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.callers import call_backs
from callflow.storage.calls import calls
from callflow.storage.sites import instructions

#: Open tasks of numbers that nobody knows.
MOST = 50
#: An overdue one rings the next phone after this; whoever took one has this long.
NEXT_PHONE = timedelta(seconds=60)
TAKEN_FOR = timedelta(minutes=15)
#: Seconds that a desk phone rings for it.
_RING = 25.0


class Result(StrEnum):
    """How a call-back ended."""

    REACHED = "reached"
    UNREACHABLE = "unreachable"
    NOT_NEEDED = "not_needed"
    CALLED_AGAIN = "called_again"  # they called, and somebody answered


def left(tx: Tx, call: Call, now: datetime) -> None:
    """A call from outside that waited for a human is over: answered, or to be called back."""
    if call.direction is not Direction.INCOMING or call.dialogue is not Dialogue.INCOMING:
        return
    number = call.to
    if refusal(number) is not None:
        if not was_with_human(tx, call):
            tell(tx, "call_back_withheld", now, _incident(tx, call.incident_id))
    elif was_with_human(tx, call):
        _answered(tx, number, now)
    else:
        _leave(tx, call, number, now)


def unfinished(tx: Tx, call: Call, now: datetime) -> None:
    """Somebody hung up before what they said in the menu counted: they are called back."""
    if refusal(call.to) is not None:
        tell(tx, "call_back_withheld", now, _incident(tx, call.incident_id))
    else:
        _leave(tx, call, call.to, now)


def instruction_left(tx: Tx, instruction_id: str, call_id: str, now: datetime) -> None:
    """Somebody left an instruction in a call, and it does not count before people looked at it: it
    is in the list until it does, or never will."""
    call = calls.get(tx, call_id)
    number = call.to if call and refusal(call.to) is None else ""
    task = _new(number, None, _target(tx, now), now)
    task = replace(task, instruction_id=instruction_id, open_for=instruction_id)
    call_backs.put(tx, task)


def instruction_seen(tx: Tx, instruction_id: str, who: str, now: datetime) -> None:
    """``who`` did something with it; where it still waits for another, it is nobody's again."""
    call_back = call_backs.open_for(tx, instruction_id)
    if call_back is None:
        return
    if _waits(tx, instruction_id, now):
        call_backs.change(tx, call_back.id, holder=None, level=0, due_at=_target(tx, now))
    else:
        _end(tx, call_back, Result.NOT_NEEDED, who, "", now)


def _waits(tx: Tx, instruction_id: str, now: datetime) -> bool:
    left = instructions.get(tx, instruction_id)
    return left is not None and left.state(now) is InstructionState.AWAITING_SIGNATURE


def _target(tx: Tx, now: datetime) -> datetime:
    return now + timedelta(seconds=load_policy(tx).call_back_target)


def _leave(tx: Tx, call: Call, number: str, now: datetime) -> None:
    waited = round((now - (call.joined_at or now)).total_seconds())
    due = _target(tx, now)
    incident = _incident(tx, call.incident_id)
    before = call_backs.open_for(tx, number)
    if before is None and _beyond(tx, number):
        number, incident = "", None
        before = call_backs.open_for(tx, number)
    if before is not None:
        called = before.called + 1
        call_backs.change(tx, before.id, called=called, last_at=now)
    else:
        called = 1
        call_backs.put(tx, _new(number, call.incident_id if number else None, due, now))
    if number:
        tell(tx, "call_back_left", now, incident, to=number, seconds=waited, count=called)
    elif called == 1:
        tell(tx, "call_back_bounded", now, count=MOST)


def _beyond(tx: Tx, number: str) -> bool:
    known = call_backs.candidates(tx, {number})
    return not known and call_backs.count_open(tx) >= MOST


def _new(number: str, incident_id: str | None, due: datetime, now: datetime) -> CallBack:
    return CallBack(
        id=ids.new(now),
        number=number,
        open_for=number,
        incident_id=incident_id,
        called=1,
        first_at=now,
        last_at=now,
        due_at=due,
    )


def _answered(tx: Tx, number: str, now: datetime) -> None:
    """They called again and somebody spoke with them: nobody need call back."""
    call_back = call_backs.open_for(tx, number)
    if call_back is not None:
        _end(tx, call_back, Result.CALLED_AGAIN, MACHINE, "", now)
        tell(tx, "call_back_moot", now, _incident(tx, call_back.incident_id), to=number)


def _end(tx: Tx, call_back: CallBack, result: Result, who: str, text: str, now: datetime) -> None:
    call_backs.change(
        tx,
        call_back.id,
        open_for=None,
        due_at=None,
        ended_at=now,
        ended_by=who,
        result=result.value,
        text=text,
    )


# --- what a person does --------------------------------------------------------------------------


def take(tx: Tx, call_back_id: str, who: str, now: datetime, *, to: str = "") -> None:
    """``who`` will do it, or gives it to a colleague, ``to``. Raises NotFound, Refused."""
    call_back = _open(tx, call_back_id)
    taker = to.strip() or who
    if taker != who and not exists(tx, taker):
        raise NotFound("there is no colleague of this name", about=taker)
    call_backs.change(tx, call_back.id, holder=taker, due_at=now + TAKEN_FOR)
    told = {"by": who, "who": taker, "who_did": who}
    given = taker != who
    if call_back.instruction_id:
        left = instructions.get(tx, call_back.instruction_id)
        kind = "instruction_given" if given else "instruction_taken"
        about = {"left_by": left and left.author, "site": left and left.site_id}
        tell(tx, kind, now, instruction=call_back.instruction_id, **about, **told)
    else:
        kind = "call_back_given" if given else "call_back_taken"
        tell(tx, kind, now, _incident(tx, call_back.incident_id), to=call_back.number, **told)


def finish(tx: Tx, call_back_id: str, who: str, result: Result, text: str, now: datetime) -> None:
    """Done with, and how. Raises NotFound, Refused."""
    call_back = _open(tx, call_back_id)
    if call_back.instruction_id:
        raise Refused("an instruction was left: listen to it, countersign or withdraw it")
    _end(tx, call_back, result, who, text, now)
    told = {"to": call_back.number, "by": who, "called_back": result.value, "text": text}
    tell(tx, "call_back_done", now, _incident(tx, call_back.incident_id), who_did=who, **told)


def call_back(tx: Tx, call_back_id: str, who: str, now: datetime) -> str:
    """``who`` calls the number now; it is theirs for a while. The call's id.

    Raises Held, NotFound, Refused.
    """
    call_back = _open(tx, call_back_id)
    if not call_back.number and call_back.instruction_id:
        raise Refused("no number was shown: there is nobody to call")
    if not call_back.number:
        raise Refused("these callers' numbers were not kept: there is nobody to call")
    if call_back.holder not in (None, who):
        raise Held(call_back.holder)
    number = call_back.number
    if number_is_mute(tx, number):
        raise Refused(MUTE)
    incident = _incident(tx, incidents.open_of_phone(tx, number, now))
    known = call_backs.candidates(tx, {number}).get(number, [])
    name = known[0].name if known else number
    call_id = telephone.call_person(tx, who, now, incident=incident, to=number, name=name)
    due = now + TAKEN_FOR
    tried = call_back.tried + 1
    call_backs.change(tx, call_back.id, tried=tried, call_id=call_id, holder=who, due_at=due)
    tell(tx, "call_back_asked", now, incident, to=call_back.number, by=who, who_did=who)
    return call_id


def _open(tx: Tx, call_back_id: str) -> CallBack:
    call_back = call_backs.get(tx, call_back_id, lock=True)
    if call_back is None:
        raise NotFound("there is no such call-back")
    if call_back.ended_at is not None:
        raise NotFound("this call-back is done already")
    return call_back


# --- what nobody did -----------------------------------------------------------------------------


def come_back(tx: Tx, now: datetime) -> None:
    """Overdue ones are louder, nobody's again, and ring the next phone of the station."""
    due = [call_back for call_back in call_backs.due(tx, now) if not _moot(tx, call_back, now)]
    if not due:
        return
    policy = load_policy(tx)
    own = first_available(tx, now)
    desk = escalation.with_first(policy.desk, own)
    number = escalation.queue_number(desk, due[0].level)
    for call_back in due:
        level = call_back.level + 1
        call_backs.change(tx, call_back.id, due_at=now + NEXT_PHONE, level=level, holder=None)
    top = due[0]
    incident = _incident(tx, top.incident_id)
    if number is None:
        tell(tx, "call_back_silent", now, incident, count=len(due))
    elif calls.live_of(tx, number) is None:
        request_call(
            tx,
            policy,
            None,
            now,
            step=Purpose.QUEUE,
            to=number,
            attempt=top.level + 1,
            dialogue=Dialogue.DESK,
            ring_time=_RING,
            priority=0,
        )
        told = {"to": _whom(tx, top), "desk": number, "count": len(due)}
        tell(tx, "call_back_overdue", now, incident, **told)


def _whom(tx: Tx, call_back: CallBack) -> str:
    """Who it is about, in a word."""
    left = instructions.get(tx, call_back.instruction_id) if call_back.instruction_id else None
    return str(left.author if left else call_back.number)


def _moot(tx: Tx, call_back: CallBack, now: datetime) -> bool:
    """True where it was an instruction whose time has passed unseen; then it is over."""
    if not call_back.instruction_id or _waits(tx, call_back.instruction_id, now):
        return False
    _end(tx, call_back, Result.NOT_NEEDED, MACHINE, "", now)
    return True


def desk_took(tx: Tx, call: Call, now: datetime) -> None:
    """Somebody at the phone that rang for call-backs does them: it rings for none for a while."""
    for one in call_backs.open_ones(tx):
        if one.level:
            call_backs.change(tx, one.id, due_at=now + TAKEN_FOR, level=0)
    tell(tx, "call_back_desk", now, to=call.to)


def _incident(tx: Tx, incident_id: str | None) -> Incident | None:
    return incidents.get(tx, incident_id) if incident_id else None

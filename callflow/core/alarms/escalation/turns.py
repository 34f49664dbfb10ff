"""Whose turn it is in a step that calls people, and how soon: retries that are nobody's fault."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from callflow.core.calls.call import REACHED, Call, CallState, Outcome
from callflow.core.plans.call_plan import CALL_BACK_S, Step
from callflow.core.signals.signal import Category
from callflow.core.sites.site import Contact

#: Our own line failed: the same person again after this, so often beyond the plan's attempts.
TRUNK_RETRY = timedelta(seconds=5)
TRUNK_RETRIES = 2
#: After a call of unknown fate the far end may still be off the hook: *busy* is retried.
BUSY_AFTER_UNKNOWN = timedelta(seconds=120)
BUSY_RETRY = timedelta(seconds=15)
BUSY_RETRIES = 2
#: A person who asks to be called back is called so long after the end of that call.
CALL_BACK_AFTER = timedelta(seconds=CALL_BACK_S)
#: A call lasts no longer, most of the time: what is promised in it can still be kept after it.
_SPOKEN = timedelta(minutes=2)


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """``contact`` is to be called, ``pause`` after the end of ``after`` (None: at once)."""

    contact: Contact
    attempt: int
    after: Call | None = None
    pause: timedelta = timedelta()


#: The person, the call it follows, and how long after that call's end.
_Slot = tuple[str, Call | None, timedelta]
_EVER = datetime.min.replace(tzinfo=UTC)


def in_order(step: Step, contacts: Sequence[Contact], mine: Sequence[Call]) -> Turn | None:
    """Whose turn it is; None: nobody is left."""
    retry = _turn(_retry(mine), contacts, mine)
    if retry is not None:
        return retry
    slots = [*_call_backs(step, mine), _slot(step, contacts, mine)]
    found = [turn for slot in slots if (turn := _turn(slot, contacts, mine)) is not None]
    return min(found, key=lambda turn: _due(turn, mine), default=None)


def at_once(step: Step, contacts: Sequence[Contact], mine: Sequence[Call]) -> list[Turn]:
    """The next turn of each contact who has one and is not being called."""
    turns = []
    for contact in contacts:
        own = [call for call in mine if call.contact_id == contact.id]
        if any(call.live for call in own):
            continue
        turn = in_order(step, [contact], own)
        if turn is not None:
            turns.append(turn)
    return turns


def may_call_back(
    step: Step,
    category: Category,
    contact: str,
    calls: Sequence[Call],
    *,
    since: datetime,
    now: datetime,
) -> bool:
    """Say whether ``contact``, called for ``step`` that began at ``since``, may ask to be called.

    Once in a step, never of a vital alarm, and only where the step lasts long enough to keep it.
    """
    mine = [c for c in calls if c.step == step.id and c.requested_at >= since]
    asked = any(c.contact_id == contact and c.outcome is Outcome.CALL_BACK for c in mine)
    over = since + timedelta(seconds=step.limit)
    in_time = now + _SPOKEN + CALL_BACK_AFTER < over
    return step.call_back and category is not Category.VITAL and not asked and in_time


def unnumbered(step: Step, turn: Turn, now: datetime) -> Call:
    """The call that can't be made, as deciding sees it from now on."""
    return Call(
        id="",
        step=step.id,
        contact_id=turn.contact.id,
        to="",
        attempt=turn.attempt,
        state=CallState.ENDED,
        outcome=Outcome.NO_NUMBER,
        requested_at=now,
        ended_at=now,
    )


def _turn(slot: _Slot | None, contacts: Sequence[Contact], mine: Sequence[Call]) -> Turn | None:
    if slot is None:
        return None
    contact_id, after, pause = slot
    # A contact that was removed meanwhile is not called again; the list goes on.
    contact = next((c for c in contacts if c.id == contact_id), None)
    if contact is None:
        return None
    attempt = 1 + sum(1 for c in mine if c.contact_id == contact_id)
    return Turn(contact=contact, attempt=attempt, after=after, pause=pause)


def _call_backs(step: Step, mine: Sequence[Call]) -> list[_Slot]:
    """The person who asked to be called back and was not yet: once, whatever comes of that call."""
    if not step.call_back:
        return []
    last = {call.contact_id: call for call in mine if call.contact_id is not None}
    asked = [c.contact_id for c in mine if c.outcome is Outcome.CALL_BACK]
    return [
        (contact, call, CALL_BACK_AFTER)
        for contact, call in last.items()
        if call.outcome is Outcome.CALL_BACK and asked.count(contact) == 1
    ]


def _due(turn: Turn, mine: Sequence[Call]) -> datetime:
    """When it is the turn's time: the list goes on as soon as its last call is over."""
    free = max((c.ended_at for c in mine if c.ended_at is not None), default=_EVER)
    own = turn.after.ended_at if turn.after is not None else None
    return free if own is None else own + turn.pause


def _retry(mine: Sequence[Call]) -> _Slot | None:
    """The last contact once more, beyond the plan's attempts, where the failure was not theirs."""
    last = mine[-1] if mine else None
    if last is None or last.contact_id is None or not _beyond_plan(last, mine):
        return None
    pause = {Outcome.TRUNK_FAILURE: TRUNK_RETRY, Outcome.BUSY: BUSY_RETRY}
    return last.contact_id, last, pause.get(last.outcome or Outcome.UNKNOWN, timedelta())


def _beyond_plan(call: Call, mine: Sequence[Call]) -> bool:
    """Say whether ``call`` did not use up an attempt of the plan."""
    same = [c for c in mine if c.contact_id == call.contact_id]
    earlier = same[: same.index(call)]
    if call.outcome is Outcome.UNKNOWN:
        return not any(c.outcome is Outcome.UNKNOWN for c in earlier)
    if call.outcome is Outcome.TRUNK_FAILURE:
        failed = sum(1 for c in earlier if c.outcome is Outcome.TRUNK_FAILURE)
        return failed < TRUNK_RETRIES
    if call.outcome is Outcome.BUSY:
        return _maybe_our_own(call, earlier)
    return False


def _maybe_our_own(call: Call, earlier: Sequence[Call]) -> bool:
    """Say whether *busy* may be our own lost call: soon after it, and the first times only.

    While one number is asked again nobody else is called.
    """
    lost = [c for c in earlier if c.outcome is Outcome.UNKNOWN and c.ended_at is not None]
    if not lost:
        return False
    again = sum(1 for c in earlier[earlier.index(lost[0]) :] if c.outcome is Outcome.BUSY)
    soon = any(call.requested_at - c.ended_at <= BUSY_AFTER_UNKNOWN for c in lost if c.ended_at)
    return soon and again < BUSY_RETRIES


def _slot(step: Step, contacts: Sequence[Contact], mine: Sequence[Call]) -> _Slot | None:
    """Whose turn the plan says: everybody once, then everybody again who was not reached."""
    used = [c for c in mine if not _beyond_plan(c, mine)]
    for turn in range(1, step.attempts + 1):
        for contact in contacts:
            before = [c for c in used if c.contact_id == contact.id]
            if len(before) >= turn or any(c.outcome in _DONE_WITH for c in before):
                continue
            return contact.id, before[-1] if before else None, timedelta(seconds=step.delay_s)
    return None


#: Nobody who was reached is called again by the same list, nor is who has no number.
_DONE_WITH = REACHED | {Outcome.NO_NUMBER}

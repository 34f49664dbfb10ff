"""Deciding, purely: ``next_steps(incident, plan, site, calls, now)`` → what to do, and when next.

Nothing here acts: the answer is data that ``handling`` turns into rows, in one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from callflow.call import REACHED, Call, CallState, Outcome
from callflow.call_plan import CALLING, CONTINUE, EXHAUSTED, JUSTIFIED, Plan, Step, StepKind
from callflow.incident import Incident, Machine, State
from callflow.signal import OF_STATION, Category
from callflow.site import Contact, Role, Site

#: A call that nobody placed for so long lands on the operators' queue, loudly.
UNPLACED_AFTER = timedelta(seconds=20)
#: So does one that started and neither answers nor ends.
STUCK_AFTER = timedelta(seconds=150)
#: So does one that was answered and never ends: its node may be dead. Longer than any dialogue.
ENDLESS_AFTER = timedelta(minutes=6)
#: Clocks of two machines differ by less; a time further ahead was written before ours went back.
CLOCK_SKEW = timedelta(seconds=5)
#: Our own line failed: the same person again after this, so often beyond the plan's attempts.
TRUNK_RETRY = timedelta(seconds=5)
TRUNK_RETRIES = 2
#: After a call of unknown fate the far end may still be off the hook: *busy* is retried.
BUSY_AFTER_UNKNOWN = timedelta(seconds=120)
BUSY_RETRY = timedelta(seconds=15)
BUSY_RETRIES = 2
#: An operator who hung up on somebody still in the conference: the desk rings again after this.
BRIDGE_PAUSE = timedelta(seconds=5)


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaceCall:
    """Call ``contact`` now."""

    step: str
    contact: Contact
    to: str
    attempt: int
    ring_s: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class NoNumber:
    """The turn of a contact who has no number: said, counted, passed over."""

    step: str
    contact: Contact
    attempt: int


@dataclass(frozen=True, kw_only=True, slots=True)
class EnterStep:
    """The plan goes on to ``step``, because of ``why``."""

    step: str
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class HandToHuman:
    """The incident stands in the operators' queue, with the reason."""

    reason: str
    text: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Close:
    """A justified closure by the machine."""

    code: str
    text: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finish:
    """The plan has nothing more to do."""


Action = PlaceCall | NoNumber | EnterStep | HandToHuman | Close | Finish


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What to do now, in order, and when to look again (UTC; None: at the next event)."""

    actions: tuple[Action, ...] = ()
    due_at: datetime | None = None


def next_steps(
    incident: Incident, plan: Plan, site: Site | None, calls: Sequence[Call], now: datetime
) -> Decision:
    """What the machine does next for ``incident``. ``calls`` are all of the incident's."""
    if incident.machine is not Machine.RUNNING or incident.state is not State.OPEN:
        return Decision()
    if incident.mute:
        return Decision(actions=(HandToHuman(reason="personal"), Finish()))
    if site is None:
        reason = "station" if incident.kind in OF_STATION else "unknown_account"
        return Decision(actions=(HandToHuman(reason=reason), Finish()))
    if incident.step is None or incident.step_since is None:
        first = plan.first.id
        run = _Run(incident, plan, site, calls, now)
        run.actions.append(EnterStep(step=first, why="opened"))
        return run.decide(plan.first, since=now)
    run = _Run(incident, plan, site, calls, now)
    return run.decide(plan.step(incident.step), since=incident.step_since)


class _Run:
    """One decision: follows the plan until it must wait."""

    def __init__(
        self, incident: Incident, plan: Plan, site: Site, calls: Sequence[Call], now: datetime
    ) -> None:
        self.incident, self.plan, self.site, self.now = incident, plan, site, now
        self.calls = [call for call in calls if call.state is not CallState.CANCELLED]
        self.actions: list[Action] = []
        self.due_at: datetime | None = None

    def decide(self, step: Step, since: datetime) -> Decision:
        current: Step | None = step
        while current is not None:  # ends: steps only lead forward (call_plan.problems)
            current = self._one(current, since)
            since = self.now
        return Decision(actions=tuple(self.actions), due_at=self.due_at)

    def _one(self, step: Step, since: datetime) -> Step | None:
        """Do what ``step`` asks; the step that follows at once, if one does."""
        if step.kind in CALLING:
            return self._calling(step, since)
        if step.kind is StepKind.HAND_TO_OPERATOR:
            self.actions += [HandToHuman(reason="plan", text=step.text), Finish()]
        else:
            self.actions += [Close(code=step.code, text=step.text), Finish()]
        return None

    def _calling(self, step: Step, since: datetime) -> Step | None:
        # A live call counts whenever it was asked for: never two at once in one step.
        mine = [c for c in self.calls if c.step == step.id and (c.live or c.requested_at >= since)]
        if any(call.live for call in mine):
            self._watch(mine)
            return None
        for call in mine:  # an answer may be stored after the end of its call: all are looked at
            target = step.target(call.outcome) if call.outcome else CONTINUE
            if target != CONTINUE:
                return self._lead(step, target, str(call.outcome))
        if mine and mine[-1].outcome in (Outcome.TRUNK_FAILURE, Outcome.ERROR):
            self.actions.append(HandToHuman(reason=str(mine[-1].outcome)))
        return self._next_attempt(step, mine)

    def _watch(self, mine: Sequence[Call]) -> None:
        """A call that nobody places, or that never ends, becomes a human's business."""
        late = [c.requested_at + _patience(c) for c in mine if c.live]
        if min(late) <= self.now or any(self._ahead(c.requested_at) for c in mine if c.live):
            self.actions.append(HandToHuman(reason="unplaced"))
        else:
            self.due_at = min(late)

    def _ahead(self, at: datetime) -> bool:
        """Written before our clock went back: waiting for it could last for hours."""
        return at > self.now + CLOCK_SKEW

    def _lead(self, step: Step, target: str | None, why: str) -> Step | None:
        following = self.plan.step(target) if target is not None else None
        if following is None or not self._may_follow(step, following, why):
            from_afar = following is not None and why in JUSTIFIED
            self.actions += [HandToHuman(reason="not_from_afar" if from_afar else why), Finish()]
            return None
        self.actions.append(EnterStep(step=following.id, why=why))
        return following

    def _may_follow(self, step: Step, following: Step, why: str) -> bool:
        """Whether this answer justifies what follows: identity is not knowledge (D3).

        The incident may have become vital while a keyholder spoke: from off site nobody ends it.
        """
        if following.kind is not StepKind.CLOSE:
            return True
        off_site = step.role is not Role.PREMISES
        return why in JUSTIFIED and not (off_site and self.incident.category is Category.VITAL)

    def _next_attempt(self, step: Step, mine: list[Call]) -> Step | None:
        while True:
            turn = self._turn(step, mine)
            if turn is None:
                return self._lead(step, step.outcomes.get(EXHAUSTED), EXHAUSTED)
            contact, not_before = turn
            attempt = 1 + sum(1 for c in mine if c.contact == contact.id)
            if contact.phone is None:
                self.actions.append(NoNumber(step=step.id, contact=contact, attempt=attempt))
                mine = [*mine, _without_number(step, contact, attempt, self.now)]
                continue
            if not_before is not None and not_before > self.now:
                self.due_at = not_before
                return None
            self.actions.append(
                PlaceCall(
                    step=step.id,
                    contact=contact,
                    to=contact.phone,
                    attempt=attempt,
                    ring_s=step.ring_s,
                )
            )
            self.due_at = self.now + UNPLACED_AFTER
            return None

    def _turn(self, step: Step, mine: Sequence[Call]) -> tuple[Contact, datetime | None] | None:
        """Whose turn it is, and not before when; None: nobody is left."""
        contacts = self.site.by_role(step.role)
        for slot in (_retry(mine), _slot(step, contacts, mine)):
            if slot is None:
                continue
            contact_id, last, pause = slot
            # A contact that was removed meanwhile is not called again; the list goes on.
            contact = next((c for c in contacts if c.id == contact_id), None)
            if contact is not None:
                at = last.ended_at if last is not None else None
                return contact, None if at is None or self._ahead(at) else at + pause
        return None


def _patience(call: Call) -> timedelta:
    """How long after its request a live call may stand where it is."""
    if call.state is CallState.REQUESTED:
        return UNPLACED_AFTER
    return ENDLESS_AFTER if call.state is CallState.ANSWERED else STUCK_AFTER


#: A contact's turn: who, the call it follows, and how long after that call's end.
_Slot = tuple[str, Call | None, timedelta]


def _without_number(step: Step, contact: Contact, attempt: int, now: datetime) -> Call:
    return Call(
        id="",
        step=step.id,
        contact=contact.id,
        to="",
        attempt=attempt,
        state=CallState.ENDED,
        outcome=Outcome.NO_NUMBER,
        requested_at=now,
        ended_at=now,
    )


def _retry(mine: Sequence[Call]) -> _Slot | None:
    """The last contact once more, beyond the plan's attempts, where the failure was not theirs."""
    last = mine[-1] if mine else None
    if last is None or last.contact is None or not _beyond_plan(last, mine):
        return None
    pause = {Outcome.TRUNK_FAILURE: TRUNK_RETRY, Outcome.BUSY: BUSY_RETRY}
    return last.contact, last, pause.get(last.outcome or Outcome.UNKNOWN, timedelta())


def _beyond_plan(call: Call, mine: Sequence[Call]) -> bool:
    """Whether ``call`` did not use up an attempt of the plan."""
    same = [c for c in mine if c.contact == call.contact]
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
    """Whether *busy* may be our own lost call: soon after it, and the first times only.

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
            before = [c for c in used if c.contact == contact.id]
            if len(before) >= turn or any(c.outcome in _DONE_WITH for c in before):
                continue
            return contact.id, before[-1] if before else None, timedelta(seconds=step.delay_s)
    return None


#: Who was reached is not called again by the same list, nor is who has no number.
_DONE_WITH = REACHED | {Outcome.NO_NUMBER}


# --- bringing a human to somebody who waits (D12), and to unclaimed work (D21) ------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """The station's own phones, in calling order: the desk, then the duty numbers."""

    desk_phones: tuple[str, ...]
    duty_numbers: tuple[str, ...]

    @property
    def numbers(self) -> tuple[str, ...]:
        return self.desk_phones + self.duty_numbers


@dataclass(frozen=True, kw_only=True, slots=True)
class DeskCall:
    """Ring ``to``, a phone of the station, now."""

    to: str
    attempt: int


def bridge_step(
    desk: Desk, tried: Sequence[Call], now: datetime
) -> tuple[DeskCall | None, datetime | None]:
    """Whom to ring for a person who waits in a conference, and when to look again.

    ``tried`` are the calls made for this conference so far. The person is never given up: after
    the last number comes the first again.
    """
    if not desk.numbers or any(call.live for call in tried):
        return None, None
    last = tried[-1] if tried else None
    if last is not None and last.ended_at is not None:
        round_done = len(tried) % len(desk.numbers) == 0
        again = last.ended_at + BRIDGE_PAUSE
        if (round_done or last.outcome is Outcome.OPERATOR) and again > now:
            return None, again
    return DeskCall(to=desk.numbers[len(tried) % len(desk.numbers)], attempt=len(tried) + 1), None


def queue_number(desk: Desk, level: int) -> str | None:
    """The phone that rings the ``level``-th time unclaimed work is found; None: there is none."""
    return desk.numbers[level % len(desk.numbers)] if desk.numbers else None

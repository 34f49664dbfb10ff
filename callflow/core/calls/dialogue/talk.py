"""What follows from what came back."""

from dataclasses import replace

from callflow.core.calls.call import CALL_BACK_KEY, Dialogue, Outcome
from callflow.core.calls.dialogue import menus, table
from callflow.core.calls.dialogue.events import (
    Bridge,
    CodeChecked,
    Conclude,
    Done,
    Effect,
    Event,
    Finish,
    HungUp,
    Typed,
)
from callflow.core.calls.dialogue.facts import Facts, Progress
from callflow.core.calls.dialogue.pages import Deed, Exit, Place
from callflow.core.calls.dialogue.table import (
    ASKED_AT_MOST,
    AT_DESK,
    HELP_KEY,
    KEYS,
    OPERATOR_KEY,
    SHORTEST_CODE,
    TABLE,
    WRONG_CODES_AT_MOST,
    Answer,
    CodeVerdict,
    Rule,
    State,
    Trigger,
)


class ImpossibleEvent(Exception):
    """Our bug: an event that this state can't meet."""


def code_to_check(progress: Progress, event: Event) -> str | None:
    """The code that the shell must check, its verdict being the next event; else None."""
    if progress.state is not State.CODE or not isinstance(event, Typed):
        return None
    entry = _entry(event.digits)
    return None if not entry or _is_request(entry) else entry


def deed(progress: Progress, event: Event) -> Deed | None:
    """What a menu wants done before it goes on, the ``Done`` of which is the next event."""
    if progress.state is not State.MENUS or isinstance(event, HungUp):
        return None
    assert progress.place is not None, "a menu is at some page"
    return menus.deed(progress.place, event, progress.wrong_codes)


def results_of(progress: Progress) -> list[str]:
    """What can become of the deed of the page that somebody is at, the usual first."""
    return list(menus.PAGES[progress.place.page].leads) if progress.place else []


def advance(facts: Facts, progress: Progress, event: Event) -> tuple[Progress, tuple[Effect, ...]]:
    """The progress to commit and the effects to carry out. Raises ImpossibleEvent (our bug)."""
    if progress.state is State.END:
        return progress, ()
    if progress.place is not None and progress.state is State.MENUS and event != HungUp():
        return _in_a_menu(facts, progress, progress.place, event)
    trigger = _trigger(facts, progress, event)
    rule = table.rule(facts.dialogue, progress.state, trigger)
    if rule is None:
        raise ImpossibleEvent(f"{progress.state} can't meet {trigger}")
    return _follow(facts, progress, trigger, rule)


def _follow(
    facts: Facts, progress: Progress, trigger: Trigger, rule: Rule
) -> tuple[Progress, tuple[Effect, ...]]:
    outcome = rule.outcome
    if outcome and (progress.duress or trigger is Trigger.DURESS):
        outcome = Outcome.DURESS
    connects = rule.to is State.BRIDGING or (trigger is Trigger.TAKE and bool(facts.room))
    moved = rule.to is not progress.state
    after = replace(
        progress,
        state=State.BRIDGING if connects else rule.to,
        begun=True,
        say=rule.say,
        wrong_codes=progress.wrong_codes + (trigger is Trigger.WRONG),
        empty_turns=0 if moved else progress.empty_turns + (trigger in _EMPTY),
        duress=progress.duress or trigger is Trigger.DURESS,
        known=progress.known or trigger is Trigger.OK,
        bridge=progress.bridge or connects,
        result=outcome or progress.result,
    )
    effects: list[Effect] = [Conclude(outcome)] if outcome else []
    effects += [Bridge()] if connects else []
    effects += [Finish()] if after.state is State.END else []
    return after, tuple(effects)


def _in_a_menu(
    facts: Facts, progress: Progress, place: Place, event: Event
) -> tuple[Progress, tuple[Effect, ...]]:
    step = menus.follow(place, event)
    done = event if isinstance(event, Done) else Done(result="")
    again = progress.empty_turns + 1 if step.empty else 0
    gives_up = bool(step.empty) and again >= step.empty
    # Who says nothing in a storm has heard of it; lines are for who needs somebody, by 0 (D10).
    told = gives_up and facts.known_fault and progress.wrong_codes == 0
    served = done.served or (told and progress.result is None)
    outcome = Outcome.DURESS if done.duress else Outcome.SERVED if served else None
    if progress.duress and outcome:
        outcome = Outcome.DURESS
    after = replace(
        progress,
        begun=True,
        say="",
        place=step.place,
        empty_turns=again,
        wrong_codes=progress.wrong_codes + (done.result in ("wrong", "wrong_here")),
        duress=progress.duress or done.duress,
        result=outcome or progress.result,
    )
    effects: tuple[Effect, ...] = (Conclude(outcome),) if outcome else ()
    exit_by = _EXITS[step.exit] if step.exit else None
    if gives_up:
        exit_by = Trigger.SERVED if after.result is Outcome.SERVED else Trigger.GIVE_UP
    if exit_by is None:
        said = ("bad_key" if step.bad else "nothing_heard") if step.empty else ""
        return replace(after, say=said), effects
    left, more = _follow(facts, after, exit_by, TABLE[State.MENUS, exit_by])
    last = step.say or left.say or ("known_fault" if told else "")
    return replace(left, say=last), effects + more


_EXITS = {
    Exit.OPERATOR: Trigger.OPERATOR,
    Exit.HELP: Trigger.HELP,
    Exit.WRONG_CODE: Trigger.WRONG_AGAIN,
    Exit.LOCKED: Trigger.LOCKED,
    Exit.SERVED: Trigger.SERVED,
    Exit.GOING: Trigger.GOING,
    Exit.SEND_GUARD: Trigger.SEND_GUARD,
    Exit.NEXT_PERSON: Trigger.NEXT_PERSON,
}
_EMPTY = frozenset({Trigger.SILENCE, Trigger.BAD_KEY})


def _trigger(facts: Facts, progress: Progress, event: Event) -> Trigger:
    if isinstance(event, HungUp):
        return Trigger.HUNG_UP
    match progress.state:
        case State.CODE:
            trigger = _at_code(facts, progress, event)
        case State.MENU:
            trigger = _at_menu(facts, event)
        case State.ASK:
            trigger = _at_question(facts, event)
        case State.DESK:
            trigger = _at_desk(event)
        case State.WELCOME:
            return Trigger.OPERATOR  # 0, any key, or nothing
        case _:
            zero = isinstance(event, Typed) and event.digits.startswith(OPERATOR_KEY)
            asks = zero and progress.state is State.CLOSING and facts.dialogue not in AT_DESK
            return Trigger.OPERATOR if asks else Trigger.PLAYED
    if trigger in _EMPTY and progress.empty_turns + 1 >= ASKED_AT_MOST:
        asked_them = progress.state is State.ASK and facts.identify
        doubted = (progress.state is State.CODE and progress.wrong_codes) or asked_them
        return Trigger.ABANDONED if doubted else Trigger.GIVE_UP
    return trigger


def _at_code(facts: Facts, progress: Progress, event: Event) -> Trigger:
    stations = facts.dialogue is Dialogue.PEER  # its code has no twin for whoever is threatened
    if isinstance(event, CodeChecked):
        if event.verdict is CodeVerdict.OK or (
            event.verdict is CodeVerdict.DURESS and not stations
        ):
            return Trigger(event.verdict.value)
        if event.verdict is CodeVerdict.LOCKED and stations:
            return Trigger.LOCKED
        last = progress.wrong_codes + 1 >= WRONG_CODES_AT_MOST
        return Trigger.WRONG_AGAIN if last else Trigger.WRONG
    entry = _entry(event.digits) if isinstance(event, Typed) else ""
    if _is_request(entry):
        if stations:
            return Trigger.BAD_KEY
        return Trigger.OPERATOR if entry[0] == OPERATOR_KEY else Trigger.HELP
    if entry:
        raise ImpossibleEvent("a code is checked by the shell first (code_to_check)")
    return Trigger.SILENCE


def _entry(digits: str) -> str:
    """What was typed after the last ``*``, which starts over."""
    return digits.rpartition("*")[2].rstrip("#")


def _is_request(entry: str) -> bool:
    return 0 < len(entry) < SHORTEST_CODE and set(entry) in ({HELP_KEY}, {OPERATOR_KEY})


def _at_menu(facts: Facts, event: Event) -> Trigger:
    if not isinstance(event, Typed):
        return Trigger.SILENCE
    key = event.digits[:1]
    if key == OPERATOR_KEY:
        return Trigger.OPERATOR
    if key == CALL_BACK_KEY and facts.call_back:
        return Trigger.CALL_BACK
    answer = KEYS.get(key)
    if answer is Answer.HELP:
        return Trigger.HELP
    if answer is Answer.FALSE_ALARM and (facts.personal or answer not in facts.answers):
        return Trigger.NO_AUTHORITY
    return Trigger(answer.value) if answer in facts.answers else Trigger.BAD_KEY


def _at_question(facts: Facts, event: Event) -> Trigger:
    if not isinstance(event, Typed):
        return Trigger.SILENCE
    key = event.digits[:1]
    if key == OPERATOR_KEY:
        return Trigger.OPERATOR
    if key == CALL_BACK_KEY and facts.call_back:
        return Trigger.CALL_BACK
    match facts.dialogue:
        case Dialogue.MESSAGE:
            meant = {"1": Trigger.ACKNOWLEDGED}
        case Dialogue.GUARD if facts.welfare:
            meant = {"1": Trigger.ACKNOWLEDGED}
        case Dialogue.GUARD:
            meant = {"1": Trigger.ACCEPTED, "2": Trigger.DECLINED}
        case _:
            count = len(facts.choices)
            meant = {str(n): Trigger(f"answer_{n}") for n in range(1, count + 1)}
    return meant.get(key, Trigger.BAD_KEY)


def _at_desk(event: Event) -> Trigger:
    if not isinstance(event, Typed):
        return Trigger.SILENCE
    return Trigger.TAKE if event.digits[:1] == "1" else Trigger.BAD_KEY


def result_at_hang_up(progress: Progress) -> Outcome:
    """The outcome of an answered call whose channel is gone: the dialogue's, else hung up."""
    return progress.result or Outcome.HUNG_UP

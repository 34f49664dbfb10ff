"""Changes of an incident by what is decided or happens: one hand for deciding, correlating and
simulation. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from callflow.core.alarms import incident as states
from callflow.core.alarms.escalation import EnterStep
from callflow.core.alarms.incident import Changes, Event, Incident, Machine, State
from callflow.core.calls.call import Call, Outcome
from callflow.core.plans.task import Task
from callflow.core.signals.signal import Category

#: Answers that bring a human at once, while the person is still on the line (D12).
NEEDS_HUMAN = frozenset({Outcome.HELP, Outcome.OPERATOR, Outcome.WRONG_CODE, Outcome.ERROR})
#: The rows of one decision keep their order.
TICK = timedelta(microseconds=1)


def not_before(
    incident: Incident, made: Iterable[Call], asked: Iterable[Task], now: datetime
) -> datetime:
    """``now``, or just after what the incident has already: a clock may go back, an order not."""
    times = [call.requested_at + TICK for call in made]
    times += [task.requested_at + TICK for task in asked]
    return max([now, *times, incident.step_since or now])


def enter(incident: Incident, action: EnterStep, at: datetime) -> Changes:
    """The plan goes on to another step."""
    rounds = {} if action.why == "opened" else dict(incident.rounds)
    if action.left is not None:
        rounds[action.left] = rounds.get(action.left, 0) + 1
    return {"step": action.step, "step_since": at, "grounds": action.grounds, "rounds": rounds}


def hand_to_human(
    incident: Incident, reason: str, now: datetime, rings_after: timedelta
) -> Changes | None:
    """It stands in the operators' queue, whatever storm stood for it, and rings there after
    ``rings_after`` at the latest. None: for this reason it does already.

    A closed one is open again: somebody asked for a human in a call that outlived the closure.
    """
    rings = incident.holder is None and not incident.exercise
    handed: Changes = {"with_human": True, "human_reason": reason, "storm_until": None}
    if incident.state is not State.OPEN:
        state = states.after(incident.state, Event.HELP)
        handed |= {"state": state, "closed_at": None, "normal_due": None, "resolution_code": None}
    elif (
        incident.with_human
        and incident.human_reason == reason
        and (incident.queue_due is not None or not rings)  # what was closed stands in no queue
    ):
        return None
    if incident.human_since is None:
        handed["human_since"] = now
    if rings:
        handed["queue_due"] = min(incident.queue_due or now + rings_after, now + rings_after)
    return handed


def close(incident: Incident, code: str, text: str, now: datetime) -> Changes:
    """Handled with a resolution code: nobody and nothing waits for it any more (D26)."""
    return {
        "state": states.after(incident.state, Event.CLOSE),
        "resolution_code": code,
        "resolution_text": text,
        "closed_at": now,
        "machine": Machine.DONE,
        "machine_due": None,
        "queue_due": None,
        "holder": None,
        "held_since": None,
        "parked_until": None,
        "storm_until": None,
        "reminder": "",
        "wish": None,
    }


def become_personal() -> Changes:
    """It turns out to be a personal alarm: vital, mute, the machine stops (D7)."""
    return {
        "duress": True,
        "category": Category.VITAL,
        "priority": 1,
        "machine": Machine.DONE,
        "machine_due": None,
    }


def confirm() -> Changes:
    """Two different zones of an intrusion, or a panel that says so: vital from now on (D5)."""
    return {"confirmed": True, "category": Category.VITAL, "priority": 1}


def reopen(incident: Incident) -> Changes:
    """A new alarm voids what was decided (D6): the plan starts over."""
    return {
        "state": states.after(incident.state, Event.ALARM),
        "step": None,
        "step_since": None,
        "machine": Machine.RUNNING,
        "normal_due": None,
        "closed_at": None,
        "resolution_code": None,
        "with_human": False,
        "human_since": None,
        "human_reason": "",
        "queue_due": None,
        "holder": None,
        "held_since": None,
        "storm_id": None,
        "storm_until": None,
    }


#: Why a person has it that was filed already.
REOPENED = "reopened"


def second_thought(incident: Incident, who: str, now: datetime) -> Changes:
    """What was filed is ``who``'s again, and nothing of it goes on by itself."""
    return {
        "state": states.after(incident.state, Event.REOPEN),
        "closed_at": None,
        "resolution_code": None,
        "normal_due": None,
        "machine": Machine.DONE,
        "machine_due": None,
        "with_human": True,
        "human_reason": REOPENED,
        "human_since": now,
        "queue_due": None,
        "queue_level": 0,
        "holder": who,
        "held_since": now,
        "wish": None,
    }

"""The states of an incident (D26) and what joins it (D6)."""

from __future__ import annotations

import pytest

from callflow.core.alarms.incident import (
    TRANSITIONS,
    Event,
    ImpossibleTransition,
    State,
    after,
    is_normal,
    joins,
    starts_with_human,
)
from callflow.core.signals.signal import ALWAYS_OWN, PERSONAL, Category, Kind


def run(*events: Event) -> State:
    state = State.OPEN
    for event in events:
        state = after(state, event)
    return state


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ((), State.OPEN),
        ((Event.CLOSE, Event.NORMAL), State.FILED),
        ((Event.CLOSE, Event.NOT_NORMAL), State.AWAITING_NORMAL),
        ((Event.CLOSE, Event.NOT_NORMAL, Event.NORMAL), State.FILED),
        ((Event.CLOSE, Event.NOT_NORMAL, Event.OVERDUE), State.OPEN),
        ((Event.CLOSE, Event.NOT_NORMAL, Event.ALARM), State.OPEN),
        ((Event.CLOSE, Event.ALARM), State.OPEN),
        ((Event.CLOSE, Event.NOT_NORMAL, Event.CLOSE, Event.FILE), State.FILED),
        ((Event.CLOSE, Event.NORMAL, Event.HELP), State.OPEN),
    ],
)
def test_a_life(events: tuple[Event, ...], state: State) -> None:
    assert run(*events) is state


def test_whatever_state_it_is_in_somebody_who_needs_a_human_opens_it() -> None:
    assert {after(state, Event.HELP) for state in State} == {State.OPEN}


def test_nothing_is_filed_without_having_been_handled() -> None:
    ways = {state for (state, _), then in TRANSITIONS.items() if then is State.FILED}
    assert ways == {State.HANDLED, State.AWAITING_NORMAL}


def test_a_new_alarm_never_joins_what_is_filed() -> None:
    with pytest.raises(ImpossibleTransition, match="filed takes no alarm"):
        after(State.FILED, Event.ALARM)


def test_every_state_can_be_left_but_by_nothing_impossible() -> None:
    with pytest.raises(ImpossibleTransition):
        after(State.OPEN, Event.NOT_NORMAL)
    assert {state for state, _ in TRANSITIONS} == set(State)


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        (Kind.INTRUSION, Kind.INTRUSION, True),
        (Kind.INTRUSION, Kind.TAMPER, True),
        (Kind.INTRUSION, Kind.FIRE, False),
        (Kind.POWER, Kind.BATTERY, True),
        (Kind.LINE, Kind.TEST, True),
        (Kind.INTRUSION, Kind.POWER, False),
        (Kind.HOLD_UP, Kind.HOLD_UP, False),
        (Kind.FIRE, Kind.FIRE, False),
    ],
)
def test_only_the_same_family_joins(one: Kind, other: Kind, together: bool) -> None:
    assert joins(one, other) is together


@pytest.mark.parametrize("kind", sorted(ALWAYS_OWN))
def test_personal_fire_medical_and_lift_open_their_own(kind: Kind) -> None:
    assert not any(joins(kind_open, kind) for kind_open in Kind)


def test_vital_and_personal_alarms_stand_in_the_queue_from_receipt() -> None:
    assert all(starts_with_human(kind, Category.VITAL) for kind in Kind)
    security = {kind for kind in Kind if starts_with_human(kind, Category.SECURITY)}
    assert security == PERSONAL


def test_an_incident_is_normal_when_each_of_its_zones_is_restored() -> None:
    assert not is_normal(Kind.INTRUSION, {"1": "restored", "2": "alarm"})
    assert is_normal(Kind.INTRUSION, {"1": "restored", "2": "restored"})


def test_an_alarm_whose_end_no_panel_tells_does_not_wait_for_it() -> None:
    assert is_normal(Kind.HOLD_UP, {"1": "alarm"})
    assert is_normal(Kind.UNKNOWN, {"": "alarm"})
    assert not is_normal(Kind.FIRE, {"1": "alarm"})

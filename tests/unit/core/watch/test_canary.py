"""A canary's verdict by what each leg heard, when the next is due, and which one is believed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from callflow.core.calls.call import Call, CallState, Outcome
from callflow.core.calls.sound import RATE, Samples
from callflow.core.watch import canary as core
from callflow.core.watch.canary import ARRIVED_HZ, PLACED_HZ, Canary, seconds_of
from callflow.core.watch.organs import Reason, State

AT = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)
OURS = "+33939980001"
HOUR = timedelta(hours=1)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


WELL = Canary(
    id="c",
    trunk="alpha",
    node="node0",
    asked_at=AT,
    arrived="node0-1.2",
    shown=OURS,
    proved=True,
    heard_out=2.5,
    heard_in=2.4,
)
CALL = Call(
    id="c",
    step="canary",
    to="+33939989999",
    attempt=1,
    state=CallState.ENDED,
    requested_at=AT,
    trunk="alpha",
    placed_at=AT,
    answered_at=AT + seconds(1.5),
    ended_at=AT + seconds(9),
    outcome=Outcome.SERVED,
)
UNANSWERED = replace(CALL, answered_at=None, outcome=Outcome.UNREACHABLE, detail="SIP 503")


@pytest.mark.parametrize(
    ("canary", "call", "state", "reason"),
    [
        ({}, CALL, State.OK, None),
        ({}, replace(CALL, answered_at=AT + seconds(13)), State.DEGRADED, Reason.SLOW),
        ({"shown": "+33612345678"}, CALL, State.DEGRADED, Reason.WRONG_NUMBER),
        ({"shown": ""}, CALL, State.DEGRADED, Reason.WRONG_NUMBER),
        ({}, UNANSWERED, State.FAILED, Reason.NO_ANSWER),
        ({"arrived": ""}, CALL, State.FAILED, Reason.NOT_ARRIVED),
        ({"heard_out": 0.2}, CALL, State.FAILED, Reason.NO_AUDIO_OUT),
        ({"heard_in": 0.2}, CALL, State.FAILED, Reason.NO_AUDIO_IN),
        ({"proved": False, "heard_in": 0.0}, CALL, State.FAILED, Reason.NO_KEYS),
        ({"proved": False, "heard_out": 0.0}, CALL, State.FAILED, Reason.NO_AUDIO_OUT),
        # What nobody knows is said to be nothing else.
        ({"heard_in": None}, CALL, State.UNKNOWN, None),
        ({"heard_out": None}, CALL, State.UNKNOWN, None),
        ({}, None, State.UNKNOWN, None),
        ({}, replace(CALL, outcome=Outcome.UNKNOWN), State.UNKNOWN, None),
        ({}, replace(CALL, trunk="beta"), State.UNKNOWN, None),
        ({}, replace(UNANSWERED, placed_at=None), State.UNKNOWN, None),
    ],
)
def test_what_was_heard_is_the_verdict(
    canary: dict[str, Any], call: Call | None, state: State, reason: Reason | None
) -> None:
    found = core.verdict(replace(WELL, **canary), call, OURS)
    assert (found.state, found.reason) == (state, reason)


def test_the_figure_is_how_long_it_rang_and_a_failure_says_what_the_network_said() -> None:
    assert core.verdict(WELL, CALL, OURS).figure == 1.5
    assert core.verdict(WELL, UNANSWERED, OURS).detail == "unreachable, SIP 503"


@pytest.mark.parametrize(
    ("canary", "call", "after", "over"),
    [
        ({}, CALL, 9.1, True),
        ({"heard_in": None}, CALL, 9.1, False),
        ({"heard_out": None}, CALL, 9.1, False),
        ({"heard_out": None, "arrived": ""}, CALL, 9.1, True),
        ({"heard_in": None}, CALL, 30, True),  # a process died: nobody waits for ever
        ({}, UNANSWERED, 9.1, True),
        ({}, replace(CALL, state=CallState.REQUESTED), 20, False),
        ({}, replace(CALL, state=CallState.REQUESTED), 31, True),  # no channel to spare
        ({}, replace(CALL, state=CallState.ANSWERED, ended_at=None), 100, False),
        ({}, replace(CALL, state=CallState.ANSWERED, ended_at=None), 181, True),
        ({}, replace(CALL, state=CallState.CANCELLED, ended_at=None), 1, True),
        ({}, None, 1, True),
    ],
)
def test_it_is_over_once_both_legs_are_measured_or_nothing_more_can_come(
    canary: dict[str, Any], call: Call | None, after: float, over: bool
) -> None:
    assert core.is_over(replace(WELL, **canary), call, AT + seconds(after)) is over


def past(*states: State) -> list[Canary]:
    """Settled ones with these results, the newest first."""
    return [
        replace(WELL, asked_at=AT - n * HOUR, settled_at=AT - n * HOUR + seconds(10), state=state)
        for n, state in enumerate(states)
    ]


OK, BAD, NONE = State.OK, State.FAILED, State.UNKNOWN


@pytest.mark.parametrize(
    ("last", "due"),
    [
        ([], -300.0 + 3600),
        ([OK], 3600.0),
        ([State.DEGRADED], 3600.0),
        ([BAD, OK], 70.0),  # once more, before anybody is told
        ([BAD], 70.0),
        ([BAD, BAD, OK], 610.0),
        ([NONE, OK], 610.0),
    ],
)
def test_a_failure_is_tried_again_sooner(last: list[State], due: float) -> None:
    begun = AT - seconds(300)
    assert core.next_at(past(*last), HOUR, begun) == AT + seconds(due)


@pytest.mark.parametrize(
    ("last", "believed"),
    [
        ([OK], True),
        ([OK, BAD], True),
        ([BAD], False),
        ([BAD, OK], False),
        ([BAD, BAD], True),
        ([BAD, NONE, BAD, OK], True),
        ([BAD, NONE, OK], False),
        ([NONE, BAD, BAD], False),
        ([], False),
    ],
)
def test_only_a_second_failure_is_believed(last: list[State], believed: bool) -> None:
    assert core.is_believed(past(*last)) is believed


def tone(hertz: float, length: float, level: float = 0.2) -> Samples:
    return np.asarray(level * np.sin(2 * np.pi * hertz * np.arange(int(length * RATE)) / RATE))


def test_a_tone_is_told_from_the_other_ones_from_speech_and_from_silence() -> None:
    silence = np.zeros(RATE)
    placed = np.concatenate([silence, tone(PLACED_HZ, 2.0), silence])
    assert seconds_of(placed, PLACED_HZ) == pytest.approx(2.0, abs=0.1)
    assert seconds_of(placed, ARRIVED_HZ) == 0.0
    noise = np.random.default_rng(1).normal(0, 0.1, 5 * RATE)
    assert seconds_of(noise, PLACED_HZ) < 0.3
    assert seconds_of(tone(PLACED_HZ, 2.0, 0.1) + noise[: 2 * RATE] / 10, PLACED_HZ) > 1.8
    for key in (697, 770, 852, 941, 1209, 1336, 1477, 1633, 440, 425):
        assert seconds_of(tone(key, 1.0), PLACED_HZ) == seconds_of(tone(key, 1.0), ARRIVED_HZ) == 0
    assert seconds_of(np.zeros(3), PLACED_HZ) == 0.0

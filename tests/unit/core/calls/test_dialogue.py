"""Whatever is typed, a dialogue ends, with a result, and treats duress like success."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain, repeat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callflow.core.alarms.apply import NEEDS_HUMAN
from callflow.core.calls import dialogue, prompts
from callflow.core.calls.call import Outcome
from callflow.core.calls.dialogue import (
    SILENT,
    TABLE,
    Answer,
    Bridge,
    CodeChecked,
    CodeVerdict,
    Conclude,
    Dialogue,
    Effect,
    Event,
    Facts,
    Finish,
    HungUp,
    ImpossibleEvent,
    Input,
    Place,
    Played,
    Progress,
    Silence,
    Spoken,
    State,
    Trigger,
    Turn,
    Typed,
)
from callflow.core.calls.dialogue.menus import PAGES
from callflow.core.calls.dialogue.table import ASKING
from callflow.core.interventions.law import Service
from callflow.core.signals.signal import Kind

#: A promise: as many examples in a fast run.
WHOLE = settings(max_examples=100)

facts_given = st.builds(
    Facts,
    dialogue=st.sampled_from([each for each in Dialogue if each not in SILENT]),
    language=st.sampled_from(["fr", "en", "de", ""]),
    site_name=st.text(max_size=40),
    address=st.text(max_size=40),
    kind=st.sampled_from(Kind),
    zone=st.text(max_size=5),
    zone_name=st.text(max_size=20),
    at=st.none() | st.datetimes(),
    recognition_word=st.none() | st.text(max_size=20),
    answers=st.frozensets(st.sampled_from(Answer)),
    waiting_count=st.integers(0, 99),
    personal=st.booleans(),
    room=st.sampled_from(["", "call-1"]),
    service=st.none() | st.sampled_from(Service),
)
keys = st.text("0123456789*#", max_size=40)
verdicts = st.sampled_from(CodeVerdict)
inputs = st.one_of(keys.map(Typed), st.just(Silence()))


def answered(now: Turn, given_input: Typed | Silence) -> Event:
    """What a runner makes of this input in this turn: keys that nobody reads are gone."""
    match now.read:
        case Input.NONE:
            return Played()
        case Input.ZERO:
            zero = isinstance(given_input, Typed) and "0" in given_input.digits
            return Typed("0") if zero else Played()
        case Input.KEY if isinstance(given_input, Typed):
            return Typed(given_input.digits[:1])
        case Input.VOICE if isinstance(given_input, Typed) and given_input.digits[:1] != "#":
            key = given_input.digits[:1]
            return Typed(key) if key in ("0", "*") else Spoken("call.1")
        case Input.CODE if isinstance(given_input, Typed):
            return Typed(given_input.digits.partition("#")[0][: dialogue.LONGEST_CODE])
        case Input.VOICE if isinstance(given_input, Typed) and given_input.digits[:1] in ("0", "*"):
            return Typed(given_input.digits[:1])
        case _:
            return Silence()


def play(
    facts: Facts, typed: list[Typed | Silence], *verdicts: CodeVerdict
) -> tuple[Progress, list[Turn], list[Effect]]:
    """To the end: after what was typed comes silence. ``verdicts`` on each code, wrong after."""
    progress = Progress.start(facts)
    verdict = chain(verdicts, repeat(CodeVerdict.WRONG))
    turns: list[Turn] = []
    effects: list[Effect] = []
    while (now := dialogue.turn(facts, progress)) is not None:
        turns.append(now)
        assert len(turns) <= 10, "the dialogue does not end"
        event = answered(now, typed[len(turns) - 1] if len(turns) <= len(typed) else Silence())
        if dialogue.code_to_check(progress, event) is not None:
            event = CodeChecked(next(verdict))
        progress, followed = dialogue.advance(facts, progress, event)
        effects += followed
    return progress, turns, effects


@WHOLE
@given(facts_given, st.lists(inputs, max_size=60), st.lists(verdicts, max_size=3))
def test_it_ends_whatever_is_typed(
    facts: Facts, typed: list[Typed | Silence], verdicts: list[CodeVerdict]
) -> None:
    progress, turns, effects = play(facts, typed, *verdicts)
    assert effects[-1] == Finish()
    assert effects.count(Finish()) == 1
    assert progress.result is not None
    assert Conclude(progress.result) in effects
    assert progress.bridge == (Bridge() in effects)
    for now in turns:
        for phrase in now.say:
            assert prompts.spoken(phrase.key, phrase.values, facts.language)


@WHOLE
@given(facts_given, st.lists(inputs, max_size=12), verdicts, st.integers(0, 8))
def test_it_ends_when_somebody_hangs_up_at_any_point(
    facts: Facts, typed: list[Typed | Silence], verdict: CodeVerdict, turns_before: int
) -> None:
    progress = Progress.start(facts)
    for item in (typed + [Silence()] * 8)[:turns_before]:
        now = dialogue.turn(facts, progress)
        if now is None:
            break
        event = answered(now, item)
        if dialogue.code_to_check(progress, event) is not None:
            event = CodeChecked(verdict)
        progress, _ = dialogue.advance(facts, progress, event)
    ended, _ = dialogue.advance(facts, progress, HungUp())
    assert ended.state is State.END
    assert ended.result == dialogue.result_at_hang_up(progress)


@WHOLE
@given(
    facts_given,
    st.sampled_from([Dialogue.VERIFICATION, *sorted(ASKING)]),
    st.lists(inputs, max_size=2),
    st.lists(inputs, max_size=12),
)
def test_duress_is_the_right_code_in_every_word(
    facts: Facts,
    asks: Dialogue,
    before: list[Typed | Silence],
    after: list[Typed | Silence],
) -> None:
    facts, typed = replace(facts, dialogue=asks), [*before, Typed("2580"), *after]
    right = play(facts, typed, CodeVerdict.OK)
    duress = play(facts, typed, CodeVerdict.DURESS)
    assert duress[1] == right[1]
    assert duress[0].bridge == right[0].bridge
    if not before:
        assert duress[0].duress
    if duress[0].duress:
        assert duress[0].result is Outcome.DURESS


@WHOLE
@given(facts_given, st.lists(inputs, max_size=12))
def test_the_situation_is_never_said_before_the_code(
    facts: Facts, typed: list[Typed | Silence]
) -> None:
    facts = replace(facts, dialogue=Dialogue.VERIFICATION)
    _, turns, _ = play(facts, typed, CodeVerdict.WRONG)
    said = {phrase.key for now in turns for phrase in now.say}
    assert not said & {"situation", "site", "address", "zone", "zone_named", "at"}


@WHOLE
@given(facts_given, st.lists(inputs, max_size=12), verdicts)
def test_only_a_right_code_closes_anything(
    facts: Facts, typed: list[Typed | Silence], verdict: CodeVerdict
) -> None:
    facts = replace(facts, dialogue=Dialogue.VERIFICATION)
    progress, _, _ = play(facts, typed, verdict)
    if verdict is not CodeVerdict.OK:
        assert progress.result in {
            Outcome.NO_KEY,
            Outcome.WRONG_CODE,
            Outcome.HELP,
            Outcome.OPERATOR,
            Outcome.DURESS,
        }
    if progress.result is Outcome.VERIFIED_OK:
        assert Answer.FALSE_ALARM in facts.answers
        assert not facts.personal


@WHOLE
@given(facts_given)
def test_silence_is_nobody(facts: Facts) -> None:
    progress, _, _ = play(replace(facts, dialogue=Dialogue.VERIFICATION), [])
    assert progress.result is Outcome.NO_KEY
    assert not progress.bridge


@WHOLE
@given(facts_given, st.lists(inputs, max_size=8), verdicts)
def test_a_new_server_goes_on_where_the_last_one_stood(
    facts: Facts, typed: list[Typed | Silence], verdict: CodeVerdict
) -> None:
    progress = Progress.start(facts)
    for item in typed:
        now = dialogue.turn(facts, progress)
        if now is None:
            break
        restored = Progress.from_json(progress.to_json())
        assert restored == progress
        assert dialogue.turn(facts, restored) == now
        event = answered(now, item)
        if dialogue.code_to_check(progress, event) is not None:
            event = CodeChecked(verdict)
        progress, _ = dialogue.advance(facts, restored, event)


@WHOLE
@given(facts_given, st.lists(inputs, max_size=12), verdicts)
def test_what_is_prepared_is_all_that_is_said(
    facts: Facts, typed: list[Typed | Silence], verdict: CodeVerdict
) -> None:
    own = dialogue.own_phrases(facts)
    for now in play(facts, typed, verdict)[1]:
        for phrase in now.say:  # those without values are made when an instance starts
            assert phrase in own or not phrase.values


@pytest.mark.parametrize("state", [s for s in State if s is not State.END])
def test_every_state_has_an_exit_on_hang_up_and_time_out(state: State) -> None:
    triggers = {trigger for where, trigger in TABLE if where is state}
    assert Trigger.HUNG_UP in triggers
    assert triggers & {Trigger.GIVE_UP, Trigger.PLAYED, Trigger.OPERATOR}


def test_a_code_must_be_checked_before_the_dialogue_goes_on() -> None:
    facts = Facts(dialogue=Dialogue.VERIFICATION)
    with pytest.raises(ImpossibleEvent, match="checked by the shell"):
        dialogue.advance(facts, Progress.start(facts), Typed("2580"))


def test_an_event_that_a_state_cannot_meet_is_our_bug() -> None:
    facts = Facts(dialogue=Dialogue.DESK)
    at_the_end = Progress(state=State.END)
    assert dialogue.advance(facts, at_the_end, Silence()) == (at_the_end, ())


def test_the_recording_is_muted_exactly_while_a_code_may_be_typed() -> None:
    facts = Facts(dialogue=Dialogue.VERIFICATION, at=datetime(2026, 3, 1, 14, 32, tzinfo=UTC))
    for state in set(State) - {State.END, State.MENUS}:
        now = dialogue.turn(facts, Progress(state=state))
        assert now is not None
        assert now.record_muted == (now.read is Input.CODE)
    for name, page in PAGES.items():
        now = dialogue.turn(facts, Progress(state=State.MENUS, place=Place(page=name)))
        assert now is not None
        assert now.record_muted == page.secret == ("code" in page.reads)


def test_the_picture_names_every_state_and_outcome() -> None:
    picture = dialogue.mermaid()
    assert picture.startswith("stateDiagram-v2\n")
    for (state, trigger), rule in TABLE.items():
        outcome = f" / {rule.outcome}" if rule.outcome else ""
        assert f"    {state} --> {rule.to}: {trigger}{outcome}\n" in picture


def test_a_service_hears_no_word_of_ours_and_is_with_the_operator_at_once() -> None:
    progress = Progress.start(Facts(dialogue=Dialogue.SERVICE))
    for resumed in (progress, replace(progress, begun=True)):
        assert dialogue.turn(Facts(dialogue=Dialogue.SERVICE, room="r"), resumed) is None
    assert (progress.bridge, progress.result) == (True, Outcome.OPERATOR)
    assert Progress.from_json(progress.to_json()) == progress


@pytest.mark.parametrize(
    ("waiting", "hears"),
    [
        (Facts(dialogue=Dialogue.INCOMING), "position"),
        (Facts(dialogue=Dialogue.INCOMING, device=True), "not_alone"),
        (Facts(dialogue=Dialogue.INCOMING, personal=True), "hold_the_line"),
        (Facts(dialogue=Dialogue.INCOMING, personal=True, device=True), "hold_the_line"),
        (Facts(dialogue=Dialogue.VOICE), "not_alone"),
        (Facts(dialogue=Dialogue.VOICE, personal=True), "hold_the_line"),
    ],
)
def test_who_waits_hears_the_truth_of_their_own_case(waiting: Facts, hears: str) -> None:
    facts = replace(waiting, position=2)
    turn = dialogue.turn(facts, replace(Progress.start(facts), state=State.POSITION))
    assert turn is not None
    assert [phrase.key for phrase in turn.say] == [hears]


def test_whoever_is_put_through_has_a_human_on_the_incident_too() -> None:
    bridging = {rule.outcome for rule in TABLE.values() if rule.to is State.BRIDGING}
    assert bridging - {None} == NEEDS_HUMAN - {Outcome.ERROR}  # of ours: put through by the row

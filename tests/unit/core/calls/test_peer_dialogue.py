"""The call to the backup station: without its code nothing is said, whatever is typed."""

from __future__ import annotations

import pytest

from callflow.core.calls import dialogue
from callflow.core.calls.call import Outcome
from callflow.core.calls.dialogue import CodeChecked, Dialogue, Facts, Progress, Silence, Typed
from callflow.core.calls.dialogue.table import CodeVerdict, State
from callflow.core.signals.signal import Kind

FACTS = Facts(
    dialogue=Dialogue.PEER,
    station="Nord",
    site_name="Boulangerie des Carmes",
    address="9 rue des Carmes, 35000 Rennes",
    kind=Kind.HOLD_UP,
    people=(("Gérance", "+33639980142"),),
)
#: What only whoever has the code may hear.
SECRET = {"situation", "site", "address", "peer_calls", "offer_take"}
OK, WRONG = CodeChecked(CodeVerdict.OK), CodeChecked(CodeVerdict.WRONG)
LOCKED = CodeChecked(CodeVerdict.LOCKED)
Event = CodeChecked | Typed | Silence


def conversation(*events: Event, facts: Facts = FACTS) -> tuple[set[str], Progress]:
    """The keys of all that was said, and where it ended."""
    progress, said = Progress.start(facts), set[str]()
    for event in events:
        now = dialogue.turn(facts, progress)
        assert now is not None, "it is over already"
        said |= {phrase.key for phrase in now.say}
        progress, _ = dialogue.advance(facts, progress, event)
    now = dialogue.turn(facts, progress)
    return said | ({phrase.key for phrase in now.say} if now else set()), progress


def test_who_has_the_code_hears_all_of_it_and_takes_it() -> None:
    said, progress = conversation(OK, Typed("1"))
    assert said >= SECRET | {"greeting", "ask_peer_code", "desk_taken"}
    assert (progress.result, progress.bridge) == (Outcome.OPERATOR, False)


@pytest.mark.parametrize(
    ("events", "result"),
    [
        ((WRONG, WRONG), Outcome.WRONG_CODE),
        ((CodeChecked(CodeVerdict.DURESS), WRONG), Outcome.WRONG_CODE),
        ((WRONG, Silence(), Silence(), Silence()), Outcome.WRONG_CODE),
        ((LOCKED,), Outcome.WRONG_CODE),
        ((WRONG, LOCKED), Outcome.WRONG_CODE),
        ((Silence(), Silence(), Silence()), Outcome.NO_KEY),
        ((Typed("0"), Typed("2"), Typed("0")), Outcome.NO_KEY),
        ((Typed("0"), WRONG, Typed("2"), WRONG), Outcome.WRONG_CODE),
    ],
)
def test_without_the_code_nothing_is_said_and_no_key_leads_past_it(
    events: tuple[Event, ...], result: Outcome
) -> None:
    said, progress = conversation(*events)
    assert not said & SECRET
    assert (progress.state, progress.result, progress.bridge) == (State.CLOSING, result, False)


def test_a_wrong_code_may_be_mended_once() -> None:
    said, progress = conversation(WRONG, OK, Typed("1"))
    assert progress.result is Outcome.OPERATOR
    assert said >= SECRET


def test_the_code_alone_takes_nothing() -> None:
    _, progress = conversation(OK, Silence(), Typed("9"), Silence())
    assert (progress.state, progress.result) == (State.CLOSING, Outcome.NO_KEY)


def test_of_somebody_who_waits_it_is_told_and_put_through() -> None:
    waiting = Facts(dialogue=Dialogue.PEER, room="call-9", kind=Kind.PANIC, site_name="x")
    said, progress = conversation(OK, Typed("1"), facts=waiting)
    assert said >= {"desk_person", "offer_connect", "connecting"}
    assert (progress.bridge, progress.result) == (True, Outcome.OPERATOR)


def test_while_none_counts_it_says_so_and_hangs_up() -> None:
    said, progress = conversation(LOCKED)
    assert "codes_locked" in said
    assert progress.state is State.CLOSING


def test_elsewhere_no_code_is_locked() -> None:
    facts = Facts(dialogue=Dialogue.VERIFICATION)
    _, progress = conversation(LOCKED, facts=facts)
    assert (progress.state, progress.wrong_codes) == (State.CODE, 1)

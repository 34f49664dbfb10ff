"""From every page of the menu there is a way out, and 0 is always one; nothing typed breaks it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.core.calls import dialogue
from callflow.core.calls.call import Outcome
from callflow.core.calls.dialogue import (
    Bridge,
    Conclude,
    Dialogue,
    Done,
    Effect,
    Facts,
    Finish,
    HungUp,
    Input,
    Phrase,
    Place,
    Played,
    Progress,
    Silence,
    State,
    Typed,
)
from callflow.core.calls.dialogue.menus import PAGES
from callflow.core.calls.dialogue.pages import Exit
from tests.unit.core.calls.test_dialogue import answered

FACTS = Facts(dialogue=Dialogue.INCOMING, menus=True)
#: Offered in the place of another one, never beside it.
INSTEAD = {"end_test", "walk_on", "on_site", "report", "leave", "keys_away"}
EVERYTHING = frozenset(o.when for page in PAGES.values() for o in page.offers if o.when)


def at(page: str, **more: object) -> Progress:
    place = Place(page=page, may=EVERYTHING)
    return Progress(state=State.MENUS, place=place, **more)  # type: ignore[arg-type]


def goes_on(
    progress: Progress, given_input: Typed | Silence, result: str = ""
) -> tuple[Progress, tuple[Effect, ...]]:
    """One turn: what was typed, then, where a deed follows, its ``result`` or its first one."""
    now = dialogue.turn(FACTS, progress)
    assert now is not None
    event = answered(now, given_input)
    if dialogue.deed(progress, event) is not None:
        assert progress.place is not None
        leads = PAGES[progress.place.page].leads
        event = Done(result=result if result in leads else next(iter(leads)))
    return dialogue.advance(FACTS, progress, event)


def test_a_caller_is_asked_who_they_are_and_one_whose_number_is_known_for_the_code() -> None:
    for hint, member, asked in (
        ("", "", "ask_account"),
        ("1001", "", "ask_code"),
        ("", "tech", "ask_code"),
    ):
        facts = Facts(dialogue=Dialogue.INCOMING, menus=True, hint=hint, member=member)
        now = dialogue.turn(facts, Progress.start(facts))
        assert now is not None
        assert [phrase.key for phrase in now.say] == ["welcome", asked]


def says_nothing(facts: Facts) -> tuple[Progress, list[Effect]]:
    """Until the station has had enough of it."""
    progress = Progress.start(facts)
    effects: list[Effect] = []
    for _ in range(9):
        if progress.state is not State.MENUS:
            break
        progress, more = dialogue.advance(facts, progress, Silence())
        effects += more
    return progress, effects


def test_who_says_nothing_in_a_storm_hears_of_it_and_is_not_put_through() -> None:
    usual, effects = says_nothing(FACTS)
    assert usual.state is State.BRIDGING
    assert Conclude(Outcome.OPERATOR) in effects
    facts = Facts(dialogue=Dialogue.INCOMING, menus=True, known_fault=True)
    silent, told = says_nothing(facts)
    assert silent.state is State.CLOSING
    assert told == [Conclude(Outcome.SERVED)]
    last = dialogue.turn(facts, silent)
    assert last is not None
    assert [phrase.key for phrase in last.say] == ["known_fault", "goodbye"]
    _, asked = dialogue.advance(facts, silent, Typed("0"))
    assert Bridge() in asked, "0 still reaches a human"


@pytest.mark.parametrize("page", PAGES)
def test_zero_reaches_a_human_from_every_page_within_two_prompts(page: str) -> None:
    for result in PAGES[page].leads or [""]:
        progress, effects = goes_on(at(page), Typed("0"), result)
        if Bridge() not in effects:
            progress, effects = goes_on(progress, Typed("0"), result)
        assert progress.state is State.BRIDGING
        asked = {Conclude(Outcome.OPERATOR), Conclude(Outcome.HELP)}
        assert asked.intersection(effects) or result == "wrong_again"


@pytest.mark.parametrize("page", PAGES)
def test_somebody_who_falls_silent_is_put_through_or_bidden_goodbye(page: str) -> None:
    progress = at(page)
    for _ in range(2 * dialogue.ASKED_AT_MOST):
        progress, _ = goes_on(progress, Silence(), "idle")
        if progress.state is not State.MENUS:
            break
    assert progress.state in (State.BRIDGING, State.CLOSING)


def test_whoever_was_served_and_falls_silent_wakes_nobody() -> None:
    progress = at("client", result=Outcome.SERVED)
    for _ in range(dialogue.ASKED_AT_MOST):
        progress, _ = goes_on(progress, Silence())
    assert (progress.state, progress.bridge) == (State.CLOSING, False)
    assert progress.result is Outcome.SERVED


@given(
    st.lists(
        st.tuples(
            st.one_of(st.text("0123456789*#", max_size=40).map(Typed), st.just(Silence())),
            st.sampled_from(sorted({result for p in PAGES.values() for result in p.leads})),
            st.booleans(),
        ),
        max_size=40,
    )
)
def test_whatever_is_typed_the_menu_goes_on_or_ends(
    played: list[tuple[Typed | Silence, str, bool]],
) -> None:
    progress = Progress.start(FACTS)
    for given_input, result, restarts in played:
        if dialogue.turn(FACTS, progress) is None:
            break
        if restarts:
            assert Progress.from_json(progress.to_json()) == progress
        progress, _ = goes_on(progress, given_input, result)
    while dialogue.turn(FACTS, progress) is not None:
        progress, _ = goes_on(progress, Silence(), "idle")
    assert progress.state is State.END
    assert progress.bridge or progress.result is not Outcome.OPERATOR


@pytest.mark.parametrize("page", PAGES)
def test_a_call_that_ends_at_any_page_ends(page: str) -> None:
    progress, effects = dialogue.advance(FACTS, at(page), HungUp())
    assert (progress.state, effects) == (State.END, (Finish(),))


def test_what_was_done_is_concluded_and_under_duress_too_but_otherwise() -> None:
    served = Done(result="told", say=(Phrase("state_armed"),), served=True)
    after, effects = dialogue.advance(FACTS, at("state"), served)
    assert effects == (Conclude(Outcome.SERVED),)
    threatened, others = dialogue.advance(FACTS, at("state", duress=True), served)
    assert others == (Conclude(Outcome.DURESS),)
    assert dialogue.turn(FACTS, after) == dialogue.turn(FACTS, threatened)  # word for word


def test_every_page_is_led_to_and_every_lead_goes_somewhere() -> None:
    leads = [lead for page in PAGES.values() for lead in page.leads.values()]
    leads += [offer.lead for page in PAGES.values() for offer in page.offers]
    assert {lead.to for lead in leads} <= set(PAGES) | set(Exit)
    assert set(PAGES) - {lead.to for lead in leads} == set()


def test_a_page_offers_each_key_once_to_whoever_may_anything() -> None:
    for page in PAGES.values():
        keys = [offer.key for offer in page.offers if offer.when not in INSTEAD]
        assert len(keys) == len(set(keys))
        assert "0" not in keys


def test_no_word_is_said_where_only_a_deed_is_done() -> None:
    now = dialogue.turn(FACTS, at("state"))
    assert now is not None
    assert (now.say, now.read) == ((), Input.NONE)
    assert dialogue.deed(at("state"), Played()) is not None

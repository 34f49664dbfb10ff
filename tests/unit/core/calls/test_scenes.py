"""A dialogue's table for people holds everything that the table for the machine does."""

from __future__ import annotations

import pytest

from callflow.core.calls import prompts
from callflow.core.calls.call import Outcome
from callflow.core.calls.dialogue import SILENT, TABLE, Dialogue, Input, Phrase, State, Trigger
from callflow.core.calls.dialogue.menus import PAGES
from callflow.core.calls.dialogue.scenes import END, By, Given, Scene, Way, beginnings, scenes

SPOKEN = [each for each in Dialogue if each not in SILENT]


def scene(which: Dialogue, name: str) -> Scene:
    return next(each for each in scenes(which) if each.name == name)


def way(which: Dialogue, at: str, name: str, *, by: By = By.KEY, given: str = "") -> Way:
    return next(
        each
        for each in scene(which, at).ways
        if each.by is by and name in each.names and each.given == given
    )


@pytest.mark.parametrize("which", SPOKEN)
def test_every_way_leads_to_a_scene_and_every_scene_is_come_to(which: Dialogue) -> None:
    names = {each.name for each in scenes(which)}
    led = {way.to for each in scenes(which) for way in each.ways}
    begun = {each.to for each in beginnings(which)}
    assert led - names == {END}
    assert names - begun <= led
    assert all(each.ways for each in scenes(which))


@pytest.mark.parametrize("which", SILENT)
def test_a_dialogue_without_words_has_no_scenes(which: Dialogue) -> None:
    assert scenes(which) == () == beginnings(which)


def test_every_cell_of_the_table_is_told() -> None:
    told = {
        (each.name, way.to, way.outcome) for which in SPOKEN for each in scenes(which)
        for way in each.ways
    }  # fmt: skip
    pages = {each.name for each in scenes(Dialogue.INCOMING)} & set(PAGES)
    for (state, trigger), rule in TABLE.items():
        answer = trigger.value.startswith("answer_") and trigger.value[-1] in "3456789"
        if trigger is Trigger.HUNG_UP or answer:  # always the end; as many answers as the plan has
            continue
        at = pages if state is State.MENUS else {state.value}
        assert any((name, rule.to.value, rule.outcome) in told for name in at), (state, trigger)


def test_every_page_and_every_key_of_a_menu_is_told() -> None:
    incoming = {each.name: each for each in scenes(Dialogue.INCOMING)}
    assert set(PAGES) <= set(incoming)
    for name, page in PAGES.items():
        for offer in page.offers:
            assert any(
                offer.key in way.names and way.when == offer.when for way in incoming[name].ways
            )
            if offer.say and not page.quiet:
                assert Phrase(offer.say) in incoming[name].say
        results = {n for way in incoming[name].ways if way.by is By.RESULT for n in way.names}
        assert results == (set(page.leads) if page.deed else set())


def test_silence_is_told_with_how_often_and_what_a_wrong_code_before_changes() -> None:
    silence = [each for each in scene(Dialogue.VERIFICATION, "code").ways if each.by is By.SILENCE]
    assert [(each.nth, each.given, each.to, each.outcome) for each in silence] == [
        (1, Given.ALWAYS, "code", None),
        (3, Given.ALWAYS, "closing", Outcome.NO_KEY),
        (3, Given.DOUBTED, "bridging", Outcome.WRONG_CODE),
    ]
    wrong = [each for each in scene(Dialogue.VERIFICATION, "code").ways if "wrong" in each.names]
    assert [(each.nth, each.to) for each in wrong] == [(1, "code"), (2, "bridging")]


def test_keys_that_do_the_same_are_told_together() -> None:
    assert way(Dialogue.VERIFICATION, "menu", "9").names == ("7", "8", "9", "*", "#")
    assert way(Dialogue.INCOMING, "test_hours", "2").names == ("1", "2", "3", "4")
    assert way(Dialogue.INCOMING, "client", "4").when in ("test", "end_test")
    refused = way(Dialogue.VERIFICATION, "menu", "1", given="no_authority")
    assert refused.outcome is Outcome.VERIFIED_NO_AUTHORITY
    for which, at in ((Dialogue.VERIFICATION, "menu"), (Dialogue.MESSAGE, "ask")):
        assert way(which, at, "7", given="later").outcome is Outcome.CALL_BACK


@pytest.mark.parametrize("which", SPOKEN)
def test_whatever_is_said_can_be_spoken_in_both_languages(which: Dialogue) -> None:
    for each in scenes(which):
        for phrase in (*each.say, *each.again, *(p for w in each.ways for p in w.say)):
            for language in prompts.LANGUAGES:
                assert prompts.spoken(phrase.key, phrase.values, language)
    assert any(each.read is Input.KEY for each in scenes(which))

"""How keys are offered: by one verb, one sentence an act, four choices of a client's menu at a
time, and never what was just done."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterator

import pytest

from callflow.core.calls import dialogue, prompts
from callflow.core.calls.dialogue import (
    AT_DESK,
    SILENT,
    Dialogue,
    Done,
    Facts,
    Phrase,
    Place,
    Progress,
    Silence,
    State,
    Typed,
)
from callflow.core.calls.dialogue.menus import PAGES
from callflow.core.calls.dialogue.pages import Exit, Lead, Page
from callflow.core.calls.dialogue.scenes import By, Scene, Way, scenes
from callflow.core.calls.dialogue.table import CHOICES_AT_MOST, MORE_KEY

#: The verb of each language, and how a key is offered with it.
VERBS = {"fr": "tapez", "en": "press"}
OFFER = re.compile(r", ([a-z]+) (\d)\.$")
#: What else people say for pressing a key: no prompt does.
OTHERS = {
    "fr": re.compile(r"\b(appuy|press|pouss|enfonc|compos|touche (\d|dièse)|faites|le \d )", re.I),
    "en": re.compile(r"\b(dial|push|hit|key \d|choose \d|enter)\b", re.I),
}
INCOMING = Facts(dialogue=Dialogue.INCOMING, menus=True)


def offered(scene: Scene) -> Iterator[tuple[Phrase, str, str]]:
    """(what is said, its verb, its key) of each key that a scene offers, in French."""
    for phrase in (*scene.say, *(p for _, said in scene.otherwise for p in said)):
        found = OFFER.search(prompts.spoken(phrase.key, phrase.values, "fr"))
        if found:
            yield phrase, found[1], found[2]


def every_offer() -> Iterator[tuple[Dialogue, Scene, Phrase, str, str]]:
    for which in Dialogue:
        if which not in SILENT:
            for scene in scenes(which):
                for phrase, verb, key in offered(scene):
                    yield which, scene, phrase, verb, key


def ways(scene: Scene, key: str) -> list[Way]:
    """What the key does there, the first time."""
    return [way for way in scene.ways if way.by is By.KEY and key in way.names and way.nth == 1]


def test_each_act_has_one_key_one_verb_and_one_sentence_in_every_dialogue() -> None:
    by_prompt: dict[str, set[tuple[str, str]]] = defaultdict(set)
    by_act: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for which, scene, phrase, verb, key in every_offer():
        done = ways(scene, key)
        assert done, (scene.name, phrase.key, key)
        if phrase.key != "offer_answer":  # a plan's own answers, numbered
            by_prompt[phrase.key].add((key, verb))
        if which not in AT_DESK and which is not Dialogue.QUESTION:
            for outcome in {way.outcome for way in done if way.outcome}:
                by_act[outcome].add((key, verb))
    assert len(by_prompt) > 50
    assert {act: keys for act, keys in by_act.items() if len(keys) > 1} == {}
    assert {prompt: keys for prompt, keys in by_prompt.items() if len(keys) > 1} == {}
    assert {by_act[act].copy().pop()[0] for act in ("help", "operator")} == {"2", "0"}


@pytest.mark.parametrize("language", prompts.LANGUAGES)
def test_no_prompt_asks_for_a_key_by_another_verb(language: str) -> None:
    said = {key: texts[language] for key, texts in prompts.TEXTS.items()}
    assert {key: text for key, text in said.items() if OTHERS[language].search(text)} == {}
    keys = {phrase.key for _, _, phrase, _, _ in every_offer()}
    other = {key: said[key] for key in keys if f", {VERBS[language]} " not in said[key]}
    assert other == {}


@pytest.mark.parametrize("language", prompts.LANGUAGES)
def test_an_offer_names_the_key_that_it_is_for(language: str) -> None:
    """In each language the same."""
    for page in PAGES.values():
        for offer in page.offers:
            if offer.say:
                found = OFFER.search(prompts.spoken(offer.say, {}, language))
                assert found, offer.say
                assert (found[1], found[2]) == (VERBS[language], offer.key)


# --- four choices at a time -----------------------------------------------------------------------


def at(page: str, *may: str, **more: object) -> Progress:
    place = Place(page=page, may=frozenset(may))
    return Progress(state=State.MENUS, place=place, **more)  # type: ignore[arg-type]


def choices(progress: Progress) -> list[str]:
    """What is offered now, but for the operator."""
    now = dialogue.turn(INCOMING, progress)
    assert now is not None
    said = [phrase.key for phrase in now.say]
    assert said[-1] == "offer_operator"
    keys = {offer.say for page in PAGES.values() for offer in page.offers} | {"menu_other"}
    return [key for key in said[:-1] if key in keys]


def pressed(progress: Progress, key: str) -> Progress:
    return dialogue.advance(INCOMING, progress, Typed(key))[0]


def leads(progress: Progress, key: str) -> tuple[object, ...]:
    after = pressed(progress, key)
    return after.state, after.result, after.place and (after.place.page, after.place.kept)


def mays(page: Page) -> Iterator[tuple[str, ...]]:
    """Whatever somebody may do at a page."""
    rights = sorted({offer.when for offer in page.offers if offer.when})
    for count in range(len(rights) + 1):
        yield from itertools.combinations(rights, count)


@pytest.mark.parametrize("name", ["client", "alarm"])
def test_a_client_hears_at_most_four_choices_and_every_one_within_three_turns(name: str) -> None:
    page = PAGES[name]
    for may in mays(page):
        expected = {o.say for o in page.offers if not o.when or o.when in may}
        heard: list[str] = []
        progress = at(name, *may)
        for _ in range(3):
            said = choices(progress)
            assert 0 < len(said) <= CHOICES_AT_MOST
            heard += [key for key in said if key != "menu_other"]
            progress = pressed(progress, MORE_KEY)
            assert progress.place is not None
            if progress.place.page != name or progress.place.part == 0:
                break
        assert sorted(heard) == sorted(expected), may
        assert progress.place is not None
        assert (progress.place.page, progress.place.part) == ("client", 0)


@pytest.mark.parametrize("name", ["client", "alarm"])
def test_every_key_of_a_menu_works_whichever_choices_are_said(name: str) -> None:
    everything = {offer.when for offer in PAGES[name].offers if offer.when} - {"end_test"}
    first = at(name, *everything)
    second = pressed(first, MORE_KEY)
    assert choices(first) != choices(second)
    for offer in PAGES[name].offers:
        if offer.when != "end_test":
            assert leads(first, offer.key) == leads(second, offer.key), offer.say


def test_silence_and_a_wrong_key_ask_again_for_what_was_asked() -> None:
    second = pressed(at("client", "test", "late", "instruct"), MORE_KEY)
    for event in (Silence(), Typed("*")):
        again, _ = dialogue.advance(INCOMING, second, event)
        assert choices(again) == choices(second)


def test_where_somebody_is_outlives_a_restart_and_an_upgrade() -> None:
    second = pressed(at("client", "test", "late", "instruct"), MORE_KEY)
    assert second.place is not None
    assert Place.from_json(second.place.to_json()) == second.place
    old = {k: v for k, v in second.place.to_json().items() if k not in ("part", "did")}
    assert Place.from_json(old).part == 0


# --- nothing that was just done -------------------------------------------------------------------


def did() -> list[tuple[str, str, Lead]]:
    return [
        (name, result, lead)
        for name, page in PAGES.items()
        for result, lead in page.leads.items()
        if lead.did
    ]


@pytest.mark.parametrize(("name", "result", "lead"), did())
def test_what_was_just_done_is_not_offered_and_its_key_does_it_again(
    name: str, result: str, lead: Lead
) -> None:
    (offer,) = [o for o in PAGES[lead.to].offers if o.say == lead.did]
    done = Done(result=result, may=frozenset({offer.when} - {""}))
    after, _ = dialogue.advance(INCOMING, at(name), done)
    assert after.place is not None
    assert after.place.page == lead.to
    heard = choices(after)
    if heard[-1] == "menu_other":
        heard += choices(pressed(after, MORE_KEY))
    assert lead.did not in heard
    again = pressed(after, offer.key)
    assert again.place is not None
    assert again.place.page == offer.lead.to
    assert again.place.did == ""


def test_what_ends_a_deed_well_says_what_was_done() -> None:
    """A deed that leads back to where it was offered: its offer is not said at once again."""
    offers = {o.lead.to: o.say for page in PAGES.values() for o in page.offers if o.say}
    direct = {name: offers[name] for name, page in PAGES.items() if page.deed and name in offers}
    for name, say in direct.items():
        for result, lead in PAGES[name].leads.items():
            if result not in ("done", "told") or lead.to in frozenset(Exit):
                continue
            back = any(o.say == say for o in PAGES[lead.to].offers)
            assert not back or lead.did or say in REPEATED, name


#: What is offered in order to be done again, or is one step after another under one key.
REPEATED = {
    "menu_station",  # to hear it once more
    "menu_accept_guard",
    "menu_on_site",
    "menu_leave",
    "menu_keys_taken",  # then it is the keys' return that is offered
    "menu_keys_back",
    "menu_refuse",  # nothing is left to be refused
    "menu_accept_visit",
}

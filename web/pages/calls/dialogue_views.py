"""A dialogue, its table and a walk through it, as the administrator's pages show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from callflow.core.calls import prompts
from callflow.core.calls.call import Outcome
from callflow.core.calls.dialogue import (
    SILENT,
    Bridge,
    Conclude,
    Dialogue,
    Effect,
    Input,
    Phrase,
    Turn,
    walking,
)
from callflow.core.calls.dialogue.scenes import Beginning, By, Scene, Way, beginnings, scenes
from callflow.core.calls.dialogue.walking import Walk
from callflow.handling.calls.dialogues import STATION_NAME
from web.kit import words
from web.kit.i18n import catalogue
from web.kit.words import N_
from web.pages.calls import dialogue_words

Row = dict[str, Any]
#: Seconds of each recording, by its key and language.
Recorded = Mapping[tuple[str, str], float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """One sentence. ``name``: under which it may be recorded; "": it differs from call to call.

    ``again``: it stands elsewhere on the page, too, and is heard there.
    """

    name: str
    texts: Mapping[str, str]
    recorded: Mapping[str, float]
    again: bool = False


def said(phrases: Iterable[Phrase], recorded: Recorded) -> list[Said]:
    """Sentences in each language."""
    return [_said(phrase, recorded) for phrase in phrases]


def _said(phrase: Phrase, recorded: Recorded) -> Said:
    name = prompts.recordable(phrase.key, phrase.values)
    texts = {lang: prompts.spoken(phrase.key, phrase.values, lang) for lang in prompts.LANGUAGES}
    return Said(name=name, texts=texts, recorded=_of(name, recorded))


def _of(name: str, recorded: Recorded) -> dict[str, float]:
    return {lang: s for lang in prompts.LANGUAGES if (s := recorded.get((name, lang))) is not None}


def announcement(name: str) -> Phrase:
    """What may be recorded under ``name``, as this station says it. Raises KeyError."""
    key, values = prompts.recordable_phrases()[name]
    return Phrase(key, {**values, "station": STATION_NAME} if "station" in values else values)


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """Names in one language."""

    language: str

    def of(self, table: Mapping[str, str], name: str) -> str:
        """A name's words; itself where it has none."""
        return catalogue(self.language).gettext(table[name]) if name in table else name

    def translated(self, text: str, **values: object) -> str:
        """A text of the catalogue, with values in it."""
        found = catalogue(self.language).gettext(text)
        return found % values if values else found

    def outcome(self, outcome: Outcome | None) -> str:
        """What a call is concluded with."""
        return words.outcome(outcome.value, self.language) if outcome else ""

    def by(self, way: Way) -> str:
        """What leads on, but for keys, which are shown as such."""
        name = way.names[0]
        match way.by:
            case By.DIGITS:
                return self.of(dialogue_words.NUMBERS, name)
            case By.CODE | By.RESULT:
                return ", ".join(self.of(dialogue_words.RESULTS, each) for each in way.names)
            case By.SILENCE:
                return self.translated(N_("nothing is typed"))
            case By.VOICE:
                return self.translated(N_("something is said after the tone"))
            case By.PLAYED:
                return self.translated(N_("once it is said"))
            case _:
                return ""

    def condition(self, way: Way) -> str:
        """When it is so."""
        found = []
        if way.nth > 1:
            found.append(self.translated(N_("%(nth)s times in a row"), nth=way.nth))
        if way.when:
            found.append(self.translated(N_("where it is offered")))
        if way.given:
            found.append(self.of(dialogue_words.GIVENS, way.given))
        return ", ".join(found)


def listed(language: str) -> list[Row]:
    """Every dialogue."""
    said_as = Words(language=language)
    return [
        {
            "name": which.value,
            "title": said_as.of(dialogue_words.DIALOGUES, which.value),
            "scenes": len(scenes(which)),
            "silent": which in SILENT,
        }
        for which in Dialogue
    ]


def table(which: Dialogue, language: str, recorded: Recorded) -> Row:
    """Where it begins, its scenes, and what leads where."""
    said_as = Words(language=language)
    found = {
        "name": which.value,
        "title": said_as.of(dialogue_words.DIALOGUES, which.value),
        "silent": which in SILENT,
        "beginnings": [_beginning(each, said_as, recorded) for each in beginnings(which)],
        "scenes": [_scene(each, said_as, recorded) for each in scenes(which)],
    }
    _heard_once(found)
    return found


def _heard_once(found: Row) -> None:
    """Each sentence is heard at one place of the page, of a scene's own words where it is one of
    those: Tab comes around the page."""
    own = [each["say"] for each in found["beginnings"]]
    for scene in found["scenes"]:
        own += [scene["say"], *(say for _, say in scene["otherwise"]), scene["again"]]
    beside = [way["say"] for scene in found["scenes"] for way in scene["ways"]]
    known: set[str] = set()
    for say in (*own, *beside):
        say[:] = [replace(one, again=one.name in known) for one in say]
        known |= {one.name for one in say if one.name}


def _beginning(each: Beginning, said_as: Words, recorded: Recorded) -> Row:
    return {
        "given": said_as.of(dialogue_words.GIVENS, each.given),
        "to": each.to,
        "title": said_as.of(dialogue_words.SCENES, each.to),
        "say": said(each.say, recorded),
    }


def _scene(each: Scene, said_as: Words, recorded: Recorded) -> Row:
    otherwise = [
        (said_as.of(dialogue_words.GIVENS, g), said(p, recorded)) for g, p in each.otherwise
    ]
    return {
        "name": each.name,
        "title": said_as.of(dialogue_words.SCENES, each.name),
        "say": said(each.say, recorded),
        "again": said(each.again, recorded),
        "otherwise": otherwise,
        "reads": said_as.of(dialogue_words.READS, each.read),
        "waits": each.wait_s if each.read in (Input.CODE, Input.KEY) else None,
        "secret": each.secret,
        "does": said_as.of(dialogue_words.DEEDS, each.does),
        "ways": [_way(way, each, said_as, recorded) for way in each.ways],
    }


def _way(way: Way, scene: Scene, said_as: Words, recorded: Recorded) -> Row:
    return {
        "keys": way.names if way.by is By.KEY else (),
        "by": said_as.by(way),
        "condition": said_as.condition(way),
        "say": said(way.say, recorded),
        "to": "" if way.to == scene.name else way.to,
        "title": said_as.of(dialogue_words.SCENES, way.to),
        "outcome": said_as.outcome(way.outcome),
    }


# --- walking ----------------------------------------------------------------------------------


def walked(here: Walk, language: str, recorded: Recorded) -> Row:
    """Where somebody is in a dialogue, and how they came there."""
    said_as, now = Words(language=language), here.turn
    return {
        "spoken": here.language,
        "past": [
            {
                "language": over.language,
                "say": said(over.said, recorded),
                "steps": [_step(step, said_as) for step in over.steps],
                "effects": [_effect(effect, said_as) for effect in over.effects],
            }
            for over in here.past
        ],
        "say": said(now.say, recorded) if now else [],
        "over": now is None,
        "secret": bool(now and now.record_muted),
        "reads": said_as.of(dialogue_words.READS, now.read) if now else "",
        "does": said_as.of(dialogue_words.DEEDS, here.wanted.name) if here.wanted else "",
        "results": [
            (f"!{name}", said_as.of(dialogue_words.RESULTS, name)) for name in here.results
        ],
        **_controls(here, now),
    }


def _controls(here: Walk, now: Turn | None) -> Row:
    """What can be done on the phone: single keys, digits to type, waiting."""
    waits = now is None or here.wanted is not None
    unread = now is not None and now.read in walking.UNREAD
    keys = "" if waits or now is None or now.read is Input.NONE else walking.KEYS
    if now is not None and now.read is Input.ZERO:
        keys = keys and "0"
    typed = not waits and now is not None and now.read is Input.CODE
    return {
        "keys": "" if typed else keys,
        "digits": now.digits if typed and now else 0,
        "speaks": not waits and now is not None and now.read is Input.VOICE,
        "silence": not waits and not unread,
        "played": not waits and unread,
    }


def _step(step: str, said_as: Words) -> str:
    match step[:1]:
        case "k":
            return step[1:]
        case "!":
            return said_as.of(dialogue_words.RESULTS, step[1:])
        case walking.SPEAKS:
            return said_as.translated(N_("speaks after the tone"))
        case walking.SILENCE:
            return said_as.translated(N_("nothing is typed"))
        case walking.PLAYED:
            return said_as.translated(N_("once it is said"))
        case _:
            return said_as.translated(N_("hangs up"))


def _effect(effect: Effect, said_as: Words) -> str:
    if isinstance(effect, Conclude):
        return said_as.outcome(effect.outcome)
    return said_as.of(dialogue_words.EFFECTS, "bridge" if isinstance(effect, Bridge) else "finish")

"""A dialogue, its table and a walk through it, as the administrator's pages show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

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


@dataclass(frozen=True, slots=True)
class Listed:
    """A dialogue in the list: how many scenes it has, whether nothing is said in it."""

    name: str
    title: str
    scenes: int
    silent: bool


@dataclass(frozen=True, slots=True)
class BeginningView:
    """Where a dialogue begins, and what of the call it depends on."""

    given: str
    to: str
    title: str
    say: list[Said]


@dataclass(frozen=True, slots=True)
class WayView:
    """What leads on from a scene, and whither; "": it stays there."""

    keys: Sequence[str]
    by: str
    condition: str
    say: list[Said]
    to: str
    title: str
    outcome: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SceneView:
    """A scene. ``waits``: seconds; ``otherwise``: what is said instead, and when."""

    name: str
    title: str
    say: list[Said]
    again: list[Said]
    otherwise: list[tuple[str, list[Said]]]
    reads: str
    waits: float | None
    secret: bool
    does: str
    ways: list[WayView]


@dataclass(frozen=True, slots=True)
class Table:
    """A dialogue: where it begins, its scenes, and what leads where."""

    name: str
    title: str
    silent: bool
    beginnings: list[BeginningView]
    scenes: list[SceneView]


def listed(language: str) -> list[Listed]:
    """Every dialogue."""
    said_as = Words(language=language)
    return [
        Listed(
            which.value,
            said_as.of(dialogue_words.DIALOGUES, which.value),
            len(scenes(which)),
            which in SILENT,
        )
        for which in Dialogue
    ]


def table(which: Dialogue, language: str, recorded: Recorded) -> Table:
    """A dialogue's table in one language."""
    said_as = Words(language=language)
    found = Table(
        which.value,
        said_as.of(dialogue_words.DIALOGUES, which.value),
        which in SILENT,
        [_beginning(each, said_as, recorded) for each in beginnings(which)],
        [_scene(each, said_as, recorded) for each in scenes(which)],
    )
    _heard_once(found)
    return found


def _heard_once(found: Table) -> None:
    """Each sentence is heard at one place of the page, of a scene's own words where it is one of
    those: Tab comes around the page."""
    own = [each.say for each in found.beginnings]
    for scene in found.scenes:
        own += [scene.say, *(say for _, say in scene.otherwise), scene.again]
    beside = [way.say for scene in found.scenes for way in scene.ways]
    known: set[str] = set()
    for say in (*own, *beside):
        say[:] = [replace(one, again=one.name in known) for one in say]
        known |= {one.name for one in say if one.name}


def _beginning(each: Beginning, said_as: Words, recorded: Recorded) -> BeginningView:
    given, title = (
        said_as.of(dialogue_words.GIVENS, each.given),
        said_as.of(dialogue_words.SCENES, each.to),
    )
    return BeginningView(given, each.to, title, said(each.say, recorded))


def _scene(each: Scene, said_as: Words, recorded: Recorded) -> SceneView:
    otherwise = [
        (said_as.of(dialogue_words.GIVENS, g), said(p, recorded)) for g, p in each.otherwise
    ]
    return SceneView(
        name=each.name,
        title=said_as.of(dialogue_words.SCENES, each.name),
        say=said(each.say, recorded),
        again=said(each.again, recorded),
        otherwise=otherwise,
        reads=said_as.of(dialogue_words.READS, each.read),
        waits=each.wait_s if each.read in (Input.CODE, Input.KEY) else None,
        secret=each.secret,
        does=said_as.of(dialogue_words.DEEDS, each.does),
        ways=[_way(way, each, said_as, recorded) for way in each.ways],
    )


def _way(way: Way, scene: Scene, said_as: Words, recorded: Recorded) -> WayView:
    return WayView(
        keys=way.names if way.by is By.KEY else (),
        by=said_as.by(way),
        condition=said_as.condition(way),
        say=said(way.say, recorded),
        to="" if way.to == scene.name else way.to,
        title=said_as.of(dialogue_words.SCENES, way.to),
        outcome=said_as.outcome(way.outcome),
    )


# --- walking ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Past:
    """What was said, keyed and done at one place of a walk."""

    language: str
    say: list[Said]
    steps: list[str]
    effects: list[str]


@dataclass(frozen=True, slots=True)
class Controls:
    """What can be done on the phone: single keys, digits to type, waiting."""

    keys: str = ""
    digits: int = 0
    speaks: bool = False
    silence: bool = False
    played: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Walked:
    """Where somebody is in a dialogue, and how they came there."""

    spoken: str
    past: list[Past]
    say: list[Said]
    over: bool
    secret: bool
    reads: str
    does: str
    results: list[tuple[str, str]]
    controls: Controls


def walked(here: Walk, language: str, recorded: Recorded) -> Walked:
    """A walk in one language."""
    said_as, now = Words(language=language), here.turn
    return Walked(
        spoken=here.language,
        past=[
            Past(
                over.language,
                said(over.said, recorded),
                [_step(step, said_as) for step in over.steps],
                [_effect(effect, said_as) for effect in over.effects],
            )
            for over in here.past
        ],
        say=said(now.say, recorded) if now else [],
        over=now is None,
        secret=bool(now and now.record_muted),
        reads=said_as.of(dialogue_words.READS, now.read) if now else "",
        does=said_as.of(dialogue_words.DEEDS, here.wanted.name) if here.wanted else "",
        results=[(f"!{name}", said_as.of(dialogue_words.RESULTS, name)) for name in here.results],
        controls=_controls(here, now),
    )


def _controls(here: Walk, now: Turn | None) -> Controls:
    if now is None or here.wanted is not None:
        return Controls()
    unread = now.read in walking.UNREAD
    keys = {Input.NONE: "", Input.CODE: "", Input.ZERO: "0"}.get(now.read, walking.KEYS)
    return Controls(
        keys=keys,
        digits=now.digits if now.read is Input.CODE else 0,
        speaks=now.read is Input.VOICE,
        silence=not unread,
        played=unread,
    )


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

"""A dialogue, its table and a walk through it, as the administrator's pages show them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from callflow.core.calls import prompts
from callflow.core.calls.call import Outcome
from callflow.core.calls.dialogue import (
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
from callflow.core.folding import folded
from callflow.handling.base.policy import STATION_NAME
from web.kit import words
from web.kit.i18n import catalogue
from web.kit.listing import Asked
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


def is_asked_for(said: Said, asked: Asked) -> bool:
    """True where it has the words, in any language, and is said by whom they want."""
    words = folded(asked.text)
    spoken = asked.state != ("voice" if said.recorded else "studio")
    return spoken and any(words in folded(text) for text in said.texts.values())


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
class BeginningView:
    """A beginning, with its sentences."""

    of: Beginning
    say: list[Said]


@dataclass(frozen=True, slots=True)
class WayView:
    """A way, with its words and sentences."""

    of: Way
    by: str
    condition: str
    say: list[Said]
    outcome: str


@dataclass(frozen=True, slots=True)
class SceneView:
    """A scene, with its sentences and ways."""

    of: Scene
    say: list[Said]
    again: list[Said]
    otherwise: list[tuple[str, list[Said]]]
    ways: list[WayView]


@dataclass(frozen=True, slots=True)
class Table:
    """Where a dialogue begins, its scenes, and what leads where."""

    beginnings: list[BeginningView]
    scenes: list[SceneView]


def table(which: Dialogue, language: str, recorded: Recorded) -> Table:
    """A dialogue's table in one language."""
    said_as = Words(language=language)
    found = Table(
        [BeginningView(each, said(each.say, recorded)) for each in beginnings(which)],
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


def _scene(each: Scene, said_as: Words, recorded: Recorded) -> SceneView:
    return SceneView(
        each,
        said(each.say, recorded),
        said(each.again, recorded),
        [(given.value, said(say, recorded)) for given, say in each.otherwise],
        [_way(way, said_as, recorded) for way in each.ways],
    )


def _way(way: Way, said_as: Words, recorded: Recorded) -> WayView:
    by, condition = said_as.by(way), said_as.condition(way)
    return WayView(way, by, condition, said(way.say, recorded), said_as.outcome(way.outcome))


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


@dataclass(frozen=True, slots=True)
class Walked:
    """Where somebody is in a dialogue, and how they came there."""

    at: Walk
    past: list[Past]
    say: list[Said]
    controls: Controls


def walked(here: Walk, language: str, recorded: Recorded) -> Walked:
    """A walk in one language."""
    said_as, now = Words(language=language), here.turn
    past = [
        Past(
            over.language,
            said(over.said, recorded),
            [_step(step, said_as) for step in over.steps],
            [_effect(effect, said_as) for effect in over.effects],
        )
        for over in here.past
    ]
    return Walked(here, past, said(now.say, recorded) if now else [], _controls(here, now))


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

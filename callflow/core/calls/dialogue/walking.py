"""A dialogue walked without a phone or a station: steps lead on, what the station finds is chosen.

A step is ``k`` and the keys that are typed, or one of ``SILENCE``, ``PLAYED``, ``SPEAKS`` and
``HANGS_UP``; where the station is to do something, ``!`` and what becomes of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from callflow.core.calls.call import Dialogue
from callflow.core.calls.dialogue import saying, talk
from callflow.core.calls.dialogue.events import (
    CodeChecked,
    Done,
    Effect,
    Event,
    HungUp,
    Played,
    Silence,
    Spoken,
    Typed,
)
from callflow.core.calls.dialogue.facts import Facts, Progress
from callflow.core.calls.dialogue.pages import Deed
from callflow.core.calls.dialogue.table import CodeVerdict
from callflow.core.calls.dialogue.turns import Input, Phrase, Turn
from callflow.core.signals.signal import Kind

#: What is typed as a code here, and what it is found to be; any other is wrong.
CODES = {
    "2580": CodeVerdict.OK,
    "2581": CodeVerdict.DURESS,
    "258000": CodeVerdict.OK,
    "258001": CodeVerdict.DURESS,
}
#: Everything that a menu may offer to somebody, while nothing is on test.
MAY = frozenset(
    {
        *("cancel", "going", "send_guard", "next_person", "guard_stays", "test", "late"),
        *("instruct", "accept", "walk"),
    }
)
KEYS = "0123456789*#"
SILENCE, PLAYED, SPEAKS, HANGS_UP = "s", "p", "v", "h"
#: Turns that read nothing that would lead on: their words are said, and that is the event.
UNREAD = frozenset({Input.NONE, Input.ZERO, Input.ANY})
_IDENTIFYING = frozenset({"identify", "identify_member"})
_NUMBER = "+33639980142"
_AT = datetime(2026, 11, 26, 14, 32, tzinfo=UTC)


class BadStep(ValueError):
    """No step that can be taken here."""


def sample(which: Dialogue, language: str, *, member: bool = False) -> Facts:
    """A shop's break-in, as any call would tell of it. ``member``: a technician or guard calls."""
    return Facts(
        dialogue=which,
        language=language,
        site_name="Boulangerie des Carmes",
        site_language="fr",
        address="9 rue des Carmes, 35000 Rennes",
        kind=Kind.INTRUSION,
        zone="3",
        zone_name="Fournil",
        at=_AT,
        recognition_word="coquelicot",
        text="La porte du fournil est-elle fermée ?",
        choices=("Oui", "Non"),
        menus=which is Dialogue.INCOMING,
        member="member" if member else "",
        people=(("Gérance", _NUMBER),) if which is Dialogue.PEER else (),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Past:
    """One turn that is over: what was said, in which language, the steps, what came of them."""

    said: tuple[Phrase, ...]
    language: str
    steps: tuple[str, ...]
    effects: tuple[Effect, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Walk:
    """Where somebody is in a dialogue. ``wanted``: what the station is to do first."""

    facts: Facts
    progress: Progress
    wanted: Deed | None = None
    typed: str = ""  # the step that asked for it
    past: tuple[Past, ...] = ()

    @property
    def turn(self) -> Turn | None:
        """What is said and read now; None at the end."""
        return saying.turn(self.facts, self.progress)

    @property
    def language(self) -> str:
        """In which language."""
        return saying.language(self.facts, self.progress)

    @property
    def results(self) -> list[str]:
        """What can become of what the station is to do, the usual first."""
        if self.wanted is None:
            return []
        found = talk.results_of(self.progress)
        if self.wanted.name not in _IDENTIFYING:
            return found
        if self.wanted.typed in CODES:
            return [each for each in found if "wrong" not in each]
        again = "wrong" if "wrong" in found else "wrong_here"
        return ["wrong_again" if self.wanted.wrong_codes else again]

    def then(self, step: str) -> Walk:
        """Where ``step`` leads. Raises BadStep."""
        now = self.turn
        if now is None:
            raise BadStep("the dialogue is over")
        if self.wanted is not None and step != HANGS_UP:
            if step[:1] != "!" or step[1:] not in self.results:
                raise BadStep(f"one of {', '.join(self.results)}")
            return self._on(now, done(self.wanted, step[1:]), step)
        event = _event(now, step)
        code = talk.code_to_check(self.progress, event)
        if code is not None:
            event = CodeChecked(CODES.get(code, CodeVerdict.WRONG))
        wanted = talk.deed(self.progress, event)
        if wanted is not None:
            return replace(self, wanted=wanted, typed=step)
        return self._on(now, event, step)

    def _on(self, now: Turn, event: Event, step: str) -> Walk:
        progress, effects = talk.advance(self.facts, self.progress, event)
        steps = (self.typed, step) if self.typed else (step,)
        over = Past(said=now.say, language=self.language, steps=steps, effects=effects)
        return _at(replace(self, progress=progress, typed="", past=(*self.past, over)))


def begin(facts: Facts) -> Walk:
    """Before the first words."""
    return _at(Walk(facts=facts, progress=Progress.start(facts)))


def walk(facts: Facts, steps: Iterable[str]) -> Walk:
    """Where ``steps`` lead. Raises BadStep."""
    here = begin(facts)
    for step in steps:
        here = here.then(step)
    return here


def _at(here: Walk) -> Walk:
    """A page that reads nothing wants its deed done at once."""
    now = here.turn
    wanted = talk.deed(here.progress, Played()) if now and now.read is Input.NONE else None
    return replace(here, wanted=wanted)


def _event(now: Turn, step: str) -> Event:
    if step == HANGS_UP:
        return HungUp()
    if step == SILENCE and now.read not in UNREAD:
        return Silence()
    if step == PLAYED and now.read in UNREAD:
        return Played()
    if step == SPEAKS and now.read is Input.VOICE:
        return Spoken("1")
    keys = step[1:]
    if step[:1] != "k" or not keys or keys.strip(KEYS) or now.read is Input.NONE:
        raise BadStep("a phone has 0-9, * and #")
    if now.read is Input.VOICE and keys[0] not in "0*":
        return Silence()
    if now.read is Input.CODE:
        return Typed(keys.partition("#")[0][: now.digits])
    return Typed(keys[:1].replace("#", ""))


def done(wanted: Deed, result: str) -> Done:
    """What the station would answer, where ``result`` became of it."""
    if wanted.name in _IDENTIFYING:
        if "wrong" in result:
            return Done(result=result)
        duress = CODES.get(wanted.typed) is CodeVerdict.DURESS
        keep = {"site": "1001", "person": "camille"}
        return Done(result=result, keep=keep, may=MAY, duress=duress)
    return Done(result=result, say=_told(wanted, result), served=result in ("done", "told"))


def _told(wanted: Deed, result: str) -> tuple[Phrase, ...]:
    """What the station would say of its rows, where it does."""
    match wanted.name, result:
        case "set_on_test", "done":
            zone = wanted.kept.get("zone")
            key = "test_zone_set" if zone else "test_set"
            return (Phrase(key, {"zone": zone, "at": _AT}),)
        case "walk_begin", "done":
            return (Phrase("test_set", {"at": _AT}),)
        case "walk_heard", "told":
            return (Phrase("walk_signal", {"kind": Kind.INTRUSION}), Phrase("zone", {"zone": "3"}))
        case "close_late", "done":
            return (Phrase("late_set", {"at": _AT}),)
        case "call_list", _:
            return (Phrase("call_list_person", {"rank": "1", "name": "Camille"}),)
        case "state", _:
            event = {"day": _AT.date(), "at": _AT, "kind": Kind.CLOSING}
            return (Phrase("state_armed"), Phrase("state_events"), Phrase("state_event", event))
    return _instructed(wanted, result)


def _instructed(wanted: Deed, result: str) -> tuple[Phrase, ...]:
    """What is said back of a provisional instruction."""
    match wanted.name, result:
        case "instruct_number", "good":
            return (Phrase("number_typed", {"number": _NUMBER}),)
        case "instruct_ends", "said":
            return (_between(wanted.kept.get("what", "absent")),)
        case "instruct_heard", _:
            return (Phrase("voice", {"voice": wanted.typed}), _between("note"))
    return ()


def _between(what: str) -> Phrase:
    times = {"day": _AT.date(), "at": _AT, "last_day": _AT.date(), "last_at": _AT}
    return Phrase(f"{what}_between", {**times, **({"number": _NUMBER} if what == "number" else {})})

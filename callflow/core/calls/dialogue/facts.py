"""What the shell knows of a call, and how far its dialogue is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callflow.core.calls.call import Dialogue, Outcome
from callflow.core.calls.dialogue.caller_menu import ACCOUNT, CODE
from callflow.core.calls.dialogue.member_menu import MEMBER
from callflow.core.calls.dialogue.pages import Place
from callflow.core.calls.dialogue.table import ASKING, FIRST, SILENT, Answer, State
from callflow.core.calls.dialogue.turns import Phrase
from callflow.core.interventions.law import Service
from callflow.core.signals.signal import Kind


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What may be said in this call, read once. ``at`` is in the site's local time.

    ``answers`` are the keys that this person may use; help and the operator always work.
    ``site_language`` is the one that the site's names are written in ("": the listener's).
    ``room`` (desk and service): the conference in which somebody waits; empty: work waits in the
    queue; ``spied`` (phone only) is the call that a supervisor listens to instead, and ``whispers``
    into. ``others`` are the sites of the other alarms that this call is about. ``text``,
    ``choices`` (key 1 first) and ``identify`` (whether a code is asked) are what a plan's question,
    message or guard's call says. ``service`` (desk only): the service that is dialled once this
    desk is there. ``exercise``: a rehearsal, which is said before anything else.
    ``call_back`` (verification, question, message): this person may ask to be called again later.
    ``position``: which number this person is among those who wait, as it is said to them;
    ``device``: who waits speaks from a lift's cabin or a lone worker's telephone (D8).
    ``call_backs`` (desk only): how many missed calls wait to be returned, where the desk rings for
    those. ``menus`` (incoming only): the caller is asked who they are, then offered what they may
    do; ``hint`` is the site that their number belongs to, which proves nothing, ``member``
    whoever of a firm has it. ``known_fault``: their site is one of many that a known fault
    concerns (D10). ``welfare`` (guard only): they are there, and asked whether all is well (D22).
    ``announcement`` (message only): a sentence of the product's that is tried. ``failures``
    (message, question, peer): what is not well at the station, where the call is about that.
    ``people`` (peer only): (name, number) of whom to call at the site.
    """

    dialogue: Dialogue
    language: str = "fr"
    station: str = "Callflow"
    site_name: str = ""
    site_language: str = ""
    address: str = ""
    kind: Kind = Kind.UNKNOWN
    zone: str = ""
    zone_name: str = ""
    at: datetime | None = None
    recognition_word: str | None = None
    answers: frozenset[Answer] = frozenset(Answer)
    waiting_count: int = 1
    priority: int = 0
    personal: bool = False
    room: str = ""
    service: Service | None = None
    others: tuple[str, ...] = ()
    text: str = ""
    choices: tuple[str, ...] = ()
    identify: bool = True
    call_back: bool = False
    exercise: bool = False
    spied: str = ""
    whispers: bool = False
    position: int = 0
    device: bool = False
    call_backs: int = 0
    menus: bool = False
    hint: str = ""
    member: str = ""
    known_fault: bool = False
    welfare: bool = False
    announcement: Phrase | None = None
    failures: tuple[Phrase, ...] = ()
    people: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a dialogue is: what is committed at each transition.

    ``say`` is what the next turn says first. ``begun``: the first words may have been said, so a
    server that loads it asks pardon and goes on. ``known``: their code was right. ``bridge``: the
    call goes on with a human.
    """

    state: State
    begun: bool = False
    say: str = ""
    wrong_codes: int = 0
    empty_turns: int = 0
    duress: bool = False
    known: bool = False
    bridge: bool = False
    result: Outcome | None = None
    place: Place | None = None

    @classmethod
    def start(cls, facts: Facts) -> Progress:
        """Where a dialogue begins; a silent one is over then: the person is with an operator."""
        if facts.dialogue in SILENT:
            return cls(state=FIRST[facts.dialogue], bridge=True, result=Outcome.OPERATOR)
        if facts.dialogue in ASKING and not facts.identify:
            return cls(state=State.ASK)
        if facts.menus:
            page, kept = _first_page(facts)
            return cls(state=State.MENUS, place=Place(page=page, kept=kept, say=greeting(facts)))
        return cls(state=FIRST[facts.dialogue])

    def to_json(self) -> dict[str, Any]:
        return {
            "state": self.state.value,
            "begun": self.begun,
            "say": self.say,
            "wrong_codes": self.wrong_codes,
            "empty_turns": self.empty_turns,
            "duress": self.duress,
            "known": self.known,
            "bridge": self.bridge,
            "result": self.result.value if self.result else None,
            "place": self.place.to_json() if self.place else None,
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Progress:
        """The inverse of ``to_json``. Raises KeyError or ValueError on anything else."""
        return cls(
            state=State(body["state"]),
            begun=bool(body["begun"]),
            say=str(body["say"]),
            wrong_codes=int(body["wrong_codes"]),
            empty_turns=int(body["empty_turns"]),
            duress=bool(body["duress"]),
            known=bool(body.get("known")),
            bridge=bool(body["bridge"]),
            result=Outcome(body["result"]) if body["result"] else None,
            place=Place.from_json(body["place"]) if body.get("place") else None,
        )


def _first_page(facts: Facts) -> tuple[str, dict[str, str]]:
    """Where a caller begins, and what is known of them."""
    if facts.hint:
        return CODE, {"site": facts.hint}
    return (MEMBER, {"person": facts.member}) if facts.member else (ACCOUNT, {})


def announced(facts: Facts) -> tuple[Phrase, ...]:
    """What is said before anything else in a rehearsal, and again before the situation."""
    return (Phrase("exercise"),) if facts.exercise else ()


def greeting(facts: Facts) -> tuple[Phrase, ...]:
    """To whoever calls us."""
    known = (Phrase("known_fault"),) if facts.known_fault else ()
    return (*announced(facts), Phrase("welcome", {"station": facts.station}), *known)

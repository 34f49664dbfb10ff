"""What a dialogue says and reads now, and what follows from what came back."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from callflow.call import Outcome
from callflow.law import Service
from callflow.signal import Kind
from ivr.dialogue import table
from ivr.dialogue.events import (
    Bridge,
    CodeChecked,
    Conclude,
    Effect,
    Event,
    Finish,
    HungUp,
    Typed,
)
from ivr.dialogue.table import (
    ASKED_AT_MOST,
    ASKING,
    FIRST,
    HELP_KEY,
    KEYS,
    OPERATOR_KEY,
    SHORTEST_CODE,
    WRONG_CODES_AT_MOST,
    Answer,
    CodeVerdict,
    Dialogue,
    Rule,
    State,
    Trigger,
)

#: Of many alarms so many sites are named.
NAMED_AT_MOST = 5
#: Characters said in one go: about twelve seconds.
LONGEST_PIECE = 150


class ImpossibleEvent(Exception):
    """Our bug: an event that this state can't meet."""


# --- what the shell knows, and what it commits ----------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What may be said in this call, read once. ``at`` is in the site's local time.

    ``answers`` are the keys that this person may use; help and the operator always work.
    ``site_language`` is the one that the site's names are written in ("": the listener's).
    ``room`` (desk and service): the conference in which somebody waits; empty: work waits in the
    queue. ``others`` are the sites of the other alarms that this call is about. ``text``,
    ``choices`` (key 1 first) and ``identify`` (whether a code is asked) are what a plan's question,
    message or guard's call says. ``service`` (desk only): the service that is dialled once this
    desk is there. ``exercise``: a rehearsal, which is said before anything else.
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
    exercise: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a dialogue is: what is committed at each transition.

    ``say`` is what the next turn says first. ``begun``: the first words may have been said, so a
    server that loads it asks pardon and goes on. ``bridge``: the call goes on with a human.
    """

    state: State
    begun: bool = False
    say: str = ""
    wrong_codes: int = 0
    empty_turns: int = 0
    duress: bool = False
    bridge: bool = False
    result: Outcome | None = None

    @classmethod
    def start(cls, facts: Facts) -> Progress:
        """Where a dialogue begins; a service's is over then: it is with an operator."""
        if facts.dialogue is Dialogue.SERVICE:
            return cls(state=FIRST[facts.dialogue], bridge=True, result=Outcome.OPERATOR)
        if facts.dialogue in ASKING and not facts.identify:
            return cls(state=State.ASK)
        return cls(state=FIRST[facts.dialogue])

    def to_json(self) -> dict[str, Any]:
        return {
            "state": self.state.value,
            "begun": self.begun,
            "say": self.say,
            "wrong_codes": self.wrong_codes,
            "empty_turns": self.empty_turns,
            "duress": self.duress,
            "bridge": self.bridge,
            "result": self.result.value if self.result else None,
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
            bridge=bool(body["bridge"]),
            result=Outcome(body["result"]) if body["result"] else None,
        )


# --- what to do now -------------------------------------------------------------------------------


class Input(StrEnum):
    """What is read after, and already during, the words of a turn."""

    CODE = "code"  # up to 8 digits, # ends
    KEY = "key"  # one key
    ZERO = "zero"  # only a 0 during the words counts
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Phrase:
    """One thing to say: a key of ivr/prompts.py and its values."""

    key: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """Say this, then read that. ``timeout_s``: silence after the words, and between two digits."""

    say: tuple[Phrase, ...]
    read: Input
    timeout_s: float = 5.0
    record_muted: bool = False


def turn(facts: Facts, progress: Progress) -> Turn | None:
    """What to do now; None when the dialogue is at its end."""
    first = (Phrase(progress.say, {}),) if progress.say else ()
    match progress.state:
        case State.CODE:
            return Turn(
                say=first + _asking_code(facts, progress),
                read=Input.CODE,
                timeout_s=4.0,
                record_muted=True,
            )
        case State.MENU:
            say = first + (_situation(facts) if not progress.empty_turns else ())
            return Turn(say=say + _menu(facts), read=Input.KEY)
        case State.ASK:
            say = first + (_asking(facts) if not progress.empty_turns else ())
            return Turn(say=say + _choices(facts), read=Input.KEY)
        case State.DESK:
            return Turn(say=first + _waiting(facts), read=Input.KEY, timeout_s=4.0)
        case State.WELCOME:
            return Turn(say=_welcome(facts), read=Input.KEY, timeout_s=1.0)
        case State.CLOSING:
            at_desk = facts.dialogue is Dialogue.DESK
            read = Input.NONE if at_desk else Input.ZERO
            return Turn(say=(*first, Phrase("goodbye")), read=read)
        case State.BRIDGING:
            at_desk = facts.dialogue is Dialogue.DESK
            then = Phrase("connecting" if at_desk else "hold_the_line")
            return Turn(say=(*first, then), read=Input.NONE)
        case State.END:
            return None


def _announced(facts: Facts) -> tuple[Phrase, ...]:
    """What is said before anything else in a rehearsal, and again before the situation."""
    return (Phrase("exercise"),) if facts.exercise else ()


def _asking_code(facts: Facts, progress: Progress) -> tuple[Phrase, ...]:
    """Before the code only the recognition word is said, never the situation (D13)."""
    if progress.empty_turns or progress.wrong_codes:
        return (Phrase("ask_code_again"),)
    greeting = [Phrase("greeting", {"station": facts.station})]
    if facts.recognition_word:
        greeting.append(Phrase("recognition", {"word": facts.recognition_word}))
    return (*_announced(facts), *greeting, Phrase("ask_code"))


def _situation(facts: Facts) -> tuple[Phrase, ...]:
    written = {"written": facts.site_language}
    say = [
        *_announced(facts),
        Phrase("situation", {"kind": facts.kind}),
        Phrase("site", {"site": facts.site_name, **written}),
    ]
    if facts.address:
        say.append(Phrase("address", {"address": facts.address, **written}))
    if facts.zone_name:
        say.append(Phrase("zone_named", {"zone": facts.zone, "name": facts.zone_name, **written}))
    elif facts.zone:
        say.append(Phrase("zone", {"zone": facts.zone}))
    if facts.at is not None:
        say.append(Phrase("at", {"at": facts.at}))
    return (*say, *_others(facts))


def _others(facts: Facts) -> tuple[Phrase, ...]:
    """One call tells of all alarms of a person (D10); the first of many by name."""
    if not facts.others:
        return ()
    named = list(dict.fromkeys(facts.others))[:NAMED_AT_MOST]
    written = {"written": facts.site_language}
    count = Phrase("others", {"count": len(facts.others)})
    return (count, *(Phrase("site", {"site": name, **written}) for name in named))


def _asking(facts: Facts) -> tuple[Phrase, ...]:
    """What the plan says, a sentence at a time; to a guard the situation first."""
    written = {"written": facts.site_language}
    said: tuple[Phrase, ...] = ()
    if not facts.identify:
        said = (*_announced(facts), Phrase("greeting", {"station": facts.station}))
    text = tuple(Phrase("plan_text", {"text": one, **written}) for one in _sentences(facts.text))
    if facts.dialogue is Dialogue.GUARD:
        return said + _situation(facts) + text
    return (*said, Phrase("site", {"site": facts.site_name, **written}), *text, *_others(facts))


def _sentences(text: str) -> Iterator[str]:
    """``text`` in pieces that are said each in one go."""
    for sentence in re.split(r"(?<=[.!?;])\s+|\n+", text):
        yield from textwrap.wrap(sentence, LONGEST_PIECE)


def _choices(facts: Facts) -> tuple[Phrase, ...]:
    match facts.dialogue:
        case Dialogue.MESSAGE:
            keys: tuple[Phrase, ...] = (Phrase("offer_acknowledge"),)
        case Dialogue.GUARD:
            keys = (Phrase("offer_accept"), Phrase("offer_decline"))
        case _:
            written = {"written": facts.site_language}
            keys = tuple(
                Phrase("offer_answer", {"answer": choice, "key": str(key), **written})
                for key, choice in enumerate(facts.choices, start=1)
            )
    return (*keys, Phrase("offer_operator"))


def _menu(facts: Facts) -> tuple[Phrase, ...]:
    offered = facts.answers | {Answer.HELP}
    if facts.personal:
        offered -= {Answer.FALSE_ALARM}  # no key cancels it (D7)
    keys = [Phrase(f"offer_{answer}") for answer in KEYS.values() if answer in offered]
    return (*keys, Phrase("offer_operator"))


def _waiting(facts: Facts) -> tuple[Phrase, ...]:
    what = {
        "kind": facts.kind,
        "site": facts.site_name,
        "written": facts.site_language,
        "count": facts.waiting_count,
    }
    if facts.service is not None:
        asked = {"service": facts.service, "site": facts.site_name, "written": facts.site_language}
        return (Phrase("desk_service", asked), Phrase("offer_dial"))
    if facts.room:
        return (*_announced(facts), Phrase("desk_person", what), Phrase("offer_connect"))
    return (Phrase("desk_work", what), Phrase("offer_take"))


def _welcome(facts: Facts) -> tuple[Phrase, ...]:
    return (*_announced(facts), Phrase("welcome", {"station": facts.station}))


# --- what follows ---------------------------------------------------------------------------------


def code_to_check(progress: Progress, event: Event) -> str | None:
    """The code that the shell must check, its verdict being the next event; else None."""
    if progress.state is not State.CODE or not isinstance(event, Typed):
        return None
    entry = _entry(event.digits)
    return None if not entry or _is_request(entry) else entry


def advance(facts: Facts, progress: Progress, event: Event) -> tuple[Progress, tuple[Effect, ...]]:
    """The progress to commit and the effects to carry out. Raises ImpossibleEvent (our bug)."""
    if progress.state is State.END:
        return progress, ()
    trigger = _trigger(facts, progress, event)
    rule = table.rule(facts.dialogue, progress.state, trigger)
    if rule is None:
        raise ImpossibleEvent(f"{progress.state} can't meet {trigger}")
    return _follow(facts, progress, trigger, rule)


def _follow(
    facts: Facts, progress: Progress, trigger: Trigger, rule: Rule
) -> tuple[Progress, tuple[Effect, ...]]:
    outcome = rule.outcome
    if outcome and (progress.duress or trigger is Trigger.DURESS):
        outcome = Outcome.DURESS
    connects = rule.to is State.BRIDGING or (trigger is Trigger.TAKE and bool(facts.room))
    moved = rule.to is not progress.state
    after = replace(
        progress,
        state=State.BRIDGING if connects else rule.to,
        begun=True,
        say=rule.say,
        wrong_codes=progress.wrong_codes + (trigger is Trigger.WRONG),
        empty_turns=0 if moved else progress.empty_turns + (trigger in _EMPTY),
        duress=progress.duress or trigger is Trigger.DURESS,
        bridge=progress.bridge or connects,
        result=outcome or progress.result,
    )
    effects: list[Effect] = [Conclude(outcome)] if outcome else []
    effects += [Bridge()] if connects else []
    effects += [Finish()] if after.state is State.END else []
    return after, tuple(effects)


_EMPTY = frozenset({Trigger.SILENCE, Trigger.BAD_KEY})


def _trigger(facts: Facts, progress: Progress, event: Event) -> Trigger:
    if isinstance(event, HungUp):
        return Trigger.HUNG_UP
    match progress.state:
        case State.CODE:
            trigger = _at_code(progress, event)
        case State.MENU:
            trigger = _at_menu(facts, event)
        case State.ASK:
            trigger = _at_question(facts, event)
        case State.DESK:
            trigger = _at_desk(event)
        case State.WELCOME:
            return Trigger.OPERATOR  # 0, any key, or nothing
        case _:
            zero = isinstance(event, Typed) and event.digits.startswith(OPERATOR_KEY)
            asks = zero and progress.state is State.CLOSING and facts.dialogue is not Dialogue.DESK
            return Trigger.OPERATOR if asks else Trigger.PLAYED
    if trigger in _EMPTY and progress.empty_turns + 1 >= ASKED_AT_MOST:
        asked_them = progress.state is State.ASK and facts.identify
        doubted = (progress.state is State.CODE and progress.wrong_codes) or asked_them
        return Trigger.ABANDONED if doubted else Trigger.GIVE_UP
    return trigger


def _at_code(progress: Progress, event: Event) -> Trigger:
    if isinstance(event, CodeChecked):
        if event.verdict is not CodeVerdict.WRONG:
            return Trigger(event.verdict.value)
        last = progress.wrong_codes + 1 >= WRONG_CODES_AT_MOST
        return Trigger.WRONG_AGAIN if last else Trigger.WRONG
    entry = _entry(event.digits) if isinstance(event, Typed) else ""
    if _is_request(entry):
        return Trigger.OPERATOR if entry[0] == OPERATOR_KEY else Trigger.HELP
    if entry:
        raise ImpossibleEvent("a code is checked by the shell first (code_to_check)")
    return Trigger.SILENCE


def _entry(digits: str) -> str:
    """What was typed after the last ``*``, which starts over."""
    return digits.rpartition("*")[2].rstrip("#")


def _is_request(entry: str) -> bool:
    return 0 < len(entry) < SHORTEST_CODE and set(entry) in ({HELP_KEY}, {OPERATOR_KEY})


def _at_menu(facts: Facts, event: Event) -> Trigger:
    if not isinstance(event, Typed):
        return Trigger.SILENCE
    key = event.digits[:1]
    if key == OPERATOR_KEY:
        return Trigger.OPERATOR
    answer = KEYS.get(key)
    if answer is Answer.HELP:
        return Trigger.HELP
    if answer is Answer.FALSE_ALARM and (facts.personal or answer not in facts.answers):
        return Trigger.NO_AUTHORITY
    return Trigger(answer.value) if answer in facts.answers else Trigger.BAD_KEY


def _at_question(facts: Facts, event: Event) -> Trigger:
    if not isinstance(event, Typed):
        return Trigger.SILENCE
    key = event.digits[:1]
    if key == OPERATOR_KEY:
        return Trigger.OPERATOR
    match facts.dialogue:
        case Dialogue.MESSAGE:
            meant = {"1": Trigger.ACKNOWLEDGED}
        case Dialogue.GUARD:
            meant = {"1": Trigger.ACCEPTED, "2": Trigger.DECLINED}
        case _:
            count = len(facts.choices)
            meant = {str(n): Trigger(f"answer_{n}") for n in range(1, count + 1)}
    return meant.get(key, Trigger.BAD_KEY)


def _at_desk(event: Event) -> Trigger:
    if not isinstance(event, Typed):
        return Trigger.SILENCE
    return Trigger.TAKE if event.digits[:1] == "1" else Trigger.BAD_KEY


def own_phrases(facts: Facts) -> tuple[Phrase, ...]:
    """What only this call says: all else that it may say is the same in every call."""
    if facts.dialogue is Dialogue.VERIFICATION:
        said = _asking_code(facts, Progress.start(facts)) + _situation(facts)
    elif facts.dialogue in ASKING:
        code = _asking_code(facts, Progress.start(facts)) if facts.identify else ()
        said = code + _asking(facts) + _choices(facts)
    elif facts.dialogue is Dialogue.SERVICE:
        said = ()
    else:
        said = _waiting(facts) if facts.dialogue is Dialogue.DESK else _welcome(facts)
    return tuple(phrase for phrase in said if phrase.values)


def result_at_hang_up(progress: Progress) -> Outcome:
    """The outcome of an answered call whose channel is gone: the dialogue's, else hung up."""
    return progress.result or Outcome.HUNG_UP

"""What a menu is made of: pages, what each says and reads, its deed, where that leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from callflow.core.calls.dialogue.table import ASKED_AT_MOST, LONGEST_CODE
from callflow.core.calls.dialogue.turns import Phrase
from callflow.core.signals.signal import Kind


class Exit(StrEnum):
    """Where a menu leads that is no page of it."""

    OPERATOR = "operator"
    HELP = "help"
    WRONG_CODE = "wrong_code"  # once too often: a human
    LOCKED = "locked"  # codes count no more for a while: a human
    SERVED = "served"  # the last words
    GOING = "going"  # what somebody called by a plan may answer, too
    SEND_GUARD = "send_guard"
    NEXT_PERSON = "next_person"


@dataclass(frozen=True, slots=True)
class Lead:
    """Where something leads, what is said first there, and what is kept of it. ``did``: the words
    of the offer that was just done: they are not said there, though their key does it again."""

    to: str  # a page, or an Exit
    say: str = ""
    keep: Mapping[str, str] = field(default_factory=dict)
    did: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """A key of a page. ``when``: only for whoever may do this (``Place.may``)."""

    key: str
    say: str
    lead: Lead
    when: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """One place in a menu: it offers keys, reads digits or speech under a name, or neither.

    What is read, or having come here where nothing is, leads to ``deed``, if there is one; its
    result, else "typed" or "spoken", to what ``leads`` says. ``secret``: digits that nobody keeps;
    the recording is muted. ``help``: a lone 2 is a request. ``back``: where ``*`` leads.
    ``more``: where MORE_KEY leads after the last of its choices, of which CHOICES_AT_MOST are
    said at a time; "": all at once.
    ``asked``: so often, before it is a human's turn. ``records``: after the words and a tone
    speech is recorded; under this name is kept what it is stored as (``Spoken``), which the deed
    has as ``typed``. ``wait_s``: a key is waited for so many seconds; ``quiet``: what is offered
    was said before.
    """

    say: tuple[str, ...] = ()
    again: tuple[str, ...] = ()  # in place of ``say`` where it was said already
    offers: tuple[Offer, ...] = ()
    reads: str = ""
    digits: int = LONGEST_CODE
    records: str = ""
    secret: bool = False
    help: bool = False
    back: str = ""
    more: str = ""
    asked: int = ASKED_AT_MOST
    wait_s: float = 5.0
    quiet: bool = False
    deed: str = ""
    leads: Mapping[str, Lead] = field(default_factory=dict)


def asks_code(deed: str, leads: Mapping[str, Lead]) -> Page:
    """Asks a caller's code, twice at most; ``leads``: of what ``deed`` found."""
    return Page(
        say=("ask_code",),
        again=("ask_code_again",),
        reads="code",
        secret=True,
        help=True,
        asked=2,
        deed=deed,
        leads={
            **leads,
            "wrong_again": Lead(Exit.WRONG_CODE),
            "locked": Lead(Exit.LOCKED),
            "unwelcome": Lead("unwelcome"),
        },
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where somebody is in a menu; committed with the call.

    ``kept``: what was typed, by field, and what deeds found; ``may``: what is offered to this
    person; ``say``: said before the page's own words; ``language`` is the person's once they are
    known, else "". ``part``: so many times MORE_KEY was pressed here; ``did``: ``Lead.did``.
    """

    page: str
    kept: Mapping[str, str] = field(default_factory=dict)
    may: frozenset[str] = frozenset()
    say: tuple[Phrase, ...] = ()
    language: str = ""
    part: int = 0
    did: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "page": self.page,
            "kept": dict(self.kept),
            "may": sorted(self.may),
            "say": [_phrase_to_json(phrase) for phrase in self.say],
            "language": self.language,
            "part": self.part,
            "did": self.did,
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Place:
        """The inverse of ``to_json``. Raises KeyError or ValueError on anything else."""
        return cls(
            page=body["page"],
            kept=dict(body["kept"]),
            may=frozenset(body["may"]),
            say=tuple(_phrase_from_json(phrase) for phrase in body["say"]),
            language=body["language"],
            part=int(body.get("part", 0)),  # a call may outlive an upgrade
            did=str(body.get("did", "")),
        )

    def at(self, lead: Lead, *say: Phrase) -> Place:
        """Where ``lead`` leads from here; ``say`` is said there after the lead's own."""
        first = (Phrase(lead.say),) if lead.say else ()
        return replace(
            self,
            page=lead.to,
            kept={**self.kept, **lead.keep},
            say=first + say,
            part=0,
            did=lead.did,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Deed:
    """What the shell is asked to do for the caller; the answer is a ``Done``."""

    name: str
    typed: str
    kept: Mapping[str, str]
    wrong_codes: int


#: How values of a phrase are kept that JSON has no word for.
_KEPT: Mapping[str, Any] = {
    "kind": Kind,
    "at": datetime.fromisoformat,
    "day": date.fromisoformat,
}


def _phrase_to_json(phrase: Phrase) -> list[Any]:
    return [phrase.key, {name: _value_to_json(v) for name, v in phrase.values.items()}]


def _value_to_json(value: object) -> Any:
    if isinstance(value, Kind):
        return {"kind": value.value}
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    return {"day": value.isoformat()} if isinstance(value, date) else value


def _phrase_from_json(body: Any) -> Phrase:
    key, values = body
    return Phrase(key, {name: _value_from_json(value) for name, value in values.items()})


def _value_from_json(value: Any) -> object:
    if not isinstance(value, dict):
        return value
    ((name, kept),) = value.items()
    return _KEPT[name](kept)

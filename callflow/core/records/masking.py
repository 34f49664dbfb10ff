"""Third persons' data in what is handed over: who is masked for whom, and how. Pure.

Masked is who is not of the requester's scope: their names and their numbers, however they are
written, wherever they stand, by a label that stays the same (*[contact 1]*), so that a timeline can
still be read. A number that nobody is known to have is masked too, where others are.

Free texts may name somebody whom the station does not know: what else is to be masked is said in
words by whoever makes the file (``words``).
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum, StrEnum
from typing import Any, TypeVar

from callflow.core.folding import folded
from callflow.core.records.erasure import Person, Wording


class Requester(StrEnum):
    """Who asks for an evidence file."""

    POLICE = "police"  # a requisition (code de procédure pénale, 60-1, 77-1-1, 99-3)
    PREFECT = "prefect"  # the hearing about a call to the police (CSI L613-6)
    COURT = "court"  # a judge, civil or criminal
    INSURER = "insurer"  # the client's


class Third(StrEnum):
    """Whose data it may be, beside the client's own."""

    CONTACTS = "contacts"  # people who are called at the site
    STAFF = "staff"  # the station's
    MEMBERS = "members"  # people of guards' and maintenance firms
    SERVICES = "services"  # reserved numbers of services (CSI R617-3)
    OTHERS = "others"  # numbers that nobody is known to have


#: Whose data who asks sees by rule; what else is shown, a supervisor chose. Other sites, nobody's.
SEES: Mapping[Requester, frozenset[Third]] = {
    Requester.POLICE: frozenset(Third),
    # Whom the station called is what it proves; who works there is not.
    Requester.PREFECT: frozenset({Third.CONTACTS, Third.SERVICES}),
    Requester.COURT: frozenset(Third) - {Third.SERVICES},
    Requester.INSURER: frozenset(),
}
#: Who gets images by rule: a camera shows whoever walks by. An insurer asks a court for them.
SEES_IMAGES = frozenset({Requester.POLICE, Requester.PREFECT, Requester.COURT})

#: What stands where a third person stood, by whose data it was.
_LABELS: Mapping[Third, str] = {
    Third.CONTACTS: "contact",
    Third.STAFF: "opérateur",
    Third.MEMBERS: "agent",
    Third.SERVICES: "service",
    Third.OTHERS: "numéro",
}
MASKED = "[masqué]"
OTHER_SITE = "[autre site]"

#: What reads as a telephone number: with its country, or French with its 0.
_GAP = r"[\s.\-/\u00a0\u202f]?"
_NUMBER = re.compile(
    rf"(?<![\w+])(?:\+|00)[1-9](?:{_GAP}\d|{_GAP}\(0\)){{6,14}}(?!\w)"
    rf"|(?<![\w+])0[1-9](?:{_GAP}\d{{2}}){{4}}(?!\w)"
)
_LAST = 9  # digits that two writings of one number have in common


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody, or a service, that may be named."""

    whose: Third
    person: Person


@dataclass(frozen=True, slots=True)
class Scope:
    """What a file shows: whose data, and what else is masked. ``elsewhere``: names of other sites
    that are told of; ``ours``: numbers that are no third person's."""

    shown: frozenset[Third]
    known: tuple[Known, ...] = ()
    ours: frozenset[str] = frozenset()
    elsewhere: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


def shown_to(requester: Requester, also: Iterable[Third] = ()) -> frozenset[Third]:
    """Whose data they see: by rule, and by choice."""
    return SEES[requester] | frozenset(also)


V = TypeVar("V")
#: From where to where in a text, and what stands there instead.
Span = tuple[int, int, str]


class Masking:
    """Masks texts and values, always alike."""

    def __init__(self, scope: Scope) -> None:
        self._shown = scope.shown
        self._labels: dict[str, str] = {}
        self._wordings = [
            (person.at_home, self._label(whose, person.id or person.name))
            for whose, person in ((known.whose, known.person) for known in scope.known)
            if whose not in scope.shown
        ]
        self._wordings += [
            (_wording(word), label)
            for words, label in ((scope.elsewhere, OTHER_SITE), (scope.words, MASKED))
            for word in words
            if word.strip()
        ]
        shown = (known.person.numbers for known in scope.known if known.whose in scope.shown)
        self._open = {_last(number) for some in (scope.ours, *shown) for number in some}

    def _label(self, whose: Third, key: str) -> str:
        key = f"{whose}\0{key}"
        if key not in self._labels:
            count = sum(1 for known in self._labels if known.startswith(f"{whose}\0"))
            self._labels[key] = f"[{_LABELS[whose]} {count + 1}]"
        return self._labels[key]

    def text(self, text: str) -> str:
        """``text`` without third persons; the very same where there are none."""
        if not text:
            return text
        spans = sorted(self._named(text), key=lambda span: (span[0], -span[1]))
        spans = sorted([*spans, *self._numbers(text, spans)])
        if not spans:
            return text
        text, said, end = unicodedata.normalize("NFC", text), [], 0
        for begin, after, label in spans:
            if begin >= end:
                said += [text[end:begin], label]
            end = max(end, after)
        return "".join([*said, text[end:]])

    def _named(self, text: str) -> Iterator[Span]:
        for wording, label in self._wordings:
            for begin, end in wording.spans(text):
                yield begin, end, label

    def _numbers(self, text: str, named: Sequence[Span]) -> Iterator[Span]:
        """Those that nobody is known to have."""
        if Third.OTHERS in self._shown:
            return
        for match in _NUMBER.finditer(folded(text)):
            begin, end = match.span()
            known = any(one[0] < end and begin < one[1] for one in named)
            if not known and _last(match[0]) not in self._open:
                yield begin, end, self._label(Third.OTHERS, _last(match[0]))

    def value(self, value: V) -> V:
        """A value of JSON, or of frozen dataclasses, with each text of it masked; the very same
        where there is nothing to mask."""
        made: V = _walked(value, self.text)
        return made


def _walked(value: Any, text: Callable[[str], str]) -> Any:
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Mapping):
        return {_walked(key, text): _walked(inner, text) for key, inner in value.items()}
    if isinstance(value, tuple | list | set | frozenset):
        made = type(value)
        return made(_walked(inner, text) for inner in value)
    if is_dataclass(value) and not isinstance(value, type):
        inner = {f.name: _walked(getattr(value, f.name), text) for f in fields(value) if f.init}
        return replace(value, **inner)
    return value


def _last(number: str) -> str:
    return "".join(filter(str.isdigit, number))[-_LAST:]


def _wording(word: str) -> Wording:
    """However its words are set apart."""
    parts = [re.escape(part) for part in re.findall(r"\w+", folded(word))]
    spaced = r"[\W_]+".join(parts)
    return Wording([rf"(?<!\w){spaced}(?!\w)"] if parts else [])


def values_of(value: Any, names: Sequence[str] = (), *, named: bool = False) -> Iterator[str]:
    """The texts in a value of JSON; with ``names``, those alone that stand under one of them."""
    if isinstance(value, str):
        if named or not names:
            yield value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from values_of(inner, names, named=named or name in names)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from values_of(inner, names, named=named)

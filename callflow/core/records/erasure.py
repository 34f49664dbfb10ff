"""A person taken out of what was written (GDPR, art. 15 and 17). Pure: texts and JSON in and out.

A name stands in texts as people type it: in capitals, without accents, as a surname alone. So the
whole name, the numbers and the addresses are looked for everywhere, and the parts of the name only
where it is about the person: at their sites. Better a word too many is gone there than one too few.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import phonenumbers

from callflow.core.folding import folded

#: What stands where a person stood.
GONE = "[effacé]"

#: Parts of a name that are nobody's.
_NO_NAMES = frozenset(
    "les des der van von mme mlle monsieur madame mademoiselle docteur maitre mrs miss".split()
)
#: How JSON and an address of the web write what is no ASCII.
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})|%([0-9a-fA-F]{2})")
_SHORTEST = 3  # letters of a part that is looked for alone
_APART = r"[\s.\-/()\u00a0\u202f]*"
#: What stands alone in every text that names somebody; the last digits of a number, so many.
_TOKEN, _NO_DIGITS, _LAST = re.compile(r"[^\W_]+"), re.compile(r"[^0-9]+"), 6


@dataclass(frozen=True, slots=True)
class Erasure:
    """Somebody is being taken out of what was written; ``id`` stands where theirs stood. Times are
    UTC."""

    id: str
    begun_at: datetime
    begun_by: str
    reason: str
    person: bytes | None  # whom to look for, encrypted; None once it is done
    sites: tuple[str, ...]  # where they had a part
    calls: tuple[str, ...]  # whose recordings go, and names of what was said
    paths: tuple[str, ...]  # in the recordings folder, of any node
    position: tuple[Any, ...]  # [table, *key]: where the sweep goes on
    found: bool  # somebody in this round: then there is another
    rows: int  # changed so far
    entries: int  # of the logbook among them
    nodes: tuple[str, ...]  # that let go of their files
    swept_at: datetime | None = None
    done_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Person:
    """Whom to look for. ``numbers``: E.164; ``others``: mail addresses and keys that name them;
    ``here``: what names them at their sites alone, such as an address.

    ``namesake``: somebody else has the same name, so that it tells nothing away from their sites;
    nor does a name of one word, such as "Anne", which is part of other people's.
    """

    id: str
    name: str
    numbers: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    here: tuple[str, ...] = ()
    namesake: bool = False

    @cached_property
    def anywhere(self) -> Wording:
        """What is theirs wherever it stands."""
        common = self.namesake or len(_words(self.name)) < 2
        names = [] if common else [_spaced(self.name)]
        return Wording([*map(_written, self.numbers), *map(_whole, self.others), *names])

    @cached_property
    def at_home(self) -> Wording:
        """What is theirs at their sites."""
        parts = [_whole(part) for part in (*self.here, *_parts(self.name))]
        numbers, others = map(_written, self.numbers), map(_whole, self.others)
        return Wording([*numbers, *others, _spaced(self.name), *parts])


def ways_of(address: str) -> Iterator[str]:
    """An address as people write of it: whole, and its street without the number."""
    if address:
        yield address
    for part in address.split(","):
        street = re.sub(r"^\W*\d+\s*(?:bis|ter|quater|[a-dA-D])?\b\W*", "", part.strip())
        if " " in street:  # not a town alone, which is said of many
            yield street


class Wording:
    """Every way in which somebody may be written."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._pattern = re.compile("|".join(patterns) or r"(?!)")

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """From where to where somebody is written in ``text``."""
        for match in self._pattern.finditer(folded(text)):
            yield match.span()

    def covered(self, line: bytes) -> bytes:
        """A line of a log in as many bytes: stars instead of all of it, where they are in it."""
        if not any(self._pattern.search(folded(each)) for each in read_line(line)):
            return line
        end = line[len(line.rstrip(b"\r\n")) :]
        return b"*" * (len(line) - len(end)) + end

    def without(self, text: str) -> str:
        """``text``, with what is gone where they were written."""
        if not self._pattern.search(folded(text)):
            return text
        said, end = [], 0
        text = unicodedata.normalize("NFC", text)
        for begin, after in self.spans(text):
            said += [text[end:begin], GONE]
            end = after
        return "".join([*said, text[end:]])

    def taken_out(self, value: Any) -> Any:
        """``value`` of JSON, keys included."""
        if isinstance(value, str):
            return self.without(value)
        if isinstance(value, Mapping):
            return {self.without(str(k)): self.taken_out(v) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return [self.taken_out(one) for one in value]
        return value


class Likely:
    """Whom of several people a text may name: found in one go for all, and nobody is missed.

    A text names somebody only with a word of theirs, or with the digits of a number, and words and
    digits are looked up.
    """

    def __init__(self, people: Sequence[Person]) -> None:
        self._by_word: defaultdict[str, set[int]] = defaultdict(set)
        self._by_digits: defaultdict[str, set[int]] = defaultdict(set)
        self._always: set[int] = set()
        for place, person in enumerate(people):
            for number in person.numbers:
                digits = _national(number)
                if digits is None:
                    self._by_a_word(number, place)
                elif len(digits) < _LAST:
                    self._always.add(place)
                else:
                    self._by_digits[digits[-_LAST:]].add(place)
            names = _parts(person.name) or _words(person.name)[:1]
            for text in (person.id, *person.others, *person.here, *names):
                self._by_a_word(text, place)

    def _by_a_word(self, text: str, place: int) -> None:
        """The longest: it is the rarest."""
        word = max(_TOKEN.findall(folded(text)), key=len, default="")
        (self._by_word[word] if word else self._always).add(place)

    def of(self, text: str) -> set[int]:
        """Their places among the people."""
        text = folded(text)
        found = set(self._always)
        for word in self._by_word.keys() & set(_TOKEN.findall(text)):
            found |= self._by_word[word]
        digits = _NO_DIGITS.sub("", text)
        for begin in range(len(digits) - _LAST + 1):
            found |= self._by_digits.get(digits[begin : begin + _LAST], set())
        return found


def read_line(line: bytes) -> tuple[str, str]:
    """A line of a log, as it is and with its escapes read."""
    text = line.decode(errors="replace")
    return text, _ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16)), text)


def texts_in(value: Any) -> Iterator[str]:
    """The texts in a value of JSON, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from texts_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts_in(inner)


def _words(name: str) -> list[str]:
    return re.findall(r"\w+", folded(name))


def _parts(name: str) -> list[str]:
    return [w for w in _words(name) if len(w) >= _SHORTEST and w not in _NO_NAMES]


def _spaced(name: str) -> str:
    """The whole name, however its words are set apart, the last word first as well."""
    words = [re.escape(word) for word in _words(name)]
    if not words:
        return r"(?!)"
    orders = {tuple(words), (*words[-1:], *words[:-1])}
    ways = (r"[\W_]+".join(order) for order in sorted(orders))
    return rf"(?<!\w)(?:{'|'.join(ways)})(?!\w)"


def _whole(text: str) -> str:
    return rf"(?<!\w){re.escape(folded(text))}(?!\w)"


def _written(number: str) -> str:
    """A number as people and machines write it: with its country or a 0, with or without gaps."""
    national = _national(number)
    if national is None:
        return _whole(number)
    country = _APART.join(str(phonenumbers.parse(number).country_code))
    ahead = rf"(?:(?:(?:\+|00){_APART})?{country}{_APART}(?:\(?0\)?)?|0)?"
    return rf"(?<!\d){ahead}{_APART.join(national)}(?!\d)"


def _national(number: str) -> str | None:
    """The digits of a number without its country; None: it is none."""
    try:
        return phonenumbers.national_significant_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return None

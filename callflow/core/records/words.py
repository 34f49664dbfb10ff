"""The words of the logbook as they are looked for: without accents, capitals, plurals. Pure.

An entry becomes tokens: its words in their order, then marks that no word can be: each number of a
telephone (``n:``), its site (``s:``), each word of its author's name (``w:``), its kind (``k:``).
Both databases index these tokens and nothing else of it, so both find the same. What is asked for
becomes tokens by the same rules, and an entry can be held against it without any index.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from callflow.core.folding import folded
from callflow.core.records.logbook import COVERED, MACHINE, Entry

#: A word, a mark, or a phrase: tokens that stand side by side.
Phrase = tuple[str, ...]
#: Phrases of which each must be there.
Way = tuple[Phrase, ...]
#: Ways of which one is enough.
Clause = tuple[Way, ...]

_WORD = re.compile(r"[^\W_]+")
#: What may be a telephone's number, as people and panels write it.
_NUMBER = re.compile(r"(?<!\w)(?:\+|00)?\d(?:[ .()-]{0,2}\d){8,17}(?!\w)")
_QUOTED = re.compile(r'"([^"]*)"|«([^»]*)»|“([^”]*)”')
#: Longer ones are hashes and ids.
_LONGEST = 32
#: Tokens of one entry; a note has fewer than a thousand words.
_MOST = 4000
#: Digits by which a number is known: those of a French one at home and abroad.
_OF_NUMBER = 9
#: The mark of what people did.
BY_PEOPLE = "p:"


def words_in(text: str) -> list[str]:
    """The words of a text, each as it is compared: *Alarmes* and *alarme* are one word."""
    return [_stem(word) for word in _WORD.findall(folded(text)) if _counts(word)]


def _counts(word: str) -> bool:
    """False of an elided article and of what nobody types."""
    return len(word) <= _LONGEST and (len(word) > 1 or word.isdigit() or not word.isascii())


def _stem(word: str) -> str:
    """Without what a plural or a feminine adds: *inondées*, *inondé* and *inonde* are one."""
    if len(word) < 4 or not word.isalpha():
        return word
    return word.rstrip("sx").rstrip("e") or word


def numbers_in(text: str) -> list[str]:
    """The marks of the telephone numbers of a text."""
    if not any(letter.isdigit() for letter in text):
        return []
    return [_number(said) for said in _NUMBER.findall(text)]


def _number(said: str) -> str:
    return "n:" + "".join(filter(str.isdigit, said))[-_OF_NUMBER:]


def of_site(site: str) -> str:
    """The mark of a site's entries."""
    return "s:" + hashlib.blake2s(site.encode(), digest_size=6).hexdigest()


def of_kind(kind: str) -> str:
    """The mark of a kind's entries."""
    return "k:" + kind.replace("_", "").lower()


def tokens_of(entry: Entry, heard: str = "") -> list[str]:
    """An entry's tokens, with what a machine ``heard`` in the voice that it tells of; none of what
    is left of one that was covered."""
    if entry.kind == COVERED:
        return []
    tokens = words_in(f"{entry.text} {heard}")
    tokens += dict.fromkeys(numbers_in(f"{entry.text} {heard}"))
    tokens.append(of_kind(entry.kind))
    if entry.site is not None:
        tokens.append(of_site(entry.site))
    if entry.who != MACHINE:
        tokens += [BY_PEOPLE, *(f"w:{word}" for word in words_in(entry.who))]
    return tokens[:_MOST]


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for: of each of ``clauses`` one way must be there. None: every entry."""

    clauses: tuple[Clause, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.clauses)

    def is_in(self, entry: Entry, heard: str = "") -> bool:
        """True where an entry has all of it."""
        said = f" {' '.join(tokens_of(entry, heard))} "
        return all(
            any(all(f" {' '.join(phrase)} " in said for phrase in way) for way in clause)
            for clause in self.clauses
        )


#: Found in no entry: what was asked for has no word in it.
NOTHING = Sought(clauses=((((("x:",),)),),))


def sought(
    text: str = "",
    *,
    sites: Iterable[str] = (),
    kinds: Iterable[str] = (),
    person: str = "",
    numbers: Sequence[str] = (),
    people: bool = False,
) -> Sought:
    """What somebody typed ("…" is a phrase), of one of ``sites``, of one of ``kinds``, by or about
    a ``person`` who may have ``numbers``; ``people``: of what people did."""
    clauses = _clauses(text)
    if not clauses and text.strip():
        return NOTHING
    for marks in ([of_kind(kind) for kind in kinds], [of_site(site) for site in sites]):
        if marks:
            clauses.append(tuple(((mark,),) for mark in dict.fromkeys(marks)))
    if person.strip():
        if not (named := words_in(person)):
            return NOTHING
        ways: list[Way] = [tuple((f"w:{word}",) for word in named), tuple((w,) for w in named)]
        ways += [((mark,),) for number in numbers for mark in numbers_in(number)]
        clauses.append(tuple(dict.fromkeys(ways)))
    if people:
        clauses.append((((BY_PEOPLE,),),))
    return Sought(tuple(clauses))


def _clauses(text: str) -> list[Clause]:
    """Of each word, phrase and number that was typed."""
    clauses: list[Clause] = []
    for quoted in _QUOTED.finditer(text):
        phrase = tuple(words_in("".join(part or "" for part in quoted.groups())))
        if phrase:
            clauses.append(((phrase,),))
    plain = _QUOTED.sub(" ", text)
    for said in _NUMBER.finditer(plain):
        digits = tuple((word,) for word in words_in(said[0]))
        clauses.append((((_number(said[0]),),), digits))
    clauses += [(((word,),),) for word in words_in(_NUMBER.sub(" ", plain))]
    return list(dict.fromkeys(clauses))

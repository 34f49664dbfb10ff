"""Whatever is done to the rows behind its back, the logbook's verification finds it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from callflow import logbook
from callflow.logbook import GENESIS, Draft, Entry, Head, Seal

AT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


def mac(text: str) -> str:
    return hashlib.sha256(f"a key that is not in the database{text}".encode()).hexdigest()


def forged(text: str) -> str:
    return hashlib.sha256(f"a key of the forger's{text}".encode()).hexdigest()


@dataclass
class Book:
    """Two incidents of four entries each and a day, sealed after each round."""

    entries: list[Entry]
    heads: list[Head]
    seals: list[Seal]

    def faults(self) -> list[str]:
        rows = sorted(self.entries, key=lambda e: (e.chain, e.seq))
        found = logbook.verify(rows, self.heads, self.seals, mac)
        return [f"{f.chain} {f.seq}: {f.what}" for f in found]

    def where(self, chain: str, seq: int) -> int:
        return next(
            i for i, e in enumerate(self.entries) if (e.chain, e.seq) == (f"incident:{chain}", seq)
        )

    def change(self, chain: str, seq: int, /, **values: object) -> None:
        i = self.where(chain, seq)
        self.entries[i] = replace(self.entries[i], **values)  # type: ignore[arg-type]


def a_book() -> Book:
    book = Book([], [], [])
    heads: dict[str, tuple[int, str]] = {}
    for round_ in range(4):
        touched = []
        for incident in ("a", "b", None):
            at = AT + timedelta(minutes=round_)
            draft = Draft(at=at, kind="note", text=f"é{round_}", incident=incident, data={"n": 1.5})
            seq, previous = heads.get(draft.chain, (0, GENESIS))
            entry = logbook.chain_entry(
                draft, id=f"{draft.chain}/{seq + 1}", seq=seq + 1, previous=previous
            )
            book.entries.append(entry)
            heads[draft.chain] = (entry.seq, entry.hash)
            touched.append((draft.chain, entry.seq, entry.hash))
        last = book.seals[-1].mac if book.seals else ""
        seal = mac(logbook.seal_content(AT, touched, last))
        book.seals.append(Seal(number=round_ + 1, at=AT, heads=tuple(touched), mac=seal))
    book.heads = [
        Head(chain=chain, seq=seq, hash=hash_, mac=mac(logbook.head_content(chain, seq, hash_)))
        for chain, (seq, hash_) in heads.items()
    ]
    return book


def cut_head(book: Book) -> None:
    book.heads = [head for head in book.heads if head.chain != "incident:a"]


def cut_tail(book: Book) -> None:
    del book.entries[book.where("a", 4)]


def cut_tail_and_head(book: Book) -> None:
    cut_tail(book)
    entry = book.entries[book.where("a", 3)]
    own = mac(logbook.head_content(entry.chain, 3, entry.hash))  # an old head, kept and put back
    cut_head(book)
    book.heads.append(Head(chain=entry.chain, seq=3, hash=entry.hash, mac=own))


def cut_whole_chain(book: Book) -> None:
    book.entries = [entry for entry in book.entries if entry.chain != "incident:a"]
    cut_head(book)


def swap(book: Book) -> None:
    book.change("a", 2, seq=99)
    book.change("a", 3, seq=2)
    book.change("a", 99, seq=3)


def swap_texts(book: Book) -> None:
    book.change("a", 2, text="é2")
    book.change("a", 3, text="é1")


def add_behind_the_head(book: Book) -> None:
    last = book.entries[book.where("a", 4)]
    draft = Draft(at=AT, kind="note", text="later", incident="a")
    book.entries.append(logbook.chain_entry(draft, id="x", seq=5, previous=last.hash))


def rewrite(book: Book, key: Callable[[str], str] = forged) -> None:
    """As a person with the database and the program, but without the key, would."""
    previous = GENESIS
    for seq in range(1, 5):
        i = book.where("a", seq)
        entry = replace(book.entries[i], text="never happened", previous=previous)
        book.entries[i] = replace(entry, hash=logbook.entry_hash(entry))
        previous = book.entries[i].hash
    cut_head(book)
    content = logbook.head_content("incident:a", 4, previous)
    book.heads.append(Head(chain="incident:a", seq=4, hash=previous, mac=key(content)))


def change_and_rehash(book: Book) -> None:
    entry = replace(book.entries[book.where("a", 2)], text="never happened")
    book.change("a", 2, text="never happened", hash=logbook.entry_hash(entry))


def move_to_another_chain(book: Book) -> None:
    book.change("a", 4, chain="incident:b", seq=5)


TAMPERING: dict[str, tuple[Callable[[Book], object], str]] = {
    "a text changed": (lambda b: b.change("a", 2, text="nothing"), "incident:a 2: changed"),
    "a time changed": (
        lambda b: b.change("a", 2, at=AT - timedelta(seconds=1)),
        "incident:a 2: changed",
    ),
    "an author changed": (lambda b: b.change("a", 2, who="bob"), "incident:a 2: changed"),
    "a figure changed": (lambda b: b.change("a", 2, data={"n": 2}), "incident:a 2: changed"),
    "changed and hashed anew": (change_and_rehash, "incident:a 3: does not follow"),
    "the first missing": (lambda b: b.entries.pop(b.where("a", 1)), "incident:a 2: missing before"),
    "one missing": (lambda b: b.entries.pop(b.where("a", 2)), "incident:a 3: missing before"),
    "doubled": (lambda b: b.entries.append(b.entries[b.where("a", 2)]), "incident:a 2: doubled"),
    "swapped": (swap, "incident:a 2: does not follow"),
    "texts swapped": (swap_texts, "incident:a 2: changed"),
    "the tail cut": (cut_tail, "incident:a 4: cut or rewritten"),
    "the tail cut, an old head put back": (cut_tail_and_head, "incident:a 4: not what was sealed"),
    "the head cut": (cut_head, "incident:a 0: a chain without a head"),
    "a whole chain cut": (cut_whole_chain, "incident:a 1: not what was sealed"),
    "added behind the head": (add_behind_the_head, "incident:a 4: entries were added behind"),
    "a chain rewritten": (rewrite, "incident:a 4: the chain's head is not ours"),
    "rewritten by who has the key": (
        lambda b: rewrite(b, mac),
        "incident:a 1: not what was sealed",
    ),
    "moved to another chain": (move_to_another_chain, "incident:a 4: cut or rewritten"),
    "a seal altered": (
        lambda b: b.seals.__setitem__(1, replace(b.seals[1], heads=())),
        "seals 2: a seal was altered",
    ),
    "a seal missing": (lambda b: b.seals.pop(1), "seals 3: a seal was altered"),
    "seals swapped": (lambda b: b.seals.reverse(), "seals 4: a seal was altered"),
}


def test_an_untouched_logbook_is_clean() -> None:
    assert a_book().faults() == []


@pytest.mark.parametrize("how", TAMPERING)
def test_tampering_is_found(how: str) -> None:
    tamper, expected = TAMPERING[how]
    book = a_book()
    tamper(book)
    assert any(fault.startswith(expected) for fault in book.faults()), book.faults()


def test_what_was_not_touched_is_not_accused() -> None:
    book = a_book()
    book.change("a", 2, text="nothing")
    assert book.faults() == ["incident:a 2: changed"]


def test_an_entry_of_an_incident_has_its_chain_and_the_rest_one_a_day() -> None:
    assert Draft(at=AT, kind="note", text="", incident="a").chain == "incident:a"
    assert Draft(at=AT, kind="note", text="", site="1001").chain == "day:2026-11-25"


# --- a person erased from it ----------------------------------------------------------------------


def a_book_erased_from(*, told: bool = True) -> Book:
    """The second entry of incident a has other words, as the first of another chain says."""
    book = a_book()
    book.change("a", 2, text="gone", salt="")
    if told:
        left = book.entries[book.where("a", 2)]
        data = {"entries": {left.id: [left.hash, logbook.entry_hash(left)]}}
        draft = Draft(at=AT, kind=logbook.ERASED, text="", incident="z", data=data)
        entry = logbook.chain_entry(draft, id="z1", seq=1, previous=GENESIS)
        book.entries.append(entry)
        own = mac(logbook.head_content(entry.chain, 1, entry.hash))
        book.heads.append(Head(chain=entry.chain, seq=1, hash=entry.hash, mac=own))
    return book


def test_an_entry_that_a_person_was_erased_from_is_whole() -> None:
    assert a_book_erased_from().faults() == []


@pytest.mark.parametrize(
    "changed", [{"text": "other"}, {"who": "bob"}, {"data": {}}, {"at": AT + timedelta(days=1)}]
)
def test_what_is_left_of_it_is_as_safe_as_it_was(changed: dict[str, object]) -> None:
    book = a_book_erased_from()
    book.change("a", 2, **changed)
    assert book.faults() == ["incident:a 2: changed"]


def test_an_erasure_that_nobody_told_is_a_change() -> None:
    assert a_book_erased_from(told=False).faults() == ["incident:a 2: changed"]


def test_an_erasure_that_was_forged_is_none() -> None:
    book = a_book_erased_from()
    book.change("z", 1, text="forged")
    assert book.faults() == ["incident:a 2: changed", "incident:z 1: changed"]


def test_a_salt_goes_into_the_hash() -> None:
    draft = Draft(at=AT, kind="note", text="+33639980361")
    one, two = (
        logbook.chain_entry(draft, id="x", seq=1, previous=GENESIS, salt=s) for s in ("", "a")
    )
    assert one.hash != two.hash

"""Whatever is done to the rows behind its back, the logbook's verification finds it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from callflow.core.records import logbook
from callflow.core.records.logbook import BROKEN, GENESIS, Anchor, Draft, Entry, Head, Seal
from callflow.core.records.verification import verify
from callflow.core.time.instants import to_iso

AT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


def mac(text: str) -> str:
    return hashlib.sha256(f"a key that is not in the database{text}".encode()).hexdigest()


def forged(text: str) -> str:
    return hashlib.sha256(f"a key of the forger's{text}".encode()).hexdigest()


def chained(draft: Draft, **where: Any) -> Entry:
    return Entry(**logbook.chained(draft, mac=mac, **{"salt": "", **where}))


def a_head(
    chain: str, seq: int, hash_: str, key: Callable[[str], str] = mac, *, sealed: bool = False
) -> Head:
    head = Head(chain=chain, seq=seq, hash=hash_, sealed=sealed)
    return replace(head, mac=logbook.head_mac(head, key))


@dataclass
class Book:
    """Two incidents of four entries each and a day, sealed after each round."""

    entries: list[Entry]
    heads: list[Head]
    seals: list[Seal]
    anchors: list[Anchor] = field(default_factory=list)

    def faults(self) -> list[str]:
        rows = sorted(self.entries, key=lambda e: (e.chain, e.seq))
        found = verify(rows, self.heads, self.seals, mac, self.anchors)
        return [f"{f.chain} {f.seq}: {f.what}" for f in found.faults]

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
            entry = chained(
                draft,
                number=len(book.entries) + 1,
                id=f"{draft.chain}/{seq + 1}",
                seq=seq + 1,
                previous=previous,
            )
            book.entries.append(entry)
            heads[draft.chain] = (entry.seq, entry.hash)
            touched.append((draft.chain, entry.seq, entry.hash))
        last = book.seals[-1].mac if book.seals else ""
        seal = mac(logbook.seal_content(round_ + 1, AT, touched, last))
        book.seals.append(Seal(number=round_ + 1, at=AT, heads=tuple(touched), mac=seal))
    book.heads = [a_head(chain, seq, hash_, sealed=True) for chain, (seq, hash_) in heads.items()]
    book.anchors = [Anchor(4, book.seals[-1].mac)]
    return book


def cut_head(book: Book) -> None:
    book.heads = [head for head in book.heads if head.chain != "incident:a"]


def cut_tail(book: Book) -> None:
    del book.entries[book.where("a", 4)]


def cut_tail_and_head(book: Book) -> None:
    cut_tail(book)
    entry = book.entries[book.where("a", 3)]
    cut_head(book)
    book.heads.append(a_head(entry.chain, 3, entry.hash))  # an old head, kept and put back


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
    book.entries.append(chained(draft, number=13, id="x", seq=5, previous=last.hash))


def rewrite(book: Book, key: Callable[[str], str] = forged) -> None:
    """As a person with the database and the program, but without the key, would."""
    previous = GENESIS
    for seq in range(1, 5):
        i = book.where("a", seq)
        entry = replace(book.entries[i], text="never happened", previous=previous)
        book.entries[i] = replace(entry, hash=logbook.entry_hash(entry))
        previous = book.entries[i].hash
    cut_head(book)
    book.heads.append(a_head("incident:a", 4, previous, key, sealed=True))


def swap_numbers(book: Book) -> None:
    one, other = book.entries[book.where("a", 2)], book.entries[book.where("b", 2)]
    book.change("a", 2, number=other.number)
    book.change("b", 2, number=one.number)


def renumber_seals(book: Book) -> None:
    book.seals = [replace(seal, number=seal.number + 1) for seal in book.seals]


def bring_back_the_second_round(book: Book) -> None:
    """All as it was then, and whole."""
    book.entries = [entry for entry in book.entries if entry.seq <= 2]
    del book.seals[2:]
    last = {entry.chain: entry for entry in book.entries if entry.seq == 2}
    book.heads = [a_head(e.chain, 2, e.hash, sealed=True) for e in last.values()]


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
    "a seal missing": (lambda b: b.seals.pop(1), "seals 3: a seal is missing before this one"),
    "seals swapped": (lambda b: b.seals.reverse(), "seals 4: a seal is missing before this one"),
    "seals renumbered": (renumber_seals, "seals 2: a seal is missing before this one"),
    "numbers swapped": (swap_numbers, "incident:a 2: changed"),
    "renumbered as before there were numbers": (
        lambda b: b.change("a", 2, number=99, mac=None),
        "incident:a 2: changed",
    ),
    "the end cut, its seals and heads with it": (
        bring_back_the_second_round,
        "seals 4: the seal that is remembered outside the database is not there",
    ),
    "a head said to be sealed no more": (
        lambda b: b.heads.__setitem__(0, replace(b.heads[0], sealed=False)),
        "incident:a 4: the chain's head is not ours",
    ),
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
        put(book, Draft(at=AT, kind=logbook.ERASED, text="", incident="z", data=data))
    return book


def put(book: Book, draft: Draft, *, key: Callable[[str], str] = mac) -> Entry:
    """The first of a chain, which nobody has sealed yet."""
    number = len(book.entries) + 1
    entry = chained(draft, number=number, id=f"z{number}", seq=1, previous=GENESIS)
    entry = replace(entry, mac=key(f"entry\0{entry.hash}"))
    book.entries.append(entry)
    book.heads.append(a_head(entry.chain, 1, entry.hash))
    return entry


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
    assert sorted(book.faults()) == ["incident:a 2: changed", "incident:z 1: changed"]


def test_an_erasure_without_the_stations_mac_is_none() -> None:
    """Its chain may be whole: somebody had the head signed by who went on from it."""
    book = a_book_erased_from()
    (i,) = (i for i, entry in enumerate(book.entries) if entry.kind == logbook.ERASED)
    for own in ("", forged(f"entry\0{book.entries[i].hash}")):
        book.entries[i] = replace(book.entries[i], mac=own)
        assert sorted(book.faults()) == [
            "incident:a 2: changed",
            "incident:z 1: tells of erased ones, and is not ours: not believed",
        ]


def test_what_was_erased_does_not_come_back() -> None:
    book = a_book_erased_from()
    whole = a_book()
    book.entries[book.where("a", 2)] = whole.entries[whole.where("a", 2)]
    assert book.faults() == ["incident:a 2: what was taken out of it is back"]


def test_what_was_left_of_an_entry_before_more_was_taken_out_does_not_come_back() -> None:
    book = a_book_erased_from()
    before = book.entries[book.where("a", 2)]
    left = replace(before, text="gone, all of it")
    data = {"entries": {left.id: [left.hash, logbook.entry_hash(left)]}}
    put(book, Draft(at=AT, kind=logbook.ERASED, text="", incident="y", data=data))
    book.entries[book.where("a", 2)] = left
    assert book.faults() == []
    book.entries[book.where("a", 2)] = before
    assert book.faults() == ["incident:a 2: changed"]


@pytest.mark.parametrize("key", [mac, forged])
def test_a_purge_is_believed_with_the_stations_mac_only(key: Callable[[str], str]) -> None:
    book = a_book()
    put(book, Draft(at=AT, kind="purged", text="", incident="z", data={"calls": ["c"]}), key=key)
    rows = sorted(book.entries, key=lambda e: (e.chain, e.seq))
    purged = verify(rows, book.heads, book.seals, mac).purged["calls"]
    assert (purged, book.faults() == []) == (({"c"}, True) if key is mac else (set(), False))


# --- what follows a head that is not ours ---------------------------------------------------------


def test_what_is_told_after_a_forged_head_shows_it_for_ever() -> None:
    book = a_book()
    rewrite(book)
    (head,) = (head for head in book.heads if head.chain == "incident:a")
    assert logbook.continued(head, mac) is None
    seq, previous = logbook.broken(head)
    assert (seq, previous) == (4, BROKEN)
    draft = Draft(at=AT, kind="note", text="honest", incident="a")
    entry = chained(draft, number=13, id="h", seq=seq + 1, previous=previous)
    book.entries.append(entry)
    cut_head(book)
    book.heads.append(a_head(entry.chain, 5, entry.hash))
    broken = "incident:a 5: the chain was broken here: the head before it was not ours"
    assert broken in book.faults()
    draft = Draft(at=AT, kind="note", text="and on", incident="a")
    seq, previous = logbook.continued(book.heads[-1], mac) or (0, "")
    book.entries.append(chained(draft, number=14, id="i", seq=seq + 1, previous=previous))
    assert broken in book.faults()


@pytest.mark.parametrize("seq", ["x", -1, 2**31 - 1, None])
def test_a_head_of_nonsense_stops_nothing(seq: Any) -> None:
    assert logbook.broken(Head(chain="incident:a", seq=seq, hash="", mac="")) == (0, BROKEN)


# --- what is older than numbers -------------------------------------------------------------------


def an_old_book(*, vouched: bool = True) -> Book:
    """As an earlier version left it: no number in the hashes, none in the seals, and no MAC."""
    book = a_book()
    previous = dict.fromkeys([head.chain for head in book.heads], GENESIS)
    for i, entry in enumerate(book.entries):
        kept = replace(entry, mac=None, previous=previous[entry.chain])
        book.entries[i] = kept = replace(kept, hash=logbook.entry_hash(kept))
        previous[entry.chain] = kept.hash
    rows = {(entry.chain, entry.seq): entry.hash for entry in book.entries}
    last = ""
    for i, seal in enumerate(book.seals):
        heads = tuple((chain, seq, rows[chain, seq]) for chain, seq, _ in seal.heads)
        content = json.dumps([to_iso(AT), [list(head) for head in heads], last])
        book.seals[i] = replace(seal, heads=heads, mac=mac(content), number=2 * seal.number)
        last = book.seals[i].mac
    book.heads = [a_head(chain, 4, hash_, sealed=True) for chain, hash_ in previous.items()]
    book.anchors = []
    if vouched:
        old = logbook.old_seals(book.seals, mac)
        for entry in book.entries:
            old.entry(entry)
        put(book, Draft(at=AT, kind=logbook.VOUCHED, text="", incident="v", data=old.told()))
    return book


def test_what_is_older_is_whole() -> None:
    assert an_old_book().faults() == []


def drop_an_old_seal(book: Book) -> None:
    del book.seals[-1]
    book.heads = [replace(head, sealed=False) for head in book.heads]


OLD: dict[str, Callable[[Book], object]] = {
    "a text changed": lambda b: b.change("a", 2, text="x"),
    "numbers swapped": swap_numbers,
    "renumbered": lambda b: b.change("a", 2, number=99),
    "seals renumbered": renumber_seals,
    "the last seal cut": drop_an_old_seal,
    "a MAC put on one": lambda b: b.change("a", 2, mac=""),
}


@pytest.mark.parametrize("how", OLD)
def test_tampering_with_what_is_older_is_found(how: str) -> None:
    book = an_old_book()
    OLD[how](book)
    assert book.faults()


def test_an_old_excuse_is_believed_when_it_was_vouched_for() -> None:
    for vouched in (True, False):
        book = an_old_book(vouched=False)
        book.change("a", 2, text="gone", salt="")
        left = book.entries[book.where("a", 2)]
        data = {"entries": {left.id: [left.hash, logbook.entry_hash(left)]}}
        entry = put(book, Draft(at=AT, kind=logbook.ERASED, text="", incident="z", data=data))
        old = replace(entry, mac=None)
        old = replace(old, hash=logbook.entry_hash(old))
        book.entries[-1], book.heads[-1] = old, a_head(old.chain, 1, old.hash)
        if vouched:
            sums = logbook.old_seals(book.seals, mac)
            for each in book.entries:
                sums.entry(each)
            put(book, Draft(at=AT, kind=logbook.VOUCHED, text="", incident="v", data=sums.told()))
        assert (book.faults() == []) is vouched


# --- the seals from the remembered one on ---------------------------------------------------------


def test_seals_that_follow_the_remembered_one_are_ours() -> None:
    seals = a_book().seals
    second = Anchor(2, seals[1].mac)
    assert logbook.followed(second, seals[1:], mac)
    assert logbook.followed(logbook.FIRST, seals, mac)
    assert not logbook.followed(second, seals[2:], mac)
    assert not logbook.followed(second, [], mac)
    assert not logbook.followed(second, [seals[1], seals[3]], mac)
    assert not logbook.followed(second, [seals[1], replace(seals[2], heads=())], mac)
    assert not logbook.followed(Anchor(2, forged("")), seals[1:], mac)


def test_a_salt_goes_into_the_hash() -> None:
    draft = Draft(at=AT, kind="note", text="+33639980361")
    one, two = (
        chained(draft, number=1, id="x", seq=1, previous=GENESIS, salt=s) for s in ("", "a")
    )
    assert one.hash != two.hash

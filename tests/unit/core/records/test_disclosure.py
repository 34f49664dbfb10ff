"""What of the logbook goes into an evidence file, and in what form."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from callflow.core.records.disclosure import Why, excuses, extract, file_name, of_chain
from callflow.core.records.erasure import Person
from callflow.core.records.logbook import GENESIS, Draft, Entry, Seal, chained, entry_hash
from callflow.core.records.masking import Known, Masking, Scope, Third

AT = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)
ANNE = Known(Third.CONTACTS, Person(id="c1", name="Anne Le Goff"))
MASKING = Masking(Scope(frozenset(), known=(ANNE,)))
SHOWN = Masking(Scope(frozenset(Third), known=(ANNE,)))


def mac(content: str) -> str:
    return f"mac of {content}"


def book(*texts: str, site: str = "1001", **data: Any) -> list[Entry]:
    """A chain of notes."""
    entries: list[Entry] = []
    for seq, text in enumerate(texts, 1):
        draft = Draft(
            at=AT + timedelta(seconds=seq),
            kind="note",
            text=text,
            incident="i1",
            site=site,
            data=data,
        )
        previous = entries[-1].hash if entries else GENESIS
        fields = chained(
            draft, number=seq, id=f"e{seq}", seq=seq, previous=previous, mac=mac, salt="ab" * 8
        )
        entries.append(Entry(**fields))
    return entries


def lines(entries: list[Entry], masking: Masking, **excused: tuple[str, str]) -> list[Any]:
    made = extract(entries, "1001", masking, excused)
    return [json.loads(line) for line in made.lines]


def test_an_entry_that_names_nobody_can_be_computed_again() -> None:
    (line,) = lines(book("Porte ouverte"), MASKING)
    assert line["salt"] == "ab" * 8
    assert line["hash"] == book("Porte ouverte")[0].hash


def test_a_masked_entry_keeps_its_hash_and_loses_its_salt() -> None:
    entries = book("Anne Le Goff vient", "Porte ouverte")
    made = extract(entries, "1001", MASKING, {})
    line = json.loads(made.lines[0])
    assert (line["text"], "salt" in line) == ("[contact 1] vient", False)
    assert line["hash"] == entries[0].hash
    assert [(one.seq, one.why) for one in made.masked] == [(1, Why.THIRD_PERSON)]
    assert (made.faults, made.head) == ((), entries[1].hash)
    assert extract(entries, "1001", SHOWN, {}).masked == ()


def test_an_entry_of_another_site_is_masked_whole() -> None:
    (line,) = lines(book("Banque du Port : porte ouverte", site="1002", code="BA"), SHOWN)
    assert (line["text"], line["data"], line["site"]) == ("[autre site]", {}, None)
    assert "salt" not in line


def test_an_erased_entry_is_said_to_be_one() -> None:
    entry = book("Anne Le Goff vient")[0]
    left = replace(entry, text="[effacé] vient", salt="")
    excused = {left.id: (entry.hash, entry_hash(left))}
    made = extract([left], "1001", SHOWN, excused)
    assert [one.why for one in made.masked] == [Why.ERASED]
    assert made.faults == ()


@pytest.mark.parametrize("changed", [{"text": "Porte fermée"}, {"at": AT}, {"who": "bea"}])
def test_an_entry_that_was_changed_in_the_station_is_told(changed: dict[str, Any]) -> None:
    entry = replace(book("Porte ouverte")[0], **changed)
    assert extract([entry], "1001", SHOWN, {}).faults == ("logbook.jsonl, 1: e1",)


def test_a_gap_in_the_station_is_told() -> None:
    one, _, three = book("un", "deux", "trois")
    assert extract([one, three], "1001", SHOWN, {}).faults == ("logbook.jsonl, 3: e3",)


def test_excuses_are_believed_with_a_mac_only() -> None:
    draft = Draft(at=AT, kind="erased", text="", data={"entries": {"e1": ["h", "left"]}})
    fields = chained(draft, number=9, id="x", seq=1, previous=GENESIS, mac=mac, salt="")
    entry = Entry(**fields)
    assert excuses([entry], mac) == {"e1": ("h", "left")}
    assert excuses([replace(entry, mac="forged")], mac) == {}


def test_seals_are_told_as_far_as_they_hold_the_chain() -> None:
    heads = (("incident:i1", 2, "aa"), ("incident:i2", 5, "bb"))
    seals = [Seal(number=number, at=AT, heads=heads, mac="m") for number in (8, 7)]
    assert [(one.number, one.seq, one.hash) for one in of_chain(seals, "incident:i1")] == [
        (7, 2, "aa"),
        (8, 2, "aa"),
    ]


@pytest.mark.parametrize(
    ("name", "ending", "written"),
    [
        ("01a2.7", ".wav", "recordings/003-20261130T030000Z-01a2.7.wav"),
        ("../../etc/passwd", ".wav/..", "recordings/003-20261130T030000Z-etc-passwd.wav.."),
        ("", "", "recordings/003-20261130T030000Z-x"),
    ],
)
def test_no_name_leads_out_of_the_archive(name: str, ending: str, written: str) -> None:
    assert file_name("recordings", 3, AT, name, ending) == written

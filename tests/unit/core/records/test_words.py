"""An entry of the logbook is found by its words, however they were typed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.core.records.logbook import COVERED, Entry
from callflow.core.records.words import sought, tokens_of, words_in

NOTE = Entry(
    number=1,
    id="e1",
    chain="day:2026-11-25",
    seq=1,
    at=datetime(2026, 11, 25, tzinfo=UTC),
    site="1001",
    incident=None,
    who="Béatrice Marchand",
    kind="note",
    text="L’atelier est inondé : « vannes fermées » par M. Durand, +33639980101 prévenu, quai 3",
    data={},
    previous="",
    hash="",
    salt="",
    mac="",
)


@pytest.mark.parametrize(
    "said",
    [
        "INONDEE ateliers",
        "inondé fermée",
        '"vannes fermées"',
        "«vanne fermé»",
        "durand quai 3",
        '"quai 3"',
        "06 39 98 01 01",
        "+33639980101",
        "0033 6 39.98.01.01",
    ],
)
def test_accents_plurals_and_the_form_of_a_number_do_not_count(said: str) -> None:
    assert sought(said).is_in(NOTE)


@pytest.mark.parametrize(
    "said", ["incendie", '"fermées vannes"', "quai 4", '"quai 3 4"', "06 39 98 01 02", "%", '"']
)
def test_what_is_not_there_is_not_found(said: str) -> None:
    assert not sought(said).is_in(NOTE)


def test_a_person_is_who_wrote_it_or_is_named_or_called() -> None:
    for person in ("beatrice", "Marchand Béatrice", "durand"):
        assert sought(person=person).is_in(NOTE)
    assert not sought(person="Dupont").is_in(NOTE)
    assert sought(person="Dupont", numbers=["+33639980101"]).is_in(NOTE)
    assert not sought("beatrice").is_in(NOTE)  # words are those of the entry


def test_site_kind_and_people_are_marks_that_no_word_can_be() -> None:
    assert sought(sites=["1001"], kinds=["note"], people=True).is_in(NOTE)
    assert not sought(sites=["1002"]).is_in(NOTE)
    assert not sought(kinds=["note_taken"]).is_in(NOTE)
    assert not sought(people=True).is_in(replace(NOTE, who="callflow"))
    assert sought("k:note s:1001").is_in(replace(NOTE, text="K, note; s 1001"))
    assert not sought("k:note p:").is_in(replace(NOTE, text=""))


def test_what_was_covered_has_no_words() -> None:
    assert tokens_of(replace(NOTE, kind=COVERED)) == []


@given(st.text(max_size=200))
def test_whatever_is_typed_becomes_tokens_that_quote_nothing(said: str) -> None:
    for word in words_in(said):
        assert word.isalnum() or not word.isascii()
        assert "'" not in word
        assert '"' not in word
        assert not word.isspace()
    for clause in sought(said).clauses:
        for way in clause:
            for phrase in way:
                assert phrase
                assert all(set(token) & set("'\"\\ ") == set() for token in phrase)


@given(st.text(alphabet="0123456789 .-()+", max_size=120))
def test_digits_without_end_take_no_time(said: str) -> None:
    sought(said * 20)

"""Whatever somebody without the keys does to the logbook's tables is found: at once, and after the
station went on, which never loses a word of what it tells (invariant 6)."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import Engine

from tests.integration.logbook.book import Book, State
from tests.integration.logbook.tampering import KINDS

pytestmark = pytest.mark.both_databases

#: The key-less attacker's attempts, by database; in a deep run more of them on SQLite.
ATTEMPTS = {"sqlite": 5 * len(KINDS), "postgresql": 2 * len(KINDS)}
ATTEMPTS_DEEP = {"sqlite": 50 * len(KINDS), "postgresql": 3 * len(KINDS)}


def a_history(book: Book) -> list[State]:
    """Five rounds, each sealed; the states in between too, with heads that no seal has yet."""
    states = []
    for _ in range(5):
        book.round += 1
        book.tells()
        states.append(book.state())  # nothing was taken out yet, and no seal has it
        book.takes_out()
        book.seal()
        states.append(book.state())
    return states


def test_whatever_is_done_without_the_keys_is_found_at_once_and_ever_after(
    engine: Engine, book: Book, deep_run: bool
) -> None:
    attempts = (ATTEMPTS_DEEP if deep_run else ATTEMPTS)[engine.dialect.name]
    *older, now = a_history(book)
    assert book.faults() == []
    file, begun = book.settings.logbook_anchor_file, book.round
    remembered, missed = file.read_bytes(), []
    for attempt in range(attempts):
        dice, kind = random.Random(attempt), KINDS[attempt % len(KINDS)]
        file.write_bytes(remembered)
        book.round = begun
        book.begins_again()
        state = now.copy()
        while state == now or not book.put(state):
            state = now.copy()
            kind(state, older, dice)
        if not book.faults():
            missed.append(f"{attempt}, {kind.__name__}: at once")
        for _ in range(2):
            assert book.goes_on() == book.notes(), (attempt, kind.__name__)
        if not book.faults():
            missed.append(f"{attempt}, {kind.__name__}: afterwards")
    assert not missed, "\n".join(missed)

"""Ids of rows stand in the order in which they were asked for, and are made in one place."""

from __future__ import annotations

import itertools
import threading
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callflow import ids
from ivr.ami import is_call_id

NOW = datetime(2026, 12, 1, 3, tzinfo=UTC)
ROOT = Path(__file__).parents[2]


def test_those_of_one_instant_stand_in_the_order_in_which_they_were_asked_for() -> None:
    made = [ids.new(NOW) for _ in range(5000)]
    assert made == sorted(set(made))
    calls = [ids.of_call(NOW) for _ in range(5000)]
    assert calls == sorted(set(calls))


def test_a_later_instant_comes_later_whoever_asked_first() -> None:
    later = ids.new(NOW + timedelta(milliseconds=1))
    assert ids.new(NOW) < later


def test_it_is_a_uuid_of_version_7() -> None:
    for text in (ids.new(NOW), ids.of_call(NOW), *ids.several([NOW])):
        made = uuid.UUID(text)
        assert (made.version, made.variant) == (7, uuid.RFC_4122)
        assert made.int >> 80 == NOW.timestamp() * 1000
        assert is_call_id(text)


def test_of_several_each_has_its_own_instant() -> None:
    instants = [NOW, NOW, NOW + timedelta(seconds=1)]
    made = list(ids.several(instants))
    assert made == sorted(set(made))
    assert [int(one[:12], 16) for one in made] == [int(at.timestamp() * 1000) for at in instants]
    assert list(ids.several([])) == []


def test_who_knows_one_does_not_know_the_next() -> None:
    drawn = [ids.new(NOW)[20:] for _ in range(100)]
    assert len(set(drawn)) == len(drawn)


def test_threads_share_their_numbers() -> None:
    made: list[str] = []
    threads = [
        threading.Thread(target=lambda: made.extend([ids.new(NOW) for _ in range(500)]))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one[:20] for one in made}) == 4000


def test_after_the_last_number_it_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "_numbers", itertools.count(2**24 - 1))
    last, first = ids.new(NOW), ids.new(NOW)
    assert (last[12:20], first[12:20]) == ("7fff8fff", "70008000")


def test_nothing_else_in_the_product_makes_them() -> None:
    sources = itertools.chain.from_iterable((ROOT / name).rglob("*.py") for name in _PRODUCT)
    assert [str(path) for path in sources if "uuid4" in path.read_text()] == []


_PRODUCT = ("callflow", "ivr", "web")

"""Who is on shift, as rows: one shift a person at a time, the last one known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from callflow.storage import Store
from callflow.storage.desks import shifts
from tests.support.rows.migrated import migrate
from tests.support.stations.people import add_operator

pytestmark = pytest.mark.both_databases

EVENING = datetime(2026, 11, 25, 18, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    migrate(database_url)
    store = Store(database_url, mac=str)
    store.write_now(lambda tx: add_operator(tx, "claire", EVENING))
    store.write_now(lambda tx: add_operator(tx, "david", EVENING))
    yield store
    store.close()


def test_who_is_on_shift_is_known_until_the_end(store: Store) -> None:
    claire = store.write_now(lambda tx: shifts.begin(tx, "claire", EVENING))
    store.write_now(lambda tx: shifts.begin(tx, "david", EVENING + HOUR))
    on = store.read_now(shifts.on_shift)
    assert [(row.name, row.user_id, row.began_at) for row in on] == [
        ("claire", "claire", EVENING),
        ("david", "david", EVENING + HOUR),
    ]
    assert [row.languages for row in on] == [("fr",), ("fr",)]
    assert store.write_now(lambda tx: shifts.end(tx, claire, EVENING + 2 * HOUR))
    assert [row.name for row in store.read_now(shifts.on_shift)] == ["david"]
    assert store.read_now(lambda tx: shifts.running(tx, "claire")) is None
    last = store.read_now(shifts.last_ended)
    assert last is not None
    assert (last.id, last.ended_at) == (claire, EVENING + 2 * HOUR)
    assert store.read_now(lambda tx: shifts.last_ended(tx, "david")) is None


def test_a_shift_begins_and_ends_once(store: Store) -> None:
    first = store.write_now(lambda tx: shifts.begin(tx, "claire", EVENING))
    assert store.write_now(lambda tx: shifts.begin(tx, "claire", EVENING + HOUR)) == first
    assert store.write_now(lambda tx: shifts.end(tx, first, EVENING + HOUR))
    assert not store.write_now(lambda tx: shifts.end(tx, first, EVENING + 2 * HOUR))
    again = store.write_now(lambda tx: shifts.begin(tx, "claire", EVENING + 3 * HOUR))
    assert again != first

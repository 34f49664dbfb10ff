"""Statements made ready once give what SQLAlchemy gives, and fail as it does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from sqlalchemy import bindparam, select, update

from callflow.core.calls.call import Call, CallState
from callflow.storage import Store, StoreUnavailable, Tx
from callflow.storage import schema as t
from callflow.storage.calls import calls
from callflow.storage.engine.prepared import Prepared
from tests.support.rows.migrated import migrate

pytestmark = pytest.mark.both_databases

NOW = datetime(2026, 11, 28, 3, 0, 0, 123456, tzinfo=UTC)
_BY_ID = select(t.call).where(t.call.c.id == bindparam("id"))
_AMONG = (
    select(t.call.c.id, t.call.c.tried)
    .where(t.call.c.id.in_(bindparam("ids", expanding=True)), t.call.c.state.in_(["requested"]))
    .order_by(t.call.c.id)
)


@pytest.fixture
def wakes() -> list[None]:
    return []


@pytest.fixture
def store(database_url: str, wakes: list[None]) -> Iterator[Store]:
    migrate(database_url)
    store = Store(database_url, mac=str, after_commit=lambda _: wakes.append(None))
    for name in ("a", "b"):
        store.write_now(partial(calls.insert, call=_call(name)))
    yield store
    store.close()


def _call(name: str) -> Call:
    return Call(
        id=name,
        step="x",
        to="x",
        attempt=1,
        state=CallState.REQUESTED,
        requested_at=NOW,
        priority=2,
        ring_time=12.5,
        wanted={"spied": "é", "list": [1, None]},
    )


def test_its_rows_are_those_of_sqlalchemy(store: Store) -> None:
    prepared = Prepared(_BY_ID)

    def both(tx: Tx) -> tuple[Any, Any]:
        row = tx.execute(_BY_ID, {"id": "a"}).one()
        return dict(row._mapping), prepared.first(tx, {"id": "a"})

    for _ in range(2):
        by_core, by_prepared = store.read_now(both)
        assert by_prepared == by_core
        assert list(by_prepared) == list(by_core)
        assert by_prepared["requested_at"] == NOW
    assert store.read_now(lambda tx: prepared.first(tx, {"id": "z"})) is None


@pytest.mark.parametrize("count", [0, 1, 2, 3, 20, 33, 70])
def test_a_list_of_any_length_is_looked_for(store: Store, count: int) -> None:
    prepared, ids = Prepared(_AMONG), ["b", "a", *(f"x{n}" for n in range(70))][:count]
    for _ in range(2):
        found = store.read_now(lambda tx: prepared.all(tx, {"ids": ids}))
        assert [row["id"] for row in found] == sorted({"a", "b"} & set(ids))


def test_a_changed_row_wakes_others_and_a_list_is_a_value_like_any(
    store: Store, wakes: list[None]
) -> None:
    before = len(wakes)
    change = {"id": "a", "tried": ["one", "two"], "at": NOW}
    tried = Prepared(
        update(t.call)
        .where(t.call.c.id == bindparam("id"))
        .values(tried=bindparam("tried"), ended_at=bindparam("at"))
    )
    assert store.write_now(lambda tx: tried.change(tx, {**change, "id": "z"})) == 0
    assert len(wakes) == before
    assert store.write_now(lambda tx: tried.change(tx, change)) == 1
    assert len(wakes) == before + 1
    row = store.read_now(lambda tx: calls.get(tx, "a"))
    assert row is not None
    assert (row.tried, row.ended_at) == (("one", "two"), NOW)
    store.write_now(lambda tx: tried.change_all(tx, [{**change, "id": i} for i in ("a", "b")]))
    row = store.read_now(lambda tx: calls.get(tx, "b"))
    assert row is not None
    assert row.tried == ("one", "two")


def test_its_error_is_the_store_s_and_the_next_transaction_stands(store: Store) -> None:
    broken = Prepared(update(t.call).values(attempt=None).where(t.call.c.id == bindparam("id")))
    with pytest.raises(StoreUnavailable) as refused:
        store.write_now(lambda tx: broken.change(tx, {"id": "a"}))
    assert refused.value.permanent
    assert store.write_now(lambda tx: calls.change(tx, "a", detail="well"))


def test_a_json_text_that_somebody_lengthened_is_refused(store: Store) -> None:
    """Else the logbook would read as it was written."""

    def read(tx: Tx) -> Any:
        tx.exec_driver_sql("UPDATE call SET tried = '[] x' WHERE id = 'a'")
        return Prepared(_BY_ID).first(tx, {"id": "a"})

    with pytest.raises((ValueError, StoreUnavailable)):  # PostgreSQL takes no such text at all
        store.write_now(read)


async def test_what_is_only_read_leaves_nothing_behind(store: Store) -> None:
    """A reader keeps its connection; never what a function did on it."""
    change = update(t.call).where(t.call.c.id == "a").values(detail="y")
    for _ in range(2):
        await store.read(lambda tx: tx.execute(change))
    rows = await store.read(lambda tx: Prepared(_BY_ID).all(tx, {"id": "a"}))
    assert [row["detail"] for row in rows] == [""]

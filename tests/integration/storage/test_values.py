"""What a query finds comes as values, and a value goes back as it came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

import pytest
from sqlalchemy import JSON, Column, MetaData, String, Table, bindparam, select

from callflow.storage import Store, Tx
from callflow.storage.engine.values import Reads, columns, first, found


class Colour(StrEnum):
    """What a lamp can be."""

    RED = "red"
    GREEN = "green"


@dataclass(frozen=True, slots=True)
class Lamp:
    """Its fields stand in another order than the table's columns."""

    name: str
    now: Colour | None
    known: tuple[Colour, ...]
    tags: frozenset[str]


lamp = Table(
    "lamp",
    MetaData(),
    Column("now", String, nullable=True),
    Column("name", String, primary_key=True),
    Column("tags", JSON),
    Column("known", JSON),
)
HALL = Lamp(name="hall", now=Colour.RED, known=(Colour.RED, Colour.GREEN), tags=frozenset("ba"))
ROOM = Lamp(name="room", now=None, known=(), tags=frozenset())


def _insert(tx: Tx, value: Lamp) -> None:
    tx.execute(lamp.insert().values(columns(value)))


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    store = Store(database_url, mac=str)
    store.write_now(lamp.create)
    for value in (HALL, ROOM):
        store.write_now(partial(_insert, value=value))
    yield store
    store.close()


def test_values_come_as_they_were_written(store: Store) -> None:
    query = select(lamp).order_by(lamp.c.name)
    assert store.read_now(lambda tx: found(tx, query, Lamp)) == [HALL, ROOM]
    assert store.read_now(lambda tx: first(tx, query, Lamp)) == HALL
    assert store.read_now(lambda tx: first(tx, query.where(lamp.c.name == "attic"), Lamp)) is None


def test_a_prepared_query_finds_the_same(store: Store) -> None:
    lamps = Reads(select(lamp).where(lamp.c.name == bindparam("name")), Lamp)
    assert store.read_now(lambda tx: lamps.first(tx, {"name": "hall"})) == HALL
    assert store.read_now(lambda tx: lamps.all(tx, {"name": "attic"})) == []


def test_a_query_without_a_field_is_refused(store: Store) -> None:
    query = select(lamp.c.name, lamp.c.now, lamp.c.now.label("then"))
    with pytest.raises(TypeError, match=r"Lamp lacks \['then'\], its query \['known', 'tags'\]"):
        store.read_now(lambda tx: found(tx, query, Lamp))

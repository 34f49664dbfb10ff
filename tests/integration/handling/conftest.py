"""A station on each database; what it wrote is verified after each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from callflow.storage import Store
from callflow.storage.schema import metadata
from callflow.storage.store import make_engine
from callflow.vault import Vault
from tests.integration.handling.station import Station


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "keys")


@pytest.fixture
def tables(database_url: str) -> str:
    """The URL of a database with empty tables (that migrations give the same is tested apart)."""
    engine = make_engine(database_url, writer=True)
    with engine.begin() as connection:
        metadata.create_all(connection)
    engine.dispose()
    return database_url


@pytest.fixture
def store(tables: str, vault: Vault) -> Iterator[Store]:
    store = Store(tables, mac=vault.seal)
    yield store
    store.close()


@pytest.fixture
def station(store: Store, vault: Vault) -> Iterator[Station]:
    station = Station(store, vault)
    station.put()
    yield station
    assert station.faults() == []

"""A station on each database; what it wrote is verified after each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from callflow.storage import Store
from callflow.storage.engine.connections import make_engine
from callflow.storage.schema import metadata
from callflow.vault import Vault
from tests.integration.handling.station import Station
from tests.support.suite.depth import DATABASES


@pytest.fixture
def vault(tmp_path: Path, model: Path) -> Vault:
    shutil.copytree(model / "keys", tmp_path / "keys")
    return Vault(tmp_path / "keys")


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to be copied from, since making these takes longer than most tests: a station's
    ``keys``, ``empty.sqlite3`` with its tables, ``begun.sqlite3`` with its first rows in them."""
    folder = tmp_path_factory.mktemp("handling")
    vault = Vault(folder / "keys")
    for name in ("empty", "begun"):
        url = f"sqlite:///{folder / name}.sqlite3"
        _make_tables(url)
        store = Store(url, mac=vault.seal)
        if name == "begun":
            Station(store, vault).put()
        store.close()
    return folder


@pytest.fixture(params=DATABASES)
def tables(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database with empty tables (that migrations give the same is tested apart);
    where it is for ``station``, and SQLite, with that one's first rows."""
    if request.param == "sqlite":
        url: str = request.getfixturevalue("sqlite_url")
        name = "begun" if "station" in request.fixturenames else "empty"
        model: Path = request.getfixturevalue("model")
        shutil.copy(model / f"{name}.sqlite3", url.removeprefix("sqlite:///"))
        yield url
        return
    yield request.getfixturevalue("postgresql_url")


def _make_tables(url: str) -> None:
    engine = make_engine(url, writer=True)
    with engine.begin() as connection:
        metadata.create_all(connection)
    engine.dispose()


@pytest.fixture
def store(tables: str, vault: Vault) -> Iterator[Store]:
    store = Store(tables, mac=vault.seal)
    yield store
    store.close()


@pytest.fixture
def station(tables: str, store: Store, vault: Vault) -> Iterator[Station]:
    begun = tables.startswith("sqlite")
    station = Station(store, vault, begun=begun)
    if not begun:
        station.put()
    yield station
    assert station.faults() == []

"""A station moves: what one wrote, as CSV files or as text, makes another the same, secrets apart.

12,000 sites with 60,000 contacts in a deep run.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from callflow import clock
from callflow.handling.plans import plans
from callflow.handling.station import configuration
from callflow.handling.transfer import workbook
from callflow.handling.transfer.configuration import Reading
from callflow.handling.transfer.writing import By
from callflow.storage import Store
from callflow.storage.sites import sites
from callflow.vault import Vault
from tests.bench import migration
from tests.integration.handling.transfer.test_configuration import Files

#: A whole station has 12,000 sites: CALLFLOW_TEST_SITES asks for so many, which takes minutes.
SITES, FEW = int(os.environ.get("CALLFLOW_TEST_SITES", "200")), 24


@pytest.fixture
def many(deep_run: bool) -> int:
    return SITES if deep_run else FEW


@pytest.fixture
def old(tmp_path: Path, many: int) -> Iterator[Store]:
    """A station with all its sites."""
    store, vault = migration.begun(f"sqlite:///{tmp_path / 'old.db'}", tmp_path / "old-keys")
    with closing(store):
        migration.fill(store, vault, many)
        yield store


@pytest.fixture
def new(store: Store, vault: Vault) -> tuple[Store, Vault]:
    """An empty one, on each database."""
    store.write_now(lambda tx: plans.publish_standard_plans(tx, "test", clock.now()))
    return store, vault


def same(old: Store, new: Store) -> int:
    """How many sites there are, which are the same in both."""
    count = 0
    for one, other in zip(migration.documents(old), migration.documents(new), strict=True):
        assert one == other
        count += 1
    return count


@pytest.mark.both_databases
def test_a_station_that_left_as_csv_files_is_the_same_elsewhere(
    old: Store, new: tuple[Store, Vault], many: int
) -> None:
    store, vault = new
    ids = old.read_now(partial(sites.site_ids, limit=many))
    data = b"".join(workbook.pieces(old.read_now, ids, "zip", "fr"))
    with closing(migration.arrival(store, vault, data)) as arrival:
        done = arrival.go(dry=False)
        assert (done.faults, done.created, done.contacts["new"]) == ([], many, 5 * many)
        assert same(old, store) == many
        again = arrival.go(dry=False)
        assert (again.same, again.changed) == (many, 0)


def test_a_station_that_left_as_text_is_the_same_elsewhere(
    old: Store, tmp_path: Path, many: int
) -> None:
    store, vault = migration.begun(f"sqlite:///{tmp_path / 'new.db'}", tmp_path / "new-keys")

    def reads(texts: dict[str, str], *, dry: bool) -> Any:
        given = By(who="alix", name="night", because="night")
        doing = {"read": store.read_now, "write": store.write_now}
        return Reading(Files(texts), given, vault=vault, now=clock.now, **doing).go(dry=dry)

    with closing(store):
        texts = dict(old.read_now(lambda tx: list(configuration.configuration(tx))))
        tried, done = reads(texts, dry=True), reads(texts, dry=False)
        assert (tried.faults, tried.created) == (done.faults, done.created) == ([], many)
        assert same(old, store) == many
        after = dict(store.read_now(lambda tx: list(configuration.configuration(tx))))
        assert {n: t for n, t in after.items() if n.startswith("sites/")} == {
            n: t for n, t in texts.items() if n.startswith("sites/")
        }

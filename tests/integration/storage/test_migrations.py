"""A database brought to this version from nothing is what the program expects."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select, text

from callflow.storage import schema
from callflow.storage.engine import job_tables
from callflow.storage.engine.connections import make_engine
from callflow.storage.engine.outage import StoreUnavailable
from callflow.storage.engine.upgrade import upgrade
from callflow.storage.schema.logbook import WORDS
from tests.support.rows.migrated import migrate

pytestmark = pytest.mark.both_databases

#: The first release's schema.
FIRST = "2026_11_25_first_tables"


def drift(url: str) -> list[object]:
    engine = make_engine(url, writer=False)
    with engine.connect() as connection:
        opts = {"compare_type": True, "include_object": _is_ours}
        context = MigrationContext.configure(connection, opts=opts)
        found = list(compare_metadata(context, schema.metadata))
    engine.dispose()
    return found


def _is_ours(_thing: object, name: str, *_: object) -> bool:
    theirs = (job_tables.PREFIX, f"idx_{job_tables.PREFIX}", WORDS, f"ix_{WORDS}")
    return not name.startswith(theirs)


def test_from_nothing_to_what_the_program_expects(empty_url: str) -> None:
    upgrade(empty_url)
    assert drift(empty_url) == []


def test_twice_is_once(database_url: str) -> None:
    migrate(database_url)
    engine = make_engine(database_url, writer=True)
    with engine.begin() as connection:
        connection.execute(schema.client.insert().values(id="c", name="Client"))
    upgrade(database_url)
    with engine.connect() as connection:
        assert connection.execute(select(schema.client.c.name)).scalars().all() == ["Client"]
    engine.dispose()


def test_rows_of_the_first_release_are_kept(empty_url: str) -> None:
    upgrade(empty_url, FIRST)
    engine = make_engine(empty_url, writer=True)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO client (id, name) VALUES ('c', 'Client')"))
        connection.execute(
            text(
                "INSERT INTO site (id, client_id, name, address, timezone, language, state, plans,"
                " changed_at) VALUES ('1001', 'c', 'Site', '', 'Europe/Paris', 'fr', 'active',"
                " '{}', '2026-11-25 10:00:00')"
            )
        )
        connection.execute(text("INSERT INTO account (account, site_id) VALUES ('1001', '1001')"))
    upgrade(empty_url)
    assert drift(empty_url) == []
    with engine.connect() as connection:
        site = connection.execute(select(schema.site)).one()
        account = connection.execute(select(schema.account)).one()
    engine.dispose()
    assert (site.rules, site.schedule) == ({}, None)
    assert (account.silent, account.untested, account.last_line) == (False, False, "")


def test_a_schema_between_two_versions_is_refused_and_the_way_is_named(empty_url: str) -> None:
    upgrade(empty_url, "2026_11_26_9_queue_due")
    engine = make_engine(empty_url, writer=True)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '2026_11_27_3_shifts'"))
    with pytest.raises(StoreUnavailable, match=r"of 1 December 2026 first \(commit"):
        upgrade(empty_url)
    engine.dispose()


def test_processes_that_start_together_upgrade_once(empty_url: str) -> None:
    together(empty_url)
    assert_whole(empty_url)


def test_commands_that_are_the_first_in_a_folder_wait_for_each_other(tmp_path: Path) -> None:
    for number in range(12):  # one in six failed when each switched the file to WAL by itself
        together(f"sqlite:///{tmp_path / str(number) / 'callflow.db'}", FIRST)


def together(url: str, revision: str = "head") -> None:
    """Four upgrades that begin in the same moment."""
    start = Barrier(4)

    def one() -> None:
        start.wait()
        upgrade(url, revision)

    with ThreadPoolExecutor(4) as processes:
        for done in [processes.submit(one) for _ in range(4)]:
            done.result()


def test_the_database_knows_its_version(database_url: str) -> None:
    migrate(database_url)
    assert_whole(database_url)


def assert_whole(url: str) -> None:
    """It has one version, and every table."""
    engine = make_engine(url, writer=False)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1
        found = inspect(connection).get_table_names()
    engine.dispose()
    tables = {name for name in found if not name.startswith((job_tables.PREFIX, WORDS))}
    assert tables == set(schema.metadata.tables) | {"alembic_version"}

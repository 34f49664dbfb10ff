"""An upgrade with migrations in the middle of an incident: it goes on where it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import MetaData, select

from callflow.core.records import logbook
from callflow.handling.records.logbook import vouch_for_old
from callflow.storage import Store, schema
from callflow.storage.calls import calls
from callflow.storage.engine.connections import make_engine
from callflow.storage.engine.upgrade import upgrade
from callflow.storage.schema import metadata
from callflow.vault import Vault
from tests.integration.handling.station import FIRST, SHOP, Station

pytestmark = pytest.mark.both_databases

#: What was in use before plans had tasks.
BEFORE = "2026_11_25_lines_and_supervision"


def an_alarm_in_the_middle(url: str, vault: Vault) -> tuple[Station, str]:
    """The premises were called in vain once; the second call is due in 20 s."""
    engine = make_engine(url, writer=True)
    with engine.begin() as connection:
        metadata.create_all(connection)
    engine.dispose()
    station = Station(Store(url, mac=vault.seal), vault)
    station.put()
    row = station.alarm("BA")
    station.ends(SHOP, "no_answer")
    return station, str(row.id)


def as_it_was_before(source: str, target: str) -> None:
    """Everything of ``source`` that the older release had a place for, in its own tables."""
    upgrade(target, BEFORE)
    old, new = make_engine(source, writer=False), make_engine(target, writer=True)
    known = MetaData()
    known.reflect(new)
    with old.connect() as reading, new.begin() as writing:
        for table in schema.metadata.sorted_tables:
            if table.name not in known.tables:
                continue
            there = known.tables[table.name].columns
            columns = [c for c in table.columns if c.name in there and c.autoincrement is not True]
            query = select(*columns).order_by(*table.primary_key.columns)
            rows = [dict(row._mapping) for row in reading.execute(query)]
            if rows:
                writing.execute(table.insert().values(dict.fromkeys(rows[0])), rows)
    old.dispose()
    new.dispose()


def test_an_alarm_goes_on_after_the_upgrade(tmp_path: Path, empty_url: str) -> None:
    vault = Vault(tmp_path / "keys")
    with pytest.MonkeyPatch.context() as patch:  # entries had no salt then, nor a number
        patch.setattr("callflow.storage.records.chaining.secrets.token_hex", lambda length: "")
        digest = logbook._digest
        patch.setattr(logbook, "_digest", lambda number, **of: digest(number=None, **of))
        station, incident = an_alarm_in_the_middle(f"sqlite:///{tmp_path / 'now.db'}", vault)
    as_it_was_before(station.store.url, empty_url)
    station.store.close()
    upgrade(empty_url)
    station.store = Store(empty_url, mac=vault.seal)
    station.write(lambda tx: vouch_for_old(tx, station.now))
    station.later(21)
    assert station.wanted() == [SHOP]
    station.ends(SHOP, "no_answer")
    assert station.wanted() == [FIRST]
    row = station.incident(incident)
    assert (row.step, row.rounds, row.exercise) == ("keyholders", {}, False)
    assert station.faults() == []
    found = station.read(lambda tx: calls.of_incident(tx, incident))
    assert [call.outcome for call in found] == ["no_answer", "no_answer", None]
    station.store.close()

"""Whatever is done for an alarm looks up its rows: nothing goes through millions one by one."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event

from callflow.handling.alarms import operating
from callflow.handling.alarms.ends import reopening
from callflow.handling.watch import organs
from tests.integration.handling.station import SHOP, Station

#: What grows with every alarm and is kept for months.
GROWING = ("logbook", "signal", "incident", "call", "task", "recording", "outbox", "call_action")

#: How it looks up is SQLite's plan.
pytestmark = pytest.mark.parametrize("tables", ["sqlite"], indirect=True)

Asked = dict[str, Any]


@pytest.fixture(autouse=True)
def asked() -> Iterator[Asked]:
    """Every statement that is executed from now on, with some values that it was asked with."""
    seen: Asked = {}

    def listen(_tx: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        seen[statement] = values

    event.listen(Engine, "before_cursor_execute", listen)
    yield seen
    event.remove(Engine, "before_cursor_execute", listen)


def whole(url: str, asked: Asked) -> list[str]:
    """Those that go through a growing table from its one end, with SQLite's plan of it."""
    found = []
    with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database:
        wanted = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %'"
        partial = {name for (name,) in database.execute(wanted)}
        for statement, values in list(asked.items()):
            if not re.match(r"\s*(SELECT|UPDATE|DELETE|WITH)", statement) or isinstance(
                values, list
            ):
                continue
            for *_, step in database.execute(f"EXPLAIN QUERY PLAN {statement}", values):
                scanned = re.match(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?", step)
                if scanned and scanned[1] in GROWING and scanned[2] not in partial:
                    found.append(f"{step}: {statement}")
    return found


def test_from_the_signal_to_its_file_and_open_again(
    asked: Asked, station: Station, sqlite_url: str
) -> None:
    incident = station.alarm()
    station.later(1)
    station.ends(SHOP, "no_answer")
    station.later(1)
    station.write(lambda tx: operating.claim(tx, incident.id, "anne", station.now))
    station.write(
        lambda tx: operating.close_incident(
            tx, incident.id, "anne", "false_alarm", "a cat", station.now
        )
    )
    station.receives(station.signal("BR"))
    station.correlate()
    station.later(600)
    station.write(lambda tx: organs.note_organs(tx, station.now))
    assert station.incident(incident.id).state == "filed"
    station.write(
        lambda tx: reopening.reopen(tx, incident.id, "anne", "a second thought", station.now)
    )
    assert any("FROM logbook" in one for one in asked), "nothing was listened to"
    assert whole(sqlite_url, asked) == []


def test_a_vital_one(asked: Asked, station: Station, sqlite_url: str) -> None:
    incident = station.alarm("FA")
    station.receives(station.signal("FR"))
    station.correlate()
    station.write(lambda tx: operating.claim(tx, incident.id, "anne", station.now))
    station.write(
        lambda tx: operating.close_incident(
            tx, incident.id, "anne", "false_alarm", "a cake", station.now
        )
    )
    assert whole(sqlite_url, asked) == []


def test_one_that_its_premises_settle(asked: Asked, station: Station, sqlite_url: str) -> None:
    incident = station.alarm()
    station.later(1)
    station.replies(SHOP, "verified_ok")
    station.receives(station.signal("BR"))
    station.correlate()
    station.later(600)
    assert station.incident(incident.id).state == "filed"
    assert whole(sqlite_url, asked) == []

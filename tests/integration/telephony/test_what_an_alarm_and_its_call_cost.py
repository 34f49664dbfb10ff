"""How many statements, commits, pages and orders to Asterisk an alarm takes, with the call that
ends it.

A count, not a time: what makes alarms slow is seen here before a busy machine shows it.
"""

from __future__ import annotations

import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event

from callflow.storage.calls import calls
from tests.support.phones.scripted_phone import Dialplan, Person
from tests.support.sip.scripted_ami import ANSWERS, ScriptedAmi
from tests.support.stations.telephony_station import TelephonyStation, telephony_station

pytestmark = pytest.mark.both_databases

#: The cheapest of so many alarms is looked at: what the station does by itself every few seconds
#: falls into the others.
ALARMS = 6
#: Orders to Asterisk: the call, and its recording muted while the code is typed and no longer.
ORDERS = ["Originate", "MixMonitorMute", "MixMonitorMute"]
#: Statements that write, or are asked before, of an alarm and its call; PostgreSQL locks and
#: notifies besides.
STATEMENTS = {"sqlite": 78, "postgresql": 96}
#: Stored, correlated, claimed; then what the call tells, as far as it shares no commit.
COMMITS = 9
#: Pages of SQLite's log, each written and summed whole: of rows, and of every index that has them.
PAGES = 95


def _pages(database_url: str) -> int:
    """How many there are in the log now (https://sqlite.org/walformat.html, 2.1); 0: no SQLite."""
    file = Path(f"{database_url.removeprefix('sqlite:///')}-shm")
    return struct.unpack_from("=I", file.read_bytes(), 16)[0] if file.exists() else 0


@dataclass
class Counted:
    """What every store of this process did."""

    statements: list[str] = field(default_factory=list)
    commits: int = 0


@pytest.fixture
def counted() -> Iterator[Counted]:
    found = Counted()

    def executed(_: Connection, _cursor: object, statement: str, *_more: object) -> None:
        writing = threading.current_thread().name == "writer"  # in whose turn others wait
        if writing and not statement.startswith(("BEGIN", "PRAGMA")):
            found.statements.append(statement)

    def committed(_: Connection) -> None:
        found.commits += 1

    event.listen(Engine, "before_cursor_execute", executed)
    event.listen(Engine, "commit", committed)
    yield found
    event.remove(Engine, "before_cursor_execute", executed)
    event.remove(Engine, "commit", committed)


async def _alarm(station: TelephonyStation, account: str) -> None:
    """From the signal until the recording of the call that ended it is filed."""
    before = len(station.ami.originated())
    await station.alarm(account=account)
    await station.ami.until(lambda: len(station.ami.originated()) > before)
    call = station.ami.originated()[before]
    row = await station.until_row(call, lambda row: row.state == "ended")
    assert row.outcome == "verified_ok"
    while not await station.store.read(lambda tx: calls.recordings(tx, [call])):
        await station.changed()


async def test_an_alarm_and_its_call_cost_no_more_than_they_did(
    tmp_path: Path, database_url: str, counted: Counted
) -> None:
    async with (
        ScriptedAmi() as ami,
        telephony_station(ami, tmp_path, database_url=database_url) as station,
    ):
        ami.default_fate = ANSWERS
        people = Dialplan(ami, station.settings.ports.agi, tmp_path)
        costs, orders, written = [], list[str](), list[int]()
        for serial in range(ALARMS):
            account, number = await station.another_site(serial)
            people.people[number.lstrip("+")] = Person(keys=["2580", "1"])
            statements, commits = len(counted.statements), counted.commits
            since, pages = len(ami.actions), _pages(database_url)
            await _alarm(station, account)
            costs.append((len(counted.statements) - statements, counted.commits - commits))
            written.append(_pages(database_url) - pages)
            orders = [action.name for action in ami.actions[since:] if action.name != "Ping"]
        kind = "sqlite" if database_url.startswith("sqlite") else "postgresql"
        assert orders == ORDERS
        assert min(costs)[0] <= STATEMENTS[kind], costs
        assert min(written) <= PAGES, written
        assert min(commits for _, commits in costs) <= COMMITS, costs

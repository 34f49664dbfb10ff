"""The auditor's report, read from a year of rows: each chapter's figures, and what is met."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from callflow.core.people.users import Role
from callflow.core.records.yearly import Chapter, Section
from callflow.core.station.backups import What
from callflow.core.station.peer import Notice, Stage
from callflow.core.watch.organs import Part, Reason, State
from callflow.core.watch.readings import Reading
from callflow.handling.base.telling import tell
from callflow.handling.records import yearly
from callflow.handling.station import backups
from callflow.handling.station.users import add_user
from callflow.handling.watch import checks, readings
from callflow.handling.watch.checks import Signed
from callflow.settings.config import Settings
from callflow.storage import Tx
from callflow.storage.desks import shifts
from callflow.storage.messages import peers
from callflow.storage.people import users
from callflow.texts.station import organs
from tests.integration.handling.station import DUTY, NIGHT, Station

pytestmark = pytest.mark.both_databases

HOUR = timedelta(hours=1)
SETTINGS = Settings(audit_clauses={"staffing": "§ <b>8</b>"}, audit_staff=1, room_account="1002")


def reading(station: Station, part: Part, name: str, state: State, at: datetime) -> None:
    one = Reading(
        *(), part=part, name=name, state=state, reason=None if state is State.OK else Reason.SILENT,
        at=at, valid=timedelta(days=400),
    )  # fmt: skip
    station.write(lambda tx: readings.take(tx, [one], at))


def report(station: Station, year: int = 2026) -> dict[Chapter, Section]:
    made = station.read(lambda tx: yearly.content(tx, year, SETTINGS, "fr", station.now))
    return {section.chapter: section for section in made.sections}


def lines(section: Section, table: int = 0) -> list[list[Any]]:
    return [list(line.cells) for line in section.sheet.tables[table].lines]


def test_of_a_station_without_a_past_nothing_is_known(station: Station) -> None:
    found = report(station)
    assert list(found) == list(Chapter)
    assert {chapter: section.met for chapter, section in found.items()} == dict.fromkeys(Chapter)
    assert found[Chapter.STAFFING].clause == "§ <b>8</b>"


def test_each_chapter_says_what_the_rows_of_the_year_say(station: Station) -> None:
    begin = NIGHT - 20 * HOUR
    for part, name in ((Part.NETWORK, "fibre"), (Part.POWER, "ups"), (Part.CANARY, "alpha")):
        reading(station, part, name, State.OK, begin)
    reading(station, Part.NETWORK, "fibre", State.FAILED, NIGHT - 5 * HOUR)
    reading(station, Part.NETWORK, "fibre", State.OK, NIGHT - 4 * HOUR)
    reading(station, Part.POWER, "ups", State.DEGRADED, NIGHT - 2 * HOUR)
    reading(station, Part.POWER, "ups", State.OK, NIGHT - HOUR)

    def write(tx: Tx) -> None:
        for at, problem in ((begin, ""), (NIGHT - 2 * HOUR, "plein")):
            run = replace(backups.begin(tx, What.BACKUP, "/mnt", at), problem=problem)
            backups.end(tx, run, at + timedelta(minutes=1))
        for day, most in (("2026-11-23", "+0.2"), ("2026-11-24", "+3.0")):
            of = {"least": "-0.1", "most": most, "troubles": "1", "machine": "alpha", "day": day}
            tell(tx, "clock_day", NIGHT - HOUR, **of, source="chrony", count="9", panels="0")
        checks.begin_usual(tx, NIGHT - timedelta(days=3))
        signed = Signed(check_id="room", seen="", ok=True)
        checks.sign(tx, signed, "ines", Role.OPERATOR, NIGHT - timedelta(days=1))
        add_user(tx, "ines", Role.OPERATOR, "x", begin, by="cli")
        ines = users.user_by_name(tx, "ines")
        assert ines is not None
        shifts.begin(tx, ines.id, begin)

    station.write(write)
    found = report(station)
    network = next(x for x in lines(found[Chapter.AVAILABILITY]) if "fibre" in str(x[0]))
    assert network[1:] == [95.0, 1, 1.0, 20.0]
    assert found[Chapter.AVAILABILITY].met is False
    assert lines(found[Chapter.POWER]) == [
        ["25/11/2026 02:00:00", organs.named("power", "ups", "", 0), "à regarder", 60.0]
    ]
    assert lines(found[Chapter.CLOCK]) == [["2026-11", "alpha", 2, -0.1, 3.0, 2]]
    assert found[Chapter.CLOCK].met is False
    assert (lines(found[Chapter.CANARY])[0][2], found[Chapter.CANARY].met) == (0, True)
    room = next(line for line in lines(found[Chapter.CHECKS]) if "Salle" in str(line[0]))
    assert room[1:] == ["chaque jour", 2, 1, 1, 1, 0]
    assert found[Chapter.CHECKS].met is False
    assert lines(found[Chapter.BACKUPS]) == [["2026-11", 1, 1, 0, 0]]
    assert found[Chapter.BACKUPS].met is True
    assert lines(found[Chapter.STAFFING])[-1][:2] == ["1 ou plus", 20.0]
    assert found[Chapter.STAFFING].met is False  # of the year's other days nobody is known
    assert all(section.met is None for section in report(station, 2025).values())


def test_each_failure_says_how_soon_somebody_was_called_and_who_stood_in(station: Station) -> None:
    reading(station, Part.NETWORK, "fibre", State.FAILED, station.now)
    station.correlate()
    (failure,) = station.incidents()
    station.later(20)
    station.replies(DUTY, "acknowledged")
    station.now += timedelta(minutes=10)
    reading(station, Part.NETWORK, "fibre", State.OK, station.now)
    station.look()
    held_up = station.alarm("HA")
    told = Notice(
        *(), id="n", incident_id=held_up.id, stage=Stage.TAKEN, asked_at=station.now,
        due_at=station.now, heard_at=station.now, ended_at=station.now,
    )  # fmt: skip
    station.write(lambda tx: peers.insert(tx, told))
    station.now += HOUR
    found = report(station)
    (line,) = lines(found[Chapter.FAILURES])
    assert line[1] == organs.named("network", "fibre", "", 0)
    _, _, rung, confirmed, people, lasted = line
    assert (people, found[Chapter.FAILURES].met) == (1, True)
    assert 0 <= rung <= confirmed < 60
    assert lasted == pytest.approx(10.3, abs=0.5)
    assert station.incident(failure.id).state == "filed"
    assert lines(found[Chapter.ROOM], 1) == [["agression", 1]]
    assert lines(found[Chapter.CONTINUITY], 1) == [["2026-11", 1, 1, 1, 0]]


def test_a_failure_that_nobody_was_called_for_is_no_target_met(station: Station) -> None:
    reading(station, Part.NETWORK, "fibre", State.FAILED, station.now)
    station.correlate()
    station.now += HOUR
    found = report(station)[Chapter.FAILURES]
    assert (lines(found)[0][2:4], found.met) == ([None, None], False)

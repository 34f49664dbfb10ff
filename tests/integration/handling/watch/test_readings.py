"""Readings of probes: kept, told where they change, and an alarm of the station where they fail."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from callflow.core.alarms.incident import Incident, State
from callflow.core.desks.roster import Part as Duty
from callflow.core.signals.signal import Category, Kind, StoredSignal
from callflow.core.time.hours import Span
from callflow.core.watch import organs as of
from callflow.core.watch.care import Care
from callflow.core.watch.organs import Part, Reason
from callflow.core.watch.readings import Reading
from callflow.handling.desks import rosters
from callflow.handling.watch import organs, probes, readings
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.signals import signals
from callflow.storage.watch import readings as rows
from tests.integration.handling.station import DUTY, NIGHT, Station

pytestmark = pytest.mark.both_databases


def reading(station: Station, state: of.State = of.State.OK, **more: Any) -> Reading:
    fields: dict[str, Any] = {
        "part": Part.POWER,
        "name": "A",
        "state": state,
        "reason": Reason.TOO_LOW if state is not of.State.OK else None,
        "at": station.now,
        "valid": timedelta(minutes=5),
    }
    return Reading(**fields | more)


def take(station: Station, *found: Reading) -> None:
    station.write(lambda tx: readings.take(tx, found, station.now))
    station.correlate()


def sent(station: Station) -> list[StoredSignal]:
    return [one for one in station.read(signals.page) if one.code.startswith("ORGAN")]


def opened(station: Station) -> list[Incident]:
    return station.read(lambda tx: incidents.open_ones(tx, kinds=[Kind.ORGAN]))


def organ(station: Station, key: str) -> of.Organ:
    def read(tx: Tx) -> list[of.Organ]:
        return organs.organs(tx, organs.facts(tx, station.now), station.now)

    return next(one for one in station.read(read) if one.key == key)


def test_what_is_read_is_an_organ_as_every_place_shows_it(station: Station) -> None:
    take(station, reading(station, figure=98.0, unit="percent"))
    found = organ(station, "power:A@")
    assert (found.state, found.figure, found.unit) == (of.State.OK, 98.0, "percent")
    assert not opened(station)
    assert not station.entries("organ")


def test_what_fails_is_told_and_opens_one_alarm_that_ends_when_it_works_again(
    station: Station,
) -> None:
    take(station, reading(station))
    for _ in range(3):  # looked at again and again
        station.now += timedelta(minutes=1)
        take(station, reading(station, of.State.FAILED, detail="12 %"))
    (alarm,) = opened(station)
    assert (alarm.category, dict(alarm.zones)) == (Category.TECHNICAL, {"power:A": "alarm"})
    assert organ(station, "power:A@").incident == alarm.id
    station.now += timedelta(minutes=1)
    take(station, reading(station))
    assert [one.code for one in sent(station)] == ["ORGAN_FAILED", "ORGAN_BACK"]
    told = [entry.data["organ_state"] for entry in station.entries("organ")]
    assert told == ["failed", "ok"]
    assert station.entries("organ")[0].text == (
        "Onduleur A : en panne, au-dessous de sa limite, 12 %"
    )
    points = station.read(lambda tx: rows.points(tx, station.now - timedelta(hours=1)))
    assert [point.state for point in points if point.changed] == ["ok", "failed", "ok"]


def test_a_vital_failure_stands_before_a_human_at_once(station: Station) -> None:
    take(station, reading(station, of.State.FAILED))
    take(station, reading(station, of.State.FAILED, vital=True))
    (alarm,) = opened(station)
    assert (alarm.category, alarm.with_human) == (Category.VITAL, True)


def test_each_organ_has_an_alarm_of_its_own(station: Station) -> None:
    failed = reading(station, of.State.FAILED)
    take(station, failed, replace(failed, part=Part.GENERATOR, name=""))
    assert sorted(zone for one in opened(station) for zone in one.zones) == [
        "generator:",
        "power:A",
    ]


def test_nothing_is_known_of_what_was_not_read_for_long(station: Station) -> None:
    take(station, reading(station, figure=98.0))
    station.now += timedelta(minutes=6)
    found = organ(station, "power:A@")
    assert (found.state, found.reason, found.figure) == (of.State.UNKNOWN, Reason.SILENT, None)


def test_what_nobody_reads_any_more_ends_its_alarm(station: Station) -> None:
    failed = reading(station, of.State.FAILED)
    take(station, failed)
    station.write(lambda tx: readings.forget(tx, [failed.key], station.now))
    station.correlate()
    (alarm,) = opened(station)
    assert alarm.normal
    assert alarm.state is State.OPEN


def test_text_from_outside_is_stored_whatever_it_holds(station: Station) -> None:
    hostile = "\0\ud800<b>" + "x" * 1000
    take(station, reading(station, of.State.FAILED, name=hostile, detail=hostile))
    (found,) = station.read(rows.every)
    assert len(found.name) == 128
    assert len(opened(station)) == 1


# --- the plan of the station ------------------------------------------------------------------

KEEPER, CHIEF = "+33639989930", "+33639989931"


def chief_on_duty(station: Station) -> None:
    span = Span(NIGHT - timedelta(hours=1), NIGHT + timedelta(hours=12))
    station.write(
        lambda tx: rosters.add_duties(
            tx, Duty.SUPERVISOR, "Ana", CHIEF, [span], "claire", station.now
        )
    )


def test_who_looks_after_it_is_called_then_whoever_is_on_duty(station: Station) -> None:
    care = Care(part=Part.POWER, keeper="Volta", phone=KEEPER)
    station.write(lambda tx: probes.set_care(tx, care, "claire", station.now))
    take(station, reading(station, of.State.FAILED))
    (alarm,) = opened(station)
    assert not alarm.with_human
    station.ends(KEEPER, "no_answer")
    station.later(1)
    station.replies(DUTY, "acknowledged")
    station.now += timedelta(minutes=10)
    take(station, reading(station))
    station.look()
    assert [number for number, _ in station.called(alarm.id)] == [KEEPER, DUTY]
    filed = station.incident(alarm.id)
    assert (filed.state, filed.resolution_code) == (State.FILED, "restored")


def test_the_hierarchy_hears_of_it_at_the_deadline_then_an_operator(station: Station) -> None:
    chief_on_duty(station)
    take(station, reading(station, of.State.FAILED))
    (alarm,) = opened(station)
    station.replies(DUTY, "acknowledged")
    station.later(3599)
    assert CHIEF not in station.wanted()
    station.later(2)
    station.replies(CHIEF, "acknowledged")
    station.later(4 * 3600 + 1)
    assert [number for number, _ in station.called(alarm.id)] == [DUTY, CHIEF]
    assert station.incident(alarm.id).with_human


def test_an_administrator_changes_that_plan(station: Station) -> None:
    station.plan("organ", {"id": "desk", "kind": "hand_to_operator"})
    take(station, reading(station, of.State.FAILED))
    (alarm,) = opened(station)
    assert alarm.with_human
    assert station.wanted() == []

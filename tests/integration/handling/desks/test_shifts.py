"""Shifts as facts: taken up with everything read, handed over with nothing lost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial

import pytest

from callflow.handling.alarms import operating
from callflow.handling.base.refusals import Refused
from callflow.handling.desks import shifts
from callflow.handling.sites import on_test
from callflow.storage.desks import shifts as rows
from tests.integration.handling.station import NIGHT, Station
from tests.support.stations.people import add_operator

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def users(station: Station) -> None:
    for name in ("claire", "david", "zoe"):
        station.write(partial(add_operator, name=name, now=NIGHT))


def begin(station: Station, who: str, *, ticked: set[str] | None = None) -> str:
    """Takes up a shift, with every open incident acknowledged unless it is said."""
    open_now = {r.id for r in station.incidents(state="open")} if ticked is None else ticked
    now = station.now
    return station.write(lambda tx: shifts.begin_shift(tx, who, who, open_now, now, now))


def end(station: Station, who: str, to: Mapping[str, str] | None = None, **more: str) -> None:
    station.write(lambda tx: shifts.end_shift(tx, who, who, to or {}, station.now, **more))


def on_shift(station: Station) -> list[str]:
    return [row.name for row in station.read(rows.on_shift)]


def test_no_shift_begins_before_every_open_alarm_is_acknowledged(station: Station) -> None:
    alarm = station.alarm()
    with pytest.raises(Refused, match="acknowledge every open alarm"):
        begin(station, "claire", ticked=set())
    assert on_shift(station) == []
    begin(station, "claire", ticked={alarm.id})
    assert on_shift(station) == ["claire"]
    assert station.told(alarm.id)[-1] == "shift_took"
    (entry,) = station.entries("shift_begun")
    assert entry.who == "claire"
    assert entry.data["read"]["incidents"] == [alarm.id]
    assert (entry.data["open"], entry.data["tests"]) == (1, 0)
    with pytest.raises(Refused, match="on shift already"):
        begin(station, "claire")


def test_what_was_read_long_ago_is_not_signed(station: Station) -> None:
    read_at = station.now
    station.later(31 * 60)
    with pytest.raises(Refused, match="too long ago"):
        station.write(
            lambda tx: shifts.begin_shift(tx, "claire", "claire", set(), read_at, station.now)
        )


def test_held_work_goes_to_a_colleague_or_the_queue(station: Station) -> None:
    begin(station, "claire")
    begin(station, "david")
    fire, mains = station.alarm("FA", "9"), station.alarm("AT", "7")
    station.write(lambda tx: operating.claim(tx, fire.id, "claire", station.now))
    with pytest.raises(Refused, match="say who takes each alarm"):
        end(station, "claire")
    with pytest.raises(Refused, match="not to the queue"):
        end(station, "claire", {fire.id: "", mains.id: ""})
    with pytest.raises(Refused, match="only somebody on shift"):
        end(station, "claire", {fire.id: "zoe", mains.id: ""})
    assert on_shift(station) == ["claire", "david"]
    end(station, "claire", {fire.id: "david", mains.id: ""}, note="Clé chez le gardien")
    assert station.incident(fire.id).holder == "david"
    assert station.incident(mains.id).holder is None
    assert on_shift(station) == ["david"]
    (entry,) = station.entries("shift_ended")
    assert (entry.who, entry.data["passed"], entry.data["left"]) == ("claire", 2, "david")


def test_a_vital_alarm_that_was_passed_and_is_left_alone_comes_back(station: Station) -> None:
    begin(station, "claire")
    begin(station, "david")
    fire = station.alarm("FA")
    station.write(lambda tx: operating.claim(tx, fire.id, "claire", station.now))
    end(station, "claire", {fire.id: "david"})
    station.later(121)
    assert station.incident(fire.id).holder is None
    assert "came_back" in station.told(fire.id)


def test_the_last_one_leaves_with_a_supervisor_s_reason_only(station: Station) -> None:
    begin(station, "claire")
    with pytest.raises(Refused, match="nobody would be on shift"):
        end(station, "claire")
    with pytest.raises(Refused, match="nobody would be on shift"):
        end(station, "claire", supervisor="zoe", reason="  ")
    end(station, "claire", supervisor="zoe", reason="Station de repli active")
    assert on_shift(station) == []
    (entry,) = station.entries("shift_unattended")
    assert entry.data["supervisor"] == "zoe"
    assert "Station de repli active" in entry.text


def test_a_supervisor_ends_a_forgotten_shift(station: Station) -> None:
    begin(station, "claire")
    fire = station.alarm("FA")
    station.write(lambda tx: operating.claim(tx, fire.id, "claire", station.now))

    def end_for(user: str, reason: str) -> None:
        station.write(lambda tx: shifts.end_forgotten(tx, user, "zoe", reason, station.now))

    with pytest.raises(Refused, match="write down why"):
        end_for("claire", " ")
    with pytest.raises(Refused, match="not on shift"):
        end_for("david", "parti")
    end_for("claire", "partie sans signer")
    assert on_shift(station) == []
    assert station.incident(fire.id).holder is None
    (entry,) = station.entries("shift_ended_for")
    assert (entry.who, entry.data["who"]) == ("zoe", "claire")


def test_the_next_one_reads_what_was_left(station: Station) -> None:
    begin(station, "claire")
    station.later(3600)
    begin(station, "david")
    end(station, "claire", note="Le 1002 a des travaux")
    alarm = station.alarm()
    station.plan("nuit", {"id": "operator", "kind": "hand_to_operator"})
    station.later(60)
    read = station.read(lambda tx: shifts.to_take_over(tx, "claire", station.now))
    assert not read.first
    assert read.since == NIGHT + HOUR
    assert [row.name for row in read.on_shift] == ["david"]
    assert [row.id for row in read.open] == [alarm.id]
    assert [row.name for row in read.plans] == ["nuit"]
    notes = station.read(lambda tx: shifts.to_take_over(tx, "zoe", station.now)).notes
    assert [row.note for row in notes] == ["Le 1002 a des travaux"]


def test_an_instruction_and_a_test_are_read(station: Station) -> None:
    station.write(
        lambda tx: on_test.set_on_test(
            tx,
            "1002",
            zones=None,
            lasts=HOUR,
            reason="travaux",
            who="claire",
            role="operator",
            contact=None,
            now=station.now,
        )
    )
    read = station.read(lambda tx: shifts.to_take_over(tx, "zoe", station.now))
    assert [(row.site_id, row.ends_at) for row in read.tests] == [("1002", NIGHT + HOUR)]
    assert read.first

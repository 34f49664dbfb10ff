"""The organs' facts, read from the rows that processes wrote; and since when each is as it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from callflow.clock import to_iso
from callflow.core.watch.organs import Organ, Reason, State
from callflow.handling.watch import organs
from callflow.handling.watch.health import health
from callflow.storage import Tx
from callflow.storage.calls.rings import FirstRing, first_rings
from callflow.storage.people import users
from callflow.storage.watch.organs import noted
from tests.integration.handling.station import NIGHT, SHOP, Station
from tests.support.rows.backups import backed_up

pytestmark = pytest.mark.both_databases

MACHINE = {
    "free": 50_000_000_000,
    "clock": {"source": "chrony", "synchronised": True, "offset": 0.001, "stratum": 2},
    "certificates": [{"name": "web", "ends_at": to_iso(NIGHT + timedelta(days=90))}],
}


def live(station: Station, **states: Any) -> None:
    """Every process lives; ``states`` change what some of them say."""
    told: dict[str, Any] = {
        "receiver": {"lines": [{"line": "dc09-tcp", "state": "listening"}]},
        "engine": {"machine": MACHINE, "version": "0.1.0"},
        "telephony": {"asterisk": "up", "trunks": [{"name": "alpha", "state": "up"}]},
        "web": {"version": "0.1.0"},
    } | states

    def beat(tx: Tx) -> None:
        for role, state in told.items():
            now = station.now
            users.process_beat(
                tx, role, pid=1, since=now, now=now, state=state, node="node0", host="alpha"
            )

    station.write(beat)


def found(station: Station) -> dict[str, Organ]:
    def read(tx: Tx) -> list[Organ]:
        return organs.organs(tx, organs.facts(tx, station.now), station.now)

    return {organ.key: organ for organ in station.read(read)}


def note(station: Station) -> dict[str, tuple[State, datetime]]:
    if station.read(lambda tx: organs.organs_changed(tx, station.now)):
        station.write(lambda tx: organs.note_organs(tx, station.now))
    assert not station.read(lambda tx: organs.organs_changed(tx, station.now))
    found = station.read(noted)
    return {key: (one.state, one.since) for key, one in found.items()}


def test_what_processes_say_becomes_facts(station: Station) -> None:
    live(station)
    known = found(station)
    assert {key for key, organ in known.items() if organ.state is not State.OK} == {"backup:@"}
    assert (known["disk:@alpha"].figure, known["clock:@alpha"].figure) == (50e9, 0.001)
    assert known["certificate:web@alpha"].figure == 90.0
    assert known["version:@"].detail == "0.1.0"
    assert station.read(lambda tx: health(tx, station.now))["status"] == "ok"


def test_rows_of_an_older_version_lack_what_it_did_not_know(station: Station) -> None:
    live(station, engine={}, web={}, telephony={"asterisk": "up"}, receiver={})
    known = found(station)
    assert known["clock:@"].state is State.UNKNOWN
    assert not [key for key in known if key.startswith(("trunk", "line", "disk"))]


def test_of_a_trunk_whose_asterisk_is_away_nothing_is_known(station: Station) -> None:
    trunks = [{"name": "alpha", "state": "down"}]
    since = to_iso(station.now)
    live(station, telephony={"asterisk": "down", "asterisk_since": since, "trunks": trunks})
    known = found(station)
    assert known["asterisk:@node0"].reason is Reason.NO_LINK
    assert (known["trunk:alpha@node0"].state, known["trunk:alpha@node0"].since) == (
        State.UNKNOWN,
        station.now,
    )


def test_a_registration_that_is_lost_is_something_to_look_at(station: Station) -> None:
    lost = {"name": "alpha", "state": "up", "registered": False}
    live(station, telephony={"asterisk": "up", "trunks": [lost]})
    assert found(station)["trunk:alpha@node0"].reason is Reason.NOT_REGISTERED
    assert station.read(lambda tx: health(tx, station.now))["status"] == "degraded"


def test_a_backups_age_is_what_its_maker_wrote_down(station: Station) -> None:
    backs_up = {"machine": {**MACHINE, "backs_up": True}}
    live(station, engine=backs_up)
    assert found(station)["backup:@"].reason is Reason.NONE_MADE
    station.write(lambda tx: backed_up(tx, station.now - timedelta(hours=40)))
    assert (found(station)["backup:@"].reason, found(station)["backup:@"].figure) == (
        Reason.TOO_OLD,
        40.0,
    )
    later = station.now + timedelta(seconds=1)
    station.write(lambda tx: backed_up(tx, station.now))
    station.write(lambda tx: backed_up(tx, later, problem="disk full"))
    live(station, engine=backs_up)
    backup = found(station)["backup:@"]
    assert (backup.reason, backup.detail) == (Reason.NOT_MADE, "disk full")


def test_only_the_delays_of_vital_alarms_are_judged(station: Station) -> None:
    late = [
        {"measure": "alarm_to_ring", "category": "technical", "usual": 900.0},
        {"measure": "alarm_to_ring", "category": "vital", "usual": 3.0},
        {"measure": "what comes", "usual": 900.0},
    ]
    live(station, web={"latencies": late})
    known = found(station)
    assert [(k, o.figure) for k, o in known.items() if k.startswith("latency")] == [
        ("latency:alarm_to_ring@web", 3.0)
    ]


def test_since_when_is_noted_once_and_forgotten_with_the_organ(station: Station) -> None:
    live(station)
    first = station.now
    assert note(station)["backlog:@"] == (State.OK, first)
    station.now += timedelta(seconds=5)
    full = {"machine": {**MACHINE, "free": 5}, "version": "0.1.0"}
    live(station, engine=full)
    assert note(station)["disk:@alpha"] == (State.FAILED, station.now)
    full_since = station.now
    station.now += timedelta(seconds=5)
    live(station, engine=full)
    assert note(station)["disk:@alpha"] == (State.FAILED, full_since)
    assert found(station)["disk:@alpha"].since == full_since
    assert note(station)["backlog:@"] == (State.OK, first)
    live(station, telephony={"asterisk": "up", "trunks": []})
    assert "trunk:alpha@node0" not in note(station)


def test_the_first_phone_outside_that_rang_for_an_alarm_is_found(station: Station) -> None:
    row = station.alarm("BA")
    station.now += timedelta(seconds=2)
    site = station.rings(SHOP)
    rang_at = station.now
    assert station.read(lambda tx: first_rings(tx, [site])) == [
        FirstRing(category=row.category, opened_at=row.opened_at, at=rang_at)
    ]
    station.now += timedelta(seconds=20)
    station.ends(SHOP, "no_answer")
    station.later(30)
    later = station.rings(station.wanted()[0])
    assert station.read(lambda tx: first_rings(tx, [later])) == [], "it was not the first"

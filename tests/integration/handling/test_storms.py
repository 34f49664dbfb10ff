"""One fault, many sites: the operator sees one incident; what matters stands alone (D10)."""

from __future__ import annotations

import pytest

from callflow import handling
from callflow.storage import Tx, incidents
from tests.integration.handling.station import Row, Station

SITES = [f"{number}" for number in range(2001, 2026)]


@pytest.fixture
def city(station: Station) -> Station:
    for site in SITES:
        station.put(site)
    return station


def fails(city: Station, code: str = "AT", sites: list[str] = SITES, step: float = 2.0) -> None:
    """The same fault at each site, a little apart."""
    for site in sites:
        city.receives(city.signal(code, "", site))
        city.later(step)
        city.correlate()


def queue(city: Station) -> list[Row]:
    return [r for r in city.read(incidents.queue) if r["with_human"]]


def test_sites_that_lose_mains_together_are_one_incident_for_the_operator(city: Station) -> None:
    fails(city)
    (storm,) = queue(city)
    assert (storm["kind"], storm["human_reason"], storm["signal_count"]) == ("storm", "station", 25)
    assert storm["site_id"] is None
    parts = [row for row in city.incidents() if row["storm_id"]]
    assert {row["storm_id"] for row in parts} == {storm["id"]}
    assert sorted(row["site_id"] for row in parts) == SITES
    assert all(city.told(row["id"]).count("in_storm") == 1 for row in parts)


def test_fewer_sites_are_no_storm(city: Station) -> None:
    fails(city, sites=SITES[:19])
    assert {row["kind"] for row in queue(city)} == {"power"}
    assert len(queue(city)) == 19


def test_faults_over_an_hour_are_no_storm(city: Station) -> None:
    fails(city, step=150)
    assert {row["kind"] for row in queue(city)} == {"power"}


def test_a_fire_inside_a_storm_stands_alone(city: Station) -> None:
    fails(city)
    fire = city.alarm("FA", "3", SITES[3])
    intrusion = city.alarm("BA", "3", SITES[4])
    assert fire["storm_id"] is None
    assert [row["kind"] for row in queue(city)] == ["fire", "storm"]
    assert city.calls(intrusion["id"])


def test_what_an_operator_holds_stays_theirs(city: Station) -> None:
    held = city.alarm("AT", "", SITES[0])
    city.write(lambda tx: handling.claim(tx, held["id"], "lea", city.now))
    fails(city, sites=SITES[1:])
    assert city.incident(held["id"])["storm_id"] is None
    assert city.incident(held["id"])["holder"] == "lea"


def test_lines_and_mains_are_two_storms(city: Station) -> None:
    fails(city, "AT")
    fails(city, "YS")
    assert sorted(next(iter(row["zones"])) for row in queue(city)) == ["line", "power"]


def test_nothing_of_a_storm_is_forgotten_nor_rung_for_alone(city: Station) -> None:
    fails(city)
    city.later(3600)
    assert [row["kind"] for row in queue(city)] == ["storm"]
    assert "error" not in {row["human_reason"] for row in city.incidents()}


def test_a_storm_closed_closes_its_sites_each_when_it_is_back(city: Station) -> None:
    fails(city)
    city.receives(city.signal("AR", "", SITES[0]))
    city.correlate()
    (storm,) = queue(city)
    close_storm(city, storm["id"])
    city.later(1)

    states = {r["site_id"]: r["state"] for r in city.incidents() if r["storm_id"]}
    assert states.pop(SITES[0]) == "filed"
    assert set(states.values()) == {"awaiting_normal"}
    codes = {r["resolution_code"] for r in city.incidents() if r["storm_id"]}
    assert codes == {"technical"}
    city.receives(*(city.signal("AR", "", site) for site in SITES[1:]))
    city.correlate()
    assert {r["state"] for r in city.incidents()} == {"filed"}


def test_a_site_that_does_not_come_back_is_a_humans_again(city: Station) -> None:
    fails(city)
    close_storm(city, queue(city)[0]["id"])
    city.later(1)
    city.later(12 * 3600 + 1)
    assert {row["human_reason"] for row in queue(city)} == {"not_normal"}
    assert len(queue(city)) == len(SITES)


def test_after_a_storm_the_next_fault_is_an_ordinary_one(city: Station) -> None:
    fails(city)
    close_storm(city, queue(city)[0]["id"])
    city.put("2999")
    row = city.alarm("AT", "", "2999")
    assert (row["storm_id"], row["with_human"]) == (None, True)


def close_storm(city: Station, storm: str) -> None:
    def close(tx: Tx) -> None:
        handling.claim(tx, storm, "lea", city.now)
        handling.close_incident(
            tx, storm, "lea", code="technical", text="réseau électrique", now=city.now
        )

    city.write(close)

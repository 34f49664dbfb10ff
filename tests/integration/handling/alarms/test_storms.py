"""One fault, many sites: one incident, in one place and for a time; then each plan (D10, D28)."""

from __future__ import annotations

from functools import partial

import pytest

from callflow.core.alarms.incident import Incident
from callflow.handling.alarms import operating
from callflow.handling.calls import dialogues
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from tests.integration.handling.station import FIRST, SECOND, SHOP, Row, Station

SITES = [f"{number}" for number in range(2001, 2026)]
#: A plan for a cold room: somebody must go there; by another, when its mains are not back.
WAIT: Row = {
    "id": "wait",
    "kind": "wait",
    "limit_s": 3600,
    "restore": True,
    "outcomes": {"elapsed": "call"},
}
COLD: Row = {
    "id": "call",
    "kind": "message",
    "who": [{"role": "keyholder"}],
    "text": "Votre chambre froide n’a plus de courant.",
    "outcomes": {"acknowledged": "operator", "exhausted": "operator"},
}
#: Settings of a storm, in seconds.
LENGTH, DELAY = 900.0, 1800.0


@pytest.fixture
def city(station: Station) -> Station:
    for site in SITES:
        station.put(site, postcode="35000")
    return station


@pytest.fixture
def cold(station: Station) -> Station:
    """As many cold rooms of one manager, who is called when their mains fail."""
    station.plan("cold", COLD, {"id": "operator", "kind": "hand_to_operator"})
    manager = {"id": "anne", "name": "anne", "role": "keyholder", "phone": FIRST, "code": "2580"}
    for site in SITES:
        station.put(site, postcode="35000", plans={"power": "cold"}, contacts=[manager])
    return station


def fails(city: Station, code: str = "AT", sites: list[str] = SITES, step: float = 2.0) -> None:
    """The same fault at each site, a little apart."""
    for site in sites:
        city.receives(city.signal(code, "", site))
        city.later(step)
        city.correlate()


def queue(city: Station) -> list[Incident]:
    return [r for r in city.read(incidents.queue) if r.with_human]


def test_sites_that_lose_mains_together_are_one_incident_for_the_operator(city: Station) -> None:
    fails(city)
    (storm,) = queue(city)
    assert (storm.kind, storm.human_reason, storm.signal_count) == ("storm", "station", 25)
    assert storm.site_id is None
    parts = [row for row in city.incidents() if row.storm_id]
    assert {row.storm_id for row in parts} == {storm.id}
    assert sorted(row.site_id or "" for row in parts) == SITES
    assert all(city.told(row.id).count("in_storm") == 1 for row in parts)


def test_fewer_sites_are_no_storm(city: Station) -> None:
    fails(city, sites=SITES[:19])
    assert {row.kind for row in queue(city)} == {"power"}
    assert len(queue(city)) == 19


def test_what_joins_a_fault_in_the_batch_that_begins_its_storm_is_kept(city: Station) -> None:
    fails(city, sites=SITES[:19])
    city.receives(city.signal("AT", "2", SITES[0]), city.signal("AT", "", SITES[19]))
    city.correlate()
    part = parts(city)[SITES[0]]
    assert part.storm_until is not None
    assert (part.signal_count, dict(part.zones)) == (2, {"": "alarm", "2": "alarm"})


def test_faults_over_an_hour_are_no_storm(city: Station) -> None:
    fails(city, step=150)
    assert {row.kind for row in queue(city)} == {"power"}


def test_a_fire_inside_a_storm_stands_alone(city: Station) -> None:
    fails(city)
    fire = city.alarm("FA", "3", SITES[3])
    intrusion = city.alarm("BA", "3", SITES[4])
    assert fire.storm_id is None
    assert [row.kind for row in queue(city)] == ["fire", "storm"]
    assert city.calls(intrusion.id)


def test_what_is_vital_at_a_site_stands_alone_in_a_storm(city: Station) -> None:
    """Mains that keep somebody alive: the site's own word counts for more than its kind."""
    own: Row = {"code": "AT", "zone": "", "category": "vital", "priority": 1}
    city.put(SITES[3], postcode="35000", event_overrides=[own])
    fails(city)
    (alone,) = [row for row in city.incidents() if row.site_id == SITES[3]]
    assert (alone.category, alone.storm_id) == ("vital", None)
    assert [row.kind for row in queue(city)] == ["power", "storm"]


def test_what_becomes_vital_under_a_storm_is_a_humans_at_once(city: Station) -> None:
    fails(city)
    own: Row = {"code": "AT", "zone": "", "category": "vital", "priority": 1}
    city.put(SITES[3], postcode="35000", event_overrides=[own])
    fails(city, sites=[SITES[3]])
    (row,) = [row for row in city.incidents() if row.site_id == SITES[3]]
    assert (row.category, row.with_human, row.storm_until) == ("vital", True, None)
    assert [row.kind for row in queue(city)] == ["power", "storm"]


def test_what_an_operator_holds_stays_theirs(city: Station) -> None:
    held = city.alarm("AT", "", SITES[0])
    city.write(lambda tx: operating.claim(tx, held.id, "lea", city.now))
    fails(city, sites=SITES[1:])
    assert city.incident(held.id).storm_id is None
    assert city.incident(held.id).holder == "lea"


def test_lines_and_mains_are_two_storms(city: Station) -> None:
    fails(city, "AT")
    fails(city, "YS")
    found = sorted(next(iter(row.zones)) for row in queue(city))
    assert found == ["line/35000", "power/35000"]


def test_nothing_of_a_storm_is_forgotten_nor_rung_for_alone(city: Station) -> None:
    fails(city)
    city.later(600)
    assert [row.kind for row in queue(city)] == ["storm"]
    city.later(3600)
    assert "error" not in {row.human_reason for row in city.incidents()}


def rung(city: Station, row: Incident) -> list[str]:
    """Whom the incident's plan calls, or called."""
    return [to for to, outcome in city.called(row.id) if outcome != "cancelled"]


def parts(city: Station) -> dict[str, Incident]:
    """{site: its part of the storm}."""
    return {str(row.site_id): row for row in city.incidents() if row.storm_id}


def test_a_fault_elsewhere_is_no_part_of_it(city: Station) -> None:
    city.put("2900", postcode="29200")
    fails(city)
    row = city.alarm("AT", "", "2900")
    assert (row.storm_id, row.with_human) == (None, True)


def test_a_site_whose_place_nobody_knows_stands_alone(city: Station) -> None:
    city.put("2900", address="ferme du bout")
    fails(city)
    assert city.alarm("AT", "", "2900").storm_id is None


def test_a_fault_after_its_length_is_no_part_of_it(city: Station) -> None:
    for late in ("2901", "2902"):
        city.put(late, postcode="35000")
    fails(city)
    (storm,) = queue(city)
    city.now = storm.opened_at
    city.later(LENGTH - 1)
    assert city.alarm("AT", "", "2901").storm_id == storm.id
    city.later(2)
    row = city.alarm("AT", "", "2902")
    assert (row.storm_id, row.with_human) == (None, True)


def test_sites_of_one_feeder_fail_together_whatever_their_town(city: Station) -> None:
    for place, site in enumerate(SITES):
        rules = {"feeder": "Vallon 3" if place % 2 else ""}
        city.put(site, postcode=f"35{place:03}", rules=rules)
    fails(city)
    assert {row.kind for row in queue(city)} == {"power"}, "twelve are fewer than a storm"
    sites = [f"27{number:02}" for number in range(20)]
    for place, site in enumerate(sites):
        city.put(site, postcode=f"56{place:03}", rules={"feeder": "Vallon 3"})
    fails(city, sites=sites)
    (storm,) = [row for row in queue(city) if row.kind == "storm"]
    assert list(storm.zones) == ["power/Vallon 3"]


def test_after_the_delay_each_sites_plan_runs_and_rings_its_people_once(cold: Station) -> None:
    fails(cold)
    (storm,) = queue(cold)
    held = parts(cold)
    assert {row.machine for row in held.values()} == {"running"}, "no plan is marked done"
    cold.now = storm.opened_at
    cold.later(DELAY - 1)
    assert FIRST not in cold.wanted()
    assert [row.kind for row in queue(cold)] == ["storm"]
    cold.later(1)
    assert cold.wanted().count(FIRST) == len(SITES)
    assert cold.place().count(FIRST) == 1, "one call to a person behind many sites (D10)"
    assert {row.step for row in parts(cold).values()} == {"call"}
    assert len(parts(cold)) == len(SITES)


def test_who_waits_for_the_mains_has_waited_since_the_storm_began(cold: Station) -> None:
    cold.plan("cold", WAIT, COLD, {"id": "operator", "kind": "hand_to_operator"})
    fails(cold, sites=SITES[:1])
    cold.later(120)  # the first one waits already
    fails(cold, sites=SITES[1:])
    (storm,) = queue(cold)
    cold.now = storm.opened_at
    cold.later(DELAY)
    assert FIRST not in cold.wanted()
    cold.now = storm.opened_at
    cold.later(3600)
    assert cold.wanted().count(FIRST) == len(SITES)
    assert cold.place().count(FIRST) == 1


def test_what_is_back_before_the_delay_calls_nobody(cold: Station) -> None:
    fails(cold)
    (storm,) = queue(cold)
    cold.receives(cold.signal("AR", "", SITES[0]))
    cold.correlate()
    cold.now = storm.opened_at
    cold.later(DELAY)
    back = parts(cold)[SITES[0]]
    assert (back.state, back.resolution_code) == ("filed", "restored")
    assert rung(cold, back) == []
    assert rung(cold, parts(cold)[SITES[1]]) == [FIRST]


def test_what_was_not_dialled_yet_waits_and_who_rings_already_is_let_ring(cold: Station) -> None:
    fails(cold, sites=SITES[:1])
    assert cold.place() == [FIRST]
    cold.rings(FIRST)
    other = {"id": "bruno", "name": "bruno", "role": "keyholder", "phone": SECOND, "code": "2580"}
    cold.put(SITES[1], postcode="35000", plans={"power": "cold"}, contacts=[other])
    fails(cold, sites=SITES[1:])
    held = parts(cold)
    assert len(held) == len(SITES)
    assert cold.called(held[SITES[0]].id) == [(FIRST, None)]
    assert cold.called(held[SITES[1]].id) == [(SECOND, "cancelled")]
    assert cold.place() == []


def test_closing_a_storm_touches_no_site_that_is_still_in_alarm(cold: Station) -> None:
    fails(cold)
    cold.receives(cold.signal("AR", "", SITES[0]))
    cold.correlate()
    (storm,) = queue(cold)
    close_storm(cold, storm.id)
    cold.later(1)
    states = {site: row.state for site, row in parts(cold).items()}
    assert states.pop(SITES[0]) == "filed"
    assert set(states.values()) == {"open"}
    assert parts(cold)[SITES[0]].resolution_code == "technical"
    cold.now = storm.opened_at
    cold.later(DELAY)
    assert rung(cold, parts(cold)[SITES[1]]) == [FIRST]


def test_after_a_storm_the_next_fault_is_an_ordinary_one(city: Station) -> None:
    fails(city)
    close_storm(city, queue(city)[0].id)
    city.put("2999", postcode="35000")
    row = city.alarm("AT", "", "2999")
    assert (row.storm_id, row.with_human) == (None, True)


def close_storm(city: Station, storm: str) -> None:
    def close(tx: Tx) -> None:
        operating.claim(tx, storm, "lea", city.now)
        operating.close_incident(
            tx, storm, "lea", code="technical", text="réseau électrique", now=city.now
        )

    city.write(close)


def test_callers_hear_of_it_as_long_as_it_lasts(city: Station) -> None:
    """And who of them says nothing is not put through (callflow/core/calls/dialogue)."""

    def known_fault(name: str) -> bool:
        arrives = partial(dialogues.incoming_call, number=SHOP, node="node0", now=city.now)
        city.write(lambda tx: arrives(tx, name))
        found = city.write(lambda tx: dialogues.dialogue_begin(tx, city.vault, name))
        assert found is not None
        return found[0].known_fault

    assert not known_fault("before")
    fails(city)
    assert known_fault("during")
    (storm,) = queue(city)
    close_storm(city, storm.id)
    city.now = storm.opened_at
    city.later(DELAY)
    assert not known_fault("after")

"""What on-call systems are tested with: restarts, changes and clocks in the middle of an alarm."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from callflow.core.alarms.incident import Incident
from callflow.handling.desks import queueing
from callflow.storage.alarms import tasks
from tests.integration.handling.station import FIRST, SECOND, SHOP, Station

Row = dict[str, Any]

OPERATOR = {"id": "operator", "kind": "hand_to_operator"}


def calling(station: Station, *, attempts: int = 2, delay_s: float = 120, **site: Any) -> Incident:
    """An alarm whose plan calls the keyholders so often."""
    people = {"id": "people", "kind": "call_list", "attempts": attempts, "delay_s": delay_s}
    station.plan("p", {**people, "outcomes": {"exhausted": "operator"}}, OPERATOR)
    station.put(plans={"intrusion": "p"}, **site)
    return station.alarm()


def test_the_same_person_in_two_parts_and_two_sites_rings_once_at_a_time(
    station: Station,
) -> None:
    shared = [
        {"id": "anne", "name": "Anne", "role": role, "phone": FIRST, "code": "2580"}
        for role in ("premises", "keyholder")
    ]
    station.put("1002", contacts=shared)
    station.put("1003", contacts=shared)
    station.alarm("BA", account="1002")
    station.alarm("BA", account="1003")
    rung = 0
    for _ in range(40):
        placed = [to for to in station.place() if to == FIRST]
        assert len(placed) <= 1
        assert FIRST not in station.place()
        if placed:
            rung += 1
            station.hangs_up(station.live_on_trunk(FIRST), "no_answer")
        station.later(30)
    # On site twice a site, then twice as a keyholder: never two at once.
    assert 4 <= rung <= 8


def test_a_station_that_was_down_past_a_delay_makes_one_call_not_two(station: Station) -> None:
    row = calling(station)
    station.ends(FIRST, "no_answer")
    station.ends(SECOND, "no_answer")
    station.later(3600)  # nobody looked for an hour
    station.look()
    station.look()
    assert station.wanted() == [FIRST]
    assert len(station.calls(row.id)) == 3


def test_a_number_changed_in_the_middle_counts_from_the_next_call(station: Station) -> None:
    row = calling(station)
    call_id = station.rings(FIRST)
    moved = [
        {"id": "1002-anne", "name": "anne", "role": "keyholder", "phone": "+33639980199"},
        {"id": "1002-bruno", "name": "bruno", "role": "keyholder", "phone": SECOND},
    ]
    station.put(plans={"intrusion": "p"}, contacts=moved)
    station.hangs_up(call_id, "no_answer")
    station.ends(SECOND, "no_answer")
    station.later(121)
    assert station.wanted() == ["+33639980199"]
    assert [to for to, _ in station.called(row.id)] == [FIRST, SECOND, "+33639980199"]


def test_a_person_deleted_in_the_middle_is_not_called_again(station: Station) -> None:
    row = calling(station)
    station.ends(FIRST, "no_answer")
    bruno = {"id": "1002-bruno", "name": "bruno", "role": "keyholder", "phone": SECOND}
    station.put(plans={"intrusion": "p"}, contacts=[bruno])
    station.ends(SECOND, "no_answer")
    station.later(121)
    station.ends(SECOND, "no_answer")
    assert [to for to, _ in station.called(row.id)] == [FIRST, SECOND, SECOND]
    assert station.incident(row.id).human_reason == "plan"


def test_a_plan_published_in_the_middle_changes_nothing_that_runs(station: Station) -> None:
    row = calling(station, attempts=1)
    station.plan("p", OPERATOR)
    station.ends(FIRST, "no_answer")
    assert station.wanted() == [SECOND]
    assert station.incident(row.id).plan["version"] == 1


@pytest.mark.parametrize(
    ("start", "due"),
    [
        # 29 March 2026: 02:00 becomes 03:00; 02:30 does not exist and counts as 03:30.
        (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        # 25 October 2026: 03:00 becomes 02:00; the first 02:30 counts.
        (datetime(2026, 10, 24, 23, 30, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        # Midnight lies between.
        (datetime(2026, 6, 1, 21, 0, tzinfo=UTC), datetime(2026, 6, 2, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_wait_until_an_hour_survives_the_nights_when_clocks_change(
    station: Station, start: datetime, due: datetime
) -> None:
    wait = {"id": "wait", "kind": "wait", "until": "02:30", "outcomes": {"elapsed": "operator"}}
    station.plan("p", wait, OPERATOR)
    station.now = start
    station.put(plans={"intrusion": "p"}, timezone="Europe/Paris")
    row = station.alarm()
    assert station.incident(row.id).machine_due == due
    station.now = due
    station.later(1)
    assert station.incident(row.id).step == "operator"


def test_a_delay_is_as_long_when_the_clocks_change(station: Station) -> None:
    station.now = datetime(2026, 10, 25, 0, 59, tzinfo=UTC)  # a minute before 03:00 becomes 02:00
    calling(station)
    station.ends(FIRST, "no_answer")
    station.ends(SECOND, "no_answer")
    station.later(119)
    assert station.wanted() == []
    station.later(2)
    assert station.wanted() == [FIRST]
    assert SHOP not in station.wanted()


def test_a_deadline_is_not_put_off_by_a_clock_that_is_set_back(station: Station) -> None:
    look = {"id": "look", "kind": "listen_in", "limit_s": 300, "outcomes": {"overdue": "operator"}}
    station.plan("p", look, OPERATOR)
    station.put(plans={"intrusion": "p"})
    row = station.alarm()
    station.later(60)
    station.now -= timedelta(hours=2)
    station.write(lambda tx: queueing.clock_went_back(tx, 7200, station.now))
    station.later(239)
    (task,) = station.read(lambda tx: tasks.of_incident(tx, row.id))
    assert task.state == "open"
    station.later(2)
    assert station.incident(row.id).step == "operator"

"""What is filed is back to normal, or protected, or two people answer for it (D26, D30)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from callflow.core.alarms.filing import What
from callflow.core.alarms.incident import Incident
from callflow.core.plans.call_plan import Measure
from callflow.core.plans.measure import ProtectiveMeasure
from callflow.handling.alarms import acting, operating, undoing
from callflow.handling.alarms.ends.filing import NeedsSupervisor, StillOpen, standing
from callflow.handling.base.refusals import Held, Refused
from callflow.handling.interventions import measures
from callflow.handling.interventions.measures import open_measure
from callflow.handling.records.reports import facts
from callflow.handling.watch import overdue
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from tests.integration.handling.station import Station

Row = dict[str, Any]

#: Open by day: at night the site is to be armed.
DAYS = {"week": {day: ["08:00-19:00"] for day in "mon tue wed thu fri sat sun".split()}}
#: Half an hour, after which a site that is not back to normal is a human's again.
HALF_AN_HOUR = 30 * 60


def closes(
    station: Station, row: Incident, who: str = "alice", *, text: str = "", **more: Any
) -> Incident | Refused:
    """Somebody closes it; the refusal that was told, or the incident as it is."""
    code = more.pop("code", "false_alarm")

    def run(tx: Tx) -> object:
        return operating.close_incident(tx, row.id, who, code, text, station.now, **more)

    answer = station.write(run)
    return answer if isinstance(answer, Refused) else station.incident(row.id)


def state(station: Station, row: Incident) -> str:
    return str(station.incident(row.id).state)


def sends(station: Station, code: str, zone: str = "", **more: Any) -> None:
    station.receives(station.signal(code, zone, **more))
    station.correlate()


def open_of(station: Station, row: Incident) -> list[What]:
    """What keeps a person from filing it."""
    found = station.write(lambda tx: standing(tx, station.incident(row.id), station.now))
    return [one.what for one in found.open]


def protects(station: Station, row: Incident, hours: float = 4) -> ProtectiveMeasure:
    """Somebody opens a measure for the incident's site."""

    def run(tx: Tx) -> ProtectiveMeasure:
        seen = incidents.get(tx, row.id, lock=True)
        assert seen is not None
        lasts = timedelta(hours=hours)
        return open_measure(tx, seen, Measure.OTHER, "client sur place", lasts, station.now)

    return station.write(run)


# --- zones, arming, measures -------------------------------------------------------------------


def test_closing_twice_never_files_a_zone_in_alarm(station: Station) -> None:
    row = station.alarm("BA")
    assert closes(station, row).state == "awaiting_normal"  # type: ignore[union-attr]
    with pytest.raises(StillOpen) as refused:
        closes(station, row)
    (zone,) = refused.value.open
    assert (zone.what, zone.name, zone.since) == (What.ZONE, "3", row.alarm_at)
    station.later(HALF_AN_HOUR)
    assert state(station, row) == "open"
    with pytest.raises(StillOpen):  # nor once it came back to the queue
        closes(station, row, code="technical", text="the detector is broken")
    assert state(station, row) == "open"
    sends(station, "BR", "3")
    assert closes(station, row).state == "filed"  # type: ignore[union-attr]


def test_a_site_that_its_calendar_wants_armed_is_filed_once_it_is(station: Station) -> None:
    station.put(schedule=DAYS)
    sends(station, "CL")
    row = station.alarm("BA")
    sends(station, "OP", user="7")
    sends(station, "BR", "3")
    assert closes(station, row).state == "awaiting_normal"  # type: ignore[union-attr]
    with pytest.raises(StillOpen) as refused:
        closes(station, row)
    (arming,) = refused.value.open
    assert (arming.what, arming.since, arming.who) == (What.ARMING, station.now, "7")
    assert station.told(row.id)[-1] == "awaiting_arming"
    sends(station, "CL")
    assert state(station, row) == "filed"


def test_the_opening_hours_want_nothing_armed(station: Station) -> None:
    station.put(schedule=DAYS)
    row = station.alarm("BA")
    sends(station, "OP")
    sends(station, "BR", "3")
    closes(station, row)
    station.now += timedelta(hours=5, minutes=1)  # 08:01 there
    assert open_of(station, row) == []
    station.look()
    assert state(station, row) == "filed", "the machine files what is as it should be"


def test_without_a_calendar_what_was_disarmed_since_the_alarm_is_armed_again(
    station: Station,
) -> None:
    sends(station, "CL")
    row = station.alarm("BA")
    station.now += timedelta(minutes=1)
    sends(station, "OP", user="7")
    sends(station, "BR", "3")
    assert closes(station, row).state == "awaiting_normal"  # type: ignore[union-attr]
    assert open_of(station, row) == [What.ARMING]


@pytest.mark.parametrize("explained", [True, False], ids=["told by phone", "said by nobody"])
def test_without_a_calendar_the_sites_own_people_decide_whether_it_is_armed(
    station: Station, explained: bool
) -> None:
    """Once somebody told with a code what it was: disarming is no identification (D4)."""
    users = [{"account": "1002", "number": "7", "contact": "1002-anne", "part": "person"}]
    station.put(panel_users=users)
    sends(station, "CL", user="7")
    row = station.alarm("BA")
    station.now += timedelta(minutes=1)
    sends(station, "OP", user="007")
    sends(station, "BR", "3")
    if explained:
        station.replies("+33639980001", "verified_ok")
        assert state(station, row) == "filed"
    else:
        assert closes(station, row).state == "awaiting_normal"  # type: ignore[union-attr]
        assert open_of(station, row) == [What.ARMING]


def test_a_measure_with_an_end_stands_for_what_is_open_and_its_end_is_a_humans(
    station: Station,
) -> None:
    row = station.alarm("BA")
    protects(station, row)
    assert closes(station, row).state == "awaiting_normal"  # type: ignore[union-attr]
    assert closes(station, row, text="client on site").state == "filed"  # type: ignore[union-attr]
    assert station.told(row.id)[-1] == "filed_by_hand"
    # It goes on by itself, and the alarm's report still tells of it.
    assert [one.text for one in station.read(lambda tx: facts(tx, row.id).measures)]
    station.now += timedelta(hours=4, minutes=1)
    station.write(lambda tx: overdue.act(tx, overdue.find(tx, None, station.now), station.now))
    station.correlate()
    newest = station.incidents()[-1]
    assert newest.id != row.id, "nobody looks at the site when the measure ends"
    assert newest.zones != {}


def test_a_clock_that_was_set_back_forgets_no_measure(station: Station) -> None:
    row = station.alarm("BA")
    protects(station, row)
    station.now -= timedelta(minutes=5)
    found = station.write(lambda tx: standing(tx, station.incident(row.id), station.now))
    assert [one.what for one in found.measures] == [What.MEASURE]


def test_a_measure_whose_reason_is_gone_is_lifted_before_filing(station: Station) -> None:
    row = station.alarm("BA")
    measure = protects(station, row)
    sends(station, "BR", "3")
    assert closes(station, row).state == "awaiting_normal"  # type: ignore[union-attr]
    with pytest.raises(StillOpen) as refused:
        closes(station, row)
    assert [(one.what, one.name) for one in refused.value.open] == [
        (What.MEASURE, "client sur place")
    ]
    station.write(lambda tx: measures.lift_measure(tx, "1002", measure.id, "alice", station.now))
    assert state(station, row) == "filed"


def test_the_machine_files_no_site_that_is_not_armed_again(station: Station) -> None:
    station.put(schedule=DAYS)
    sends(station, "CL")
    row = station.alarm("BA")
    sends(station, "BR", "3")
    sends(station, "OP")
    station.picks_up("+33639980001")
    station.replies("+33639980001", "verified_ok")
    assert state(station, row) == "awaiting_normal"


def test_a_contact_on_the_phone_files_nothing_that_a_human_could_not(station: Station) -> None:
    """A cancel by phone of what came back to the queue."""
    row = station.alarm("BA")
    closes(station, row)
    station.later(HALF_AN_HOUR)
    assert station.incident(row.id).human_reason == "not_normal"

    def run(tx: Tx) -> None:
        seen = incidents.get(tx, row.id, lock=True)
        assert seen is not None
        acting.close(tx, seen, "false_alarm", "by phone", station.now, who="anne")

    station.write(run)
    assert state(station, row) == "awaiting_normal"


def test_undo_brings_back_what_waited_and_files_nothing(station: Station) -> None:
    row = station.alarm("BA")
    closes(station, row)
    offer = station.write(lambda tx: undoing.offered(tx, "alice", station.now))
    assert offer is not None
    station.write(lambda tx: undoing.take_back(tx, offer.id, "alice", station.now))
    assert state(station, row) == "open"
    closes(station, row)
    with pytest.raises(StillOpen):
        closes(station, row)


# --- two people --------------------------------------------------------------------------------


@pytest.mark.parametrize("second", ["alice", "bob"])
def test_no_hold_up_is_closed_without_a_supervisor(station: Station, second: str) -> None:
    row = station.alarm("HA")
    with pytest.raises(Refused, match="with a reason"):
        closes(station, row)
    for who in ("alice", second):
        refused = closes(station, row, who, text="a child played")
        assert isinstance(refused, NeedsSupervisor)
        assert [one.what for one in refused.open] == [What.POLICE_NEVER_CALLED]
        assert state(station, row) == "open"
    assert station.told(row.id)[-1] == "closing_asked"


def test_a_supervisor_closes_no_hold_up_alone(station: Station) -> None:
    row = station.alarm("HA")
    for _ in range(2):
        answer = closes(station, row, "chief", text="a child played", supervises=True)
        assert isinstance(answer, NeedsSupervisor)
    assert state(station, row) == "open"


def test_a_supervisor_signs_what_the_operator_who_holds_it_asks_for(station: Station) -> None:
    row = station.alarm("HA")
    station.write(lambda tx: operating.claim(tx, row.id, "alice", station.now))
    with pytest.raises(Held):
        closes(station, row, "chief", text="seen", supervises=True)
    assert isinstance(closes(station, row, text="a child played"), NeedsSupervisor)
    with pytest.raises(Refused, match="with a reason"):
        closes(station, row, "chief", supervises=True)
    answer = closes(station, row, "chief", text="called back by number", supervises=True)
    assert answer.state == "filed"  # type: ignore[union-attr]
    told = station.told(row.id)
    assert [kind for kind in told if kind.startswith("closing")] == [
        "closing_asked",
        "closing_signed",
    ]
    (signed,) = station.entries("closing_signed")
    assert (signed.data["who"], signed.data["by"]) == ("alice", "chief")


def test_the_operator_signs_what_the_supervisor_asked_for_with_that_code(station: Station) -> None:
    row = station.alarm("HA")
    closes(station, row, "chief", text="seen", supervises=True, code="authorities")
    answer = closes(station, row, text="yes", code="authorities")
    assert answer.state == "filed"  # type: ignore[union-attr]


def test_no_operator_signs_a_supervisors_wish_with_another_code(station: Station) -> None:
    row = station.alarm("HA")
    closes(station, row, "chief", text="seen", supervises=True, code="authorities")
    assert isinstance(closes(station, row, text="no"), NeedsSupervisor)
    assert state(station, row) == "open"


def test_what_a_supervisor_does_not_waive_stays_open(station: Station) -> None:
    row = station.alarm("BA")
    closes(station, row)
    closes(station, row, waiver="the detector is broken")
    with pytest.raises(StillOpen):
        closes(station, row, "chief", supervises=True)


def test_a_new_alarm_voids_what_was_asked_for(station: Station) -> None:
    row = station.alarm("HA")
    closes(station, row, text="a child played")
    station.alarm("HA")
    answer = closes(station, row, "chief", text="seen", supervises=True)
    assert isinstance(answer, NeedsSupervisor)
    assert state(station, row) == "open"


def test_duress_takes_two_people_as_a_hold_up_does(station: Station) -> None:
    row = station.alarm("BA")
    call = station.picks_up("+33639980001")
    station.says(call, "duress")
    answer = closes(station, row, text="all well")
    assert isinstance(answer, NeedsSupervisor)


@pytest.mark.parametrize("again", [False, True], ids=["at once", "a second time"])
def test_what_is_open_is_waived_by_two_people_with_reasons(station: Station, again: bool) -> None:
    row = station.alarm("BA")
    if again:
        closes(station, row)
    refused = closes(station, row, waiver="the detector is broken")
    assert isinstance(refused, NeedsSupervisor)
    assert [one.what for one in refused.open] == [What.ZONE]
    alone = closes(station, row, waiver="it is broken, I say")
    assert isinstance(alone, NeedsSupervisor), "who asked for it signs it"
    answer = closes(station, row, "chief", supervises=True, waiver="the technician said so")
    assert answer.state == "filed"  # type: ignore[union-attr]
    assert station.told(row.id)[-1] == "filed_by_hand"


def test_several_at_once_ask_as_one_does(station: Station) -> None:
    row = station.alarm("HA")

    def run(tx: Tx) -> Refused | None:
        return operating.act_together(
            tx, row.id, "close", "alice", station.now, site="1002", code="false_alarm", text="x"
        )

    assert isinstance(station.write(run), NeedsSupervisor)
    assert state(station, row) == "open"

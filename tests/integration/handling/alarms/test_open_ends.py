"""What is still open at an alarm's end is listed, and each line ends by a signal or a reason."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from callflow.core.alarms.escalation import GuardEvent
from callflow.core.alarms.filing import Act, Open, What
from callflow.core.alarms.incident import Incident, State
from callflow.core.alarms.promise import PromiseKind
from callflow.core.plans.task import TaskOutcome
from callflow.handling.alarms import operating
from callflow.handling.alarms.ends import reopening, signing
from callflow.handling.alarms.ends.filing import NeedsSupervisor, StillOpen, still_open
from callflow.handling.base.refusals import Held, Refused
from callflow.handling.interventions import guards, orders
from callflow.handling.interventions.measures import open_fault
from callflow.handling.plans import plans
from callflow.storage import Tx
from callflow.storage.alarms import tasks
from tests.integration.handling.alarms.test_filing import DAYS, closes, sends, state
from tests.integration.handling.station import Station

Row = dict[str, Any]
GUARD = {
    "id": "1002-firm",
    "name": "Garde",
    "role": "guard",
    "phone": "+33639980301",
    "authorities": {},
}


def lines(station: Station, row: Incident) -> list[Open]:
    return list(station.read(lambda tx: still_open(tx, station.incident(row.id), station.now)))


def kinds(station: Station, row: Incident) -> list[str]:
    return [line.what.value for line in lines(station, row)]


def signs(
    station: Station, row: Incident, what: What, key: str, who: str = "alice", **more: Any
) -> object:
    reason = more.pop("reason", "seen by camera")

    def run(tx: Tx) -> object:
        return signing.sign(tx, row.id, who, what, key, reason, station.now, **more)

    return station.write(run)


# --- bypassed zones ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "out", "back"), [("SIA-DCS", "BB", "BU"), ("ADM-CID", "1570", "3570")]
)
def test_a_bypassed_zone_is_open_until_its_panel_has_it_back(
    station: Station, form: str, out: str, back: str
) -> None:
    sends(station, out, "004", format=form, user="7")
    row = station.alarm("BA")
    sends(station, "BR", "3")
    assert closes(station, row).state == "awaiting_normal"  # type: ignore[union-attr]
    with pytest.raises(StillOpen) as refused:
        closes(station, row)
    (line,) = refused.value.open
    assert (line.what, line.name, line.next[0]) == (What.BYPASS, "4", Act.CALL_TECHNICIAN)
    sends(station, back, "4", format=form)
    station.later(30 * 60)
    assert state(station, row) == "filed"


def test_a_bypassed_zone_that_is_out_of_service_by_a_measure_keeps_nobody(station: Station) -> None:
    sends(station, "BB", "4")
    lasts = timedelta(days=3)
    station.write(lambda tx: open_fault(tx, "1002", "4", "broken", lasts, station.now, who="alice"))
    row = station.alarm("BA")
    sends(station, "BR", "3")
    closes(station, row)
    assert kinds(station, row) == ["bypass"], "it is shown"
    assert closes(station, row, text="technician on Monday").state == "filed"  # type: ignore[union-attr]


# --- promises, and what is left there ------------------------------------------------------------


@pytest.mark.parametrize("kind", PromiseKind)
def test_what_is_owed_keeps_an_alarm_from_being_filed_until_it_is_done(
    station: Station, kind: PromiseKind
) -> None:
    row = station.alarm("BA")
    sends(station, "BR", "3")
    two_hours = timedelta(hours=2)
    made = station.write(
        lambda tx: signing.promise(
            tx, row.id, "alice", kind, "rappeler", station.now, owes="bruno", within=two_hours
        )
    )
    assert closes(station, row).state == "awaiting_normal"  # type: ignore[union-attr]
    (line,) = lines(station, row)
    assert (line.what.value, line.who, line.due) == (kind.value, "bruno", station.now + two_hours)
    station.write(lambda tx: signing.keep(tx, row.id, made.id, "alice", "done", station.now))
    assert state(station, row) == "filed"
    with pytest.raises(Refused):
        station.write(lambda tx: signing.keep(tx, row.id, made.id, "bob", "", station.now))


def test_one_person_ends_a_promise_by_a_reason(station: Station) -> None:
    row = station.alarm("BA")
    sends(station, "BR", "3")
    made = station.write(
        lambda tx: signing.promise(
            tx, row.id, "alice", PromiseKind.PROMISE, "rappeler", station.now
        )
    )
    closes(station, row)
    signs(station, row, What.PROMISE, made.id, reason="they called themselves")
    assert state(station, row) == "filed"


# --- guards ------------------------------------------------------------------------------------


def guarded(station: Station) -> tuple[Incident, str]:
    """An alarm, and its guard's task: he accepted."""
    station.put(contacts=[GUARD])
    station.plan("guarded", {"id": "guard", "kind": "send_guard"})
    row = station.alarm("BA")
    station.write(lambda tx: operating.claim(tx, row.id, "alice", station.now))
    station.write(lambda tx: orders.send_guard(tx, row.id, "alice", station.now))
    (task,) = [one for one in station.read(lambda tx: tasks.of_incident(tx, row.id)) if one.open]
    return row, task.id


def test_a_guard_under_way_is_not_forgotten_by_closing(station: Station) -> None:
    row, task = guarded(station)
    happens = GuardEvent.ACCEPTED
    station.write(lambda tx: guards.guard_event(tx, row.id, task, happens, "alice", station.now))
    sends(station, "BR", "3")
    assert closes(station, row).state == "awaiting_normal"  # type: ignore[union-attr]
    assert kinds(station, row) == ["guard"]
    station.write(
        lambda tx: guards.guard_report(
            tx,
            row.id,
            task,
            "alice",
            station.now,
            inside=True,
            outside=True,
            traces=False,
            rearmed=True,
        )
    )
    assert state(station, row) == "filed"
    (ended,) = station.read(lambda tx: tasks.of_incident(tx, row.id))
    assert ended.outcome is TaskOutcome.ALL_CLEAR


def test_a_guard_whom_nobody_accepted_for_is_withdrawn_by_closing(station: Station) -> None:
    row, _ = guarded(station)
    sends(station, "BR", "3")
    assert closes(station, row).state == "filed"  # type: ignore[union-attr]


# --- signed reasons ----------------------------------------------------------------------------


def test_what_protects_people_is_signed_by_two_one_of_them_a_supervisor(station: Station) -> None:
    row = station.alarm("BA")
    closes(station, row)
    assert isinstance(signs(station, row, What.ZONE, "3"), NeedsSupervisor)
    assert isinstance(signs(station, row, What.ZONE, "3"), NeedsSupervisor), "not by herself"
    station.now += timedelta(seconds=1)
    assert isinstance(signs(station, row, What.ZONE, "3", "bob"), NeedsSupervisor), "no supervisor"
    assert state(station, row) == "awaiting_normal"
    signs(station, row, What.ZONE, "3", "chief", supervises=True)
    assert state(station, row) == "filed"
    (entry,) = station.entries("end_signed_by_two")
    assert (entry.data["who"], entry.data["by"]) == ("bob", "chief")


def test_a_supervisor_alone_signs_nothing_that_protects_people(station: Station) -> None:
    row = station.alarm("BA")
    closes(station, row)
    for _ in range(2):
        answer = signs(station, row, What.ZONE, "3", "chief", supervises=True)
        assert isinstance(answer, NeedsSupervisor)


def test_a_new_alarm_voids_a_signature(station: Station) -> None:
    row = station.alarm("BA")
    sends(station, "BA", "5")
    closes(station, row)
    signs(station, row, What.ZONE, "3")
    signs(station, row, What.ZONE, "3", "chief", supervises=True)
    assert [line.name for line in lines(station, row)] == ["5"]
    station.alarm("BA", "5")
    assert {line.name for line in lines(station, row)} == {"3", "5"}


def test_a_site_disarmed_anew_is_signed_anew(station: Station) -> None:
    station.put(schedule=DAYS)
    sends(station, "CL")
    row = station.alarm("BA")
    sends(station, "OP")
    signs(station, row, What.ARMING, "")
    signs(station, row, What.ARMING, "", "chief", supervises=True)
    assert What.ARMING.value not in kinds(station, row)
    sends(station, "CL")
    station.now += timedelta(minutes=5)
    sends(station, "OP")
    assert What.ARMING.value in kinds(station, row)


def test_a_signature_needs_a_reason_and_an_open_line(station: Station) -> None:
    row = station.alarm("BA")
    with pytest.raises(Refused, match="with a reason"):
        signs(station, row, What.ZONE, "3", reason=" ")
    with pytest.raises(Refused, match="look again"):
        signs(station, row, What.ZONE, "4")
    with pytest.raises(Refused, match="do what it asks for"):
        signs(station, row, What.MEASURE, "x")


# --- deadlines ---------------------------------------------------------------------------------


@pytest.mark.parametrize("said", [None, 7200])
def test_a_plan_says_how_long_its_site_may_stand_open(station: Station, said: int | None) -> None:
    body: Row = {"id": "p", "name": "p", "steps": [{"id": "a", "kind": "hand_to_operator"}]}
    body |= {"normal_s": said} if said else {}
    station.write(lambda tx: plans.publish_plan(tx, body, "admin", station.now))
    station.put(plans={"intrusion": "p"})
    row = station.alarm("BA")
    assert lines(station, row)[0].due is None, "it runs from the moment it is treated"
    closes(station, row)
    assert lines(station, row)[0].due == station.now + timedelta(seconds=said or 1800)
    station.later((said or 1800) - 1)
    assert state(station, row) == "awaiting_normal"
    station.later(2)
    assert (state(station, row), station.incident(row.id).human_reason) == ("open", "not_normal")


# --- second thoughts ---------------------------------------------------------------------------


def test_a_filed_alarm_is_opened_again_within_the_hour(station: Station) -> None:
    row = station.alarm("BA")
    sends(station, "BR", "3")
    assert closes(station, row).state == "filed"  # type: ignore[union-attr]
    station.now += timedelta(minutes=59)
    reopens(station, row, "the client called back")
    again = station.incident(row.id)
    assert (again.state, again.holder, again.human_reason) == (State.OPEN, "alice", "reopened")
    assert closes(station, row, code="technical", text="yes").state == "filed"  # type: ignore[union-attr]
    assert station.told(row.id).count("reopened") == 1


def reopens(station: Station, row: Incident, reason: str, who: str = "alice") -> None:
    station.write(lambda tx: reopening.reopen(tx, row.id, who, reason, station.now))


def test_it_is_not_opened_again_later_nor_without_a_reason_nor_beside_another(
    station: Station,
) -> None:
    row = station.alarm("BA")
    with pytest.raises(Refused, match="not filed"):
        reopens(station, row, "why not")
    sends(station, "BR", "3")
    closes(station, row)
    with pytest.raises(Refused, match="say why"):
        reopens(station, row, "")
    other = station.alarm("FA", "6")
    station.write(lambda tx: operating.claim(tx, other.id, "bob", station.now))
    with pytest.raises(Held):
        reopens(station, row, "mine")
    station.now += timedelta(hours=1)
    with pytest.raises(Refused, match="more than an hour"):
        reopens(station, row, "late", "bob")

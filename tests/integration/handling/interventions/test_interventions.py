"""What people do for a plan's steps: operators, guards, and measures that protect a site."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from callflow.core.alarms.escalation import GuardEvent
from callflow.core.alarms.incident import Incident
from callflow.core.interventions.law import Service
from callflow.core.plans.task import Task, TaskOutcome
from callflow.core.time.instants import to_iso
from callflow.handling.alarms import completing, operating
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.interventions import firms as interventions_firms
from callflow.handling.interventions import guards
from callflow.handling.interventions import measures as interventions_measures
from callflow.handling.interventions.services import service_gate
from callflow.storage import Tx
from callflow.storage.alarms import tasks
from callflow.storage.interventions import measures, services
from tests.integration.handling.station import FIRST, Station

Row = dict[str, Any]

OPERATOR = {"id": "operator", "kind": "hand_to_operator"}
CLOSE = {"id": "end", "kind": "close", "code": "nothing_found"}
#: Two firms: by the site's own link, and by its sector.
OWN, BY_SECTOR = "+33639980301", "+33639980302"
GUARD = {"id": "guard", "kind": "send_guard", "accept_s": 300, "arrive_s": 600, "report_s": 600}


def put_firm(station: Station, name: str, **fields: Any) -> None:
    body = {"name": name, "licence": "AUT-035", **fields}
    station.write(
        lambda tx: interventions_firms.put_firm(tx, station.vault, name, body, "admin", station.now)
    )


@pytest.fixture
def firms(station: Station) -> None:
    put_firm(station, "near", phone=OWN, tariff="95 €/h")
    put_firm(station, "far", phone=BY_SECTOR, sectors=["350"])


def alarm(station: Station, *steps: Row, code: str = "BA") -> Incident:
    station.plan("p", *steps)
    link = {"id": "near", "name": "near", "role": "guard", "phone": OWN, "keys_held": True}
    chief = {"id": "chief", "name": "Chef", "role": "manager", "authorities": {"*": ["send_guard"]}}
    station.put(plans={"intrusion": "p"}, postcode="35000", contacts=[link, chief])
    return station.alarm(code)


def task(station: Station, row: Incident) -> Task:
    return station.read(lambda tx: tasks.of_incident(tx, row.id))[-1]


def acts(station: Station, function: Callable[[Tx], Any]) -> Any:
    return station.write(function)


def guard(station: Station, row: Incident, event: GuardEvent) -> None:
    on = task(station, row).id
    acts(station, lambda tx: guards.guard_event(tx, row.id, on, event, "anna", station.now))


def report(station: Station, row: Incident, **found: Any) -> None:
    on = task(station, row).id
    said = {"inside": True, "outside": True, "traces": False, "rearmed": True} | found
    acts(station, lambda tx: guards.guard_report(tx, row.id, on, "anna", station.now, **said))


@pytest.mark.usefixtures("firms")
def test_a_firm_that_declines_is_followed_by_the_one_of_the_sector(station: Station) -> None:
    row = alarm(station, {**GUARD, "outcomes": {"all_clear": "end"}}, CLOSE)
    assert station.wanted() == [OWN]
    station.replies(OWN, "declined")
    assert station.wanted() == [BY_SECTOR]
    station.replies(BY_SECTOR, "accepted")
    assert "expected_at" in task(station, row).data
    station.later(300)
    guard(station, row, GuardEvent.ON_SITE)
    station.later(300)
    report(station, row)
    after = station.incident(row.id)
    assert (after.resolution_code, after.with_human) == ("nothing_found", False)
    told = station.told(row.id)
    assert [kind for kind in told if kind.startswith("guard_")] == [
        "guard_accepted",
        "guard_on_site",
        "guard_report",
    ]


@pytest.mark.usefixtures("firms")
def test_no_acceptance_in_time_asks_the_next_firm_and_then_a_human(station: Station) -> None:
    row = alarm(station, {**GUARD, "outcomes": {"exhausted": "operator"}}, OPERATOR)
    for _ in range(40):
        for number in (OWN, BY_SECTOR):
            if number in station.wanted():
                station.ends(number, "no_answer")
        station.later(20)
    after = station.incident(row.id)
    assert after.step == "operator"
    found = station.read(lambda tx: tasks.of_incident(tx, row.id))
    assert [(t.subject, t.outcome) for t in found] == [
        ("near", "overdue"),
        ("far", "overdue"),
    ]


@pytest.mark.usefixtures("firms")
def test_a_guard_who_falls_silent_is_a_humans_at_once_and_the_next_is_sent(
    station: Station,
) -> None:
    row = alarm(station, GUARD)
    station.replies(OWN, "accepted")
    station.later(601)
    after = station.incident(row.id)
    assert (after.with_human, after.human_reason) == (True, "guard_silent")
    assert station.wanted().count(BY_SECTOR) == 1


@pytest.mark.usefixtures("firms")
@pytest.mark.parametrize(
    ("found", "why"),
    [
        ({"inside": False, "outside": False}, "inside, outside"),
        ({"rearmed": None}, "armed again"),
    ],
)
def test_a_report_says_all_that_an_all_clear_needs(station: Station, found: Row, why: str) -> None:
    row = alarm(station, GUARD)
    station.replies(OWN, "accepted")
    with pytest.raises(Refused, match=why):
        report(station, row, **found)
    report(station, row, traces=True, rearmed=None)
    assert task(station, row).outcome == "traces"


@pytest.mark.usefixtures("firms")
def test_a_guards_traces_open_the_police_step_and_nobody_types_them_twice(
    station: Station,
) -> None:
    row = alarm(station, GUARD)

    def gate() -> bool:
        seen = station.incident(row.id)
        return station.read(lambda tx: service_gate(tx, seen, Service.POLICE)).allowed

    guard(station, row, GuardEvent.ON_SITE)
    assert not gate()
    report(station, row, inside=True, traces=True)
    assert gate()
    (kept,) = station.read(lambda tx: services.verifications(tx, row.id))
    assert (kept.means, kept.result, kept.weight) == ("guard", "confirmed", "strong")
    assert kept.by == "anna"
    assert kept.person != ""


@pytest.mark.usefixtures("firms")
def test_only_an_authority_recalls_a_guard_or_keeps_him(station: Station) -> None:
    row = alarm(station, {**GUARD, "outcomes": {"exhausted": "operator"}}, OPERATOR)
    station.replies(OWN, "accepted")
    on, hour = task(station, row).id, timedelta(hours=1)

    def stays(contact: str) -> None:
        acts(
            station,
            lambda tx: guards.guard_stays(tx, row.id, on, contact, hour, "anna", station.now),
        )

    with pytest.raises(Refused, match="no authority"):
        stays("near")
    with pytest.raises(NotFound):
        stays("nobody")
    stays("chief")
    (measure,) = station.read(lambda tx: measures.of_site(tx, "1002"))
    assert measure.kind == "guard_on_site"
    assert "95 €/h" in measure.text
    acts(
        station,
        lambda tx: guards.recall_guard(tx, row.id, on, "chief", "anna", station.now),
    )
    assert task(station, row).subject == "far"


def done(
    station: Station, row: Incident, outcome: TaskOutcome, who: str = "anna", **more: Any
) -> None:
    on = task(station, row).id
    acts(
        station,
        lambda tx: completing.complete_task(tx, row.id, on, who, outcome, station.now, **more),
    )


def test_a_check_list_is_compulsory(station: Station) -> None:
    look = {"id": "look", "kind": "hand_to_operator", "checklist": ["portes", "caves"]}
    row = alarm(station, {**look, "outcomes": {"done": "end"}}, CLOSE)
    with pytest.raises(Refused, match="caves"):
        done(station, row, TaskOutcome.DONE, ticked=["portes"])
    with pytest.raises(Refused, match="does not end with"):
        done(station, row, TaskOutcome.ALL_CLEAR, ticked=["portes", "caves"])
    done(station, row, TaskOutcome.DONE, ticked=["portes", "caves"])
    assert station.incident(row.id).resolution_code == "nothing_found"


def test_disarming_takes_two_people_and_the_panels_own_word(station: Station) -> None:
    act = {"id": "act", "kind": "act_on_panel", "command": "disarm"}
    row = alarm(station, {**act, "outcomes": {"confirmed": "operator"}}, OPERATOR)
    for second in ("", "anna"):
        with pytest.raises(Refused, match="two people"):
            done(station, row, TaskOutcome.CONFIRMED, second=second)
    with pytest.raises(Refused, match="panel has not confirmed"):
        done(station, row, TaskOutcome.CONFIRMED, second="bea")
    station.later(1)
    station.receives(station.signal("OP", ""))
    station.correlate()
    done(station, row, TaskOutcome.CONFIRMED, second="bea")
    assert station.incident(row.id).step == "operator"


def test_what_a_holder_should_have_done_by_now_is_said_loudly(station: Station) -> None:
    row = alarm(station, {"id": "look", "kind": "listen_in", "limit_s": 60})
    acts(station, lambda tx: operating.claim(tx, row.id, "anna", station.now))
    station.later(61)
    acts(station, lambda tx: completing.overdue_tasks(tx, station.now))
    assert task(station, row).outcome == "overdue"
    after = station.incident(row.id)
    assert (after.human_reason, after.holder) == ("task_overdue", "anna")


def test_a_measure_is_lifted_once_and_normal_time_counts_again(station: Station) -> None:
    guard_step = {"id": "keep", "kind": "protective_measure", "text": "Agent", "minutes": 600}
    look = {"id": "look", "kind": "hand_to_operator", "outcomes": {"done": "keep"}}
    row = alarm(station, look, {**guard_step, "outcomes": {"done": "end"}}, CLOSE)
    done(station, row, TaskOutcome.DONE)
    (measure,) = station.read(lambda tx: measures.of_site(tx, "1002"))

    def lift() -> None:
        acts(
            station,
            lambda tx: interventions_measures.lift_measure(
                tx, "1002", measure.id, "anna", station.now
            ),
        )

    lift()
    assert station.incident(row.id).normal_due == station.now + timedelta(minutes=30)
    with pytest.raises(Refused, match="lifted already"):
        lift()
    assert FIRST not in station.wanted()


@pytest.mark.usefixtures("firms")
def test_a_plans_guard_is_of_the_sites_firm_and_reports_when_it_says_so(station: Station) -> None:
    keep = {"id": "keep", "kind": "protective_measure", "text": "Agent", "minutes": 600}
    keep |= {"measure": "guard_on_site", "report_every": 60}
    look = {"id": "look", "kind": "hand_to_operator", "outcomes": {"done": "keep"}}
    row = alarm(station, look, {**keep, "outcomes": {"done": "end"}}, CLOSE)
    done(station, row, TaskOutcome.DONE)
    (measure,) = station.read(lambda tx: measures.of_site(tx, "1002"))
    assert (measure.firm_id, measure.report_due) == ("near", station.now + timedelta(hours=1))


@pytest.mark.usefixtures("firms")
def test_a_firm_that_the_site_has_only_by_its_sector_is_really_dialled(station: Station) -> None:
    row = alarm(station, GUARD)
    assert station.place() == [OWN]
    station.says(station.picks_up_ringing(OWN), "declined")
    station.hangs_up(station.live_on_trunk(OWN))
    assert station.place() == [BY_SECTOR]
    assert "dial_refused" not in station.told(row.id)


def test_a_firm_of_another_sector_is_not_asked(station: Station) -> None:
    put_firm(station, "elsewhere", phone=BY_SECTOR, sectors=["75", "3500"])
    put_firm(station, "here", phone=OWN, sectors=["35", "35000"])
    station.plan("p", GUARD)
    station.put(plans={"intrusion": "p"}, postcode="35700", contacts=[])
    row = station.alarm()
    assert station.place() == [OWN]
    assert task(station, row).subject == "here"


@pytest.mark.usefixtures("firms")
def test_a_firms_code_under_duress_sounds_like_yes_and_brings_a_human_in_silence(
    station: Station,
) -> None:
    row = alarm(station, {**GUARD, "outcomes": {"exhausted": "operator"}}, OPERATOR)
    call = station.picks_up(OWN)
    station.says(call, "duress")
    after = station.incident(row.id)
    assert (after.with_human, after.human_reason) == (True, "duress")
    assert (after.duress, after.machine) == (True, "done")
    assert task(station, row).outcome == "duress"
    assert station.live(OWN).id == call  # nobody cuts the line
    station.says(call, "accepted")  # what was typed after it
    station.hangs_up(call)
    assert station.call(call).outcome == "duress"
    station.later(3600)
    assert {OWN, BY_SECTOR, FIRST} & set(station.wanted()) == set()
    assert task(station, row).outcome == "duress"


@pytest.mark.usefixtures("firms")
def test_a_guard_leaves_once_even_after_the_end(station: Station) -> None:
    row = alarm(station, {**GUARD, "outcomes": {"all_clear": "end"}}, CLOSE)
    guard(station, row, GuardEvent.ON_SITE)
    report(station, row)
    on = task(station, row).id

    def leaves() -> None:
        acts(station, lambda tx: guards.guard_left(tx, row.id, on, "anna", station.now))

    leaves()
    assert task(station, row).data["left_at"] == to_iso(station.now)
    with pytest.raises(Refused, match="left already"):
        leaves()
    assert station.told(row.id).count("guard_left") == 1

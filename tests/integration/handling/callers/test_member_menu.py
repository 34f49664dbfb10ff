"""What technicians and guards do on the phone, as rows: they see the sites of their firm only."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from callflow.core.alarms.incident import Incident
from callflow.core.calls.call import Outcome
from callflow.core.calls.purpose import Purpose
from callflow.core.plans.task import Task
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound
from callflow.handling.interventions import firms as interventions_firms
from callflow.handling.interventions import members, welfare
from callflow.handling.watch import overdue
from callflow.storage import schema as t
from callflow.storage.alarms import tasks
from callflow.storage.callers import call_backs
from callflow.storage.interventions import firms, measures
from callflow.storage.watch import supervision
from tests.integration.handling.station import Station
from tests.support.phones.menu_caller import MenuCaller

Row = dict[str, Any]

TECH, GUARD, STRANGER = "+33639980401", "+33639980402", "+33639987002"
FIRM, GUARDS = "+33639980400", "+33639980410"
_NUMBERS = itertools.count()
LOOK = {"id": "look", "kind": "send_guard", "outcomes": {"all_clear": "end", "traces": "human"}}
HUMAN = {"id": "human", "kind": "hand_to_operator"}
CLOSE = {"id": "end", "kind": "close", "code": "nothing_found"}


def member(station: Station, firm: str, name: str, **fields: Any) -> None:
    body = {"name": name, "code": "258000", "duress_code": "258001", **fields}
    station.write(
        lambda tx: members.put_member(tx, station.vault, firm, name, body, "admin", station.now)
    )


@pytest.fixture
def firm(station: Station) -> None:
    """Two sites; a firm keeps one of them, another one's guards are sent to both."""
    station.plan("p", LOOK, HUMAN, CLOSE)
    body = {"name": "Vigie", "licence": "AUT-1", "phone": GUARDS, "sectors": ["350"]}
    station.write(
        lambda tx: interventions_firms.put_firm(
            tx, station.vault, "vigie", body, "admin", station.now
        )
    )
    keeps: Row = {"id": "electro", "name": "Electro", "role": "maintenance", "phone": FIRM}
    keeps |= {"authorities": {"*": ["set_on_test"]}}
    station.put("1002", contacts=[keeps], plans={"intrusion": "p"}, postcode="35000")
    station.put("1003", contacts=[], plans={"intrusion": "p"}, postcode="35000")
    member(station, "electro", "Tom", phone=TECH, mail="tom@electro.example")
    member(station, "vigie", "Gil", phone=GUARD, language="en")


def call(station: Station, number: str = TECH) -> MenuCaller:
    call_id = f"1796000000.{next(_NUMBERS)}"
    return MenuCaller(station.store, station.vault, number, call_id).calls(station.now)


def rows(station: Station, table: Any) -> list[Row]:
    return station.read(lambda tx: [dict(row._mapping) for row in tx.execute(select(table))])


def last(caller: MenuCaller) -> str:
    return caller.heard[-1]


pytestmark = pytest.mark.usefixtures("firm")


# --- who they are -------------------------------------------------------------------------


def test_a_technician_is_known_by_number_and_code_and_names_a_site_of_the_firm(
    station: Station,
) -> None:
    caller = call(station).types("258000")
    assert "De quel site" in last(caller)
    assert "n'intervient pas" in last(caller.types("1003"))
    assert "Shop" in last(caller.types("1002"))
    assert station.call(caller.call_id).contact_id == "Tom"


def test_a_second_site_that_is_not_the_firm_s_brings_a_human(station: Station) -> None:
    caller = call(station).types("258000", "1003", "9999")
    assert caller.progress.bridge


def test_from_any_phone_the_site_s_account_and_the_personal_code_do(station: Station) -> None:
    caller = call(station, STRANGER).types("1002", "258000")
    assert "intervention technique" in last(caller)
    nobody = call(station, STRANGER).types("1003", "258000")
    assert "pas reconnu" in last(nobody)


def test_a_wrong_code_twice_brings_a_human_and_six_in_an_hour_lock(station: Station) -> None:
    for _ in range(3):
        caller = call(station).types("111111", "222222")
        assert caller.progress.result is Outcome.WRONG_CODE
    assert "ne sont pas acceptés" in last(call(station).types("258000"))


def test_who_left_the_firm_is_nobody(station: Station) -> None:
    station.write(lambda tx: members.remove_member(tx, "electro", "Tom", "admin", station.now))
    assert "numéro d'abonné" in call(station).heard[0]
    assert "pas reconnu" in last(call(station, STRANGER).types("1002", "258000"))


def test_a_member_s_code_is_long_and_his_own(station: Station) -> None:
    for changed, field in (({"code": "2580"}, "code"), ({"mail": "tom"}, "mail")):
        with pytest.raises(BadField) as refused:
            member(station, "electro", "Tom", **changed)
        assert refused.value.field == field
    with pytest.raises(NotFound):
        member(station, "nobody", "Tom")
    with pytest.raises(BadField):  # somebody of another firm
        member(station, "vigie", "Tom")


# --- technicians --------------------------------------------------------------------------


def test_a_visit_is_accepted_on_site_and_left_each_in_the_logbook(station: Station) -> None:
    caller = call(station).types("258000", "1002", "1")
    assert "prévenez-nous à votre arrivée" in last(caller)
    again = call(station).types("258000")
    assert "êtes arrivé" in last(again)  # the site that he works on: not asked again
    assert "présence" in last(again.types("1"))
    assert "départ" in last(again.types("1"))
    told = [station.entries(f"technician_{stage}") for stage in ("accepted", "on_site", "left")]
    assert [len(entries) for entries in told] == [1, 1, 1]
    assert station.read(lambda tx: firms.visits_at(tx, "1002")) == []


def test_what_a_technician_or_a_guard_says_stands_in_the_logbook(station: Station) -> None:
    caller = call(station).types("258000", "1002", "6").says("words")
    assert "conservées dans la main courante" in last(caller)
    (entry,) = station.entries("spoken_comment")
    assert (entry.data["voice"], entry.site) == ("words", "1002")
    caller.hangs_up()
    assert station.read(call_backs.open_ones) == []  # nobody calls back for what was confirmed
    row = station.alarm("BA")
    call(station, GUARD).types("258000", "6").says("other")
    assert "spoken_comment" in station.told(row.id)


def test_the_technician_whose_walk_test_runs_out_is_called(station: Station) -> None:
    """On their own telephone, not the firm's; the dial gate knows them for just that."""
    station.hangs_up(call(station).types("258000", "1002", "4", "1").call_id)
    station.later(3600)
    station.write(lambda tx: overdue.act(tx, overdue.find(tx, None, station.now), station.now))
    station.correlate()
    assert station.place() == [TECH]
    station.replies(TECH, "acknowledged")
    assert [(one.kind, one.state) for one in station.incidents()] == [("on_test", "filed")]


def test_a_walk_test_reads_out_what_comes_and_ends_with_a_mail(station: Station) -> None:
    caller = call(station).types("258000", "1002", "4", "2")
    assert "Déclenchez" in last(caller)
    station.receives(station.signal("BA", "3"))
    station.correlate()
    caller.types("")
    assert last(caller) == "Reçu : alarme intrusion. Zone 3, Hall."
    assert station.incidents() == []  # on test: nobody is called
    said = len(caller.heard)
    caller.types("", "")
    assert len(caller.heard) == said  # nothing came: nothing is said, and nobody is sent away
    caller.types("1")
    assert "Messages reçus : 1." in last(caller)
    assert "Zones qui n'ont rien envoyé : 1. Zone 9." in last(caller)
    assert not station.read(
        lambda tx: supervision.running_tests(tx, ["1002"], station.now).get("1002")
    )
    (mail,) = rows(station, t.outbox)
    assert (mail["to"], mail["site_id"], mail["incident_id"]) == (
        "tom@electro.example",
        "1002",
        None,
    )
    assert "zone 3 Hall" in mail["body"]
    assert "9 Lift" in mail["body"]


def test_who_trips_nothing_for_ten_minutes_is_back_in_the_menu(station: Station) -> None:
    caller = call(station).types("258000", "1002", "4", "1")
    caller.now = station.now + timedelta(minutes=11)
    caller.types("")
    assert "depuis dix minutes" in last(caller)
    assert "écouter l'essai" in last(caller)


def test_a_firm_without_the_authority_sets_nothing_on_test(station: Station) -> None:
    keeps: Row = {"id": "electro", "name": "Electro", "role": "maintenance", "phone": FIRM}
    station.put("1002", contacts=[keeps], plans={"intrusion": "p"}, postcode="35000")
    assert "pas autorisé" in last(call(station).types("258000", "1002", "4", "1"))


def test_a_zone_at_fault_is_a_measure_that_ends_with_the_repair_or_a_human(
    station: Station,
) -> None:
    caller = call(station).types("258000", "1002", "5", "1", "7")
    assert "Pendant combien de jours" in last(caller)
    assert "pas cette zone" in last(caller.types("2"))
    caller.types("5", "1", "3", "2")
    assert "la zone 3 est déclarée en défaut" in last(caller)
    measure = station.read(lambda tx: measures.fault_of(tx, "1002", "3"))
    assert measure is not None
    assert measure.ends_at == station.now + timedelta(days=2)
    assert "n'est plus en défaut" in last(caller.types("5", "2", "3"))
    assert "Aucun défaut" in last(caller.types("5", "2", "3"))
    caller.types("5", "1", "3", "2")
    station.now += timedelta(days=2, seconds=1)
    station.write(lambda tx: overdue.act(tx, overdue.find(tx, None, station.now), station.now))
    station.correlate()
    assert [row.kind for row in station.incidents()] == ["on_test"]


# --- guards -------------------------------------------------------------------------------


def the_task(station: Station, incident: Incident) -> Task:
    return station.read(lambda tx: tasks.of_incident(tx, incident.id))[-1]


def test_a_guard_accepts_is_on_site_reports_and_leaves_by_phone(station: Station) -> None:
    row = station.alarm("BA")
    caller = call(station, GUARD).types("258000")
    assert "Shop" in last(caller)  # the only place where the firm is awaited
    caller.types("1", "1")
    assert {"accepted_at", "on_site_at"} <= set(the_task(station, row).data)
    caller.types("1", "3", "1", "1")
    assert "Your report has been passed on" in last(caller)
    assert the_task(station, row).outcome == "all_clear"
    assert station.incident(row.id).resolution_code == "nothing_found"
    assert "departure" in last(caller.types("1"))
    assert station.told(row.id).count("guard_left") == 1


def test_a_guard_who_refuses_makes_the_plan_go_on(station: Station) -> None:
    row = station.alarm("BA")
    call(station, GUARD).types("258000", "3")
    assert the_task(station, row).outcome == "failed"
    assert station.wanted() == []  # the ring to the firm was called off


def test_a_guard_who_needs_the_police_has_a_human_on_the_line(station: Station) -> None:
    row = station.alarm("BA")
    caller = call(station, GUARD).types("258000", "1", "7")
    assert caller.progress.bridge
    assert station.incident(row.id).human_reason == "guard_asks_police"


def test_traces_go_the_way_of_the_plan(station: Station) -> None:
    row = station.alarm("BA")
    call(station, GUARD).types("258000", "1", "1", "1", "2", "2", "2")
    assert the_task(station, row).outcome == "traces"
    assert station.incident(row.id).with_human


def test_a_guard_under_duress_hears_success_and_nothing_is_done(station: Station) -> None:
    row = station.alarm("BA")
    free = call(station, GUARD).types("258000").heard
    caller = call(station, GUARD).types("258001")
    assert caller.heard == free
    after = station.incident(row.id)
    assert (after.duress, after.with_human) == (True, True)
    assert the_task(station, row).outcome == "duress"
    assert station.wanted() == []


def test_a_technician_under_duress_changes_nothing(station: Station) -> None:
    caller = call(station).types("258001", "1002", "4", "2")
    assert "est en essai jusqu'à" in last(caller)
    assert not station.read(
        lambda tx: supervision.running_tests(tx, ["1002"], station.now).get("1002")
    )
    station.correlate()
    assert {row.kind for row in station.incidents()} == {"duress"}


# --- their own safety (D22) ---------------------------------------------------------------


def watch(station: Station, minutes: float = 0.0) -> list[str]:
    """Time passes, the engine looks; whom it calls for their safety."""
    station.now += timedelta(minutes=minutes)
    if station.read(lambda tx: welfare.any_due(tx, station.now)):
        station.write(lambda tx: welfare.watch_guards(tx, station.now))
    made = [row for one in station.incidents() for row in station.calls(one.id)]
    return [row.to for row in made if row.purpose is Purpose.WELFARE and not row.ended_at]


def on_site(station: Station) -> Incident:
    row = station.alarm("BA")
    call(station, GUARD).types("258000", "1", "1").hangs_up()
    return row


def answers(station: Station, *keys: str) -> list[str]:
    """The guard picks up and types; what they hear."""
    caller = MenuCaller(station.store, station.vault, GUARD, station.picks_up(GUARD))
    caller.answers(station.now).types(*keys).hangs_up()
    return caller.heard


def test_a_guard_on_site_is_called_and_says_with_the_code_that_all_is_well(
    station: Station,
) -> None:
    row = on_site(station)
    assert watch(station, 14) == []
    assert watch(station, 2) == [GUARD]
    heard = answers(station, "258000", "1")
    assert "for your own safety" in " ".join(heard)
    assert watch(station, 14) == []
    assert watch(station, 2) == [GUARD]
    assert not station.incident(row.id).with_human


def test_a_guard_who_does_not_answer_twice_is_a_human_s_at_once(station: Station) -> None:
    row = on_site(station)
    for minutes in (16, 2):
        assert watch(station, minutes) == [GUARD]
        station.ends(GUARD, "no_answer")
    assert watch(station) == []
    after = station.incident(row.id)
    assert (after.with_human, after.human_reason) == (True, "guard_silent")
    assert watch(station, 20) == []  # a human has it


def test_a_welfare_call_under_duress_sounds_like_success(station: Station) -> None:
    row = on_site(station)
    watch(station, 16)
    free = answers(station, "258000", "1")
    watch(station, 16)
    assert answers(station, "258001", "1") == free
    after = station.incident(row.id)
    assert (after.duress, after.with_human) == (True, True)
    assert the_task(station, row).outcome == "duress"


def test_a_guard_who_is_overdue_is_called(station: Station) -> None:
    row = station.alarm("BA")
    call(station, GUARD).types("258000", "1").hangs_up()
    due = the_task(station, row).due_at
    assert due is not None
    station.now = due + timedelta(seconds=1)
    station.look()
    assert the_task(station, row).outcome == "overdue"
    assert watch(station) == [GUARD]
    answers(station, "258000", "1")
    assert watch(station, 3) == []

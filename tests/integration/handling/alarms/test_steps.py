"""The steps of a plan as rows: each asks, waits, and leads on, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from callflow.core.alarms.incident import Incident
from callflow.core.plans.task import Task, TaskOutcome
from callflow.handling.alarms import operating
from callflow.handling.alarms.tasks import end_task
from callflow.storage import schema
from callflow.storage.alarms import tasks
from callflow.storage.calls import calls
from callflow.storage.interventions import measures
from tests.integration.handling.station import FIRST, SECOND, SHOP, Station

Row = dict[str, Any]

OPERATOR = {"id": "operator", "kind": "hand_to_operator"}
CLOSE = {"id": "end", "kind": "close", "code": "known_cause"}


def alarm(station: Station, *steps: Row, code: str = "BA", **site: Any) -> Incident:
    """An alarm of a site whose plan has these steps."""
    station.plan("p", *steps)
    station.put(plans={"intrusion": "p", "power": "p", "hold_up": "p", "fire": "p"}, **site)
    return station.alarm(code)


def asked(station: Station, row: Incident) -> list[Task]:
    return station.read(lambda tx: tasks.of_incident(tx, row.id))


def states(station: Station, row: Incident) -> list[tuple[str, str, str | None]]:
    return [(task.step, task.state, task.outcome) for task in asked(station, row)]


def now_of(station: Station, row: Incident) -> Incident:
    return station.incident(row.id)


def ends(station: Station, row: Incident, outcome: TaskOutcome, who: str = "anna") -> None:
    task = asked(station, row)[-1].id
    assert station.write(lambda tx: end_task(tx, task, outcome, station.now, who=who))


def messages(station: Station) -> list[Row]:
    found = station.read(lambda tx: tx.execute(select(schema.outbox)).all())
    return [dict(message._mapping) for message in found]


def hung_up(station: Station) -> list[str]:
    """Whom telephony is asked to hang up on."""
    orders = station.write(lambda tx: calls.claim_actions(tx, "node0", station.now))
    return [str(station.call(order.call_id).to) for order in orders]


def test_an_operators_step_waits_for_the_operator_and_leads_on(station: Station) -> None:
    look = {"id": "look", "kind": "hand_to_operator", "text": "Regarder", "limit_s": 60}
    row = alarm(
        station, {**look, "outcomes": {"done": "end", "overdue": "operator"}}, OPERATOR, CLOSE
    )
    assert states(station, row) == [("look", "open", None)]
    assert now_of(station, row).human_reason == "hand_to_operator"
    ends(station, row, TaskOutcome.DONE)
    assert now_of(station, row).resolution_code == "known_cause"


def test_an_operators_step_that_nobody_does_is_overdue_and_leads_on(station: Station) -> None:
    look = {"id": "look", "kind": "listen_in", "limit_s": 60, "outcomes": {"overdue": "operator"}}
    row = alarm(station, look, OPERATOR)
    station.later(59)
    assert states(station, row) == [("look", "open", None)]
    station.later(2)
    assert states(station, row) == [("look", "ended", "overdue")]
    assert now_of(station, row).step == "operator"


def test_a_task_ends_once(station: Station) -> None:
    row = alarm(station, {"id": "look", "kind": "listen_in"})
    task = asked(station, row)[0].id
    ends(station, row, TaskOutcome.NOTHING)
    twice = station.write(lambda tx: end_task(tx, task, TaskOutcome.CONFIRMED, station.now))
    assert not twice
    assert states(station, row) == [("look", "ended", "nothing")]


def test_everybody_is_called_at_once_and_the_first_answer_withdraws_the_rest(
    station: Station,
) -> None:
    both = {"id": "both", "kind": "call_list", "mode": "all_at_once"}
    row = alarm(station, {**both, "outcomes": {"known_cause": "end"}}, CLOSE)
    assert sorted(station.wanted()) == [FIRST, SECOND]
    station.rings(SECOND)
    station.replies(FIRST, "known_cause")
    assert now_of(station, row).resolution_code == "known_cause"
    assert hung_up(station) == [SECOND]


def test_two_must_agree(station: Station) -> None:
    both = {"id": "both", "kind": "call_list", "stop": "n_valid", "valid": 2}
    row = alarm(station, {**both, "outcomes": {"known_cause": "end"}}, CLOSE)
    station.replies(FIRST, "known_cause")
    assert now_of(station, row).state == "open"
    station.replies(SECOND, "known_cause")
    assert now_of(station, row).resolution_code == "known_cause"


def test_a_go_to_leads_back_as_often_as_it_may(station: Station) -> None:
    people = {"id": "people", "kind": "call_list", "who": [{"contact": "1002-anne"}]}
    again = {"id": "again", "kind": "go_to", "to": "people", "times": 2}
    row = alarm(
        station,
        {**people, "outcomes": {"exhausted": "pause"}},
        {"id": "pause", "kind": "wait", "limit_s": 30, "outcomes": {"elapsed": "again"}},
        {**again, "outcomes": {"exhausted": "operator"}},
        OPERATOR,
    )
    for _ in range(3):
        station.ends(FIRST, "no_answer")
        station.later(31)
    assert now_of(station, row).step == "operator"
    assert len(station.called(row.id)) == 3
    assert now_of(station, row).rounds == {"again": 2}


def test_a_restore_ends_a_wait_at_once_and_may_close_what_is_technical(station: Station) -> None:
    wait = {"id": "wait", "kind": "wait", "limit_s": 3600, "restore": True}
    row = alarm(
        station,
        {**wait, "outcomes": {"restored": "end", "elapsed": "operator"}},
        OPERATOR,
        CLOSE,
        code="AT",
    )
    assert row.kind == "power"
    station.receives(station.signal("AR"))
    station.correlate()
    assert now_of(station, row).state == "filed"


def test_a_restore_closes_no_intrusion(station: Station) -> None:
    wait = {"id": "wait", "kind": "wait", "limit_s": 3600, "restore": True}
    row = alarm(station, {**wait, "outcomes": {"restored": "end"}}, CLOSE)
    station.receives(station.signal("BR"))
    station.correlate()
    after = now_of(station, row)
    assert (after.state, after.human_reason) == ("open", "unjustified")


def test_a_wait_until_an_hour_counts_in_the_sites_own_time(station: Station) -> None:
    row = alarm(
        station,
        {"id": "wait", "kind": "wait", "until": "08:00", "outcomes": {"elapsed": "operator"}},
        OPERATOR,
        timezone="Europe/Paris",
    )
    station.later(4 * 3600 - 60 - 2 * 60)  # 03:00 UTC is 04:00 there
    assert now_of(station, row).step == "wait"
    station.later(180)
    assert now_of(station, row).step == "operator"


def test_a_notification_is_a_row_and_the_plan_does_not_wait_for_it(station: Station) -> None:
    mail = {"id": "mail", "kind": "notify", "to": "chef@example.test", "subject": "Alarme"}
    row = alarm(station, {**mail, "text": "Voir", "outcomes": {"done": "operator"}}, OPERATOR)
    assert now_of(station, row).step == "operator"
    sent = messages(station)
    assert [(one["channel"], one["to"], one["state"]) for one in sent] == [
        ("mail", "chef@example.test", "waiting")
    ]


def test_a_hold_up_notifies_nobody_and_calls_nobody(station: Station) -> None:
    mail = {"id": "mail", "kind": "notify", "to": "chef@example.test", "text": "Voir"}
    row = alarm(station, {**mail, "outcomes": {"done": "operator"}}, OPERATOR, code="HA")
    after = now_of(station, row)
    assert (after.human_reason, after.machine) == ("personal", "done")
    assert messages(station) == []
    assert station.wanted() == []


def test_a_hold_up_follows_what_rings_nowhere(station: Station) -> None:
    police = {"id": "police", "kind": "emergency_service", "limit_s": 60}
    row = alarm(station, {**police, "outcomes": {"overdue": "operator"}}, OPERATOR, code="HA")
    assert states(station, row) == [("police", "open", None)]
    station.later(61)
    assert now_of(station, row).step == "operator"
    assert now_of(station, row).human_reason == "personal"


def test_a_measure_is_opened_and_gives_the_site_time(station: Station) -> None:
    guard = {"id": "guard", "kind": "protective_measure", "text": "Agent sur place", "minutes": 90}
    row = alarm(
        station,
        {"id": "ask", "kind": "call_list", "outcomes": {"known_cause": "guard"}},
        {**guard, "outcomes": {"done": "end"}},
        CLOSE,
    )
    station.replies(FIRST, "known_cause")
    after = now_of(station, row)
    assert (after.state, after.resolution_code) == ("awaiting_normal", "known_cause")
    assert after.normal_due == station.now + timedelta(minutes=90)
    opened = station.read(lambda tx: measures.of_site(tx, "1002"))
    assert [(one.kind, one.text) for one in opened] == [("other", "Agent sur place")]
    station.later(90 * 60 + 1)
    assert now_of(station, row).human_reason == "not_normal"


def test_a_site_is_set_on_test_by_its_plan_unless_it_is_in_danger(station: Station) -> None:
    steps = ({"id": "test", "kind": "set_on_test", "minutes": 60, "text": "Travaux"}, OPERATOR)
    outcomes = {"outcomes": {"done": "operator", "failed": "operator"}}
    row = alarm(station, {**steps[0], **outcomes}, OPERATOR)
    assert states(station, row) == [("test", "ended", "done")]
    assert now_of(station, row).step == "operator"


def test_nobody_on_call_escalates_at_once(station: Station) -> None:
    away = {"week": {"mon": ["08:00-09:00"]}}
    people = [
        {"id": "a", "name": "Anne", "role": "keyholder", "phone": FIRST, "availability": away}
    ]
    row = alarm(
        station,
        {"id": "people", "kind": "call_list", "outcomes": {"exhausted": "operator"}},
        OPERATOR,
        contacts=people,
    )
    after = now_of(station, row)
    assert (after.step, after.with_human) == ("operator", True)
    assert station.wanted() == []
    assert "human" in station.told(row.id)


@pytest.mark.parametrize("kind", ["question", "message", "voice_first", "send_guard"])
def test_each_kind_of_call_has_its_dialogue(station: Station, kind: str) -> None:
    said: dict[str, Row] = {
        "question": {"text": "Q", "answers": ["oui"]},
        "message": {"text": "M"},
    }
    more = said.get(kind, {})
    alarm(station, {"id": "call", "kind": kind, "who": [{"contact": "1002-anne"}], **more})
    call = station.live(FIRST)
    assert call.dialogue == {"voice_first": "voice", "send_guard": "guard"}.get(kind, kind)
    assert SHOP not in station.wanted()


def test_closing_withdraws_what_was_asked(station: Station) -> None:
    row = alarm(station, {"id": "look", "kind": "listen_in"})
    station.write(lambda tx: operating.claim(tx, row.id, "anna", station.now))
    station.write(
        lambda tx: operating.close_incident(tx, row.id, "anna", "other", "vu", station.now)
    )
    assert states(station, row) == [("look", "cancelled", None)]

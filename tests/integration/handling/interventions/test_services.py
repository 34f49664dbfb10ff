"""Emergency services within the law: verified, asked for by a person, put through, reported."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import Any

import pytest

from callflow.core.alarms.evidence import Evidence
from callflow.core.alarms.filing import What
from callflow.core.alarms.incident import Incident
from callflow.core.calls.call import Dialogue
from callflow.core.calls.dial_policy import BY_A_PERSON, EMERGENCY, UNKNOWN
from callflow.core.calls.dialogue import Progress, State
from callflow.core.interventions.law import Answer, Finding, Means, Reason, Service
from callflow.core.sites.instructions import Instruction, InstructionKind
from callflow.handling.alarms import evidence, operating
from callflow.handling.alarms.acting import request_call
from callflow.handling.alarms.ends.filing import standing
from callflow.handling.base import refusals
from callflow.handling.base.fields import BadField
from callflow.handling.base.policy import load_policy
from callflow.handling.interventions import directory as interventions_directory
from callflow.handling.interventions import services as interventions_services
from callflow.handling.interventions import services as services_
from callflow.storage import Tx
from callflow.storage.calls import calls
from callflow.storage.interventions import services
from callflow.storage.messages import outbox
from callflow.storage.people import users
from callflow.storage.records import logbook
from callflow.storage.sites import instructions
from tests.integration.handling.station import DESK, DUTY, FIRST, SECOND_DESK, SHOP, Station
from tests.support.outside.cameras import a_still

POLICE, FIRE = "+33130000017", "+33130000018"
P = Service.POLICE
WHO = "Alice"


@pytest.fixture(autouse=True)
def directory(station: Station) -> None:
    lines: list[dict[str, Any]] = [
        {"id": "police-78", "service": "police", "name": "CIC 78", "number": POLICE, "place": "78"},
        {"id": "fire-78", "service": "fire", "name": "CODIS 78", "number": FIRE, "place": "78"},
    ]
    station.write(lambda tx: interventions_directory.put_directory(tx, lines, "admin", station.now))
    station.put(postcode="78120")


def held(station: Station, code: str = "BA") -> str:
    """An alarm that Alice holds."""
    row = station.alarm(code)
    station.write(lambda tx: operating.claim(tx, row.id, WHO, station.now))
    return str(row.id)


def verify(
    station: Station, incident: str, means: Means, result: Finding = Finding.CONFIRMED
) -> None:
    def record(tx: Tx) -> None:
        seen = means in (Means.IMAGES, Means.VIDEO)
        image = a_still(tx, incident, station.now) if seen else ""
        interventions_services.record_verification(
            tx, incident, WHO, means, result, "seen", station.now, image=image
        )

    station.write(record)


def ask(station: Station, incident: str, service: str = "police", reason: str = "") -> Any:
    return station.write(
        lambda tx: interventions_services.service_call(
            tx, incident, WHO, service, station.now, override_reason=reason
        )
    )


def numbers(station: Station, incident: str) -> list[str]:
    return [call.to for call in station.calls(incident)]


# --- the gate -----------------------------------------------------------------------------


def test_without_a_verification_nobody_rings_and_the_refusal_is_kept(station: Station) -> None:
    incident = held(station)
    refused = ask(station, incident)
    assert isinstance(refused, interventions_services.NotAllowed)
    assert refused.gate.reason is Reason.UNVERIFIED
    assert "record one" in str(refused)
    assert [e.data["gate"] for e in station.entries("service_refused")] == ["unverified"]
    assert station.wanted() == []


def test_the_desk_rings_first_and_the_service_only_once_somebody_is_there(
    station: Station,
) -> None:
    incident = held(station)
    verify(station, incident, Means.IMAGES)
    asked = ask(station, incident)
    assert isinstance(asked, str)
    desk = station.picks_up(DESK)
    assert POLICE not in numbers(station, incident)
    station.says(desk, "operator")
    assert station.place() == [POLICE]
    made = {call.to: call for call in station.calls(incident)}
    assert made[POLICE].room == made[DESK].room == asked
    assert {made[POLICE].requester, made[DESK].requester} == {WHO}
    assert made[POLICE].dialogue == "service"
    # the number is confidential: no entry has it
    assert all(POLICE not in e.text for e in station.entries("call_placed"))


def test_the_service_is_dialled_once_however_often_the_desk_s_answer_is_told(
    station: Station,
) -> None:
    incident = held(station)
    verify(station, incident, Means.GUARD)
    ask(station, incident)
    desk = station.picks_up(DESK)
    for _ in range(3):
        station.says(desk, "operator")
    assert numbers(station, incident).count(POLICE) == 1


def test_a_desk_that_nobody_takes_hands_on_and_the_service_is_never_dialled_alone(
    station: Station,
) -> None:
    incident = held(station)
    verify(station, incident, Means.VIDEO)
    ask(station, incident)
    station.ends(DESK, "no_answer")
    station.ends(SECOND_DESK, "no_answer")
    assert POLICE not in numbers(station, incident)
    assert len(station.entries("service_untaken")) == 1
    assert isinstance(ask(station, incident), str)  # and may be asked for again


def test_when_one_of_the_two_goes_the_other_is_let_go(station: Station) -> None:
    incident = held(station)
    verify(station, incident, Means.VIDEO)
    for who_goes in (DESK, POLICE):
        ask(station, incident)
        desk = station.picks_up(DESK)
        station.says(desk, "operator")
        service = station.picks_up(POLICE)
        station.hangs_up(desk if who_goes == DESK else service)
        acts = station.write(lambda tx: calls.claim_actions(tx, "node0", station.now))
        assert [act.call_id for act in acts] == [service if who_goes == DESK else desk]
        station.hangs_up(service if who_goes == DESK else desk)


def test_a_service_that_is_not_dialled_yet_is_withdrawn_when_the_operator_goes(
    station: Station,
) -> None:
    incident = held(station)
    verify(station, incident, Means.VIDEO)
    ask(station, incident)
    desk = station.picks_up(DESK)
    station.says(desk, "operator")
    station.hangs_up(desk)
    assert station.place() == []
    assert (POLICE, "cancelled") in station.called(incident)


def test_no_entry_of_the_logbook_ever_has_the_reserved_number(station: Station) -> None:
    incident = held(station)
    verify(station, incident, Means.VIDEO)
    for ended in ("called", "withdrawn"):
        ask(station, incident)
        desk = station.picks_up(DESK)
        station.says(desk, "operator")
        if ended == "called":
            station.ends(POLICE, "busy")
            station.hangs_up(desk)
        else:
            station.write(
                lambda tx: operating.close_incident(tx, incident, WHO, "other", "", station.now)
            )
    rows = station.read(lambda tx: logbook.page(tx, limit=10_000))
    assert {"call_cancelled", "call_ended"} <= {row.kind for row in rows}
    assert not [row for row in rows if POLICE in str((row.text, row.data))]


def lives(station: Station, node: str) -> None:
    """The telephony of a node says so."""
    now, state = station.now, {"asterisk": "up"}
    station.write(
        lambda tx: users.process_beat(
            tx, "telephony", pid=1, since=now, now=now, state=state, name=node, node=node
        )
    )


def test_on_two_nodes_the_service_is_called_where_the_operator_is(station: Station) -> None:
    incident = held(station)
    verify(station, incident, Means.VIDEO)
    for node in ("node0", "node1"):
        lives(station, node)
    nodes: set[str] = set()
    while len(nodes) < 2:  # it is drawn: eight draws were one node once in a hundred runs
        ask(station, incident)
        desk = station.live(DESK)
        station.says(desk.id, "operator")
        service = station.live(POLICE)
        assert service.node == desk.node
        nodes.add(desk.node)
        station.hangs_up(desk.id)


def test_one_call_to_a_service_at_a_time(station: Station) -> None:
    incident = held(station)
    verify(station, incident, Means.VIDEO)
    ask(station, incident)
    with pytest.raises(refusals.Refused, match="is being called"):
        ask(station, incident)


def test_an_override_needs_words_and_names_its_author(station: Station) -> None:
    incident = held(station)
    assert isinstance(ask(station, incident, reason="   "), interventions_services.NotAllowed)
    assert isinstance(ask(station, incident, reason="a neighbour sees two men inside"), str)
    (entry,) = station.entries("service_override")
    assert (entry.who, entry.data["note"]) == (WHO, "a neighbour sees two men inside")
    (row,) = station.read(lambda tx: services.calls_of(tx, incident))
    assert (row.gate, row.requester) == ("override", WHO)


def test_fire_is_not_under_that_article(station: Station) -> None:
    incident = held(station, "FA")
    assert isinstance(ask(station, incident, "fire"), str)


def test_a_hold_up_is_its_own_proof_and_its_police_call_is_not_muted(station: Station) -> None:
    incident = held(station, "HA")
    assert isinstance(ask(station, incident), str)
    station.says(station.picks_up(DESK), "operator")
    assert station.place() == [POLICE]


def test_a_prefect_s_agreement_stands_for_a_verification(station: Station) -> None:
    station.put(postcode="78120", police_agreement="AP 2026-17")
    incident = held(station)
    assert isinstance(ask(station, incident), str)


def test_two_silent_calls_that_are_recorded_as_a_verification_open_nothing(
    station: Station,
) -> None:
    row = station.alarm("BA")
    station.ends(SHOP, "no_answer")
    station.later(30)
    station.ends(SHOP, "no_answer")
    station.write(lambda tx: operating.claim(tx, row.id, WHO, station.now))
    verify(station, row.id, Means.TWO_CALLS)
    refused = ask(station, row.id)
    assert isinstance(refused, interventions_services.NotAllowed)
    assert refused.gate.reason is Reason.SILENT_CALLS
    (kept,) = station.read(lambda tx: services.verifications(tx, row.id))
    assert kept.weight == "none"


@pytest.mark.parametrize(
    ("dialled", "offered"), [("17", ["CIC 78"]), ("18", ["CODIS 78"]), ("15", [])]
)
def test_a_short_number_is_answered_with_the_competent_line(
    station: Station, dialled: str, offered: list[str]
) -> None:
    incident = held(station)
    refused = ask(station, incident, dialled)
    assert isinstance(refused, interventions_services.ShortNumber)
    assert [line.name for line in refused.offered] == offered
    assert all(line.name in str(refused) for line in refused.offered)
    assert POLICE not in str(refused)
    assert len(station.entries("short_number")) == 1
    assert station.wanted() == []


def test_only_the_holder_calls_and_only_where_there_is_a_line(station: Station) -> None:
    incident = station.alarm("BA").id
    with pytest.raises(refusals.Refused, match="take the incident first"):
        ask(station, incident)
    station.write(lambda tx: operating.claim(tx, incident, "Bob", station.now))
    with pytest.raises(refusals.Held):
        ask(station, incident)
    station.write(lambda tx: operating.transfer(tx, incident, "Bob", WHO, station.now))
    with pytest.raises(refusals.Refused, match="no line"):
        ask(station, incident, "medical")
    with pytest.raises(refusals.NotFound):
        ask(station, incident, "pizza")


# --- what was said ------------------------------------------------------------------------


def report(station: Station, incident: str, answer: Answer, **more: Any) -> None:
    station.write(
        lambda tx: interventions_services.report_service(
            tx, incident, WHO, Service.POLICE, answer, station.now, person="Brigadier", **more
        )
    )


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [(Answer.ACCEPTED, "service_comes"), (Answer.DECLINED, "service_declines")],
)
def test_what_was_said_is_kept_and_ends_the_step(
    station: Station, answer: Answer, outcome: str
) -> None:
    station.plan(
        "burglary",
        {
            "id": "police",
            "kind": "emergency_service",
            "service": "police",
            "outcomes": {"service_comes": "end", "service_declines": "end"},
        },
        {"id": "end", "kind": "hand_to_operator", "text": "the rest"},
    )
    station.put(postcode="78120", plans={"*": "burglary"})
    incident = station.alarm("BA").id
    report(station, incident, Answer.ACCEPTED, counter_order=True)
    assert "task_ended" not in station.told(incident)
    station.later(1)
    report(station, incident, answer, reference="2026/123")
    (ended,) = station.entries("task_ended")
    assert ended.data["outcome"] == outcome
    assert station.incident(incident).step == "end"
    kept = station.read(lambda tx: services.reports_of(tx, incident))
    assert [(r.line_name, r.reference, r.counter_order) for r in kept] == [
        ("CIC 78", "", True),
        ("CIC 78", "2026/123", False),
    ]


def test_the_polices_reference_is_demanded_before_the_step_is_done(station: Station) -> None:
    incident = held(station)
    with pytest.raises(refusals.Refused, match="reference closes the step"):
        report(station, incident, Answer.ACCEPTED, reference="  ")
    assert station.entries("service_report") == []
    report(station, incident, Answer.DECLINED)


def test_police_who_were_called_and_gave_no_reference_keep_it_from_being_filed(
    station: Station,
) -> None:
    incident = held(station, "HA")
    ask(station, incident)
    station.says(station.picks_up(DESK), "operator")
    open_ = station.read(lambda tx: standing(tx, station.incident(incident), station.now).open)
    assert [one.what for one in open_] == [What.REFERENCE]
    report(station, incident, Answer.ACCEPTED, reference="2026/9")
    assert station.read(lambda tx: standing(tx, station.incident(incident), station.now).open) == ()


@pytest.mark.parametrize(
    ("who", "known", "allowed"), [(SHOP, True, True), (SHOP, False, False), (FIRST, True, False)]
)
def test_whoever_asks_for_help_on_the_premises_with_their_code_is_a_verification(
    station: Station, who: str, known: bool, allowed: bool
) -> None:
    row = station.alarm("BA")
    if who == FIRST:
        station.replies(SHOP, "next_person")
    call = station.picks_up(who)
    progress = Progress(state=State.BRIDGING, begun=True, known=known)
    station.write(lambda tx: calls.change(tx, call, progress=progress.to_json()))
    station.says(call, "help")
    gate = station.read(lambda tx: services_.service_gate(tx, station.incident(row.id), P))
    assert gate.allowed is allowed
    kept = station.read(lambda tx: services.verifications(tx, row.id))
    assert [(one.means, one.call_id) for one in kept] == (
        [("call_with_code", call)] if allowed else []
    )


def test_a_report_names_a_person_and_a_time_that_can_be(station: Station) -> None:
    incident = held(station)
    with pytest.raises(refusals.Refused, match="name the person"):
        station.write(
            lambda tx: interventions_services.report_service(
                tx, incident, WHO, Service.FIRE, Answer.ACCEPTED, station.now, person=" "
            )
        )
    station.later(60)
    for said_at in (station.now.replace(year=2025), station.now.replace(year=2027)):
        with pytest.raises(refusals.Refused, match="between"):
            report(station, incident, Answer.ACCEPTED, said_at=said_at, reference="1")


# --- the directory ------------------------------------------------------------------------


def test_a_number_is_shown_masked_kept_where_it_is_left_out_and_revealed_by_a_logged_act(
    station: Station,
) -> None:
    shown = station.read(interventions_directory.get_directory)
    assert [line.number_masked for line in shown] == ["+33•••••••18", "+33•••••••17"]
    sent = [line.changed(name="renamed") for line in shown]
    station.write(lambda tx: interventions_directory.put_directory(tx, sent, "admin", station.now))
    found = station.write(
        lambda tx: interventions_directory.reveal_line(tx, "police-78", WHO, station.now)
    )
    assert found == POLICE
    (entry,) = station.entries("line_revealed")
    assert (entry.who, entry.data["line"]) == (WHO, "renamed")


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({"number": "17"}, "lines.0.number"),
        ({"number": "+3317"}, "lines.0.number"),
        ({}, "lines.0.number"),
        ({"number": POLICE, "site": "nowhere"}, "lines.0.site"),
        ({"number": POLICE, "place": "7%"}, "lines.0.place"),
        ({"number": POLICE, "hours": {"week": {"mon": ["8-9"]}}}, "lines.0.hours.week.mon.0"),
        ({"number": POLICE, "service": "pizza"}, "lines.0.service"),
    ],
)
def test_a_line_that_can_t_be_is_refused_by_its_field(
    station: Station, line: dict[str, Any], field: str
) -> None:
    body = {"id": "new", "service": "police", "name": "New", **line}
    with pytest.raises(BadField) as error:
        station.write(
            lambda tx: interventions_directory.put_directory(tx, [body], "admin", station.now)
        )
    assert error.value.field == field
    assert len(station.read(interventions_directory.get_directory)) == 2


# --- the one gate before the trunk --------------------------------------------------------


def force(station: Station, row: Incident, to: str, **more: Any) -> str:
    """A call row as a fault of ours, or an attacker, might write it."""
    fields: dict[str, Any] = {
        "step": "keyholders",
        "attempt": 9,
        "dialogue": Dialogue.VERIFICATION,
        "ring_time": 5.0,
        "priority": 0,
    }
    call = station.write(
        lambda tx: request_call(tx, load_policy(tx), row, station.now, to=to, **{**fields, **more})
    )
    return call.id


SHORT = ["112", "+3317", "+33 1 1 4", "１１２", "tel:15", "+33000000191"]


@pytest.mark.parametrize(
    ("step", "requester"),
    [("keyholders", ""), ("by_hand", WHO), ("queue", ""), ("bridge", ""), ("service", WHO)],
)
def test_an_emergency_number_passes_by_no_step_and_for_nobody(
    station: Station, step: str, requester: str
) -> None:
    row = station.alarm("BA")
    forced = [force(station, row, to, step=step, requester=requester) for to in SHORT]
    assert station.place() == [SHOP]
    assert {station.call(call).detail for call in forced} == {EMERGENCY}
    assert station.incident(row.id).human_reason == EMERGENCY
    told = [e for e in station.entries("dial_refused") if "numéro d'urgence" in e.text]
    assert len(told) == len(SHORT)


@pytest.mark.parametrize(
    ("forced", "why"),
    [
        ({"to": POLICE}, BY_A_PERSON),
        ({"to": POLICE, "step": "service"}, BY_A_PERSON),
        ({"to": POLICE, "step": "by_hand", "requester": WHO}, BY_A_PERSON),
        ({"to": POLICE, "step": "queue"}, BY_A_PERSON),
        ({"to": "+33639985555"}, UNKNOWN),
        ({"to": "+33639985555", "step": "service", "requester": WHO}, UNKNOWN),
        ({"to": "+33639985555", "step": "queue"}, UNKNOWN),
        ({"to": FIRST, "contact": "1002-bruno"}, UNKNOWN),
    ],
)
def test_the_machine_dials_nothing_but_contacts_and_the_station_s_phones(
    station: Station, forced: dict[str, Any], why: str
) -> None:
    row = station.alarm("BA")
    call = force(station, row, **forced)
    assert forced["to"] not in station.place()
    assert station.call(call).detail == why
    assert station.incident(row.id).human_reason == why


def test_a_call_by_hand_that_was_asked_for_before_the_hold_up_is_not_placed(
    station: Station,
) -> None:
    burglary = held(station)
    call_by_hand(station, burglary)
    station.alarm("HA")
    assert FIRST not in station.place()
    assert (FIRST, "cancelled") in station.called(burglary)


def call_by_hand(station: Station, incident: str) -> None:
    now = station.now
    station.write(lambda tx: operating.request_contact_call(tx, incident, WHO, "1002-anne", now))


def resume(station: Station, incident: str) -> None:
    station.write(lambda tx: operating.resume_plan(tx, incident, WHO, station.now))


def test_while_a_hold_up_is_open_no_path_rings_the_site_or_its_staff(station: Station) -> None:
    burglary = held(station)
    hold_up, fire = held(station, "HA"), held(station, "FA")
    ours = {DESK, SECOND_DESK, DUTY}
    for incident in (burglary, hold_up, fire):
        with pytest.raises(refusals.Refused, match="nothing may ring"):
            call_by_hand(station, incident)
        force(station, station.incident(incident), FIRST, contact="1002-anne", requester=WHO)
        with contextlib.suppress(refusals.Refused):
            resume(station, incident)
    rung = set(station.place())
    for _ in range(10):
        station.later(45)
        station.alarm("BA", zone="7")
        rung |= set(station.place())
    assert rung <= ours


def test_a_number_that_was_changed_meanwhile_is_not_dialled_any_more(station: Station) -> None:
    row = station.alarm("BA")

    def change(tx: Tx) -> None:
        tx.exec_driver_sql("UPDATE contact SET phone = '+33639985551' WHERE id = '1002-shop'")

    station.write(change)
    assert SHOP not in station.place()
    assert station.incident(row.id).human_reason == UNKNOWN
    assert station.read(lambda tx: calls.of_incident(tx, row.id))[0].detail == UNKNOWN


# --- agreed for a while -------------------------------------------------------------------

AGREED = "+33639985577"


def agree(station: Station, **more: Any) -> None:
    """A provisional instruction for the site, of an hour."""
    agreed = Instruction(
        id="agreed",
        site_id="1002",
        begins_at=station.now,
        ends_at=station.now + timedelta(hours=1),
        author="admin",
        made_at=station.now,
        **more,
    )
    station.write(lambda tx: instructions.insert(tx, agreed))


def test_the_number_agreed_for_a_while_is_dialled_as_long_as_it_is(
    station: Station,
) -> None:
    agree(station, kind=InstructionKind.NUMBER, contact_id="1002-anne", phone=AGREED)
    row = station.alarm("BA")
    force(station, row, AGREED, contact="1002-anne")
    station.ends(AGREED, "no_answer")
    station.later(3601)
    late = force(station, row, AGREED, contact="1002-anne")
    assert AGREED not in station.place()
    assert station.call(late).detail == UNKNOWN


def test_whoever_stands_in_is_called_though_no_contact_of_the_site(station: Station) -> None:
    people = [{"id": "zoe", "name": "Zoe", "role": "keyholder", "phone": AGREED}]
    station.put("1009", accounts=[{"account": "1009"}], contacts=people, zones=[])
    row = station.alarm("BA")
    early = force(station, row, AGREED, contact="zoe")
    assert AGREED not in station.place()
    assert station.call(early).detail == UNKNOWN
    agree(station, kind=InstructionKind.ABSENT, contact_id="1002-anne", replacement_id="zoe")
    force(station, row, AGREED, contact="zoe")
    assert AGREED in station.place()


# --- the very item (docs/explanation/law.md: means, time, person, result)
# ------------------------------------


def record(station: Station, incident: str, means: Means, **more: Any) -> None:
    station.write(
        lambda tx: interventions_services.record_verification(
            tx, incident, WHO, means, Finding.CONFIRMED, "", station.now, **more
        )
    )


def still(station: Station, incident: str, **changed: Any) -> str:
    return station.write(lambda tx: a_still(tx, incident, station.now, **changed))


@pytest.mark.parametrize("means", [Means.IMAGES, Means.VIDEO])
def test_who_looked_names_what_was_looked_at(station: Station, means: Means) -> None:
    incident = held(station)
    with pytest.raises(refusals.Refused, match="was looked at"):
        record(station, incident, means)
    assert isinstance(ask(station, incident), interventions_services.NotAllowed)
    record(station, incident, means, image=still(station, incident), person="Bruno")
    (entry,) = station.entries("verification")
    assert (entry.data["item"], entry.data["sha256"]) == ("Hall", "ab" * 32)
    assert "Hall Bruno" in entry.text
    assert isinstance(ask(station, incident), str)


def test_another_incidents_image_and_one_that_never_came_are_no_proof(station: Station) -> None:
    incident = held(station)
    other = station.alarm("FA").id
    for image in (still(station, other), still(station, incident, problem="timeout"), "none"):
        with pytest.raises(refusals.Refused, match="no such image"):
            record(station, incident, Means.IMAGES, image=image)
    assert station.entries("verification") == []


def test_who_listened_names_the_call_that_was_heard(station: Station) -> None:
    row = station.alarm()
    heard = station.picks_up(SHOP)
    station.write(lambda tx: operating.claim(tx, row.id, WHO, station.now))
    with pytest.raises(refusals.Refused, match="in which it was heard"):
        record(station, row.id, Means.AUDIO)
    with pytest.raises(refusals.Refused, match="nobody answered"):
        record(station, row.id, Means.AUDIO, call="none")
    record(station, row.id, Means.AUDIO, call=heard)
    (verification,) = station.read(lambda tx: services.verifications(tx, row.id))
    assert verification.call_id == heard
    gate = station.read(
        lambda tx: interventions_services.service_gate(tx, station.incident(row.id), P)
    )
    assert gate.allowed


def test_what_was_found_lies_between_the_alarm_and_now(station: Station) -> None:
    incident = held(station)
    for minutes in (-1, 1):
        at = station.now + timedelta(minutes=minutes)
        with pytest.raises(refusals.Refused, match="between the opening"):
            record(station, incident, Means.GUARD, found_at=at)
    found, station.now = station.now + timedelta(minutes=1), station.now + timedelta(minutes=3)
    record(station, incident, Means.GUARD, found_at=found)
    (verification,) = station.read(lambda tx: services.verifications(tx, incident))
    assert (verification.found_at, verification.at) == (found, station.now)


def test_a_report_keeps_what_was_given_to_say_and_the_call_in_which_it_was_said(
    station: Station,
) -> None:
    incident = held(station)
    verify(station, incident, Means.GUARD)
    ask(station, incident)
    station.says(station.picks_up(DESK), "operator")
    called = station.live(POLICE).id
    script = "Accès par la cour. Véhicule AB-123-CD."
    report(station, incident, Answer.ACCEPTED, script=script, reference="2026/9")
    (kept,) = station.read(lambda tx: services.reports_of(tx, incident))
    assert (kept.script, kept.call_id) == (script, called)
    (entry,) = station.entries("service_report")
    assert (entry.data["script"], entry.data["call"]) == (script, called)


# --- evidence -------------------------------------------------------------------------------


def assessed(station: Station, incident: str) -> Evidence | None:
    def read(tx: Tx) -> Evidence | None:
        made, recorded = calls.of_incident(tx, incident), services.verifications(tx, incident)
        images = outbox.images_of(tx, [incident])[incident]
        return evidence.evidence_of(tx, station.incident(incident), made, recorded, images)

    return station.read(read)


def test_the_evidence_of_a_night_is_made_of_its_rows(station: Station) -> None:
    row = station.alarm(zone="3")
    station.later(10)
    station.alarm(zone="7")
    verify(station, row.id, Means.IMAGES)
    found = assessed(station, row.id)
    assert found is not None
    signs = {reason.sign.value: reason.source for reason in found.reasons}
    assert signs["sequence"] == "Hall → 7"
    assert signs["seen"] == "images"
    assert "unseen_images" not in signs
    assert found.score == 100
    fire = station.alarm("FA")
    assert assessed(station, fire.id) is None

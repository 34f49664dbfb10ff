"""Provisional instructions: countersigned where they lower protection, counted when deciding."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from callflow.core.calls.dialogue import Answer
from callflow.core.signals.signal import Kind
from callflow.core.sites.instructions import Instruction, InstructionKind, Lowers
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.calls import dialogues
from callflow.handling.sites import instructions
from callflow.storage.records import logbook
from callflow.storage.sites import instructions as instruction_rows
from tests.integration.handling.station import FIRST, SECOND, Station, a_site

Row = dict[str, Any]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DIRECT = {"intrusion": "direct", "fire": "direct"}
OTHER, ELSEWHERE = "+33639980199", "+33639980198"


@pytest.fixture(autouse=True)
def _direct(station: Station) -> None:
    """A plan that calls the keyholders at once, and somebody whom the station knows from another
    site."""
    calling = {"id": "list", "kind": "call_list", "outcomes": {"exhausted": "operator"}}
    station.plan("direct", calling, {"id": "operator", "kind": "hand_to_operator"})
    station.put(plans=DIRECT)
    zoe = {"id": "zoe", "name": "Zoé", "role": "keyholder", "phone": OTHER, "code": "4711"}
    station.put("2000", contacts=[zoe], zones=[], accounts=[{"account": "2000"}])


def agreed(station: Station, kind: str, *, lowers: bool = False, **values: Any) -> Instruction:
    now = station.now
    made = Instruction(
        id="",
        site_id="1002",
        kind=InstructionKind(kind),
        begins_at=values.pop("begins_at", now),
        ends_at=values.pop("ends_at", now + DAY),
        author=values.pop("author", "claire"),
        made_at=now,
        **values,
    )
    return station.write(lambda tx: instructions.make(tx, "1002", made, lowers=lowers, now=now))


def signs(station: Station, row: Instruction, who: str = "yves") -> Instruction:
    return station.write(
        lambda tx: instructions.countersign(tx, "1002", row.id, who=who, now=station.now)
    )


def withdraws(station: Station, row: Instruction) -> Instruction:
    return station.write(
        lambda tx: instructions.withdraw(tx, "1002", row.id, who="claire", now=station.now)
    )


def state(station: Station, row: Instruction) -> str:
    kept = station.read(lambda tx: instructions.get(tx, "1002", row.id))
    return kept.state(station.now).value


def rings_first(station: Station) -> list[str]:
    station.alarm()
    return station.wanted()


# --- counted when deciding ----------------------------------------------------------------


def test_whoever_stands_in_is_called_in_the_absent_ones_place(station: Station) -> None:
    row = agreed(station, "absent", contact_id="1002-anne", replacement_id="zoe", text="en congé")
    assert (row.lowers, state(station, row)) == ((), "active")
    assert rings_first(station) == [OTHER]
    assert station.rings(OTHER)  # and nothing refuses the number just before the trunk


def test_an_absence_without_replacement_counts_only_countersigned(station: Station) -> None:
    row = agreed(station, "absent", contact_id="1002-anne")
    assert (row.lowers, state(station, row)) == ((Lowers.NOBODY_INSTEAD,), "awaiting_signature")
    assert rings_first(station) == [FIRST]
    signs(station, row)
    assert state(station, row) == "active"
    fire = station.alarm("FA")
    assert [to for to, _ in station.called(fire.id)] == [SECOND]


def test_another_number_is_called_for_a_while(station: Station) -> None:
    agreed(
        station,
        "number",
        contact_id="1002-anne",
        phone="06 39 98 01 98",
        ends_at=station.now + HOUR,
    )
    assert rings_first(station) == [ELSEWHERE]
    assert station.rings(ELSEWHERE)


def test_at_its_end_it_counts_no_more_without_anybody_doing_anything(station: Station) -> None:
    row = agreed(
        station, "number", contact_id="1002-anne", phone=ELSEWHERE, ends_at=station.now + HOUR
    )
    station.later(HOUR.total_seconds())
    assert state(station, row) == "ended"
    assert rings_first(station) == [FIRST]


def test_before_its_beginning_and_once_withdrawn_it_does_not_count(station: Station) -> None:
    later: Row = {"begins_at": station.now + HOUR, "ends_at": station.now + DAY}
    planned = agreed(station, "number", contact_id="1002-anne", phone=ELSEWHERE, **later)
    taken_back = agreed(station, "number", contact_id="1002-anne", phone=OTHER)
    withdraws(station, taken_back)
    assert (state(station, planned), state(station, taken_back)) == ("planned", "withdrawn")
    assert rings_first(station) == [FIRST]


def test_another_plan_is_frozen_into_new_incidents_once_countersigned(station: Station) -> None:
    kinds = frozenset({Kind.INTRUSION, Kind.FIRE})
    row = agreed(station, "plan", plan="operator", kinds=kinds)
    assert station.alarm().plan["id"] == "direct"
    signs(station, row)
    running = station.incidents()[0]
    assert running.plan["id"] == "direct"  # a running one keeps its own (invariant 7)
    assert station.alarm("FA").plan["id"] == "operator"


def test_it_never_touches_a_personal_alarm(station: Station) -> None:
    with pytest.raises(BadField, match="no instruction touches personal alarms"):
        agreed(station, "plan", plan="direct", kinds=frozenset({Kind.HOLD_UP}))
    manager = {"id": "list", "kind": "call_list", "who": [{"contact": "1002-anne"}]}
    station.plan("quiet", manager, {"id": "operator", "kind": "hand_to_operator"})
    station.put(plans={"hold_up": "quiet"})
    signs(station, agreed(station, "absent", contact_id="1002-anne"))
    assert station.alarm("HA").plan["id"] == "quiet"


def test_whoever_stands_in_has_the_places_authorities_and_an_own_code(station: Station) -> None:
    agreed(station, "absent", contact_id="1002-anne", replacement_id="zoe")
    station.alarm()
    call_id = station.picks_up(OTHER)
    begun = station.write(lambda tx: dialogues.dialogue_begin(tx, station.vault, call_id))
    assert begun is not None
    assert Answer.FALSE_ALARM in begun[0].answers
    checked = station.write(
        lambda tx: dialogues.dialogue_check_code(tx, station.vault, call_id, "4711")
    )
    assert checked.value == "ok"


@pytest.mark.parametrize("number", [OTHER, ELSEWHERE])
def test_whoever_calls_back_from_such_a_number_is_tied_to_the_alarm(
    station: Station, number: str
) -> None:
    until = station.now + HOUR
    agreed(station, "absent", contact_id="1002-anne", replacement_id="zoe", ends_at=until)
    agreed(station, "number", contact_id="1002-bruno", phone=ELSEWHERE, ends_at=until)
    row = station.alarm()

    def calls_in(call_id: str) -> Any:
        station.write(lambda tx: dialogues.incoming_call(tx, call_id, number, "node0", station.now))
        return station.call(call_id).incident_id

    assert calls_in("in-1") == row.id
    station.now = until
    assert calls_in("in-2") is None


# --- who may ------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["claire", "Claire", " claire "])
def test_its_author_can_not_countersign(station: Station, who: str) -> None:
    row = agreed(station, "absent", contact_id="1002-anne")
    with pytest.raises(Refused, match="somebody other than its author"):
        signs(station, row, who)
    assert state(station, row) == "awaiting_signature"


def test_a_second_signature_is_given_once_and_only_where_it_is_awaited(station: Station) -> None:
    row = signs(station, agreed(station, "note", text="chien", lowers=True))
    assert (row.signer, row.signed_at) == ("yves", station.now)
    for other in (row, agreed(station, "note", text="clé sous le pot")):
        with pytest.raises(Refused, match="awaits no signature: active"):
            signs(station, other, "zacharie")


def test_what_is_over_is_neither_countersigned_nor_withdrawn(station: Station) -> None:
    row = agreed(station, "absent", contact_id="1002-anne", ends_at=station.now + HOUR)
    station.later(HOUR.total_seconds())
    with pytest.raises(Refused, match="signature: ended"):
        signs(station, row)
    with pytest.raises(Refused, match="is over"):
        withdraws(station, row)


def test_who_asks_needs_the_authority_to_instruct(station: Station) -> None:
    with pytest.raises(Refused, match="has not the authority to instruct about this alarm: "):
        agreed(station, "note", text="clé", asked_by="1002-anne")
    with pytest.raises(BadField, match="is no contact of this site"):
        agreed(station, "note", text="clé", asked_by="zoe")
    people = a_site()["contacts"]
    people[1]["authorities"] = {"*": ["instruct"]}
    station.put(contacts=people)
    assert agreed(station, "note", text="clé", asked_by="1002-anne").asked_by == "1002-anne"


@pytest.mark.parametrize(
    ("kind", "values", "field"),
    [
        ("plan", {"plan": "nowhere", "kinds": frozenset({Kind.FIRE})}, "plan"),
        ("number", {"contact_id": "1002-anne", "phone": "17"}, "phone"),
        ("number", {"contact_id": "1002-anne", "phone": "+33 1 17"}, "phone"),
        ("absent", {"contact_id": "1002-anne", "replacement_id": "ghost"}, "replacement"),
        ("note", {"text": "x", "ends_at": None}, "ends_at"),
    ],
)
def test_what_is_wrong_names_its_field(
    station: Station, kind: str, values: Row, field: str
) -> None:
    if values.get("ends_at", 0) is None:
        values = {**values, "ends_at": station.now + 32 * DAY}
    with pytest.raises(BadField) as refused:
        agreed(station, kind, **values)
    assert refused.value.field == field


def test_an_unknown_site_or_instruction_is_said(station: Station) -> None:
    row = agreed(station, "note", text="x")
    with pytest.raises(NotFound):
        station.write(
            lambda tx: instructions.withdraw(tx, "2000", row.id, who="c", now=station.now)
        )


# --- told ---------------------------------------------------------------------------------


def test_each_act_is_told_with_its_author_and_why_it_waits(station: Station) -> None:
    row = agreed(station, "absent", contact_id="1002-anne", text="hospitalisée")
    signs(station, row)
    withdraws(station, row)
    told = station.read(lambda tx: logbook.page(tx, limit=1000))
    mine = [entry for entry in told if entry.data.get("instruction") == row.id]
    assert [(entry.kind, entry.who) for entry in mine] == [
        ("instruction_absent", "claire"),
        ("instruction_to_sign", "claire"),
        ("instruction_signed", "yves"),
        ("instruction_withdrawn", "claire"),
    ]
    assert mine[0].text.endswith("anne absent, remplaçant : – — hospitalisée")
    assert mine[1].text.endswith("absent sans remplaçant")


def test_what_is_about_to_expire_is_found_the_soonest_first(station: Station) -> None:
    for hours in (20, 3, 30):
        agreed(station, "note", text=f"{hours}", ends_at=station.now + hours * HOUR)
    withdraws(station, agreed(station, "note", text="1", ends_at=station.now + HOUR))

    def expiring(**more: Any) -> list[Instruction]:
        return station.read(lambda tx: instructions.expiring(tx, station.now, **more))

    assert [row.text for row in expiring()] == ["3", "20"]
    (first,) = expiring(limit=1)
    assert [row.text for row in expiring(after=(first.ends_at, first.id))] == ["20"]
    assert [row.text for row in expiring(within=2 * DAY)] == ["3", "20", "30"]


def test_a_contact_who_left_the_site_is_no_longer_replaced(station: Station) -> None:
    agreed(station, "absent", contact_id="1002-anne", replacement_id="zoe")
    people = [person for person in a_site()["contacts"] if person["id"] != "1002-anne"]
    station.put(contacts=people, plans=DIRECT)
    assert rings_first(station) == [SECOND]


def test_everything_is_kept_as_it_was_written(station: Station) -> None:
    kinds = frozenset({Kind.FIRE})
    row = agreed(station, "plan", plan="direct", kinds=kinds, text="travaux")
    read = station.read(lambda tx: instruction_rows.current(tx, "1002", station.now))
    assert [replace(each, id="") for each in read if each.id == row.id] == [
        Instruction(
            id="",
            site_id="1002",
            kind=InstructionKind.PLAN,
            begins_at=station.now,
            ends_at=station.now + DAY,
            author="claire",
            made_at=station.now,
            text="travaux",
            plan="direct",
            kinds=kinds,
            lowers=read[-1].lowers,
        )
    ]

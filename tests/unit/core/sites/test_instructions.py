"""Provisional instructions: what they may be, when they count, and what they change (D19)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.core.calls.on_call import Who, on_call
from callflow.core.signals.signal import PERSONAL, Kind
from callflow.core.sites.instructions import (
    LONGEST,
    Instruction,
    InstructionError,
    InstructionKind,
    InstructionState,
    Lowers,
    apply,
    check,
    lowers,
    plan_meanwhile,
)
from callflow.core.sites.site import Contact, Role, Site
from callflow.core.time.availability import Availability

NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SHOP = Contact(id="shop", name="Accueil", role=Role.PREMISES, phone="+33639980001")
FIRST = Contact(id="a", name="A", role=Role.KEYHOLDER, rank=1, phone="+33639980011")
SECOND = Contact(id="b", name="B", role=Role.KEYHOLDER, rank=2, phone="+33639980012")
OTHER = Contact(id="x", name="X", role=Role.KEYHOLDER, rank=1, phone="+33639980013")
SILENT = replace(OTHER, id="y", phone=None)
SITE = Site(id="s", name="Shop", client="c", contacts=(SHOP, FIRST, SECOND))


def an_instruction(kind: str = "note", **values: Any) -> Instruction:
    fields = {"text": "porte forcée, serrurier demain"} | values
    return Instruction(
        id=fields.pop("id", "i"),
        site_id="s",
        kind=InstructionKind(kind),
        begins_at=fields.pop("begins_at", NOW - HOUR),
        ends_at=fields.pop("ends_at", NOW + DAY),
        author="claire",
        made_at=fields.pop("made_at", NOW - HOUR),
        **fields,
    )


def called(*instructions: Instruction, kind: Kind = Kind.INTRUSION) -> list[str]:
    site = apply(SITE, instructions, NOW, kind, (OTHER, SILENT))
    return [c.id for c in on_call(site, (Who(role=Role.KEYHOLDER),), kind, NOW)]


# --- where it is --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({}, "active"),
        ({"begins_at": NOW}, "active"),
        ({"begins_at": NOW + HOUR}, "planned"),
        ({"ends_at": NOW}, "ended"),
        ({"lowers": (Lowers.SAID,)}, "awaiting_signature"),
        ({"lowers": (Lowers.SAID,), "signer": "yves"}, "active"),
        ({"lowers": (Lowers.SAID,), "ends_at": NOW}, "ended"),
        ({"withdrawn_at": NOW - HOUR}, "withdrawn"),
        ({"withdrawn_at": NOW - HOUR, "ends_at": NOW}, "withdrawn"),
    ],
)
def test_where_it_is_follows_from_now(values: dict[str, Any], state: str) -> None:
    assert an_instruction(**values).state(NOW) is InstructionState(state)


def test_it_is_about_to_expire_in_its_last_day() -> None:
    assert not an_instruction(ends_at=NOW + DAY + HOUR).expires_soon(NOW)
    assert an_instruction(ends_at=NOW + DAY).expires_soon(NOW)
    assert not an_instruction(ends_at=NOW).expires_soon(NOW)
    assert not an_instruction(ends_at=NOW + HOUR, lowers=(Lowers.SAID,)).expires_soon(NOW)


# --- what it may be -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("instruction", "field"),
    [
        (an_instruction(text="  "), "text"),
        (an_instruction(ends_at=NOW - HOUR, begins_at=NOW - DAY), "ends_at"),
        (an_instruction(begins_at=NOW + DAY), "ends_at"),
        (an_instruction(begins_at=NOW, ends_at=NOW + LONGEST + HOUR), "ends_at"),
        (an_instruction(begins_at=NOW + 400 * DAY, ends_at=NOW + 401 * DAY), "begins_at"),
        (an_instruction("plan", kinds=frozenset({Kind.FIRE})), "plan"),
        (an_instruction("plan", plan="p"), "kinds"),
        (an_instruction("plan", plan="p", kinds=frozenset({Kind.FIRE, Kind.PANIC})), "kinds"),
        (an_instruction("absent"), "contact"),
        (an_instruction("absent", contact_id="x"), "contact"),
        (an_instruction("absent", contact_id="a", replacement_id="gone"), "replacement"),
        (an_instruction("absent", contact_id="a", replacement_id="a"), "replacement"),
        (an_instruction("number", contact_id="a"), "phone"),
        (an_instruction(plan="p", kinds=frozenset({Kind.FIRE})), "kinds"),
        (an_instruction(contact_id="a"), "contact"),
        (an_instruction("absent", contact_id="a", phone="+33639980099"), "phone"),
        (an_instruction("number", contact_id="a", phone="+33639980099", plan="p"), "plan"),
        (an_instruction("number", phone="+33639980099"), "contact"),
    ],
)
def test_what_can_not_be_is_refused_with_its_field(instruction: Instruction, field: str) -> None:
    with pytest.raises(InstructionError) as refused:
        check(instruction, SITE, (OTHER,), NOW)
    assert refused.value.field == field


@pytest.mark.parametrize(
    "instruction",
    [
        an_instruction(),
        an_instruction(begins_at=NOW, ends_at=NOW + LONGEST),
        an_instruction("plan", plan="p", kinds=frozenset({Kind.FIRE}), text=""),
        an_instruction("absent", contact_id="a", replacement_id="x", text=""),
        an_instruction("number", contact_id="shop", phone="+33639980099"),
    ],
)
def test_what_can_be_is_taken(instruction: Instruction) -> None:
    check(instruction, SITE, (OTHER,), NOW)


@pytest.mark.parametrize("kind", sorted(PERSONAL))
def test_a_plan_for_a_personal_alarm_is_refused(kind: Kind) -> None:
    with pytest.raises(InstructionError, match="no instruction touches personal alarms"):
        check(an_instruction("plan", plan="p", kinds=frozenset({kind})), SITE, (), NOW)


# --- whether it lowers protection ---------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "values", "why"),
    [
        ("note", {}, ()),
        ("plan", {"plan": "p"}, (Lowers.PLAN_REPLACED,)),
        ("absent", {"contact_id": "a"}, (Lowers.NOBODY_INSTEAD,)),
        ("absent", {"contact_id": "a", "replacement_id": "x"}, ()),
        ("absent", {"contact_id": "a", "replacement_id": "b"}, (Lowers.ONE_FEWER,)),
        ("absent", {"contact_id": "a", "replacement_id": "y"}, (Lowers.NO_NUMBER,)),
        ("absent", {"contact_id": "shop", "replacement_id": "x"}, (Lowers.AWAY_FROM_SITE,)),
        ("number", {"contact_id": "a", "phone": "+33639980099"}, ()),
        ("number", {"contact_id": "shop", "phone": "+33639980099"}, (Lowers.AWAY_FROM_SITE,)),
    ],
)
def test_whether_it_lowers_protection_is_found_by_rule(
    kind: str, values: dict[str, Any], why: tuple[Lowers, ...]
) -> None:
    assert lowers(an_instruction(kind, **values), SITE, (OTHER, SILENT)) == why


def test_its_author_may_say_so_too() -> None:
    assert lowers(an_instruction(), SITE, (), said=True) == (Lowers.SAID,)


# --- what it changes ----------------------------------------------------------------------


def test_an_absent_contact_is_not_called_and_another_stands_in() -> None:
    assert called() == ["a", "b"]
    assert called(an_instruction("absent", contact_id="a")) == ["b"]
    assert called(an_instruction("absent", contact_id="a", replacement_id="x")) == ["x", "b"]


def test_it_wins_over_what_is_permanent() -> None:
    span = {"from": (NOW - DAY).isoformat(), "until": (NOW + DAY).isoformat()}
    usual = Availability.from_json({"replacements": [{"contact": "b", **span}]})
    site = replace(SITE, contacts=(replace(FIRST, availability=usual), SECOND))
    meanwhile = an_instruction("absent", contact_id="a", replacement_id="x")
    found = apply(site, [meanwhile], NOW, Kind.FIRE, (OTHER,))
    assert [c.id for c in on_call(found, (Who(contact="a"),), Kind.FIRE, NOW)] == ["x"]


def test_another_number_is_called_and_the_newest_one_counts() -> None:
    older = an_instruction("number", id="1", contact_id="a", phone="+33639980091")
    newer = an_instruction("number", id="2", contact_id="a", phone="+33639980092", made_at=NOW)
    site = apply(SITE, [newer, older], NOW, Kind.FIRE)
    person = site.person("a")
    assert person is not None
    assert person.phone == "+33639980092"


@pytest.mark.parametrize(
    "values",
    [
        {"lowers": (Lowers.NOBODY_INSTEAD,)},
        {"ends_at": NOW},
        {"begins_at": NOW + HOUR},
        {"withdrawn_at": NOW},
    ],
)
def test_one_that_does_not_count_changes_nothing(values: dict[str, Any]) -> None:
    meanwhile = an_instruction("absent", contact_id="a", **values)
    assert apply(SITE, [meanwhile], NOW, Kind.INTRUSION) is SITE


def test_the_newest_plan_counts_and_only_for_its_kinds() -> None:
    fire = frozenset({Kind.FIRE})
    older = an_instruction("plan", id="1", plan="old", kinds=fire)
    newer = an_instruction("plan", id="2", plan="new", kinds=fire, made_at=NOW)
    unsigned = replace(newer, id="3", plan="never", lowers=(Lowers.PLAN_REPLACED,))
    all_ = [unsigned, newer, older]
    assert plan_meanwhile(all_, Kind.FIRE, NOW) == "new"
    assert plan_meanwhile(all_, Kind.INTRUSION, NOW) is None


def test_only_a_plans_instruction_replaces_a_plan() -> None:
    note = an_instruction(plan="p", kinds=frozenset({Kind.FIRE}))
    assert plan_meanwhile([note], Kind.FIRE, NOW) is None


_KINDS = st.sampled_from(list(InstructionKind))


@given(st.lists(st.tuples(_KINDS, st.sets(st.sampled_from(list(Kind))), st.booleans())))
def test_nothing_ever_touches_a_personal_alarm(
    drawn: list[tuple[InstructionKind, set[Kind], bool]],
) -> None:
    all_ = [
        an_instruction(
            kind.value,
            id=str(place),
            plan="p",
            kinds=frozenset(kinds),
            contact_id="a",
            replacement_id="x" if replaced else None,
            phone="+33639980099",
        )
        for place, (kind, kinds, replaced) in enumerate(drawn)
    ]
    for kind in PERSONAL:
        assert apply(SITE, all_, NOW, kind, (OTHER,)) is SITE
        assert plan_meanwhile(all_, kind, NOW) is None

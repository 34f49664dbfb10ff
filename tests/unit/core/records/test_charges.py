"""What is charged for, and at which price."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from callflow.core.interventions.firm import Visit
from callflow.core.plans.call_plan import Measure
from callflow.core.plans.measure import ProtectiveMeasure, Report
from callflow.core.plans.task import Task, TaskState
from callflow.core.records.charges import (
    Act,
    Fact,
    Price,
    PricedBy,
    in_force,
    month_of,
    of_measure,
    of_task,
    of_visit,
    priced,
    worth,
)

NOW = datetime(2026, 11, 30, 22, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")


def minutes(many: float) -> datetime:
    return NOW + timedelta(minutes=many)


def guard(**told: float) -> Task:
    data = {name: minutes(many).isoformat() for name, many in told.items()}
    about = ("t", "i", "guard", "send_guard", TaskState.ENDED, NOW)
    return Task(*about, subject="firm", data=data)


STAY = ProtectiveMeasure(
    *("m", "1001", Measure.GUARD_ON_SITE, "agent", "odile", minutes(50), minutes(290)),
    incident_id="i",
    firm_id="firm",
    rate=3000,
)


def facts(found: list[Fact]) -> list[tuple[Act, int, datetime]]:
    return [(one.kind, one.quantity, one.at) for one in found]


def test_a_guard_who_accepted_is_charged_for_and_one_who_did_not_is_not() -> None:
    assert of_task(guard(), []) == []
    assert facts(of_task(guard(accepted_at=5), [])) == [(Act.GUARD_SENT, 100, minutes(5))]


def test_the_hours_on_site_are_charged_once_the_guard_has_left() -> None:
    there = guard(accepted_at=5, on_site_at=20)
    assert [one.kind for one in of_task(there, [])] == [Act.GUARD_SENT]
    left = guard(accepted_at=5, on_site_at=20, left_at=62)
    assert facts(of_task(left, []))[1] == (Act.GUARD_HOURS, 75, minutes(62))


def test_a_guard_who_stays_is_not_charged_twice_for_an_hour() -> None:
    left = guard(accepted_at=5, on_site_at=20, left_at=290)
    assert facts(of_task(left, [STAY]))[1] == (Act.GUARD_HOURS, 50, minutes(290))
    of_another = replace(STAY, firm_id="another")
    assert of_task(left, [of_another])[1].quantity == 450


def test_a_measure_is_charged_for_when_it_is_over() -> None:
    assert of_measure(STAY, [], minutes(60)) == []
    (fact,) = of_measure(STAY, [], minutes(300))
    assert (fact.kind, fact.quantity, fact.rate) == (Act.GUARD_KEPT, 400, 3000)
    never = replace(STAY, lifted_at=minutes(40), lifted_by="odile")
    assert of_measure(never, [], minutes(300)) == []


def test_each_round_of_a_patrol_is_charged_for_at_once() -> None:
    patrol = replace(STAY, kind=Measure.PATROL, rate=None)
    said = [Report(str(n), "m", minutes(60 * n), "guard", "") for n in (1, 2)]
    found = of_measure(patrol, said, minutes(130))
    assert [(one.source, one.kind, one.quantity) for one in found] == [
        ("report:1", Act.PATROL, 100),
        ("report:2", Act.PATROL, 100),
    ]


def test_a_technician_is_charged_for_who_was_there() -> None:
    asked = Visit("v", "1001", "tina", None, NOW, None, None)
    assert of_visit(asked) == []
    (fact,) = of_visit(replace(asked, on_site_at=minutes(30)))
    assert (fact.source, fact.at) == ("visit:v", minutes(30))


def price(kind: Act, scope: PricedBy, owner: str, cents: int, included: int = 0) -> Price:
    return Price(kind, scope, owner, cents, included, "admin", NOW)


PRICES = [
    price(Act.GUARD_SENT, PricedBy.STATION, "", 9000),
    price(Act.GUARD_SENT, PricedBy.CLIENT, "bank", 7500),
    price(Act.GUARD_SENT, PricedBy.SITE, "1001", 0, 2),
    price(Act.FALSE_ALARM, PricedBy.STATION, "", 2500, 3),
]
SENT = Fact(source="task:t:sent", kind=Act.GUARD_SENT, quantity=100, at=NOW)


def test_the_nearest_price_counts() -> None:
    asked = [("1001", "bank"), ("1002", "bank"), ("2001", "shop")]
    found = [in_force(Act.GUARD_SENT, PRICES, *where) for where in asked]
    assert [one.scope if one else None for one in found] == ["site", "client", "station"]
    assert in_force(Act.FAX, PRICES, "1001", "bank") is None


def lines(
    fact: Fact, site: str, client: str, *, prices: list[Price] = PRICES, before: int = 0
) -> list[Any]:
    found = priced(fact, prices, site, client, before)
    return [(one.quantity, one.unit_price, one.priced_by, one.included) for one in found]


def test_what_the_contract_includes_costs_nothing_and_is_seen() -> None:
    assert lines(SENT, "1001", "bank", before=100) == [(100, 0, PricedBy.SITE, True)]
    assert lines(SENT, "1001", "bank", before=200) == [(100, 0, PricedBy.SITE, False)]
    false = replace(SENT, kind=Act.FALSE_ALARM)
    assert lines(false, "2001", "shop", before=200) == [(100, 0, PricedBy.STATION, True)]
    assert lines(false, "2001", "shop", before=300) == [(100, 2500, PricedBy.STATION, False)]
    assert lines(replace(false, quantity=450), "2001", "shop", before=200) == [
        (100, 0, PricedBy.STATION, True),
        (350, 2500, PricedBy.STATION, False),
    ]


def test_a_rate_that_was_agreed_goes_before_every_price() -> None:
    agreed = replace(SENT, rate=5000)
    assert lines(agreed, "1001", "bank") == [(100, 5000, PricedBy.MEASURE, False)]


def test_what_has_no_price_is_charged_all_the_same_to_be_seen() -> None:
    nobodys = [(100, None, PricedBy.NOBODY, False)]
    assert lines(SENT, "1001", "bank", prices=[]) == nobodys
    assert worth(100, None) is None
    false = replace(SENT, kind=Act.FALSE_ALARM)
    assert lines(false, "1001", "bank", prices=[]) == []


def test_a_month_is_the_one_of_the_clock_there() -> None:
    late = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)  # half past midnight in Paris
    begin, end = month_of(late, PARIS)
    assert (begin.isoformat(), end.isoformat()) == (
        "2026-12-01T00:00:00+01:00",
        "2027-01-01T00:00:00+01:00",
    )

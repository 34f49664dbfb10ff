"""Chargeable acts (D27): typed facts with a price, made of what happened. Pure.

Money is whole cents, quantities are whole hundredths of a unit. Times are UTC. A charge is never
changed: a following row takes back what was wrong.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from callflow.core.interventions.firm import Visit
from callflow.core.plans.call_plan import Measure, StepKind
from callflow.core.plans.measure import ONE, UNITS, ProtectiveMeasure, Report, Unit, amount, hours
from callflow.core.plans.task import Task
from callflow.core.time.instants import from_iso

#: No charge is for more, either way: hundredths of a unit, cents.
MOST_QUANTITY, MOST_PRICE = 100_000 * ONE, 1_000_000_00


class Act(StrEnum):
    """What is charged for."""

    GUARD_SENT = "guard_sent"  # a firm accepted to send one
    GUARD_HOURS = "guard_hours"  # on site, sent for an alarm
    GUARD_KEPT = "guard_kept"  # on site, as a protective measure
    PATROL = "patrol"  # a round that was reported
    KEYS_MOVED = "keys_moved"
    ZONE_OUT_OF_SERVICE = "zone_out_of_service"
    MEASURE = "measure"  # another one
    TECHNICIAN = "technician"  # on site
    FALSE_ALARM = "false_alarm"  # beyond what the contract has for nothing
    LETTER = "letter"
    FAX = "fax"
    SMS = "sms"
    OTHER = "other"  # by a person's hand


#: What each act is priced by.
UNIT_OF: Mapping[Act, Unit] = {
    Act.GUARD_HOURS: Unit.HOUR,
    Act.GUARD_KEPT: Unit.HOUR,
    Act.PATROL: Unit.ROUND,
}

#: The act that a measure is.
OF_MEASURE: Mapping[Measure, Act] = {
    Measure.GUARD_ON_SITE: Act.GUARD_KEPT,
    Measure.PATROL: Act.PATROL,
    Measure.KEYS_MOVED: Act.KEYS_MOVED,
    Measure.ZONE_OUT_OF_SERVICE: Act.ZONE_OUT_OF_SERVICE,
    Measure.OTHER: Act.MEASURE,
}
#: The act that a message is, by the channel that it left on.
OF_CHANNEL: Mapping[str, Act] = {
    "post": Act.LETTER,
    "fax": Act.FAX,
    "sms": Act.SMS,
}
#: Resolution codes of what was no alarm.
FALSE = frozenset({"false_alarm", "operating_error"})


class PricedBy(StrEnum):
    """Where a price comes from, the nearest first."""

    MEASURE = "measure"  # agreed with the measure itself
    SITE = "site"  # its contract's
    CLIENT = "client"
    STATION = "station"
    PERSON = "person"  # whoever wrote the row
    NOBODY = ""  # there is none


@dataclass(frozen=True, slots=True)
class Price:
    """What an act costs somewhere: cents a unit, after ``included`` units of a month that cost
    nothing. ``owner``: the site's or the client's id, "" for the station's own."""

    kind: Act
    scope: PricedBy
    owner: str
    price: int
    included: int
    set_by: str
    set_at: datetime


@dataclass(frozen=True, slots=True)
class Charge:
    """One act that is charged for; of what is taken back ``corrects`` names the charge before."""

    id: str
    site_id: str
    client_id: str
    incident_id: str | None
    source: str | None  # the fact that it is, once; None: a person's
    kind: Act
    unit: Unit
    quantity: int  # hundredths
    unit_price: int | None  # cents
    amount: int | None  # cents
    priced_by: PricedBy
    at: datetime  # when it was done
    made_at: datetime
    by: str
    why: str
    corrects: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """Something that was done at a site and may be charged for. ``rate`` where one was agreed with
    it."""

    source: str
    kind: Act
    quantity: int
    at: datetime
    why: str = ""
    rate: int | None = None


def of_task(task: Task, stays: Sequence[ProtectiveMeasure]) -> list[Fact]:
    """What a guard who was sent is charged for. ``stays``: the measures of the same alarm that
    keep a guard on site; those of this firm are charged for by themselves."""
    if task.kind != StepKind.SEND_GUARD.value or "accepted_at" not in task.data:
        return []
    told = {name: from_iso(at) for name, at in task.data.items() if name.endswith("_at")}
    sent = Fact(
        source=f"task:{task.id}:sent", kind=Act.GUARD_SENT, quantity=ONE, at=told["accepted_at"]
    )
    there, left = told.get("on_site_at"), told.get("left_at")
    if there is None or left is None:
        return [sent]
    kept = [one.began_at for one in stays if one.firm_id == task.subject and one.began_at >= there]
    spent = hours(there, min([left, *kept]))
    if not spent:
        return [sent]
    stayed = Fact(source=f"task:{task.id}:hours", kind=Act.GUARD_HOURS, quantity=spent, at=left)
    return [sent, stayed]


def of_measure(measure: ProtectiveMeasure, reports: Sequence[Report], now: datetime) -> list[Fact]:
    """What a measure is charged for: a patrol by its rounds, any other once it is over."""
    kind = OF_MEASURE[measure.kind]
    if kind is Act.PATROL:
        return [
            Fact(
                source=f"report:{report.id}",
                kind=kind,
                quantity=ONE,
                at=report.at,
                why=measure.text,
                rate=measure.rate,
            )
            for report in reports
        ]
    if measure.until > now or measure.until <= measure.began_at:
        return []  # it still runs, or was lifted before it began
    of_hours = UNITS.get(measure.kind) is Unit.HOUR
    return [
        Fact(
            source=f"measure:{measure.id}",
            kind=kind,
            quantity=hours(measure.began_at, measure.until) if of_hours else ONE,
            at=measure.until,
            why=measure.text,
            rate=measure.rate,
        )
    ]


def of_visit(visit: Visit) -> list[Fact]:
    """A technician who was on site."""
    if visit.on_site_at is None:
        return []
    source = f"visit:{visit.id}"
    return [Fact(source=source, kind=Act.TECHNICIAN, quantity=ONE, at=visit.on_site_at)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A part of a fact that has one price; ``included``: the contract has it for nothing."""

    quantity: int
    unit_price: int | None
    priced_by: PricedBy
    included: bool = False


def priced(
    fact: Fact, prices: Sequence[Price], site_id: str, client_id: str, before: int
) -> list[Line]:
    """What a fact costs: one line, or one that the contract includes and one beyond it.

    ``before``: how much of this act there was before it at the site in its month, in hundredths.
    What is no work of anybody costs nothing without a price, and has no line.
    """
    if fact.rate is not None:
        return [Line(quantity=fact.quantity, unit_price=fact.rate, priced_by=PricedBy.MEASURE)]
    price = in_force(fact.kind, prices, site_id, client_id)
    if price is None:
        none = Line(quantity=fact.quantity, unit_price=None, priced_by=PricedBy.NOBODY)
        return [] if fact.kind in _FREE else [none]
    free = min(fact.quantity, max(0, price.included * ONE - before))
    both = (
        Line(quantity=free, unit_price=0, priced_by=price.scope, included=True),
        Line(quantity=fact.quantity - free, unit_price=price.price, priced_by=price.scope),
    )
    return [line for line in both if line.quantity]


#: Acts that cost nothing where no price is set.
_FREE = frozenset({Act.FALSE_ALARM, Act.ZONE_OUT_OF_SERVICE, Act.SMS})


def in_force(kind: Act, prices: Sequence[Price], site_id: str, client_id: str) -> Price | None:
    """The nearest price of an act: the site's, else its client's, else the station's."""
    owners = (
        (PricedBy.SITE, site_id),
        (PricedBy.CLIENT, client_id),
        (PricedBy.STATION, ""),
    )
    known = {(one.scope, one.owner): one for one in prices if one.kind is kind}
    return next((known[each] for each in owners if each in known), None)


def worth(quantity: int, price: int | None) -> int | None:
    """Cents; None where there is no price."""
    return None if price is None else amount(quantity, price)


def month_of(at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """(begin, end) of the month of ``at``, as the clock in ``zone`` has it; UTC."""
    here = at.astimezone(zone)
    return month(here.year, here.month, zone)


def month(year: int, number: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """(begin, end) of a month, as the clock in ``zone`` has it."""
    first = date(year, number, 1)
    after = (first + timedelta(days=31)).replace(day=1)
    return (
        datetime.combine(first, time(), tzinfo=zone),
        datetime.combine(after, time(), tzinfo=zone),
    )

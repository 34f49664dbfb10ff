"""A protective measure is opened on terms, reported of, extended, and ends; nobody forgets it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from callflow.core.alarms.incident import Incident
from callflow.core.plans.call_plan import Measure
from callflow.core.plans.measure import EndsWhen, ProtectiveMeasure, Terms
from callflow.handling.alarms import operating
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.interventions import measures
from callflow.handling.watch import overdue
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.interventions import measures as rows
from tests.integration.handling.interventions.test_interventions import put_firm
from tests.integration.handling.station import DESK, Station

WAIT = {"id": "wait", "kind": "hand_to_operator"}
HOUR = 3600.0


@pytest.fixture
def row(station: Station) -> Incident:
    """An alarm that nobody took yet."""
    put_firm(station, "near", phone="+33639980301")
    station.plan("p", WAIT)
    station.put(plans={"*": "p"})
    return station.alarm("BA")


def opens(station: Station, row: Incident, hours: float = 4, **terms: Any) -> ProtectiveMeasure:
    kind = terms.pop("kind", Measure.GUARD_ON_SITE)

    def run(tx: Tx) -> ProtectiveMeasure:
        seen = incidents.get(tx, row.id)
        assert seen is not None
        lasts, agreed = timedelta(hours=hours), Terms(**terms)
        return measures.open_measure(
            tx, seen, kind, "agent", lasts, station.now, who="anna", terms=agreed
        )

    return station.write(run)


def looks(station: Station, seconds: float = 0) -> None:
    """Time passes, and the engine finds what did not come in time."""
    station.later(seconds)
    found = station.read(lambda tx: overdue.find(tx, None, station.now))
    station.write(lambda tx: overdue.act(tx, found, station.now))
    station.correlate()


def of(station: Station, measure: ProtectiveMeasure) -> ProtectiveMeasure:
    found = station.read(lambda tx: rows.get(tx, measure.id))
    assert found is not None
    return found


def test_a_guard_is_kept_by_a_firm_at_a_rate_and_asked_for_reports(
    station: Station, row: Incident
) -> None:
    measure = opens(station, row, firm_id="near", rate=3200, report_every=60)
    assert (measure.firm_id, measure.rate) == ("near", 3200)
    assert measure.report_due == station.now + timedelta(hours=1)
    (told,) = station.entries("measure_opened")
    assert "agent, near, 32.00 €" in told.text


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"firm_id": "1002-anne"}, "firm"),
        ({"rate": -1}, "rate"),
        ({"report_every": -5}, "report_every"),
        ({"ends_when": EndsWhen.RESTORED}, "zone"),
        ({"hours": 0}, "until"),
        ({"hours": 24 * 91}, "until"),
    ],
)
def test_terms_that_make_no_sense_name_their_field(
    station: Station, row: Incident, terms: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadField) as wrong:
        opens(station, row, **terms)
    assert wrong.value.field == field


def test_one_that_begins_later_protects_from_then_on(station: Station, row: Incident) -> None:
    opens(station, row, begins_at=station.now + timedelta(hours=1))
    assert station.read(lambda tx: rows.running(tx, "1002", station.now)) == []
    station.later(HOUR)
    assert len(station.read(lambda tx: rows.running(tx, "1002", station.now))) == 1


def test_a_report_that_is_missing_rings_the_queue_again_and_again(
    station: Station, row: Incident
) -> None:
    measure = opens(station, row, report_every=30)
    station.write(lambda tx: operating.claim(tx, row.id, "anna", station.now))
    hold = timedelta(minutes=15)
    looks(station, HOUR / 2 + 1)
    assert station.incident(row.id).human_reason == measures.UNREPORTED
    assert station.told(row.id).count("measure_unreported") == 1
    for _ in range(int(hold.total_seconds() // 60) + 1):  # its holder does nothing
        station.later(60)
    assert station.incident(row.id).holder is None
    assert DESK in station.wanted()
    looks(station, HOUR / 2)
    assert station.told(row.id).count("measure_unreported") == 2
    assert of(station, measure).lifted_at is None


def test_a_report_in_time_asks_for_the_next_one(station: Station, row: Incident) -> None:
    measure = opens(station, row, report_every=30)
    station.later(HOUR / 4)
    station.write(lambda tx: measures.report(tx, "1002", measure.id, "RAS", "anna", station.now))
    assert of(station, measure).report_due == station.now + timedelta(minutes=30)
    looks(station, HOUR / 4 + 1)
    assert "measure_unreported" not in station.told(row.id)
    (said,) = station.read(lambda tx: rows.reports(tx, [measure.id]))[measure.id]
    assert (said.by, said.text) == ("anna", "RAS")
    with pytest.raises(BadField):
        station.write(lambda tx: measures.report(tx, "1002", measure.id, " ", "anna", station.now))


def test_its_end_is_a_humans_while_the_alarm_is_open(station: Station, row: Incident) -> None:
    measure = opens(station, row, hours=1)
    station.write(lambda tx: operating.claim(tx, row.id, "anna", station.now))
    until = station.now + timedelta(hours=2)
    station.write(lambda tx: operating.park(tx, row.id, "anna", until, station.now))
    looks(station, HOUR + 1)
    after = station.incident(row.id)
    assert (after.human_reason, after.parked_until) == (measures.OVER, None)
    assert after.queue_due is not None
    over = of(station, measure)
    assert (over.lifted_at, over.lifted_by) == (measure.ends_at, "callflow")
    looks(station, 1)
    assert station.told(row.id).count("measure_over") == 1


def test_one_without_an_alarm_opens_one_when_its_report_is_missing(station: Station) -> None:
    station.put()
    measure = station.write(
        lambda tx: measures.protect_site(
            *(tx, "1002", Measure.PATROL, "rondes", timedelta(hours=8), station.now),
            who="anna",
            terms=Terms(report_every=120),
        )
    )
    looks(station, 2 * HOUR + 1)
    (opened,) = station.read(lambda tx: incidents.unfiled(tx, ["1002"], []))
    assert opened.with_human
    looks(station, 2 * HOUR)
    assert of(station, measure).lifted_at is None


def test_it_is_extended_with_a_reason_and_its_end_moves(station: Station, row: Incident) -> None:
    measure = opens(station, row, hours=1)
    until = measure.ends_at + timedelta(hours=2)

    def extends(why: str, to: Any = until) -> None:
        station.write(
            lambda tx: measures.extend(tx, "1002", measure.id, to, why, "anna", station.now)
        )

    for why, to in ((" ", until), ("chef", station.now)):
        with pytest.raises(BadField):
            extends(why, to)
    extends("demandé par le chef")
    looks(station, HOUR + 1)
    assert of(station, measure).lifted_at is None
    (told,) = station.entries("measure_extended")
    assert "demandé par le chef" in told.text
    looks(station, 2 * HOUR)
    with pytest.raises(Refused, match="lifted already"):
        extends("encore", station.now + timedelta(hours=1))


def test_nobody_acts_on_a_measure_of_another_site(station: Station, row: Incident) -> None:
    measure = opens(station, row)
    with pytest.raises(NotFound):
        station.write(lambda tx: measures.report(tx, "1003", measure.id, "x", "anna", station.now))


def test_it_ends_when_the_site_is_armed_again(station: Station, row: Incident) -> None:
    measure = opens(station, row, ends_when=EndsWhen.ARMED)
    looks(station, 60)
    assert of(station, measure).lifted_at is None
    station.receives(station.signal("CL", ""))
    station.correlate()
    looks(station, 1)
    assert of(station, measure).lifted_by == "callflow"
    assert "measure_lifted" in station.told(row.id)


def test_it_ends_when_its_zone_is_restored_though_the_alarm_is_filed(station: Station) -> None:
    station.put()
    measure = station.write(
        lambda tx: measures.protect_site(
            *(tx, "1002", Measure.GUARD_ON_SITE, "agent", timedelta(hours=8), station.now),
            who="anna",
            terms=Terms(zone="003", ends_when=EndsWhen.RESTORED),
        )
    )
    for code, zone in (("BR", "9"), ("BA", "3")):
        station.receives(station.signal(code, zone))
        station.correlate()
        looks(station, 1)
        assert of(station, measure).lifted_at is None
    station.receives(station.signal("BR", "03"))
    station.correlate()
    looks(station, 1)
    assert of(station, measure).lifted_by == "callflow"

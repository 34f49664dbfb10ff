"""Chargeable acts (D27) are charged for once, at the nearest price; a following row corrects."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from callflow.core.alarms.escalation import GuardEvent
from callflow.core.alarms.incident import Incident
from callflow.core.plans.call_plan import Measure
from callflow.core.plans.measure import Terms
from callflow.core.records.charges import Act, PricedBy
from callflow.handling.alarms import operating
from callflow.handling.alarms.ends import reopening
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.interventions import guards, measures, orders
from callflow.handling.records import charges, corrections, prices
from callflow.storage import Tx
from callflow.storage.alarms import incidents, tasks
from callflow.storage.records import charges as rows
from callflow.storage.records.charges import Listed
from callflow.storage.records.horizon import horizon
from callflow.storage.sites import sites
from tests.integration.handling.interventions.test_interventions import OWN, put_firm
from tests.integration.handling.station import Station

WAIT = {"id": "wait", "kind": "hand_to_operator"}


@pytest.fixture(autouse=True)
def begun(station: Station) -> None:
    """Charges are made from now on."""
    put_firm(station, "near", phone=OWN)
    station.plan("p", WAIT)
    link = {"id": "near", "name": "near", "role": "guard", "phone": OWN}
    station.put(plans={"*": "p"}, contacts=[link])
    looks(station)


def looks(station: Station, seconds: float = 60) -> int:
    """The engine reads on in the logbook; how many rows it made."""
    station.later(seconds)
    look = station.read(lambda tx: charges.find(tx, station.now, horizon(tx).last))
    return station.write(lambda tx: charges.book(tx, look, station.now)) if look else 0


def charged(station: Station) -> list[tuple[Any, ...]]:
    return [(c.kind, c.quantity, c.unit_price, c.amount, c.priced_by) for c in all_of(station)]


def all_of(station: Station) -> list[Listed]:
    def read(tx: Tx) -> list[Listed]:
        return rows.after(tx, None, "", station.now + timedelta(days=1), limit=100)

    return station.read(read)


def costs(station: Station, kind: Act, cents: int | None, included: int = 0, **where: str) -> None:
    (scope, owner), *_ = [*where.items(), ("station", "")]
    station.write(
        lambda tx: prices.set_price(
            tx, kind, PricedBy(scope), owner, cents, included, "chief", station.now
        )
    )


def client_of(station: Station) -> str:
    site = station.read(lambda tx: sites.get(tx, "1002"))
    assert site is not None
    return str(site.client_id)


def a_guard_comes(station: Station) -> Incident:
    """For an alarm that anna took: on the way for ten minutes, there for forty."""
    row = station.alarm("BA")
    station.write(lambda tx: operating.claim(tx, row.id, "anna", station.now))
    station.write(lambda tx: orders.send_guard(tx, row.id, "anna", station.now))
    station.replies(OWN, "accepted")
    (task,) = station.read(lambda tx: tasks.of_incident(tx, row.id))
    station.now += timedelta(minutes=10)
    station.write(
        lambda tx: guards.guard_event(tx, row.id, task.id, GuardEvent.ON_SITE, "anna", station.now)
    )
    station.now += timedelta(minutes=40)
    found: dict[str, Any] = {"inside": True, "outside": True, "traces": False, "rearmed": True}
    station.write(lambda tx: guards.guard_report(tx, row.id, task.id, "anna", station.now, **found))
    station.write(lambda tx: guards.guard_left(tx, row.id, task.id, "anna", station.now))
    return row


def closes(station: Station, row: Incident, code: str = "false_alarm") -> None:
    """It is restored and filed."""
    station.receives(station.signal("BR", "3"))
    station.correlate()
    station.write(lambda tx: operating.close_incident(tx, row.id, "anna", code, "vu", station.now))
    assert station.incident(row.id).state == "filed"


def test_a_guard_and_the_hours_on_site_are_charged_for_once(station: Station) -> None:
    costs(station, Act.GUARD_SENT, 9000)
    costs(station, Act.GUARD_HOURS, 4000, client=client_of(station))
    a_guard_comes(station)
    assert looks(station) == 2
    assert sorted(charged(station)) == [
        ("guard_hours", 75, 4000, 3000, "client"),
        ("guard_sent", 100, 9000, 9000, "station"),
    ]
    # A crash before the place was written down: the same entries are read again.
    again = station.read(lambda tx: charges.find(tx, station.now, horizon(tx).last))
    station.write(lambda tx: rows.go_on(tx, 0, station.now))
    twice = station.read(lambda tx: charges.find(tx, station.now, horizon(tx).last))
    assert (again.facts, twice.facts) == ((), ())
    assert len(all_of(station)) == 2


def test_what_two_engines_found_is_charged_for_once(station: Station) -> None:
    a_guard_comes(station)
    station.later(60)
    look = station.read(lambda tx: charges.find(tx, station.now, horizon(tx).last))
    made = [station.write(lambda tx: charges.book(tx, look, station.now)) for _ in range(2)]
    assert made == [2, 0]


def test_nothing_is_charged_for_before_it_is_certain(station: Station) -> None:
    costs(station, Act.FALSE_ALARM, 2500)
    closes(station, station.alarm("BA"))
    assert [looks(station, 5), looks(station, 60)] == [0, 1]


def test_false_alarms_beyond_the_contracts_number_are_charged_for(station: Station) -> None:
    costs(station, Act.FALSE_ALARM, 2500, 2, site="1002")
    alarms = []
    for _ in range(3):
        alarms.append(station.alarm("BA"))
        closes(station, alarms[-1])
        looks(station)
    assert charged(station) == [
        ("false_alarm", 100, 0, 0, "site"),
        ("false_alarm", 100, 0, 0, "site"),
        ("false_alarm", 100, 2500, 2500, "site"),
    ]
    assert all_of(station)[-1].incident_id == alarms[-1].id


def test_without_a_price_no_false_alarm_is_charged_for(station: Station) -> None:
    closes(station, station.alarm("BA"))
    looks(station)
    assert charged(station) == []


def test_a_false_alarm_that_was_none_is_taken_back(station: Station) -> None:
    costs(station, Act.FALSE_ALARM, 2500)
    row = station.alarm("BA")
    closes(station, row)
    looks(station)
    station.write(lambda tx: reopening.reopen(tx, row.id, "anna", "traces vues", station.now))
    looks(station)
    assert [c.amount for c in all_of(station)] == [2500, -2500]
    assert looks(station) == 0


def test_a_measure_is_charged_for_by_its_own_rate(station: Station) -> None:
    row = station.alarm("BA")

    def opens(tx: Tx) -> str:
        seen = incidents.get(tx, row.id)
        assert seen is not None
        about = Measure.GUARD_ON_SITE, "agent", timedelta(hours=2), station.now
        terms = Terms(firm_id="near", rate=3200)
        return measures.open_measure(tx, seen, *about, who="anna", terms=terms).id

    measure = station.write(opens)
    station.later(70 * 60)
    assert looks(station) == 0
    station.write(lambda tx: measures.lift_measure(tx, "1002", measure, "anna", station.now))
    looks(station)
    assert charged(station) == [("guard_kept", 125, 3200, 4000, "measure")]


def test_each_round_of_a_patrol_is_charged_for(station: Station) -> None:
    costs(station, Act.PATROL, 1850)
    about = Measure.PATROL, "rondes", timedelta(hours=8), station.now
    measure = station.write(lambda tx: measures.protect_site(tx, "1002", *about, who="anna"))
    for _ in range(2):
        station.later(3600)
        station.write(
            lambda tx: measures.report(tx, "1002", measure.id, "RAS", "anna", station.now)
        )
        looks(station)
    assert charged(station) == [("patrol", 100, 1850, 1850, "station")] * 2


def test_what_is_wrong_is_put_right_by_a_following_row(station: Station) -> None:
    a_guard_comes(station)
    looks(station)
    before = all_of(station)
    sent = next(c for c in before if c.kind is Act.GUARD_SENT)

    def corrects(charge: str, why: str = "annulé avant départ") -> None:
        station.write(lambda tx: corrections.correct(tx, charge, why, "chief", station.now))

    with pytest.raises(BadField):
        corrects(sent.id, " ")
    with pytest.raises(NotFound):
        corrects("none")
    station.later(60)
    corrects(sent.id)
    with pytest.raises(Refused, match="corrected already"):
        corrects(sent.id)
    *same, back = all_of(station)
    assert [(c.id, c.quantity, c.amount) for c in same] == [
        (c.id, c.quantity, c.amount) for c in before
    ]
    assert (back.corrects, back.quantity, back.by) == (sent.id, -100, "chief")
    with pytest.raises(Refused, match="corrects another"):
        corrects(back.id)


def test_an_act_is_added_by_hand_at_the_list_price_or_another(station: Station) -> None:
    costs(station, Act.LETTER, 800)

    def adds(price: int | None, quantity: int = 200, why: str = "courrier") -> None:
        station.write(
            lambda tx: corrections.add(
                tx, "1002", Act.LETTER, quantity, price, why, "chief", station.now
            )
        )

    adds(None)
    station.later(1)
    adds(500)
    for wrong in ({"quantity": 0}, {"why": ""}, {"quantity": 10**9}):
        with pytest.raises(BadField):
            adds(None, **wrong)
    assert charged(station) == [
        ("letter", 200, 800, 1600, "station"),
        ("letter", 200, 500, 1000, "person"),
    ]


def test_a_price_is_taken_away_and_the_next_one_counts(station: Station) -> None:
    costs(station, Act.GUARD_SENT, 9000)
    costs(station, Act.GUARD_SENT, 7000, site="1002")
    costs(station, Act.GUARD_SENT, None, site="1002")
    a_guard_comes(station)
    looks(station)
    assert ("guard_sent", 100, 9000, 9000, "station") in charged(station)
    assert len(station.entries("price_set")) == 3
    with pytest.raises(NotFound):
        costs(station, Act.GUARD_SENT, 1, site="nowhere")
    for cents, included in ((-1, 0), (1, -1), (10**9, 0)):
        with pytest.raises(BadField):
            costs(station, Act.GUARD_SENT, cents, included)

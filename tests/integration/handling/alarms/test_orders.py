"""Who holds an alarm sends a guard, calls the technician, protects the site, and holds on (D33)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from callflow.core.alarms.escalation import GuardEvent
from callflow.core.alarms.incident import Incident
from callflow.core.calls.dial_policy import MUTE
from callflow.core.plans.call_plan import Measure
from callflow.handling.alarms import operating
from callflow.handling.base.refusals import Held, Refused
from callflow.handling.interventions import guards, orders
from callflow.handling.interventions import measures as interventions_measures
from callflow.storage.alarms import tasks
from callflow.storage.interventions import measures
from tests.integration.handling.interventions.test_interventions import (
    BY_SECTOR,
    GUARD,
    OWN,
    put_firm,
)
from tests.integration.handling.station import Station

Row = dict[str, Any]

TECHNICIAN = "+33639980401"
WAIT = {"id": "wait", "kind": "hand_to_operator"}


@pytest.fixture
def taken(station: Station) -> Incident:
    """An alarm that Anna holds, at a site with two guard firms and a maintenance firm."""
    put_firm(station, "near", phone=OWN)
    put_firm(station, "far", phone=BY_SECTOR, sectors=["350"])
    return takes(station, alarm(station, WAIT))


def alarm(station: Station, *steps: Row, code: str = "BA") -> Incident:
    station.plan("p", *steps)
    people = [
        {"id": "near", "name": "near", "role": "guard", "phone": OWN, "keys_held": True},
        {"id": "fixit", "name": "Fixit", "role": "maintenance", "phone": TECHNICIAN},
    ]
    station.put(plans={"*": "p"}, postcode="35000", contacts=people)
    return station.alarm(code)


def takes(station: Station, row: Incident) -> Incident:
    station.write(lambda tx: operating.claim(tx, row.id, "anna", station.now))
    return station.incident(row.id)


def sends(station: Station, row: Incident, who: str = "anna") -> None:
    station.write(lambda tx: orders.send_guard(tx, row.id, who, station.now))


def holder(station: Station, row: Incident) -> str:
    return str(station.incident(row.id).holder)


def asked(station: Station, row: Incident) -> list[tuple[str, str, str | None]]:
    found = station.read(lambda tx: tasks.of_incident(tx, row.id))
    return [(t.subject, t.state, t.outcome) for t in found if t.kind == "send_guard"]


def test_a_guard_is_sent_and_followed_and_the_hold_stays(station: Station, taken: Incident) -> None:
    sends(station, taken)
    assert station.wanted() == [OWN]
    station.replies(OWN, "accepted")
    (task,) = station.read(lambda tx: tasks.of_incident(tx, taken.id))
    assert task.data["accepted_at"]
    with pytest.raises(Refused, match="on the way already"):
        sends(station, taken)
    event = GuardEvent.ON_SITE
    station.write(lambda tx: guards.guard_event(tx, taken.id, task.id, event, "anna", station.now))
    station.write(
        lambda tx: guards.guard_report(
            tx,
            taken.id,
            task.id,
            "anna",
            station.now,
            inside=True,
            outside=True,
            traces=False,
            rearmed=True,
        )
    )
    assert asked(station, taken) == [("near", "ended", "all_clear")]
    assert holder(station, taken) == "anna"


def test_a_firm_that_declines_is_asked_no_more_and_the_next_key_asks_the_next(
    station: Station, taken: Incident
) -> None:
    sends(station, taken)
    station.replies(OWN, "declined")
    assert asked(station, taken) == [("near", "ended", "failed")]
    sends(station, taken)
    assert station.wanted() == [BY_SECTOR]
    station.replies(BY_SECTOR, "declined")
    with pytest.raises(Refused, match="left to ask"):
        sends(station, taken)


def test_the_guard_that_the_machine_asked_for_is_still_called_once_somebody_takes_it(
    station: Station,
) -> None:
    put_firm(station, "near", phone=OWN)
    row = alarm(station, GUARD, WAIT)
    takes(station, row)
    assert station.wanted() == [OWN]
    station.replies(OWN, "accepted")
    (task,) = station.read(lambda tx: tasks.of_incident(tx, row.id))
    assert task.data["accepted_at"]


def test_the_technician_is_called_by_the_holder(station: Station, taken: Incident) -> None:
    station.write(lambda tx: orders.call_technician(tx, taken.id, "anna", station.now))
    assert station.wanted() == [TECHNICIAN]
    assert holder(station, taken) == "anna"


def test_a_measure_is_opened_and_lifted_by_the_holder(station: Station, taken: Incident) -> None:
    def protects(text: str, who: str = "anna") -> None:
        kind, lasts = Measure.OTHER, timedelta(hours=4)
        station.write(lambda tx: orders.protect(tx, taken.id, who, kind, text, lasts, station.now))

    with pytest.raises(Refused, match="what protects"):
        protects(" ")
    with pytest.raises(Held):
        protects("client", "bob")
    protects("client sur place")
    (measure,) = station.read(lambda tx: measures.of_site(tx, "1002"))
    assert measure.ends_at == station.now + timedelta(hours=4)
    station.write(
        lambda tx: interventions_measures.lift_measure(tx, "1002", measure.id, "anna", station.now)
    )
    assert holder(station, taken) == "anna"


def test_nobody_is_sent_or_called_by_key_at_a_mute_site_or_by_who_does_not_hold_it(
    station: Station, taken: Incident
) -> None:
    with pytest.raises(Held):
        sends(station, taken, "bob")
    station.alarm("HA")
    with pytest.raises(Refused, match=MUTE[:20]):
        sends(station, taken)
    with pytest.raises(Refused, match=MUTE[:20]):
        station.write(lambda tx: orders.call_technician(tx, taken.id, "anna", station.now))
    assert station.wanted() == []

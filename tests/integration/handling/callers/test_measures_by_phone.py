"""Measures by phone: a client has the guard stay, a guard reports rounds and keys (D22, D26)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from callflow.core.alarms.incident import Incident
from callflow.core.plans.call_plan import Measure
from callflow.core.plans.measure import ProtectiveMeasure, Terms
from callflow.handling.interventions import firms as interventions_firms
from callflow.handling.interventions import measures
from callflow.storage.interventions import measures as rows
from tests.integration.handling.callers.test_member_menu import GUARD, GUARDS, LOOK, call, member
from tests.integration.handling.station import FIRST, SECOND, Station

OPERATOR = {"id": "human", "kind": "hand_to_operator"}
CLOSE = {"id": "end", "kind": "close", "code": "nothing_found"}
STAYS = "faire rester l'agent"


@pytest.fixture(autouse=True)
def site(station: Station) -> None:
    """A firm's guard is sent for alarms; Anne may send guards, Bruno may not."""
    station.plan("p", LOOK, OPERATOR, CLOSE)
    body = {"name": "Vigie", "licence": "AUT-1", "phone": GUARDS, "sectors": ["350"]}
    station.write(
        lambda tx: interventions_firms.put_firm(
            tx, station.vault, "vigie", body, "admin", station.now
        )
    )
    people: list[dict[str, Any]] = [
        {"id": "anne", "name": "Anne", "role": "keyholder", "phone": FIRST, "code": "2580"},
        {"id": "bruno", "name": "Bruno", "role": "keyholder", "phone": SECOND, "code": "3691"},
    ]
    people[0] |= {"duress_code": "2581", "authorities": {"*": ["send_guard"]}}
    station.put("1002", contacts=people, plans={"intrusion": "p"}, postcode="35000")
    member(station, "vigie", "Gil", phone=GUARD, language="fr")


def there(station: Station) -> Incident:
    """An alarm for which the guard is on site."""
    row = station.alarm("BA")
    call(station, GUARD).types("258000", "1", "1")
    return row


def of_site(station: Station) -> list[ProtectiveMeasure]:
    return station.read(lambda tx: rows.of_site(tx, "1002"))


def kept(station: Station, kind: Measure = Measure.PATROL) -> ProtectiveMeasure:
    """The firm protects the site, whatever alarms there are."""
    terms, about = Terms(firm_id="vigie", report_every=60), (kind, "rondes", timedelta(hours=8))
    return station.write(
        lambda tx: measures.protect_site(tx, "1002", *about, station.now, who="anna", terms=terms)
    )


def test_a_client_who_may_send_guards_has_the_guard_stay(station: Station) -> None:
    row = there(station)
    caller = call(station, FIRST).types("2580", "9")
    assert STAYS in caller.heard[-1]
    caller.types("6", "3")
    (measure,) = of_site(station)
    assert (measure.kind, measure.firm_id, measure.opened_by) == ("guard_on_site", "vigie", "Anne")
    assert measure.ends_at == station.now + timedelta(hours=3)
    assert measure.incident_id == row.id
    assert "garde les lieux jusqu'à" in caller.heard[-1]


def test_who_may_not_send_guards_or_has_none_there_is_not_offered_it(station: Station) -> None:
    station.alarm("BA")
    assert STAYS not in "".join(call(station, FIRST).types("2580", "9").heard)
    call(station, GUARD).types("258000", "1", "1")
    assert STAYS not in "".join(call(station, SECOND).types("3691", "9").heard)


def test_under_duress_it_sounds_like_success_and_nothing_is_kept(station: Station) -> None:
    there(station)
    free = call(station, FIRST).types("2580").heard
    caller = call(station, FIRST).types("2581")
    assert caller.heard == free
    caller.types("6", "3")
    assert of_site(station) == []


def test_a_guard_who_keeps_the_site_reports_by_a_key(station: Station) -> None:
    measure = kept(station)
    station.later(30 * 60)
    caller = call(station, GUARD).types("258000", "1002")
    assert "votre ronde est faite" in caller.heard[-1]
    assert "passage est inscrit" in caller.types("4").heard[-1]
    (said,) = station.read(lambda tx: rows.reports(tx, [measure.id]))[measure.id]
    assert said.by == "Gil (Vigie)"
    (after,) = of_site(station)
    assert after.report_due == station.now + timedelta(hours=1)


def test_keys_are_taken_and_brought_back(station: Station) -> None:
    there(station)
    caller = call(station, GUARD).types("258000")
    assert "sous votre garde" in caller.types("5").heard[-1]
    (measure,) = of_site(station)
    assert (measure.kind, measure.lifted_at) == (Measure.KEYS_MOVED, None)
    again = call(station, GUARD).types("258000")
    assert "rendre les clés de ce site" in again.heard[-1]
    assert "retour des clés" in again.types("5").heard[-1]
    (back,) = of_site(station)
    assert back.lifted_by == "Gil (Vigie)"


def test_a_firm_without_part_task_or_measure_at_a_site_is_not_let_in(station: Station) -> None:
    assert "n'intervient pas" in call(station, GUARD).types("258000", "1002").heard[-1]
    measure = kept(station)
    assert "Shop" in call(station, GUARD).types("258000", "1002").heard[-1]
    station.write(lambda tx: measures.lift_measure(tx, "1002", measure.id, "anna", station.now))
    assert "n'intervient pas" in call(station, GUARD).types("258000", "1002").heard[-1]

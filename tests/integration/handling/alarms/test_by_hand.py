"""An alarm that somebody told: opened by hand, its operator's, and it calls nobody by itself."""

from __future__ import annotations

from typing import Any

import pytest

from callflow.core.alarms.incident import Incident
from callflow.core.signals.signal import Kind
from callflow.handling.alarms import by_hand, operating
from callflow.handling.base.refusals import Held, NotFound, Refused
from callflow.storage.records import logbook
from tests.integration.handling.station import Station

Row = dict[str, Any]
SHOP = "1002"


def open_by_hand(station: Station, kind: Kind = Kind.INTRUSION, who: str = "alice") -> Incident:
    return station.write(
        lambda tx: by_hand.open_by_hand(
            tx, SHOP, kind, "Le voisin entend du bruit", who, station.now
        )
    )


def test_it_is_held_and_rings_nobody_until_it_is_handed_over(station: Station) -> None:
    row = open_by_hand(station)
    assert row.holder == "alice"
    assert row.site_id == SHOP
    station.later(60)
    assert station.calls(row.id) == []
    station.write(lambda tx: operating.resume_plan(tx, row.id, "alice", station.now))
    station.later(1)
    assert station.calls(row.id) != []


def test_what_was_said_is_in_the_logbook_by_its_author(station: Station) -> None:
    row = open_by_hand(station)
    entries = station.read(lambda tx: logbook.page(tx, incident=row.id, limit=50))
    said = next(entry for entry in entries if entry.kind == "told_by_person")
    assert said.who == "alice"
    assert said.data["text"] == "Le voisin entend du bruit"


def test_it_is_filed_as_soon_as_it_is_closed(station: Station) -> None:
    row = open_by_hand(station)
    station.write(
        lambda tx: operating.close_incident(tx, row.id, "alice", "false_alarm", "", station.now)
    )
    assert station.incident(row.id).state == "filed"


def test_one_kind_is_opened_once_and_another_beside_it(station: Station) -> None:
    open_by_hand(station)
    with pytest.raises(Refused, match="open at this site already"):
        open_by_hand(station)
    assert open_by_hand(station, Kind.FLOOD).holder == "alice"


def test_a_site_in_other_hands_is_theirs(station: Station) -> None:
    open_by_hand(station)
    with pytest.raises(Held):
        open_by_hand(station, Kind.FLOOD, who="bruno")


def test_its_plan_is_chosen_as_a_signals_is_where_no_arming_is_known(station: Station) -> None:
    station.plan("armed", {"id": "call", "kind": "counter_call"})
    rule = {"plan": "armed", "kinds": ["intrusion"], "armed": True}
    station.put(plan_rules=[rule])
    assert open_by_hand(station).plan["id"] == "armed"


def test_a_hold_up_that_is_told_is_mute(station: Station) -> None:
    row = open_by_hand(station, Kind.HOLD_UP)
    assert row.category == "vital"
    with pytest.raises(Refused):
        station.write(
            lambda tx: operating.request_contact_call(
                tx, row.id, "alice", f"{SHOP}-shop", station.now
            )
        )


def test_what_can_not_be_told_is_refused(station: Station) -> None:
    with pytest.raises(Refused):
        open_by_hand(station, Kind.TRUNK)
    with pytest.raises(NotFound):
        station.write(
            lambda tx: by_hand.open_by_hand(tx, "nowhere", Kind.FIRE, "", "alice", station.now)
        )

"""A contact's test call rings them alone, says that it is one, and what came of it is kept."""

from __future__ import annotations

from typing import Any

import pytest

from callflow.core.alarms.incident import Incident
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.calls import dialogues, trial_calls
from tests.integration.handling.station import FIRST, SHOP, Station, a_site


def rings(station: Station, contact: str = "1002-anne") -> Incident:
    return station.write(lambda tx: trial_calls.test_call(tx, "1002", contact, "alix", station.now))


def result(station: Station, contact: str = "1002-anne") -> Any:
    found = station.read(lambda tx: trial_calls.results(tx, "1002"))
    return found[contact].outcome if contact in found else "never"


def test_it_calls_one_contact_who_confirms_by_a_key(station: Station) -> None:
    assert result(station) == "never"
    incident = rings(station)
    assert incident.exercise
    call_id = station.picks_up(FIRST)
    found = station.write(lambda tx: dialogues.dialogue_begin(tx, station.vault, call_id))
    assert found is not None
    assert found[0].exercise
    assert "Appel d'essai" in str(found)
    assert result(station) is None
    station.says(call_id, "acknowledged")
    station.hangs_up(call_id)
    assert result(station) == "acknowledged"
    row = station.incident(incident.id)
    assert (row.state, row.resolution_code) == ("filed", "exercise")
    assert [to for to, _ in station.called(incident.id)] == [FIRST]
    told = station.told(incident.id)
    assert told[0] == "rehearsed"
    assert "call_ended" in told


def test_nobody_answers_and_that_is_kept_too(station: Station) -> None:
    incident = rings(station, "1002-shop")
    station.ends(SHOP, "no_answer")
    assert result(station, "1002-shop") == "no_answer"
    assert station.incident(incident.id).state == "filed"
    assert result(station) == "never"


def test_it_is_refused_in_an_alarm_without_a_number_and_where_nobody_is_called(
    station: Station,
) -> None:
    with pytest.raises(NotFound):
        rings(station, "ghost")
    body = a_site()
    body["contacts"][1]["phone"] = None
    station.put(**body)
    with pytest.raises(Refused, match="no number"):
        rings(station)
    station.put()
    rings(station)
    with pytest.raises(Refused, match="runs at this site already"):
        rings(station)
    station.put(state="terminated")
    with pytest.raises(Refused, match="nobody is called"):
        rings(station)
    station.put("1003")
    station.alarm(account="1003")
    with pytest.raises(Refused, match="in alarm"):
        station.write(
            lambda tx: trial_calls.test_call(tx, "1003", "1003-anne", "alix", station.now)
        )

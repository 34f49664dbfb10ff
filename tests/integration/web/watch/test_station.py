"""The station's organs as pages: all, one with its history, the wall, and the probes' forms."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

from fastapi import FastAPI

from callflow import clock
from callflow.core.people.users import Role
from callflow.core.watch.organs import Part, Reason, State
from callflow.core.watch.readings import Reading
from callflow.handling.watch import probes, readings
from callflow.storage import schema as t
from callflow.storage.watch import probes as rows
from tests.support.pages.visitors import Person
from tests.support.stations.web_station import WebStation

EVIL = "<script>alert(1)</script>"
PROBE = {
    "name": "Fibre",
    "part": "network",
    "means": "tcp",
    "target": "box.example.org:443",
    "every": "60",
    "warn": "0,5",
    "fail": "2",
    "enabled": "1",
}


async def person(station: WebStation, app: FastAPI, name: str, role: Role) -> Person:
    station.user(name, role)
    made = Person(app, name)
    assert (await made.log_in()).status_code == 303
    return made


def take(station: WebStation, name: str = "onduleur") -> Reading:
    now = clock.now()
    found = Reading(
        part=Part.POWER,
        name=name,
        state=State.FAILED,
        reason=Reason.TOO_LOW,
        detail=EVIL,
        figure=12.5,
        unit="percent",
        limit=20.0,
        at=now,
        valid=timedelta(minutes=5),
    )
    station.do(lambda tx: readings.take(tx, [found], now))
    return found


async def test_every_organ_is_on_the_page_with_what_is_known_of_it(
    station: WebStation, app: FastAPI
) -> None:
    take(station, EVIL)
    ines = await person(station, app, "ines", Role.OPERATOR)
    shown = (await ines.see("/station")).text
    assert EVIL not in shown
    assert "au-dessous de sa limite" in shown
    assert "12,5 %" in shown
    assert "Les postes ne voient plus rien" in shown  # what a failure costs, as nobody else says it
    assert "l’astreinte" in shown
    assert "/station/probes" not in shown  # an administrator's
    wall = (await ines.see("/station/wall")).text
    assert EVIL not in wall
    assert "au-dessous de sa limite" in wall
    assert "ines" not in wall  # nobody is named on a wall


async def test_the_panels_clocks_stand_beside_the_station_s(
    station: WebStation, app: FastAPI
) -> None:
    station.site()
    ines = await person(station, app, "ines", Role.OPERATOR)
    for skew, said in ((3.0, "Aucune horloge de transmetteur"), (-75.0, "horloge de 1 ")):
        station.do(lambda tx, skew=skew: tx.execute(t.account.update().values(skew=skew)))
        shown = (await ines.see("/station/organs/clock:@")).text
        assert said in shown
        assert "Horloges des transmetteurs" in shown
        assert "1001" in shown
    assert "Horloges" not in (await ines.see("/station/organs/database:@")).text


async def test_an_administrator_says_who_looks_after_an_organ(
    station: WebStation, app: FastAPI
) -> None:
    at = f"/station/organs/{quote(take(station).key, safe=':@')}"
    ines = await person(station, app, "ines", Role.OPERATOR)
    assert "<form" not in (await ines.see(at)).text.split("h-care")[1]
    odile = await person(station, app, "odile", Role.ADMINISTRATOR)
    said = {"cost": EVIL, "keeper": "Volta", "phone": "+33 6 39 98 99 30"}
    assert (await odile.fill(at, at, **{**said, "phone": "112"})).status_code == 422
    assert (await odile.fill(at, at, **said)).status_code == 303
    (care,) = station.store.read_now(rows.cares)
    assert (care.part, care.name, care.phone) == (Part.POWER, "onduleur", "+33639989930")
    shown = (await ines.see("/station")).text
    assert "Volta" in shown
    assert EVIL not in shown
    assert "Volta" not in (await ines.see("/station/wall")).text
    gone = await odile.see("/station/organs/nothing")
    assert gone.status_code == 404


async def test_a_probe_is_added_changed_and_removed(station: WebStation, app: FastAPI) -> None:
    here = "/station/probes"
    odile = await person(station, app, "odile", Role.ADMINISTRATOR)
    secret = "s3cret-token"
    assert (await odile.fill(here, here, **PROBE, secret=secret)).status_code == 303
    (made,) = station.store.read_now(rows.every)
    assert (made.warn, made.fail, made.every) == (0.5, 2.0, 60)
    kept = station.store.read_now(rows.secrets)[made.id]
    assert secret not in kept
    assert probes.clear(station.vault, kept) == secret
    shown = (await odile.see(here)).text
    assert secret not in shown
    there = f"{here}/{made.id}"
    assert (await odile.fill(here, there, **{**PROBE, "every": "30"})).status_code == 303
    assert station.store.read_now(rows.secrets) != {}
    other = {**PROBE, "target": "thief.example.org:443"}
    assert (await odile.fill(here, there, **other)).status_code == 303
    assert station.store.read_now(rows.secrets) == {}, "a secret goes to no other host"
    assert (await odile.fill(here, f"{there}/remove")).status_code == 303
    assert station.store.read_now(rows.every) == []


async def test_a_large_limit_is_saved_again_as_it_was(station: WebStation, app: FastAPI) -> None:
    here = "/station/probes"
    odile = await person(station, app, "odile", Role.ADMINISTRATOR)
    large = {**PROBE, "warn": "1500000001", "fail": "2000000001,5", "unit": "bytes"}
    assert (await odile.fill(here, here, **large)).status_code == 303
    (made,) = station.store.read_now(rows.every)
    assert (made.warn, made.fail) == (1_500_000_001, 2_000_000_001.5)
    shown = (await odile.see(here)).text
    assert 'value="1500000001"' in shown
    assert 'value="2000000001.5"' in shown


async def test_what_can_not_be_asked_is_refused_in_the_page_s_words(
    station: WebStation, app: FastAPI
) -> None:
    here = "/station/probes"
    odile = await person(station, app, "odile", Role.ADMINISTRATOR)
    for wrong in (
        {"means": "http", "target": "file:///etc/passwd"},
        {"means": "http", "target": "http://u:p@example.org/"},
        {"means": "http", "target": "http://169.254.169.254/latest"},
        {"means": "command", "target": "../../bin/sh"},
        {"means": "command", "target": "sh", "asked": "-c reboot"},
        {"means": "snmp", "target": "ups.example.org", "asked": "sysDescr"},
        {"part": "screen"},
        {"every": "1"},
        {"warn": "nan"},
        {"fail": "0,1"},
    ):
        answer = await odile.fill(here, here, **{**PROBE, **wrong})
        assert (answer.status_code, 'role="alert"' in answer.text) == (422, True), wrong
    assert station.store.read_now(rows.every) == []


async def test_only_administrators_set_probes(station: WebStation, app: FastAPI) -> None:
    for name, role in (("ines", Role.OPERATOR), ("sami", Role.SUPERVISOR)):
        made = await person(station, app, name, role)
        assert (await made.see("/station/probes")).status_code == 403

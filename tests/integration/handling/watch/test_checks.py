"""Checks of the station as rows: asked for, signed, seen by the machine, late, failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from callflow.core.people.users import Role
from callflow.core.records.logbook import Entry
from callflow.core.signals.signal import Kind
from callflow.core.station.backups import What
from callflow.core.watch.checks import USUAL, Check, Period, Proof, Source, Standing, Stands
from callflow.core.watch.organs import Part, State
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.station import backups, restored
from callflow.handling.watch import checks, organs
from callflow.handling.watch.checks import Signed
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.records import logbook
from callflow.storage.watch import checks as rows
from tests.integration.handling.station import NIGHT, Station

DAY = timedelta(days=1)


def begun(station: Station) -> None:
    station.write(lambda tx: checks.begin_usual(tx, station.now))


def standing(station: Station, check_id: str) -> Standing:
    found = station.read(lambda tx: checks.standings(tx, station.now))
    return next(one for one in found if one.check.id == check_id)


def sign(
    station: Station, check_id: str, *, ok: bool = True, role: Role = Role.SUPERVISOR, **more: Any
) -> None:
    seen = standing(station, check_id).check.last_id or ""
    fields: dict[str, Any] = dict(check_id=check_id, seen=seen, ok=ok)
    signed = Signed(**fields | more)
    station.write(lambda tx: checks.sign(tx, signed, "ines", role, station.now))


def follow(station: Station) -> None:
    station.write(lambda tx: checks.follow(tx, station.now))


def told(station: Station) -> list[Entry]:
    found = station.read(lambda tx: logbook.last(tx, limit=200))
    return [entry for entry in reversed(found) if entry.kind.startswith("check")]


def alarms(station: Station) -> Sequence[str]:
    station.correlate()
    return [one.id for one in station.read(lambda tx: incidents.open_ones(tx, kinds=(Kind.ORGAN,)))]


def state(station: Station, check_id: str) -> State | None:
    def read(tx: Tx) -> dict[str, State]:
        found = organs.organs(tx, organs.facts(tx, station.now), station.now)
        return {organ.name: organ.state for organ in found if organ.part is Part.DRILL}

    return station.read(read).get(check_id)


def own(**more: Any) -> Check:
    fields: dict[str, Any] = dict(
        id="new", period=Period.WEEK, who=Role.OPERATOR, title="Ronde", since=NIGHT
    )
    return Check(**fields | more)


def test_the_usual_list_is_asked_for_at_the_first_start_and_stays_what_was_made_of_it(
    station: Station,
) -> None:
    assert station.read(lambda tx: checks.standings(tx, station.now)) == []
    follow(station)
    begun(station)
    found = station.read(lambda tx: checks.standings(tx, station.now))
    assert {one.check.id for one in found} == {usual.id for usual in USUAL}
    assert {one.stands for one in found} == {Stands.DUE}
    desks = next(one.check for one in found if one.check.id == "desks")
    monthly = replace(desks, period=Period.MONTH)
    station.write(lambda tx: checks.change(tx, monthly, "odile", station.now))
    station.write(lambda tx: checks.retire(tx, "evacuation", "pas ici", "odile", station.now))
    station.now += timedelta(days=3)
    begun(station)  # the next start
    kept = {one.check.id: one.check for one in station.read(lambda tx: checks.standings(tx, NIGHT))}
    assert kept.keys() == {usual.id for usual in USUAL} - {"evacuation"}
    assert kept["desks"].period is Period.MONTH
    assert [entry.kind for entry in told(station)] == [
        *("checks_begun", "check_changed", "check_retired"),
    ]


def test_a_check_is_put_by_its_name(station: Station) -> None:
    station.write(lambda tx: checks.put(tx, own(id="ronde-1"), "odile", station.now))
    done = own(id="ronde-1", title="Ronde de nuit")
    station.write(lambda tx: checks.put(tx, done, "odile", station.now))
    sign(station, "ronde-1")
    station.write(lambda tx: checks.retire(tx, "ronde-1", "inutile", "odile", station.now))
    station.now += DAY
    station.write(lambda tx: checks.put(tx, done, "odile", station.now))
    one = standing(station, "ronde-1")
    assert (one.check.title, one.check.since) == ("Ronde de nuit", station.now)
    assert one.last is not None  # when it was done stays known
    for wrong in ("Ronde", "new", "a--b", "-a", ""):
        with pytest.raises(BadField):
            station.write(partial(checks.put, check=own(id=wrong), by="odile", now=station.now))


def test_who_did_it_signs_and_it_is_due_again_in_the_next_period(station: Station) -> None:
    begun(station)
    sign(station, "generator-run", figure=22.0, remark="plein fait")
    one = standing(station, "generator-run")
    assert one.stands is Stands.DONE
    assert one.last is not None
    assert (one.last.by, one.last.figure, one.last.unit) == ("ines", 22.0, "minutes")
    assert told(station)[-1].text == (
        "Contrôle fait, signé par ines : Essai du groupe électrogène en charge"
        " — 22 min — plein fait"
    )
    station.now += timedelta(days=31)
    assert standing(station, "generator-run").stands is Stands.DUE


@pytest.mark.parametrize(
    ("check_id", "said"),
    [
        ("generator-run", {}),  # nothing measured
        ("generator-run", {"figure": 4.0}),  # too short to be well
        ("generator-run", {"figure": float("nan")}),
        ("evacuation", {}),  # no report
        ("room", {"ok": False}),  # no word of what is wrong
        ("room", {"seen": "another"}),  # somebody signed meanwhile
        ("generator-run", {"figure": 20.0, "role": Role.OPERATOR}),
        ("rights", {"role": Role.SUPERVISOR}),
        ("room", {"role": Role.TECHNICIAN}),
        ("nothing", {}),
    ],
)
def test_what_proves_nothing_is_not_signed(
    station: Station, check_id: str, said: dict[str, Any]
) -> None:
    begun(station)
    fields: dict[str, Any] = dict(seen="", ok=True, role=Role.SUPERVISOR) | said
    role = fields.pop("role")
    signed = Signed(check_id=check_id, **fields)
    with pytest.raises((BadField, Refused, NotFound)):
        station.write(lambda tx: checks.sign(tx, signed, "ines", role, station.now))
    assert station.read(lambda tx: rows.between(tx, station.now - DAY, station.now + DAY)) == []


def test_what_failed_is_an_alarm_of_the_station_until_it_succeeds(station: Station) -> None:
    begun(station)
    sign(station, "power-cut", ok=False, figure=2.0, remark="l'onduleur est tombé")
    assert state(station, "power-cut") is State.FAILED
    (alarm,) = alarms(station)
    sign(station, "power-cut", ok=False, figure=3.0, remark="encore")
    assert alarms(station) == [alarm]
    sign(station, "power-cut", figure=31.0, remark="batteries changées")
    assert state(station, "power-cut") is State.OK
    kinds = [entry.kind for entry in told(station)]
    assert kinds == ["checks_begun", "check_failed", "check_failed", "check_done"]


def test_late_is_told_once_and_is_an_organ_that_is_not_well(station: Station) -> None:
    begun(station)
    follow(station)
    station.now += 2 * DAY
    for _ in range(3):
        follow(station)
        station.now += timedelta(minutes=1)
    late = [entry for entry in told(station) if entry.kind == "check_late"]
    assert {entry.data["check"] for entry in late} == {"last-backup", "desks", "room"}
    assert len(late) == 3
    assert state(station, "room") is State.DEGRADED
    assert alarms(station) == []
    sign(station, "room")
    assert state(station, "room") is State.OK
    (one,) = station.read(lambda tx: rows.between(tx, station.now - DAY, station.now + DAY))
    assert one.late


def run(station: Station, what: What, *, problem: str = "") -> None:
    def write(tx: Tx) -> None:
        made = replace(
            backups.begin(tx, what, "/mnt/backup", station.now),
            made_at=station.now,
            size=4096,
            files=12,
            problem=problem,
        )
        backups.end(tx, made, station.now + timedelta(minutes=2))

    station.write(write)
    station.now += timedelta(minutes=3)
    follow(station)


def test_backups_and_restores_tick_their_checks_with_their_figures(station: Station) -> None:
    begun(station)
    run(station, What.BACKUP)
    run(station, What.DRILL, problem="le manifeste est faux")
    assert standing(station, "last-backup").stands is Stands.DONE
    failed = standing(station, "restore")
    assert (failed.stands, failed.last and failed.last.remark) == (
        Stands.FAILED,
        "le manifeste est faux",
    )
    assert len(alarms(station)) == 1
    follow(station)  # the same run is not seen twice
    assert len(station.read(lambda tx: rows.history(tx, "restore", None, limit=9))) == 1
    run(station, What.DRILL)
    (newest, _) = station.read(lambda tx: rows.history(tx, "restore", None, limit=9))
    assert (newest.ok, newest.by, newest.figure, newest.unit) == (True, "", 12.0, "files")
    assert [e.kind for e in told(station)][-2:] == ["check_seen_failed", "check_seen"]


def test_a_panels_signal_ticks_its_check(station: Station) -> None:
    check = own(source=Source.SIGNAL, subject="1002")
    made = station.write(lambda tx: checks.add(tx, check, "odile", station.now))
    follow(station)
    assert standing(station, made).stands is Stands.DUE
    station.now += timedelta(minutes=5)
    station.receives(station.signal("RP"))
    follow(station)
    one = standing(station, made)
    assert (one.stands, one.last and one.last.by) == (Stands.DONE, "")


def test_what_is_asked_for_is_changed_and_taken_away(station: Station) -> None:
    begun(station)
    made = station.write(lambda tx: checks.add(tx, own(), "odile", station.now))
    assert made == "ronde"
    assert station.write(lambda tx: checks.add(tx, own(), "odile", station.now)) == "ronde-2"
    words = own(id="sign", title="Sign")
    assert station.write(lambda tx: checks.add(tx, words, "odile", station.now)) == "sign-2"
    words = own(id="new", title="Desks")  # the usual list has one that is called so
    assert station.write(lambda tx: checks.add(tx, words, "odile", station.now)) == "desks-2"
    sign(station, made, ok=False, remark="porte ouverte")
    assert len(alarms(station)) == 1
    station.now += DAY
    daily = replace(own(id=made), period=Period.DAY, text="Faire le tour")
    station.write(lambda tx: checks.change(tx, daily, "odile", station.now))
    assert standing(station, made).stands is Stands.DUE  # asked for anew
    station.write(lambda tx: checks.retire(tx, made, "plus de ronde", "odile", station.now))
    assert state(station, made) is None
    with pytest.raises(NotFound):
        station.write(lambda tx: checks.change(tx, daily, "odile", station.now))
    assert told(station)[-1].text == "Contrôle retiré par odile : Ronde. Motif : plus de ronde"
    assert [one.ok for one in station.read(lambda tx: rows.history(tx, made, None, limit=9))] == [
        False
    ]


def test_a_station_that_is_held_is_asked_for_nothing(station: Station) -> None:
    begun(station)
    station.now += 3 * DAY
    station.write(lambda tx: restored.hold(tx, station.now - DAY, station.now))
    follow(station)
    assert [entry.kind for entry in told(station)] == ["checks_begun"]


def test_proof_by_file_is_one_that_is_kept(station: Station) -> None:
    begun(station)
    signed = Signed(check_id="evacuation", seen="", ok=True, with_file=True)
    one = station.read(lambda tx: checks.check_signed(tx, signed, Role.SUPERVISOR, station.now))
    assert one.check.proof is Proof.FILE
    with pytest.raises(BadField):
        station.write(lambda tx: checks.sign(tx, signed, "ines", Role.SUPERVISOR, station.now))

"""The station itself: recordings, seals, processes, and real tampering with the database."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Engine, event

from callflow import clock
from callflow.core.alarms.incident import Incident
from callflow.core.signals.signal import Category, Kind
from callflow.core.watch.examination import judge
from callflow.core.watch.organs import State
from callflow.handling.base import telling
from callflow.handling.base.telling import tell
from callflow.handling.calls.recordings import recording_finished
from callflow.handling.records.logbook import verify
from callflow.handling.watch import health as watch_health
from callflow.handling.watch import organs
from callflow.storage import Store, Tx, savepoint
from callflow.storage.calls import calls
from callflow.storage.people import users
from callflow.storage.records.logbook import recorded_elsewhere
from callflow.storage.records.sealing import seal
from tests.integration.handling.station import DUTY, NIGHT, SHOP, Station


def finished(station: Station, call_id: str, problem: str = "") -> None:
    found: dict[str, Any] = dict(path="2026-11-25/x.wav", sha256="ab" * 32, duration=12.34)
    if problem:
        found = dict(path="2026-11-25/x.wav", sha256=None, duration=None)
    station.write(
        lambda tx: recording_finished(tx, call_id, **found, problem=problem, now=station.now)
    )


def test_a_recording_is_attached_once_and_told_with_its_hash(station: Station) -> None:
    row = station.alarm("BA")
    call_id = station.replies(SHOP, "verified_ok")
    assert [c.id for c in station.read(lambda tx: calls.unrecorded(tx, "node0"))] == [call_id]
    finished(station, call_id)
    finished(station, call_id, "missing")  # looked at twice: the first stays
    kept = station.read(lambda tx: calls.recordings(tx, [call_id]))[call_id]
    assert (kept.duration, kept.problem) == (12.34, "")
    told = station.entries("recording")
    assert [(e.incident, e.data["sha256"]) for e in told] == [(row.id, "ab" * 32)]
    assert station.read(lambda tx: calls.unrecorded(tx, "node0")) == []


def test_the_logbook_tells_on_which_node_a_recording_lies(station: Station) -> None:
    station.alarm("BA")
    call_id = station.picks_up(SHOP)
    station.hangs_up(call_id)
    finished(station, call_id)

    def elsewhere(node: str) -> set[str]:
        return station.read(lambda tx: recorded_elsewhere(tx, node))

    assert elsewhere("node0") == set()
    assert elsewhere("node1") == {call_id}


def test_a_missing_recording_is_told_too(station: Station) -> None:
    station.alarm("BA")
    call_id = station.replies(SHOP, "verified_ok")
    finished(station, call_id, "the file is empty")
    assert "the file is empty" in station.entries("recording_problem")[0].text
    finished(station, "nobody's call")


def test_what_is_undone_is_not_told_and_the_chain_has_no_hole(station: Station) -> None:
    def part(tx: Tx) -> None:
        telling.station_event(tx, "test", "before", station.now)
        with contextlib.suppress(ZeroDivisionError), savepoint(tx):
            telling.station_event(tx, "test", "undone", station.now)
            raise ZeroDivisionError
        telling.station_event(tx, "test", "after", station.now)

    def fails(tx: Tx) -> None:
        telling.station_event(tx, "test", "never", station.now)
        raise ZeroDivisionError

    station.write(part)
    with pytest.raises(ZeroDivisionError):
        station.write(fails)
    told = station.entries("station")
    assert [e.data["text"] for e in told] == ["before", "after"]
    assert told[1].seq == told[0].seq + 1
    assert station.faults() == []


def test_seals_cover_what_changed_since_the_last(station: Station) -> None:
    station.alarm("BA")
    assert station.write(lambda tx: seal(tx, station.now)) == 2  # the incident's chain, the day's
    assert station.write(lambda tx: seal(tx, station.now)) == 0
    station.alarm("BA")
    assert station.write(lambda tx: seal(tx, station.now)) == 1


def test_a_seal_takes_no_more_statements_for_many_heads_than_for_one(station: Station) -> None:
    """Nobody else writes meanwhile, and a minute of a busy night leaves a thousand heads."""

    def cost() -> tuple[int, int]:
        statements = list[str]()

        def count(_: object, _cursor: object, statement: str, *_more: object) -> None:
            statements.append(statement)

        event.listen(Engine, "before_cursor_execute", count)
        sealed = station.write(lambda tx: seal(tx, station.now))
        event.remove(Engine, "before_cursor_execute", count)
        return sealed, len(statements)

    station.alarm("BA")
    cost()  # the day's chain, too
    station.later(60)
    station.alarm("FA")
    one, cheap = cost()
    for code in ("BA", "MA", "PA", "HA"):
        station.alarm(code)
    several, dear = cost()
    assert one < 3 < several
    assert dear <= cheap


def beat(station: Station, role: str, pid: int = 1, **state: Any) -> None:
    station.write(
        lambda tx: users.process_beat(
            tx, role, pid=pid, since=station.now, now=station.now, state=state
        )
    )


def test_health_says_who_is_missing(station: Station) -> None:
    def health() -> dict[str, Any]:
        return station.read(lambda tx: watch_health.health(tx, station.now))

    assert health()["status"] == "failed"
    for role in ("receiver", "engine", "web"):
        beat(station, role)
    assert (health()["status"], health()["missing"]) == ("failed", ["telephony"])
    beat(station, "telephony", asterisk="up")
    assert health()["status"] == "ok"
    beat(station, "web", pid=2)
    assert [p["restarts"] for p in health()["processes"] if p["role"] == "web"] == [1]
    station.now += timedelta(seconds=11)
    assert health()["status"] == "failed"


def test_restarts_of_a_year_say_nothing_and_those_of_minutes_do(station: Station) -> None:
    pids = count(1)

    def state(pid: int) -> State:
        beat(station, "engine", pid=pid)
        told = station.read(lambda tx: organs.facts(tx, station.now))
        return next(one.state for one in judge(told, station.now) if one.name == "engine")

    def begins_again_after(wait: timedelta) -> State:
        station.now += wait
        return state(next(pids))

    assert {begins_again_after(timedelta(hours=9)) for _ in range(12)} == {State.OK}
    found = [begins_again_after(timedelta(seconds=20)) for _ in range(10)]
    assert found == [State.OK, *[State.DEGRADED] * 7, *[State.FAILED] * 2]
    station.now += timedelta(minutes=10)
    assert state(next(pids) - 1) is State.OK


def test_health_says_that_nothing_can_be_stored(station: Station) -> None:
    for role in ("receiver", "engine", "telephony", "web"):
        beat(station, role, asterisk="up")
    since = station.now
    station.now += timedelta(seconds=60)
    outage = watch_health.StoreOutage(since=since, reason="disk full")
    found = station.read(
        lambda tx: watch_health.health(tx, station.now, outage=outage, beats_at=since)
    )
    assert (found["status"], found["missing"]) == ("failed", [])
    assert found["database"] == {
        "writable": False,
        "since": clock.to_iso(since),
        "reason": "disk full",
    }
    station.write(lambda tx: watch_health.store_was_away(tx, outage, station.now))
    (entry,) = station.entries("station")
    assert "pendant 60 s" in entry.text
    assert entry.data["about"] == "store"


def back_after(station: Station, seconds: float, *, webs: int = 1) -> None:
    """The database was away for so long, as each of so many machines' pages find."""
    outage = watch_health.StoreOutage(since=station.now, reason="disk full")
    station.now += timedelta(seconds=seconds)
    for _ in range(webs):
        station.write(lambda tx: watch_health.store_was_away(tx, outage, station.now))
    station.correlate()


def database_alarms(station: Station) -> list[Incident]:
    return [one for one in station.incidents() if one.kind is Kind.ORGAN]


def test_a_database_that_was_away_is_told_by_phone_as_soon_as_anybody_can_be_called(
    station: Station,
) -> None:
    back_after(station, 61, webs=2)
    (alarm,) = database_alarms(station)
    assert alarm.category is Category.VITAL
    assert "disk full" in station.entries("signal")[-1].data["text"]
    assert station.live(DUTY).incident_id == alarm.id
    station.now += timedelta(seconds=5)
    station.write(lambda tx: organs.note_organs(tx, station.now, station.now))
    station.correlate()
    (alarm,) = database_alarms(station)
    assert list(alarm.zones.values()) == ["restored"]
    assert [call.to for call in station.calls(alarm.id)].count(DUTY) == 1
    station.now += timedelta(hours=1)
    back_after(station, 70)
    again = [one for one in database_alarms(station) if "alarm" in one.zones.values()]
    assert len(again) == 1


def test_one_that_was_away_for_a_moment_calls_nobody(station: Station) -> None:
    back_after(station, 59)
    assert database_alarms(station) == []


def test_health_says_that_the_logbook_is_not_ours(sealed: Station) -> None:
    """As long as the alarm of it is open, and for ever where a seal that an engine knows is gone;
    the operators have it in their queue."""
    for role in ("receiver", "engine", "telephony", "web"):
        beat(sealed, role, asterisk="up")

    def health() -> dict[str, Any]:
        return sealed.read(lambda tx: watch_health.health(tx, sealed.now))

    assert (health()["status"], health()["logbook"]["ours"]) == ("ok", True)
    (row,) = sealed.incidents()
    forged = "UPDATE chain_head SET hash = 'x' WHERE chain = 'incident:" + row.id + "'"
    sealed.write(lambda tx: tx.exec_driver_sql(forged))
    sealed.write(lambda tx: tell(tx, "note", sealed.now, row, text="told, whatever was done"))
    assert [e.data["text"] for e in sealed.entries("note")] == ["told, whatever was done"]
    sealed.correlate()
    found = [row for row in sealed.incidents() if row.kind == Kind.LOGBOOK.value]
    assert [(row.state, row.with_human) for row in found] == [("open", True)]
    assert (health()["status"], health()["logbook"]["ours"]) == ("degraded", False)
    assert any("the chain was broken here" in fault for fault in sealed.faults())


def test_health_says_what_an_engine_found_of_the_seals(station: Station) -> None:
    told = {"ours": False, "since": clock.to_iso(station.now), "seal": 4, "trouble": ""}
    for role in ("receiver", "telephony", "web"):
        beat(station, role, asterisk="up")
    beat(station, "engine", logbook=told)
    found = station.read(lambda tx: watch_health.health(tx, station.now))
    assert (found["status"], found["logbook"]) == ("degraded", told)


def test_health_says_what_the_receiver_can_not_store(station: Station) -> None:
    for role in ("engine", "telephony", "web"):
        beat(station, role, asterisk="up")
    since = clock.to_iso(station.now)
    beat(station, "receiver", not_stored_since=since)
    found = station.read(lambda tx: watch_health.health(tx, station.now))
    assert (found["status"], found["database"]["since"]) == ("failed", since)


# --- tampering by SQL ---------------------------------------------------------------------------

ONE = "chain LIKE 'incident:%'"
TAMPERING = {
    "a text changed": (f"UPDATE logbook SET text = 'x' WHERE {ONE} AND seq = 2", "changed"),
    "an author changed": (f"UPDATE logbook SET who = 'bob' WHERE {ONE} AND seq = 2", "changed"),
    "a time changed": (
        f"UPDATE logbook SET at = '2026-11-24 00:00:00' WHERE {ONE} AND seq = 2",
        "changed",
    ),
    "one deleted": (f"DELETE FROM logbook WHERE {ONE} AND seq = 2", "missing before this one"),
    "the tail cut": (f"DELETE FROM logbook WHERE {ONE} AND seq > 2", "cut or rewritten"),
    "the head deleted": (f"DELETE FROM chain_head WHERE {ONE}", "a chain without a head"),
    "a head put back": (f"UPDATE chain_head SET seq = 2 WHERE {ONE}", "head is not ours"),
    "a whole chain": (f"DELETE FROM logbook WHERE {ONE}", "cut or rewritten"),
    "a seal changed": ("UPDATE seal SET at = '2026-11-24 00:00:00'", "a seal was altered"),
    "seals emptied": ("UPDATE seal SET heads = '[]'", "a seal was altered"),
}


@pytest.fixture
def sealed(store: Store, vault: Any) -> Station:
    """A station whose end is not verified: the test spoils its logbook."""
    station = Station(store, vault)
    station.put()
    station.alarm("BA")
    station.replies(SHOP, "verified_ok")
    station.write(lambda tx: seal(tx, NIGHT))
    assert station.faults() == []
    return station


@pytest.mark.parametrize("how", TAMPERING)
def test_tampering_with_the_database_is_found(sealed: Station, how: str) -> None:
    statement, expected = TAMPERING[how]
    sealed.write(lambda tx: tx.exec_driver_sql(statement.replace("%", "%%")))
    assert any(expected in fault for fault in sealed.faults()), sealed.faults()


def test_the_logbook_goes_on_after_tampering_and_still_shows_it(sealed: Station) -> None:
    sealed.write(lambda tx: tx.exec_driver_sql("UPDATE logbook SET text = 'x' WHERE seq = 1"))
    before = sealed.faults()
    sealed.alarm("FA")
    assert sealed.faults() == before


def test_another_key_verifies_nothing(sealed: Station, tmp_path: Any) -> None:
    make: Callable[..., Any] = type(sealed.vault)
    stranger = Store(sealed.store.url, mac=make(tmp_path / "other").seal)
    found = stranger.read_now(verify).faults
    stranger.close()
    assert {fault.what for fault in found} >= {"the chain's head is not ours", "a seal was altered"}

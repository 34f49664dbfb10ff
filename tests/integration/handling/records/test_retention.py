"""What alarms leave is deleted when its time is over, and nothing that must be kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from callflow import clock
from callflow.commands.records.logbook import wrong
from callflow.core.calls.call import Outcome
from callflow.core.records import retention
from callflow.core.records.retention import LIMITS, Kept, Rule
from callflow.digest import of_file as sha256_of
from callflow.dispatch.doomed import delete_doomed
from callflow.handling.base import refusals
from callflow.handling.base.policy import STATION_ZONE
from callflow.handling.base.telling import tell
from callflow.handling.calls.recordings import recording_finished
from callflow.handling.records import retention as records_retention
from callflow.handling.station import duties
from callflow.storage import Tx
from callflow.storage import schema as t
from callflow.storage.alarms import incidents
from callflow.storage.records import logbook
from callflow.storage.records import retention as rows
from callflow.storage.records.past import KeptFile
from tests.support.phones.dictated import dictated
from tests.support.stations.web_station import WebStation

NOW = clock.now()
#: People are erased, one after the other (test_erasing.py); alarms: test_past_incidents.py.
FILES_AND_SIGNALS = [Kept.RECORDINGS, Kept.IMAGES, Kept.SIGNALS]
OLD = NOW - timedelta(days=400)


@pytest.fixture
def station(tmp_path: Path, database_url: str) -> Iterator[WebStation]:
    """On each database, made by its migrations."""
    filled = WebStation(tmp_path, database_url=database_url)
    filled.site()
    yield filled
    filled.close()


def rule(station: WebStation, what: Kept, days: int) -> None:
    """It is in force now."""
    since = NOW - timedelta(days=1)
    made = Rule(f"{what}{days}", what, days, since, "odile", since)
    station.do(lambda tx: rows.set_rule(tx, made, NOW))


def change(station: WebStation, table: Any, **values: Any) -> None:
    station.do(lambda tx: tx.execute(table.update().values(**values)))


def recorded(station: WebStation, *, state: str = "filed") -> tuple[str, str, Path]:
    """An old alarm with a recorded call: its id, the call's, the file."""
    incident = station.alarm().id
    call = station.call(Outcome.NO_KEY)
    path = station.settings.recordings_dir / "2025-10-22" / f"{call}.wav"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"RIFF")
    where = path.relative_to(station.settings.recordings_dir).as_posix()
    found: dict[str, Any] = {"path": where, "sha256": sha256_of(path), "duration": 1.0}
    station.do(lambda tx: recording_finished(tx, call, problem="", now=OLD, **found))
    row = t.incident.update().where(t.incident.c.id == incident)
    station.do(lambda tx: tx.execute(row.values(state=state)))
    return incident, call, path


def imaged(station: WebStation, incident: str) -> Path:
    """An old still, as the logbook tells it."""
    path = station.settings.images_dir / incident / "still.jpg"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\xff\xd8\xffstill")
    sha256 = sha256_of(path)
    row = {"id": "still", "incident_id": incident, "camera": "hall", "name": "Hall"}
    row |= {"path": f"{incident}/still.jpg", "sha256": sha256, "problem": ""}

    def write(tx: Tx) -> None:
        tx.execute(t.image.insert().values(**row, taken_at=OLD))
        told = incidents.get(tx, incident)
        tell(tx, "image_fetched", OLD, told, image="still", sha256=sha256, path=row["path"])

    station.do(write)
    return path


def purge(station: WebStation, now: datetime = NOW) -> int:
    return int(station.do(lambda tx: records_retention.purge(tx, now)))


async def deleted(station: WebStation, now: datetime = NOW) -> None:
    """Whoever has the files deletes them."""
    s = station.settings
    await delete_doomed(station.store, "recordings", s.recordings_dir, s.node, now)
    await delete_doomed(station.store, "images", s.images_dir, s.node, now)


def verify(station: WebStation) -> list[str]:
    """What ``callflow logbook verify`` finds wrong."""
    return wrong(station.settings, station.store)[0]


@pytest.mark.both_databases
async def test_what_is_due_goes_from_row_disk_and_page_and_the_logbook_is_whole(
    station: WebStation,
) -> None:
    incident, _, path = recorded(station)
    still = imaged(station, incident)
    change(station, t.signal, received_at=OLD)
    assert verify(station) == []
    assert purge(station) == 0  # nobody said for how long
    for what in FILES_AND_SIGNALS:
        rule(station, what, LIMITS[what].least)
    assert records_retention.purge in station.store.read_now(lambda tx: duties.due(tx, NOW))
    assert purge(station) == 3
    # Killed before the files are gone: nothing names them, a row asks for each, all is whole.
    assert path.exists()
    assert still.exists()
    assert verify(station) == []
    await deleted(station)
    assert not path.exists()
    assert not still.parent.exists()
    assert verify(station) == []
    assert station.store.read_now(lambda tx: rows.doomed(tx, "images", "node0", limit=9)) == []
    row = station.store.read_now(lambda tx: tx.execute(t.recording.select()).one())
    assert (row.path, row.sha256, row.problem) == ("", None, "purged")
    assert station.store.read_now(lambda tx: tx.execute(t.signal.select()).all()) == []
    told = station.store.read_now(lambda tx: logbook.last(tx, limit=3))
    assert {(e.kind, e.data["kept"], e.data["count"]) for e in told} == {
        ("purged", what.value, 1) for what in FILES_AND_SIGNALS
    }
    assert records_retention.purge not in station.store.read_now(lambda tx: duties.due(tx, NOW))
    path.parent.mkdir()
    path.write_bytes(b"put there again")  # by whoever restores a disk: no fault of the logbook
    assert verify(station) == []


def test_what_is_not_filed_or_held_or_young_is_kept(station: WebStation) -> None:
    incident, _, _ = recorded(station, state="awaiting_normal")
    imaged(station, incident)
    change(station, t.signal, received_at=OLD)
    for what in FILES_AND_SIGNALS:
        rule(station, what, LIMITS[what].least)
    assert purge(station) == 0
    change(station, t.incident, state="filed")
    station.do(lambda tx: records_retention.place_hold(tx, incident, "plainte", "odile", NOW))
    with pytest.raises(refusals.Refused, match="held already"):
        station.do(lambda tx: records_retention.place_hold(tx, incident, "encore", "odile", NOW))
    assert purge(station) == 0
    (hold,) = station.store.read_now(rows.holds)
    station.do(lambda tx: records_retention.lift_hold(tx, hold.id, "odile", NOW))
    with pytest.raises(refusals.NotFound):
        station.do(lambda tx: records_retention.lift_hold(tx, hold.id, "odile", NOW))
    change(station, t.recording, checked_at=NOW - timedelta(days=29))
    change(station, t.signal, received_at=NOW - timedelta(days=364))
    assert purge(station) == 1  # the image alone
    assert purge(station, NOW + timedelta(days=2)) == 2


def test_a_call_that_spoke_for_an_open_alarm_keeps_its_recording(station: WebStation) -> None:
    _, leader, _ = recorded(station)
    other = station.alarm(code="FA").id
    follower = t.call.update().where(t.call.c.incident_id == other).values(leader=leader)
    station.do(lambda tx: tx.execute(follower))
    rule(station, Kept.RECORDINGS, 30)
    assert purge(station) == 0
    change(station, t.incident, state="filed")
    assert purge(station) == 1


async def test_what_was_dictated_is_kept_until_somebody_listened(station: WebStation) -> None:
    dictated(station, "1001", "1795200000.1001")
    change(station, t.spoken, said_at=OLD)
    rule(station, Kept.RECORDINGS, 30)
    assert purge(station) == 0
    change(station, t.instruction, transcriber="bea")
    assert purge(station) == 1
    await deleted(station)
    assert verify(station) == []
    assert list((station.settings.recordings_dir / "spoken").glob("*")) == []


@pytest.mark.both_databases
def test_a_large_backlog_goes_in_small_batches(station: WebStation) -> None:
    station.alarm()
    change(station, t.incident, state="filed")
    row = station.store.read_now(lambda tx: tx.execute(t.signal.select()).one())._asdict()
    del row["number"]
    many = [{**row, "id": f"s{n}", "deduplication": f"s{n}"} for n in range(600)]
    station.do(lambda tx: tx.execute(t.signal.insert(), many))
    change(station, t.signal, received_at=OLD)
    rule(station, Kept.SIGNALS, 365)
    assert [purge(station) for _ in range(3)] == [500, 101, 0]


async def test_a_file_outside_of_its_folder_is_never_touched(station: WebStation) -> None:
    precious = station.settings.data_dir / "precious"
    precious.write_text("keys")
    for path in ("../precious", str(precious), "", "."):
        found = [KeptFile("", path, station.settings.node)]
        station.do(lambda tx, found=found: rows.doom(tx, "recordings", found, NOW))
    await deleted(station)
    assert precious.exists()
    assert station.settings.recordings_dir.parent.exists()


def set_days(station: WebStation, days: int, in_days: int = 1) -> None:
    since = NOW.astimezone(STATION_ZONE).date() + timedelta(days=in_days)
    station.do(lambda tx: records_retention.set_days(tx, Kept.IMAGES, days, since, "odile", NOW))


def test_a_change_counts_from_its_day_is_told_and_replaces_one_that_has_not_begun(
    station: WebStation,
) -> None:
    set_days(station, 90)
    set_days(station, 60, in_days=2)
    found = station.store.read_now(rows.rules)
    assert [(r.days, r.set_by) for r in found] == [(60, "odile")]
    assert retention.in_force(found, NOW) == {}
    later = NOW + timedelta(days=3)
    assert retention.in_force(found, later) == {Kept.IMAGES: 60}
    told = station.store.read_now(lambda tx: logbook.last(tx, limit=1))[0]
    assert told.kind == "retention_set"
    assert told.data["fields"] == {"retention.images": [None, 60]}
    assert "images, en jours (conservation) – → 60" in told.text


@pytest.mark.parametrize(
    ("days", "in_days", "why"),
    [
        (0, 1, retention.NOTHING),
        (29, 1, retention.TOO_FEW),
        (184, 1, retention.TOO_MANY),
        (90, 0, "tomorrow at the earliest"),
    ],
)
def test_what_may_not_be_set_is_refused_and_nothing_is_written(
    station: WebStation, days: int, in_days: int, why: str
) -> None:
    with pytest.raises(refusals.Refused, match=why):
        set_days(station, days, in_days)
    assert station.store.read_now(rows.rules) == []

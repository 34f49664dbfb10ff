"""Recordings of calls on a scripted Asterisk: attached, checked, and found again after a crash."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from callflow.core.calls.call import Recording
from callflow.storage.calls import calls, spoken
from ivr import recording
from ivr.recording import FRAME, RATE
from ivr.telephony import recordings
from tests.support.sip.scripted_ami import ANSWERS, ScriptedAmi
from tests.support.stations.telephony_station import (
    FIRST,
    SECOND,
    TelephonyStation,
    telephony_station,
)


def _raw(station: TelephonyStation, call: str, seconds: float) -> Path:
    folder = station.settings.recordings_dir
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{call}.raw"
    file.write_bytes(b"\x01\x02" * int(seconds * RATE * FRAME // 2))
    return file


async def _recording(station: TelephonyStation, call: str) -> Recording:
    async with asyncio.timeout(15):
        while True:
            found = await station.store.read(lambda tx: calls.recordings(tx, [call]))
            if call in found:
                return found[call]
            await station.changed()


async def _answered(station: TelephonyStation, number: str = FIRST) -> str:
    call = await station.call(number)
    await station.until_row(call, lambda row: row.state == "answered")
    return call


async def test_a_call_has_its_recording_and_the_raw_bytes_are_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "TOLERANCE", 60.0)  # its half a second is no call's length
    async with ScriptedAmi() as ami, telephony_station(ami, tmp_path) as station:
        ami.default_fate = ANSWERS
        call = await _answered(station)
        raw = _raw(station, call, 0.5)
        ami.end(call)
        row = await _recording(station, call)
        assert (row.problem, row.duration) == ("", 0.5)
        assert (station.settings.recordings_dir / row.path).exists()
        async with asyncio.timeout(15):
            while raw.exists():
                await station.changed()


async def test_an_answered_call_without_a_file_is_said_to_miss_it(tmp_path: Path) -> None:
    async with ScriptedAmi() as ami, telephony_station(ami, tmp_path) as station:
        ami.default_fate = ANSWERS
        call = await _answered(station)
        ami.end(call)
        row = await _recording(station, call)
        assert (row.problem, row.sha256) == ("missing", None)


async def test_a_recording_that_nobody_finished_is_found_at_the_next_start(tmp_path: Path) -> None:
    async with ScriptedAmi() as ami, telephony_station(ami, tmp_path) as station:
        ami.default_fate = ANSWERS
        call = await _answered(station)
        _raw(station, call, 2)
        await station.kill()
        ami.end(call)
        station.start()
        row = await _recording(station, call)
        assert (row.problem, row.duration) == ("cut", 2.0)


async def test_a_call_that_nobody_answered_has_no_recording(tmp_path: Path) -> None:
    async with ScriptedAmi() as ami, telephony_station(ami, tmp_path) as station:
        call = await station.call(FIRST)
        await station.until_row(call, lambda row: row.state == "ringing")
        ami.end(call, 19)
        await station.until_row(call, lambda row: row.state == "ended")
        await station.kill()
        assert await station.store.read(calls.all_recordings) == []


async def test_what_was_said_when_telephony_died_is_kept_and_called_back(tmp_path: Path) -> None:
    async with ScriptedAmi() as ami, telephony_station(ami, tmp_path) as station:
        ami.default_fate = ANSWERS
        call = await _answered(station)
        raw = _raw(station, f"{call}.1", 0.5).rename(
            station.settings.recordings_dir / f"{call}.1.sln"
        )
        await station.kill()
        ami.end(call)
        station.start()
        await _recording(station, call)
        async with asyncio.timeout(15):
            while not (said := await station.store.read(spoken.everything)):
                await station.changed()
            while raw.exists():
                await station.changed()
        assert [(row.name, row.duration) for row in said] == [(f"{call}.1", 1.0)]
        assert (station.settings.recordings_dir / said[0].path).exists()
        assert said[0].settled_at


async def test_a_recording_that_cannot_be_read_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recordings, "_RETRY", 0.1)
    async with ScriptedAmi() as ami, telephony_station(ami, tmp_path) as station:
        ami.default_fate = ANSWERS
        unreadable, whole = await _answered(station), await _answered(station, SECOND)
        bad = station.settings.recordings_dir / f"{unreadable}.raw"
        bad.mkdir(parents=True)
        _raw(station, whole, 2)
        ami.end(unreadable)
        ami.end(whole)
        assert (await _recording(station, whole)).duration == 2.0
        bad.rmdir()
        _raw(station, unreadable, 1)
        assert (await _recording(station, unreadable)).duration == 1.0

"""A call that is withdrawn before its channel exists rings nowhere, whatever is held up."""

from __future__ import annotations

from pathlib import Path

import pytest

from callflow.core.calls.call import Call
from callflow.storage import Tx
from callflow.storage.calls import calls
from tests.support.sip.scripted_ami import Fate, ScriptedAmi
from tests.support.stations.telephony_station import (
    CROWD,
    FIRST,
    PREMISES,
    TelephonyStation,
    telephony_station,
)

#: A network takes its time: whoever is hung up on as soon as there is a channel never rings.
RINGS_LATE = Fate(ring_at=None)


async def _withdrawn(station: TelephonyStation, call: str) -> None:
    row = await station.until_row(call, lambda row: row.state == "ended")
    assert row.outcome == "no_answer"
    assert row.ringing_at is None
    await _hung_up_at_once(station.ami, call)
    assert station.ami.originated() == [call]


async def _hung_up_at_once(ami: ScriptedAmi, call: str) -> None:
    """Nothing else was asked of its channel."""
    await ami.until(lambda: call not in ami.live)
    assert set(ami.asked_of(call)) == {"Hangup"}


async def test_it_is_hung_up_when_its_channel_comes(tmp_path: Path) -> None:
    async with ScriptedAmi() as ami, telephony_station(ami, tmp_path) as station:
        ami.default_fate = RINGS_LATE
        ami.channels_come.clear()
        call = await station.call(FIRST)
        await ami.until(lambda: ami.originated() == [call])
        await station.hang_up(call)
        await station.until_acted()
        ami.channels_come.set()
        await _withdrawn(station, call)


@pytest.mark.parametrize("asked", ["before the crash", "while nobody was there"])
async def test_a_restarted_telephony_knows_it_by_its_row(tmp_path: Path, asked: str) -> None:
    async with ScriptedAmi() as ami, telephony_station(ami, tmp_path) as station:
        ami.default_fate = RINGS_LATE
        ami.channels_come.clear()
        call = await station.call(FIRST)
        await ami.until(lambda: ami.originated() == [call])
        if asked == "before the crash":
            await station.hang_up(call)
            await station.until_acted()
            await station.kill()
        else:
            await station.kill()
            await station.hang_up(call, ago=30)
        station.start()
        await ami.until(lambda: "CoreShowChannels" in ami.names(link=2))
        ami.channels_come.set()
        await _withdrawn(station, call)


async def test_one_whose_hang_up_was_held_up_for_long_is_hung_up_all_the_same(
    tmp_path: Path,
) -> None:
    async with ScriptedAmi() as ami, telephony_station(ami, tmp_path) as station:
        call = await station.call(FIRST)
        await station.until_row(call, lambda row: row.state == "ringing")
        await station.hang_up(call, ago=30)
        row = await station.until_row(call, lambda row: row.state == "ended")
        assert row.outcome == "no_answer"


async def test_a_hang_up_that_asterisk_does_not_answer_is_asked_for_again(tmp_path: Path) -> None:
    async with ScriptedAmi() as ami, telephony_station(ami, tmp_path) as station:
        call = await station.call(FIRST)
        await station.until_row(call, lambda row: row.state == "ringing")
        ami.faults.half_open = True
        await station.hang_up(call)
        await ami.until(lambda: "Hangup" in ami.names())
        ami.faults.half_open = False
        row = await station.until_row(call, lambda row: row.state == "ended")
        assert row.outcome == "no_answer"


async def test_one_that_waits_for_asterisk_is_never_dialled(tmp_path: Path) -> None:
    async with ScriptedAmi() as ami, telephony_station(ami, tmp_path) as station:
        ami.faults.swallow_originates = len(CROWD)
        crowd = [await station.call(number) for number in CROWD[:8]]
        await ami.until(lambda: len(ami.originated()) == len(crowd))
        call = await station.call(FIRST)
        await station.until_row(call, lambda row: row.state == "started")
        await station.hang_up(call)
        row = await station.until_row(call, lambda row: row.state == "ended")
        assert (row.outcome, row.ringing_at) == ("no_answer", None)
        assert call not in ami.originated()


async def test_a_hold_up_silences_what_is_being_dialled_at_its_site(tmp_path: Path) -> None:
    async with ScriptedAmi() as ami, telephony_station(ami, tmp_path) as station:
        ami.default_fate = RINGS_LATE
        ami.channels_come.clear()
        await station.alarm("BA")
        await ami.until(lambda: len(ami.originated()) == 1)
        await station.alarm("HA")
        await station.until_acted()
        ami.channels_come.set()
        (call,) = [row.id for row in await _to_site(station) if row.to == PREMISES]
        row = await station.until_row(call, lambda row: row.state == "ended")
        assert row.ringing_at is None
        await _hung_up_at_once(ami, call)
        assert [row.id for row in await _to_site(station)] == [call]


async def _to_site(station: TelephonyStation) -> list[Call]:
    """Calls to people of the site, whatever became of them."""

    def read(tx: Tx) -> list[Call]:
        rows = tx.exec_driver_sql("SELECT id FROM call WHERE step NOT IN ('queue', 'bridge')")
        return [row for id in rows.scalars() if (row := calls.get(tx, id)) is not None]

    return await station.store.read(read)

"""Rows to calls and back, with the real store, on a scripted Asterisk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from callflow import clock
from callflow.handling.calls import calling, lost_ends
from callflow.storage import Store, StoreUnavailable, Tx
from callflow.storage import schema as t
from callflow.storage.people import users
from ivr.telephony import doubts, placing
from tests.support.phones.scripted_phone import Dialplan, Person
from tests.support.sip.scripted_ami import (
    ANSWERS,
    BUSY,
    RINGING_STATE,
    RINGS_ON,
    Action,
    ScriptedAmi,
)
from tests.support.stations.telephony_station import (
    CROWD,
    FIRST,
    PREMISES,
    TelephonyStation,
    telephony_station,
)


def _digits(number: str) -> str:
    return number.lstrip("+")


async def test_a_requested_call_is_placed_rings_and_ends_busy(tmp_path: Path) -> None:
    async with ScriptedAmi() as ami, telephony_station(ami, tmp_path) as station:
        ami.default_fate = BUSY
        call = await station.call(FIRST)
        row = await station.until_row(call, lambda row: row.state == "ended")
        assert row.outcome == "busy"
        assert row.ringing_at is not None
        assert ami.originated() == [call]


async def test_a_person_types_the_code_and_the_incident_is_closed(tmp_path: Path) -> None:
    async with ScriptedAmi() as ami, telephony_station(ami, tmp_path) as station:
        ami.default_fate = ANSWERS
        people = Dialplan(ami, station.settings.ports.agi, tmp_path)
        people.people[_digits(PREMISES)] = Person(keys=["2580", "1"])
        await station.alarm()
        await ami.until(lambda: len(ami.originated()) == 1)
        call = ami.originated()[0]
        row = await station.until_row(call, lambda row: row.state == "ended")
        assert row.outcome == "verified_ok"
        incident = await station.incident()
        assert incident is not None
        assert incident.resolution_code == "false_alarm"


def everything_in(folder: Path) -> bytes:
    """The bytes of every file: the database, its log, whatever else lies there."""
    return b"\n".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_what_is_typed_as_a_code_stands_in_no_row_and_no_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A wrong one neither: it is somebody's at another site."""
    wrong, code = "73916428", "83916427"
    caplog.set_level(logging.DEBUG)
    async with ScriptedAmi() as ami, telephony_station(ami, tmp_path) as station:
        mine = {"code": station.vault.code(f"c{PREMISES}", code)}
        station.store.write_now(
            lambda tx: tx.execute(t.contact.update().where(t.contact.c.phone == PREMISES), mine)
        )
        ami.default_fate = ANSWERS
        people = Dialplan(ami, station.settings.ports.agi, tmp_path)
        people.people[_digits(PREMISES)] = Person(keys=[wrong, code, "1"])
        with capture_logs() as lines:
            await station.alarm()
            await ami.until(lambda: len(ami.originated()) == 1)
            call = ami.originated()[0]
            row = await station.until_row(call, lambda row: row.state == "ended")
        assert row.outcome == "verified_ok"
        said = f"{lines}{caplog.text}"
        kept = everything_in(tmp_path)
        assert lines  # it is looked where things are said, and kept
        assert call.encode() in kept
        for typed in (wrong, code):
            assert typed not in said
            assert typed.encode() not in kept


@pytest.mark.parametrize("fault", ["cut_before_response", "cut_after_response"])
async def test_a_call_around_which_the_link_is_cut_is_adopted(tmp_path: Path, fault: str) -> None:
    async with ScriptedAmi() as ami:
        setattr(ami.faults, fault, 1)
        async with telephony_station(ami, tmp_path) as station:
            call = await station.call(FIRST)
            await station.until_row(call, lambda row: row.state == "ringing")
            ami.end(call, 17, "486 Busy Here")
            row = await station.until_row(call, lambda row: row.state == "ended")
            assert row.outcome == "busy"
            assert ami.originated() == [call]
            assert ami.dialled_before_list() == []


async def test_a_call_that_was_never_made_is_unknown_after_its_grace(tmp_path: Path) -> None:
    async with ScriptedAmi() as ami:
        ami.faults.swallow_originates = 1
        async with telephony_station(ami, tmp_path) as station:
            call = await station.call(FIRST)
            row = await station.until_row(call, lambda row: row.state == "ended")
            assert row.outcome == "unknown"
            assert "Status" in ami.names()
            assert ami.originated() == [call]


async def test_a_response_that_overtakes_its_channel_is_no_failure_of_the_trunk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doubts, "AGAIN", 60.0)  # of a held-up machine, too, the event is in time
    async with ScriptedAmi() as ami, telephony_station(ami, tmp_path) as station:
        ami.default_fate = BUSY
        ami.faults.response_overtakes_channel = 0.1
        call = await station.call(FIRST)
        row = await station.until_row(call, lambda row: row.state == "ended")
        assert (row.outcome, row.detail) == ("busy", "cause 17, SIP 486")
        assert row.ringing_at is not None
        assert ami.originated() == [call]


@pytest.mark.parametrize("seconds", [4.5, 7.0])  # the second outlives the link
async def test_a_call_whose_channel_comes_after_a_hold_of_asterisk_is_adopted(
    tmp_path: Path, seconds: float
) -> None:
    """Asked as soon as it goes on, Asterisk knows nothing of the order it has still to read."""
    async with ScriptedAmi() as ami, telephony_station(ami, tmp_path) as station:
        ami.faults.hold_at_originate = seconds
        ami.channels_come.clear()
        call = await station.call(FIRST)
        await ami.until(lambda: ami.denied == [call])
        ami.channels_come.set()
        row = await station.until_row(call, lambda row: row.state != "started")
        assert row.state == "ringing"
        assert ami.originated() == [call]


async def test_the_hangup_that_is_under_way_says_how_a_call_ended(tmp_path: Path) -> None:
    """Its channel is gone already when Asterisk is asked for it."""
    async with ScriptedAmi() as ami, telephony_station(ami, tmp_path) as station:
        call = await station.call(FIRST)
        await station.until_row(call, lambda row: row.state == "ringing")
        ami.hangups_come.clear()
        ami.end(call, 17, "486 Busy Here")
        ami.cut()  # the channel list of the next link does not have it either
        await ami.until(lambda: "CoreShowChannels" in ami.names(link=2))
        ami.hangups_come.set()
        row = await station.until_row(call, lambda row: row.state == "ended")
        assert row.outcome == "busy"


async def test_after_a_crash_a_live_call_is_adopted_and_one_that_is_gone_is_unknown(
    tmp_path: Path,
) -> None:
    async with ScriptedAmi() as ami, telephony_station(ami, tmp_path) as station:
        ami.default_fate = RINGS_ON
        stays, goes = await station.call(FIRST), await station.call(PREMISES)
        await station.until_row(stays, lambda row: row.state == "ringing")
        await station.until_row(goes, lambda row: row.state == "ringing")
        await station.kill()
        ami.end(goes)
        station.start()
        row = await station.until_row(goes, lambda row: row.state == "ended")
        assert row.outcome == "unknown"
        assert (await station.row(stays)).state == "ringing"
        ami.end(stays, 17, "486 Busy Here")
        row = await station.until_row(stays, lambda row: row.state == "ended")
        assert row.outcome == "busy"
        assert ami.doubled() == []


async def test_a_call_answered_while_nobody_listened_is_known_as_answered(tmp_path: Path) -> None:
    async with ScriptedAmi() as ami, telephony_station(ami, tmp_path) as station:
        call = await station.call(FIRST)
        await station.until_row(call, lambda row: row.state == "ringing")
        await station.kill()
        ami.live[call].state = "6"
        station.start()
        await station.until_row(call, lambda row: row.state == "answered")
        ami.end(call)
        row = await station.until_row(call, lambda row: row.state == "ended")
        assert row.outcome == "hung_up"


async def test_while_the_link_is_down_nothing_is_claimed(tmp_path: Path) -> None:
    async with ScriptedAmi() as ami, telephony_station(ami, tmp_path) as station:
        await ami.until(lambda: "CoreShowChannels" in ami.names())
        await ami.stop()
        assert station.telephony is not None
        while station.telephony.link_is_up:
            await station.changed()
        call = await station.call(FIRST)
        for _ in range(25):
            await station.changed()
        assert (await station.row(call)).state == "requested"
        await ami.start()
        await station.until_row(call, lambda row: row.state == "ringing")
        assert ami.dialled_before_list() == []


async def test_a_late_call_of_an_attempt_that_is_over_is_hung_up(tmp_path: Path) -> None:
    async with ScriptedAmi() as ami:
        ami.faults.swallow_originates = 1
        async with telephony_station(ami, tmp_path) as station:
            call = await station.call(FIRST)
            await station.until_row(call, lambda row: row.state == "ended")
            late = next(action for action in ami.actions if action.name == "Originate")
            ami.create(late)  # the network healed, and delivers
            await ami.until(lambda: "Hangup" in ami.names())
            await ami.until(lambda: call not in ami.live)


async def test_somebody_elses_channels_are_left_alone(tmp_path: Path) -> None:
    async with ScriptedAmi() as ami:
        ami.add_call("00000000-0000-4000-8000-00000000dead")
        ami.add_call("1764000000.7")
        async with telephony_station(ami, tmp_path) as station:
            call = await station.call(FIRST)
            await station.until_row(call, lambda row: row.state == "ringing")
            assert len(ami.live) == 3
            assert "Hangup" not in ami.names()


async def test_asking_to_hang_up_is_a_row(tmp_path: Path) -> None:
    async with ScriptedAmi() as ami, telephony_station(ami, tmp_path) as station:
        call = await station.call(FIRST)
        await station.until_row(call, lambda row: row.state == "ringing")
        await station.hang_up(call)
        row = await station.until_row(call, lambda row: row.state == "ended")
        assert row.outcome == "no_answer"


async def test_refused_before_anything_rang_is_our_trunks_failure(tmp_path: Path) -> None:
    async with ScriptedAmi() as ami:
        ami.faults.refuse_originates = 1
        ami.faults.fail_originates = 1
        async with telephony_station(ami, tmp_path) as station:
            for number in (FIRST, PREMISES):
                call = await station.call(number)
                row = await station.until_row(call, lambda row: row.state == "ended")
                assert row.outcome == "trunk_failure"


async def test_a_burst_is_dialled_once_each(tmp_path: Path) -> None:
    async with ScriptedAmi() as ami, telephony_station(ami, tmp_path) as station:
        asked = [await station.call(number) for number in CROWD]
        await ami.until(lambda: len(ami.originated()) == 45)
        assert sorted(ami.originated()) == sorted(asked)
        for call in asked:
            await station.until_row(call, lambda row: row.state == "ringing")
        await _kill_in_the_middle(station)
        assert ami.doubled() == []


async def test_a_vital_call_rings_before_any_other_is_asked_for(tmp_path: Path) -> None:
    """Asterisk dials each in a thread of its own, and those keep no order."""
    async with ScriptedAmi() as ami, telephony_station(ami, tmp_path) as station:
        await ami.until(lambda: ami.links == 1)
        await station.kill()
        shop, number = await station.another_site(0)
        await station.alarm("BA", account=shop)
        await station.alarm("FA")
        asked, handle = list[tuple[str, list[tuple[str, str]]]](), ami._on_originate

        def originate(action: Action) -> None:
            called = action.fields["Channel"].removeprefix("PJSIP/").partition("@")[0]
            asked.append((called, [(call.number, call.state) for call in ami.live.values()]))
            handle(action)

        ami._on_originate = originate  # type: ignore[method-assign]
        station.start()
        await ami.until(lambda: len(asked) == 2)
        fire, burglary = _digits(PREMISES), _digits(number)
        assert asked == [(fire, []), (burglary, [(fire, RINGING_STATE)])]


async def _kill_in_the_middle(station: TelephonyStation) -> None:
    links = station.ami.links
    await station.kill()
    station.start()
    await station.ami.until(lambda: station.ami.links > links)


async def test_how_long_it_took_from_alarm_to_ring_is_told_by_the_alarms_category(
    tmp_path: Path,
) -> None:
    """Looked up behind the call: what an alarm costs is counted elsewhere, and hasn't grown."""
    async with ScriptedAmi() as ami, telephony_station(ami, tmp_path) as station:
        ami.default_fate = ANSWERS
        await station.alarm()
        call = await station.call_of_alarm()
        row = await station.until_row(call, lambda row: row.answered_at is not None)
        assert row.incident_id is not None
        told: dict[str, Any] = {}
        async with asyncio.timeout(20):
            while not any(sum(one["counts"]) for one in told.values()):
                await station.changed()
                told = await _latencies(station)
        assert {name for name, one in told.items() if sum(one["counts"])} == {"security"}
        assert sum(told["security"]["counts"]) == 1
        assert 0 <= told["security"]["sum"] < 20


async def _latencies(station: TelephonyStation) -> dict[str, Any]:
    processes = await station.store.read(lambda tx: users.processes(tx, "telephony"))
    return {one["category"]: one for each in processes for one in each.state["latencies"]}


async def test_a_trunk_that_asterisk_no_longer_reaches_is_told_and_seen_in_health(
    tmp_path: Path,
) -> None:
    async with ScriptedAmi() as ami:
        ami.devices["PJSIP/trunk"] = "NOT_INUSE"
        async with telephony_station(ami, tmp_path) as station:
            await ami.until(lambda: "DeviceStateList" in ami.names())
            ami.set_device("PJSIP/trunk", "UNAVAILABLE")
            await station.until_signal("TRUNK_DOWN", within=20)
            ami.set_device("PJSIP/trunk", "INUSE")
            await station.until_signal("TRUNK_BACK")


async def test_a_claim_whose_commit_was_not_heard_of_blocks_its_number_for_a_moment_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Store.write
    lost: list[Any] = []

    async def answer_lost(self: Store, function: Callable[[Tx], Any], **how: Any) -> Any:
        value = await write(self, function, **how)
        if function.__name__ == "claimed" and value[1] and not lost:
            lost.append(value)
            raise StoreUnavailable("the connection was lost at the commit")
        return value

    monkeypatch.setattr(Store, "write", answer_lost)
    async with ScriptedAmi() as ami, telephony_station(ami, tmp_path) as station:
        ami.default_fate = BUSY
        first = await station.call(FIRST)
        row = await station.until_row(first, lambda row: row.state == "ended")
        assert row.outcome == "unknown"
        second = await station.call(FIRST)
        row = await station.until_row(second, lambda row: row.state == "ended")
        assert row.outcome == "busy"
        assert ami.originated() == [second]


@pytest.mark.parametrize("ends", ["with its channel", "lost", "not placed"])
async def test_an_end_from_which_nothing_can_follow_ends_its_row_and_frees_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends: str
) -> None:
    """A fault of ours in what follows from the end of one call: a human is told, others go on."""
    follows = "goes_on" if ends == "not placed" else "asked_nobody"
    monkeypatch.setattr(calling, follows, _broken)
    async with ScriptedAmi() as ami, telephony_station(ami, tmp_path) as station:
        ami.default_fate = BUSY
        ami.faults.swallow_originates = ends == "lost"
        ami.faults.refuse_originates = ends == "not placed"
        await station.alarm()
        call = await station.call_of_alarm()
        row = await station.until_row(call, lambda row: row.state == "ended")
        outcomes = {"with its channel": "busy", "lost": "unknown", "not placed": "trunk_failure"}
        assert row.outcome == outcomes[ends]
        incident = await station.incident()
        assert incident is not None
        assert incident.with_human
        again = await station.call(row.to)
        await station.until_row(again, lambda row: row.state == "ended")
        assert station.telephony is not None
        assert station.telephony.link_is_up


async def test_an_end_that_cannot_be_stored_at_all_is_stored_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[Any] = []

    def failed(*_: Any, **call: Any) -> None:
        tried.append(call)
        raise LookupError("our bug")

    with monkeypatch.context() as broken:
        broken.setattr(calling, "asked_nobody", _broken)
        broken.setattr(lost_ends, "call_end_failed", failed)
        async with ScriptedAmi() as ami, telephony_station(ami, tmp_path) as station:
            ami.default_fate = BUSY
            call = await station.call(FIRST)
            row = await station.until_row(call, lambda row: len(tried) > 0)
            assert row.state == "ringing"
            broken.undo()
            row = await station.until_row(call, lambda row: row.state == "ended")
            assert row.outcome == "busy"


def _broken(*_: Any, **__: Any) -> Any:
    raise LookupError("our bug")


async def test_a_telephony_that_is_killed_again_and_again_gives_up_a_call_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The grace of a call that was never made counts from its row, not from each new process."""
    grace = timedelta(hours=1)
    monkeypatch.setattr(placing, "GRACE", grace.total_seconds())
    async with ScriptedAmi() as ami, telephony_station(ami, tmp_path) as station:
        ami.faults.swallow_originates = 1
        call = await station.call(FIRST)
        await ami.until(lambda: ami.originated() == [call])
        await station.kill()
        earlier = {"placed_at": clock.now() - grace}
        await station.store.write(
            lambda tx: tx.execute(t.call.update().where(t.call.c.id == call), earlier)
        )
        station.start()
        row = await station.until_row(call, lambda row: row.state == "ended")
        assert row.outcome == "unknown"

"""The AMI link on a real Asterisk, calling phones of the simulated network."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator

import pytest

from callflow.core.calls.call import Outcome
from ivr.ami import Account, Answered, Ended, MaybePlaced, OriginateFailed, Timing
from ivr.asterisk.simulator import Phone
from ivr.telephony.call_rows import verdict
from tests.integration.asterisk.conftest import Pair
from tests.support.stations.ami_station import CALLER, Station, running

REAL = Timing(reconnect_first=0.1, boot=10)


def _account(pair: Pair, secret: str = "") -> Account:
    secret = secret or pair.station.instance.ami_secret()
    return Account(host="127.0.0.1", port=pair.ami_port, user="callflow", secret=secret)


@contextlib.asynccontextmanager
async def _line(pair: Pair, trunk: str = "trunk") -> AsyncIterator[Station]:
    async with running(Station(_account(pair), REAL, trunk=trunk)) as line:
        await line.ready()
        for left in await line.link.channels():  # of a test that fell
            await line.link.hangup(left)
        while await line.link.channels():  # noqa: ASYNC110 - they go as they can
            await asyncio.sleep(0.05)
        yield line


@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        ("busy", Outcome.BUSY),
        ("congestion", Outcome.UNREACHABLE),
        ("refuse", Outcome.REFUSED),
        ("ring", Outcome.NO_ANSWER),
        ("hang_up", Outcome.HUNG_UP),
    ],
)
async def test_what_a_phone_does_is_what_the_call_ends_with(
    pair: Pair, behaviour: str, outcome: Outcome
) -> None:
    number = "+33639984001"
    pair.simulator.set_phone(Phone(number=number, behaviour=behaviour, after_s=0.2))
    async with _line(pair) as line:
        # Whoever rings for ever is given up soon; the others have the time they need.
        call = await line.call(number, ring_time=4 if behaviour == "ring" else 15)
        assert verdict(await line.event(Ended, call))[0] is outcome


async def test_a_number_that_does_not_exist_is_unreachable(pair: Pair) -> None:
    async with _line(pair) as line:
        ended = await line.event(Ended, await line.call("+33639984999"))
        assert verdict(ended)[0] is Outcome.UNREACHABLE


async def test_a_call_is_found_hung_up_and_gone(pair: Pair) -> None:
    number = "+33639984002"
    pair.simulator.set_phone(Phone(number=number, behaviour="silent", after_s=0))
    async with _line(pair) as line:
        call = await line.call(number)
        await line.event(Answered, call)
        assert await line.link.status(call)
        assert await line.link.channels() == {call}
        # Only what is recorded can be muted, and it is just after it is answered.
        await line.until((pair.recordings / f"{call}.raw").exists)
        assert await line.link.mute(call, True)
        assert await line.link.mute(call, False)
        assert await line.link.hangup(call)
        assert (await line.event(Ended, call)).answered
        assert not await line.link.status(call)
        assert not await line.link.hangup(call)


async def test_a_link_cut_right_after_originate_loses_no_call(pair: Pair) -> None:
    """The call is created all the same: it is found again, and never sent twice."""
    number = "+33639984003"
    pair.simulator.set_phone(Phone(number=number, behaviour="silent", after_s=0))
    calls: list[str] = []
    async with _line(pair) as line:
        for _ in range(5):
            await line.until(lambda: len(line.resyncs) > len(calls) and line.link.ready)
            wire = line.link._wire
            assert wire is not None
            call_id = str(uuid.uuid4())
            sending = asyncio.create_task(line.link.originate(call_id, number, CALLER, 20))
            await asyncio.sleep(0)
            wire.transport.close()  # what was written is sent, the answer is never read
            with contextlib.suppress(MaybePlaced):
                await sending
            calls.append(call_id)
        await line.until(lambda: len(line.resyncs) == 6 and line.link.ready)
        # It may still be making the last one when it lists them: the product asks again, too.
        while await line.link.channels() != set(calls):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        for call_id in calls:
            await line.event(Answered, call_id)
            await line.link.hangup(call_id)
            await line.event(Ended, call_id)
    seen = [call for call in pair.simulator.calls() if call.to == number]
    assert len(seen) == len(calls)


async def test_a_trunk_that_does_not_exist_fails_without_a_channel(pair: Pair) -> None:
    async with _line(pair, trunk="nowhere") as line:
        await line.event(OriginateFailed, await line.call("+33639984004"))


async def test_a_wrong_secret_is_said_once_and_not_tried_every_moment(pair: Pair) -> None:
    async with running(Station(_account(pair, "wrong"), REAL)) as line:
        await line.until(lambda: line.alarms == ["ami_login_refused"])
        assert not line.link.connected

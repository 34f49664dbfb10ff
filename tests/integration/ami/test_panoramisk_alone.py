"""Why panoramisk's Manager is not used: its hazards, each seen on the pinned version.

A test here that fails after an upgrade says that a work-around in ``ivr/ami`` may go.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from panoramisk import Manager

from tests.support.sip.scripted_ami import ANSWERS, RINGS_ON, ScriptedAmi

ORIGINATE = {
    "Action": "Originate",
    "Channel": "PJSIP/33639980012@trunk",
    "ChannelId": "00000000-0000-4000-8000-000000000001",
    "Async": "true",
}


@contextlib.asynccontextmanager
async def _manager(ami: ScriptedAmi, secret: str = "scripted") -> AsyncIterator[Any]:
    manager = Manager(
        host="127.0.0.1",
        port=ami.port,
        username="callflow",
        secret=secret,
        loop=asyncio.get_running_loop(),
        reconnect_timeout=0,
        ping_delay=3600,
    )
    manager.connect()
    try:
        yield manager
    finally:
        manager.connect = lambda: None  # else it reconnects for ever, whoever closes it
        manager.close()
        await _settle(ami)


async def _settle(ami: ScriptedAmi) -> None:
    """Until the server has seen the link's end."""
    await ami.stop()


async def _until(ami: ScriptedAmi, fact: Callable[[], bool]) -> None:
    await ami.until(fact)


async def test_it_sends_an_unanswered_originate_again_after_a_reconnect() -> None:
    async with ScriptedAmi() as ami, _manager(ami) as manager:
        await _until(ami, lambda: ami.names() == ["Login"])
        ami.faults.cut_before_response = 1
        unanswered = manager.send_action(dict(ORIGINATE))
        await _until(ami, lambda: len(ami.originated()) == 2)
        assert ami.doubled() == [ORIGINATE["ChannelId"]]
        unanswered.cancel()


async def test_it_completes_a_list_at_the_response_if_an_event_came_first() -> None:
    async with ScriptedAmi() as ami, _manager(ami) as manager:
        await _until(ami, lambda: ami.names() == ["Login"])
        ami.default_fate = RINGS_ON
        for serial in range(3):
            call = ORIGINATE | {"ChannelId": f"00000000-0000-4000-8000-00000000000{serial}"}
            await manager.send_action(call, as_list=False)
        ami.faults.list_before_response = True
        found = await manager.send_action({"Action": "CoreShowChannels"}, as_list=True)
        channels = [message for message in found if message.event == "CoreShowChannel"]
        complete = [message for message in found if message.event == "CoreShowChannelsComplete"]
        assert len(channels) == 3
        assert complete == []  # so nobody can tell that the list is whole


async def test_it_answers_an_originate_only_when_the_call_was_answered_or_failed() -> None:
    async with ScriptedAmi() as ami, _manager(ami) as manager:
        await _until(ami, lambda: ami.names() == ["Login"])
        ringing = manager.send_action(dict(ORIGINATE))
        await _until(ami, lambda: len(ami.live) == 1)
        await manager.send_action({"Action": "Ping"})
        assert not ringing.done()
        ringing.cancel()


async def test_it_hides_the_originate_response_from_its_listeners() -> None:
    async with ScriptedAmi() as ami, _manager(ami) as manager:
        heard = []
        manager.register_event("OriginateResponse", lambda _, event: heard.append(event))
        ami.default_fate = ANSWERS
        await _until(ami, lambda: ami.names() == ["Login"])
        await manager.send_action(dict(ORIGINATE))
        assert heard == []


async def test_a_listener_that_raises_costs_the_link() -> None:
    async with ScriptedAmi() as ami, _manager(ami) as manager:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda *_: None)

        def broken(_: object, event: object) -> None:
            raise RuntimeError("our bug")

        manager.register_event("Newchannel", broken)
        await _until(ami, lambda: ami.names() == ["Login"])
        manager.send_action(dict(ORIGINATE), as_list=False)
        await _until(ami, lambda: ami.links == 2)


async def test_it_logs_in_with_a_wrong_secret_again_and_again_without_a_pause() -> None:
    async with ScriptedAmi() as ami, _manager(ami, secret="wrong"):
        await _until(ami, lambda: ami.names().count("Login") >= 5)


async def test_a_line_break_in_a_value_is_a_second_action() -> None:
    async with ScriptedAmi() as ami, _manager(ami) as manager:
        await _until(ami, lambda: ami.names() == ["Login"])
        manager.send_action(ORIGINATE | {"CallerID": "x\r\n\r\nAction: Hangup\r\nChannel: /.*/"})
        await _until(ami, lambda: "Hangup" in ami.names())


async def test_its_own_link_is_never_known_to_be_half_open() -> None:
    async with ScriptedAmi() as ami, _manager(ami) as manager:
        await _until(ami, lambda: ami.names() == ["Login"])
        ami.faults.half_open = True
        for _ in range(5):
            manager.ping()
        await _until(ami, lambda: sum(a.name == "Ping" for a in ami.actions) == 5)
        assert ami.links == 1

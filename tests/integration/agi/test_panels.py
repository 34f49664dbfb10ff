"""The route of panels over a real socket: when a kiss-off sounds, and when none may."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from callflow.core.calls.call import Outcome
from callflow.core.signals.contact_id import block_keys
from ivr.agi import AgiServer
from ivr.contact_id import BLOCKS_AT_MOST, HANDSHAKE, KISS_OFF, NOISE_AT_MOST, Arrival, Panels
from tests.support.outside.panel_agi import GONE, SILENCE, MemoryPanels, PanelOnAgi
from tests.support.phones.agi_phone import SECRET

CHANNEL = "node0-1764000000.7"
ALARM = block_keys("1234", "1130", "3", "1")
OTHER = block_keys("1234", "1131", "4", "1", message_type="98")
TEXT = "1234 18 1130 01 003 7"
GREETED = ["inband", HANDSHAKE]


@dataclass
class Line:
    """What a panel calls."""

    store: MemoryPanels
    panels: Panels
    server: AgiServer

    async def call(self, burst: str) -> PanelOnAgi:
        """A call in which these keys come."""
        return await PanelOnAgi(self.server.port, burst=burst).call("panel", CHANNEL)


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    store = MemoryPanels()
    panels = Panels(store, Path("/tones"))
    server = AgiServer({"panel": panels.panel}, SECRET)
    await server.start(0)
    yield Line(store, panels, server)
    await server.close()


async def test_each_message_is_stored_and_then_kissed_off(line: Line) -> None:
    panel = await line.call(ALARM + OTHER)
    assert panel.tones == [*GREETED, KISS_OFF, KISS_OFF]
    assert line.store.stored == [TEXT, "1234 98 1131 01 004 7"]
    assert panel.variables["CALLFLOW_DONE"] == "1"
    assert line.store.concluded == []
    assert line.panels.counts == {"calls": 1, "received": 2}


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (ALARM[:5] + ALARM[6:], "bad_length"),
        (ALARM[:15] + "1", "bad_checksum"),
        (ALARM[:15] + "D", "bad_key"),
    ],
)
async def test_what_is_no_message_gets_no_kiss_off(line: Line, bad: str, why: str) -> None:
    panel = await line.call(bad + SILENCE * (len(bad) < 16) + ALARM)
    assert panel.tones == [*GREETED, KISS_OFF]
    assert line.store.stored == [TEXT]
    assert line.panels.counts[why] == 1


async def test_what_is_not_stored_gets_no_kiss_off(line: Line) -> None:
    arrived = line.store.arrived

    async def then_away(channel_id: str, caller: str, name: str) -> Arrival | None:
        arrival = await arrived(channel_id, caller, name)
        line.store.failing = True
        return arrival

    line.store.arrived = then_away  # type: ignore[method-assign]
    panel = await line.call(ALARM + ALARM + GONE)
    assert panel.tones == GREETED
    assert line.store.stored == []
    assert line.panels.counts["not_stored"] == 2


async def test_a_commit_that_takes_too_long_gets_no_kiss_off(line: Line) -> None:
    line.store.commit_s = 1.2
    panel = await line.call(ALARM + GONE)
    assert panel.tones == GREETED
    assert line.panels.counts["not_stored"] == 1


async def test_silence_is_greeted_in_both_ways_twice_and_then_the_line_ends(line: Line) -> None:
    panel = await line.call("")
    assert panel.tones == ["inband", HANDSHAKE, "rfc4733", HANDSHAKE] * 2
    assert line.store.concluded == [Outcome.NO_KEY]
    assert panel.variables["CALLFLOW_DONE"] == "1"


async def test_keys_as_rfc_4733_answer_the_second_handshake(line: Line) -> None:
    panel = await line.call(SILENCE + ALARM)
    assert panel.tones == ["inband", HANDSHAKE, "rfc4733", HANDSHAKE, KISS_OFF]
    assert line.store.stored == [TEXT]


async def test_a_voice_that_makes_keys_is_hung_up(line: Line) -> None:
    panel = await line.call(f"5{SILENCE}" * 100)
    assert panel.variables["CALLFLOW_DONE"] == "1"
    assert line.panels.counts["bad_length"] == NOISE_AT_MOST
    assert line.store.concluded == [Outcome.NO_KEY]


async def test_a_call_has_so_many_messages_and_no_more(line: Line) -> None:
    panel = await line.call(ALARM * (BLOCKS_AT_MOST + 5))
    assert panel.tones.count(KISS_OFF) == BLOCKS_AT_MOST
    assert panel.variables["CALLFLOW_DONE"] == "1"


@pytest.mark.parametrize("cut", [0, 1, 9, 16])
async def test_a_panel_that_hangs_up_ends_its_call_and_no_other(line: Line, cut: int) -> None:
    gone = await line.call(ALARM[:cut] + GONE)
    assert "CALLFLOW_DONE" not in gone.variables
    assert (await line.call(ALARM)).tones == [*GREETED, KISS_OFF]


async def test_a_call_that_a_server_left_is_not_greeted_again(line: Line) -> None:
    line.store.arrival = Arrival(known=True)
    assert (await line.call(ALARM)).tones == [KISS_OFF]
    assert (await line.call(SILENCE + ALARM)).tones == [*GREETED, KISS_OFF]


@pytest.mark.parametrize("mute", [False, True])
async def test_606_keeps_the_line_for_a_human(line: Line, mute: bool) -> None:
    line.store.mute = mute
    panel = await line.call(ALARM + block_keys("1234", "1606", "0", "1"))
    assert panel.tones == [*GREETED, KISS_OFF, KISS_OFF]
    assert line.store.listened == ["1234"]
    assert panel.variables["CALLFLOW_NEXT"] == "conference"
    assert panel.variables["CALLFLOW_ROOM"] == CHANNEL
    assert ('SET VARIABLE MUTEAUDIO(out) "on"' in panel.commands) is mute


async def test_a_server_that_died_before_a_human_was_rung_leaves_that_to_the_next(
    line: Line,
) -> None:
    line.store.arrival = Arrival(known=True, listen="1234")
    panel = await line.call(SILENCE)
    assert panel.tones == []
    assert line.store.listened == ["1234"]
    assert panel.variables["CALLFLOW_NEXT"] == "conference"


async def test_a_call_that_was_listened_in_to_goes_back_there(line: Line) -> None:
    line.store.arrival = Arrival(known=True, room=CHANNEL, mute=True)
    panel = await line.call(ALARM)
    assert panel.tones == []
    assert panel.variables["CALLFLOW_NEXT"] == "conference"
    assert 'SET VARIABLE MUTEAUDIO(out) "on"' in panel.commands


async def test_a_channel_that_asterisk_can_t_have_is_ended(line: Line) -> None:
    line.store.arrival = None
    panel = await line.call(ALARM)
    assert panel.commands == ['SET VARIABLE CALLFLOW_DONE "1"']


async def test_where_nothing_can_be_stored_no_panel_is_greeted(line: Line) -> None:
    line.store.failing = True
    panel = await line.call(ALARM)
    assert panel.commands == []

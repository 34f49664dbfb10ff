"""The AMI connection as ``ivr.ami.link`` uses it, to the simulated Asterisk: may be cut, or half
open, or answer after the event that it caused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from ivr.ami.events import LinkDown, MaybePlaced, Refused
from ivr.ami.translate import Fields
from ivr.ami.values import checked_action
from tests.support.simulated_station.asterisk import Asterisk
from tests.support.simulated_station.world import SETTINGS

_ONE_WAY = 0.003  # seconds


class SimulatedWire:
    """One connection; it dies once, and nothing survives it."""

    _trunks = SETTINGS.all_trunks

    def __init__(self, asterisk: Asterisk, on_event: Callable[[Fields], None]) -> None:
        self._asterisk, self._on_event = asterisk, on_event
        #: {what is awaited: who is told of each item}
        self._pending: dict[asyncio.Future[list[Fields]], Callable[[Fields], None] | None] = {}
        self.closed_event = asyncio.Event()
        self.half_open = False
        self.why = ""

    @property
    def alive(self) -> bool:
        return not self.closed_event.is_set()

    async def act(
        self,
        fields: Mapping[str, str],
        *,
        within: float,
        list_of: str = "",
        action_id: str = "",
        each: Callable[[Fields], None] | None = None,
    ) -> list[Fields]:
        """As ``ivr.ami.wire.Wire.act``."""
        checked_action(fields)
        if not self.alive:
            raise LinkDown("the link to Asterisk is down")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[Fields]] = loop.create_future()
        self._pending[answer] = each
        loop.call_later(_ONE_WAY, self._arrive, dict(fields), answer)
        try:
            async with asyncio.timeout(within):
                return await answer
        except TimeoutError:
            raise MaybePlaced(f"no answer to {fields['Action']} in {within:g} s") from None
        finally:
            self._pending.pop(answer, None)

    def close(self, why: str = "closed") -> None:
        """Lost at both ends."""
        self.why = self.why or why
        self.closed_event.set()
        if self._asterisk.listener == self.hear:
            self._asterisk.listener = None
        for answer in self._pending:
            if not answer.done():
                answer.set_exception(MaybePlaced(f"link lost: {self.why}"))

    def hear(self, fields: Fields) -> None:
        """An event of Asterisk's."""
        if self.alive and not self.half_open:
            self._on_event(fields)

    def _arrive(self, fields: dict[str, str], answer: asyncio.Future[list[Fields]]) -> None:
        """What was sent arrives, even where the link is cut by then; the answer may not."""
        if not self._asterisk.up:
            return
        try:
            result, refused = self._done(fields), None
        except Refused as refusal:
            result, refused = [], refusal
        loop = asyncio.get_running_loop()
        loop.call_later(_ONE_WAY, self._answer, answer, result, refused)

    def _answer(
        self, answer: asyncio.Future[list[Fields]], result: list[Fields], refused: Refused | None
    ) -> None:
        if answer.done() or self.half_open or not self.alive:
            return
        if refused is not None:
            answer.set_exception(refused)
            return
        if (each := self._pending[answer]) is not None:
            for item in result:
                each(item)
        answer.set_result(result)

    def _done(self, fields: dict[str, str]) -> list[Fields]:
        asterisk = self._asterisk
        match fields["Action"]:
            case "Login":
                asterisk.listener = self.hear
                asyncio.get_running_loop().call_later(_ONE_WAY, self.hear, {"event": "FullyBooted"})
            case "Originate":
                number, _, trunk = fields["Channel"].removeprefix("PJSIP/").partition("@")
                trunk = trunk.partition("@")[0]
                ring_s = int(fields["Timeout"]) / 1000
                asterisk.originate(fields["ChannelId"], number, trunk, ring_s)
            case "CoreShowChannels":
                return list(asterisk.listed())
            case "Status":
                return list(asterisk.listed(self._known(fields["Channel"])))
            case "Hangup":
                channel = asterisk.channels[self._known(fields["Channel"])]
                channel.hang_up(int(fields["Cause"]))
            case "Redirect":
                asterisk.redirect(self._known(fields["Channel"]))
            case "DeviceStateList":
                return [{"device": f"PJSIP/{t.name}", "state": "NOT_INUSE"} for t in self._trunks]
            case "MixMonitorMute":
                self._known(fields["Channel"])
        return [{"response": "Success"}]

    def _known(self, channel: str) -> str:
        if channel not in self._asterisk.channels:
            raise Refused("Asterisk: No such channel")
        return channel

"""A simulated Asterisk: channels, the station's dialplan, conferences, and what AMI hears."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable, Mapping
from contextvars import copy_context
from typing import Any, Protocol

from ivr.agi.protocol import Answer, Gone, Session
from tests.support.simulated_station.faults import Fault, Faults
from tests.support.simulated_station.network import Manner, Network
from tests.support.simulated_station.virtual_time import OWNER

Fields = dict[str, str]

_ONE_WAY = 0.005  # seconds from Asterisk to whoever listens
_LOST_SERVER = 10.0  # seconds without the dialogues' server, then music (asterisk-conf)
_PATIENCE = 300.0  # of a person in a conference; the dialplan's own limit is longer
_LONGEST_DIALOGUE = 300.0


class AgiServer(Protocol):
    """Where the dialplan's AGI() connects to: at once over where nobody listens."""

    def agi(self, route: str, session: Session) -> Awaitable[None]: ...


class Channel:
    """One call that lives in Asterisk."""

    def __init__(self, call_id: str, number: str, *, trunk: str = "") -> None:
        self.id, self.number, self.trunk = call_id, number, trunk
        self.incoming = not trunk
        self.state = "0"
        self.left = asyncio.Event()  # hung up, torn away or redirected: no dialogue goes on
        self.hung_up = asyncio.Event()
        self.cause, self.sip = 16, 200 if trunk else None
        self.variables: dict[str, str] = {}
        self.room = ""
        self.desk = False
        self.manner = Manner()

    def hang_up(self, cause: int = 16, sip: int | None = None) -> None:
        """It is over; the reason is the first one given."""
        if not self.hung_up.is_set():
            self.cause, self.sip = cause, sip
            self.hung_up.set()
            self.left.set()


class SimulatedSession(Session):
    """The commands of one AGI session, answered as the person at the phone behaves."""

    def __init__(self, channel: Channel, rng: random.Random) -> None:
        self._channel, self._rng = channel, rng
        self._ended = channel.left
        self.header: Mapping[str, str] = {
            "agi_uniqueid": channel.id,
            "agi_callerid": f"+{channel.number}",
            "agi_dnid": "33639989999",
        }

    async def command(self, line: str, longest: float = 5.0) -> Answer:
        """As ``Session.command``. Raises Gone."""
        if self._ended.is_set():
            raise Gone("hung up")
        match line.split()[:2]:
            case ["GET", "DATA"]:
                manner, (timeout, digits) = self._channel.manner, line.split()[-2:]
                code = manner.codes.pop(0) if digits != "1" and manner.codes else ""
                typed = manner.key if digits == "1" else code
                return await self._typed(typed, float(timeout) / 1000)
            case ["STREAM", "FILE"]:
                await self._pass(self._rng.uniform(0.5, 3))
                pressed = self._channel.incoming and self._channel.manner.key == "0"
                return Answer(str(ord("0")) if pressed else "0")
            case ["SET", "VARIABLE"]:
                name, _, value = line.removeprefix("SET VARIABLE ").partition(" ")
                self._channel.variables[name] = value.strip('"')
                return Answer("1")
        return Answer("6")

    async def _typed(self, typed: str, timeout: float) -> Answer:
        await self._pass(self._rng.uniform(0.5, 4))
        if not typed:
            await self._pass(timeout)
            return Answer("", "timeout")
        await self._pass(self._rng.uniform(0.2, 2))
        return Answer(typed)

    async def _pass(self, seconds: float) -> None:
        if await within(self._ended, seconds):
            raise Gone("hung up")


async def within(event: asyncio.Event, seconds: float) -> bool:
    """Whether ``event`` comes within so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


class Asterisk:
    """The station's PBX: dies with its channels and comes back empty."""

    def __init__(
        self, rng: random.Random, network: Network, faults: Faults, desk: frozenset[str]
    ) -> None:
        self._rng, self._network, self._faults, self._desk = rng, network, faults, desk
        self.up = True
        self.channels: dict[str, Channel] = {}
        self.server: AgiServer | None = None
        self.listener: Callable[[Fields], None] | None = None  # the AMI connection that is up
        self._serial = itertools.count(1)
        self._tasks: dict[asyncio.Task[None], None] = {}

    # --- life ---

    def die(self) -> None:
        """Every channel vanishes, and nobody is told."""
        self.up = False
        for channel in self.channels.values():
            channel.left.set()
            self._network.over(channel.id, channel.number, torn=True)
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()
        self.channels.clear()

    # --- what AMI asks ---

    def originate(self, call_id: str, number: str, trunk: str, ring_s: float) -> None:
        """Call ``number`` over ``trunk``; an id that lives already is refused, as Asterisk does."""
        if call_id in self.channels:
            self._emit(
                event="OriginateResponse",
                actionid=f"originate/{call_id}",
                response="Failure",
                uniqueid=call_id,
                reason="0",
            )
            return
        channel = self.channels[call_id] = Channel(call_id, number, trunk=trunk)
        channel.desk = f"+{number}" in self._desk
        self._begin(self._outgoing(channel, ring_s))

    def redirect(self, call_id: str) -> bool:
        """Out of the dialogue into a conference of its own; false: there is no such channel."""
        channel = self.channels.get(call_id)
        if channel is None:
            return False
        channel.room = call_id
        channel.left.set()
        return True

    def listed(self, call_id: str | None = None) -> list[Fields]:
        """The channels that live, as CoreShowChannels and Status tell them."""
        found = self.channels.values() if call_id is None else [self.channels[call_id]]
        return [{"uniqueid": c.id, "channelstate": c.state} for c in found]

    def call_in(self, number: str, key: str) -> None:
        """Somebody calls the station, and types ``key`` or nothing."""
        if not self.up:
            return
        channel = Channel(f"1795000000.{next(self._serial)}", number.removeprefix("+"))
        channel.manner = Manner(key=key, leaves_after=self._rng.uniform(20, 300))
        self.channels[channel.id] = channel
        self._begin(self._incoming(channel))

    # --- calls ---

    async def _outgoing(self, channel: Channel, ring_s: float) -> None:
        await asyncio.sleep(self._rng.uniform(0.002, 0.05))
        self._state(channel, "0")
        manner = channel.manner = self._network.invite(channel.id, channel.number, channel.trunk)
        await self._ring(channel, manner, ring_s)
        if not channel.hung_up.is_set():
            self._state(channel, "6")
            self._emit(
                event="OriginateResponse",
                actionid=f"originate/{channel.id}",
                response="Success",
                uniqueid=channel.id,
                reason="4",
            )
            await self._speak(channel, "outgoing")
        self._end(channel)

    async def _ring(self, channel: Channel, manner: Manner, ring_s: float) -> None:
        """Until it is picked up, or channel.hung_up says why not."""
        if manner.rings:
            await within(channel.hung_up, self._rng.uniform(0.05, 1))
            self._state(channel, "5")
        ends = {
            "answered": manner.picks_up_after if manner.picks_up_after is not None else 1e9,
            "network": manner.gives_up_after,
            "timed_out": ring_s,
        }
        first = min(ends, key=lambda name: ends[name])
        if await within(channel.hung_up, ends[first]) or first == "answered":
            return
        if first == "network":
            channel.hang_up(manner.cause, manner.sip)
        else:
            self._emit(
                event="OriginateResponse",
                actionid=f"originate/{channel.id}",
                response="Failure",
                uniqueid=channel.id,
                reason="3",
            )
            channel.hang_up(16, None)

    async def _incoming(self, channel: Channel) -> None:
        self._state(channel, "6")
        await self._speak(channel, "incoming")
        self._end(channel)

    async def _speak(self, channel: Channel, route: str) -> None:
        """The dialplan: the dialogue, asked for again and again, then perhaps a conference."""
        if channel.manner.leaves_after is not None:
            loop = asyncio.get_running_loop()
            loop.call_later(channel.manner.leaves_after, channel.hang_up)
        begun = lost_at = self._now()
        while not channel.left.is_set():
            asked_at = self._now()
            if self.server is not None:
                await self.server.agi(route, SimulatedSession(channel, self._rng))
            if channel.variables.get("CALLFLOW_DONE") == "1":
                break
            if self._now() - asked_at >= 1:
                lost_at = self._now()
            if self._now() - begun > _LONGEST_DIALOGUE:
                break
            held = self._now() - lost_at >= _LOST_SERVER
            await within(channel.left, 5.0 if held else 0.25)
        if channel.variables.get("CALLFLOW_NEXT") == "conference":
            channel.room = channel.room or channel.variables.get("CALLFLOW_ROOM") or channel.id
        if channel.room and not channel.hung_up.is_set():
            await self._confer(channel)
        elif not channel.hung_up.is_set():
            await within(channel.hung_up, 0.3)
            channel.hang_up()

    async def _confer(self, channel: Channel) -> None:
        """Music until somebody comes; then they talk, and mostly all hang up together."""
        since, alone_for = self._now(), self._rng.uniform(20, _PATIENCE)
        while not channel.hung_up.is_set():
            others = [
                c for c in self.channels.values() if c is not channel and c.room == channel.room
            ]
            if any(c.desk for c in others) or (channel.desk and others):
                await within(channel.hung_up, self._rng.uniform(5, 40))
                alone = channel.desk and self._rng.random() < 0.2  # an operator's softphone crashed
                for other in [channel] if alone else [channel, *others]:
                    other.hang_up()
            elif channel.desk or self._now() - since > alone_for:
                channel.hang_up()
            await within(channel.hung_up, 1.0)

    def _end(self, channel: Channel) -> None:
        self.channels.pop(channel.id, None)
        if not channel.incoming:
            self._network.over(channel.id, channel.number)
        sip = {} if channel.sip is None else {"techcause": str(channel.sip)}
        self._emit(event="Hangup", uniqueid=channel.id, cause=str(channel.cause), **sip)

    def _state(self, channel: Channel, state: str) -> None:
        channel.state = state
        self._emit(event="Newstate", uniqueid=channel.id, channelstate=state)

    # --- events ---

    def _emit(self, **fields: str) -> None:
        listener = self.listener
        if listener is None:
            return
        times = 2 if self._faults.strikes(Fault.EVENT_TWICE) else 1
        for _ in range(times):
            late = self._faults.strikes(Fault.EVENT_LATE)
            delay = self._faults.lasts(0.1, 2.5) if late else _ONE_WAY
            asyncio.get_running_loop().call_later(delay, listener, fields)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    def _begin(self, call: Any) -> None:
        context = copy_context()  # the order came from a process, which is not the call's
        context.run(OWNER.set, None)
        task = asyncio.get_running_loop().create_task(call, context=context)
        self._tasks[task] = None
        task.add_done_callback(lambda done: self._tasks.pop(done, None))

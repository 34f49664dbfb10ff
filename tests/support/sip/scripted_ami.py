"""An AMI server that a test drives: the actions that Callflow needs, and every way to fail.

It plays Asterisk and the telephone network behind it: each Originate creates a call whose fate the
test chose by number. It notes every action in order, so a test can say what was sent, how
often, and what came before what.

    async with ScriptedAmi() as ami:
        ami.fates["33639980012"] = BUSY
        ami.faults.cut_after_response = 1
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Self

from tests.support.suite.ports import free_port

Fields = dict[str, str]

RINGING_STATE, UP_STATE = "5", "6"


@dataclass(frozen=True)
class Fate:
    """What becomes of a call. Times are seconds from the Originate; None: never."""

    ring_at: float | None = 0.02
    answer_at: float | None = None
    end_at: float | None = None
    cause: int = 16
    sip: str = ""


BUSY = Fate(end_at=0.05, cause=17, sip="486 Busy Here")
UNREACHABLE = Fate(ring_at=None, end_at=0.03, cause=1, sip="404 Not Found")
CONGESTION = Fate(ring_at=None, end_at=0.03, cause=34, sip="503 Service Unavailable")
RINGS_ON = Fate()
ANSWERS = Fate(answer_at=0.05)


@dataclass
class Faults:
    """What goes wrong. Counters are used up, one for each Originate; flags stay until reset."""

    refuse_logins: int = 0
    #: The call exists, and the link is cut before anything is answered.
    cut_before_response: int = 0
    cut_after_response: int = 0
    #: Nothing happens and nothing is answered: no call exists.
    swallow_originates: int = 0
    refuse_originates: int = 0
    #: Success, then OriginateResponse: Failure, and no channel was ever made.
    fail_originates: int = 0
    #: Reads everything, answers nothing (of what came since; calls go on).
    half_open: bool = False
    events_before_response: bool = False
    each_event_times: int = 1
    event_delay: float = 0.0
    #: Seconds by which the events of channels come behind OriginateResponse, which goes at once:
    #: Asterisk writes it straight to AMI, and those by a thread of their own.
    response_overtakes_channel: float = 0.0
    #: Seconds after which the channel of an Originate comes to be: whoever asks meanwhile hears
    #: that there is no such channel.
    channel_delay: float = 0.0
    #: At the next Originate nothing is done by anybody for so many seconds (SIGSTOP); what was
    #: asked for meanwhile, on links that are gone too, is done then.
    hold_at_originate: float = 0.0
    #: CoreShowChannels: its events overtake the response.
    list_before_response: bool = False
    #: After each login: this many meaningless events of other people's calls.
    flood: int = 0


@dataclass(frozen=True)
class Action:
    """One action as received; ``link`` counts connections from 1."""

    link: int
    name: str
    fields: Fields


@dataclass
class ScriptedCall:
    """A channel of the scripted PBX."""

    id: str
    number: str
    fields: Fields
    state: str = "0"
    tasks: list[asyncio.Task[None]] = field(default_factory=list)


class ScriptedAmi:
    """The server. ``port`` is known after ``start`` (or entering the context)."""

    def __init__(self, *, secret: str = "scripted") -> None:
        self.secret = secret
        self.port = free_port()  # nobody else is given it, while nobody listens either
        self.faults = Faults()
        self.fates: dict[str, Fate] = {}
        self.default_fate = RINGS_ON
        #: {device: its state}; empty: an Asterisk that can't list them.
        self.devices: dict[str, str] = {}
        self.actions: list[Action] = []
        self.live: dict[str, ScriptedCall] = {}
        #: By call: how many actions had come when its channel came to be.
        self.live_since: dict[str, int] = {}
        self.links = 0
        #: Numbers that were called while another call to them was up: must be empty.
        self.overlaps: list[str] = []
        #: This call's far end hangs up right after the next login, before its answer to anything.
        self.end_after_next_login = ""
        self.on_answer: Callable[[ScriptedCall], None] | None = None
        self._server: asyncio.Server | None = None
        self._links: dict[int, asyncio.StreamWriter] = {}
        self._logged_in: set[int] = set()
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        #: Cleared: no Originate has its channel before this is set.
        self.channels_come = asyncio.Event()
        self.channels_come.set()
        #: Cleared: channels that end are gone, and no Hangup is told before this is set.
        self.hangups_come = asyncio.Event()
        self.hangups_come.set()
        #: Calls of which Status said that there is no such channel.
        self.denied: list[str] = []
        self._going_on = asyncio.Event()
        self._going_on.set()

    # --- life ---

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def stop(self) -> None:
        """Nobody listens any more; calls live on, as with a network that was cut."""
        if self._server is not None:
            self._server.close()
            self.cut()
            await self._server.wait_closed()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        for call in self.live.values():
            for task in call.tasks:
                task.cancel()
        await self.stop()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- what a test asks ---

    def names(self, link: int | None = None) -> list[str]:
        """Names of the actions in the order they came, Ping left out."""
        return [a.name for a in self.actions if a.name != "Ping" and link in (None, a.link)]

    def originated(self) -> list[str]:
        """ChannelIds in the order in which Originate came, doubles included."""
        return [a.fields.get("ChannelId", "") for a in self.actions if a.name == "Originate"]

    def doubled(self) -> list[str]:
        """ChannelIds that were originated more than once: must be empty."""
        return [call_id for call_id, times in Counter(self.originated()).items() if times > 1]

    def connected(self, link: int) -> bool:
        """Whether this link is still up."""
        return link in self._links

    def asked_of(self, call_id: str) -> list[str]:
        """Names of the actions about a channel, from its being made on."""
        actions = self.actions[self.live_since[call_id] :]
        return [a.name for a in actions if a.fields.get("Channel") == call_id]

    def dialled_before_list(self) -> list[int]:
        """Links on which Originate came before CoreShowChannels: must be empty."""
        wrong = []
        for link in sorted({action.link for action in self.actions}):
            names = self.names(link)
            dial = names.index("Originate") if "Originate" in names else None
            if dial is not None and "CoreShowChannels" not in names[:dial]:
                wrong.append(link)
        return wrong

    async def until(self, fact: Callable[[], bool], within: float = 20.0) -> None:
        """Wait until ``fact`` holds; looked at after each action and event."""
        async with self._changed:
            await asyncio.wait_for(self._changed.wait_for(fact), within)

    # --- what a test does ---

    def cut(self) -> None:
        """Cut every link, at once, without a goodbye."""
        for writer in self._links.values():
            writer.transport.abort()

    def end(self, call_id: str, cause: int = 16, sip: str = "") -> None:
        """The far end hangs up."""
        call = self.live.pop(call_id, None)
        if call is None:
            return
        for task in call.tasks:
            if task is not asyncio.current_task():
                task.cancel()
        fields = {"Event": "Hangup", **self._channel(call), "Cause": str(cause)}
        fields |= {"TechCause": sip} if sip else {}
        if self.hangups_come.is_set():
            self.tell(fields)
        else:
            self._spawn(self._tell_hangup(fields))

    async def _tell_hangup(self, fields: Fields) -> None:
        await self.hangups_come.wait()
        self.tell(fields)

    def tell(self, fields: Fields) -> None:
        """Send an event on every link, as often and as late as ``faults`` say."""
        delay = self.faults.event_delay
        if fields["Event"] != "OriginateResponse":
            delay += self.faults.response_overtakes_channel
        for _ in range(self.faults.each_event_times):
            if delay:
                self._spawn(self._tell_late(fields, delay))
            else:
                self._broadcast(fields)

    def raw(self, data: bytes) -> None:
        """Send bytes as they are on every link."""
        for link in self._logged_in:
            self._links[link].write(data)

    # --- one link ---

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.links += 1
        link = self.links
        self._links[link] = writer
        await self._going_on.wait()
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        try:
            await self._read(link, reader)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._links.pop(link, None)
            self._logged_in.discard(link)
            writer.transport.abort()
            await self._tick()

    async def _read(self, link: int, reader: asyncio.StreamReader) -> None:
        fields: Fields = {}
        while True:
            line = (await reader.readuntil(b"\r\n")).decode("latin-1")[:-2]
            if line:
                key, _, value = line.partition(": ")
                fields[key] = value
            elif fields:
                action = Action(link, fields.get("Action", ""), fields)
                self.actions.append(action)
                fields = {}
                await self._held(action)
                if not self.faults.half_open:
                    self._handle(action)
                await self._tick()

    async def _held(self, action: Action) -> None:
        seconds = self.faults.hold_at_originate
        if seconds and action.name == "Originate":
            self.faults.hold_at_originate = 0.0
            self._going_on.clear()
            asyncio.get_running_loop().call_later(seconds, self._going_on.set)
            await self._tick()
        await self._going_on.wait()

    def _handle(self, action: Action) -> None:
        if action.name != "Login" and action.link not in self._logged_in:
            self._respond(action, "Error", "Permission denied")
            return
        handler = getattr(self, f"_on_{action.name.lower()}", None)
        if handler is None:
            self._respond(action, "Error", "Invalid/unknown command")
        else:
            handler(action)

    def _on_login(self, action: Action) -> None:
        if self.faults.refuse_logins > 0 or action.fields.get("Secret") != self.secret:
            self.faults.refuse_logins -= 1
            self._respond(action, "Error", "Authentication failed")
            self._links[action.link].close()
            return
        self._logged_in.add(action.link)
        self._respond(action, "Success", "Authentication accepted")
        self._send(action.link, {"Event": "FullyBooted", "Status": "Fully Booted"})
        self.end(self.end_after_next_login)
        self.end_after_next_login = ""
        for serial in range(self.faults.flood):
            self._send(action.link, _others_event(serial))

    def _on_ping(self, action: Action) -> None:
        self._respond(action, "Success", "", {"Ping": "Pong"})

    def _on_coreshowchannels(self, action: Action) -> None:
        items = [{"Event": "CoreShowChannel", **self._channel(call)} for call in self.live.values()]
        self._list(action, items, "CoreShowChannelsComplete")

    def _on_devicestatelist(self, action: Action) -> None:
        if not self.devices:
            self._respond(action, "Error", "Invalid/unknown command")
            return
        items = [_device_event(*device) for device in self.devices.items()]
        self._list(action, items, "DeviceStateListComplete")

    def set_device(self, name: str, state: str) -> None:
        """A device changes its state, and every link is told."""
        self.devices[name] = state
        self.tell(_device_event(name, state))

    def _on_status(self, action: Action) -> None:
        call_id = action.fields.get("Channel", "")
        call = self.live.get(call_id)
        if call is None:
            self._respond(action, "Error", "No such channel")
            self.denied.append(call_id)
        else:
            self._list(action, [{"Event": "Status", **self._channel(call)}], "StatusComplete")

    def _on_hangup(self, action: Action) -> None:
        call_id = action.fields.get("Channel", "")
        if call_id not in self.live:
            self._respond(action, "Error", "No such channel")
            return
        self._respond(action, "Success", "Channel Hungup")
        self.end(call_id, int(action.fields.get("Cause", "16")))

    def _on_mixmonitormute(self, action: Action) -> None:
        known = action.fields.get("Channel", "") in self.live
        self._respond(action, "Success" if known else "Error", "" if known else "No such channel")

    def _on_originate(self, action: Action) -> None:
        faults = self.faults
        if _use(faults, "swallow_originates"):
            return
        if _use(faults, "refuse_originates"):
            self._respond(action, "Error", "Extension does not exist.")
            return
        if _use(faults, "fail_originates"):
            self._respond(action, "Success", "Originate successfully queued")
            self._originate_response(action, "Failure", "0")
            return
        if faults.events_before_response:
            self.create(action)
            self._respond(action, "Success", "Originate successfully queued")
            return
        cut_first, cut_then = _use(faults, "cut_before_response"), False
        if not cut_first:
            cut_then = _use(faults, "cut_after_response")
            self._respond(action, "Success", "Originate successfully queued")
        if cut_first:
            self._links[action.link].transport.abort()
        elif cut_then:
            self._spawn(self._cut_when_sent(action.link))
        if faults.channel_delay or not self.channels_come.is_set():
            self._spawn(self._create_late(action, faults.channel_delay))
        else:
            self.create(action)

    # --- calls ---

    def add_call(self, call_id: str) -> None:
        """A channel that somebody else began, and that nobody tells of."""
        self.live[call_id] = ScriptedCall(call_id, "", {}, state=UP_STATE)

    def create(self, action: Action) -> None:
        """What an Originate asks for comes to be."""
        call_id = action.fields.get("ChannelId", "")
        number = action.fields.get("Channel", "").removeprefix("PJSIP/").partition("@")[0]
        if call_id in self.live:
            # As Asterisk does: the failure carries the id of the call that lives.
            self._originate_response(action, "Failure", "0")
            return
        if number in {other.number for other in self.live.values()}:
            self.overlaps.append(number)
        call = self.live[call_id] = ScriptedCall(call_id, number, action.fields)
        self.live_since[call_id] = len(self.actions)
        self.tell({"Event": "Newchannel", **self._channel(call)})
        fate = self.fates.get(number, self.default_fate)
        call.tasks.append(self._spawn(self._live(call, fate, action)))

    async def _create_late(self, action: Action, delay: float) -> None:
        await asyncio.sleep(delay)
        await self.channels_come.wait()
        self.create(action)
        await self._tick()

    async def _live(self, call: ScriptedCall, fate: Fate, action: Action) -> None:
        passed = 0.0
        steps = [(fate.ring_at, "ring"), (fate.answer_at, "answer"), (fate.end_at, "end")]
        for at, what in sorted((at, what) for at, what in steps if at is not None):
            await asyncio.sleep(at - passed)
            passed = at
            if what == "end":
                if call.state != UP_STATE:
                    self._originate_response(action, "Failure", "0")
                self.end(call.id, fate.cause, fate.sip)
            else:
                call.state = RINGING_STATE if what == "ring" else UP_STATE
                self.tell({"Event": "Newstate", **self._channel(call)})
                if what == "answer":
                    self._originate_response(action, "Success", "4")
                    if self.on_answer is not None:
                        self.on_answer(call)
            await self._tick()

    def _originate_response(self, action: Action, response: str, reason: str) -> None:
        fields = {"Event": "OriginateResponse", "Response": response, "Reason": reason}
        if "ActionID" in action.fields:
            fields["ActionID"] = action.fields["ActionID"]
        self.tell(fields | {"Uniqueid": action.fields.get("ChannelId", "<null>")})

    @staticmethod
    def _channel(call: ScriptedCall) -> Fields:
        return {
            "Channel": f"PJSIP/trunk-{call.id[-8:]}",
            "ChannelState": call.state,
            "Uniqueid": call.id,
            "Linkedid": call.id,
        }

    # --- sending ---

    def _respond(
        self, action: Action, response: str, message: str, more: Fields | None = None
    ) -> None:
        fields = {"Response": response}
        if "ActionID" in action.fields:
            fields["ActionID"] = action.fields["ActionID"]
        self._send(action.link, fields | ({"Message": message} if message else {}) | (more or {}))

    def _list(self, action: Action, items: Iterable[Fields], complete: str) -> None:
        own = {"ActionID": action.fields.get("ActionID", "")}
        response = {"Response": "Success", **own, "EventList": "start", "Message": "will follow"}
        events = [item | own for item in items]
        end = {"Event": complete, **own, "EventList": "Complete", "ListItems": str(len(events))}
        early = self.faults.list_before_response
        order = [*events, response, end] if early else [response, *events, end]
        for fields in order:
            self._send(action.link, fields)

    def _broadcast(self, fields: Fields) -> None:
        for link in sorted(self._logged_in):
            self._send(link, fields)

    def _send(self, link: int, fields: Fields) -> None:
        writer = self._links.get(link)
        if writer is not None and not self.faults.half_open:
            lines = "".join(f"{key}: {value}\r\n" for key, value in fields.items())
            writer.write(lines.encode("latin-1", "replace") + b"\r\n")

    async def _tell_late(self, fields: Fields, delay: float) -> None:
        await asyncio.sleep(delay)
        self._broadcast(fields)

    async def _cut_when_sent(self, link: int) -> None:
        writer = self._links.get(link)
        if writer is not None:
            with contextlib.suppress(OSError):
                await writer.drain()
            writer.close()

    async def _tick(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _device_event(name: str, state: str) -> Fields:
    return {"Event": "DeviceStateChange", "Device": name, "State": state}


def _use(faults: Faults, name: str) -> bool:
    left = int(getattr(faults, name))
    if left > 0:
        setattr(faults, name, left - 1)
    return left > 0


def _others_event(serial: int) -> Fields:
    return {"Event": "VarSet", "Variable": "X", "Value": "y" * 100, "Uniqueid": f"other-{serial}.1"}

"""The link to one Asterisk: kept up, watched, resynchronised, and the actions we may take.

After each (re)connect ``on_up`` runs first: it reads the database, then the channel list, and
adopts or gives up what it finds. Only then is the link *ready*: nothing is dialled and no event is
handed on before. Events go through one bounded queue to one consumer; where it overflows, the
queue is thrown away and ``on_up`` runs again.
"""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

import structlog

from ivr.ami import actions
from ivr.ami.backoff import Backoff
from ivr.ami.events import (
    AmiError,
    BadValue,
    Ended,
    Event,
    LinkDown,
    LoginRefused,
    MaybePlaced,
    Refused,
)
from ivr.ami.translate import ORIGINATE, Fields, Translator, key_typed, text
from ivr.ami.values import checked_trunk, is_channel_id
from ivr.ami.wire import Wire, connect

log = structlog.get_logger(__name__)

_FAILURES_AT_START = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """All in seconds."""

    action: float = 2.0
    channel_list: float = 5.0
    connect: float = 5.0
    ping_every: float = 5.0
    ping_misses: int = 2
    #: How long to wait for FullyBooted after the login; a PBX that never says it is used all the
    #: same. Asterisk answers AMI before its trunks are loaded.
    boot: float = 0.5
    #: Nobody listens, or the link broke: a restarted Asterisk is wanted back at once.
    reconnect_first: float = 0.25
    reconnect_cap: float = 2.0
    #: The login was refused: trying harder only fills Asterisk's security log.
    refused_first: float = 1.0
    refused_cap: float = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """Where Asterisk's AMI listens and who we are there."""

    host: str
    port: int
    user: str
    secret: str


class AmiLink:
    """See the module. One task runs ``run``; every other method may be called by any task.

    ``on_events`` gets the events in order, as many at once as wait (one transaction stores them
    all), and is never entered twice at a time. ``on_alarm(kind, reason)`` is told what a person
    must look at: ``ami_login_refused``, ``ami_down``, ``ami_up``. ``on_device(name, state)``
    hears the states of Asterisk's devices as they change, and by ``devices``; ``on_contact(name,
    address, connected)`` that a phone registered from an address, or that this one is gone;
    ``on_proof(name, address)`` that a password was right, and where from;
    ``on_key(channel_id, key)`` each key that a far end typed. They must not block.
    ``ours``: this Asterisk has our own configuration, not somebody else's.
    """

    def __init__(
        self,
        account: Account,
        *,
        on_up: Callable[[], Awaitable[None]],
        on_events: Callable[[list[Event]], Awaitable[None]],
        on_alarm: Callable[[str, str], Awaitable[None]],
        trunk: str = "trunk",
        context: str = "callflow-outgoing",
        timing: Timing | None = None,
        queue_size: int = 10_000,
        ours: bool = False,
        on_key: Callable[[str, str], None] | None = None,
        on_device: Callable[[str, str], None] = lambda name, state: None,
        on_contact: Callable[[str, str, bool], None] = lambda name, address, connected: None,
        on_proof: Callable[[str, str], None] | None = None,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self._account = account
        self._on_up, self._on_events, self._on_alarm = on_up, on_events, on_alarm
        self._trunk, self._context, self._ours = checked_trunk(trunk), context, ours
        self._timing = timing or Timing()
        self._queue: deque[Event] = deque()
        self._queue_size = queue_size
        self._on_key, self._on_device = on_key, on_device
        self._on_contact, self._on_proof = on_contact, on_proof
        self._overflow = False
        self._booted = asyncio.Event()
        self._something = asyncio.Event()  # events wait, or the link died
        self._suspicion = asyncio.Event()  # an action went unanswered: ping now
        self._translator = Translator()
        self._session = 0
        self._wire: Wire | None = None
        self._resynced = False
        self._reconnect = Backoff(self._timing.reconnect_first, self._timing.reconnect_cap, dice)
        self._refusals = Backoff(self._timing.refused_first, self._timing.refused_cap, dice)
        self._failures = 0
        self._was_up = False
        self._told = ""  # what a person was told of the present outage

    # --- state ---

    @property
    def ready(self) -> bool:
        """Logged in, resynchronised, and no action is waiting in vain: calls may be placed."""
        return self._resynced and not self._suspicion.is_set() and self.connected

    @property
    def connected(self) -> bool:
        """Logged in; perhaps not resynchronised yet."""
        return self._wire is not None and self._wire.alive

    def waiting_ends(self) -> dict[str, Ended]:
        """Ends that were heard on this link and not handed on yet, by call id.

        For ``on_up``: a call that ended while the channel list was asked for is not lost.
        """
        return {event.call_id: event for event in self._queue if isinstance(event, Ended)}

    def is_to_say(self, call_id: str) -> bool:
        """True where something was heard of this call that is not handed on yet."""
        return any(event.call_id == call_id for event in self._queue)

    def remember(self, call_id: str, *, rang: bool, answered: bool) -> None:
        """Tell what the row of a live call says, so that its end is judged by all of it.

        A call that somebody else began (from outside) is followed only after this.
        """
        self._translator.remember(call_id, rang=rang, answered=answered)

    # --- actions ---

    async def originate(
        self,
        call_id: str,
        number: str,
        caller_number: str,
        ring_time: float,
        trunk: str = "",
        *,
        context: str = "",
    ) -> None:
        """Ask Asterisk to call ``number``; the row of ``call_id`` must be stored as started.

        Returns when Asterisk took the order. Raises NotPlaced (a retry doubles nothing; it needs
        a new id all the same) or MaybePlaced. ``ring_time`` in seconds; ``trunk`` is the endpoint
        that it goes over, ``context`` where it goes when it is answered, where that isn't the
        link's own.
        """
        endpoint = trunk or self._trunk
        action = actions.originate(
            call_id,
            number,
            caller_number,
            ring_time,
            trunk=endpoint,
            context=context or self._context,
            ours=self._ours,
        )
        await self._order(call_id, action)

    async def ring(
        self,
        call_id: str,
        phone: str,
        caller_number: str,
        ring_time: float,
        *,
        context: str = "",
        at: str = "",
    ) -> None:
        """Ask Asterisk to ring an operator's phone, ``at`` its address where the Asterisk is our
        own; the same rules as for ``originate``."""
        ordered = actions.ring(
            call_id,
            phone,
            caller_number,
            ring_time,
            context=context or self._context,
            at=at,
        )
        await self._order(call_id, ordered)

    async def _order(self, call_id: str, action: dict[str, str]) -> None:
        if not self.ready:
            raise LinkDown("the link to Asterisk is not ready")
        if not self._translator.sent(call_id, self._session):
            raise BadValue(f"an id is never sent twice: {call_id}")
        await self._act(action, action_id=ORIGINATE + call_id)

    async def channels(self) -> set[str]:
        """Ids of the channels that live in Asterisk. Never polled on a timer (asterisk #1928)."""
        within = self._timing.channel_list
        items = await self._act(
            {"Action": "CoreShowChannels"}, list_of="CoreShowChannel", within=within
        )
        self._heard_of_channels(items)
        return {uid for item in items if is_channel_id(uid := text(item, "uniqueid"))}

    async def status(self, call_id: str) -> bool:
        """True where this one call lives in Asterisk. Raises AmiError where that stays unknown."""
        try:
            items = await self._act(actions.status(call_id), list_of="Status")
        except Refused as refusal:
            if "no such channel" in str(refusal).lower():
                return False
            raise
        self._heard_of_channels(items)
        return any(text(item, "uniqueid") in ("", call_id) for item in items)

    async def devices(self) -> None:
        """Have ``on_device`` told of every device; a PBX that can't say is left alone."""
        try:
            await self._act(
                {"Action": "DeviceStateList"},
                list_of="DeviceState",
                within=self._timing.channel_list,
                each=lambda item: self._on_device(text(item, "device"), text(item, "state")),
            )
        except (Refused, MaybePlaced) as error:
            log.info("ami.no_device_states", reason=str(error))

    async def hangup(self, call_id: str, cause: int = 16) -> bool:
        """End this call; False where Asterisk knows no such channel (any more)."""
        return await self._on_channel(actions.hangup(call_id, cause))

    async def redirect(self, call_id: str, context: str) -> bool:
        """Take this call out of its dialogue, into another context of ours."""
        return await self._on_channel(actions.redirect(call_id, context=context))

    async def mute(self, call_id: str, on: bool) -> bool:
        """Silence the recording of this call while a code is typed, or not any more."""
        return await self._on_channel(actions.mute(call_id, on=on))

    async def press(self, call_id: str, key: str) -> bool:
        """Send one key to the far end of this call."""
        return await self._on_channel(actions.press(call_id, key))

    async def conference_mute(self, room: str, call_id: str, on: bool) -> bool:
        """Nobody in the conference ``room`` hears this call, or again."""
        try:
            items = await self._act(actions.status(call_id), list_of="Status")
        except Refused as refusal:
            if "no such channel" in str(refusal).lower():
                return False
            raise
        name = next((text(item, "channel") for item in items), "")
        if not name:
            return False
        await self._act(actions.conference_mute(room, name, on=on))
        return True

    async def _on_channel(self, fields: dict[str, str]) -> bool:
        try:
            await self._act(fields)
        except Refused as refusal:
            if "no such channel" in str(refusal).lower():
                return False
            raise
        return True

    async def _act(
        self,
        fields: dict[str, str],
        *,
        list_of: str = "",
        action_id: str = "",
        within: float = 0,
        each: Callable[[Fields], None] | None = None,
    ) -> list[Fields]:
        if self._wire is None:
            raise LinkDown("the link to Asterisk is down")
        try:
            return await self._wire.act(
                fields,
                within=within or self._timing.action,
                list_of=list_of,
                action_id=action_id,
                each=each,
            )
        except MaybePlaced:
            self._suspicion.set()  # a half-open link: find out now, and dial nothing meanwhile
            raise

    # --- life of the link ---

    async def run(self) -> None:
        """Keep the link up until cancelled."""
        try:
            while True:
                pause = await self._one_link()
                await asyncio.sleep(pause)
        finally:
            self._drop("we stop")

    async def _one_link(self) -> float:
        """From connecting to losing it; answers how many seconds to wait before the next."""
        try:
            await self._open()
            await self._serve()
            why = self._wire.why if self._wire else ""
        except LoginRefused as refusal:
            self._drop("login refused")
            await self._refused(str(refusal))
            return self._refusals.wait()
        except (OSError, TimeoutError, AmiError) as error:
            why = str(error) or "no answer"
        except Exception as error:
            # The store failed in on_up: without a resync nothing may be dialled, so begin again.
            log.exception("ami.resync_failed")
            why = f"resynchronising failed: {error}"
        self._drop("lost")
        await self._down(why)
        return self._reconnect.wait()

    async def _open(self) -> None:
        self._session += 1
        self._booted.clear()
        self._suspicion.clear()
        self._something.clear()
        session, account = self._session, self._account
        self._wire = await connect(
            account.host,
            account.port,
            lambda fields: self._heard(fields, session),
            self._timing.connect,
        )
        await self._login()
        try:
            async with asyncio.timeout(self._timing.boot):
                await self._booted.wait()
        except TimeoutError:
            log.info("ami.not_said_booted", waited=self._timing.boot)

    async def _login(self) -> None:
        account = self._account
        dtmf, proofs = self._on_key is not None, self._on_proof is not None and self._ours
        action = actions.login(account.user, account.secret, dtmf=dtmf, proofs=proofs)
        try:
            await self._act(action, within=self._timing.connect)
        except Refused as refusal:
            raise LoginRefused(str(refusal)) from None
        self._refusals.reset()

    async def _serve(self) -> None:
        """Resynchronise, then hand on events until the link is lost."""
        wire = self._wire
        assert wire is not None
        watchdog = asyncio.create_task(self._watch(wire))
        try:
            await self._resync()
            self._reconnect.reset()
            await self._consume(wire)
        finally:
            watchdog.cancel()

    async def _resync(self) -> None:
        self._resynced = self._overflow = False
        await self._on_up()
        self._resynced = True
        self._failures, self._was_up = 0, True
        if self._told:
            self._told = ""
            await self._alarm("ami_up", "")

    async def _consume(self, wire: Wire) -> None:
        while wire.alive or self._queue:
            if self._overflow:
                log.warning("ami.overflow", dropped=len(self._queue))
                self._queue.clear()
                if wire.alive:
                    await self._resync()
            await self._hand_on()
            if wire.alive:
                await self._something.wait()
                self._something.clear()

    async def _hand_on(self) -> None:
        while self._queue and not self._overflow:
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), 200))]
            try:
                await self._on_events(batch)
            except Exception:
                # The rows are behind what Asterisk said: the resync will set them right.
                log.exception("ami.events_failed", events=len(batch))
                self._overflow = True
                self._something.set()

    async def _watch(self, wire: Wire) -> None:
        """Ping; two misses in a row end a half-open link. Also wakes the consumer at the end."""
        pinger = asyncio.create_task(self._ping(wire))
        try:
            await wire.closed_event.wait()
        finally:
            pinger.cancel()
            self._something.set()

    async def _ping(self, wire: Wire) -> None:
        misses = 0
        while True:
            if not misses:
                await self._ping_due()
            try:
                await wire.act({"Action": "Ping"}, within=self._timing.action)
            except Refused:
                pass  # an answer is an answer
            except AmiError:
                misses += 1
                self._suspicion.set()
                if misses >= self._timing.ping_misses:
                    wire.close("no answer to ping")
                    return
                continue
            misses = 0
            self._suspicion.clear()

    async def _ping_due(self) -> None:
        try:
            async with asyncio.timeout(self._timing.ping_every):
                await self._suspicion.wait()
        except TimeoutError:
            return

    # --- what the wire tells; never blocks, never raises ---

    def _heard(self, fields: Fields, session: int) -> None:
        if session != self._session:
            return
        match text(fields, "event").lower():
            case "fullybooted":
                self._booted.set()
            case "devicestatechange":
                self._on_device(text(fields, "device"), text(fields, "state"))
            case "contactstatus":
                status = text(fields, "contactstatus").lower()
                connected = status not in ("removed", "unreachable")
                self._on_contact(text(fields, "aor"), text(fields, "uri"), connected)
            case "successfulauth" if self._on_proof is not None:
                self._on_proof(text(fields, "accountid"), text(fields, "remoteaddress"))
            case "dtmfend" if self._on_key is not None and (typed := key_typed(fields)):
                self._on_key(*typed)
        self._put(self._translator.events(fields, session))

    def _heard_of_channels(self, items: list[Fields]) -> None:
        """A call may have been answered while the link was down: the list says so."""
        for item in items:
            self._put(self._translator.channel(item))

    def _put(self, events: Iterable[Event]) -> None:
        for event in events:
            if len(self._queue) >= self._queue_size:
                self._overflow = True
            else:
                self._queue.append(event)
            self._something.set()

    def _drop(self, why: str) -> None:
        self._resynced = False
        if self._wire is not None:
            self._wire.close(why)
            self._wire = None

    async def _refused(self, why: str) -> None:
        log.critical("ami.login_refused", reason=why)
        if self._told != "refused":
            self._told = "refused"
            await self._alarm("ami_login_refused", why)

    async def _down(self, why: str) -> None:
        """Once an outage; an Asterisk that is still starting is given time first."""
        log.warning("ami.down", reason=why)
        self._failures += 1
        if not self._told and (self._was_up or self._failures >= _FAILURES_AT_START):
            self._told = "down"
            await self._alarm("ami_down", why)

    async def _alarm(self, kind: str, message: str) -> None:
        try:
            await self._on_alarm(kind, message)
        except Exception:
            log.exception("ami.alarm_failed", kind=kind)

"""The canary's two legs on the line: what each says, what it hears, and who is none of ours.

A call from outside that comes while a canary is under way is kept for a moment without a word: it
is the canary's, if it types that call's keys. Whoever it is otherwise has the ordinary dialogue,
as soon as that is known: at once where the placed leg is answered by somebody else or not at all.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import structlog

from callflow.clock import Clock
from callflow.core.watch.canary import ARRIVED_HZ, PLACED_HZ, seconds_of
from callflow.handling.watch import canaries
from callflow.handling.watch.panels import caller_number
from callflow.storage import Store, StoreUnavailable
from callflow.vault import Vault, equal
from ivr import recording
from ivr.agi.protocol import Gone, Session
from ivr.ami import is_call_id, is_channel_id

log = structlog.get_logger(__name__)

#: Seconds: until the way back is open; a key and the pause behind it; a leg's tone, and as long as
#: the placed one listens for it; until its own call's answer is known to a call from outside.
_OPENS, _KEY, _TONE, _LISTENS, _ANSWER_KNOWN = 1.0, 0.1, 2.5, 6.0, 3.0
#: Seconds between two looks at what became of the other leg.
_LOOK = 0.25
#: MixMonitor closes its file a moment after the channel is gone.
_SETTLES_IN, _SETTLES_EVERY = 20, 0.2


class Canaries:
    """The route ``canary`` of the AGI server, and the gate before ``incoming``."""

    def __init__(
        self,
        store: Store,
        vault: Vault,
        recordings: Path,
        *,
        now: Clock,
        monotonic: Callable[[], float],
        kept: Callable[[str], None],
    ) -> None:
        """``kept`` is told of a channel whose recording is no call's."""
        self._store, self._vault, self._recordings = store, vault, recordings
        self._now, self._monotonic = now, monotonic
        self._kept = kept
        self._typed: dict[str, str] = {}  # of each channel that is kept: the keys so far
        self._background: set[asyncio.Task[None]] = set()

    def key(self, channel_id: str, key: str) -> None:
        """AMI tells that a far end typed ``key``."""
        if channel_id in self._typed:
            self._typed[channel_id] += key

    # --- the placed leg ---

    async def placed(self, session: Session) -> None:
        """Our own call was answered: types its keys, sounds, and listens until the other ends."""
        call_id, now = session.channel_id, self._now()
        known = is_call_id(call_id) and await self._store.write(
            lambda tx: canaries.picked_up(tx, call_id, now)
        )
        if not known:
            await session.set_variable("CALLFLOW_DONE", "1")
            return
        try:
            await _sound(session, 0)
            await _wait(session, _OPENS)
            keys = canaries.keys(self._vault, call_id)
            pause = int(_KEY * 1000)
            await session.run("SendDTMF", f"{keys},{pause},{pause}", 10.0)
            await _sound(session, PLACED_HZ)
            await _wait(session, _LISTENS)
            await session.set_variable("CALLFLOW_DONE", "1")
        finally:
            self._later(self._listened(call_id))

    async def _listened(self, call_id: str) -> None:
        heard = await self._measured(call_id, ARRIVED_HZ)
        await self._store.write(lambda tx: canaries.listened(tx, call_id, heard))
        self._delete(call_id)

    # --- the arrived leg ---

    async def gate(self, session: Session) -> bool:
        """True where a call from outside was the station's own, or is over: nothing more is to be
        said to it."""
        channel = session.channel_id
        if not is_channel_id(channel):
            return False
        self._typed[channel] = ""
        try:
            return await self._kept_back(session, channel)
        except StoreUnavailable:
            return False  # the ordinary dialogue knows what to do then
        finally:
            self._typed.pop(channel, None)

    async def _kept_back(self, session: Session, channel: str) -> bool:
        there = await self._store.read(canaries.awaited)
        if there is None:
            return False
        shown = caller_number(session.header.get("agi_callerid", "")[:80])
        keys, begun = canaries.keys(self._vault, there.id), self._monotonic()
        try:
            await _sound(session, 0)  # a network ends a call in which nothing comes
            while not self._proves(channel, keys):
                await _wait(session, _LOOK)
                now = await self._store.read(canaries.awaited)
                late = self._monotonic() - begun > _ANSWER_KNOWN
                if now is None or now.id != there.id or (late and not now.answered):
                    return await _let_go(session)
        except Gone:
            return await self._was_ours(there.id, channel, shown)
        if not await self._store.write(lambda tx: canaries.came_back(tx, there.id, channel, shown)):
            return await _let_go(session)
        await self._ours(session, there.id, channel)
        return True

    def _proves(self, channel: str, keys: str) -> bool:
        """Compared whole, so that nobody learns a part."""
        return equal(self._typed.get(channel, "")[-len(keys) :], keys)

    async def _ours(self, session: Session, canary: str, channel: str) -> None:
        self._kept(channel)
        try:
            await _sound(session, ARRIVED_HZ)
            await _wait(session, _TONE)
            await session.set_variable("CALLFLOW_DONE", "1")
        finally:
            self._later(self._heard(canary, channel))

    async def _heard(self, canary: str, channel: str) -> None:
        seconds = await self._measured(channel, PLACED_HZ)
        await self._store.write(lambda tx: canaries.heard(tx, canary, channel, seconds))
        self._delete(channel)

    async def _was_ours(self, canary: str, channel: str, shown: str) -> bool:
        """Of a call that ended while it was kept: ours without its keys, or a caller who gave up,
        who is told of as any other."""
        seconds = await self._measured(channel, PLACED_HZ)
        ours = await self._store.write(
            lambda tx: canaries.may_have_come_back(tx, canary, channel, shown, seconds)
        )
        if ours:
            self._kept(channel)
            self._delete(channel)
        return ours

    # --- both ---

    async def _measured(self, channel: str, hertz: int) -> float | None:
        """For how many seconds the far end's tone was heard; None: nothing was recorded."""
        file = recording.raw_file(self._recordings, channel)
        try:
            await _settled(file)
            raw = await asyncio.to_thread(file.read_bytes)
        except OSError as error:
            log.warning("canary.not_measured", channel=channel, reason=str(error))
            return None
        return await asyncio.to_thread(_heard_in, raw, hertz)

    def _delete(self, channel: str) -> None:
        """Nobody said anything in it."""
        recording.discard_raw(self._recordings, channel)

    def _later(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(self._done(work))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _done(self, work: Awaitable[None]) -> None:
        try:
            await work
        except StoreUnavailable as error:
            log.warning("canary.not_told", reason=str(error))

    async def close(self) -> None:
        """What is not measured by now says nothing of its trunk."""
        for task in list(self._background):
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)


async def _let_go(session: Session) -> bool:
    """To the ordinary dialogue, which says the first word. False, for the gate."""
    await session.run("StopPlayTones")
    return False


async def _sound(session: Session, hertz: int) -> None:
    """From now on; 0: silence, which is sent as well."""
    await session.run("PlayTones", str(hertz) if hertz else "0/1000")


async def _wait(session: Session, seconds: float) -> None:
    """Raises Gone where the far end hangs up meanwhile; its keys are AMI's to tell."""
    until = asyncio.get_running_loop().time() + seconds
    while (left := until - asyncio.get_running_loop().time()) > 0:
        answer = await session.command(f"WAIT FOR DIGIT {max(1, int(left * 1000))}", seconds + 5)
        if answer.result == "-1":
            raise Gone("hung up")


async def _settled(file: Path) -> None:
    """Its size stays the same. Raises OSError."""
    before = -1
    for _ in range(_SETTLES_IN):
        await asyncio.sleep(_SETTLES_EVERY)
        size = (await asyncio.to_thread(file.stat)).st_size
        if size == before:
            return
        before = size


def _heard_in(raw: bytes, hertz: int) -> float:
    """What the far end said is the first of two channels (``ivr.recording``)."""
    both = np.frombuffer(raw[: len(raw) // recording.FRAME * recording.FRAME], dtype="<i2")
    return seconds_of(both.reshape(-1, 2)[:, 0] / 32768.0, hertz)

"""Contact ID by phone (ANSI/SIA DC-05): the AGI route that panels call.

It answers like a receiver: a handshake of two tones, 16 keys, a checksum, the commit, and only then
the kiss-off, which lets the panel forget its message. Without a kiss-off within 1.25 s the panel
sends again, so nothing is said to it of what is wrong.

Keys come as tones in the audio or as RFC 4733, and an endpoint hears only one of them: whichever
handshake is answered decides (telephony.md). Tones of ours play while keys are read: between two
AGI commands keys are lost.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Protocol

import structlog

from callflow.call import Outcome
from callflow.signals.contact_id import BLOCK_LENGTH, BadBlock, Block, read_block
from ivr.agi import Gone, Session

log = structlog.get_logger()

#: Seconds from the answer to the handshake (DC-05: 0.5 to 2).
ANSWER_PAUSE = 1.25
#: Hz/milliseconds; ``!`` plays an element once. The silence behind goes on, so that the recording
#: keeps its gaps where the panel's side sends nothing.
HANDSHAKE = "!1400/100,!0/100,!2300/100,0/1000"
KISS_OFF = "!1400/900,0/1000"
#: Seconds that the tones last.
HANDSHAKE_S, KISS_OFF_S = 0.3, 0.9
#: Seconds for the first key after a handshake: panels send 0.25 to 0.3 s after it.
FIRST_KEY = 2.5
#: Seconds between two keys; a panel that had no kiss-off begins anew after 1.25 s.
NEXT_KEY = 0.7
#: Seconds for the next message after a kiss-off, or for the same again without one.
NEXT_BLOCK = 4.0
#: Seconds after the kiss-off of a listen-in: a panel that missed it sends again by then.
RESENT = 1.5
#: Seconds for the commit: later the kiss-off would meet the panel's next try.
COMMIT_PATIENCE = 1.0
#: The handshakes of a call that stays silent, by how keys are heard then; after them it ends.
HANDSHAKES = ("inband", "rfc4733", "inband", "rfc4733")
#: Messages of one call, and bursts of keys that are none, where there is no message and where
#: there is one: a voice makes some too.
BLOCKS_AT_MOST = 64
NOISE_AT_MOST, REFUSED_AT_MOST = 8, 24
#: "Listen-in to follow" (DC-05, 606).
LISTEN_IN = "1606"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A panel's call as its row stands. ``known``: a server before us had it.

    ``room`` is the conference in which it is listened in to already, ``mute``: nothing may be heard
    at the premises. ``listen`` is the account for which it asked for that before a server died.
    """

    known: bool = False
    room: str = ""
    mute: bool = False
    listen: str = ""


class PanelStore(Protocol):
    """What a panel's call commits. Each method returns after its commit, or raises."""

    async def arrived(self, channel_id: str, caller: str, name: str) -> Arrival | None:
        """Stores the call once; None for a channel that Asterisk can't have."""

    async def store(self, channel_id: str, caller: str, block: Block) -> None:
        """Stores the message once, however often it is sent."""

    async def listen_in(self, channel_id: str, account: str) -> Arrival:
        """Hangs the call on the panel's incident, and rings a human to listen."""

    async def conclude(self, channel_id: str, outcome: Outcome) -> None:
        """What the call came to. Idempotent."""


class Panels:
    """The route ``panel`` of the AGI server. ``counts``: calls, blocks, and refusals by reason."""

    def __init__(self, store: PanelStore) -> None:
        self._store = store
        self.counts: Counter[str] = Counter()

    async def panel(self, session: Session) -> None:
        """A panel calls. What is raised leaves the call to the next server: Asterisk asks again."""
        caller = session.header.get("agi_callerid", "")[:80]
        name = session.header.get("agi_calleridname", "")[:80]
        name = "" if name == "unknown" else name  # Asterisk's word for none
        arrival = await self._store.arrived(session.channel_id, caller, name)
        if arrival is None:
            await session.set_variable("CALLFLOW_DONE", "1")
            return
        self.counts["calls"] += not arrival.known
        if not arrival.room:
            arrival = await _Talk(self, session, caller, arrival).run()
        if arrival.room:
            await _keep_open(session, arrival)
        await session.set_variable("CALLFLOW_DONE", "1")


class _Talk:
    """One call's messages."""

    def __init__(self, panels: Panels, session: Session, caller: str, arrival: Arrival) -> None:
        self._store, self._counts = panels._store, panels.counts
        self._session = session
        self._id = session.channel_id
        self._caller = caller
        self._taken = self._refused = 0
        self._known, self._asks_to_listen = arrival.known, arrival.listen

    async def run(self) -> Arrival:
        """From the answer until the panel is silent, or is to be listened in to."""
        if (
            self._known
        ):  # greeted by a server that died: the panel is sending, or about to send again
            await self._listen(FIRST_KEY)
        else:
            await self._key(ANSWER_PAUSE)
        for mode in HANDSHAKES:
            if self._over:
                break
            await self._session.set_variable("PJSIP_DTMF_MODE()", mode)
            await self._play(HANDSHAKE)
            await self._listen(HANDSHAKE_S + FIRST_KEY)
        if self._asks_to_listen:
            return await self._store.listen_in(self._id, self._asks_to_listen)
        if not self._taken:
            await self._nobody()
        return Arrival()

    @property
    def _over(self) -> bool:
        """Whether the panel has said what it had to say, or there is none."""
        return bool(self._taken or self._asks_to_listen) or self._refused >= NOISE_AT_MOST

    async def _listen(self, patience: float) -> None:
        """Take blocks until none comes within ``patience`` seconds of the last."""
        while keys := await self._read(patience):
            taken = await self._take(keys)
            patience = RESENT if self._asks_to_listen else NEXT_BLOCK
            if taken:
                await self._play(KISS_OFF)
                patience += KISS_OFF_S
            if self._is_too_much:
                return

    @property
    def _is_too_much(self) -> bool:
        """More is no panel, but a fault or somebody's game; it may call again."""
        most = REFUSED_AT_MOST if self._taken else NOISE_AT_MOST
        return self._taken >= BLOCKS_AT_MOST or self._refused >= most

    async def _take(self, keys: str) -> bool:
        """Whether ``keys`` are a message that is stored now."""
        try:
            block = read_block(keys)
        except BadBlock as error:
            self._refused += 1
            self._counts[f"bad_{error.fault}"] += 1
            log.info("panel.refused", call=self._id, why=str(error.fault), keys=len(keys))
            return False
        if not await self._commit(block):
            return False
        self._taken += 1
        if block.event.code == LISTEN_IN:
            self._asks_to_listen = block.account
        return True

    async def _commit(self, block: Block) -> bool:
        """Whether the kiss-off may sound. Too late is no: the panel is sending again by then."""
        try:
            async with asyncio.timeout(COMMIT_PATIENCE):
                await self._store.store(self._id, self._caller, block)
        except Exception as error:
            self._counts["not_stored"] += 1
            log.critical("panel.not_stored", call=self._id, reason=repr(error))
            return False
        self._counts["received"] += 1
        return True

    async def _nobody(self) -> None:
        """Silence or a voice. It ends here, even where that can't be stored."""
        try:
            await self._store.conclude(self._id, Outcome.NO_KEY)
        except Exception as error:
            log.critical("panel.not_concluded", call=self._id, reason=repr(error))

    # --- keys and tones ---

    async def _read(self, patience: float) -> str:
        """A burst of up to 16 keys; "" where none came."""
        keys = ""
        while len(keys) < BLOCK_LENGTH:
            key = await self._key(NEXT_KEY if keys else patience)
            if not key:
                break
            keys += key
        return keys

    async def _key(self, timeout_s: float) -> str:
        """The next key, "" after ``timeout_s``."""
        milliseconds = int(timeout_s * 1000)
        answer = await self._session.command(f"WAIT FOR DIGIT {milliseconds}", timeout_s + 5.0)
        if answer.result == "-1":
            raise Gone("hung up")
        return chr(int(answer.result)) if answer.result not in ("", "0") else ""

    async def _play(self, tones: str) -> None:
        """Begins to play; the next command reads meanwhile."""
        await self._session.command(f'EXEC PlayTones "{tones}"')


async def _keep_open(session: Session, arrival: Arrival) -> None:
    """The call goes on in a conference, where nobody at the premises may hear us if it is mute."""
    await session.command("EXEC StopPlayTones")
    if arrival.mute:
        await session.set_variable("MUTEAUDIO(out)", "on")
    await session.set_variable("CALLFLOW_ROOM", arrival.room)
    await session.set_variable("CALLFLOW_NEXT", "conference")

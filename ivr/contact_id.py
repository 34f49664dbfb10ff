"""Contact ID by phone (ANSI/SIA DC-05): the AGI route that panels call.

It answers like a receiver: a handshake of two tones, 16 keys, a checksum, the commit, and only then
the kiss-off, which lets the panel forget its message. Without a kiss-off within 1.25 s the panel
sends again, so nothing is said to it of what is wrong.

Keys come as tones in the audio or as RFC 4733, and an endpoint hears only one of them: whichever
handshake is answered decides (docs/explanation/telephony.md). Between two AGI commands keys are
lost, and a busy machine is late there; so one command plays our tones and reads a whole message.
"""

import asyncio
import math
import sys
from array import array
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog

from callflow.core.calls.call import Outcome
from callflow.core.signals.contact_id import BLOCK_LENGTH, BadBlock, Block, read_block
from ivr.agi import Session
from ivr.agi.protocol import PATIENCE

log = structlog.get_logger()

#: Seconds from the answer to the handshake (DC-05: 0.5 to 2).
ANSWER_PAUSE = 1.25
#: Tones as files that Asterisk plays while it reads: (Hz, milliseconds), 0 is silence.
HANDSHAKE, KISS_OFF = "handshake", "kiss_off"
TONES = {
    HANDSHAKE: ((1400, 100), (0, 100), (2300, 100)),
    KISS_OFF: ((1400, 900),),
}
_RATE, _LOUDNESS = 8000, 7000  # samples a second; of 32767, about -13 dBm0
#: Seconds for the first key after a handshake: panels send 0.25 to 0.3 s after it.
FIRST_KEY = 2.5
#: Seconds between two keys; a panel that had no kiss-off begins anew after 1.25 s.
NEXT_KEY = 0.7
#: Seconds for the next message after a kiss-off, or for the same again without one.
NEXT_BLOCK = 4.0
#: Seconds after the kiss-off of a listen-in: a panel that missed it sends again by then.
RESENT = 2.0
#: The same after a server that died, with how keys are heard left as it was: a handshake, and above
#: all hearing them otherwise, would cost the panel one of its few tries.
LEFT = 6.0
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

    def __init__(self, store: PanelStore, tones: Path) -> None:
        """``tones`` is the folder of ``write_tones``, which Asterisk must be able to read."""
        self._store, self._tones = store, tones
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


def write_tones(folder: Path) -> None:
    """Makes the files of ``TONES``: 16 bit, 8 kHz, without a header (Asterisk's sln)."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, elements in TONES.items():
        samples = array("h")
        for hertz, milliseconds in elements:
            step = 2 * math.pi * hertz / _RATE
            count = milliseconds * _RATE // 1000
            samples.extend(round(_LOUDNESS * math.sin(step * n)) for n in range(count))
        if sys.byteorder == "big":
            samples.byteswap()
        fresh = folder / f"{name}.new"
        fresh.write_bytes(samples.tobytes())
        fresh.replace(folder / f"{name}.sln")


class _Talk:
    """One call's messages."""

    def __init__(self, panels: Panels, session: Session, caller: str, arrival: Arrival) -> None:
        self._store, self._counts, self._tones = panels._store, panels.counts, panels._tones
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
            await self._listen(LEFT)
        else:
            await asyncio.sleep(ANSWER_PAUSE)
        for mode in HANDSHAKES:
            if self._over:
                break
            await self._session.set_variable("PJSIP_DTMF_MODE()", mode)
            await self._listen(FIRST_KEY, HANDSHAKE)
        if self._asks_to_listen:
            return await self._store.listen_in(self._id, self._asks_to_listen)
        if not self._taken:
            await self._nobody()
        return Arrival()

    @property
    def _over(self) -> bool:
        """True where the panel has said what it had to say, or there is none."""
        return bool(self._taken or self._asks_to_listen) or self._refused >= NOISE_AT_MOST

    async def _listen(self, patience: float, tones: str = "") -> None:
        """Take blocks until none comes within ``patience`` seconds after ``tones``."""
        while keys := await self._read(patience, tones):
            if self._is_too_much:  # the last kiss-off was played
                return
            tones = KISS_OFF if await self._take(keys) else ""
            patience = RESENT if self._asks_to_listen else NEXT_BLOCK

    @property
    def _is_too_much(self) -> bool:
        """More is no panel, but a fault or somebody's game; it may call again."""
        most = REFUSED_AT_MOST if self._taken else NOISE_AT_MOST
        return self._taken >= BLOCKS_AT_MOST or self._refused >= most

    async def _take(self, keys: str) -> bool:
        """True where ``keys`` are a message that is stored now."""
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
        """True where the kiss-off may sound. Too late is no: the panel is sending again by then."""
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

    async def _read(self, patience: float, tones: str) -> str:
        """A burst of up to 16 keys, during ``tones`` or after; "" where none came.

        No key ends it: # is a digit.
        """
        await self._session.set_variable("TIMEOUT(response)", f"{patience:.1f}")
        await self._session.set_variable("TIMEOUT(digit)", f"{NEXT_KEY:.1f}")
        longest = patience + NEXT_KEY * BLOCK_LENGTH + PATIENCE
        file = self._tones / tones if tones else ""
        read = f'EXEC Read "CALLFLOW_KEYS,{file},{BLOCK_LENGTH},t(),1"'
        await self._session.command(read, longest)
        answer = await self._session.command("GET VARIABLE CALLFLOW_KEYS")
        return answer.data if answer.result == "1" else ""


async def _keep_open(session: Session, arrival: Arrival) -> None:
    """The call goes on in a conference, where nobody at the premises may hear us if it is mute."""
    await session.command("EXEC StopPlayTones")
    if arrival.mute:
        await session.set_variable("MUTEAUDIO(out)", "on")
    await session.set_variable("CALLFLOW_ROOM", arrival.room)
    await session.set_variable("CALLFLOW_NEXT", "conference")

"""A panel as a FastAGI server sees it: keys that come one by one, and silences."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from callflow.core.calls.call import Outcome
from callflow.core.signals.contact_id import Block
from ivr.contact_id import Arrival
from tests.support.phones.agi_phone import AgiPhone

#: In the keys: nothing comes in the time that is waited for.
SILENCE = " "
#: In the keys: the panel is gone.
GONE = "!"


@dataclass
class PanelOnAgi(AgiPhone):
    """``burst`` are the keys of the call; after them there is silence."""

    burst: str = ""
    read: str = ""
    tones: list[str] = field(default_factory=list)

    def _answer(self, command: str) -> str | None:
        if command.startswith("EXEC Read"):
            file = command.split(",")[1]
            self.tones += [file.rpartition("/")[2]] if file else []
            return self._read()
        if command.startswith("GET VARIABLE CALLFLOW_KEYS"):
            return f"200 result=1 ({self.read})\n"
        if command.startswith("SET VARIABLE TIMEOUT("):
            return "200 result=1\n"
        if command.startswith("SET VARIABLE PJSIP_DTMF_MODE()"):
            self.tones.append(command.split('"')[1])
            return "200 result=1\n"
        return super()._answer(command)

    def _read(self) -> str:
        """Up to 16 keys, or what came before a silence."""
        self.read = ""
        while len(self.read) < 16:
            key, self.burst = self.burst[:1] or SILENCE, self.burst[1:]
            if key == GONE:
                return "HANGUP\n"
            if key == SILENCE:
                break
            self.read += key
        return "200 result=0\n"


@dataclass
class MemoryPanels:
    """Commits like the product's, after ``commit_s``; ``failing`` makes it be away."""

    arrival: Arrival | None = field(default_factory=Arrival)
    commit_s: float = 0.0
    failing: bool = False
    stored: list[str] = field(default_factory=list)
    concluded: list[Outcome] = field(default_factory=list)
    listened: list[str] = field(default_factory=list)
    mute: bool = False

    async def arrived(self, channel_id: str, caller: str, name: str) -> Arrival | None:
        await self._commit()
        return self.arrival

    async def store(self, channel_id: str, caller: str, block: Block) -> None:
        await self._commit()
        self.stored.append(block.text)

    async def listen_in(self, channel_id: str, account: str) -> Arrival:
        await self._commit()
        self.listened.append(account)
        return Arrival(known=True, room=channel_id, mute=self.mute)

    async def conclude(self, channel_id: str, outcome: Outcome) -> None:
        await self._commit()
        self.concluded.append(outcome)

    async def _commit(self) -> None:
        await asyncio.sleep(self.commit_s)
        if self.failing:
            raise ConnectionError("the store is away")

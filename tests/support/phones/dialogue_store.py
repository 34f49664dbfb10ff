"""The dialogues' store in memory, with what was committed, in order."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from callflow.core.calls.call import Outcome
from callflow.core.calls.dialogue import (
    CodeChecked,
    CodeVerdict,
    Conclude,
    Deed,
    Done,
    Effect,
    Event,
    Facts,
    Progress,
    advance,
)
from ivr.recording import Spoken


@dataclass
class MemoryStore:
    """Commits like the product's, after ``commit_s``; ``failing`` makes it be away."""

    facts: dict[str, Facts] = field(default_factory=dict)
    codes: dict[str, CodeVerdict] = field(default_factory=dict)
    incoming: Facts | None = None
    deeds: dict[str, Callable[[Deed], Done]] = field(default_factory=dict)
    commit_s: float = 0.0
    failing: bool = False
    progress: dict[str, Progress] = field(default_factory=dict)
    concluded: dict[str, list[Outcome]] = field(default_factory=lambda: defaultdict(list))
    said: dict[str, list[Spoken]] = field(default_factory=lambda: defaultdict(list))
    arrivals: list[tuple[str, str, str]] = field(default_factory=list)

    async def load(self, channel_id: str) -> tuple[Facts, Progress] | None:
        await self._commit()
        facts = self.facts.get(channel_id)
        if facts is None:
            return None
        first = Progress.start(facts)
        found = self.progress.get(channel_id, first)
        self.progress[channel_id] = replace(found, begun=True)
        return facts, found

    async def arrived(
        self, channel_id: str, caller: str, called: str, name: str
    ) -> tuple[Facts, Progress] | None:
        self.arrivals.append((channel_id, caller, called))
        if self.incoming is not None:
            self.facts.setdefault(channel_id, self.incoming)
        return await self.load(channel_id)

    async def check_code(
        self, channel_id: str, facts: Facts, progress: Progress, digits: str
    ) -> tuple[Progress, Sequence[Effect]]:
        checked = CodeChecked(self.codes.get(digits, CodeVerdict.WRONG))
        return await self._advance(channel_id, facts, progress, checked)

    async def perform(
        self, channel_id: str, facts: Facts, progress: Progress, deed: Deed
    ) -> tuple[Progress, Sequence[Effect]]:
        return await self._advance(channel_id, facts, progress, self.deeds[deed.name](deed))

    async def _advance(
        self, channel_id: str, facts: Facts, progress: Progress, event: Event
    ) -> tuple[Progress, Sequence[Effect]]:
        await self._commit()
        after, effects = advance(facts, progress, event)
        self.progress[channel_id] = after
        told = [effect.outcome for effect in effects if isinstance(effect, Conclude)]
        self.concluded[channel_id] += told
        return after, effects

    async def spoken(self, channel_id: str, recorded: Spoken) -> None:
        await self._commit()
        self.said[channel_id].append(recorded)

    async def save(self, channel_id: str, progress: Progress, *outcomes: Outcome) -> None:
        await self._commit()
        self.progress[channel_id] = progress
        self.concluded[channel_id] += outcomes

    async def conclude(self, channel_id: str, outcome: Outcome) -> None:
        await self._commit()
        self.concluded[channel_id].append(outcome)

    async def _commit(self) -> None:
        await asyncio.sleep(self.commit_s)
        if self.failing:
            raise ConnectionError("the store is away")

"""The chaos test of docs/explanation/durability.md on several machines: kill -9 of engines, of
telephony, of a whole node, at times that a seed gives, while alarms come in.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.support.attacks import chaos
from tests.support.attacks.chaos import STORIES, Seen, Town
from tests.support.stations.station import Station
from tests.support.stations.two_nodes import HandOver, TwoNodes, hand_overs
from tests.support.suite.hold_ups import HoldUps

#: Seconds in which a lost node's work is another's (docs/explanation/durability.md).
TAKEN_OVER_WITHIN = 10.0


@dataclass(kw_only=True)
class Story:
    """What was done, and when."""

    kills: list[str] = field(default_factory=list)
    losses: list[datetime] = field(default_factory=list)


class Chaos:
    """One run: ``rounds`` times a handful of kills, a whole node lost in each."""

    def __init__(self, both: TwoNodes, chance: random.Random, *, sites: int, rounds: int) -> None:
        self.both, self.town, self._chance = both, Town(both, letter="M"), chance
        self._sites, self._rounds = sites, rounds
        self.story = Story()

    async def run(self) -> None:
        """Returns when every alarm has come to its end, and both nodes are there."""
        await self.town.open()
        names = itertools.islice(itertools.cycle(STORIES), self._sites)
        accounts = [await self.town.site(name) for name in names]
        self._chance.shuffle(accounts)
        shares = [accounts[n :: self._rounds] for n in range(self._rounds)]
        for share in shares:
            await self._round(iter(share))
        await self.both.until(self.town.all_over, within=150)

    async def _round(self, accounts: Iterator[str]) -> None:
        node = self._chance.choice(self.both.nodes)
        other = next(n for n in self.both.nodes if n is not node)
        alarms = asyncio.create_task(self._alarms(accounts))
        await self._moment()
        await self._kill_third()
        await self._moment()
        self._kill(other, "telephony")
        await self._moment()
        self.story.losses.append(await self.both.lose(node))
        self.story.kills.append(f"node of {node.data_dir.name}")
        await self._moment()
        # Of the two engines that are left one goes too; the last one only when all is taken over.
        theirs_first = self._chance.random() < 0.5
        await self._kill_engine(other if theirs_first else None)
        name = f"node{self.both.nodes.index(node)}"
        await self.both.until(lambda: self._taken_over(name), within=60)
        await self._kill_engine(None if theirs_first else other)
        await alarms
        await self.both.bring_back(node)
        self._kill(node, "engine")
        self._kill(node, "telephony")

    async def _taken_over(self, node: str) -> bool:
        """It is known as lost, and no call that lives or is asked for is still its own."""
        nodes = (await self.both.api.get("/health")).json()["nodes"]
        if not any(n["node"] == node and n["state"] == "lost" for n in nodes):
            return False
        calls = [call for i in await self.both.incidents() for call in i["calls"]]
        return not any(call["node"] == node and call["ended_at"] is None for call in calls)

    async def _alarms(self, accounts: Iterator[str]) -> None:
        for account in accounts:
            await self.town.alarm(account)
            await asyncio.sleep(self._chance.uniform(0.1, 1.2))

    async def _moment(self) -> None:
        await asyncio.sleep(self._chance.uniform(0.5, 3.0))

    async def _kill_engine(self, node: Station | None) -> None:
        if node is None:
            await self._kill_third()
        else:
            self._kill(node, "engine")

    async def _kill_third(self) -> None:
        await self.both.kill_engine()
        self.story.kills.append("third engine")
        await self.both.begin_engine()

    def _kill(self, node: Station, role: str) -> None:
        """Of telephony, whoever works; its supervisor begins another."""
        pids = [chaos.listener(node.agi_port)] if role == "telephony" else node.pids(role)
        for pid in pids:
            if pid is not None and pid != self.both.third:
                os.kill(pid, signal.SIGKILL)
        self.story.kills.append(f"{role} of {node.data_dir.name}")


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the networks and the logbook say of a run."""

    seen: list[Seen]
    taken_over: list[HandOver]
    lags: list[float]  # seconds from a call's being due to its INVITE, at whichever network

    def figures(self) -> dict[str, Any]:
        """For a person."""
        return {
            "invites": len(self.seen),
            "handed_over": sum(not found.placed for found in self.taken_over),
            "unknown": sum(found.placed for found in self.taken_over),
            "taken_over_max_s": round(max((f.after for f in self.taken_over), default=0.0), 1),
            "due_to_invite_p50_s": round(sorted(self.lags)[len(self.lags) // 2], 2),
            "due_to_invite_max_s": round(max(self.lags), 2),
        }


async def judge(run: Chaos, hold_ups: HoldUps | None = None) -> Verdict:
    """Every alarm ended, once; nothing rang twice for one attempt; no work waited for too long."""
    both, town = run.both, run.town
    incidents = await town.incidents()
    print("kills:", run.story.kills)
    print("outcomes:", dict(Counter(c["outcome"] for i in incidents for c in i["calls"])))
    print("ends:", dict(Counter(i["resolution_code"] or "human" for i in incidents)))
    seen = await chaos.far_end(both, lingers=True)
    assert Counter(i["account"] for i in incidents) == Counter(list(town.stories))
    for incident in incidents:
        assert chaos.is_over(incident), incident["account"]
        assert incident["resolution_code"] in (None, "false_alarm")
        assert [signal["text"] for signal in incident["signals"]] == [incident["account"]]
    # Nothing is taken off for the time in which somebody was away.
    held_up = hold_ups.parts() if hold_ups is not None else []
    verdict = Verdict(
        seen=seen,
        taken_over=[
            found for at in run.story.losses for found in hand_overs(incidents, at, held_up)
        ],
        lags=chaos.lags(incidents, seen, held_up),
    )
    print(verdict.figures())
    return verdict

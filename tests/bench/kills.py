"""``kills``: 10,000 signals, each with a text of its own, sent again until acknowledged, while
receiver, engine and telephony are killed in turn (kill -9, 50 times in all).

They come by DC-09 over TCP and UDP, by Sur-Gard, by DC-07 and by webhook. Afterwards every text
that was acknowledged must stand in ``GET signals`` exactly once.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx

from callflow.probes.panel import NoAnswerError, PanelClient
from callflow.probes.receiver import NotAcknowledgedError, ReceiverClient
from tests.bench.kit.figures import Report, Row, percentile, say, seeds
from tests.support.attacks import chaos
from tests.support.attacks.chaos import BUSY, Kill, Town
from tests.support.stations.station import Station

NAME = "kills"
SIGNALS, KILLS = 10_000, 50
#: How each panel sends. Receiver, engine and telephony are killed in turn.
LINES = (*["tcp"] * 4, *["udp"] * 2, "surgard", "surgard", "dc07", "webhook")
ROLES = ("receiver", "engine", "telephony")
#: Seconds between two signals of a panel: they last longer than the kills.
PAUSE = 0.12
_TRIES = 100
#: Sends one text until it is acknowledged or has had no answer for long: whether it was.
Send = Callable[[str], Awaitable[bool]]


@contextlib.asynccontextmanager
async def line(station: Station, name: str, account: str) -> AsyncIterator[Send]:
    """A panel on one of the station's lines."""
    port = station.base
    async with contextlib.AsyncExitStack() as stack:
        if name in ("tcp", "udp"):
            transport = "udp" if name == "udp" else "tcp"
            panel = await stack.enter_async_context(
                PanelClient(
                    "127.0.0.1",
                    port + 9,
                    account,
                    transport=transport,  # type: ignore[arg-type]  # one of the two
                    attempts=_TRIES,
                    answer_within=1.0,
                )
            )

            async def send(text: str) -> bool:
                return (await panel.send("BA", "1", text)).kind == "ACK"
        elif name == "webhook":

            async def send(text: str) -> bool:
                return await _posted(station, account, text)
        else:
            receiver = await stack.enter_async_context(
                ReceiverClient(
                    "surgard" if name == "surgard" else "dc07",
                    "127.0.0.1",
                    port + (10 if name == "surgard" else 11),
                    attempts=_TRIES,
                    answer_within=1.0,
                    receiver=account[-2:],
                )
            )

            async def send(text: str) -> bool:
                return await receiver.send(account, "BA", "1", text) == "ACK"

        yield send


async def _posted(station: Station, account: str, text: str) -> bool:
    body = {"account": account, "code": "BA", "zone": "1", "text": text}
    for _ in range(_TRIES):
        with contextlib.suppress(httpx.TransportError):
            answer = await station.api.post(
                "/signals", json=body, headers={"Idempotency-Key": text}
            )
            if answer.status_code == 201:
                return True
        await asyncio.sleep(0.1)
    return False


async def _panel(station: Station, name: str, account: str, acknowledged: list[str]) -> None:
    async with line(station, name, account) as send:
        for number in range(SIGNALS // len(LINES)):
            text = f"{account} {name} {number}"
            with contextlib.suppress(NoAnswerError, NotAcknowledgedError):
                if await send(text):
                    acknowledged.append(text)
            await asyncio.sleep(PAUSE)


async def _kill_all(station: Station, chance: random.Random) -> list[Kill]:
    kills = []
    for role in itertools.islice(itertools.cycle(ROLES), KILLS):
        await asyncio.sleep(chance.uniform(0.5, 3.5))
        if role == "engine":
            kills.append(await chaos.kill_role(station, role, within=30))
        else:
            port = station.base + 9 if role == "receiver" else station.agi_port
            kills.append(await chaos.kill_listener(station, port, within=30))
    return kills


async def _round(seed: int) -> tuple[Row, list[str]]:
    with tempfile.TemporaryDirectory(prefix="cf-bench-") as folder:
        async with Station(Path(folder), {"CALLFLOW_LOG_LEVEL": "WARNING"}) as station:
            town = Town(station)
            await town.open()
            accounts = [await town.site("talks", (BUSY, BUSY, BUSY)) for _ in LINES]
            acknowledged: list[str] = []
            begun = time.monotonic()
            async with asyncio.TaskGroup() as panels:
                for name, account in zip(LINES, accounts, strict=True):
                    panels.create_task(_panel(station, name, account, acknowledged))
                kills = await _kill_all(station, random.Random(seed))
                killed_by = len(acknowledged)
            lasted = time.monotonic() - begun
            stored = await station.texts_stored()
    return _judged(kills, acknowledged, killed_by, stored, lasted)


def _judged(
    kills: list[Kill], acknowledged: list[str], killed_by: int, stored: Counter[str], lasted: float
) -> tuple[Row, list[str]]:
    lost = [text for text in acknowledged if stored[text] == 0]
    twice = [text for text, times in stored.items() if text and times > 1]
    broken = [f"acknowledged and not stored: {lost[:5]}"] if lost else []
    broken += [f"stored twice: {twice[:5]}"] if twice else []
    if len(acknowledged) < SIGNALS:
        broken.append(f"only {len(acknowledged)} of {SIGNALS} were ever acknowledged")
    row: Row = {
        "kills": len(kills),
        "acknowledged": len(acknowledged),
        "meanwhile": killed_by,
        "lost": len(lost),
        "twice": len(twice),
        "away_p50_s": round(percentile([kill.away for kill in kills], 0.5), 2),
        "away_max_s": round(max(kill.away for kill in kills), 2),
        "seconds": round(lasted),
    }
    return row, broken


def run(rounds: int = 1, only: str = "") -> Report:
    """``rounds`` times."""
    report = Report(NAME, ("kills",))
    for place, seed in enumerate(seeds(rounds), 1):
        say(f"round {place} of {rounds}, seed {seed}")
        row, broken = asyncio.run(_round(seed))
        report.rounds.append(row)
        report.broken += broken
    report.notes.append("Every acknowledged text must stand in GET signals exactly once.")
    return report

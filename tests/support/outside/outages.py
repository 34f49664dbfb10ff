"""The product while its database fails: panels that never stop sending, and what must hold."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import itertools
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from callflow import clock
from callflow.clock import monotonic
from callflow.probes.panel import NoAnswerError, PanelClient
from tests.support.stations.product import Product
from tests.support.suite.hold_ups import HoldUps
from tests.support.suite.ports import free_port

ROLES = ("receiver", "engine", "telephony", "web")
PANELS = 6
#: The first of the accounts that nobody's panels have sent from yet.
_ACCOUNTS = itertools.count(9100, PANELS)
SEEN_WITHIN = 10.0  # seconds from a failure's begin to its being said
OVER_WITHIN = 5.0  # seconds from its end to the next acknowledgement
#: Both are of a machine that isn't held up; so long is waited for what they are asserted of.
_PATIENCE = 60.0
#: A frame that was at the database when it failed may still be acknowledged.
_UNDER_WAY = 1.0


def environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """Without an Asterisk: nobody listens where its AMI would be."""
    return {
        "CALLFLOW_ASTERISK": "external",
        "CALLFLOW_AMI_PORT": str(free_port()),
        "CALLFLOW_AMI_USER": "centrale",
        "CALLFLOW_AMI_SECRET": "s3cret",
        **(changes or {}),
    }


@contextlib.contextmanager
def the_turn(file: Path) -> Iterator[None]:
    """Nobody else writes to this SQLite file meanwhile: nobody has their turn."""
    with file.with_name(f"{file.name}-turn").open("ab") as turns:
        fcntl.flock(turns, fcntl.LOCK_EX)
        yield


class Panels:
    """An async context: panels send, each event again until it is acknowledged.

    What the machine held up meanwhile is known by ``hold_ups``.
    """

    def __init__(self, product: Product) -> None:
        self._product = product
        self.hold_ups = HoldUps()
        self.acknowledged: list[tuple[float, str]] = []  # monotonic seconds, text
        self._sent: dict[str, float] = {}  # when each was sent first
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self.hold_ups.__enter__()
        first = next(_ACCOUNTS)
        self._tasks = [asyncio.create_task(self._send(first + n)) for n in range(PANELS)]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.hold_ups.__exit__(kind, error, trace)

    async def _send(self, account: int) -> None:
        transport = "udp" if account % 2 else "tcp"
        async with PanelClient(
            "127.0.0.1",
            self._product.base + 9,
            str(account),
            transport=transport,  # type: ignore[arg-type]
            attempts=1000,
            answer_within=1.0,
        ) as panel:
            for number in itertools.count():
                text = f"{account} {number}"
                self._sent[text] = monotonic()
                with contextlib.suppress(NoAnswerError):
                    if (await panel.send("BA", "1", text)).kind == "ACK":
                        self.acknowledged.append((monotonic(), text))
                await asyncio.sleep(0.05)

    def since(self, at: float) -> list[float]:
        """When something was acknowledged after ``at``."""
        return [when for when, _ in self.acknowledged if when > at]

    def sent_since(self, at: float) -> list[float]:
        """When something was acknowledged that was sent for the first time after ``at``: what the
        product has read before may be answered late."""
        return [when for when, text in self.acknowledged if self._sent[text] > at]

    async def stored_once(self) -> None:
        """Every acknowledged text is stored, and no text twice."""
        texts = [text for _, text in self.acknowledged]  # so far: the panels go on
        stored = await self._product.texts_stored()
        print(f"{len(texts)} acknowledged, {sum(stored.values())} stored")
        wrong = [text for text in texts if stored[text] != 1]
        assert not wrong, wrong
        twice = [text for text in self._sent if stored[text] > 1]
        assert not twice, twice


class Outage:
    """One failure of the product's database, watched from outside, step by step."""

    def __init__(self, product: Product, panels: Panels) -> None:
        self.product, self._panels = product, panels
        self._since = clock.now().isoformat()
        self._pids = {role: product.pids(role) for role in ROLES}
        self._missing: set[str] = set()
        self._was_said = False
        self._began = 0.0

    async def lasts(
        self,
        seconds: float,
        begin: Callable[[], Awaitable[None]],
        end: Callable[[], Awaitable[None]],
    ) -> None:
        """It is said, nothing is acknowledged meanwhile, and all is well soon after its end."""
        await self.product.until(lambda: len(self._panels.acknowledged) > 5 * PANELS)
        await begin()
        self._began = monotonic()
        await self.product.until(self._is_said, within=_PATIENCE)
        self._took("said", SEEN_WITHIN, self._began, monotonic())
        ready = await self.product.api.get(f"{self.product.url}/readyz")
        assert ready.status_code == 503, ready.text
        await self.product.until(self._lasted(seconds), within=seconds + _PATIENCE)
        early = [at for at in self._panels.sent_since(self._began) if at > self._began + _UNDER_WAY]
        assert not early, f"acknowledged while nothing could be stored: {early}"
        await end()
        await self._is_over(monotonic())

    async def unnoticed(self, happens: Callable[[], object]) -> None:
        """Something too short to be told of: frames go on within seconds, in the same processes."""
        await asyncio.to_thread(happens)
        ended = monotonic()
        await self.product.until(lambda: len(self._panels.since(ended)) > PANELS, _PATIENCE)
        self._took("all acknowledged", OVER_WITHIN, ended, self._panels.since(ended)[PANELS])
        assert {role: self.product.pids(role) for role in ROLES} == self._pids

    async def _is_over(self, ended: float) -> None:
        await self.product.until(lambda: self._panels.since(ended), within=_PATIENCE)
        acknowledged = self._panels.since(ended)[0]
        self._took("acknowledged", OVER_WITHIN, ended, acknowledged)
        await self.product.until(self._is_well, within=_PATIENCE)
        self._took("health well", OVER_WITHIN, acknowledged, monotonic())
        await self.product.until(lambda: len(self._panels.since(ended)) > 5 * PANELS)
        assert not self._missing, f"not dead, they could not write: {self._missing}"
        assert {role: self.product.pids(role) for role in ROLES} == self._pids

    def _took(self, what: str, bound: float, begin: float, end: float) -> None:
        """It came in time, as long as the machine let anybody work."""
        held_up = self._panels.hold_ups.lost(begin, end)
        print(f"{what} after {end - begin:.2f} s, held up for {held_up:.2f} s")
        assert end - begin < bound + held_up, what

    def _lasted(self, seconds: float) -> Callable[[], Awaitable[bool]]:
        async def lasted() -> bool:
            await self._is_said()
            return monotonic() - self._began > seconds

        return lasted

    async def health(self) -> dict[str, Any]:
        """What the API says: it must answer."""
        answer = await self.product.api.get("/health")
        assert answer.status_code == 200, answer.text
        health: dict[str, Any] = answer.json()
        # Before it is said nobody has beaten for a while either; from then on that is no death.
        self._was_said = self._was_said or not health["database"]["writable"]
        if self._was_said:
            self._missing.update(health.get("missing", ()))
        return health

    async def _is_said(self) -> bool:
        health = await self.health()
        return health["status"] == "failed" and not health["database"]["writable"]

    async def _is_well(self) -> bool:
        health = await self.health()
        dead = {"receiver", "engine"} & set(health["missing"])
        return bool(health["database"]["writable"] and not dead)

    async def told(self) -> list[str]:
        """The logbook's entries about it, and about what came later."""
        entries = await self.product.logbook(since=self._since)
        return [e["text"] for e in entries if e["kind"] == "station" and "base de" in e["text"]]


def said(data_dir: Path, role: str, event: str) -> list[dict[str, Any]]:
    """The lines of a role's log that say ``event``."""
    file = data_dir / "logs" / f"{role}.log"
    lines = file.read_text(errors="replace").splitlines() if file.exists() else []
    found = [json.loads(line) for line in lines if line.startswith("{")]
    return [line for line in found if line.get("event") == event]

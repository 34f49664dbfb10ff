"""The engine's probes: what is due is asked, a few at once, and what they find is taken in.

What is about the machine each engine reads of its own; what an administrator set, and the gateways,
the one on duty. Whoever does not answer is asked again before anybody hears of it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import structlog

from callflow import clock
from callflow.core.watch.organs import Part, Reason, State
from callflow.core.watch.probes import Found, Means, Probe, reading
from callflow.core.watch.readings import Reading
from callflow.handling.watch import panel_state, probes, readings
from callflow.probes import local
from callflow.probes.asking import pages, ports, programs, snmp
from callflow.settings.config import Settings
from callflow.storage import Store, StoreUnavailable, Tx
from callflow.storage.watch import probes as rows
from callflow.vault import Vault

log = structlog.get_logger(__name__)

#: Seconds until the rows are read again; until the first look of a gateway, and of the machine.
_READ_EVERY, _FIRST = 15.0, 30.0
#: Who does not answer is asked again after so many seconds.
_AGAIN = 5.0
_AT_ONCE = 8
#: Per cent of memory left, and degrees Celsius.
_MEMORY = Probe(
    id="memory", name="", part=Part.MEMORY, means=Means.COMMAND, target="", every=60,
    warn=10.0, fail=4.0, below=True, unit="percent",
)  # fmt: skip
_HEAT = Probe(
    id="temperature", name="", part=Part.TEMPERATURE, means=Means.COMMAND, target="", every=60,
    warn=85.0, fail=95.0, unit="celsius",
)  # fmt: skip
_UNTOLD = Found(state=State.UNKNOWN, reason=Reason.NOT_MEASURED)


class Prober:
    """The probes of one engine. ``look`` begins what is due; ``close`` ends what runs."""

    def __init__(self, settings: Settings, store: Store, vault: Vault, host: str) -> None:
        self._settings, self._store, self._vault, self._host = settings, store, vault, host
        self._gateways = _gateways(settings)
        self._probes: Sequence[Probe] = ()
        self._secrets: dict[str, str] = {}
        self._read_at = float("-inf")
        self._due: dict[str, float] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._seats = asyncio.Semaphore(_AT_ONCE)

    async def look(self, *, on_duty: bool) -> None:
        """Once a second: what is due is asked, each by itself."""
        at = clock.monotonic()
        if on_duty and at - self._read_at >= _READ_EVERY:
            self._read_at = at
            self._probes, self._secrets = await self._store.read(_set_ones)
        ours = [_MEMORY, _HEAT, *([*self._gateways, *self._probes] if on_duty else [])]
        for probe in ours:
            if self._is_due(probe, at):
                self._due[probe.id] = at + probe.every
                self._running[probe.id] = asyncio.create_task(self._take(probe))

    def _is_due(self, probe: Probe, at: float) -> bool:
        running = self._running.get(probe.id)
        if not probe.enabled or (running is not None and not running.done()):
            return False
        if probe.id not in self._due:
            self._due[probe.id] = at if probe in self._probes else at + _FIRST
        return at >= self._due[probe.id]

    async def _take(self, probe: Probe) -> None:
        try:
            async with self._seats:
                found = await self._ask(probe)
                if found.state is State.FAILED:
                    await asyncio.sleep(_AGAIN)
                    found = await self._ask(probe)
            if found is not _UNTOLD:
                await self._keep(self._reading(probe, found))
        except StoreUnavailable as error:
            log.debug("store.away", reason=error.reason)  # the store says it, once
        except Exception:
            log.exception("probe.failed", probe=probe.id)  # the organ becomes unknown by itself

    async def _keep(self, found: Reading) -> None:
        now = clock.now()
        await self._store.write(lambda tx: readings.take(tx, [found], now), patience=1.0)

    def _reading(self, probe: Probe, found: Found) -> Reading:
        node = self._host if probe in (_MEMORY, _HEAT) else ""
        return reading(probe, found, clock.now(), node=node)

    async def _ask(self, probe: Probe) -> Found:
        if probe is _MEMORY:
            return _figure(local.memory_free())
        if probe is _HEAT:
            return _figure(local.temperature())
        return await self._ways[probe.means](probe)

    @property
    def _ways(self) -> dict[Means, Callable[[Probe], Awaitable[Found]]]:
        return {
            Means.HTTP: lambda probe: pages.page(probe, self._secret(probe)),
            Means.PROMETHEUS: lambda probe: pages.query(probe, self._secret(probe)),
            Means.SNMP: lambda probe: snmp.get(probe, self._secret(probe)),
            Means.TCP: ports.connect,
            Means.PING: ports.ping,
            Means.COMMAND: lambda probe: programs.run(probe, self._settings.probe_folder),
            Means.SIGNAL: self._signal,
        }

    async def _signal(self, probe: Probe) -> Found:
        return await self._store.read(partial(panel_state.found, probe=probe, now=clock.now()))

    def _secret(self, probe: Probe) -> str:
        return probes.clear(self._vault, self._secrets.get(probe.id, ""))

    async def close(self) -> None:
        """End what runs."""
        running = [task for task in self._running.values() if not task.done()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _set_ones(tx: Tx) -> tuple[list[Probe], dict[str, str]]:
    return rows.every(tx), rows.secrets(tx)


def _gateways(settings: Settings) -> Sequence[Probe]:
    """The ways out that are set: whether they take a connection."""
    return [
        Probe(id=f"gateway:{name}", name=name, part=Part.GATEWAY, means=Means.TCP, target=target)
        for name, target in settings.gateways.items()
    ]


def _figure(found: float | None) -> Found:
    return _UNTOLD if found is None else Found(figure=found)

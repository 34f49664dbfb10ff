"""This machine's power, watched by its engine: told, and what follows where a battery ends."""

import asyncio
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import structlog

from callflow import clock
from callflow.core.watch import power
from callflow.core.watch.organs import Part, Reason, State, key_of
from callflow.core.watch.power import Act, Generator, Supply
from callflow.core.watch.readings import Reading
from callflow.handling.watch import power as deeds
from callflow.handling.watch import readings
from callflow.probes import supplies
from callflow.processes import blackout
from callflow.settings.config import Settings
from callflow.storage import Store

log = structlog.get_logger(__name__)

#: Readings are written when one changes, and so often anyhow: they make the history.
_WRITTEN_EVERY = timedelta(seconds=60)
#: After so long without a new one nothing is known of a supply any more.
_VALID = timedelta(seconds=180)


def rules(settings: Settings) -> power.Rules:
    """What the settings say of a battery's end."""
    return power.Rules(
        grace=settings.ups_grace,
        hand_over=settings.ups_hand_over,
        stop=settings.ups_stop,
        last=settings.ups_last,
    )


class PowerWatch:
    """Looks at the supplies of this machine, ``host``; where none is set, at nothing."""

    def __init__(self, settings: Settings, store: Store, host: str) -> None:
        self._settings, self._store, self._host = settings, store, host
        self._rules = rules(settings)
        self._since: dict[str, datetime] = {}
        self._written_at: datetime | None = None
        self._states: list[tuple[Part, str, State, Reason | None]] = []
        self._act = Act.NOTHING

    async def look(self) -> None:
        """One look. Nearly always it only asks the supplies."""
        await self._runs_again()
        found, generator = await asyncio.to_thread(_asked, self._settings)
        if not found and generator is None:
            return
        now = clock.now()
        await self._write(self._readings(found, generator, now), now)
        await self._act_on(found, now)

    async def _runs_again(self) -> None:
        """Say, once, that the station was stopped until now."""
        since = blackout.over(self._settings.run_dir)
        if since is not None:
            await self._store.write(lambda tx: deeds.runs_again(tx, since, clock.now()))
            blackout.forget(self._settings.run_dir)

    def _readings(
        self, found: Sequence[Supply], generator: Generator | None, now: datetime
    ) -> list[Reading]:
        told = [
            power.reading(one, self._host, self._troubled(one, now), now, self._rules, _VALID)
            for one in found
        ]
        if generator is not None:
            told.append(power.generator_reading(generator, self._host, now, _VALID))
        return told

    def _troubled(self, one: Supply, now: datetime) -> datetime:
        """Since when it is on battery, or can't be asked."""
        if not one.on_battery and not one.problem:
            self._since.pop(one.name, None)
            return now
        return self._since.setdefault(one.name, now)

    async def _write(self, told: list[Reading], now: datetime) -> None:
        states = [(one.part, one.name, one.state, one.reason) for one in told]
        written = self._written_at
        if states == self._states and written and now - written < _WRITTEN_EVERY:
            return
        await self._store.write(lambda tx: readings.take(tx, told, now))
        self._states, self._written_at = states, now

    async def _act_on(self, found: Sequence[Supply], now: datetime) -> None:
        nobody = power.Calls()
        if power.decide(found, nobody, self._rules) is Act.NOTHING:
            if self._act is Act.STOP:
                blackout.refuse(self._settings.run_dir)
            self._act = Act.NOTHING
            return
        node = self._settings.node
        calls = await self._store.read(partial(deeds.calls_now, node=node))
        act = power.decide(found, calls, self._rules)
        await asyncio.to_thread(secure, self._settings.recordings_dir)
        if act is not self._act:
            left = min(max(one.left for one in found), 86_400.0)
            keys = [key_of(Part.POWER, one.name, self._host) for one in found]
            await self._store.write(lambda tx: deeds.acts(tx, act, calls, left, keys, now))
            log.warning("power.low", act=act.value, left_s=left)
        self._act = act
        if act is Act.STOP:
            blackout.ask(self._settings.run_dir, now)


def _asked(settings: Settings) -> tuple[list[Supply], Generator | None]:
    return supplies.supplies(settings), supplies.generator(settings)


def secure(recordings: Path) -> None:
    """What live recordings hold until now is on the disk: a power cut takes no more than what is
    said after it. They need no header to be read (ivr/recording.py)."""
    for name in ("*.raw", "*.sln"):
        for file in recordings.glob(name):
            try:
                with file.open("rb") as opened:
                    os.fsync(opened.fileno())
            except OSError as error:  # it was just finished, or the disk is away
                log.debug("recording.not_secured", file=file.name, reason=str(error))

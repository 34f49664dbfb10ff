"""An engine that waits for its turn at the database looks at the time when its turn comes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from callflow import clock
from callflow.core.watch.organs import Part, State
from callflow.processes.engine import Engine
from callflow.settings.config import Settings
from callflow.storage import Tx
from callflow.storage.people import users
from callflow.storage.watch.organs import noted
from tests.integration.handling.station import NIGHT, Station

T = TypeVar("T")


class LateStore:
    """A station's store: its turn comes so long after it is asked; another process lived then."""

    def __init__(self, station: Station, wait: timedelta) -> None:
        self._station, self._wait = station, wait

    def __getattr__(self, name: str) -> Any:
        return getattr(self._station.store, name)

    async def read(self, function: Callable[[Tx], T]) -> T:
        self._passed()
        return self._station.store.read_now(function)

    async def write(self, function: Callable[[Tx], T], *, patience: float = 0.0) -> T:
        self._passed()
        return self._station.store.write_now(function)

    def _passed(self) -> None:
        self._station.now += self._wait
        now = self._station.now
        self._station.write(
            lambda tx: users.process_beat(
                tx, "receiver", pid=1, since=NIGHT, now=now, state={}, node="node1", host="beta"
            )
        )


async def test_who_waited_takes_no_clock_for_one_that_was_set_back(
    station: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: station.now)
    settings = Settings(data_dir=tmp_path)
    late: Any = LateStore(station, timedelta(seconds=8))
    engine = Engine(settings, late, station.vault)
    engine._on_duty = True
    await engine._beat()
    await engine._note_organs()
    engine._wake.close()
    kept = station.read(noted)
    assert kept, "nothing was noted"
    clocks = [one.state for key, one in kept.items() if key.startswith(Part.CLOCK)]
    assert State.FAILED not in clocks

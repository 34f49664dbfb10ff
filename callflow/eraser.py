"""What goes on of the erasures that were begun (``handling/erasing.py``), in the engine's process.

The engine on duty sweeps the rows; each node's lets go of the files it has; then the database is
written anew: at once where that takes a second or two, else at night, for nobody writes meanwhile.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import structlog

from callflow import clock, erased_files
from callflow.config import Settings
from callflow.dispatch.identity import Identity
from callflow.handling import erasing as acts
from callflow.handling import retaining
from callflow.storage import Store, compacting, erasing
from callflow.vault import Vault

log = structlog.get_logger(__name__)

#: Bytes of a database that is written anew at any hour, and the hours (UTC) of larger ones.
AT_ONCE, _NIGHT = 200_000_000, range(1, 4)


class Eraser:
    """The erasures of one station, as far as this engine has to do with them."""

    def __init__(self, settings: Settings, store: Store, vault: Vault, me: Identity) -> None:
        self._settings, self._store, self._vault, self._me = settings, store, vault, me

    async def go_on(self, *, on_duty: bool) -> None:
        """Do what there is to do. Nearly always it only looks."""
        unfinished = await self._store.read(erasing.unfinished)
        if on_duty and not unfinished:
            await self._begin()
        for row in unfinished:
            sweep = acts.Sweep(self._vault, row)
            if self._me.node not in row["nodes"]:
                await self._let_go_of_files(sweep, row)
            if on_duty and row["swept_at"] is None:
                await self._sweep(sweep, row)
            elif on_duty and not await self._store.read(partial(erasing.nodes_left, row=row)):
                await self._finish(row)

    async def _begin(self) -> None:
        """Whose time is over goes too, one after the other."""
        now = clock.now()
        if await self._store.read(partial(retaining.person_is_due, now=now)):
            await self._store.write(partial(retaining.erase_one, vault=self._vault, now=now))

    async def _let_go_of_files(self, sweep: acts.Sweep, row: dict[str, Any]) -> None:
        now = clock.now()
        try:
            gone = await asyncio.to_thread(
                erased_files.let_go,
                self._settings,
                sweep.person.anywhere,
                row["calls"],
                row["paths"],
                row["begun_at"].timestamp(),
                now.timestamp(),
            )
        except OSError as error:
            log.warning("erasure.files", erasure=row["id"], error=str(error))
            return
        if gone:
            node = self._me.node
            await self._store.write(lambda tx: acts.files_gone(tx, row["id"], node))

    async def _sweep(self, sweep: acts.Sweep, row: dict[str, Any]) -> None:
        """To the end of this round."""
        position, ended = row["position"], False
        while not ended:
            now, looked = clock.now(), partial(sweep.look, position=position)
            end, found = await self._store.read(looked)
            name, ended = (position or [sweep.first])[0], not end
            if found or ended or end[0] != name:
                work = partial(sweep.take_out, name=name, keys=found, end=end, now=now)
                await self._store.write(work)
            position = end

    async def _finish(self, row: dict[str, Any]) -> None:
        now = clock.now()
        if compacting.size(self._store.url) > AT_ONCE and now.hour not in _NIGHT:
            return
        await asyncio.to_thread(compacting.compact, self._store.url, list(erasing.TABLES))
        await self._store.write(lambda tx: acts.end_erasure(tx, row["id"], now))

"""What goes on of the erasures that were begun (``handling/records/erasure.py``), in the engine's
process.

The engine on duty sweeps the rows; each node's lets go of the files it has; then the database is
written anew: at once where that takes a second or two, else at night, for nobody writes meanwhile.
"""

import asyncio
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import structlog

from callflow import clock
from callflow.core.records.erasure import Erasure
from callflow.dispatch.identity import Identity
from callflow.handling.records import erasure as acts
from callflow.handling.records import retention
from callflow.processes import erased_files
from callflow.settings.config import Settings
from callflow.storage import Store
from callflow.storage.engine import compacting
from callflow.storage.records import erasure as records_erasure
from callflow.vault import Unreadable, Vault

log = structlog.get_logger(__name__)

#: Bytes of a database that is written anew at any hour, and the hours (UTC) of larger ones.
AT_ONCE, _NIGHT = 200_000_000, range(1, 4)
#: So many of those whose time is over begin together.
_TOGETHER = 100


class Eraser:
    """The erasures of one station, as far as this engine has to do with them."""

    def __init__(self, settings: Settings, store: Store, vault: Vault, me: Identity) -> None:
        self._settings, self._store, self._vault, self._me = settings, store, vault, me

    async def go_on(self, *, on_duty: bool) -> None:
        """Do what there is to do. Nearly always it only looks. Raises Unreadable after all else
        where it isn't known any more whom an erasure is about."""
        found = await self._store.read(records_erasure.unfinished)
        unfinished = [erasure for erasure in found if self._is_readable(erasure)]
        to_sweep = [erasure for erasure in unfinished if erasure.swept_at is None]
        if on_duty and not to_sweep:
            await self._begin()
        with_files = [erasure for erasure in unfinished if self._me.node not in erasure.nodes]
        if with_files:
            await self._let_go_of_files(with_files)
        if on_duty:
            for together in _as_far(to_sweep):
                await self._sweep(together)
            await self._finish([erasure for erasure in found if erasure.swept_at is not None])
        if lost := [erasure.id for erasure in found if erasure not in unfinished]:
            raise Unreadable(f"whom they are about: erasures {', '.join(lost)}")

    def _is_readable(self, erasure: Erasure) -> bool:
        try:
            acts.Subject(self._vault, erasure)
        except Unreadable:
            return False
        return True

    async def _begin(self) -> None:
        """Whose time is over goes too."""
        now = clock.now()
        if not await self._store.read(partial(retention.person_is_due, now=now)):
            return
        erase = partial(retention.erase_one, vault=self._vault, now=now)
        for _ in range(_TOGETHER):
            if await self._store.write(erase) is None:
                return

    async def _let_go_of_files(self, erasures: list[Erasure]) -> None:
        now = clock.now()
        try:
            gone = await asyncio.to_thread(
                erased_files.let_go,
                self._settings,
                [acts.Subject(self._vault, erasure).person for erasure in erasures],
                [call for erasure in erasures for call in erasure.calls],
                [path for erasure in erasures for path in erasure.paths],
                max(erasure.begun_at for erasure in erasures).timestamp(),
                now.timestamp(),
            )
        except OSError as error:
            ids = [erasure.id for erasure in erasures]
            log.warning("erasure.files", erasures=ids, error=str(error))
            return
        if gone:
            for erasure in erasures:
                done = partial(acts.files_gone, erasure_id=erasure.id, node=self._me.node)
                await self._store.write(done)

    async def _sweep(self, erasures: list[Erasure]) -> None:
        """To the end of this round."""
        sweep = acts.Sweep([acts.Subject(self._vault, erasure) for erasure in erasures])
        position: Sequence[Any] = erasures[0].position
        ended = False
        while not ended:
            now, looked = clock.now(), partial(sweep.look, position=position)
            end, found = await self._store.read(looked)
            name, ended = (position or [sweep.first])[0], not end
            if found or ended or end[0] != name:
                work = partial(sweep.take_out, name=name, found=found, end=end, now=now)
                await self._store.write(work)
            position = end

    async def _finish(self, swept: list[Erasure]) -> None:
        """The database is written anew once for all of which no node has a file any more."""
        if not swept:
            return
        now = clock.now()
        if compacting.size(self._store.url) > AT_ONCE and now.hour not in _NIGHT:
            return
        nodes_left = [
            await self._store.read(partial(records_erasure.nodes_left, erasure=erasure))
            for erasure in swept
        ]
        done = [erasure.id for erasure, left in zip(swept, nodes_left, strict=True) if not left]
        if not done:
            return
        await asyncio.to_thread(compacting.compact, self._store.url, list(records_erasure.TABLES))
        for erasure_id in done:
            await self._store.write(partial(acts.end_erasure, erasure_id=erasure_id, now=now))


def _as_far(erasures: list[Erasure]) -> Iterable[list[Erasure]]:
    """The erasures that are as far as each other, together."""
    found: dict[tuple[Any, ...], list[Erasure]] = {}
    for erasure in erasures:
        found.setdefault(erasure.position, []).append(erasure)
    return found.values()

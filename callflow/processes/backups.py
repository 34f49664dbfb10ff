"""The timer's backup each day and its drill each week, each a program of its own at the lowest
priority: alarms go on beside it. An engine that ends takes it along; a killed one does not."""

import asyncio
import contextlib
import os
import sys

import structlog

from callflow import clock
from callflow.core.station.backups import What, drill_is_due, is_due
from callflow.handling.base.policy import STATION_ZONE, load_policy
from callflow.settings.config import Settings
from callflow.storage import Store, Tx
from callflow.storage.watch import backups

log = structlog.get_logger(__name__)


class Timer:
    """Begins what is due, one at a time."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings, self._store = settings, store

    async def look(self) -> None:
        """Until what was due has ended. Nearly always it only reads. Raises StoreUnavailable."""
        if self._settings.backup_folder is not None:
            due = await self._store.read(self._due)
            if due is not None:
                await self._run(due)

    def _due(self, tx: Tx) -> What | None:
        """None of a station that was restored and is held: the folder may be the other one's."""
        if load_policy(tx).held:
            return None
        now = clock.now()
        last = backups.newest(tx, What.BACKUP, limit=1)
        if is_due(self._settings.backup_at, last[0] if last else None, now, STATION_ZONE):
            return What.BACKUP
        return What.DRILL if drill_is_due(backups.newest(tx), now) else None

    async def _run(self, what: What) -> None:
        words = ["drill"] if what is What.DRILL else []
        log.info("backup.begun", what=what.value)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "callflow", "backup", *words),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            env={**os.environ, "CALLFLOW_DATA_DIR": str(self._settings.data_dir)},
            start_new_session=True,
        )
        try:
            code = await process.wait()
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.terminate()
        log.log(20 if code == 0 else 40, "backup.ended", what=what.value, exit=code)

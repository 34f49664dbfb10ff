"""Stand-ins, from the station's files: what becomes of the calls that nobody makes."""

from pathlib import Path

import structlog

from callflow.clock import Clock
from callflow.core.simulation import stand_ins as people
from callflow.core.simulation.stand_ins import NOBODY, BadStandIns, StandIns
from callflow.handling.calls import stand_ins
from callflow.settings.config import Settings
from callflow.storage import Store

log = structlog.get_logger(__name__)


class Understudies:
    """One node's. The files are read again when they change; one that is no use is told in the log,
    and what was known before counts on."""

    def __init__(self, store: Store, settings: Settings, *, now: Clock) -> None:
        self._store, self._node, self._now = store, settings.node, now
        self._files = (settings.shadow_calls, settings.shadow_rules)
        self._read: tuple[float, ...] | None = None
        self._people = NOBODY

    async def look(self) -> None:
        """Bring each call that nobody makes to where it is by now. Nearly always it only reads."""
        node = self._node
        if not await self._store.read(lambda tx: stand_ins.waits(tx, node)):
            return
        known = self._known()
        await self._store.write(lambda tx: stand_ins.go_on(tx, known, node=node, now=self._now()))

    def _known(self) -> StandIns:
        changed = tuple(_changed_at(file) for file in self._files)
        if changed != self._read:
            self._read = changed
            try:
                self._people = people.read(*(_text(file) for file in self._files))
            except (BadStandIns, OSError, UnicodeDecodeError) as error:
                log.warning("stand_ins.unreadable", reason=str(error))
        return self._people


def _changed_at(file: Path | None) -> float:
    try:
        return file.stat().st_mtime if file is not None else 0.0
    except OSError:
        return 0.0


def _text(file: Path | None) -> str:
    return file.read_text(encoding="utf-8") if file is not None else ""

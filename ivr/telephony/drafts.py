"""Has a draft made of each spoken instruction that waits for somebody who listens to it."""

from functools import partial
from pathlib import Path

import structlog

from callflow.clock import Clock
from callflow.handling.calls import voices
from callflow.storage import Store
from callflow.storage.calls import spoken
from ivr.transcribing import NoDraft, Transcriber

log = structlog.get_logger(__name__)


class Drafts:
    """``look`` makes those that are missing, one after the other."""

    def __init__(
        self, store: Store, folder: Path, transcriber: Transcriber, *, node: str, now: Clock
    ) -> None:
        self._store, self._folder, self._transcriber = store, folder, transcriber
        self._node, self._now = node, now

    async def look(self) -> None:
        """Each is tried once; what fails is written by whoever listens."""
        for row in await self._store.read(lambda tx: spoken.undrafted(tx, self._node)):
            try:
                text = await self._transcriber.draft(self._folder / row.path, row.language)
            except NoDraft as error:
                log.warning("transcription.failed", voice=row.name, reason=str(error))
                text = ""
            write = partial(voices.drafted, name=row.name, text=text, now=self._now())
            await self._store.write(write)

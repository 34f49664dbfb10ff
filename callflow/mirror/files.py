"""Recordings, images, documents: what rows name and this site lacks is fetched from the other."""

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from callflow import clock
from callflow.mirror import wire
from callflow.settings.config import Settings
from callflow.storage import Store, StoreUnavailable
from callflow.storage.records import kept_files
from callflow.storage.records.kept_files import NamedFile

log = structlog.get_logger(__name__)

#: Seconds between two looks for what is new, and between two at all that rows name.
_EVERY, _ALL_EVERY = 5.0, 6 * 3600.0
_AT_ONCE = 500  # rows
#: A row may become visible so long after its time: it is looked at again.
_OVERLAP = timedelta(minutes=10)

Fetch = Callable[[wire.Said, Callable[[bytes], object]], Awaitable[None]]


class Files:
    """The files of one site. ``fetch`` asks the other for one, while it ``hears`` it."""

    def __init__(self, settings: Settings, fetch: Fetch, hears: Callable[[], bool]) -> None:
        self._settings, self._fetch, self._hears = settings, fetch, hears
        self._folders = {
            "recordings": settings.recordings_dir,
            "images": settings.images_dir,
            "documents": settings.documents_dir,
        }
        self._newest: dict[str, datetime] = {}
        self._all_at: float | None = None
        self._lacking: dict[tuple[str, str], NamedFile] = {}

    @property
    def missing(self) -> int:
        """Files that rows name and that neither site had at the last look."""
        return len(self._lacking)

    async def run(self) -> None:
        """Until cancelled."""
        store: Store | None = None
        try:
            while True:
                await asyncio.sleep(_EVERY)
                if not self._hears():
                    continue
                try:
                    store = store or Store(self._settings.database_url, mac=_no_mac)
                    await self._look(store)
                except (OSError, StoreUnavailable) as error:
                    log.debug("mirror.files", reason=str(error))
        finally:
            if store is not None:
                store.close()

    async def _look(self, store: Store) -> None:
        at = clock.monotonic()
        if self._all_at is None or at - self._all_at > _ALL_EVERY:
            self._newest, self._all_at = {}, at
        for lacking in list(self._lacking.values()):
            await self._bring(lacking)
        for what in kept_files.WHAT:
            newest = self._newest.get(what)
            since = newest - _OVERLAP if newest is not None else kept_files.BEGIN
            await self._look_at(store, what, since)

    async def _look_at(self, store: Store, what: str, since: datetime) -> None:
        after = ""
        while True:
            read = partial(kept_files.page, what=what, since=since, after=after, limit=_AT_ONCE)
            found = await store.read(read)
            for file in found:
                if not self._path(file.folder, file.path).exists():
                    await self._bring(file)
            if found:
                since, after = found[-1].at, found[-1].path
                self._newest[what] = since
            if len(found) < _AT_ONCE:
                return

    async def _bring(self, file: NamedFile) -> None:
        key = file.folder, file.path
        try:
            await self._fetched(file)
        except (OSError, wire.RefusedError, ValueError) as error:
            if key not in self._lacking:
                log.info("mirror.file_missing", folder=file.folder, reason=str(error)[:200])
            self._lacking[key] = file
        else:
            self._lacking.pop(key, None)

    async def _fetched(self, file: NamedFile) -> None:
        target = self._path(file.folder, file.path)
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = target.with_name(f".{target.name}.fetched")
        sha256 = hashlib.sha256()
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        try:
            with os.fdopen(handle, "wb") as opened:

                def write(block: bytes) -> None:
                    sha256.update(block)
                    opened.write(block)

                question = {"ask": "file", "folder": file.folder, "path": file.path}
                await self._fetch(question, write)
                opened.flush()
                os.fsync(opened.fileno())
            if sha256.hexdigest() != file.sha256:
                raise ValueError("the other site's is not as its row says")
            fresh.replace(target)
        finally:
            fresh.unlink(missing_ok=True)

    # --- the other asks -----------------------------------------------------------------------

    def answer(self, asked: wire.Said) -> wire.Said:
        """How long the file is that follows. Raises OSError, ValueError."""
        return {"size": self._asked(asked).stat().st_size}

    def asked_for(self, asked: wire.Said) -> Path | None:
        """The file that was asked for; None: something else was."""
        return self._asked(asked) if asked.get("ask") == "file" else None

    def _asked(self, asked: dict[str, Any]) -> Path:
        return self._path(str(asked.get("folder")), str(asked.get("path")))

    def _path(self, folder: str, path: str) -> Path:
        """Raises ValueError where that leads out of the folder."""
        if folder not in self._folders or not path:
            raise ValueError("there is no such folder")
        root = self._folders[folder].resolve()
        found = (root / path).resolve()
        if not found.is_relative_to(root) or found == root:
            raise ValueError("that is outside")
        return found


def _no_mac(_: str) -> str:
    return ""

"""A file system of a few megabytes for one product, that a test may fill and make read-only.

It stands in a mount namespace of its own: nobody else sees it, and it ends with its holder.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import BinaryIO, Self

from tests.support.outside.outages import the_turn
from tests.support.stations.product import Product

_MEGABYTES = 64
_MEGABYTE = 1 << 20
#: Writes all of SQLite's log to the database, so that the log has no room of its own.
_SHORTEN = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], timeout=30)
while database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
    pass  # somebody reads from it
"""


class SmallDisk:
    """An async context: entered, ``folder`` is a small disk for those who ``enter`` it."""

    def __init__(self, folder: Path, *, megabytes: int = _MEGABYTES) -> None:
        self.folder, self._megabytes = folder, megabytes
        self._aside = folder.with_name(f"{folder.name}-aside")
        self._holder: asyncio.subprocess.Process | None = None
        self._filler: BinaryIO | None = None

    async def __aenter__(self) -> Self:
        self.folder.mkdir()
        self._aside.mkdir()
        user = () if os.getuid() == 0 else ("--map-root-user",)
        made = f'mount -t tmpfs -o size={self._megabytes}m none "$1" && echo ready && exec cat'
        self._holder = await asyncio.create_subprocess_exec(
            *("unshare", *user, "--mount", "sh", "-c", made, "sh", str(self.folder)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert self._holder.stdout is not None
        assert await self._holder.stdout.readline() == b"ready\n"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._holder is not None
        if self._filler is not None:
            self._filler.close()
        self._holder.kill()
        await self._holder.wait()

    @property
    def seen(self) -> Path:
        """The folder as it is inside, from here."""
        assert self._holder is not None
        return Path(f"/proc/{self._holder.pid}/root{self.folder}")

    def enter(self, *command: str) -> tuple[str, ...]:
        """``command``, run inside."""
        assert self._holder is not None
        user = () if os.getuid() == 0 else ("--user", "--preserve-credentials")
        return ("nsenter", "--target", str(self._holder.pid), *user, "--mount", *command)

    async def fill(self) -> None:
        """Until not a byte more fits."""
        if self._filler is None:
            self._filler = (self.seen / "filler").open("wb", buffering=0)
        for size in (1 << 20, 4096, 1):
            with contextlib.suppress(OSError):  # no space left
                while True:
                    self._filler.write(b"\0" * size)

    async def fill_up(self) -> None:
        """Until its SQLite database can't be written: its log has no room of its own left either.

        Nobody writes meanwhile: what a commit began to write is room for a smaller one.
        """
        with the_turn(self.seen / "callflow.db"):
            await self.run(sys.executable, "-c", _SHORTEN, str(self.folder / "callflow.db"))
            await self.fill()

    async def leave(self, room: int) -> None:
        """So many bytes, and no more, fit again."""
        assert self._filler is not None
        self._filler.truncate(self._filler.tell() - room)

    async def empty(self) -> None:
        """There is room again."""
        assert self._filler is not None
        self._filler.truncate(0)
        self._filler.seek(0)

    @contextlib.asynccontextmanager
    async def crowded(self, free: int) -> AsyncIterator[None]:
        """Only so many megabytes more fit, however large it is otherwise."""
        found = os.statvfs(self.seen)
        used = (found.f_blocks - found.f_bfree) * found.f_frsize // _MEGABYTE
        await self._resize(used + free)
        try:
            yield
        finally:
            await self._resize(self._megabytes)

    async def _resize(self, megabytes: int) -> None:
        await self.run("mount", "-o", f"remount,size={megabytes}m", str(self.folder))

    async def forbid(self) -> None:
        """Whoever opens a file from now on can't write it. Made where nobody has a file open, which
        the kernel would call busy (mount_setattr(2), EBUSY), and then put in its place."""
        await self.run("mount", "--bind", str(self.folder), str(self._aside))
        await self.run("mount", "-o", "remount,bind,ro", str(self._aside))
        await self.run("mount", "--move", str(self._aside), str(self.folder))

    async def allow(self) -> None:
        """Whoever opens a file from now on can write it again."""
        await self.run("umount", "--lazy", str(self.folder))

    async def run(self, *command: str) -> None:
        """``command`` to its end, inside; it must do well."""
        process = await asyncio.create_subprocess_exec(*self.enter(*command))
        assert await process.wait() == 0, command


class OnSmallDisk(Product):
    """A product whose data folder is the small disk."""

    disk: SmallDisk
    forks = False

    def _command(self, *arguments: str) -> tuple[str, ...]:
        return self.disk.enter(*super()._command(*arguments))

    async def _token(self, role: str = "administrator") -> str:
        """By the command: its rows lie where only what was begun there sees them."""
        said = await self.cli("token", "create", "--role", role, "--json")
        return str(json.loads(said)["token"])

    async def user(self, name: str, password: str, role: str = "operator") -> None:
        """By the command, likewise."""
        words = ("user", "add", name, "--role", role, "--password-stdin")
        await self.cli(*words, typed=password)


class ProductOnSmallDisk(OnSmallDisk):
    """``callflow serve`` on one."""

    def __init__(self, disk: SmallDisk, environment: Mapping[str, str]) -> None:
        self.disk = disk
        super().__init__(disk.folder, environment)

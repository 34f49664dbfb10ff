"""Containers of podman, whose images, containers and volumes lie in a folder of the test's.

They live in a process table and mounts of their own, where control groups look as podman wants
them; this machine may give none of its own to anybody. The network is this machine's. It needs
root.
"""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.support.stations.bare_debian import until

_INSIDE = """
mount -t proc proc /proc
mount -t cgroup2 cgroup2 /sys/fs/cgroup
exec sleep infinity
"""
#: What this machine may not have, no container asks for.
_MODEST = ("--cgroups=disabled", "--ulimit=host")


@dataclass
class Podman:
    """An async context; left, every process of it ends."""

    folder: Path
    _holder: asyncio.subprocess.Process | None = None
    _first: int = 0

    async def __aenter__(self) -> Self:
        apart = ("unshare", "--mount", "--pid", "--fork", "--kill-child")
        self._holder = await asyncio.create_subprocess_exec(*apart, "sh", "-ec", _INSIDE)
        await until(self._is_begun)
        return self

    def _is_begun(self) -> bool:
        assert self._holder is not None
        assert self._holder.returncode is None, "it did not begin"
        pid = self._holder.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if not children:
            return False
        self._first = int(children[0])
        return Path(f"/proc/{self._first}/cmdline").read_bytes().startswith(b"sleep\0")

    async def __aexit__(self, *_: object) -> None:
        assert self._holder is not None
        self._holder.kill()
        await self._holder.wait()

    async def run(self, *words: str) -> str:
        """A command of podman's, which must succeed; what it said."""
        assert shutil.which("podman"), "apt-get install podman catatonit (./run test --deep does)"
        inside = ("nsenter", "--target", str(self._first), "--mount", "--pid")
        store = ("--root", f"{self.folder}/store", "--runroot", f"{self.folder}/run")
        process = await asyncio.create_subprocess_exec(
            *(*inside, "podman", "--cgroup-manager=cgroupfs", "--events-backend=none"),
            *(*store, *words),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        said, wrong = await process.communicate()
        assert process.returncode == 0, (words, wrong.decode(errors="replace")[-3000:])
        return said.decode(errors="replace")

    async def begins(self, name: str, *words: str) -> None:
        """`podman run`, in the background."""
        await self.run("run", "--detach", f"--name={name}", *_MODEST, *words)

    async def ended_with(self, name: str) -> int:
        """The exit code of one that is over."""
        return int(await self.run("inspect", "--format={{.State.ExitCode}}", name))

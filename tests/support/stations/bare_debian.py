"""A bare Debian in a folder that systemd runs: process table, mounts, host name and control groups
of its own, with packages and their services. The network is this machine's. It needs root.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from callflow.package import root_folder
from tests.support.stations.product import Product
from tests.support.suite.leftovers import VARIABLE

_ROOT = Path(__file__).resolve().parents[3]
#: Made once a checkout: a minute, and 200 MB of Debian's archive.
_KEPT = _ROOT / "var" / "package" / "bare"
_SYSTEMD = "/usr/lib/systemd/systemd"
#: What would begin by itself, and hold apt's lock, or ask somebody at a terminal.
_MASKED = (
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "getty.target",
    "systemd-firstboot.service",
)
#: A control group of its own, which is all that it will see of them.
_OUTSIDE = """
mount -t cgroup2 cgroup2 "$1/mnt"
mkdir "$1/mnt/$2"
echo 0 > "$1/mnt/$2/cgroup.procs"
umount "$1/mnt"
exec unshare --cgroup --pid --uts --ipc --fork --kill-child sh -ec "$3" - "$1"
"""
#: As systemd wants a container's (https://systemd.io/CONTAINER_INTERFACE): the kernel's settings
#: are everybody's, so they are read there and not written.
_BOOT = f"""
mount --bind "$1" "$1"
cd "$1"
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=0755 tmpfs run
mount -t tmpfs -o mode=0755 tmpfs dev
mknod -m 0666 dev/null c 1 3
mknod -m 0666 dev/zero c 1 5
mknod -m 0666 dev/full c 1 7
mknod -m 0666 dev/random c 1 8
mknod -m 0666 dev/urandom c 1 9
mknod -m 0666 dev/tty c 5 0
ln -s /proc/self/fd dev/fd
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
mount -t tmpfs -o mode=1777 tmpfs dev/shm
hostname debian
pivot_root . mnt
exec chroot . sh -ec 'mount --make-rshared /; umount -l /mnt; exec {_SYSTEMD}' <dev/null
"""
_GROUP_GONE = """
mount -t cgroup2 cgroup2 "$1/mnt"
find "$1/mnt/$2" -depth -type d -exec rmdir {} +
"""
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/root"}


def bare(folder: Path) -> Path:
    """A fresh one, in ``folder``: Debian's smallest, and systemd."""
    if not _KEPT.exists():
        making = _KEPT.with_name("bare.making")
        shutil.rmtree(making, ignore_errors=True)
        making.parent.mkdir(parents=True, exist_ok=True)
        root_folder.bootstrap(making)
        root_folder.install(making, [], "systemd")
        making.rename(_KEPT)
    root = folder / "root"
    shutil.copytree(_KEPT, root, symlinks=True, ignore=_devices)
    shutil.copyfile("/etc/resolv.conf", root / "etc" / "resolv.conf")
    (root / "etc" / "machine-id").write_text(f"{uuid.uuid4().hex}\n")
    for name in _MASKED:
        (root / "etc" / "systemd" / "system" / name).symlink_to("/dev/null")
    return root


def _devices(folder: str, names: list[str]) -> list[str]:
    return names if Path(folder) == _KEPT / "dev" else []


async def until(fact: Callable[[], Any]) -> None:
    """Wait until it is true; its answer may be an awaitable. The test's own limit is the bound."""
    while True:
        answer = fact()
        if await answer if inspect.isawaitable(answer) else answer:
            return
        await Product.moment()


@dataclass
class BareDebian:
    """An async context: entered, systemd has begun and commands run in it; left, every process of
    it ends."""

    root: Path
    _holder: asyncio.subprocess.Process | None = None
    _first: int = 0
    _group: str = field(default_factory=lambda: f"callflow-test-{uuid.uuid4().hex}")

    async def __aenter__(self) -> Self:
        apart = ("unshare", "--mount", "sh", "-ec", _OUTSIDE, "-", str(self.root), self._group)
        self._holder = await asyncio.create_subprocess_exec(
            *apart, _BOOT, env={**os.environ, **_ENVIRONMENT, "container": "callflow-test"}
        )
        await until(self._is_begun)
        await until(self._is_up)
        return self

    def _is_begun(self) -> bool:
        assert self._holder is not None
        assert self._holder.returncode is None, "it did not begin"
        pid = self._holder.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if not children:
            return False
        self._first = int(children[0])
        return Path(f"/proc/{self._first}/cmdline").read_bytes().startswith(_SYSTEMD.encode())

    async def _is_up(self) -> bool:
        said = await self.run("systemctl", "is-system-running", codes=(0, 1))
        return said.strip() in ("running", "degraded")

    async def __aexit__(self, *_: object) -> None:
        assert self._holder is not None
        with contextlib.suppress(ProcessLookupError):
            self._holder.kill()
        await self._holder.wait()
        await until(self._group_is_gone)

    async def _group_is_gone(self) -> bool:
        """As soon as its last process is."""
        gone = await asyncio.create_subprocess_exec(
            *("unshare", "--mount", "sh", "-ec", _GROUP_GONE, "-", str(self.root), self._group),
            stderr=asyncio.subprocess.DEVNULL,
        )
        return await gone.wait() == 0

    async def run(
        self,
        *command: str,
        typed: str = "",
        codes: tuple[int, ...] = (0,),
        environment: Mapping[str, str] | None = None,
    ) -> str:
        """One command, as root; all that it said. It must end with one of ``codes``."""
        inside = ("nsenter", "--target", str(self._first), "--mount", "--uts", "--ipc", "--pid")
        process = await asyncio.create_subprocess_exec(
            *(*inside, "--root", "--wdns=/", *command),
            env={**_ENVIRONMENT, VARIABLE: os.environ[VARIABLE], **(environment or {})},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate(typed.encode())
        text = said.decode(errors="replace")
        assert process.returncode in codes, (command, process.returncode, text[-3000:])
        return text

    async def installs(self, *debs: Path, more: Sequence[str] = ()) -> str:
        """As a person does, with apt; what it said."""
        apt = ("apt-get", "-y", "-q", "-o", "APT::Sandbox::User=root", "--no-install-recommends")
        return await self._with(debs, *apt, *more, "install")

    async def unpacks(self, deb: Path) -> str:
        """What apt does before it has the package set itself up (`dpkg --configure`)."""
        return await self._with([deb], "dpkg", "--unpack")

    async def _with(self, debs: Sequence[Path], *command: str) -> str:
        """A command on packages, which are put there for it."""
        there = [self.root / "root" / deb.name for deb in debs]
        for deb, copy in zip(debs, there, strict=True):
            shutil.copyfile(deb, copy)
        said = await self.run(
            *(*command, *(f"/root/{copy.name}" for copy in there)),
            environment={"DEBIAN_FRONTEND": "noninteractive"},
        )
        for copy in there:
            copy.unlink()
        return said

    async def service(self, name: str, *properties: str) -> list[str]:
        """What systemd says of a service now, in this order."""
        asked = [f"--property={one}" for one in properties]
        said = await self.run("systemctl", "show", f"{name}.service", *asked)
        found = dict(line.split("=", 1) for line in said.splitlines())
        return [found[one] for one in properties]

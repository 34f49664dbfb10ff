"""A bare Debian in a folder (chroot, a process table of its own), with packages and their services.

No systemd runs there: a service's unit is read, and begun as it says, by its account and without
any right. The network is this machine's. It needs root.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import shutil
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
_INSIDE = """
mount -t proc proc "$1/proc"
mount --rbind /dev "$1/dev"
exec chroot "$1" sleep infinity
"""
_OF_A_SERVICE = {"HOME": "/var/lib/callflow"}  # as systemd sets it with User=
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/root"}


def bare(folder: Path) -> Path:
    """A fresh one, in ``folder``."""
    if not _KEPT.exists():
        making = _KEPT.with_name("bare.making")
        shutil.rmtree(making, ignore_errors=True)
        making.parent.mkdir(parents=True, exist_ok=True)
        root_folder.bootstrap(making)
        making.rename(_KEPT)
    root = folder / "root"
    shutil.copytree(_KEPT, root, symlinks=True, ignore=_devices)
    shutil.copyfile("/etc/resolv.conf", root / "etc" / "resolv.conf")
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
    """An async context: entered, commands run in it; left, every process of it ends."""

    root: Path
    _holder: asyncio.subprocess.Process | None = None
    _first: int = 0
    _services: list[asyncio.subprocess.Process] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        apart = ("unshare", "--mount", "--pid", "--fork", "--kill-child")
        self._holder = await asyncio.create_subprocess_exec(
            *apart, "sh", "-ec", _INSIDE, "-", str(self.root)
        )
        await until(self._is_inside)
        return self

    def _is_inside(self) -> bool:
        assert self._holder is not None
        pid = self._holder.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if not children:
            return False
        self._first = int(children[0])
        return Path(f"/proc/{self._first}/cmdline").read_bytes().startswith(b"sleep\0")

    async def __aexit__(self, *_: object) -> None:
        assert self._holder is not None
        self._holder.kill()
        await asyncio.gather(self._holder.wait(), *(one.wait() for one in self._services))

    async def run(self, *command: str, typed: str = "", codes: tuple[int, ...] = (0,)) -> str:
        """One command, as root; all that it said. It must end with one of ``codes``."""
        process = await self._begin(command, {}, asyncio.subprocess.PIPE)
        said, _ = await process.communicate(typed.encode())
        text = said.decode(errors="replace")
        assert process.returncode in codes, (command, process.returncode, text[-3000:])
        return text

    async def installs(self, *debs: Path, more: Sequence[str] = ()) -> str:
        """As a person does, with apt; what it said."""
        for deb in debs:
            shutil.copyfile(deb, self.root / "root" / deb.name)
        apt = ("apt-get", "-y", "-q", "-o", "APT::Sandbox::User=root", "--no-install-recommends")
        said = await self.run(
            *("env", "DEBIAN_FRONTEND=noninteractive", *apt, *more),
            *("install", *(f"/root/{deb.name}" for deb in debs)),
        )
        for deb in debs:
            (self.root / "root" / deb.name).unlink()
        return said

    def unit(self, name: str) -> Mapping[str, str]:
        """What a service's unit says; of what it says twice, the last."""
        text = (self.root / "usr/lib/systemd/system" / f"{name}.service").read_text()
        lines = [line.partition("=") for line in text.splitlines() if "=" in line]
        return {key: value for key, _, value in lines if not key.startswith("#")}

    async def begins(self, name: str) -> asyncio.subprocess.Process:
        """The service, as its unit says."""
        unit = self.unit(name)
        ids = (f"--reuid={unit['User']}", f"--regid={unit['Group']}", "--init-groups")
        no_rights = ("--no-new-privs", "--bounding-set=-all", "--inh-caps=-all")
        script = f"umask {unit['UMask']}; cd {unit['WorkingDirectory']}; exec {unit['ExecStart']}"
        with (self.root.parent / f"{name}.log").open("ab") as log:
            process = await self._begin(
                ("setpriv", *ids, *no_rights, "sh", "-c", script), _OF_A_SERVICE, log.fileno()
            )
        self._services.append(process)
        return process

    async def _begin(
        self, command: Sequence[str], environment: Mapping[str, str], output: int
    ) -> asyncio.subprocess.Process:
        inside = ("nsenter", "--target", str(self._first), "--mount", "--pid", "--root", "--wdns=/")
        return await asyncio.create_subprocess_exec(
            *inside,
            *command,
            env={**_ENVIRONMENT, VARIABLE: os.environ[VARIABLE], **environment},
            stdin=asyncio.subprocess.PIPE if output == asyncio.subprocess.PIPE else None,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
        )

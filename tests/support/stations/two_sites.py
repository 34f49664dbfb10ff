"""One station on two sites of one machine: each with its cluster, its keeper, its Asterisk and its
own simulated network, so that what rings is counted apart.
"""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import secrets
import shutil
import signal
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from callflow.vault import Vault
from tests.support.stations.product import Product
from tests.support.stations.station import DESKS, DUTY, Station
from tests.support.suite.ports import free_port

NAMES = ("north", "south")


def private_folder() -> Path:
    """A folder for clusters; root's are the user postgres', who runs them."""
    folder = Path(tempfile.mkdtemp(prefix="callflow-sites-"))
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        os.chown(folder, account.pw_uid, account.pw_gid)
    return folder


class Site(Station):
    """One of the two. ``begin`` starts its keeper, ``meet`` waits for the station on it."""

    command = ("serve",)
    forks = False

    def __init__(self, name: str, data_dir: Path, own: dict[str, str]) -> None:
        self.name = name
        super().__init__(
            data_dir,
            {
                "CALLFLOW_DEMO": "1",
                "CALLFLOW_CLOCK": "none",
                "CALLFLOW_DESK_PHONES": json.dumps(DESKS),
                "CALLFLOW_DUTY_NUMBERS": json.dumps([DUTY]),
                "CALLFLOW_MIRROR_NAME": name,
                **own,
            },
        )

    async def begin(self) -> None:
        """Its ``serve`` runs; whether the station is here is the two sites' to find out."""
        self._process = await self._spawn(*self.command)

    @property
    def status(self) -> dict[str, Any]:
        """What its keeper said last; nothing before it did."""
        try:
            found: dict[str, Any] = json.loads((self.data_dir / "run/mirror.json").read_text())
        except (OSError, ValueError):
            return {}
        return found

    async def leave(self) -> None:
        """Nobody asks the station at this site any more."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def power_off(self) -> None:
        """kill -9 of all that is of this site, the database's server too."""
        await self.leave()
        while pids := [int(folder.name) for folder, _ in self.processes()]:
            for number in (signal.SIGSTOP, signal.SIGKILL):
                for pid in pids:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, number)
            await self.moment()
        process, self._process = self._process, None
        if process is not None:
            await process.wait()
        (self.data_dir / "run/mirror.json").unlink(missing_ok=True)


class TwoSites:
    """An async context: the first site acts, the second one is its mirror, in step."""

    def __init__(self, folder: Path) -> None:
        self._clusters = private_folder()
        ports = {name: free_port() for name in NAMES}
        mirrors = {name: free_port() for name in NAMES}
        password, key = secrets.token_urlsafe(24), secrets.token_hex(32)

        def url(name: str) -> str:
            return f"postgresql+psycopg://callflow:{password}@127.0.0.1:{ports[name]}/callflow"

        def site(name: str, other: str) -> Site:
            return Site(
                name,
                folder / name,
                {
                    "CALLFLOW_DATABASE_URL": url(name),
                    "CALLFLOW_MIRROR_CLUSTER": str(self._clusters / name),
                    "CALLFLOW_MIRROR_DATABASE": url(other),
                    "CALLFLOW_MIRROR_KEY": key,
                    "CALLFLOW_MIRROR_OTHER": other,
                    "CALLFLOW_MIRROR_PORT": str(mirrors[name]),
                    "CALLFLOW_MIRROR_TO": f"127.0.0.1:{mirrors[other]}",
                },
            )

        self.first, self.second = site(*NAMES), site(*reversed(NAMES))
        Vault(self.first.data_dir / "keys")
        shutil.copytree(self.first.data_dir / "keys", self.second.data_dir / "keys")

    async def __aenter__(self) -> Self:
        try:
            await self.first.cli("mirror", "begin")
            await self.first.begin()
            await self.second.begin()
            await self.first.meet()
            await self.in_step(self.first)
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            for site in (self.first, self.second):
                with contextlib.suppress(Exception):
                    await Product.stop(site)
                await site.power_off()
                with contextlib.suppress(KeyError):
                    await Station.stop(site)
        finally:
            shutil.rmtree(self._clusters, ignore_errors=True)

    async def in_step(self, acting: Site) -> None:
        """Every acknowledged row is at both sites from here on."""
        await acting.until(lambda: acting.status.get("in_step"), within=600)

    async def silent(self, standing_by: Site, seconds: float) -> None:
        """It has not heard the other for so long."""

        def is_silent() -> bool:
            return bool(standing_by.status.get("other", {}).get("silent_s", 0) >= seconds)

        await standing_by.until(is_silent, within=600)

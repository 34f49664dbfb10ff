"""nginx before a station, set up by the recipe that docs/how-to/addresses.md gives to people."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from pathlib import Path
from typing import Self

from tests.support.outside.certificates import certificate
from tests.support.suite.ports import free_port

_GUIDE = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "addresses.md"
#: What the recipe's station listens at (``CALLFLOW_PORT_BASE`` 8000): pages, and telephones' door.
_PAGES, _TELEPHONES = 8000, 8088


def recipe() -> str:
    """The block that people copy."""
    (block,) = re.findall(r"```nginx\n(.*?)```", _GUIDE.read_text("utf-8"), re.S)
    return str(block)


class Nginx:
    """An async context: the proxy, with a certificate of its own, for the station at ``base``.

    ``names`` are the hosts that the recipe's two stand for.
    """

    def __init__(self, folder: Path, base: int, names: tuple[str, str]) -> None:
        self.port = free_port()
        self.names = names
        self.certificate = folder / "cert.pem"
        self._folder, self._base = folder, base
        self._process: asyncio.subprocess.Process

    def url(self, name: str) -> str:
        """The address of the pages by one of its names."""
        return f"https://{name}:{self.port}"

    def _site(self) -> str:
        changed = {
            "listen 443 ssl;": f"listen 127.0.0.1:{self.port} ssl;",
            "listen [::]:443 ssl;": f"listen [::1]:{self.port} ssl;",
            "alarms.example.com alarms.example.org": " ".join(self.names),
            "/etc/callflow/proxy": str(self._folder),
            f"127.0.0.1:{_PAGES}": f"127.0.0.1:{self._base}",
            f"127.0.0.1:{_TELEPHONES}": f"127.0.0.1:{self._base + 88}",
        }
        text = recipe()
        for theirs, ours in changed.items():
            assert theirs in text, f"the recipe says no more {theirs!r}"
            text = text.replace(theirs, ours)
        return text

    async def __aenter__(self) -> Self:
        self._folder.mkdir()
        certificate(self._folder, self.names[0])
        (self._folder / "nginx.conf").write_text(
            f"{'user root;' if os.geteuid() == 0 else ''}\n"
            f"daemon off; worker_processes 1; pid {self._folder}/pid;\n"
            "events {}\nhttp {\naccess_log off;\n"
            + "".join(
                f"{kind}_temp_path {self._folder}/{kind};\n"
                for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
            )
            + self._site()
            + "}\n"
        )
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        self._process = await asyncio.create_subprocess_exec(
            *(program, "-p", str(self._folder), "-e", str(self._folder / "error.log")),
            *("-c", str(self._folder / "nginx.conf")),
        )
        async with asyncio.timeout(20):
            while not await self._listens():
                assert self._process.returncode is None, (self._folder / "error.log").read_text()
                await asyncio.sleep(0.05)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._process.terminate()
        await self._process.wait()

    async def _listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except ConnectionRefusedError:
            return False
        writer.close()
        return True

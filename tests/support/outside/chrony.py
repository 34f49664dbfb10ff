"""A real chronyd that sets nobody's clock, and a server of its own that a test lets be wrong."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.support.suite.ports import free_port


class Chrony:
    """An organ's plug: ``path`` is a PATH on which ``chronyc`` asks this one."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        self._folder, self._server, self._commands = folder, free_port(), free_port()
        self._follower: subprocess.Popen[bytes] | None = None
        script = folder / "chronyc"
        asked = f"{shutil.which('chronyc')} -h 127.0.0.1 -p {self._commands}"
        script.write_text(f'#!/bin/sh\nexec {asked} "$@"\n')
        script.chmod(script.stat().st_mode | stat.S_IXUSR)

    @property
    def path(self) -> str:
        return f"{self._folder}:{os.environ['PATH']}"

    @contextlib.contextmanager
    def runs(self) -> Iterator[None]:
        """Both of them, until they are let go; the clock is right."""
        with self._begun("server", f"local stratum 5\nallow 127.0.0.1\nport {self._server}"):
            try:
                self.says(0.0)
                yield
            finally:
                self._end()

    def says(self, slow: float) -> None:
        """The clock is so many seconds slow, from now on."""
        self._end()
        self._follower = self._started(
            "follower",
            f"server 127.0.0.1 port {self._server} iburst minpoll 0 maxpoll 0 offset {slow}\n"
            f"port 0\ncmdport {self._commands}\nbindcmdaddress 127.0.0.1",
        )

    def _end(self) -> None:
        if self._follower is not None:
            self._follower.terminate()
            self._follower.wait()
            self._follower = None

    @contextlib.contextmanager
    def _begun(self, name: str, directives: str) -> Iterator[None]:
        process = self._started(name, f"{directives}\ncmdport 0\nbindaddress 127.0.0.1")
        try:
            yield
        finally:
            process.terminate()
            process.wait()

    def _started(self, name: str, directives: str) -> subprocess.Popen[bytes]:
        file = self._folder / f"{name}.conf"
        own = f"pidfile {self._folder}/{name}.pid\nbindcmdaddress {self._folder}/{name}.sock"
        file.write_text(f"{directives}\n{own}\n")
        command = ("/usr/sbin/chronyd", "-x", "-d", "-u", "root", "-f", str(file))
        return subprocess.Popen(command, stderr=subprocess.DEVNULL)

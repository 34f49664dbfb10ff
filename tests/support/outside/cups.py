"""A real CUPS with one queue, in a folder of its own: what it is sent lies in its spool."""

from __future__ import annotations

import contextlib
import getpass
import grp
import os
import shutil
import subprocess
from pathlib import Path

import httpx

from tests.support.suite.ports import free_port

QUEUE = "bureau"
_FOLDERS = ("root", "spool", "cache", "run", "tmp")
_FILES = """ServerRoot {folder}/root
ServerBin /usr/lib/cups
DataDir /usr/share/cups
RequestRoot {folder}/spool
CacheDir {folder}/cache
StateDir {folder}/run
TempDir {folder}/tmp
AccessLog {folder}/log
ErrorLog {folder}/log
PageLog {folder}/log
FileDevice Yes
User {user}
Group {group}
SystemGroup root
"""
_DAEMON = """LogLevel warn
Listen 127.0.0.1:{port}
WebInterface No
Browsing Off
DefaultAuthType None
PreserveJobHistory Yes
PreserveJobFiles Yes
<Location />
  Order allow,deny
  Allow all
</Location>
<Policy default>
  <Limit All>
    Order deny,allow
  </Limit>
</Policy>
"""
_PRINTERS = """<Printer {queue}>
Info {queue}
DeviceURI file:///dev/null
State Idle
Accepting {accepting}
Shared Yes
</Printer>
"""


class Cups:
    """One daemon; ``accepting``: whether its queue takes jobs."""

    def __init__(self, folder: Path, *, accepting: bool = True) -> None:
        self._folder, self._port = folder, free_port()
        for name in _FOLDERS:
            (folder / name).mkdir(parents=True)
        nobody = os.getuid() == 0  # it leaves root for its jobs
        user = "nobody" if nobody else getpass.getuser()
        group = "nogroup" if nobody else grp.getgrgid(os.getgid()).gr_name
        values = {"folder": folder, "user": user, "group": group, "port": self._port}
        (folder / "files.conf").write_text(_FILES.format(**values))
        (folder / "daemon.conf").write_text(_DAEMON.format(**values))
        said = "Yes" if accepting else "No"
        (folder / "root" / "printers.conf").write_text(
            _PRINTERS.format(queue=QUEUE, accepting=said)
        )
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def printer(self) -> str:
        """The queue's address."""
        return f"ipp://127.0.0.1:{self._port}/printers/{QUEUE}"

    def spooled(self) -> list[bytes]:
        """Every document that it was given, in its order."""
        files = sorted((self._folder / "spool").glob("d*"))
        return [file.read_bytes() for file in files]

    def start(self) -> None:
        """Returns once it answers."""
        program = shutil.which("cupsd", path=f"{os.environ['PATH']}:/usr/sbin")
        assert program is not None, "cupsd is not installed: ./run setup brings it"
        self._process = subprocess.Popen(
            [
                program,
                "-f",
                "-c",
                f"{self._folder}/daemon.conf",
                "-s",
                f"{self._folder}/files.conf",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while not self._answers():
            with contextlib.suppress(subprocess.TimeoutExpired):  # a test has its own limit
                self._process.wait(0.05)

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self._folder / "log").read_text()
        try:
            httpx.get(f"http://127.0.0.1:{self._port}/", trust_env=False)
        except httpx.HTTPError:
            return False
        return True

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)

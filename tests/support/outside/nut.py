"""A real NUT server with its dummy driver: a UPS that says what a test has it say."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from callflow.settings.power import Device
from tests.support.suite.ports import free_port

#: Debian's; those on the PATH ask first whether the machine has a UPS.
_PROGRAMS = Path("/usr/lib/nut")
ON_MAINS = {"ups.status": "OL CHRG", "battery.charge": "100", "battery.runtime": "2400"}


class Nut:
    """One server and its devices."""

    def __init__(self, folder: Path, names: tuple[str, ...]) -> None:
        self.folder, self.port, self._names = folder, free_port(), names
        self._second = 0
        self._drivers: dict[str, subprocess.Popen[bytes]] = {}
        folder.mkdir(mode=0o700, exist_ok=True)
        self._environment = {
            **os.environ,
            "NUT_CONFPATH": str(folder),
            "NUT_STATEPATH": str(folder),
            "NUT_ALTPIDPATH": str(folder),
        }
        for name in names:
            self.says(name)

    def device(self, name: str) -> Device:
        return Device(name, "127.0.0.1", self.port)

    def setting(self, name: str) -> str:
        """As CALLFLOW_UPS has it."""
        return f"{name}@127.0.0.1:{self.port}"

    def says(self, name: str, **variables: str) -> None:
        """What a device tells from its driver's next look on, within two seconds; at once: the
        driver never reads half of it. ``ups_status`` is ``ups.status``."""
        told = {**ON_MAINS, **{key.replace("_", "."): value for key, value in variables.items()}}
        fresh = self.folder / f"{name}.new"
        fresh.write_text("".join(f"{key}: {value}\n" for key, value in told.items()))
        self._second = max(int(time.time()), self._second + 1)  # the driver looks at no less
        os.utime(fresh, (self._second, self._second))
        fresh.replace(self.folder / f"{name}.dev")

    @contextmanager
    def runs(self, *directives: str) -> Iterator[None]:
        """The server and a driver for each device, until they are let go."""
        self._configure(directives)
        with ExitStack() as running:
            for name in self._names:
                driver = self._begun("dummy-ups", "-a", name, "-F", "-u", "root")
                self._drivers[name] = running.enter_context(driver)
            running.enter_context(self._begun("upsd", "-F", "-u", "root"))
            yield

    def kill_driver(self, name: str) -> None:
        """Nobody speaks with the device any more."""
        self._drivers[name].kill()

    @contextmanager
    def _begun(self, program: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        command = (str(_PROGRAMS / program), *arguments)
        log = (self.folder / f"{program}.log").open("ab")
        with (
            log,
            subprocess.Popen(
                command, stdout=log, stderr=log, env=self._environment, cwd=self.folder
            ) as process,
        ):
            try:
                yield process
            finally:
                process.terminate()

    def _configure(self, directives: tuple[str, ...]) -> None:
        devices = "".join(
            f"[{name}]\n  driver = dummy-ups\n  port = {self.folder}/{name}.dev\n"
            for name in self._names
        )
        server = "\n".join((f"LISTEN 127.0.0.1 {self.port}", "MAXAGE 5", *directives, ""))
        for file, text in (
            ("ups.conf", f"pollinterval = 1\n{devices}"),
            ("upsd.conf", server),
            ("upsd.users", '[watch]\n  password = "wo\\"rd"\n'),
        ):
            (self.folder / file).write_text(text)
            (self.folder / file).chmod(0o600)


def keep_certificate(folder: Path) -> tuple[str, ...]:
    """What the server reads its certificate by, from ``cert.pem`` and ``key.pem`` of the folder:
    Debian's has NSS, and keeps it in a database of that."""
    for command in (
        "openssl pkcs12 -export -name ups -passout pass:x -in cert.pem -inkey key.pem -out both",
        "certutil -N -d . --empty-password",
        "pk12util -i both -d . -W x",
    ):
        subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    return f"CERTPATH {folder}", 'CERTIDENT ups ""'


def until(fact: Callable[[], bool]) -> None:
    """Wait for it; the test's own limit is the only one."""
    while not fact():
        time.sleep(0.1)

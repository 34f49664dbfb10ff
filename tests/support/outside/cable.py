"""A desk behind a cable that a test pulls out: a network namespace of its own, and a virtual pair.

Needs root, as the tests' machines have it; elsewhere it says so.
"""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path
from typing import Self


class Cut:
    """``here`` is this machine's address on the cable, ``there`` the desk's."""

    def __init__(self, serial: int = 1) -> None:
        tag = f"{os.getpid() % 100_000}{serial % 10}"
        self.name, self._ours, self._theirs = f"callflow{tag}", f"cfa{tag}", f"cfb{tag}"
        third = os.getpid() % 200 + 20
        self.here, self.there = f"10.231.{third}.1", f"10.231.{third}.2"

    def __enter__(self) -> Self:
        _ip("netns", "add", self.name)
        try:
            _ip("link", "add", self._ours, "type", "veth", "peer", self._theirs, "netns", self.name)
            _ip("addr", "add", f"{self.here}/30", "dev", self._ours)
            _ip("link", "set", self._ours, "up")
            _ip("-n", self.name, "addr", "add", f"{self.there}/30", "dev", self._theirs)
            # An address that comes by itself seconds later ends what a browser is loading then.
            _ip("-n", self.name, "link", "set", self._theirs, "addrgenmode", "none")
            _ip("-n", self.name, "link", "set", self._theirs, "up")
            _ip("-n", self.name, "link", "set", "lo", "up")
        except RuntimeError:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run(["ip", "link", "del", self._ours], check=False, capture_output=True)
        _ip("netns", "del", self.name)

    def pulled_out(self) -> None:
        """Nothing arrives any more, in either direction, and neither end is told: each sends to a
        card that isn't there."""
        _ip("neigh", "replace", self.there, "lladdr", _NOBODY, "dev", self._ours, *_FIXED)
        at = ("-n", self.name)
        _ip(*at, "neigh", "replace", self.here, "lladdr", _NOBODY, "dev", self._theirs, *_FIXED)

    def plugged_in(self) -> None:
        """Everything arrives again."""
        _ip("neigh", "del", self.there, "dev", self._ours)
        _ip("-n", self.name, "neigh", "del", self.here, "dev", self._theirs)

    def program(self, path: str, folder: Path) -> str:
        """A program that runs ``path`` at the desk's end of the cable."""
        script = folder / f"at-{self.name}"
        script.write_text(f'#!/bin/sh\nexec ip netns exec {self.name} {path} "$@"\n')
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        return str(script)


_NOBODY, _FIXED = "02:00:00:00:00:63", ("nud", "permanent")


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(
            f"ip {' '.join(arguments)}: {done.stderr.strip()}. A cable to pull out is a network"
            " namespace: run this test as root, or with CAP_NET_ADMIN and CAP_SYS_ADMIN"
        )

"""Debian's packages of another suite, unpacked into a folder, without root or a change to the host.

The mirror comes from the host's own apt sources, and so does the trust: apt checks the suite's
signature, and each package by the hash that the signed list gives. It needs `apt-get` and `dpkg`.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ivr.asterisk.apt_sources import Mirror

Progress = Callable[[str], None]
#: What apt prints of a package that it would fetch.
_TO_FETCH = re.compile(r"'[^']+' ([^_ ]+)_([^_ ]+)_\S+\.deb [0-9]+ SHA256:([0-9a-f]{64})")


@dataclass(frozen=True, kw_only=True)
class Deb:
    """One package, of one suite; `sha256` is its file's."""

    suite: str
    name: str
    version: str
    sha256: str


def unpack(
    packages: Sequence[str], mirror: Mirror, suite: str, fresh: Path, progress: Progress
) -> Path:
    """The folder, in the empty folder `fresh`, that holds the packages and all that they need.

    `progress` gets short lines for a person. Raises CalledProcessError with what apt said.
    """
    apt = Apt.of_its_own(fresh, mirror, suite)
    progress(f"reading the package list of Debian {suite}")
    apt.update()
    debs = apt.download(apt.closure(packages), progress)
    tree = fresh / "tree"
    for number, deb in enumerate(debs, start=1):
        if number % 20 == 0 or number == len(debs):
            progress(f"unpacking {number}/{len(debs)}")
        _run(["dpkg", "-x", str(deb), str(tree)], cwd=fresh)
    return tree


@dataclass(frozen=True, kw_only=True)
class Apt:
    """An apt-get that reads and writes only `folder`, but trusts what the host's apt trusts."""

    folder: Path
    suite: str
    command: tuple[str, ...]

    @classmethod
    def of_its_own(cls, fresh: Path, mirror: Mirror, suite: str) -> Apt:
        """In the empty folder `fresh`."""
        fresh = fresh.resolve()  # its commands work in folders of their own
        for folder in ("lists/partial", "cache/archives/partial", "debs"):
            (fresh / folder).mkdir(parents=True)
        (fresh / "only.sources").write_text(mirror.stanza(suite), encoding="utf-8")
        options = {
            "Dir::Etc::sourcelist": fresh / "only.sources",
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::Etc::preferencesparts": "/dev/null",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::State::lists": fresh / "lists",
            "Dir::State::status": "/dev/null",
            "Dir::Cache": fresh / "cache",
            "APT::Sandbox::User": "root",
            "APT::Get::List-Cleanup": "false",
            "Acquire::ForceHash": "SHA256",
            "Acquire::Languages": "none",
            "Acquire::Retries": "3",
        }
        words = (word for k, v in options.items() for word in ("-o", f"{k}={v}"))
        return cls(folder=fresh, suite=suite, command=("apt-get", "-q", *words))

    def update(self) -> None:
        """Read the suite's list of packages."""
        _run([*self.command, "update"], cwd=self.folder)

    def closure(self, wanted: Sequence[str]) -> list[Deb]:
        """The packages that these need on an empty system, themselves included."""
        printed = ("install", "--print-uris", "-y", "--no-install-recommends")
        listed = _run([*self.command, *printed, *wanted], cwd=self.folder)
        return [
            Deb(
                suite=self.suite,
                name=found[1],
                version=found[2].replace("%3a", ":"),
                sha256=found[3],
            )
            for line in listed.splitlines()
            if (found := _TO_FETCH.match(line))
        ]

    def download(self, debs: Iterable[Deb], progress: Progress) -> list[Path]:
        """Their files, in a folder of ours, which apt has checked."""
        packages = [f"{deb.name}={deb.version}" for deb in debs]
        folder = self.folder / "debs"
        log = self.folder / "download.log"
        command = [*self.command, "download", *packages]
        with log.open("w") as output:
            download = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output)
            status: int | None = None
            while status is None:
                try:
                    status = download.wait(timeout=2)
                except subprocess.TimeoutExpired:
                    done = len(list(folder.glob("*.deb")))
                    progress(f"downloading {done}/{len(packages)} packages")
        if status != 0:
            raise subprocess.CalledProcessError(status, "apt-get download", stderr=log.read_text())
        return sorted(folder.glob("*.deb"))


def _run(command: list[str], cwd: Path) -> str:
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=900,
        check=True,
    )
    return done.stdout

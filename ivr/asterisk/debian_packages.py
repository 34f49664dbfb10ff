"""Debian's packages of another suite, unpacked into a folder, without root or a change to the host.

The mirror comes from the host's own apt sources, and so does the trust: apt checks the suite's
signature, and each package by the hash that the signed list gives. It needs `apt-get` and `dpkg`.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from ivr.asterisk.apt_sources import Mirror

Progress = Callable[[str], None]


def unpack(
    packages: Sequence[str], mirror: Mirror, suite: str, fresh: Path, progress: Progress
) -> Path:
    """The folder, in the empty folder `fresh`, that holds the packages and all that they need.

    `progress` gets short lines for a person. Raises CalledProcessError with what apt said.
    """
    apt = _apt_of_its_own(fresh, mirror, suite)
    progress(f"reading the package list of Debian {suite}")
    _run([*apt, "update"], cwd=fresh)
    debs = _download(apt, _closure(apt, packages, fresh), fresh, progress)
    tree = fresh / "tree"
    for number, deb in enumerate(debs, start=1):
        if number % 20 == 0 or number == len(debs):
            progress(f"unpacking {number}/{len(debs)}")
        _run(["dpkg", "-x", str(deb), str(tree)], cwd=fresh)
    return tree


def _apt_of_its_own(fresh: Path, mirror: Mirror, suite: str) -> list[str]:
    """An apt-get that reads and writes only `fresh`, but trusts what the host's apt trusts."""
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
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
    }
    return ["apt-get", "-q", *(word for k, v in options.items() for word in ("-o", f"{k}={v}"))]


def _closure(apt: list[str], wanted: Sequence[str], fresh: Path) -> list[str]:
    """The packages that these need on an empty system, themselves included, as `name=version`."""
    listed = _run(
        [*apt, "install", "--print-uris", "-y", "--no-install-recommends", *wanted], cwd=fresh
    )
    packages = []
    for line in listed.splitlines():
        found = re.match(r"'[^']+' (\S+)_(\S+)_\S+\.deb ", line)
        if found:
            packages.append(f"{found[1]}={found[2].replace('%3a', ':')}")
    return packages


def _download(apt: list[str], packages: list[str], fresh: Path, progress: Progress) -> list[Path]:
    folder = fresh / "debs"
    log = fresh / "download.log"
    command = [*apt, "download", *packages]
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

"""The Asterisk that the station was tested with: Debian's packages, each pinned by its SHA-256.

The list is committed. ``update`` writes it anew from what Debian has now: run the tests with that
before it is committed. ``fetch`` takes nothing that the list does not name, byte for byte.
"""

import hashlib
import platform
import shutil
from collections.abc import Iterable
from pathlib import Path

from ivr.asterisk.apt_sources import debian_mirrors
from ivr.asterisk.debian_packages import Apt, Deb, Progress
from ivr.asterisk.tree import PACKAGES, SUITES, AsteriskUnavailable

_FOLDER = Path(__file__).parent
_HEAD = "# One Asterisk: suite, name, version, SHA-256 (./run package --update-asterisk)\n"


def listed(machine: str = platform.machine()) -> Path:
    """The committed list for machines of this kind."""
    return _FOLDER / f"asterisk-{machine}.lock"


def read(file: Path) -> list[Deb]:
    """Raises ValueError where it is no such list."""
    rows = [line.split() for line in file.read_text(encoding="ascii").splitlines()]
    return [
        Deb(suite=suite, name=name, version=version, sha256=digest)
        for suite, name, version, digest in (row for row in rows if row and row[0] != "#")
    ]


def update(folder: Path, progress: Progress) -> list[Deb]:
    """Write the list anew, in the empty folder ``folder``. Raises CalledProcessError,
    AsteriskUnavailable."""
    for mirror in debian_mirrors():
        apt = Apt.of_its_own(folder, mirror, SUITES[0])
        progress(f"reading the package list of Debian {SUITES[0]}")
        apt.update()
        debs = apt.closure(PACKAGES)
        lines = [f"{deb.suite} {deb.name} {deb.version} {deb.sha256}\n" for deb in debs]
        listed().write_text(_HEAD + "".join(sorted(lines)), encoding="ascii")
        return debs
    raise AsteriskUnavailable("this host's apt sources name no Debian mirror")


def fetch(debs: Iterable[Deb], cache: Path, progress: Progress) -> list[Path]:
    """The packages' files, from the folder ``cache`` or Debian's archive, in the list's order.

    Raises AsteriskUnavailable where one can't be had as it was tested.
    """
    cache.mkdir(parents=True, exist_ok=True)
    wanted = {deb: cache / f"{deb.sha256}.deb" for deb in debs}
    missing = [deb for deb, file in wanted.items() if not _is(file, deb.sha256)]
    if missing:
        _download(missing, cache, progress)
    gone = [f"{deb.name} {deb.version}" for deb in missing if not _is(wanted[deb], deb.sha256)]
    if gone:
        raise AsteriskUnavailable(
            f"Debian no longer has {', '.join(gone[:3])}{' …' * (len(gone) > 3)} as tested here:"
            " ./run package --update-asterisk, then ./run test, then commit the new list"
        )
    return list(wanted.values())


def _is(file: Path, digest: str) -> bool:
    return file.exists() and hashlib.sha256(file.read_bytes()).hexdigest() == digest


def _download(missing: list[Deb], cache: Path, progress: Progress) -> None:
    by_digest = {deb.sha256: deb for deb in missing}
    for mirror in debian_mirrors():
        fresh = cache / "fetching"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        apt = Apt.of_its_own(fresh, mirror, missing[0].suite)
        apt.update()
        # One that is gone must not keep the others away.
        there = {(deb.name, deb.version) for deb in apt.closure(PACKAGES)}
        had = [deb for deb in missing if (deb.name, deb.version) in there]
        for file in apt.download(had, progress):
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            if digest in by_digest:
                file.replace(cache / f"{digest}.deb")
        shutil.rmtree(fresh)


#: Read by nobody here; what the licences ask for (each ``copyright``) stays.
_UNREAD = ("man", "info", "locale", "lintian", "bug", "doc-base", "bash-completion")


def prune(home: Path) -> None:
    """Leave out the manuals and translations of an unpacked tree."""
    share = home / "usr" / "share"
    for name in _UNREAD:
        shutil.rmtree(share / name, ignore_errors=True)
    for file in (share / "doc").rglob("*"):
        if file.is_file() and file.name != "copyright":
            file.unlink()

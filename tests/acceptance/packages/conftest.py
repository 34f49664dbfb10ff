"""Our packages and the container's image, of this checkout, made once."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.suite import limits

ROOT = Path(__file__).parents[3]
#: What is not packed: another test is no other package.
_NOT_PACKED = ":(exclude)tests"


@dataclass(frozen=True, kw_only=True, slots=True)
class Packages:
    """What ``./run package`` makes."""

    station: Path
    asterisk: Path
    image: Path


@pytest.fixture(scope="package")
def packages() -> Packages:
    """Minutes, more beside others; none where the last run's are of the same files."""
    folder = ROOT / "var" / "package"
    made_of, now = folder / "made-of", _packed()
    if not now or not made_of.exists() or made_of.read_text() != now:
        for old in (made_of, *folder.glob("*.deb"), *folder.glob("*.oci.tar")):
            old.unlink(missing_ok=True)
        with limits.standing_still():
            subprocess.run([ROOT / "run", "package"], check=True)
        made_of.write_text(now)
    (station,) = folder.glob("callflow_*.deb")
    (asterisk,) = folder.glob("callflow-asterisk_*.deb")
    (image,) = folder.glob("callflow_*.oci.tar")
    return Packages(station=station, asterisk=asterisk, image=image)


def _packed() -> str:
    """The checkout's files with their hashes; "" where something of them is not committed, or
    nobody knows."""
    if _git("status", "--porcelain", "--", ".", _NOT_PACKED):
        return ""
    return _git("ls-files", "--stage", "--", ".", _NOT_PACKED)


def _git(*words: str) -> str:
    return subprocess.run(
        ["git", "-C", ROOT, *words], stdout=subprocess.PIPE, text=True, check=False
    ).stdout

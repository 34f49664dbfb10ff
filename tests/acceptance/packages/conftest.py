"""Our packages and the container's image, of this checkout, made once."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, kw_only=True, slots=True)
class Packages:
    """What ``./run package`` makes."""

    station: Path
    asterisk: Path
    image: Path


@pytest.fixture(scope="package")
def packages() -> Packages:
    """Minutes, which the first test pays."""
    folder = ROOT / "var" / "package"
    for old in (*folder.glob("*.deb"), *folder.glob("*.oci.tar")):
        old.unlink()
    subprocess.run([ROOT / "run", "package"], check=True)
    (station,) = folder.glob("callflow_*.deb")
    (asterisk,) = folder.glob("callflow-asterisk_*.deb")
    (image,) = folder.glob("callflow_*.oci.tar")
    return Packages(station=station, asterisk=asterisk, image=image)

"""Behind a router that translates addresses the station tells its carrier the outer one: calls go
both ways, and sound with them, though the carrier heeds nothing of what is before it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_ALONE = ("unshare", "--user", "--map-root-user", "--net")


@pytest.mark.deep
def test_calls_go_both_ways_through_a_router_of_its_own(tmp_path: Path) -> None:
    """Namespaces of the kernel, made without root where it allows (user_namespaces(7))."""
    done = subprocess.run(
        [*_ALONE, sys.executable, "-m", "tests.support.sip.translated", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"

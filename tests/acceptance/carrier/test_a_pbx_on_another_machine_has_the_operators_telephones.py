"""An Asterisk of somebody else's, on another machine, makes the station's calls: an operator whose
telephone is registered there speaks with whoever was called."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_ALONE = ("unshare", "--user", "--map-root-user", "--net")


@pytest.mark.deep
def test_set_up_as_documented_it_brings_person_and_operator_together(tmp_path: Path) -> None:
    """Namespaces of the kernel, made without root where it allows (user_namespaces(7))."""
    done = subprocess.run(
        [*_ALONE, sys.executable, "-m", "tests.support.sip.pbx_elsewhere", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-8000:]}\n{done.stderr[-3000:]}"

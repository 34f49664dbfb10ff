"""How much the machine's processes wait for a core: what a test that listens is told with."""

from __future__ import annotations

import re
import threading
import time
from pathlib import Path

FILE = Path("/proc/pressure/cpu")
#: Below so many percent of the last ten seconds a machine counts as quiet; nobody waits longer
#: than so many seconds for that.
QUIET, PATIENCE = 10.0, 60.0


def some(file: Path = FILE) -> float | None:
    """The share of the last ten seconds in which somebody waited for a core, in percent; None where
    the kernel doesn't say (source: /proc/pressure/cpu, its ``some avg10``)."""
    try:
        found = re.search(r"^some avg10=([0-9.]+)", file.read_text(encoding="ascii"), re.MULTILINE)
    except OSError:
        return None
    return float(found[1]) if found else None


def wait_for_quiet(patience: float = PATIENCE, file: Path = FILE) -> float:
    """Returns when the machine is quiet, or after ``patience``; the seconds that it took."""
    begun = time.monotonic()
    nap = threading.Event()
    while (share := some(file)) is not None and share >= QUIET:
        if time.monotonic() - begun >= patience:
            break
        nap.wait(1.0)
    return time.monotonic() - begun


def told() -> str:
    """For a failure's report."""
    share = some()
    load = FILE.parent.parent.joinpath("loadavg").read_text(encoding="ascii").strip()
    said = "unknown" if share is None else f"{share:.0f} % of the last 10 s"
    return f"somebody waited for a core in {said}; load {load}"

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
#: Seconds; the kernel counts anew every two, so that this is what it says of two to four.
_WINDOW = 2.1


def some(file: Path = FILE) -> float | None:
    """The share of the last ten seconds in which somebody waited for a core, in percent; None where
    the kernel doesn't say (source: /proc/pressure/cpu, its ``some avg10``)."""
    return _said("avg10", file)


def _said(what: str, file: Path) -> float | None:
    try:
        text = file.read_text(encoding="ascii")
    except OSError:
        return None
    found = re.search(rf"^some .*\b{what}=([0-9.]+)", text, re.MULTILINE)
    return float(found[1]) if found else None


def wait_for_quiet(patience: float = PATIENCE, file: Path = FILE) -> float:
    """Returns when the machine is quiet, or after ``patience``; the seconds that it took.

    Quiet by the average, or by the microseconds of the last moments alone: the average of a machine
    that was busy and is not any more falls for twenty seconds.
    """
    begun = time.monotonic()
    nap = threading.Event()
    while (share := some(file)) is not None and share >= QUIET:
        if time.monotonic() - begun >= patience:
            break
        before = _said("total", file) or 0.0
        nap.wait(_WINDOW)
        if (_said("total", file) or 0.0) - before < QUIET / 100 * _WINDOW * 1_000_000:
            break
    return time.monotonic() - begun


def told() -> str:
    """For a failure's report."""
    share = some()
    load = FILE.parent.parent.joinpath("loadavg").read_text(encoding="ascii").strip()
    said = "unknown" if share is None else f"{share:.0f} % of the last 10 s"
    return f"somebody waited for a core in {said}; load {load}"

"""A station whose battery ends: it is asked to stop, stops, and begins again with the mains.

The engine decides it and the supervisor does it; what they say to each other is a file of the run
folder, which nobody else can write to. The supervisor looks at the supplies itself before it obeys.
"""

import contextlib
from datetime import datetime
from pathlib import Path

from callflow.core.time.instants import from_iso, to_iso

_ASKED, _STOPPED = "blackout.asked", "blackout.stopped"


def ask(run_dir: Path, now: datetime) -> None:
    """Ask the supervisor of this folder to stop."""
    (run_dir / _ASKED).write_text(to_iso(now), encoding="utf-8")


def is_asked(run_dir: Path) -> bool:
    """True where somebody asked, and the supervisor has not answered yet."""
    return (run_dir / _ASKED).exists()


def refuse(run_dir: Path) -> None:
    """There is power: nothing is stopped."""
    (run_dir / _ASKED).unlink(missing_ok=True)


def stop(run_dir: Path, now: datetime) -> None:
    """Note that everything is stopped from now on."""
    (run_dir / _STOPPED).write_text(to_iso(now), encoding="utf-8")
    refuse(run_dir)


def over(run_dir: Path) -> datetime | None:
    """Since when the station was stopped, told once: it runs again. None: it was not stopped."""
    file = run_dir / _STOPPED
    with contextlib.suppress(OSError, ValueError):
        return from_iso(file.read_text(encoding="utf-8"))
    return None


def forget(run_dir: Path) -> None:
    """It was told."""
    (run_dir / _STOPPED).unlink(missing_ok=True)

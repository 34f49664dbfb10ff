"""CPU seconds of an instance's processes (Linux; nothing elsewhere)."""

from __future__ import annotations

import contextlib
import math
import os
from pathlib import Path

from tests.support.stations.product import Product

_TICKS = os.sysconf("SC_CLK_TCK")


def seconds(product: Product) -> dict[str, float]:
    """{part of the instance: CPU seconds so far}."""
    found: dict[str, float] = {}
    for folder, words in product.processes():
        with contextlib.suppress(OSError):  # it ended meanwhile
            name = _part(words)
            found[name] = found.get(name, 0.0) + _used(folder)
    return found


def of_process(pid: int) -> float:
    """CPU seconds of one process so far, its threads together; nan where nobody says."""
    try:
        return _used(Path(f"/proc/{pid}"))
    except OSError:
        return math.nan


def with_children(pid: int) -> float:
    """The same, with what its children used that it has waited for."""
    return _used(Path(f"/proc/{pid}"), children=True)


def used(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """What was used between two looks."""
    return {
        name: round(after[name] - before.get(name, 0.0), 1)
        for name in sorted(after)
        if after[name] - before.get(name, 0.0) >= 0.1
    }


def _part(words: list[str]) -> str:
    if "--only" in words:
        return words[words.index("--only") + 1]
    config = next((word for word in words if word.endswith("/etc/asterisk.conf")), None)
    if config:
        return f"asterisk-{Path(config).parts[-3]}"
    return "voice" if any(word.endswith("voice.py") for word in words) else "supervisor"


def _used(process: Path, *, children: bool = False) -> float:
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11 : 15 if children else 13])) / _TICKS

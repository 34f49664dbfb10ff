"""CPU seconds of the dearest files of tests, as a whole run counted them: what lies in one unit and
what is parted (units.py) is the same where nothing ever ran.

``side_by_side --remember`` writes them anew; a file that is not among them is judged by its tests.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

_FILE = Path(__file__).with_name("dear.json")
_ROOT = _FILE.parents[2]
#: Those below so many seconds are judged well enough by their number of tests.
_WORTH_KEEPING = 8.0
#: A fast run, and what is more in a deep one of what computes.
FAST, DEEP = "fast", "deep computing"


def seconds(of: str) -> dict[str, float]:
    """By file, from the root of the checkout."""
    found: dict[str, dict[str, float]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return found[of]


def remember(of: str, counted: Mapping[str, float]) -> None:
    """What was ``counted`` takes the place of what was known of these files."""
    everything = {name: seconds(name) for name in (FAST, DEEP)}
    everything[of] = {
        file: round(cpu)
        for file, cpu in sorted({**everything[of], **counted}.items())
        if cpu >= _WORTH_KEEPING and (_ROOT / file).exists()
    }
    _FILE.write_text(json.dumps(everything, indent=1) + "\n", encoding="utf-8")

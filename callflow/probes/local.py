"""This machine's memory and temperature, as the kernel tells them."""

import re
from collections.abc import Iterator
from pathlib import Path

_MEMORY = Path("/proc/meminfo")
_ZONES, _CHIPS = Path("/sys/class/thermal"), Path("/sys/class/hwmon")
_LINE = re.compile(r"^(MemTotal|MemAvailable): +([0-9]+) kB$", re.MULTILINE)
#: Degrees Celsius that a working sensor shows.
_SHOWN = range(1, 151)


def memory_free(file: Path = _MEMORY) -> float | None:
    """Per cent of the memory that programs may still have; None: nobody tells."""
    try:
        found = dict(_LINE.findall(file.read_text()))
    except OSError:
        return None
    total = int(found.get("MemTotal", 0))
    return round(100 * int(found.get("MemAvailable", 0)) / total, 1) if total else None


def temperature(zones: Path = _ZONES, chips: Path = _CHIPS) -> float | None:
    """The hottest sensor, in degrees Celsius; None: there is none."""
    found = [*_read(zones.glob("thermal_zone*/temp")), *_read(chips.glob("hwmon*/temp*_input"))]
    return max((degrees for degrees in found if int(degrees) in _SHOWN), default=None)


def _read(files: Iterator[Path]) -> Iterator[float]:
    for file in files:
        try:
            yield int(file.read_text()) / 1000
        except (OSError, ValueError):  # a sensor that is away says so by an error
            continue

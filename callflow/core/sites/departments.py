"""French departments: which one a postcode is in, and where that and any place is on a plain map.
Pure.

The map is the one that the pages ship (web/static/departments.svg, in Mercator's projection):
places are in its own units, from its upper left corner.
"""

import csv
import functools
import math
from dataclasses import dataclass
from importlib import resources

#: The map's size, in its own units; the degrees of its four sides.
WIDTH, HEIGHT = 613, 585
_WEST, _EAST, _NORTH, _SOUTH = -5.143750, 9.560556, 51.090720, 41.366389


@dataclass(frozen=True, slots=True)
class Department:
    """``x`` and ``y``: its middle on the map."""

    code: str
    name: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What is known of where a site is: ``latitude`` and ``longitude`` in degrees (WGS 84)."""

    postcode: str
    latitude: float | None
    longitude: float | None

    @property
    def place(self) -> tuple[int, int] | None:
        """Where it is on the map by its coordinates; None: it has none, or lies beyond the map."""
        if self.latitude is None or self.longitude is None:
            return None
        return place_of(self.latitude, self.longitude)


@functools.cache
def on_the_map() -> dict[str, Department]:
    """{code: department} of those that the map shows: metropolitan France."""
    file = resources.files("callflow.core.sites") / "departments.csv"
    rows = csv.DictReader(file.read_text("utf-8").splitlines())
    return {
        row["code"]: Department(row["code"], row["name"], int(row["x"]), int(row["y"]))
        for row in rows
    }


def department_of(postcode: str) -> str:
    """The code of the department that a postcode is in, such as "35", "2A" or "974"; "": it is no
    French postcode."""
    plain = postcode.replace(" ", "")
    if len(plain) != 5 or not plain.isascii() or not plain.isdigit():
        return ""
    if plain.startswith("20"):  # Corsica's are numbered as before there were two
        return "2A" if plain < "20200" else "2B"
    return plain[:3] if plain.startswith(("97", "98")) else plain[:2]


def place_of(latitude: float, longitude: float) -> tuple[int, int] | None:
    """Where degrees (WGS 84) are on the map; None: beyond it."""
    if not (_SOUTH <= latitude <= _NORTH and _WEST <= longitude <= _EAST):
        return None
    x = (longitude - _WEST) / (_EAST - _WEST) * WIDTH
    y = (_upwards(_NORTH) - _upwards(latitude)) / (_upwards(_NORTH) - _upwards(_SOUTH)) * HEIGHT
    return round(x), round(y)


def degrees_of(x: int, y: int) -> tuple[float, float]:
    """Latitude and longitude of a place of the map."""
    height = _upwards(_NORTH) - y / HEIGHT * (_upwards(_NORTH) - _upwards(_SOUTH))
    latitude = math.degrees(2 * math.atan(math.exp(height)) - math.pi / 2)
    return latitude, _WEST + x / WIDTH * (_EAST - _WEST)


def _upwards(latitude: float) -> float:
    """Mercator's height of a latitude, above the equator's."""
    return math.log(math.tan(math.pi / 4 + math.radians(latitude) / 2))

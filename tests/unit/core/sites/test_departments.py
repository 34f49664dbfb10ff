"""Which department a postcode is in, and where places are on the map that pages ship."""

from __future__ import annotations

import re

import pytest

from callflow.core.sites.departments import (
    HEIGHT,
    WIDTH,
    Whereabouts,
    degrees_of,
    department_of,
    on_the_map,
    place_of,
)
from tests.support.checks.source import ROOT

Outline = list[tuple[float, float]]


@pytest.mark.parametrize(
    ("postcode", "code"),
    [
        *(("35000", "35"), ("01 000", "01"), ("20000", "2A"), ("20190", "2A"), ("20200", "2B")),
        *(("20600", "2B"), ("97400", "974"), ("98000", "980"), ("", ""), ("3500", "")),
        *(("٣٥٠٠٠", ""), ("SW1A 1AA", ""), ("350000", "")),
    ],
)
def test_a_postcode_says_its_department(postcode: str, code: str) -> None:
    assert department_of(postcode) == code


def outlines() -> dict[str, list[Outline]]:
    """{code: the parts of its outline} as they are drawn."""
    svg = (ROOT / "web/static/departments.svg").read_text("utf-8")
    assert f'viewBox="0 0 {WIDTH} {HEIGHT}"' in svg
    return {code: parts(path) for code, path in re.findall(r'id="d(\w+)" d="([^"]+)"', svg)}


def parts(path: str) -> list[Outline]:
    found: list[Outline] = []
    x = y = 0.0
    for part in filter(None, re.split(r"[mz]+", path)):
        steps = [float(each) for each in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", part)]
        outline = []
        for dx, dy in zip(steps[::2], steps[1::2], strict=True):
            x, y = x + dx, y + dy
            outline.append((x, y))
        x, y = outline[0]
        found.append(outline)
    return found


def inside(outline: Outline, x: float, y: float) -> bool:
    """Say whether a point lies in it: a line to the right crosses it an odd number of times."""
    crossed = False
    for (x1, y1), (x2, y2) in zip(outline, [*outline[1:], outline[0]], strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            crossed = not crossed
    return crossed


def test_the_map_has_each_department_once() -> None:
    assert set(on_the_map()) == set(outlines())
    assert on_the_map()["35"].name == "Ille-et-Vilaine"
    assert len(on_the_map()) == 96


@pytest.mark.parametrize(
    ("latitude", "longitude", "code"),
    [
        *((48.117, -1.678, "35"), (48.390, -4.486, "29"), (50.637, 3.063, "59")),
        *((48.584, 7.746, "67"), (43.704, 7.262, "06"), (43.297, 5.370, "13")),
        *((42.699, 2.895, "66"), (44.838, -0.579, "33"), (41.621, 8.974, "2A")),
        *((42.306, 9.150, "2B"), (48.857, 2.352, "75"), (45.764, 4.836, "69")),
        *((45.746, -0.633, "17"), (49.634, -1.622, "50"), (47.640, 6.863, "90")),
    ],
)
def test_a_town_is_drawn_in_its_department(latitude: float, longitude: float, code: str) -> None:
    place = place_of(latitude, longitude)
    assert place is not None
    assert any(inside(outline, *place) for outline in outlines()[code])


@pytest.mark.parametrize(
    ("latitude", "longitude"), [(-21.115, 55.536), (51.507, -0.128), (48.0, 10.0), (0.0, 0.0)]
)
def test_what_lies_beyond_the_map_has_no_place_on_it(latitude: float, longitude: float) -> None:
    assert place_of(latitude, longitude) is None
    assert Whereabouts("", latitude, longitude).place is None


@pytest.mark.parametrize("place", [(0, 0), (144, 190), (WIDTH - 1, HEIGHT - 1)])
def test_a_place_of_the_map_says_its_degrees(place: tuple[int, int]) -> None:
    assert place_of(*degrees_of(*place)) == place


def test_a_site_without_coordinates_has_no_place_by_them() -> None:
    assert Whereabouts("35000", None, None).place is None
    assert Whereabouts("", 48.117, -1.678).place == place_of(48.117, -1.678)

"""Tiles beneath the map: the station's own archive, read by ranges, and what is drawn on it."""

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Header, Response
from fastapi.responses import FileResponse

from callflow.core.sites.departments import (
    HEIGHT,
    WIDTH,
    Whereabouts,
    degrees_of,
    department_of,
    on_the_map,
)
from callflow.storage.sites import places
from web.access.sessions import Reader
from web.kit.problems import ProblemError
from web.pages.alarms.views import Line
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

ARCHIVE, SITES = "/map/tiles.pmtiles", "/map/sites.json"
#: Parts of a degree that sites are shown apart by on tiles: some eleven metres.
_APART = 10_000
#: An archive's first bytes: its name and its version.
_MAGIC = b"PMTiles\x03"
#: One range of bytes, and the most of them that are given at once; a map's largest part, a
#: directory, has some hundred kilobytes.
_RANGE, _MOST = re.compile(r"bytes=(\d{1,15})-(\d{1,15})"), 8_000_000
_Degrees = tuple[float, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Beneath:
    """What a page says of its tiles, in JSON. ``alarms``: [latitude, longitude, the gravest
    priority, how many] of each place; ``at``: what the map is drawn around, or null; ``bounds``:
    its south, west, north and east otherwise."""

    alarms: str
    at: str
    bounds: str
    archive: str = ARCHIVE
    sites: str = SITES


def beneath(
    lines: Sequence[Line], where: Mapping[str, Whereabouts], wanted: Whereabouts | None
) -> Beneath:
    """What is drawn of these alarms, around ``wanted``."""
    there: defaultdict[_Degrees, list[int]] = defaultdict(list)
    for line in lines:
        whose = where.get(line.site or "")
        if whose and (degrees := _degrees(whose)) is not None:
            there[degrees].append(line.priority)
    alarms = [(*degrees, min(each), len(each)) for degrees, each in there.items()]
    return Beneath(
        alarms=json.dumps(sorted(alarms, key=lambda alarm: -alarm[2])),
        at=json.dumps(_degrees(wanted) if wanted else None),
        bounds=json.dumps([*degrees_of(0, HEIGHT), *degrees_of(WIDTH, 0)]),
    )


def _degrees(where: Whereabouts) -> _Degrees | None:
    """Its coordinates, else the middle of its postcode's department."""
    if where.latitude is not None and where.longitude is not None:
        return where.latitude, where.longitude
    department = on_the_map().get(department_of(where.postcode))
    return degrees_of(department.x, department.y) if department else None


async def served(station: Station) -> Path | None:
    """Where the archive lies; None: there is none, or what is named is no archive of tiles."""
    path = station.settings.map_tiles
    if path is None:
        return None
    return path if await asyncio.to_thread(_is_archive, path) else None


def _is_archive(path: Path) -> bool:
    """True for what begins as one: another file that is named by mistake is given to nobody."""
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


@router.get(ARCHIVE)
async def give(
    visitor: Reader, station: Here, wanted: Annotated[str, Header(alias="Range")] = ""
) -> Response:
    """A part of the archive (RFC 9110, 14.2): a page takes a few kilobytes of it at a time, nobody
    the whole of it."""
    path = await served(station)
    if path is None:
        raise ProblemError(404, "the station serves no map tiles")
    found = _RANGE.fullmatch(wanted)
    if found is None or not 0 <= int(found[2]) - int(found[1]) < _MOST:
        raise ProblemError(416, "map tiles are given by ranges of a few megabytes")
    # Kept by no browser: parts of one archive don't go with parts of the next.
    kept = {"Cache-Control": "no-store"}
    return FileResponse(path, media_type="application/vnd.pmtiles", headers=kept)


@router.get(SITES)
async def give_sites(visitor: Reader, station: Here) -> Response:
    """Where active sites are: their coordinates alone (GeoJSON, RFC 7946: longitude first)."""
    spread = await station.store.read(lambda tx: places.spread(tx, _APART))
    points = {"type": "MultiPoint", "coordinates": [(east, north) for north, east in spread]}
    return Response(json.dumps(points), media_type="application/geo+json")

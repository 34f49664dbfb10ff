"""The map: where sites are, and where alarms are open, on outlines of departments that come with
the pages, and above those on the station's own tiles: nothing is asked of anybody outside."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response

from callflow.core.sites.declared import DeclaredSite
from callflow.core.sites.departments import (
    HEIGHT,
    WIDTH,
    Whereabouts,
    department_of,
    on_the_map,
    place_of,
)
from callflow.storage import Tx
from callflow.storage.sites import places, sites
from web.access.sessions import Reader
from web.access.views import frame
from web.kit.problems import not_found
from web.kit.rendering import page
from web.pages.alarms import tiles, views
from web.pages.alarms.views import Line
from web.station import Here

router = APIRouter(include_in_schema=False)

ADDRESS = "/map"
#: Parts of a degree that sites are shown apart by: some four kilometres.
_APART = 25
#: How many times larger the map is around one site; and beside an alarm of it.
_CLOSER, _INSET = 4, 8
_Place = tuple[int, int]
_Id = Annotated[str, Query(max_length=64)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A department with what is there. ``name``: "" where the map has none of this code; ``code``
    "": sites whose postcode says no department."""

    code: str
    name: str
    sites: int
    alarms: Sequence[Line]  # unfiled, the gravest first

    @property
    def worst(self) -> int | None:
        """The gravest priority; None: no alarm is open."""
        return min((line.priority for line in self.alarms), default=None)


@dataclass(frozen=True, slots=True)
class Mark:
    """So many open alarms at one place of the map, and the gravest of their priorities."""

    x: int
    y: int
    priority: int
    alarms: int


@dataclass(frozen=True, slots=True)
class Cut:
    """The part of the map that is shown: its upper left corner, its size, and its scale."""

    x: int
    y: int
    width: int
    height: int
    scale: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Inset:
    """The map around one site, in degrees: on tiles of ``archive`` ("": the station serves none),
    else on the outlines of departments ``near``. ``at``: its place on those; None: beyond them."""

    latitude: float
    longitude: float
    archive: str
    at: _Place | None
    cut: Cut
    near: Sequence[str]


@router.get(ADDRESS)
async def show(visitor: Reader, station: Here, site: _Id = "") -> Response:
    """Sites and open alarms, near ``site`` where one is named; the page asks again by itself."""
    served = await tiles.served(station)

    def read(tx: Tx) -> dict[str, Any]:
        wanted = sites.get(tx, site) if site else None
        if site and wanted is None:
            raise not_found("site")
        lines = [line for line in views.lines(tx, station.clock()) if line.site]
        where = places.of_sites(tx, {site, *(line.site for line in lines if line.site)} - {""})
        at = _place(where[site]) if site in where else None
        return {
            **frame(tx, station, visitor, "map"),
            "departments": _departments(places.counted(tx), lines, where),
            "drawn": on_the_map(),
            "dots": _dots(places.spread(tx, _APART)),
            "marks": _marks(lines, where),
            "wanted": wanted,
            "at": at,
            "cut": _cut(at),
            "tiles": tiles.beneath(lines, where, where.get(site)) if served else None,
            "address": f"{ADDRESS}?{urlencode({'site': site})}" if site else ADDRESS,
            "more": views.more(tx),
        }

    return page(visitor.language, "alarms/map.html", await station.store.read(read))


def inset_of(site: DeclaredSite | None, *, tiled: bool) -> Inset | None:
    """Beside an alarm of ``site``; None: its coordinates are not known, or nothing shows them."""
    if site is None or site.latitude is None or site.longitude is None:
        return None
    at = place_of(site.latitude, site.longitude)
    if at is None and not tiled:
        return None
    cut = _cut(at, _INSET)
    return Inset(
        latitude=site.latitude,
        longitude=site.longitude,
        archive=tiles.ARCHIVE if tiled else "",
        at=at,
        cut=cut,
        near=_near(at, cut) if at else (),
    )


def _near(at: _Place, cut: Cut) -> list[str]:
    """Departments whose outlines may reach into the cut: by their middles."""
    return [
        code
        for code, one in on_the_map().items()
        if abs(one.x - at[0]) < cut.width and abs(one.y - at[1]) < cut.height
    ]


def _place(where: Whereabouts) -> _Place | None:
    """By its coordinates, else its postcode's department; None: neither is on the map."""
    department = on_the_map().get(department_of(where.postcode))
    return where.place or ((department.x, department.y) if department else None)


def _departments(
    counted: Mapping[str, int], lines: Sequence[Line], where: Mapping[str, Whereabouts]
) -> list[Shown]:
    """Those with sites: with alarms first, the gravest before all; then by code."""
    many = Counter[str]()
    for postcode, count in counted.items():
        many[department_of(postcode)] += count
    alarms: defaultdict[str, list[Line]] = defaultdict(list)
    for line in lines:
        if whose := where.get(line.site or ""):
            alarms[department_of(whose.postcode)].append(line)
    found = [_shown(code, many[code], alarms[code]) for code in {*many, *alarms}]
    return sorted(found, key=lambda one: (one.worst or 9, -len(one.alarms), one.code))


def _shown(code: str, many: int, alarms: list[Line]) -> Shown:
    known = on_the_map().get(code)
    return Shown(
        code=code,
        name=known.name if known else "",
        sites=many,
        alarms=sorted(alarms, key=lambda line: (line.priority, line.opened_at)),
    )


def _marks(lines: Sequence[Line], where: Mapping[str, Whereabouts]) -> list[Mark]:
    """Where alarms are open, the gravest above the others."""
    there: defaultdict[_Place, list[int]] = defaultdict(list)
    for line in lines:
        whose = where.get(line.site or "")
        if whose and (place := _place(whose)) is not None:
            there[place].append(line.priority)
    found = [Mark(*place, min(each), len(each)) for place, each in there.items()]
    return sorted(found, key=lambda mark: -mark.priority)


def _dots(spread: Sequence[tuple[float, float]]) -> str:
    """A path of one dot a place, in SVG's words."""
    found = {place for degrees in spread if (place := place_of(*degrees)) is not None}
    return "".join(f"M{x} {y}h0" for x, y in sorted(found))


def _cut(at: _Place | None, closer: int = _CLOSER) -> Cut:
    """The whole map, or what is around a place of it, so many times larger."""
    if at is None:
        return Cut(0, 0, WIDTH, HEIGHT, 1.0)
    width, height = WIDTH // closer, HEIGHT // closer
    x, y = at[0] - width // 2, at[1] - height // 2
    return Cut(x, y, width, height, 1 / closer)

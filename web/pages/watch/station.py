"""The station's organs: all of them, one of them with its history, and a page for the wall."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse

from callflow.core.watch import care as cares
from callflow.core.watch.care import Care
from callflow.core.watch.organs import Organ, Part, State, whose
from callflow.core.watch.trends import Point
from callflow.handling.base.refusals import NotFound
from callflow.handling.watch import lines, probes
from callflow.storage import Tx
from callflow.storage.watch import probes as probe_rows
from callflow.storage.watch import readings as history
from web.access.sessions import Administrator, Reader, Visitor
from web.kit import conflicts, forms, i18n, refusals
from web.kit.refusals import Wrong, tried
from web.kit.rendering import page
from web.pages.alarms import views
from web.pages.watch.figures import figure
from web.pages.watch.trend import Trend, drawn
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

_Key = Annotated[str, Path(max_length=256)]
#: Of the table's lines, and of one organ's.
_DAY, _MONTH = timedelta(days=1), timedelta(days=30)


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One organ as the page shows it; ``node``: whose, where several have such."""

    organ: Organ
    node: str
    care: Care
    trend: Trend | None
    address: str


@router.get("/station")
async def show(visitor: Reader, station: Here) -> Response:
    """Every organ, those that aren't well first; the page asks again by itself."""
    now = station.clock()

    def read(tx: Tx) -> dict[str, object]:
        found = station.look(tx)
        organs = found.organs
        points = _by_key(history.points(tx, now - _DAY))
        known = probe_rows.cares(tx)
        rows = [
            _row(organ, node, known, points.get(organ.key, ()), now)
            for organ, node in zip(organs, whose(organs), strict=True)
        ]
        return {
            "status": found.status.value,
            "rows": sorted(rows, key=lambda row: not row.organ.ill),
            "strip": views.strip(found),
        }

    return await _page(visitor, station, "station", read)


@router.get("/station/wall")
async def wall(visitor: Reader, station: Here) -> Response:
    """The same for a screen on the wall: large, without menus, and nobody is named on it."""

    def read(tx: Tx) -> dict[str, object]:
        found = station.look(tx)
        pairs = list(zip(found.organs, whose(found.organs), strict=True))
        return {
            "status": found.status.value,
            "ill": [(organ, node) for organ, node in pairs if organ.ill],
            "well": sum(organ.state is State.OK for organ in found.organs),
            "live_calls": found.more["live_calls"],
            "queue": found.more["queue"],
        }

    return await _page(visitor, station, "wall", read)


@router.get("/station/organs/{key:path}")
async def organ(key: _Key, visitor: Reader, station: Here) -> Response:
    """One organ: its month, its changes, what its failure costs and who looks after it."""
    return await _one(visitor, station, key)


@router.post("/station/organs/{key:path}")
async def set_care(key: _Key, request: Request, visitor: Administrator, station: Here) -> Response:
    """What its failure costs, and who looks after it."""
    form = await forms.sent(request)
    now = station.clock()

    def run(tx: Tx) -> None:
        found = _among(station.look(tx).organs, key)
        conflicts.unchanged(form, _shown(cares.of(probe_rows.cares(tx), found.part, found.name)))
        wanted = Care(
            part=found.part,
            name=found.name,
            cost=forms.long(form, "cost"),
            keeper=forms.line(form, "keeper"),
            phone=forms.line(form, "phone"),
        )
        probes.set_care(tx, wanted, visitor.name, now)

    wrong = await tried(station, run)
    if wrong is not None:
        return await _one(visitor, station, key, wrong, typed=form)
    return RedirectResponse(address_of(key), 303)


def address_of(key: str) -> str:
    """An organ's own page."""
    return f"/station/organs/{quote(key, safe=':@')}"


def _row(
    organ: Organ, node: str, known: Sequence[Care], points: Sequence[Point], now: datetime
) -> Row:
    return Row(
        organ=organ,
        node=node,
        care=cares.of(known, organ.part, organ.name),
        trend=drawn(points, now - _DAY, now),
        address=address_of(organ.key),
    )


def _by_key(points: Sequence[Point]) -> Mapping[str, Sequence[Point]]:
    found: dict[str, list[Point]] = {}
    for point in points:
        found.setdefault(point.key, []).append(point)
    return found


def _among(organs: Sequence[Organ], key: str) -> Organ:
    """Raises NotFound."""
    found = next((organ for organ in organs if organ.key == key), None)
    if found is None:
        raise NotFound("there is no such organ")
    return found


def _shown(care: Care) -> list[object]:
    """What its form shows."""
    return [care.cost, care.keeper, care.phone]


async def _one(
    visitor: Visitor,
    station: Station,
    key: str,
    wrong: Wrong | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    now = station.clock()

    def read(tx: Tx) -> dict[str, object]:
        look = station.look(tx)
        found = _among(look.organs, key)
        points = history.points(tx, now - _MONTH, [key])
        care = cares.of(probe_rows.cares(tx), found.part, found.name)
        return {
            "row": _row(found, found.node, [care], (), now),
            "trend": drawn(points, now - _MONTH, now),
            "clocks": lines.clocks(tx) if found.part is Part.CLOCK else None,
            "changes": [point for point in reversed(points) if point.changed][:100],
            "as_of": conflicts.stamp(_shown(care)),
            "typed": refusals.typed_again(typed),
            "strip": views.strip(look),
            **refusals.said(wrong, visitor.language),
        }

    return await _page(visitor, station, "organ", read, status=refusals.status_of(wrong))


async def _page(
    visitor: Visitor,
    station: Station,
    name: str,
    read: Callable[[Tx], Mapping[str, object]],
    status: int = 200,
) -> Response:
    shown = {
        **await station.store.read(read),
        "visitor": visitor,
        "now": station.clock(),
        "zone": i18n.STATION_ZONE,
        "here": "station",
        "figure": figure,
    }
    return page(visitor.language, f"watch/{name}.html", shown, status)

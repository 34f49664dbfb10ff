"""Floor plans and photographs of a site, opened at the zone in alarm; zones are placed on them."""

import asyncio
import re
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData, UploadFile

from callflow.core.sites.drawings import MOST, WHOLE, Drawing, Named, Place, key_of, showing
from callflow.handling.sites import drawings
from callflow.handling.sites.drawings import Picture
from callflow.paper.pictures import NoPicture, picture, size_of
from callflow.storage import Tx
from callflow.storage.sites import drawings as rows
from callflow.storage.sites import sites
from web.access import confidential
from web.access.security import LARGEST
from web.access.sessions import Configurer, Reader, Visitor
from web.access.users import Right
from web.access.views import frame
from web.kit import conflicts, forms, refusals
from web.kit.problems import ProblemError, not_found
from web.kit.refusals import Wrong, tried
from web.kit.rendering import page
from web.pages.alarms.drawing_views import MOST_ZONES, address_of
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

#: What becomes of a picture, or of a zone on it.
ACTS = ("place", "take-off", "remove")
#: Pixels of the longer side of a picture as it is kept.
_SIDE = 2000
_ZONE = re.compile(r"([0-9A-Za-z]{1,16})/(.{1,16})")
_Id = Annotated[str, Query(max_length=64)]
_Zones = Annotated[list[Annotated[str, Query(max_length=40)]] | None, Query(max_length=MOST_ZONES)]


@router.get("/sites/{site_id}/drawings")
async def show(
    site_id: str, visitor: Reader, station: Here, zone: _Zones = None, drawing: _Id = ""
) -> Response:
    """One picture, where the zones that are asked for are; the others as tabs."""
    named = [(each[1], each[2]) for text in zone or () if (each := _ZONE.fullmatch(text))]
    return await _page(station, visitor, site_id, named, drawing)


@router.get("/sites/{site_id}/drawings/{drawing_id}.jpg")
async def show_picture(site_id: str, drawing_id: str, visitor: Reader, station: Here) -> Response:
    """The picture itself, which no browser keeps."""
    kept = await station.store.read(lambda tx: rows.picture(tx, site_id, drawing_id))
    if kept is None:
        raise not_found("picture")
    await confidential.site(station, site_id, visitor.name)
    content = station.vault.decrypt(kept)
    return Response(content, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


@router.post("/site-drawings")
async def add(request: Request, visitor: Configurer, station: Here) -> Response:
    """One more of a site: a JPEG or a PNG, kept without what its camera says of it."""
    async with request.form() as form:
        return await _add(station, visitor, form)


async def _add(station: Station, visitor: Visitor, form: FormData) -> Response:
    typed = {name: value for name, value in form.items() if isinstance(value, str)}
    site_id, now = forms.line(typed, "site"), station.clock()
    title = forms.line(typed, "title").strip()
    try:
        given = await _picture(form.get("file"))
    except ProblemError as wrong:
        return await _page(station, visitor, site_id, wrong=wrong, typed=typed)
    made = await tried(
        station,
        lambda tx: drawings.add(tx, station.vault, site_id, title, given, visitor.name, now),
    )
    if not isinstance(made, str):
        return await _page(station, visitor, site_id, wrong=made, typed=typed)
    return RedirectResponse(_saved(site_id, made), 303)


async def _picture(given: object) -> Picture:
    """What was sent, as it is kept. Raises a problem."""
    if not isinstance(given, UploadFile) or not given.size:
        raise ProblemError(422, "choose a file", field="file")
    sent = await given.read()
    try:
        content = await asyncio.to_thread(picture, sent, _SIDE)
    except NoPicture:
        raise ProblemError(
            422, "a picture of at most 40 million pixels: JPEG or PNG", field="file"
        ) from None
    return Picture(content, *size_of(content))


@router.post("/sites/{site_id}/drawings/{drawing_id}/{act}")
async def change(
    site_id: str, drawing_id: str, act: str, request: Request, visitor: Configurer, station: Here
) -> Response:
    """Places a zone on it, takes one off, or removes the picture."""
    if act not in ACTS:
        raise not_found("act")
    form = await forms.sent(request)
    now, who = station.clock(), visitor.name

    def run(tx: Tx) -> None:
        shown = drawings.known(tx, site_id, drawing_id)
        if act == "remove":
            return drawings.remove(tx, site_id, drawing_id, who, now)
        account, zone = _zone(form)
        conflicts.unchanged(form, _stamped(shown))
        if act == "take-off":
            return drawings.take_off(tx, site_id, drawing_id, account, zone, who, now)
        x, y = (forms.whole(form, field, WHOLE) for field in ("x", "y"))
        return drawings.place_zone(tx, site_id, drawing_id, Place(account, zone, x, y), who, now)

    wrong = await tried(station, run)
    if wrong is not None:
        return await _page(station, visitor, site_id, (), drawing_id, wrong, form)
    return RedirectResponse(_saved(site_id, "" if act == "remove" else drawing_id), 303)


def _saved(site_id: str, drawing_id: str) -> str:
    """The page again, which says that it is saved."""
    address = address_of(site_id, drawing=drawing_id)
    return f"{address}{'&' if '?' in address else '?'}saved=drawing"


def _zone(form: forms.Form) -> Named:
    """Account and zone. Raises a problem."""
    found = _ZONE.fullmatch(form.get("zone", ""))
    if found is None:
        raise ProblemError(422, "choose a zone of this site", field="zone")
    return found[1], found[2]


def _stamped(drawing: Drawing) -> Any:
    """What somebody may change of it."""
    return [[place.account, place.zone, place.x, place.y] for place in drawing.places]


async def _page(
    station: Station,
    visitor: Visitor,
    site_id: str,
    zones: Sequence[Named] = (),
    wanted: str = "",
    wrong: Wrong | None = None,
    typed: forms.Form | None = None,
) -> Response:
    def read(tx: Tx) -> dict[str, Any]:
        site = sites.get(tx, site_id)
        if site is None:
            raise not_found("site")
        found = rows.of_site(tx, site_id)
        shown = next((each for each in found if each.id == wanted), None)
        shown = shown or showing(found, zones) or next(iter(found), None)
        return {
            **frame(tx, station, visitor, "site"),
            "site": site,
            "zones": sites.zones(tx, site_id),
            "names": sites.zone_names(tx, site_id),
            "drawings": found,
            "shown": shown,
            "as_of": conflicts.stamp(_stamped(shown)) if shown else "",
        }

    values = {
        **await station.store.read(read),
        **refusals.said(wrong, visitor.language),
        "typed": refusals.typed_again(typed),
        "in_alarm": {key_of(*zone) for zone in zones},
        "address_of": lambda drawing: address_of(site_id, zones, drawing),
        "may_place": Right.CONFIGURE in visitor.rights,
        "most": MOST,
        "most_mb": LARGEST["/site-drawings"] // 1_000_000,
    }
    await confidential.site(station, site_id, visitor.name)
    return page(visitor.language, "sites/site_drawings.html", values, refusals.status_of(wrong))

"""Files of sites and contacts: what there is, given; what comes, tried first and then written."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from starlette.datastructures import FormData, UploadFile

from callflow.core.sites.files.columns import COLUMNS, of
from callflow.core.sites.files.reading import MOST_BYTES, MOST_ROWS
from callflow.core.sites.files.upload import UNDER_WAY, Phase
from callflow.handling.sites import exports
from callflow.handling.sites.imports import Prepared
from callflow.texts import sites as texts
from web.access.sessions import Configurer, Visitor
from web.access.views import frame
from web.kit import forms, i18n
from web.kit.problems import ProblemError, not_found
from web.kit.rendering import page
from web.kit.words import LANGUAGES
from web.pages.sites.imports import SiteImport, SiteImports
from web.pages.sites.sites import STATES
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

#: What becomes of a file that was sent.
ACTS = ("import", "drop")
#: Shown of a file: faults, notes, sites that would change. The others are counted.
_MOST_FAULTS, _MOST_SITES = 1000, 200
_MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@router.get("/site-files")
async def show(visitor: Configurer, station: Here) -> Response:
    """What may be given, and where a file is sent; every column explained."""
    return await _begin(station, visitor)


@router.post("/site-files/export")
async def export(request: Request, visitor: Configurer, station: Here) -> Response:
    """The sites that match, as a file; the logbook says who takes it before it is given."""
    form = await forms.sent(request)
    format, state = _format(form), form.get("state", "")
    if state not in ("", *STATES):
        raise ProblemError(422, f"choose one of {', '.join(STATES)}", field="state")
    text, now = forms.line(form, "q").strip(), station.clock()
    ids = await station.store.write(
        lambda tx: exports.export_begins(
            tx, text=text, state=state, format=format, who=visitor.name, now=now
        )
    )
    day = now.astimezone(ZoneInfo(i18n.STATION_ZONE)).date().isoformat()
    pieces = exports.pieces(station.store.read_now, ids, format, visitor.language)
    return _file(pieces, f"callflow-sites-{day}", format)


@router.post("/site-files/template")
async def template(request: Request, visitor: Configurer) -> Response:
    """A file to fill in."""
    format = _format(await forms.sent(request))
    name = of(("modele", "template"), visitor.language)
    return _file(exports.template(format, visitor.language), f"callflow-{name}", format)


@router.post("/site-files")
async def send(request: Request, visitor: Configurer, station: Here) -> Response:
    """A file is read and compared: what it would do is shown then."""
    async with request.form() as form:
        return await _take(request, visitor, station, form)


@router.get("/site-files/{which}")
async def look(which: str, request: Request, visitor: Configurer, station: Here) -> Response:
    """How far a file is, and what it would do or did."""
    one = await _imports(request).get(which, visitor.name)
    if one is None:
        return await _gone(request, station, visitor)
    values = {"file": one, "under_way": one.phase in UNDER_WAY, **_found(one, visitor.language)}
    return await _page(station, visitor, "sites/site_import.html", values)


@router.post("/site-files/{which}/{act}")
async def act(
    which: str, act: str, request: Request, visitor: Configurer, station: Here
) -> Response:
    """``import`` what is shown, or ``drop`` it."""
    await forms.sent(request)
    imports = _imports(request)
    if act not in ACTS:
        raise not_found("file")
    one = await imports.get(which, visitor.name)
    if one is None:
        return await _gone(request, station, visitor)
    if act == "drop":
        await imports.drop(one)
        return RedirectResponse("/site-files", 303)
    await imports.write(one)
    return RedirectResponse(f"/site-files/{one.id}", 303)


def _imports(request: Request) -> SiteImports:
    found: SiteImports = request.app.state.site_imports
    return found


async def _take(request: Request, visitor: Visitor, station: Station, form: FormData) -> Response:
    given, imports = form.get("file"), _imports(request)
    if not isinstance(given, UploadFile) or not given.size:
        return await _begin(station, visitor, "choose a file")
    if given.size > MOST_BYTES:
        return await _begin(station, visitor, "the file is too large: cut it into several")
    name = forms.line({"name": given.filename or ""}, "name")
    data, remove = await given.read(), bool(form.get("remove"))
    one = await imports.begin(name, data, visitor.name, remove=remove)
    if one is None:
        return await _begin(station, visitor, "other files are being read: wait a moment")
    return RedirectResponse(f"/site-files/{one.id}", 303)


def _format(form: forms.Form) -> str:
    format = form.get("format", "")
    if format not in exports.FORMATS:
        raise ProblemError(422, f"choose one of {', '.join(exports.FORMATS)}", field="format")
    return format


def _file(pieces: Any, name: str, format: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.{format}"'}
    return StreamingResponse(pieces, media_type=_MEDIA[format], headers=headers)


async def _gone(request: Request, station: Station, visitor: Visitor) -> Response:
    """It is kept for an hour, is its sender's alone, and goes with an erasure."""
    if "hx-request" in request.headers:  # the page that waits for it tells
        return Response(status_code=204, headers={"HX-Redirect": request.url.path})
    return await _begin(station, visitor, "this file is not kept any more: send it again", 404)


async def _begin(
    station: Station, visitor: Visitor, refused: str = "", status: int = 422
) -> Response:
    language = visitor.language
    translate = i18n.catalogue(language).gettext
    columns = [(each.name(language), translate(each.explained)) for each in COLUMNS]
    values = {
        "refused": refused,
        "columns": columns,
        "formats": exports.FORMATS,
        "most_rows": MOST_ROWS,
        "most_mb": MOST_BYTES // 1_000_000,
    }
    status = status if refused else 200
    return await _page(station, visitor, "sites/site_files.html", values, status)


def _found(one: SiteImport, language: str) -> dict[str, Any]:
    """What of the comparison is shown, in the page's language."""
    if not one.counts or one.phase not in (Phase.READY, Phase.DONE):
        return {"found": None}
    found = one.prepared or Prepared(rows=0)  # done by another process: only how much is known
    column = LANGUAGES.index(language)
    return {
        "found": one.counts,
        "faults": found.faults[:_MOST_FAULTS],
        "notes": found.notes[:_MOST_FAULTS],
        "sites": [
            (each, texts.what(each.fields, column)[2:]) for each in found.sites[:_MOST_SITES]
        ],
        "language": language,
        "translate": i18n.catalogue(language).gettext,
    }


async def _page(
    station: Station,
    visitor: Visitor,
    template: str,
    values: dict[str, Any],
    status: int = 200,
) -> Response:
    around = await station.store.read(lambda tx: frame(tx, station, visitor, "sites"))
    return page(visitor.language, template, {**around, **values}, status)

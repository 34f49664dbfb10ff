"""Files of sites and contacts: what there is, given; what comes, tried first and then written."""

from collections.abc import Callable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from starlette.datastructures import FormData, UploadFile

from callflow.core.sites.files.columns import COLUMNS, of
from callflow.core.sites.files.mapping import Mapping
from callflow.core.sites.files.reading import MOST_BYTES, MOST_ROWS
from callflow.core.sites.files.sheets import SHEETS, Column
from callflow.core.sites.files.upload import UNDER_WAY, Phase
from callflow.handling.base.fields import BadField
from callflow.handling.sites.files import exports
from callflow.handling.sites.files.imports import Prepared
from callflow.handling.transfer import mappings, reports, workbook
from callflow.storage.sites import mappings as mapping_rows
from callflow.texts import sites as texts
from web.access.sessions import Configurer, Visitor
from web.access.views import frame
from web.kit import forms, i18n, refusals
from web.kit.problems import ProblemError, not_found
from web.kit.rendering import page
from web.kit.words import LANGUAGES
from web.pages.sites.imports import SiteImport, SiteImports, may_write
from web.pages.sites.sites import STATES
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

#: What becomes of a file that was sent.
ACTS = ("import", "drop", "columns")
#: Tables, and columns of each, that may be said to be ours on the page; more by a mapping's file.
_MOST_TABLES, _MOST_HEADS = 20, 80
_TOO_LARGE = (
    "the file is too large for this page: cut it into several, or have it imported on the station's"
    " own machine: callflow sites import FILE"
)
_UNKNOWN = ("column_unknown", "table_unknown")
#: Shown of a file: faults, notes, sites that would change. The others are counted.
_MOST_FAULTS, _MOST_SITES = 1000, 200
_MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "zip": "application/zip",
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
    state, whole = form.get("state", ""), form.get("whole", "")
    format = whole if whole in workbook.FORMATS else _format(form)
    if state not in ("", *STATES):
        raise ProblemError(422, f"choose one of {', '.join(STATES)}", field="state")
    text, now = forms.line(form, "q").strip(), station.clock()
    ids = await station.store.write(
        lambda tx: exports.export_begins(
            tx, text=text, state=state, format=format, who=visitor.name, now=now
        )
    )
    day = now.astimezone(ZoneInfo(i18n.STATION_ZONE)).date().isoformat()
    given = workbook.pieces if whole else exports.pieces
    pieces = given(station.store.read_now, ids, format, visitor.language)
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
    return await _look(station, visitor, one)


async def _look(
    station: Station, visitor: Visitor, one: SiteImport, wrong: ProblemError | None = None
) -> Response:
    found = _found(one, visitor.language)
    values = {"file": one, "under_way": one.phase in UNDER_WAY, **found}
    values |= refusals.said(wrong, visitor.language)
    return await _page(
        station, visitor, "sites/site_import.html", values, refusals.status_of(wrong)
    )


@router.get("/site-files/{which}/report.csv")
async def report(which: str, request: Request, visitor: Configurer, station: Here) -> Response:
    """All that is refused, row by row, as a CSV file."""
    one = await _imports(request).get(which, visitor.name)
    if one is None or one.prepared is None:
        return await _gone(request, station, visitor)
    found, language = one.prepared, visitor.language
    translate = i18n.catalogue(language).gettext
    pieces = reports.to_csv(found.faults, found.notes, language, translate)
    return _file(pieces, "callflow-report", "csv")


@router.post("/site-files/{which}/{act}")
async def act(
    which: str, act: str, request: Request, visitor: Configurer, station: Here
) -> Response:
    """``import`` what is shown, or ``drop`` it."""
    form = await forms.sent(request)
    imports = _imports(request)
    if act not in ACTS:
        raise not_found("file")
    one = await imports.get(which, visitor.name)
    if one is None:
        return await _gone(request, station, visitor)
    if act == "drop":
        await imports.drop(one)
        return RedirectResponse("/site-files", 303)
    if act == "columns":
        return await _columns(station, visitor, imports, one, form)
    await imports.write(one)
    return RedirectResponse(f"/site-files/{one.id}", 303)


async def _columns(
    station: Station, visitor: Visitor, imports: SiteImports, one: SiteImport, form: forms.Form
) -> Response:
    """Which column is which, kept by a name, and the file read by it."""
    name, now = forms.line(form, "name").strip(), station.clock()
    try:
        mapping = mappings.read({"tables": dict(_chosen(one, form))})
        await station.store.write(lambda tx: mappings.save(tx, name, mapping, visitor.name, now))
    except BadField as bad:
        wrong = ProblemError(422, bad.message, field=bad.field)
        return await _look(station, visitor, one, wrong)
    made = await imports.mapped(one, name)
    if made is None:
        return await _begin(station, visitor, "other files are being read: wait a moment")
    return RedirectResponse(f"/site-files/{made.id}", 303)


def _chosen(one: SiteImport, form: forms.Form) -> Iterator[tuple[str, dict[str, Any]]]:
    """(table, what was chosen of its columns)."""
    for number, (table, heads) in enumerate(_heads(one)):
        columns = {
            head: form.get(f"column-{number}-{place}", "") for place, head in enumerate(heads)
        }
        yield table, {"columns": columns}


def _others(one: SiteImport) -> bool:
    """True where a column is none of ours by its name, or a mapping says which it is."""
    notes = one.prepared.notes if one.prepared is not None else []
    return bool(one.upload.mapping) or any(note.code in _UNKNOWN for note in notes)


def _heads(one: SiteImport) -> list[tuple[str, list[str]]]:
    """The tables of a file with the heads that are shown."""
    found = one.arrival.taken.heads if one.arrival is not None else {}
    return [
        (table, list(dict.fromkeys(filter(None, map(str.strip, heads))))[:_MOST_HEADS])
        for table, heads in list(found.items())[:_MOST_TABLES]
    ]


def _imports(request: Request) -> SiteImports:
    found: SiteImports = request.app.state.site_imports
    return found


async def _take(request: Request, visitor: Visitor, station: Station, form: FormData) -> Response:
    given, imports = form.get("file"), _imports(request)
    if not isinstance(given, UploadFile) or not given.size:
        return await _begin(station, visitor, "choose a file")
    if given.size > MOST_BYTES:
        return await _begin(station, visitor, _TOO_LARGE)
    name = forms.line({"name": given.filename or ""}, "name")
    data, mapping = await given.read(), str(form.get("mapping") or "")
    one = await imports.begin(
        name,
        data,
        visitor.name,
        remove=bool(form.get("remove")),
        mapping=mapping[:64],
        valid=bool(form.get("valid")),
    )
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
    kept = await station.store.read(mapping_rows.every)
    values = {
        "refused": refused,
        "mappings": [one.name for one in kept],
        "columns": columns,
        "formats": exports.FORMATS,
        "whole_formats": workbook.FORMATS,
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
        "may_write": may_write(one),
        "heads": _heads(one) if one.phase is Phase.READY and _others(one) else [],
        "groups": _groups(language),
        "column_of": _column_of(one),
    }


def _groups(language: str) -> list[tuple[str, list[Column]]]:
    """Every column once, by the sheet that it is on first."""
    seen: set[str] = set()
    found = []
    for sheet in SHEETS:
        fresh = [column for column in sheet.columns if column.key not in seen]
        seen |= {column.key for column in fresh}
        found.append((of(sheet.called, language), fresh))
    return found


def _column_of(one: SiteImport) -> Callable[[str, str], str]:
    """(table, head) → what mappings call its column, as the file was read."""
    chosen = one.arrival.mapping if one.arrival is not None else Mapping()

    def of_head(table: str, head: str) -> str:
        column = chosen.of(table).column(head)
        return column.key if column else ""

    return of_head


async def _page(
    station: Station,
    visitor: Visitor,
    template: str,
    values: dict[str, Any],
    status: int = 200,
) -> Response:
    around = await station.store.read(lambda tx: frame(tx, station, visitor, "sites"))
    return page(visitor.language, template, {**around, **values}, status)

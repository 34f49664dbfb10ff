"""Checks and drills of the station: what is due, signed; when each was done; what is asked for."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData, UploadFile

from callflow.core.people.users import Role
from callflow.core.records.documents import DocumentKind
from callflow.core.time.instants import from_iso
from callflow.core.watch.checks import PEOPLE, Check, Period, Proof, Source
from callflow.core.watch.organs import Part
from callflow.handling.base.refusals import NotFound
from callflow.handling.watch import checks
from callflow.handling.watch.checks import Signed
from callflow.paper import shelf
from callflow.storage import Tx
from callflow.storage.watch import checks as rows
from callflow.texts import word
from callflow.texts.station import checks as texts
from callflow.texts.station.organs import UNITS
from web.access.sessions import Administrator, Handler, Reader, Visitor, check_signature
from web.access.users import Right
from web.access.views import frame
from web.kit import conflicts, forms, refusals
from web.kit.problems import ProblemError
from web.kit.refusals import Wrong, tried
from web.kit.rendering import page
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

ADDRESS = "/station/checks"
#: Times that the page of one check shows.
_MOST = 50
#: Bytes of a file that proves a check, and how such files begin.
_LARGEST = 20 * 2**20
_FILES = {".pdf": b"%PDF-", ".jpg": b"\xff\xd8\xff", ".png": b"\x89PNG\r\n\x1a\n"}


@router.get(ADDRESS)
async def show(visitor: Reader, station: Here) -> Response:
    """Every check: what is due now, to be signed, and when the others were done."""
    return await _list(station, visitor)


async def _list(
    station: Station,
    visitor: Visitor,
    wrong: Wrong | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    now = station.clock()

    def read(tx: Tx) -> dict[str, Any]:
        return {
            **frame(tx, station, visitor, "station"),
            "standings": checks.standings(tx, now),
            "retired": [check for check in rows.every(tx) if check.retired_at is not None],
        }

    values = await station.store.read(read)
    values |= {
        **_words(visitor),
        "mine": [s for s in values["standings"] if s.asked and _may_sign(visitor, s.check)],
        "may_edit": Right.ADMINISTER in visitor.rights,
        "accept": ",".join(_FILES),
        "typed": refusals.typed_again(typed),
        **refusals.said(wrong, visitor.language),
    }
    return page(visitor.language, "watch/checks.html", values, refusals.status_of(wrong))


def _words(visitor: Visitor) -> dict[str, Any]:
    language = visitor.language
    return {
        "title_of": lambda check: texts.title(check.id, check.title, language) or check.id,
        "text_of": lambda check: texts.text(check.id, check.text, language),
        "unit_of": lambda unit: word(UNITS, unit, language),
        "written": forms.written,
        "periods": list(Period),
        "proofs": list(Proof),
        "sources": list(Source),
        "people": PEOPLE,
        "parts": list(Part),
    }


def _may_sign(visitor: Visitor, check: Check) -> bool:
    return Right.HANDLE in visitor.rights and checks.may_sign(check, Role(visitor.role))


# --- signing ----------------------------------------------------------------------------------


@router.post(f"{ADDRESS}/sign")
async def sign(request: Request, visitor: Handler, station: Here) -> Response:
    """Whatever is filled in was done, or failed, and is signed: all of it or nothing."""
    async with request.form() as sent:
        return await _sign(request, visitor, station, sent)


async def _sign(request: Request, visitor: Visitor, station: Station, sent: FormData) -> Response:
    form = {name: value for name, value in sent.items() if isinstance(value, str)}
    files = {n: v for n, v in sent.items() if isinstance(v, UploadFile) and v.size}
    role, now = Role(visitor.role), station.clock()
    try:
        signed = [_signed(form, files, name) for name in _filled(form)]
        if not signed:
            raise ProblemError(422, "say of one check at least that it was done, or failed")
        await check_signature(station, visitor, form.get("password", ""), request)
    except ProblemError as wrong:
        return await _list(station, visitor, wrong, form)

    def look(tx: Tx) -> None:
        for one in signed:
            checks.check_signed(tx, one, role, now)

    def run(tx: Tx) -> None:
        for one in signed:
            checks.sign(tx, one, visitor.name, role, now)

    refused = await tried(station, look)
    if refused is None:
        try:
            signed = [await _with_document(station, visitor, one, files, now) for one in signed]
        except ProblemError as wrong:
            return await _list(station, visitor, wrong, form)
        refused = await tried(station, run)
    if refused is not None:
        return await _list(station, visitor, refused, form)
    return RedirectResponse(f"{ADDRESS}?saved=signed", 303)


_RESULT = "result-"


def _filled(form: forms.Form) -> list[str]:
    """Ids of the checks of which something is said."""
    said = ("ok", "failed")
    return [n.removeprefix(_RESULT) for n, v in form.items() if n.startswith(_RESULT) and v in said]


def _signed(form: forms.Form, files: Mapping[str, UploadFile], name: str) -> Signed:
    return Signed(
        check_id=name[:64],
        seen=form.get(f"seen-{name}", "")[:64],
        ok=form[f"{_RESULT}{name}"] == "ok",
        figure=forms.number(form, f"figure-{name}"),
        remark=forms.long(form, f"remark-{name}"),
        with_file=f"file-{name}" in files,
    )


async def _with_document(
    station: Station, visitor: Visitor, one: Signed, files: Mapping[str, UploadFile], now: datetime
) -> Signed:
    """What is signed, its file kept among the station's documents. Raises a problem."""
    given = files.get(f"file-{one.check_id}")
    if given is None:
        return one
    if (given.size or 0) > _LARGEST:
        raise ProblemError(413, "a file of at most 20 MB", field="file")
    content = await given.read()
    ending = next((e for e, head in _FILES.items() if content.startswith(head)), None)
    if ending is None:
        raise ProblemError(422, "a PDF, or a picture: JPEG or PNG", field="file")
    name = f"{one.check_id} {now:%Y-%m-%d}{ending}"
    made = await shelf.keep(
        station.store, station.settings, DocumentKind.CHECK, name, content, visitor.name, now
    )
    return replace(one, document_id=made.id)


# --- one check, and the list ------------------------------------------------------------------


@router.post(f"{ADDRESS}/new")
async def add(request: Request, visitor: Administrator, station: Here) -> Response:
    """One more is asked for."""
    form, now = await forms.sent(request), station.clock()
    made = await tried(
        station, lambda tx: checks.add(tx, _typed(form, "new", now), visitor.name, now)
    )
    if not isinstance(made, str):
        return await _list(station, visitor, made, form)
    return RedirectResponse(f"{ADDRESS}/{made}?saved=check", 303)


@router.get(f"{ADDRESS}/{{check_id}}")
async def show_one(
    check_id: str, visitor: Reader, station: Here, before: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """A check, and when it was done; ``before``: older than that instant."""
    return await _one(station, visitor, check_id, before)


@router.post(f"{ADDRESS}/{{check_id}}")
async def change(
    check_id: str, request: Request, visitor: Administrator, station: Here
) -> Response:
    """It is asked for like this."""
    form, now = await forms.sent(request), station.clock()

    def run(tx: Tx) -> None:
        conflicts.unchanged(form, _stamped(checks.known(tx, check_id)))
        checks.change(tx, _typed(form, check_id, now), visitor.name, now)

    wrong = await tried(station, run)
    if wrong is not None:
        return await _one(station, visitor, check_id, "", wrong, form)
    return RedirectResponse(f"{ADDRESS}/{check_id}?saved=check", 303)


@router.post(f"{ADDRESS}/{{check_id}}/retire")
async def retire(
    check_id: str, request: Request, visitor: Administrator, station: Here
) -> Response:
    """It is asked for no more."""
    form, now = await forms.sent(request), station.clock()
    reason = forms.line(form, "reason")
    wrong = await tried(station, lambda tx: checks.retire(tx, check_id, reason, visitor.name, now))
    if wrong is not None:
        return await _one(station, visitor, check_id, "", wrong, form)
    return RedirectResponse(f"{ADDRESS}?saved=list", 303)


def _stamped(check: Check) -> list[str]:
    """What somebody may change of it."""
    return [str(getattr(check, name)) for name in _FIELDS]


_FIELDS = (
    *("title", "text", "period", "who", "proof", "unit"),
    *("lowest", "highest", "source", "subject"),
)


def _typed(form: forms.Form, check_id: str, now: datetime) -> Check:
    """The check that a form describes. Raises a problem."""
    who = forms.one_of(Role, form, "who")
    if who not in PEOPLE:
        raise ProblemError(422, f"choose one of {', '.join(PEOPLE)}", field="who")
    return Check(
        id=check_id,
        title=forms.line(form, "title"),
        text=forms.text(form),
        period=forms.one_of(Period, form, "period"),
        who=who,
        proof=forms.one_of(Proof, form, "proof"),
        unit=forms.line(form, "unit"),
        lowest=forms.number(form, "lowest"),
        highest=forms.number(form, "highest"),
        source=forms.one_of(Source, form, "source") if form.get("source") else None,
        subject=forms.line(form, "subject"),
        since=now,
    )


async def _one(
    station: Station,
    visitor: Visitor,
    check_id: str,
    before: str,
    wrong: Wrong | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    try:
        older_than = from_iso(before) if before else None
    except ValueError:
        raise ProblemError(422, "this is no instant", field="before") from None

    def read(tx: Tx) -> dict[str, Any]:
        check = rows.get(tx, check_id)
        if check is None:
            raise NotFound("there is no such check")
        return {
            **frame(tx, station, visitor, "station"),
            "check": check,
            "done": rows.history(tx, check_id, older_than, limit=_MOST + 1),
        }

    values = await station.store.read(read)
    done = values["done"]
    values |= {
        **_words(visitor),
        "done": done[:_MOST],
        "older": done[_MOST - 1].at if len(done) > _MOST else None,
        "as_of": conflicts.stamp(_stamped(values["check"])),
        "may_edit": Right.ADMINISTER in visitor.rights and values["check"].retired_at is None,
        "typed": refusals.typed_again(typed),
        **refusals.said(wrong, visitor.language),
    }
    return page(visitor.language, "watch/check.html", values, refusals.status_of(wrong))

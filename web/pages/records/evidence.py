"""An alarm's evidence file: who asks and why, what would be in it, how far it is, the file; and who
was given one. The supervisor's."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse

from callflow.core.records.disclosure import Asked, Disclosure, Extract, Include, extract
from callflow.core.records.masking import SEES, SEES_IMAGES, Masking, Requester, Third
from callflow.disclosure import making, verify
from callflow.handling.base.refusals import NotFound
from callflow.handling.records import disclosures
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.records import disclosures as rows
from callflow.storage.sites import sites
from web.access.sessions import Supervisor, Visitor
from web.access.views import frame
from web.kit import forms, refusals
from web.kit.problems import not_found
from web.kit.refusals import Wrong, tried
from web.kit.rendering import page
from web.pages.records.evidence_files import EvidenceFile, EvidenceFiles
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

#: Entries of the preview.
_SHOWN = 400


def files_of(request: Request) -> EvidenceFiles:
    """Those of this process."""
    found: EvidenceFiles = request.app.state.evidence_files
    return found


@router.get("/evidence")
async def register(visitor: Supervisor, station: Here) -> Response:
    """Who was given what, the newest first; and by which key it is known."""

    def read(tx: Tx) -> dict[str, Any]:
        found = rows.latest(tx)
        of = incidents.some(tx, [one.incident_id for one in found])
        names = sites.names_of(tx, (one.site_id for one in of.values()))
        return {"found": found, "incidents": of, "names": names}

    return await _page(station, visitor, "evidence_register", read)


@router.get("/evidence/key.txt")
async def key(station: Here) -> Response:
    """The key that evidence files are signed with, for whoever has one: it is no secret."""
    public = station.vault.public_key
    text = f"Ed25519 {public.hex()}\n{verify.fingerprint(public)}\n"
    return Response(text, media_type="text/plain")


@router.get("/incidents/{incident_id}/evidence")
async def form(incident_id: str, visitor: Supervisor, station: Here) -> Response:
    """Who asks, why, and what goes in; and what was given already."""
    return await _form(station, visitor, incident_id, {})


@router.post("/incidents/{incident_id}/evidence/preview")
async def preview(
    incident_id: str, request: Request, visitor: Supervisor, station: Here
) -> Response:
    """What the file would show, masked; nothing is written."""
    sent = await forms.sent(request)
    asked = _asked(sent)
    return await _form(station, visitor, incident_id, sent, asked)


@router.post("/incidents/{incident_id}/evidence")
async def ask(incident_id: str, request: Request, visitor: Supervisor, station: Here) -> Response:
    """It is written down who asks; then the file is made."""
    sent, now = await forms.sent(request), station.clock()

    def run(tx: Tx) -> Disclosure:
        return disclosures.ask(tx, incident_id, _asked(sent), visitor.name, now)

    made = await tried(station, run)
    if not isinstance(made, Disclosure):
        return await _form(station, visitor, incident_id, sent, wrong=made)
    files_of(request).begin(made, visitor.name)
    return RedirectResponse(f"/evidence/{made.id}", 303)


@router.get("/evidence/{disclosure_id}")
async def show(
    disclosure_id: str, request: Request, visitor: Supervisor, station: Here
) -> Response:
    """What was asked for, how far the file is, and the file."""
    return await _one(station, visitor, disclosure_id, files_of(request).get(disclosure_id))


@router.post("/evidence/{disclosure_id}/make")
async def again(
    disclosure_id: str, request: Request, visitor: Supervisor, station: Here
) -> Response:
    """The file is made anew, as everything stands now."""
    asked = await station.store.read(lambda tx: _known(tx, disclosure_id))
    files_of(request).begin(asked, visitor.name)
    return RedirectResponse(f"/evidence/{disclosure_id}", 303)


@router.post("/evidence/{disclosure_id}/file")
async def take(
    disclosure_id: str, request: Request, visitor: Supervisor, station: Here
) -> Response:
    """The file; that it was taken is written down first."""
    asked = await station.store.read(lambda tx: _known(tx, disclosure_id))
    file, now = files_of(request).get(disclosure_id), station.clock()
    if file is None or file.made is None:
        return RedirectResponse(f"/evidence/{disclosure_id}", 303)
    await station.store.write(lambda tx: disclosures.taken(tx, asked, visitor.name, now))
    return answer(file)


def answer(file: EvidenceFile) -> StreamingResponse:
    """The file, cached by nobody."""
    assert file.made is not None, "nothing was made"
    name = f"callflow-{file.asked.requester}-{file.asked.id[-12:]}.zip"
    return StreamingResponse(
        file.pieces(),
        media_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Length": str(file.made.size),
            "Cache-Control": "no-store",
            "X-Callflow-Disclosure": file.asked.id,
        },
    )


def _known(tx: Tx, disclosure_id: str) -> Disclosure:
    asked = rows.get(tx, disclosure_id)
    if asked is None:
        raise not_found("evidence file")
    return asked


def _asked(sent: Mapping[str, str]) -> Asked:
    """What the form says. Raises a problem that names the field."""
    words = (line.strip() for line in forms.long(sent, "words").split("\n"))
    return Asked(
        requester=forms.one_of(Requester, sent, "requester"),
        name=forms.line(sent, "name"),
        reason=forms.long(sent, "reason"),
        reference=forms.line(sent, "reference"),
        recordings=forms.one_of(Include, sent, "recordings"),
        images=forms.one_of(Include, sent, "images"),
        also=tuple(third for third in Third if sent.get(f"also-{third}")),
        words=tuple(filter(None, words)),
    )


async def _form(
    station: Station,
    visitor: Visitor,
    incident_id: str,
    sent: Mapping[str, str],
    asked: Asked | None = None,
    wrong: Wrong | None = None,
) -> Response:
    ours = making.own_numbers(station.settings)

    def read(tx: Tx) -> dict[str, Any]:
        incident = incidents.get(tx, incident_id)
        if incident is None:
            raise not_found("incident")
        return {
            "incident": incident,
            "site": sites.get(tx, incident.site_id) if incident.site_id else None,
            "found": rows.latest(tx, incident_id=incident_id),
            "preview": _preview(tx, station, incident_id, asked, ours) if asked else None,
        }

    values = {
        "typed": refusals.typed_again(sent),
        "sees": SEES,
        "sees_images": SEES_IMAGES,
        "requesters": list(Requester),
        "thirds": list(Third),
        "includes": list(Include),
    }
    return await _page(station, visitor, "evidence_ask", read, wrong, values)


def _preview(
    tx: Tx, station: Station, incident_id: str, asked: Asked, ours: frozenset[str]
) -> dict[str, Any]:
    try:
        collected = disclosures.preview(tx, incident_id, asked, station.clock(), ours)
    except NotFound:
        raise not_found("incident") from None
    masking = Masking(collected.scope)
    site = collected.incident.site_id
    made: Extract = extract(collected.entries, site, masking, collected.excused)
    wanted, left_out = making.chosen(collected, making.workshop(station.settings, station.vault))
    masked = {one.seq: one.why for one in made.masked}
    lines = [
        (entry.at, masking.value(entry.text), masking.text(entry.who), masked.get(entry.seq))
        for entry in collected.entries[:_SHOWN]
    ]
    return {
        "lines": lines,
        "count": len(collected.entries),
        "masked": len(masked),
        "files": len(wanted),
        "size": sum(one.path.stat().st_size for one in wanted),
        "left_out": sorted(Counter((one.what, one.why) for one in left_out).items()),
        "faults": [*collected.faults, *made.faults],
    }


async def _one(
    station: Station, visitor: Visitor, disclosure_id: str, file: EvidenceFile | None
) -> Response:
    def read(tx: Tx) -> dict[str, Any]:
        asked = _known(tx, disclosure_id)
        incident = incidents.get(tx, asked.incident_id)
        site = sites.get(tx, incident.site_id) if incident and incident.site_id else None
        return {"asked": asked, "incident": incident, "site": site}

    return await _page(station, visitor, "evidence_file", read, values={"file": file})


async def _page(
    station: Station,
    visitor: Visitor,
    template: str,
    read: Any,
    wrong: Wrong | None = None,
    values: Mapping[str, object] | None = None,
) -> Response:
    public = station.vault.public_key

    def everything(tx: Tx) -> dict[str, Any]:
        return {**frame(tx, station, visitor, "settings"), **read(tx)}

    shown = {
        **(values or {}),
        **await station.store.read(everything),
        "key": verify.fingerprint(public),
        "whole_key": public.hex(),
        **refusals.said(wrong, visitor.language),
    }
    return page(visitor.language, f"records/{template}.html", shown, refusals.status_of(wrong))

"""What is kept of a person, given out and erased: the administrator's (GDPR, art. 15 and 17)."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from callflow.handling.base.refusals import Refused
from callflow.handling.records import erasure
from callflow.storage import Tx
from callflow.storage.calls import calls
from callflow.storage.records import erasure as rows
from callflow.storage.sites import contacts, search, sites
from web.access.sessions import Administrator, Visitor
from web.kit import forms
from web.kit.listing import Words
from web.kit.problems import not_found
from web.pages.people import personal_data
from web.pages.station.settings_views import setting
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

#: People found, erasures shown.
_MOST, _ERASURES = 50, 20


@router.get("/personal")
async def show(visitor: Administrator, station: Here, q: Words = "") -> Response:
    """People found by name or number, with a part at a site or without; and who was erased."""
    words = q.replace("\0", "").strip()

    def read(tx: Tx) -> dict[str, Any]:
        return {
            "found": search.people(tx, words, limit=_MOST) if words else [],
            "erasures": [
                (each, sorted(rows.nodes_left(tx, each)) if each.swept_at else [])
                for each in rows.latest(tx, _ERASURES)
            ],
        }

    return await setting(station, visitor, "personal", read, q=q, most=_MOST)


@router.get("/personal/{contact_id}")
async def one(contact_id: str, visitor: Administrator, station: Here) -> Response:
    """A person, and what can be done."""
    return await _one(station, visitor, contact_id)


async def _one(
    station: Station,
    visitor: Visitor,
    contact_id: str,
    wrong: Refused | None = None,
    reason: str = "",
) -> Response:
    def read(tx: Tx) -> dict[str, Any]:
        contact = contacts.get(tx, contact_id)
        if contact is None:
            raise not_found("contact")
        person = erasure.person_of(tx, contact_id)
        theirs = rows.calls_of(tx, contact_id, person.numbers)
        return {
            "contact": {"id": contact.id, "name": contact.name, "phone": contact.phone},
            "alone": bool(person.numbers),
            "sites": sites.names_of(tx, rows.sites_of(tx, contact_id)),
            "calls": len(theirs),
            "recordings": len(calls.recordings(tx, theirs)),
        }

    return await setting(station, visitor, "personal", read, wrong, one="person", reason=reason)


@router.post("/personal/{contact_id}/export")
async def export(contact_id: str, visitor: Administrator, station: Here) -> Response:
    """All that is kept of a person: rows that name them, and the sounds that this node has."""

    def read(tx: Tx) -> tuple[dict[str, list[Any]], list[str]]:
        if contacts.get(tx, contact_id) is None:
            raise not_found("contact")
        found: dict[str, list[Any]] = {}
        for table, row in erasure.what_is_kept(tx, contact_id):
            found.setdefault(table, []).append(row)
        person = erasure.person_of(tx, contact_id)
        return found, rows.sounds_of(tx, rows.calls_of(tx, contact_id, person.numbers))

    found, paths = await station.store.read(read)
    now = station.clock()
    count = sum(map(len, found.values()))
    await station.store.write(
        lambda tx: erasure.given_out(tx, contact_id, count, visitor.name, now)
    )
    files = [(station.settings.recordings_dir, paths)]
    return await personal_data.given("personal-data.zip", found, files)


@router.post("/personal/{contact_id}/erase")
async def erase(
    contact_id: str, request: Request, visitor: Administrator, station: Here
) -> Response:
    """Erase a person; their name is typed once more, since nothing brings it back."""
    form = await forms.sent(request)
    reason, now = forms.line(form, "reason"), station.clock()

    def run(tx: Tx) -> None:
        contact = contacts.get(tx, contact_id)
        if contact is None:
            raise not_found("contact")
        personal_data.check_name(forms.line(form, "name"), contact.name)
        erasure.begin_erasure(tx, station.vault, contact_id, reason, visitor.name, now)

    try:
        await station.store.write(run)
    except Refused as refused:
        return await _one(station, visitor, contact_id, refused, reason)
    return RedirectResponse("/personal", 303)

"""Letters in the folder: who stamps one says so, with the number that follows it."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from callflow.handling.messages import delivery
from callflow.storage import Tx
from callflow.storage.messages import proofs
from web.access.sessions import Handler, Visitor
from web.access.views import frame
from web.kit import forms, refusals
from web.kit.refusals import Wrong, tried
from web.kit.rendering import page
from web.pages.alarms import sent_views
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

_ADDRESS = "/post"
#: Letters that were posted lately and are shown still.
_LATELY = 50


@router.get(_ADDRESS)
async def show(visitor: Handler, station: Here) -> Response:
    """What is to be stamped, and what was lately."""
    return await _page(station, visitor)


@router.post(f"{_ADDRESS}/{{message_id}}/stamp")
async def stamp(message_id: str, request: Request, visitor: Handler, station: Here) -> Response:
    """It is stamped and given to the post."""
    form = await forms.sent(request)
    now, number = station.clock(), forms.line(form, "number")
    wrong = await tried(
        station, lambda tx: delivery.stamp_letter(tx, message_id, number, visitor.name, now)
    )
    if wrong is not None:
        return await _page(station, visitor, wrong)
    return RedirectResponse(_ADDRESS, 303)


async def _page(station: Station, visitor: Visitor, wrong: Wrong | None = None) -> Response:
    def read(tx: Tx) -> dict[str, object]:
        return {
            **frame(tx, station, visitor, "post"),
            "letters": sent_views.with_proofs(tx, proofs.unposted(tx)),
            "posted": sent_views.with_proofs(tx, proofs.posted(tx, _LATELY)),
            "folder": str(station.settings.post_dir),
        }

    shown = {**await station.store.read(read), **refusals.said(wrong, visitor.language)}
    return page(visitor.language, "records/post.html", shown, refusals.status_of(wrong))

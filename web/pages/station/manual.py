"""The manual beside the pages: what ``./run docs`` made, to who is logged in.

*?* on a page opens what is said about that page, in the reader's language where there is such a
page. It opens in a tab of its own: a conversation goes on in the page that is left open.
"""

from pathlib import Path
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from callflow.settings.config import Settings
from web.access.sessions import Anybody
from web.access.views import frame
from web.kit.problems import ProblemError
from web.kit.rendering import page
from web.station import Here

router = APIRouter(include_in_schema=False)

_ROOT = Path(__file__).resolve().parents[3]
#: Where the manual lies: as the package brings it, as `./run docs` makes it.
_PLACES = (_ROOT / "web" / "manual", _ROOT / "var" / "docs")
_FIRST = "index.html"
#: {how a page's address begins: the manual's page about it}; the longest beginning counts. ``{}``
#: is the reader's language, of what is written in both.
TOPICS = {
    "/": "how-to/{}/alarm",
    "/account": "how-to/people",
    "/announcements": "how-to/announcements",
    "/audit": "how-to/settings-pages",
    "/charges": "how-to/{}/reports",
    "/clients": "how-to/sites",
    "/desk": "how-to/shifts",
    "/dialogues": "how-to/announcements",
    "/evidence": "how-to/{}/evidence",
    "/faults": "how-to/{}/filing",
    "/firms": "how-to/emergency-services",
    "/holidays": "how-to/availability",
    "/lines": "how-to/lines",
    "/logbook": "how-to/{}/reports",
    "/map": "how-to/map",
    "/measures": "how-to/{}/filing",
    "/people": "how-to/people",
    "/personal": "how-to/settings-pages",
    "/plans": "how-to/plans",
    "/post": "how-to/messages",
    "/presence": "how-to/{}/shift",
    "/roster": "how-to/shifts",
    "/services": "how-to/emergency-services",
    "/settings": "how-to/settings-pages",
    "/settings/events": "reference/events",
    "/settings/letters": "how-to/messages",
    "/settings/trunks": "how-to/trunks",
    "/settings/webhooks": "reference/webhooks",
    "/shift": "how-to/{}/shift",
    "/site-files": "how-to/site-files",
    "/sites": "how-to/sites",
    "/start": "tutorials/first-alarm",
    "/station": "how-to/organs",
    "/station/checks": "how-to/checks-and-drills",
    "/statistics": "how-to/{}/reports",
}


def folder(settings: Settings) -> Path | None:
    """Where the manual lies; None: it is not here."""
    places = (settings.manual_dir,) if settings.manual_dir else _PLACES
    return next((place for place in places if (place / _FIRST).is_file()), None)


def topic(path: str, language: str) -> str:
    """The manual's page about the page at ``path``."""
    begins = (at for at in TOPICS if path == at or path.startswith(f"{at}/"))
    return TOPICS[max(begins, key=len, default="/")].format(language)


@router.get("/help")
async def about(request: Request, visitor: Anybody, station: Here) -> Response:
    """What the manual says of the page that the reader comes from."""
    if folder(station.settings) is None:
        values = await station.store.read(lambda tx: frame(tx, station, visitor, "help"))
        return page(visitor.language, "station/manual.html", values)
    left = _path(request.headers.get("referer", ""))
    return RedirectResponse(f"/help/{topic(left, visitor.language)}.html", 303)


def _path(address: str) -> str:
    """An address's path; "" of what is no address."""
    try:
        return urlsplit(address).path
    except ValueError:
        return ""


@router.get("/help/{path:path}")
async def read(path: str, request: Request, visitor: Anybody, station: Here) -> Response:
    """A page of the manual, or what belongs to it."""
    lies = folder(station.settings)
    if lies is None:
        return RedirectResponse("/help", 303)
    try:
        answer = await StaticFiles(directory=lies).get_response(path or _FIRST, request.scope)
    except HTTPException as error:
        raise ProblemError(404, "the manual has no such page") from error
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer

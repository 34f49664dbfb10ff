"""Dark, dim or light: the browser's choice, kept in a cookie."""

from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from web.access import cookies
from web.access.cookies import SCHEMES
from web.access.sessions import Anybody
from web.kit.problems import ProblemError

router = APIRouter(include_in_schema=False)


@router.post("/scheme")
async def choose(request: Request, visitor: Anybody) -> Response:
    """Keeps the choice and goes back to the page it was made on."""
    chosen = str((await request.form()).get("scheme", ""))
    if chosen not in SCHEMES:
        raise ProblemError(422, "choose dark, dim or light", field="scheme")
    answer = RedirectResponse(_back(request), 303)
    cookies.put(request, answer, cookies.SCHEME, chosen, cookies.CHOICE_LASTS)
    return answer


def _back(request: Request) -> str:
    """The page of ours that the choice was made on."""
    try:
        came = urlsplit(request.headers.get("referer", ""))
    except ValueError:  # no address at all
        return "/"
    ours = came.netloc == request.headers.get("host") and came.path[1:2] != "/"
    back = came.path if ours else "/"
    return f"{back}?{came.query}" if back != "/" and came.query else back

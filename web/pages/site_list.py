"""Every site in a list: searched, sorted and paged where the rows are."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response

from callflow.site import SiteState
from callflow.storage import Tx, search
from web import refusals
from web.access_views import frame
from web.accounts import Right
from web.auth import Visitor, allowed, remember_language
from web.pages import forms
from web.problems import ProblemError
from web.rendering import page
from web.station import Station, station_of

router = APIRouter(include_in_schema=False)

#: Sites of one page.
_MOST = 50
STATES = ("", *(state.value for state in SiteState))

_Line = Annotated[str, Query(max_length=100)]


@router.get("/sites")
async def show(
    request: Request,
    visitor: Annotated[Visitor, Depends(allowed(Right.READ))],
    station: Annotated[Station, Depends(station_of)],
    q: _Line = "",
    state: _Line = "",
    sort: _Line = "name",
    n: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """A page of the sites that match; ``sort`` begins with - for the other way round."""
    if sort.removeprefix("-") not in search.SORTS:
        raise ProblemError(422, f"choose one of {', '.join(search.SORTS)}", field="sort")
    if state not in STATES:
        raise ProblemError(422, f"choose one of {', '.join(STATES[1:])}", field="state")
    shown = await answer(station, visitor, q=q, state=state, sort=sort, n=n)
    remember_language(request, shown)
    return shown


async def answer(
    station: Station,
    visitor: Visitor,
    *,
    q: str = "",
    state: str = "",
    sort: str = "name",
    n: int = 1,
    wrong: ProblemError | None = None,
    typed: forms.Form | None = None,
) -> Response:
    """The page; ``wrong``: why a site was not added, with what was ``typed``."""
    text, by = q.replace("\0", "").strip(), sort.removeprefix("-")

    def read(tx: Tx) -> dict[str, Any]:
        rows, count = search.listed(
            tx,
            text=text,
            state=state,
            sort=by,
            descending=sort != by,
            offset=(n - 1) * _MOST,
            limit=_MOST,
        )
        return {**frame(tx, station, visitor, "sites"), "found": rows, "count": count}

    def address(**changed: str | int) -> str:
        asked = {"q": q, "state": state, "sort": sort, "n": 1, **changed}
        return f"/sites?{urlencode({k: v for k, v in asked.items() if v not in ('', 1, 'name')})}"

    shown = await station.store.read(read)
    values = {
        "q": q,
        "state": state,
        "states": STATES[1:],
        "sort": sort,
        "n": n,
        "pages": max(1, -(-shown["count"] // _MOST)),
        "address": address,
        "may_configure": Right.CONFIGURE in visitor.rights,
        **refusals.said(wrong, visitor.language),
        "typed": typed or {},
    }
    return page(visitor.language, "sites.html", {**values, **shown}, wrong.status if wrong else 200)

"""Every site in a list: searched, sorted and paged where the rows are."""

from typing import Any

from fastapi import APIRouter, Response

from callflow.core.sites.site import SiteState
from callflow.storage import Tx
from callflow.storage.sites import search
from web.access.sessions import Reader, Visitor
from web.access.users import Right
from web.access.views import frame
from web.kit import forms, refusals
from web.kit.listing import Asked, Listed
from web.kit.problems import ProblemError
from web.kit.rendering import page
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

STATES = tuple(state.value for state in SiteState)


@router.get("/sites")
async def show(
    visitor: Reader,
    station: Here,
    asked: Listed,
) -> Response:
    """A page of the sites that match."""
    return await answer(station, visitor, asked)


async def answer(
    station: Station,
    visitor: Visitor,
    asked: Asked = Asked(),
    *,
    wrong: ProblemError | None = None,
    typed: forms.Form | None = None,
) -> Response:
    """The page; ``wrong``: why a site was not added, with what was ``typed``."""
    asked = asked.among(search.SORTS, STATES)

    def read(tx: Tx) -> dict[str, Any]:
        rows, count = search.listed(tx, asked.page)
        return {**frame(tx, station, visitor, "sites"), "found": rows, "count": count}

    shown = await station.store.read(read)
    values = {
        "asked": asked,
        "states": STATES,
        "may_configure": Right.CONFIGURE in visitor.rights,
        **refusals.said(wrong, visitor.language),
        "typed": typed or {},
    }
    return page(
        visitor.language, "sites/sites.html", {**values, **shown}, wrong.status if wrong else 200
    )

"""The lines that alarms arrive on, and the panels that need a look."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response

from callflow.core.time.instants import from_iso
from callflow.core.watch.organs import whose
from callflow.handling.watch import lines
from callflow.storage import Tx
from web.access.sessions import Reader
from web.kit import i18n
from web.kit.rendering import page
from web.pages.alarms import views
from web.pages.watch.figures import figure
from web.station import Here

router = APIRouter(include_in_schema=False)

_Account = Annotated[str, Query(max_length=16)]


@router.get("/lines")
async def show(
    visitor: Reader, station: Here, account: _Account = "", after: _Account = ""
) -> Response:
    """Lines and panels as they are now; the page asks again by itself."""
    now = station.clock()
    begins = account.strip()

    def read(tx: Tx) -> dict[str, Any]:
        found = station.look(tx)
        health = found.told()
        return {
            "health": health,
            "figure": figure,
            "organs": list(zip(found.organs, whose(found.organs), strict=True)),
            "trunks": health["trunks"],
            "sip": [_refused(node) for node in health["sip"]],
            "found": lines.lines(tx, now, begins=begins or None, after=after),
            "strip": views.strip(found),
        }

    return page(
        visitor.language,
        "watch/lines.html",
        {
            **await station.store.read(read),
            "visitor": visitor,
            "now": now,
            "zone": i18n.STATION_ZONE,
            "here": "lines",
            "searched": begins,
            "address": _address(begins, after),
            "address_of": lambda following: _address(begins, following),
        },
    )


def _refused(node: dict[str, Any]) -> dict[str, Any]:
    at = node["last_at"]
    return {**node, "last_at": from_iso(at) if at else None}


def _address(account: str, after: str) -> str:
    asked = {name: value for name, value in (("account", account), ("after", after)) if value}
    return f"/lines?{urlencode(asked)}" if asked else "/lines"

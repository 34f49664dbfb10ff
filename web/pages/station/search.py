"""The palette's search: sites, people, incidents, accounts and the station's own people, as
rendered lines."""

from itertools import islice
from typing import Any

from fastapi import APIRouter, Response

from callflow.core.folding import folded
from callflow.core.people.users import User
from callflow.storage import Tx
from callflow.storage.people import users
from callflow.storage.sites import search
from web.access.sessions import Reader
from web.access.users import Right
from web.kit.i18n import STATION_ZONE
from web.kit.listing import Words
from web.kit.rendering import page
from web.station import Here

router = APIRouter(include_in_schema=False)

#: What is shown of each; the shortest text that is looked for.
MOST, SHORTEST = 6, 2


@router.get("/search")
async def find(
    visitor: Reader,
    station: Here,
    q: Words = "",
) -> Response:
    """What matches, a line each; nothing for a text too short to mean anything."""
    text = q.replace("\0", "").strip()

    def read(tx: Tx) -> dict[str, Any]:
        if len(text) < SHORTEST:
            return {"incidents": [], "contacts": [], "users": [], "sites": []}
        sites = search.sites(tx, text, limit=MOST)
        return {
            "incidents": search.incidents(tx, text, [s.id for s in sites], limit=MOST),
            "contacts": search.contacts(tx, text, limit=MOST),
            "users": _people(tx, text) if Right.SUPERVISE in visitor.rights else [],
            "sites": sites,
        }

    found = await station.store.read(read)
    return page(
        visitor.language, "station/_found.html", {**found, "zone": STATION_ZONE, "text": text}
    )


def _people(tx: Tx, text: str) -> list[User]:
    """Who works here by that name."""
    wanted = folded(text)
    found = (u for u in users.users(tx) if any(wanted in folded(n) for n in (u.name, u.shown_name)))
    return list(islice(found, MOST))

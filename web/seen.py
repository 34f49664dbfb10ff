"""Who sees a site, with its people and their numbers, is told: once a visit, for pages and API."""

from __future__ import annotations

import contextlib

from callflow.handling import auditing
from callflow.storage import StoreUnavailable
from web.station import Station


async def site(station: Station, site_id: str | None, who: str) -> None:
    """``who`` sees a site that there is; None: all of them. While nothing can be stored, it is
    shown all the same."""
    now = station.clock()
    if await station.store.read(lambda tx: auditing.is_seeing(tx, site_id, who, now)):
        return
    with contextlib.suppress(StoreUnavailable):
        await station.store.write(lambda tx: auditing.site_seen(tx, site_id, who, now))

"""What a station keeps of panels that called: read from its rows, and from its API."""

from __future__ import annotations

from typing import Any

from tests.support import chaos
from tests.support.station import Station


async def signals_of(station: Station, account: str) -> list[dict[str, Any]]:
    """Every stored signal of an account, oldest first."""
    answer = await station.api.get("/signals", params={"account": account, "limit": "200"})
    answer.raise_for_status()
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def calls_of(station: Station, number: str) -> list[dict[str, Any]]:
    """The calls from a number, oldest first, once all are over and their recordings finished."""
    columns = ("id", "direction", "dialogue", "outcome", "incident_id", "problem", "duration")
    query = (
        "SELECT c.id, direction, dialogue, outcome, incident_id, problem, duration FROM call c"
        ' LEFT JOIN recording r ON r.call_id = c.id WHERE "to" = ? ORDER BY requested_at'
    )

    def rows() -> list[dict[str, Any]]:
        return [dict(zip(columns, row, strict=True)) for row in chaos.query(station, query, number)]

    def finished() -> bool:
        found = rows()
        return bool(found) and all(row["problem"] is not None for row in found)

    await station.until(finished, 20)
    return rows()

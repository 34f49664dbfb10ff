"""What a station keeps of panels that called: read from its rows, and from its API."""

from __future__ import annotations

from typing import Any

import pytest

from ivr.recording import TOLERANCE
from tests.support.attacks import chaos
from tests.support.outside.panel_phone import Panel
from tests.support.phones import hearing
from tests.support.stations.station import Station


async def signals_of(station: Station, account: str) -> list[dict[str, Any]]:
    """Every stored signal of an account, oldest first."""
    answer = await station.api.get("/signals", params={"account": account, "limit": "200"})
    answer.raise_for_status()
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def is_recorded(call: dict[str, Any], panel: Panel) -> None:
    """The recording is as long as what the panel heard, and nothing is said against it; but where
    a busy machine read of the call's end late, that it is no longer than it is."""
    heard = len(panel.phone.line.sound) / hearing.RATE
    assert call["duration"] == pytest.approx(heard, abs=TOLERANCE)
    late = abs(call["told"] - call["duration"]) > TOLERANCE
    assert call["problem"] == ("length" if late else "")


async def calls_of(station: Station, number: str) -> list[dict[str, Any]]:
    """The calls from a number, oldest first, once all are over and their recordings finished.

    ``duration`` is a recording's, ``told`` how long the row says that the call was, in seconds.
    """
    columns = (
        "id",
        "direction",
        "dialogue",
        "outcome",
        "incident_id",
        "problem",
        "duration",
        "told",
    )
    query = (
        "SELECT c.id, direction, dialogue, outcome, incident_id, problem, duration,"
        " (julianday(ended_at) - julianday(answered_at)) * 86400 FROM call c"
        ' LEFT JOIN recording r ON r.call_id = c.id WHERE "to" = ? ORDER BY requested_at'
    )

    def rows() -> list[dict[str, Any]]:
        return [dict(zip(columns, row, strict=True)) for row in chaos.query(station, query, number)]

    def finished() -> bool:
        found = rows()
        return bool(found) and all(row["problem"] is not None for row in found)

    await station.until(finished, 20)
    return rows()

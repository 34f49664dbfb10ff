"""Recordings' files, for the API and the pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi.responses import FileResponse

from callflow.storage import Tx, calls, spoken
from web import kept_files
from web.problems import not_found
from web.station import Station


async def find(station: Station, call_id: str) -> Path:
    """The file of a call's recording. Raises a problem where there is none."""

    def read(tx: Tx) -> tuple[dict[str, Any] | None, str]:
        call = calls.get(tx, call_id)
        return calls.recordings(tx, [call_id]).get(call_id), call["node"] if call else ""

    row, node = await station.store.read(read)
    if row is None:
        raise not_found("recording")
    elsewhere = f"this recording lies on {node}: that machine's own page has it"
    problem = str(row["problem"]) or ("" if node == station.settings.node else elsewhere)
    return await kept_files.find(station.settings.recordings_dir, str(row["path"]), problem)


async def find_spoken(station: Station, name: str) -> Path:
    """The file of what was said after a tone. Raises a problem where there is none."""

    def read(tx: Tx) -> tuple[dict[str, Any] | None, str]:
        row = spoken.get(tx, name)
        call = calls.get(tx, row["call_id"]) if row else None
        return row, call["node"] if call else ""

    row, node = await station.store.read(read)
    if row is None:
        raise not_found("recording")
    elsewhere = f"this recording lies on {node}: that machine's own page has it"
    problem = "" if node == station.settings.node else elsewhere
    return await kept_files.find(station.settings.recordings_dir, str(row["path"]), problem)


async def answer(station: Station, call_id: str) -> FileResponse:
    """The file."""
    return kept_files.answer(await find(station, call_id))

"""Recordings' files, for the API and the pages: whole or by ranges."""

from __future__ import annotations

import asyncio
import mimetypes
from pathlib import Path
from typing import Any

from fastapi.responses import FileResponse

from callflow.storage import Tx, calls
from web.problems import ProblemError, not_found
from web.station import Station

#: Where a browser would guess otherwise.
_TYPES = {".wav": "audio/wav", ".flac": "audio/flac"}


async def find(station: Station, call_id: str) -> Path:
    """The file of a call's recording. Raises a problem where there is none."""

    def read(tx: Tx) -> dict[str, Any] | None:
        return calls.recordings(tx, [call_id]).get(call_id)

    row = await station.store.read(read)
    if row is None:
        raise not_found("recording")
    path = await asyncio.to_thread(_inside, station.settings.recordings_dir, str(row["path"]))
    if path is None:
        raise ProblemError(404, row["problem"] or "the recording's file is missing")
    return path


def _inside(folder: Path, relative: str) -> Path | None:
    """The file in ``folder``; None where it is missing, or elsewhere."""
    path = Path(folder, relative).resolve()
    return path if path.is_relative_to(folder.resolve()) and path.is_file() else None


async def answer(station: Station, call_id: str) -> FileResponse:
    """The file, with Range requests answered (RFC 9110, 14.2); never cached by strangers."""
    path = await find(station, call_id)
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    return FileResponse(
        path,
        media_type=kind or "application/octet-stream",
        filename=path.name,
        content_disposition_type="inline",
        headers={"Cache-Control": "private, no-cache"},
    )

"""A recording as the page plays it, and its picture."""

import asyncio

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse

from web.access.sessions import Reader
from web.kit.problems import ProblemError
from web.pages.calls import recording_files
from web.station import Here

router = APIRouter(include_in_schema=False)


@router.get("/recordings/{call_id}")
async def play(call_id: str, visitor: Reader, station: Here) -> FileResponse:
    """The sound; the player asks for ranges."""
    return await recording_files.call(station, call_id, visitor.name)


@router.get("/recordings/spoken/{name}")
async def play_spoken(name: str, visitor: Reader, station: Here) -> FileResponse:
    """What somebody said after a tone."""
    return await recording_files.after_tone(station, name, visitor.name)


@router.get("/recordings/{call_id}/waveform.svg")
async def picture(call_id: str, visitor: Reader, station: Here) -> Response:
    """Loudness over time: one side up, the other down."""
    from web.kit import waveform  # noqa: PLC0415 -- what computes with sounds is slow to import

    path = await recording_files.find(station, call_id)
    try:
        drawn = await asyncio.to_thread(waveform.draw, path, path.stat().st_mtime_ns)
    except (waveform.NotASound, OSError):
        raise ProblemError(404, "this recording can't be drawn") from None
    headers = {"Cache-Control": "no-store"}
    return Response(drawn, media_type="image/svg+xml", headers=headers)

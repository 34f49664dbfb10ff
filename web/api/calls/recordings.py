"""``GET recordings/{id}``: a call's recording; its id is the call's."""

from fastapi import APIRouter
from fastapi.responses import FileResponse

from web.access.bearer import Reader
from web.kit.problems import NOT_FOUND, RESPONSES
from web.pages.calls import recording_files
from web.station import Here

router = APIRouter(tags=["recordings"], responses={**RESPONSES, **NOT_FOUND})


@router.get(
    "/recordings/{recording_id}",
    response_class=FileResponse,
    responses={
        200: {"content": {"audio/wav": {}}, "description": "The recording"},
        206: {"content": {"audio/wav": {}}, "description": "The range asked for"},
        416: {"description": "No such range"},
    },
)
async def get_recording(
    recording_id: str,
    caller: Reader,
    station: Here,
) -> FileResponse:
    """The sound, from the answer to the end: the person on the left, the station on the right."""
    return await recording_files.call(station, recording_id, caller.name)


@router.get(
    "/recordings/spoken/{name}",
    response_class=FileResponse,
    responses={
        200: {"content": {"audio/wav": {}}, "description": "The recording"},
        206: {"content": {"audio/wav": {}}, "description": "The range asked for"},
        416: {"description": "No such range"},
    },
)
async def get_spoken(
    name: str,
    caller: Reader,
    station: Here,
) -> FileResponse:
    """What somebody said after a tone, as an instruction's `voice` names it."""
    return await recording_files.after_tone(station, name, caller.name)

"""Recordings' files, for the API and the pages. Who plays one is told."""

from pathlib import Path

from fastapi.responses import FileResponse

from callflow.core.calls.call import Recording, VoiceNote
from callflow.handling.records import playbacks
from callflow.storage import Tx
from callflow.storage.calls import calls, spoken
from web.access import confidential
from web.kit import files
from web.kit.problems import not_found
from web.station import Station


async def find(station: Station, call_id: str) -> Path:
    """The file of a call's recording. Raises a problem where there is none."""

    def read(tx: Tx) -> tuple[Recording | None, str]:
        call = calls.get(tx, call_id)
        return calls.recordings(tx, [call_id]).get(call_id), call.node if call else ""

    recording, node = await station.store.read(read)
    if recording is None:
        raise not_found("recording")
    return await _file(station, recording.path, node, recording.problem)


async def call(station: Station, call_id: str, who: str) -> FileResponse:
    """A call's recording, which ``who`` plays. Raises a problem where there is none."""
    path = await find(station, call_id)
    await _tell(station, playbacks.RECORDING, call_id, call_id, who)
    return files.answer(path)


async def after_tone(station: Station, name: str, who: str) -> FileResponse:
    """What was said after a tone, which ``who`` plays. Raises a problem where there is none."""

    def read(tx: Tx) -> tuple[VoiceNote | None, str]:
        note = spoken.get(tx, name)
        call = calls.get(tx, note.call_id) if note else None
        return note, call.node if call else ""

    note, node = await station.store.read(read)
    if note is None:
        raise not_found("recording")
    path = await _file(station, note.path, node, "")
    await _tell(station, playbacks.SPOKEN, name, note.call_id, who)
    return files.answer(path)


async def _file(station: Station, path: str, node: str, problem: str) -> Path:
    elsewhere = f"this recording lies on {node}: that machine's own page has it"
    problem = problem or ("" if node == station.settings.node else elsewhere)
    return await files.find(station.settings.recordings_dir, path, problem)


async def _tell(station: Station, kind: str, name: str, call_id: str, who: str) -> None:
    """Any piece of it is heard."""
    now = station.clock()
    await confidential.once(
        station,
        lambda tx: playbacks.is_played(tx, kind, name, who, now),
        lambda tx: playbacks.played(tx, kind, name, call_id, who, now),
    )

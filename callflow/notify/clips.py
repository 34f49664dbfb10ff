"""Clips of before and after an alarm (D24): from a recorder that gives them, or from our own ring.

A camera's ring is its stream as it comes, copied into segments that begin with a whole picture and
are named by the time of their beginning (UTC); those of the last minutes are kept, nothing else.
"""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import httpx

from callflow.core.messages.outbox import Camera, Claimed, Fault, Still, Undelivered, clip_address
from callflow.core.time.instants import from_iso
from callflow.notify import ffmpeg, kept, stills
from callflow.notify.http import accepted
from callflow.settings.config import Settings
from callflow.vault import Vault

#: Bytes of a clip.
LARGEST = 40_000_000
#: Seconds of a segment; a camera's whole pictures may be further apart.
SEGMENT = 2
_NAMED = "%Y%m%dT%H%M%SZ"


async def fetch(
    settings: Settings, vault: Vault, client: httpx.AsyncClient, message: Claimed
) -> Still:
    """Cut or ask for the clip that ``message`` names, and keep it. Raises Undelivered."""
    camera = message.camera
    if camera is None:
        raise Undelivered(Fault.GONE)
    begin, end = from_iso(message.data["begin"]), from_iso(message.data["end"])
    if camera.clip_url:
        address = clip_address(camera.clip_url, begin, end)
        content = await _asked(settings, vault, client, camera, address, message.attempts)
    else:
        content, begin, end = await _cut(settings, camera, begin, end)
    still = await asyncio.to_thread(kept.keep, settings.images_dir, message, content, ".mp4")
    return replace(still, begins_at=begin, ends_at=end)


async def _asked(
    settings: Settings,
    vault: Vault,
    client: httpx.AsyncClient,
    camera: Camera,
    address: str,
    attempt: int,
) -> bytes:
    target = await stills.target(settings, address, attempt=attempt)
    proof = stills.credentials(vault, camera)
    answer = await stills.ask(client, target, proof, most=LARGEST)
    accepted(answer)
    if len(answer.body) > LARGEST:
        raise Undelivered(Fault.TOO_LARGE, f"more than {LARGEST} bytes")
    return await ffmpeg.mp4_of_file(bytes(answer.body), most=LARGEST)


# --- the ring -----------------------------------------------------------------------------


def ring_of(settings: Settings, site: str, camera: str) -> Path:
    """Where a camera's segments are; ids of sites may hold what a path must not."""
    return settings.data_dir / "ring" / site.encode().hex() / camera


def named(folder: Path) -> str:
    """The pattern that ffmpeg names segments by."""
    return str(folder).replace("%", "%%") + f"/{_NAMED}.ts"


def segments(folder: Path) -> list[tuple[datetime, Path]]:
    """(beginning, file) of each, oldest first."""
    found = []
    for path in folder.glob("*.ts"):
        try:
            found.append((datetime.strptime(path.stem, _NAMED).replace(tzinfo=UTC), path))
        except ValueError:
            continue  # nothing of ours
    return sorted(found)


def forget(folder: Path, before: datetime) -> None:
    """Remove the segments that end before then."""
    held = segments(folder)
    for (_, path), (ended, _) in pairwise(held):
        if ended < before:
            path.unlink(missing_ok=True)


async def _cut(
    settings: Settings, camera: Camera, begin: datetime, end: datetime
) -> tuple[bytes, datetime, datetime]:
    """Whole segments that cover ``begin`` to ``end``, and what they cover."""
    folder = ring_of(settings, camera.site, camera.id)
    found = await asyncio.to_thread(_covering, folder, begin, end)
    if found is None:
        raise Undelivered(Fault.NOT_RECORDED, camera.id)
    content, begins, ends = found
    return await ffmpeg.mp4_of_segments(content, most=LARGEST), begins, ends


def _covering(
    folder: Path, begin: datetime, end: datetime
) -> tuple[bytes, datetime, datetime] | None:
    """None: nothing of it is there."""
    held = segments(folder)
    ends = [began for began, _ in held[1:]]
    ends += [_written(path) for _, path in held[-1:]]
    chosen = [
        (began, path, ended)
        for (began, path), ended in zip(held, ends, strict=True)
        if began < end and ended > begin
    ]
    if not chosen:
        return None
    parts, room = [], LARGEST
    for _, path, _ in chosen:
        parts.append(path.read_bytes()[:room])
        room -= len(parts[-1])
    return b"".join(parts), chosen[0][0], chosen[-1][2]


def _written(path: Path) -> datetime:
    at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return at.replace(microsecond=0) + timedelta(seconds=1)

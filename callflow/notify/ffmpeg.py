"""ffmpeg held short: no shell, only named protocols, limits on time, memory and what it writes.

It never sees a camera's name and password: rtsp goes through a relay of ours (rtsp.py), and all
else by pipes and files.
"""

import asyncio
import os
import resource
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from callflow import children
from callflow.core.messages.outbox import Fault, Undelivered

PROGRAM = "ffmpeg"
#: Seconds that a decoding may take; bytes of one file, and of memory.
WITHIN = 15.0
_FILE, _MEMORY = 200_000_000, 3_000_000_000
#: Seconds of computing; a recording only copies, but for days.
_COMPUTING = 20
#: The last of what it complains of, in characters.
_SAID = 200
#: Pixels of one picture: above, it is a bomb.
MOST_PIXELS = 40_000_000
#: What a file of somebody else's may be: nothing that names another file.
_CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,mpegts"
_QUIET = ("-hide_banner", "-nostdin", "-loglevel", "error", "-threads", "1")
FROM_CAMERA = ("-protocol_whitelist", "rtsp,rtp,tcp", "-rtsp_transport", "tcp")
_FROM_PIPE = ("-protocol_whitelist", "pipe")
_TO_MP4 = ("-map", "0:v:0", "-c", "copy", "-movflags", "+faststart", "-f", "mp4")
_TO_JPEG = ("-an", "-frames:v", "1", "-pix_fmt", "yuvj420p", "-c:v", "mjpeg", "-q:v", "2")


def found() -> str | None:
    """Where the program is; None: it is not installed."""
    return shutil.which(PROGRAM)


@asynccontextmanager
async def running(
    arguments: Sequence[str],
    *,
    computing: int = _COMPUTING,
    stdin: int = asyncio.subprocess.DEVNULL,
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The program under way; killed at the end. Raises Undelivered where there is none."""
    program = found()
    if program is None:
        raise Undelivered(Fault.NO_DECODER, f"apt-get install {PROGRAM}")
    process = await asyncio.create_subprocess_exec(
        program,
        *_QUIET,
        *arguments,
        stdin=stdin,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
    )
    try:
        _limit(process.pid, computing)
        yield process
    finally:
        await children.end(process)


def _limit(pid: int, computing: int) -> None:
    limits = {resource.RLIMIT_AS: _MEMORY, resource.RLIMIT_FSIZE: _FILE, resource.RLIMIT_CORE: 0}
    if computing:
        limits[resource.RLIMIT_CPU] = computing
    with suppress(ProcessLookupError):  # it ended already
        for limit, most in limits.items():
            resource.prlimit(pid, limit, (most, most))


async def output(
    arguments: Sequence[str], *, most: int, given: bytes = b"", within: float = WITHIN
) -> bytes:
    """What it writes to ``pipe:1``, given ``given`` at ``pipe:0``. Raises Undelivered."""
    try:
        async with (
            asyncio.timeout(within),
            running([*arguments, "pipe:1"], stdin=asyncio.subprocess.PIPE) as process,
        ):
            return await _talk(process, given, most)
    except TimeoutError:
        raise Undelivered(Fault.TIMEOUT, PROGRAM) from None


async def _talk(process: asyncio.subprocess.Process, given: bytes, most: int) -> bytes:
    made, said = await children.converse(process, given, most=most, said=100_000)
    if made is None:
        raise Undelivered(Fault.TOO_LARGE, f"more than {most} bytes")
    if await process.wait() or not made:
        raise Undelivered(Fault.NO_IMAGE, complaint(said))
    return made


def complaint(said: bytes) -> str:
    """The last line of what it said, without our own addresses."""
    lines = [line.strip() for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    last = next((line for line in reversed(lines) if "127.0.0.1" not in line), "")
    return last[-_SAID:]


async def jpeg_of(content: bytes, *, most: int) -> bytes:
    """A picture of somebody else's, decoded and made anew. Raises Undelivered."""
    kind = "png_pipe" if content.startswith(b"\x89PNG") else "jpeg_pipe"
    asked = (*_FROM_PIPE, "-f", kind, "-max_pixels", str(MOST_PIXELS), "-i", "pipe:0")
    return await output([*asked, *_TO_JPEG, "-f", "mjpeg"], given=content, most=most)


async def still_of(address: str, *, most: int) -> bytes:
    """The next picture of a camera behind a relay at ``address``. Raises Undelivered."""
    patience = ("-timeout", "8000000", "-analyzeduration", "1500000")
    return await output(
        [*FROM_CAMERA, *patience, "-i", address, *_TO_JPEG, "-f", "mjpeg"], most=most
    )


async def mp4_of_segments(content: bytes, *, most: int) -> bytes:
    """MPEG transport streams, one after the other, as one MP4. Raises Undelivered."""
    return await _mp4([*_FROM_PIPE, "-f", "mpegts", "-i", "pipe:0"], content, most)


async def mp4_of_file(content: bytes, *, most: int) -> bytes:
    """A film of somebody else's as an MP4 that a browser can begin at once. Raises Undelivered.

    Its container names no other file: neither lists nor references of films are opened.
    """
    with tempfile.NamedTemporaryFile(prefix="callflow-", suffix=".film") as film:
        await asyncio.to_thread(film.write, content)
        await asyncio.to_thread(film.flush)
        asked = ("-protocol_whitelist", "file", "-format_whitelist", _CONTAINERS)
        return await _mp4([*asked, "-i", film.name], b"", most)


async def _mp4(asked: Sequence[str], given: bytes, most: int) -> bytes:
    """The head of an MP4 is written last, so it is made in a file."""
    with tempfile.TemporaryDirectory(prefix="callflow-") as folder:
        made = Path(folder, "clip.mp4")
        try:
            async with (
                asyncio.timeout(WITHIN),
                running([*asked, *_TO_MP4, str(made)], stdin=asyncio.subprocess.PIPE) as process,
            ):
                _, said = await process.communicate(given)
        except TimeoutError:
            raise Undelivered(Fault.TIMEOUT, PROGRAM) from None
        content = b"" if process.returncode else await asyncio.to_thread(_read, made, most + 1)
        if not content:
            raise Undelivered(Fault.NO_IMAGE, complaint(said))
        if len(content) > most:
            raise Undelivered(Fault.TOO_LARGE, f"more than {most} bytes")
        return content


def _read(path: Path, most: int) -> bytes:
    """At most so many bytes of a file; none of one that is not there."""
    try:
        with path.open("rb") as file:
            return file.read(most)
    except FileNotFoundError:
        return b""

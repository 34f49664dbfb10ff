"""A recording after its call: from what MixMonitor wrote to a file that plays, checked and hashed.

MixMonitor with option D writes ``<call id>.raw`` without a header: two channels (what the person
said, what they heard), 8 kHz, 16 bit little endian. It is wrapped into
``<date>/<call id>.wav``; the raw bytes go only after the row that names the hash is
committed, so a crash anywhere in between loses nothing.
"""

import hashlib
import itertools
import os
import re
import struct
import sys
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

from callflow import digest

RATE = 8000  # frames a second
CHANNELS = 2
FRAME = 2 * CHANNELS  # bytes
#: How far a recording may be from answer to end, seconds.
TOLERANCE = 1.0

_HEADER = 44  # bytes of a WAV's header as written here
_CHUNK = 1 << 18
_SAFE_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,99}")


class RecordingProblem(StrEnum):
    """What is wrong with a recording: told in the logbook and on the page."""

    NONE = ""
    MISSING = "missing"  # no file: Asterisk never wrote one
    SILENT = "silent"  # an empty file: no sound came from the far end
    LENGTH = "length"  # shorter or longer than from answer to end
    CUT = "cut"  # Asterisk died in the call: the bytes until then are kept


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """What became of one recording. ``path`` is relative to the recordings folder."""

    path: str
    sha256: str | None
    duration: float | None  # seconds
    problem: RecordingProblem


@dataclass(frozen=True, kw_only=True, slots=True)
class Spoken:
    """What somebody said after the tone. ``path`` is relative to the recordings folder."""

    name: str
    path: str
    sha256: str
    duration: float  # seconds


def spoken_raw(recordings: Path, name: str) -> Path:
    """Where Asterisk writes what is said: one channel, 8 kHz, 16 bit. Raises ValueError."""
    return raw_file(recordings, name).with_suffix(".sln")


def spoken_file(recordings: Path, name: str) -> Path:
    """Where it is kept. Raises ValueError where a name could leave the folder."""
    return recordings / "spoken" / spoken_raw(recordings, name).with_suffix(".wav").name


def raw_spoken(recordings: Path) -> list[str]:
    """What is being said, or was when nobody was there to keep it."""
    return _stems(recordings, ".sln")


def spoken_name(call_id: str, count: int) -> str:
    """Of what is said in a call: one after the other, from 1, and none is left out."""
    return f"{call_id}.{count}"


def raw_spoken_in(recordings: Path, call_id: str) -> list[str]:
    """The same of one call that is over, whatever others left in the folder."""
    found = []
    for count in itertools.count(1):
        name = spoken_name(call_id, count)
        if spoken_raw(recordings, name).is_file():
            found.append(name)
        elif not spoken_file(recordings, name).exists():
            break
    return found


def finish_spoken(recordings: Path, name: str) -> Spoken:
    """Wrap and hash; the raw bytes stay until ``discard_spoken``. Raises OSError."""
    wav = spoken_file(recordings, name)
    wav.parent.mkdir(mode=0o700, exist_ok=True)
    size, sha256 = _wrap(spoken_raw(recordings, name), wav, channels=1)
    path = wav.relative_to(recordings).as_posix()
    return Spoken(name=name, path=path, sha256=sha256, duration=size / (RATE * 2))


def discard_spoken(recordings: Path, name: str) -> None:
    """Once the row is committed: the bytes are in the WAV."""
    spoken_raw(recordings, name).unlink(missing_ok=True)


def raw_file(recordings: Path, call_id: str) -> Path:
    """Where MixMonitor writes. Raises ValueError where an id could leave the folder."""
    if _SAFE_NAME.fullmatch(call_id) is None:
        raise ValueError(f"not a call id: {call_id!r}")
    return recordings / f"{call_id}.raw"


def raw_call_ids(recordings: Path) -> list[str]:
    """Ids of the calls of which raw bytes lie about: they are running, or nobody finished them."""
    return _stems(recordings, ".raw")


def _stems(folder: Path, suffix: str) -> list[str]:
    """No object a file: there are those of every call that goes on."""
    try:
        with os.scandir(folder) as files:
            return sorted(
                file.name.removesuffix(suffix)
                for file in files
                if file.name.endswith(suffix) and file.is_file()
            )
    except FileNotFoundError:
        return []


def finish(
    recordings: Path,
    call_id: str,
    *,
    on: date,
    answered_at: datetime | None,
    ended_at: datetime | None,
    cut: bool = False,
) -> Finished:
    """Wrap, check and hash. May be repeated; blocks for as long as copying takes.

    ``on`` is the day, in UTC, whose folder it goes to; ``cut`` says that Asterisk died in the call.
    Raises OSError where the disk does.
    """
    raw = raw_file(recordings, call_id)
    wav = recordings / on.isoformat() / f"{call_id}.wav"
    if not raw.exists():
        if wav.exists():
            sha256 = digest.of_file(wav)
            return _described(recordings, wav, sha256, answered_at, ended_at, cut=cut)
        return Finished(path="", sha256=None, duration=None, problem=RecordingProblem.MISSING)
    wav.parent.mkdir(mode=0o700, exist_ok=True)
    _, sha256 = _wrap(raw, wav)
    return _described(recordings, wav, sha256, answered_at, ended_at, cut=cut)


def discard_raw(recordings: Path, call_id: str) -> None:
    """Once the row is committed: the bytes are in the WAV."""
    raw_file(recordings, call_id).unlink(missing_ok=True)


def wav_header(data_bytes: int, channels: int = CHANNELS) -> bytes:
    """The 44 bytes in front of PCM of this format (RIFF/WAVE, format 1)."""
    frame = 2 * channels
    form = struct.pack("<HHIIHH", 1, channels, RATE, RATE * frame, frame, 16)
    return (
        b"RIFF"
        + struct.pack("<I", _HEADER - 8 + data_bytes)
        + b"WAVEfmt "
        + struct.pack("<I", len(form))
        + form
        + b"data"
        + struct.pack("<I", data_bytes)
    )


def _wrap(raw: Path, wav: Path, channels: int = CHANNELS) -> tuple[int, str]:
    """Through a fresh file, synced and renamed: the WAV is whole or it is not there. How many bytes
    of sound it holds, and the file's hash: of what was written, so that it is not read again."""
    fresh = wav.with_suffix(f".{threading.get_ident()}.new")  # two may find the same one left over
    with raw.open("rb") as source, fresh.open("wb") as target:
        os.fchmod(target.fileno(), 0o600)
        size = os.fstat(source.fileno()).st_size
        size -= size % (2 * channels)  # a killed Asterisk may leave half a frame
        header = wav_header(size, channels)
        written = hashlib.sha256(header)
        target.write(header)
        for chunk in _chunks(source, size):
            target.write(chunk)
            written.update(chunk)
        if target.tell() != _HEADER + size:
            raise OSError(f"{raw.name} was cut while it was read")
        target.flush()
        os.fsync(target.fileno())
    fresh.replace(wav)
    return size, written.hexdigest()


def _described(
    recordings: Path,
    wav: Path,
    sha256: str,
    answered_at: datetime | None,
    ended_at: datetime | None,
    *,
    cut: bool,
) -> Finished:
    duration = (wav.stat().st_size - _HEADER) / (RATE * FRAME)
    return Finished(
        path=wav.relative_to(recordings).as_posix(),
        sha256=sha256,
        duration=duration,
        problem=_problem(duration, answered_at, ended_at, cut=cut),
    )


def _problem(
    duration: float, answered_at: datetime | None, ended_at: datetime | None, *, cut: bool
) -> RecordingProblem:
    if cut:
        return RecordingProblem.CUT
    if duration == 0:
        return RecordingProblem.SILENT
    if answered_at is None or ended_at is None:
        return RecordingProblem.NONE
    expected = (ended_at - answered_at).total_seconds()
    return (
        RecordingProblem.LENGTH if abs(duration - expected) > TOLERANCE else RecordingProblem.NONE
    )


def _chunks(file: BinaryIO, left: int = sys.maxsize) -> Iterator[bytes]:
    """The rest of the file, or its next ``left`` bytes."""
    while chunk := file.read(min(_CHUNK, left)):
        left -= len(chunk)
        yield chunk


def wrong_recordings(
    recordings: Path,
    rows: Sequence[Mapping[str, Any]],
    told: Mapping[str, str | None],
    elsewhere: Collection[str] = (),
) -> list[str]:
    """What is wrong with the kept files, against their rows and what the logbook tells of them.

    Files of the calls ``elsewhere`` are another node's: looked at where they were copied here.
    """
    faults = []
    for row in rows:
        if row["call_id"] not in told:
            faults.append(f"recording of call {row['call_id']}: the logbook does not tell of it")
        elif row["sha256"] != told[row["call_id"]]:
            faults.append(f"recording of call {row['call_id']}: not the one the logbook tells of")
    paths = {row["call_id"]: row["path"] for row in rows}
    for call_id, sha256 in told.items():
        if sha256 is None:
            continue
        path = recordings / paths[call_id] if call_id in paths else None
        if path is None or not path.is_file():
            if call_id not in elsewhere:
                faults.append(f"recording of call {call_id}: the file is missing")
        elif digest.of_file(path) != sha256:
            faults.append(f"recording of call {call_id}: the file was changed ({path.name})")
    return faults

"""The clock by whoever sets it: chrony, systemd-timesyncd, or what the kernel was told.

Nobody's word that it is right is no word that it is: then the source is "", and the organ unknown.
"""

import ctypes
import os
import re
import struct
import subprocess
from collections.abc import Callable, Sequence
from typing import Literal

from callflow.core.watch.facts import Clock

Mode = Literal["auto", "chrony", "timesyncd", "none"]

#: Seconds that a daemon may take to answer.
_WITHIN = 2.0
NOBODY = Clock(source="")
#: Asked for figures that programs read: comma-separated, addresses as they are (chronyc(1)).
CHRONYC = ("chronyc", "-n", "-c", "tracking")
TIMEDATECTL = ("timedatectl", "timesync-status")
#: Places in a line of ``chronyc -c tracking``, whose offset is positive where the clock is slow.
_STRATUM, _SLOW, _LEAP, _FIELDS = 2, 4, 13, 14
_NOT_SYNCHRONISED = "Not synchronised"
#: As systemd writes a span of time.
_UNITS = {"us": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}
_SPAN = re.compile(r"([0-9.]+)(us|μs|ms|s|min|h|d)\b")


def look(mode: Mode) -> Clock:
    """What is known of this machine's clock now. Takes seconds where a daemon does not answer."""
    if mode == "none":
        return Clock(source="none")
    asked: dict[Mode, Sequence[Callable[[], Clock]]] = {
        "chrony": (chrony,),
        "timesyncd": (timesyncd,),
        "auto": (chrony, timesyncd, kernel),
    }
    found = (ask() for ask in asked[mode])
    return next((clock for clock in found if clock.source), NOBODY)


def chrony(command: Sequence[str] = CHRONYC) -> Clock:
    """What chronyd says of itself."""
    fields = _said(command).strip().split(",")
    if len(fields) < _FIELDS:
        return NOBODY
    try:
        stratum, slow = int(fields[_STRATUM]), float(fields[_SLOW])
    except ValueError:
        return NOBODY
    follows = fields[_LEAP] != _NOT_SYNCHRONISED
    return Clock(
        source="chrony",
        synchronised=follows,
        offset=-slow if follows else None,
        stratum=stratum if follows else None,
    )


def timesyncd(command: Sequence[str] = TIMEDATECTL) -> Clock:
    """What systemd-timesyncd says; before its first answer from a server it has no offset."""
    said = _said(command)
    if "Packet count:" not in said:
        return NOBODY
    lines = dict(line.strip().partition(": ")[::2] for line in said.splitlines())
    offset = _span(lines.get("Offset", ""))
    stratum = lines.get("Stratum", "")
    return Clock(
        source="timesyncd",
        synchronised=offset is not None,
        offset=offset,
        stratum=int(stratum) if stratum.isdigit() else None,
    )


def _span(text: str) -> float | None:
    """Seconds, of ``+1.204ms`` or ``-1min 3s``."""
    parts = _SPAN.findall(text)
    if not parts:
        return None
    seconds = sum(float(figure) * _UNITS[unit] for figure, unit in parts)
    return -seconds if text.lstrip().startswith("-") else seconds


#: ``struct timex`` on 64 bit: 208 bytes; modes, offset, freq, maxerror, esterror, status.
_TIMEX_BYTES, _TIMEX = 256, struct.Struct("@Iqqqqi")
_UNSYNCHRONISED = 0x0040  # STA_UNSYNC


def kernel() -> Clock:
    """What adjtimex(2) says: whoever sets the clock may have told it. Its offset is what it still
    corrects, not what the clock is wrong by, so none is given."""
    buffer = ctypes.create_string_buffer(_TIMEX_BYTES)
    try:
        state = ctypes.CDLL(None).adjtimex(buffer)
    except (AttributeError, OSError):
        return NOBODY
    status = _TIMEX.unpack_from(buffer)[-1]
    told = state >= 0 and not status & _UNSYNCHRONISED
    return Clock(source="kernel", synchronised=True) if told else NOBODY


def _said(command: Sequence[str]) -> str:
    """What a program says; "" where it isn't there, fails or takes too long."""
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_WITHIN,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""

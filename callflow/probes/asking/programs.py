"""A program of the probes' folder: what it says, and how it ends.

Pages only name it. What may run is what the machine's administrator put there: a file that nobody
else can write, in a folder that nobody else can write, begun without arguments, without a shell and
without our environment. It ends as the plug-ins of Nagios do: 0 well, 1 to look at, 2 failed.
"""

import asyncio
import os
import re
import signal
import stat
from contextlib import suppress
from pathlib import Path

from callflow.core.watch.organs import Reason, State
from callflow.core.watch.probes import Found, Probe

#: Seconds that it may take; bytes of what it says that are read.
_WITHIN, _MOST = 20.0, 4096
_STATES = {
    0: (State.OK, None),
    1: (State.DEGRADED, Reason.SAID_SO),
    2: (State.FAILED, Reason.SAID_SO),
}
#: As plug-ins write figures behind a bar: ``load=0.42;5;10``.
_FIGURE = re.compile(rb"\|\s*[^=|]{1,64}=(-?[0-9]+(?:\.[0-9]+)?)")
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}


async def run(probe: Probe, folder: Path | None) -> Found:
    """Have it run, and hear it."""
    wrong = _wrong(folder, probe.target)
    if wrong or folder is None:
        return Found(state=State.UNKNOWN, reason=Reason.NOT_ALLOWED, detail=wrong)
    try:
        begun = await asyncio.create_subprocess_exec(
            str(folder / probe.target),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=_ENVIRONMENT,
            cwd=folder,
            start_new_session=True,
        )
    except OSError as error:
        return Found(state=State.UNKNOWN, reason=Reason.NOT_ALLOWED, detail=error.strerror or "")
    try:
        async with asyncio.timeout(_WITHIN):
            said = await _heard(begun)
            code = await begun.wait()
    except TimeoutError:
        return Found(state=State.FAILED, reason=Reason.NO_ANSWER)
    finally:
        _end(begun)
    return _judged(code, said)


async def _heard(begun: asyncio.subprocess.Process) -> bytes:
    """The first of what it says; the rest is read and forgotten, so that it can go on."""
    assert begun.stdout is not None
    said = bytearray()
    while piece := await begun.stdout.read(_MOST):
        said += piece[: _MOST - len(said)]
    return bytes(said)


def _end(begun: asyncio.subprocess.Process) -> None:
    """Nothing of it stays behind, its own children included."""
    with suppress(ProcessLookupError):
        os.killpg(begun.pid, signal.SIGKILL)


def _judged(code: int, said: bytes) -> Found:
    state, reason = _STATES.get(code, (State.UNKNOWN, Reason.NOT_MEASURED))
    figure = _FIGURE.search(said)
    words = said.partition(b"|")[0].partition(b"\n")[0].decode("utf-8", "replace").strip()
    return Found(
        state=state,
        reason=reason,
        figure=float(figure[1]) if figure else None,
        detail="" if state is State.OK else words[:200],
    )


def _wrong(folder: Path | None, name: str) -> str:
    """Why this file may not be run; "" where it may."""
    if folder is None:
        return "CALLFLOW_PROBE_FOLDER is not set"
    try:
        if not _is_ours(folder.lstat(), stat.S_IFDIR):
            return "others may write into the probes' folder"
        found = (folder / name).lstat()
    except OSError as error:
        return error.strerror or ""
    if not _is_ours(found, stat.S_IFREG):
        return "others may write the file, or it is none"
    return "" if found.st_mode & stat.S_IXUSR else "the file is not executable"


def _is_ours(found: os.stat_result, kind: int) -> bool:
    mine = found.st_uid in (0, os.geteuid())
    return stat.S_IFMT(found.st_mode) == kind and mine and not found.st_mode & 0o022

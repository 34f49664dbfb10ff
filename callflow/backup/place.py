"""The folder that backups lie in: nobody else's, one at work in it at a time, and what is whole."""

import contextlib
import fcntl
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from callflow.core.station import backups
from callflow.core.station.backups import Unusable
from callflow.settings.config import Settings

#: What is being made, or was cut.
UNFINISHED = ".making-"


@contextlib.contextmanager
def work_in(folder: Path, settings: Settings) -> Iterator[Path]:
    """``folder``, made where it is not there, for one at a time; what a cut one left is gone.

    Raises Unusable: others may read it, it lies in the station's own, or somebody is at work.
    """
    folder = folder.expanduser().absolute()
    _refuse_own(folder, settings)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    refuse_open(folder)
    handle = os.open(folder / ".lock", os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unusable(f"another backup, or a drill, is at work in {folder}") from None
        for left in folder.glob(f"{UNFINISHED}*"):
            shutil.rmtree(left)
        yield folder
    finally:
        os.close(handle)


def _refuse_own(folder: Path, settings: Settings) -> None:
    """A backup within what it is of would hold itself, and be lost with it."""
    own, there = settings.data_dir.resolve(), folder.resolve()
    if there.is_relative_to(own) or own.is_relative_to(there):
        raise Unusable(
            f"{folder} and the station's data folder {own} lie in one another: name a folder"
            " apart, on another disk or machine"
        )


def refuse_open(folder: Path) -> None:
    """Raises Unusable where others of the host may look into ``folder``, or it is not ours."""
    found = folder.stat()
    if found.st_uid != os.geteuid():
        raise Unusable(f"{folder} belongs to somebody else: name a folder of the station's account")
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise Unusable(f"others of this host may open {folder}: chmod 0700 it")


def whole(folder: Path) -> list[str]:
    """The names of the whole backups in ``folder``, the oldest first. One that was cut never got
    its name."""
    return sorted(
        entry.name
        for entry in os.scandir(folder)
        if backups.is_name(entry.name) and entry.is_dir(follow_symlinks=False)
    )


def newest(folder: Path) -> Path:
    """The newest backup in ``folder``, or ``folder`` itself where it is one. Raises Unusable."""
    folder = folder.expanduser().absolute()
    if not folder.is_dir():
        raise Unusable(f"there is no folder {folder}")
    if (folder / backups.MANIFEST).exists():
        return folder
    names = whole(folder)
    if not names:
        raise Unusable(f"there is no whole backup in {folder}")
    return folder / names[-1]

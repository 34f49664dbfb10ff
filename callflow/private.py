"""What a station keeps is its own account's alone: folders 0700, files and sockets 0600.

Another user of the host who can open the lock of the database can stop every acknowledgement.
"""

import os
import stat
import threading
from pathlib import Path

import structlog

_log = structlog.get_logger()
#: What makes a folder a station's: by mistake somebody may name one that is everybody's.
_STATIONS = ("callflow.db", "keys", "run")


def new_files_are() -> None:
    """Whatever this process and those that it begins make from now on is private."""
    os.umask(0o077)


def close(folder: Path) -> None:
    """Close a station's folder to others at once; what is in it, behind that door, in a thread: an
    older station left years of recordings open."""
    if not is_stations(folder):
        return
    folder.chmod(0o700)
    threading.Thread(target=_tighten, args=(folder,), name="tighten", daemon=True).start()


def is_stations(folder: Path) -> bool:
    """True where there is a station in ``folder``, of our own account, and of nobody else's."""
    try:
        found = folder.stat()
    except OSError:
        return False
    own = found.st_uid == os.geteuid() and not found.st_mode & stat.S_ISVTX
    return own and any((folder / name).exists() for name in _STATIONS)


def is_open(folder: Path) -> bool:
    """True where others of the host may look into a station's folder."""
    try:
        return bool(folder.stat().st_mode & 0o077)
    except OSError:
        return False


def _tighten(folder: Path) -> None:
    try:
        tighten(folder)
    except OSError as error:
        _log.warning("data.open_to_others", folder=str(folder), reason=str(error))


def tighten(folder: Path) -> None:
    """Take others' rights from all that is in ``folder``. A folder within that is private already
    was seen before, with what is in it: it is closed after that."""
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                if entry.is_symlink():
                    continue
                mode = stat.S_IMODE(entry.stat(follow_symlinks=False).st_mode)
                if mode & 0o077 and entry.is_dir(follow_symlinks=False):
                    tighten(Path(entry.path))
                if mode & 0o077:
                    Path(entry.path).chmod(mode & 0o700)
            except (FileNotFoundError, PermissionError):  # gone meanwhile, or of another account
                continue

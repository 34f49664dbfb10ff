"""A database with this version's tables, copied from one that was migrated once a run.

Migrations take a third of a second of CPU, and hundreds of tests want them. A whole run makes such
folders for all of its units (``keep``), any other process when the first is wanted (``kept``).
"""

from __future__ import annotations

import atexit
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import create_engine, inspect

from callflow.storage.engine.upgrade import upgrade
from tests.support.suite import in_memory

_SQLITE = "sqlite:///"
_KEPT: dict[str, Path] = {}


def migrate(url: str) -> None:
    """What ``upgrade`` does to an empty database, in a twentieth of the time. One of PostgreSQL's
    is mostly such a copy from the beginning (``postgresql.py``)."""
    if not url.startswith(_SQLITE):
        engine = create_engine(url)
        if not inspect(engine).has_table("signal"):
            upgrade(url)
        engine.dispose()
        return
    file = Path(url.removeprefix(_SQLITE))
    if file.exists():  # a test's own rows may be in it
        upgrade(url)
        return
    for made in kept("migrated", make).iterdir():
        shutil.copyfile(made, file.with_name(made.name.replace("made", file.name, 1)))


def make(folder: Path) -> None:
    """The file ``made``, and what stands beside it."""
    upgrade(f"{_SQLITE}{folder / 'made'}")


def kept(name: str, make_it: Callable[[Path], None]) -> Path:
    """The folder of that name, to be copied from: made once."""
    if name not in _KEPT:
        folder = _folder()
        make_it(folder)
        _KEPT[name] = folder
    return _KEPT[name]


def found(name: str) -> Path | None:
    """The folder of that name; None where nobody made one."""
    return _KEPT.get(name)


def keep(name: str, make_it: Callable[[Path], None]) -> None:
    """It is there for all who are forked from this process, which is no other than it was: a
    process of its own makes it."""
    folder = _folder()
    if not (pid := os.fork()):
        code = 1
        try:
            make_it(folder)
            code = 0
        finally:
            os._exit(code)
    if not os.waitpid(pid, 0)[1]:
        _KEPT[name] = folder


def _folder() -> Path:
    """Gone with this process, and not with one that is forked from it."""
    folder = in_memory.new_folder("callflow-kept")
    atexit.register(_remove, folder, os.getpid())
    return folder


def _remove(folder: Path, whose: int) -> None:
    if os.getpid() == whose:
        shutil.rmtree(folder)

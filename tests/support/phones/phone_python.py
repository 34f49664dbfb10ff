"""The interpreter of the tests' phones, and pjsua2 for it.

pjsua2 is published for CPython 3.11 and 3.12 alone. A phone is a process of its own: where the
tests run under 3.13 it runs under a 3.12 or 3.11 of this host or, where there is none, under Debian
12's, unpacked (not installed) into the user's cache as the Asterisk is. pjsua2 lies in that cache,
from `requirements-phones.lock`, for any of them.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ivr.asterisk.apt_sources import debian_mirrors
from ivr.asterisk.debian_packages import unpack
from ivr.asterisk.tree import cache_folder

VERSIONS = ("3.12", "3.11")
"""Those that pjsua2 has wheels for, the preferred one first."""

LOCK = Path(__file__).parents[3] / "requirements-phones.lock"

# Debian 12's, whose packages every later Debian's mirror has.
_SUITE, _VERSION = "bookworm", "3.11"
_PACKAGES = (f"python{_VERSION}-minimal", f"libpython{_VERSION}-stdlib", "libstdc++6")

_WHO = "import sys; print(sys.implementation.name, '%d.%d' % sys.version_info[:2], sys.executable)"

Progress = Callable[[str], None]


class NoPhonePython(Exception):
    """No interpreter for the phones can be had. The message says what a person can do."""


@dataclass(frozen=True, kw_only=True)
class Interpreter:
    """What to execute before any option, and its version (`3.11`)."""

    command: tuple[str, ...]
    version: str


@dataclass(frozen=True, kw_only=True)
class PhonePython:
    """What to execute before any option, and the folder that holds pjsua2 for it."""

    command: tuple[str, ...]
    packages: Path

    @property
    def environment(self) -> Mapping[str, str]:
        """This process's environment, with pjsua2 in reach."""
        return {**os.environ, "PYTHONPATH": str(self.packages)}


@functools.cache
def phone_python(progress: Progress = print) -> PhonePython:
    """What the phones run with; fetches what is missing (seconds), with short lines for a person.

    Raises NoPhonePython.
    """
    cache = cache_folder()
    with _only_one(cache):
        interpreter = installed(candidates()) or _unpacked(cache, progress)
        return PhonePython(
            command=interpreter.command, packages=_pjsua2(cache, interpreter.version, progress)
        )


def candidates() -> Iterator[str]:
    """Interpreters that may be here: this one, the PATH's, pyenv's. Not all need exist or work."""
    yield sys.executable
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    for version in VERSIONS:
        yield from (f"{folder}/python{version}" for folder in os.get_exec_path())
        yield from (str(path) for path in sorted(pyenv.glob(f"{version}.*/bin/python{version}")))


def installed(commands: Iterator[str] | Sequence[str]) -> Interpreter | None:
    """The first that runs (a pyenv shim may exist and fail) and that pjsua2 has a wheel for."""
    for command in commands:
        try:
            done = subprocess.run(
                [command, "-c", _WHO], capture_output=True, text=True, timeout=30, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        match done.stdout.split(maxsplit=2):
            case ["cpython", version, executable] if version in VERSIONS:
                return Interpreter(command=(executable.strip(),), version=version)
    return None


@contextmanager
def _only_one(cache: Path) -> Iterator[None]:
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "phones.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# --- Debian's ---------------------------------------------------------------------------------


def _unpacked(cache: Path, progress: Progress) -> Interpreter:
    home = cache / f"python{_VERSION}-{platform.machine()}"
    found = _in_tree(home)
    if found is None:
        progress(f"the phones need a CPython of {' or '.join(VERSIONS)}; bringing Debian's")
        _bring(cache, home, progress)
        found = _in_tree(home)
    if found is None:
        raise NoPhonePython(f"the unpacked CPython {_VERSION} doesn't start; {_what_to_do()}")
    return found


def _in_tree(home: Path) -> Interpreter | None:
    """The interpreter unpacked at `home`, run by the loader and the C library that came with it."""
    loader = next(home.glob("lib/*-linux-*/ld-linux*.so.*"), None)
    if loader is None:
        return None
    libraries = f"{loader.parent}:{home / 'usr/lib' / loader.parent.name}"
    command = (
        *(str(loader), "--library-path", libraries),
        str(home / f"usr/bin/python{_VERSION}"),
    )
    done = subprocess.run([*command, "-c", _WHO], capture_output=True, text=True, check=False)
    started = done.stdout.startswith(f"cpython {_VERSION} ")
    return Interpreter(command=command, version=_VERSION) if started else None


def _bring(cache: Path, home: Path, progress: Progress) -> None:
    missing = [tool for tool in ("apt-get", "dpkg") if shutil.which(tool) is None]
    mirrors = debian_mirrors()
    if missing or not mirrors:
        raise NoPhonePython(f"no {missing[0] if missing else 'mirror of Debian'}; {_what_to_do()}")
    with tempfile.TemporaryDirectory(prefix="python-fetch-", dir=cache) as fresh:
        try:
            tree = unpack(_PACKAGES, mirrors[0], _SUITE, Path(fresh), progress)
        except subprocess.CalledProcessError as failed:
            said = " ".join((failed.stderr or "").strip().splitlines()[-2:])
            raise NoPhonePython(f"{said or failed}; {_what_to_do()}") from failed
        shutil.rmtree(home, ignore_errors=True)
        tree.rename(home)


def _what_to_do() -> str:
    return (
        f"pjsua2, which the tests' phones run with, has no wheel for {platform.python_version()}: "
        f"put a CPython {' or '.join(VERSIONS)} on the PATH."
    )


# --- pjsua2 -----------------------------------------------------------------------------------


def _pjsua2(cache: Path, version: str, progress: Progress) -> Path:
    """The folder with the lock's pjsua2 for that version; a new lock gets a new folder."""
    lock = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]
    home = cache / f"pjsua2-{lock}-{version}-{platform.machine()}"
    if home.exists():  # it was moved there whole
        return home
    progress(f"bringing pjsua2 for CPython {version}")
    with tempfile.TemporaryDirectory(prefix="pjsua2-fetch-", dir=cache) as fresh:
        target = Path(fresh) / "packages"
        done = subprocess.run(
            [
                *(_uv(), "pip", "install", "--quiet", "--python", sys.executable),
                *("--target", str(target), "--python-version", version),
                *("--only-binary", ":all:", "--require-hashes", "-r", str(LOCK)),
            ],
            env={"UV_SYSTEM_CERTS": "true", **os.environ},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise NoPhonePython(f"pjsua2 could not be installed: {done.stderr.strip()}")
        target.rename(home)
    return home


def _uv() -> str:
    own = Path(sys.prefix) / "bin/uv"
    return str(own) if own.exists() else "uv"


if __name__ == "__main__":
    try:
        chosen = phone_python(lambda line: print(f"run:   phones: {line}", file=sys.stderr))
    except NoPhonePython as unavailable:
        sys.exit(f"run: {unavailable}")
    if chosen.command[0] != sys.executable:
        print(f"run: the phones run under {chosen.command[-1]}", file=sys.stderr)

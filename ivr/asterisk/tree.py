"""An Asterisk to run: the one on PATH when it is new enough, else a relocatable tree.

The tree is Debian's own packages, unpacked (not installed) into a cache folder that instances
share. It needs `apt-get` and `dpkg`, but neither root nor a change to the host. The mirror, its
options and its keyring come from the host's own apt sources.
"""

import fcntl
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ivr.asterisk.apt_sources import Mirror, debian_mirrors
from ivr.asterisk.debian_packages import Progress, unpack

OLDEST = (22, 10)
"""Earlier releases have known deadlocks and advisories."""

SUITES = ("forky", "sid")
PACKAGES = ("asterisk", "asterisk-core-sounds-fr", "asterisk-core-sounds-en")

PACKAGED = Path(sys.prefix) / "asterisk"
"""Where the package ``callflow-asterisk`` puts the tree that the station was tested with."""

WHAT_TO_DO = (
    "Put an asterisk >= 22.10 on PATH, or use a PBX that already runs here "
    "(CALLFLOW_ASTERISK=external), or run on a Debian host with apt-get and dpkg."
)


class AsteriskUnavailable(Exception):
    """No Asterisk can be had on this host. The message says what a person can do."""


@dataclass(frozen=True, kw_only=True)
class AsteriskTree:
    """Where an Asterisk and its parts lie; every path is absolute."""

    command: tuple[str, ...]
    """What to execute, before any option."""
    modules: Path
    data: Path
    """Asterisk's own data folder (documentation, keys, sounds)."""
    sounds: dict[str, Path]
    """Real sound folders by language, `en` and `fr`; a language that is absent is not here."""
    version: str


def cache_folder() -> Path:
    """The user's cache folder for Callflow, shared by its instances."""
    own = os.environ.get("CALLFLOW_CACHE_DIR")
    if own:
        return Path(own).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base).absolute() / "callflow"


def find_or_fetch(
    cache_dir: Path | None = None, progress: Progress = lambda line: None
) -> AsteriskTree:
    """The one installed with us, the one on PATH, the cached one, or one fetched now (minutes).

    `progress` gets short lines for a person. Raises AsteriskUnavailable.
    """
    installed = _tree_in(PACKAGED) or _installed()
    if installed is not None:
        return installed
    cache = cache_dir or cache_folder()
    home = cache / f"asterisk-{platform.machine()}"
    with _only_one(cache, progress):
        for abandoned in cache.glob("asterisk-fetch-*"):  # a fetch that was killed
            shutil.rmtree(abandoned, ignore_errors=True)
        cached = _tree_in(home)
        if cached is not None:
            return cached
        return _fetch(cache, home, progress)


# --- what is already here ---------------------------------------------------------------------


def _installed() -> AsteriskTree | None:
    binary = shutil.which("asterisk") or shutil.which("asterisk", path="/usr/sbin:/usr/local/sbin")
    if binary is None:
        return None
    version = _version((binary,))
    if version is None or _number(version) < OLDEST:
        return None
    prefix = Path(binary).resolve().parent.parent
    modules = _first(
        [*prefix.glob("lib/*/asterisk/modules"), prefix / "lib64/asterisk/modules"],
        prefix / "lib/asterisk/modules",
    )
    data = _first(
        [prefix / "share/asterisk", prefix / "var/lib/asterisk"], Path("/var/lib/asterisk")
    )
    return AsteriskTree(
        command=(binary,), modules=modules, data=data, sounds=_sounds(data), version=version
    )


def _tree_in(home: Path) -> AsteriskTree | None:
    """The tree unpacked at `home`, or None when there is none that starts."""
    loader = next(
        (p for p in sorted(home.glob("usr/lib*/ld-linux*.so.*")) if p.is_file()),
        next((p for p in sorted(home.glob("usr/lib/*/ld-linux*.so.*")) if p.is_file()), None),
    )
    modules = next(home.glob("usr/lib/*/asterisk/modules"), None)
    if loader is None or modules is None:
        return None
    libraries = f"{modules.parent.parent}:{modules.parent}"
    command = (
        *(str(loader), "--library-path", libraries),
        str(home / "usr/sbin/asterisk"),
    )
    version = _version(command)
    if version is None or _number(version) < OLDEST:
        return None
    data = home / "usr/share/asterisk"
    return AsteriskTree(
        command=command, modules=modules, data=data, sounds=_sounds(data), version=version
    )


def _sounds(data: Path) -> dict[str, Path]:
    # Debian's sounds/fr is a link into /etc/alternatives, broken outside an installation.
    found: dict[str, Path] = {}
    for folder in sorted((data / "sounds").glob("*")):
        language = folder.name[:2].lower()
        if folder.is_dir() and language in ("en", "fr"):
            found.setdefault(language, folder.resolve())
    return found


def _first(candidates: list[Path], otherwise: Path) -> Path:
    return next((path for path in candidates if path.is_dir()), otherwise)


def _version(command: tuple[str, ...]) -> str | None:
    try:
        done = subprocess.run(
            [*command, "-V"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    words = done.stdout.split()
    return words[1] if done.returncode == 0 and len(words) > 1 else None


def _number(version: str) -> tuple[int, int]:
    found = re.search(r"(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else (0, 0)


# --- fetching ---------------------------------------------------------------------------------


@contextmanager
def _only_one(cache: Path, progress: Progress) -> Iterator[None]:
    """Holds the cache's lock, so that two instances starting at once fetch one tree."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "asterisk.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("Asterisk: another instance is fetching it, waiting")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch(cache: Path, home: Path, progress: Progress) -> AsteriskTree:
    for tool in ("apt-get", "dpkg"):
        if shutil.which(tool) is None:
            raise AsteriskUnavailable(f"No asterisk >= 22.10, and no {tool} here. {WHAT_TO_DO}")
    mirrors = debian_mirrors()
    if not mirrors:
        raise AsteriskUnavailable(f"This host's apt sources name no Debian mirror. {WHAT_TO_DO}")
    errors = []
    for suite in SUITES:
        for mirror in mirrors:
            fresh = Path(tempfile.mkdtemp(prefix="asterisk-fetch-", dir=cache))
            try:
                return _fetch_from(mirror, suite, fresh, home, progress)
            except subprocess.CalledProcessError as failed:
                reason = (failed.stderr or failed.stdout or "").strip().splitlines()
                errors.append(f"{suite}: {' '.join(reason[-2:]) or failed}")
            except AsteriskUnavailable as unusable:
                errors.append(f"{suite}: {unusable}")
            finally:
                shutil.rmtree(fresh, ignore_errors=True)
    raise AsteriskUnavailable(f"Asterisk could not be fetched ({'; '.join(errors)}). {WHAT_TO_DO}")


def _fetch_from(
    mirror: Mirror, suite: str, fresh: Path, home: Path, progress: Progress
) -> AsteriskTree:
    tree = unpack(PACKAGES, mirror, suite, fresh, lambda line: progress(f"Asterisk: {line}"))
    if _tree_in(tree) is None:
        raise AsteriskUnavailable("the unpacked Asterisk does not start or is older than 22.10")
    if home.exists():
        shutil.rmtree(home)
    tree.rename(home)
    found = _tree_in(home)
    assert found is not None
    progress(f"Asterisk {found.version} is ready")
    return found

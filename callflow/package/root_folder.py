"""A bare Debian in a folder, and packages installed in it as apt installs them. It needs root."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ivr.asterisk.apt_sources import debian_mirrors

RELEASE = "trixie"
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


class NoRootFolder(Exception):
    """A bare Debian can't be made here. The message says what is missing."""


def missing() -> str:
    """What stands in the way of one, in words; "" where nothing does."""
    if os.geteuid() != 0:
        return "root's rights (for chroot)"
    if shutil.which("debootstrap", path=_PATH) is None:
        return "debootstrap (apt-get install debootstrap)"
    return "" if debian_mirrors() else "a Debian mirror among this host's apt sources"


def bootstrap(folder: Path) -> None:
    """Debian's smallest system, in ``folder``, by the host's own mirror. Raises NoRootFolder."""
    if lacking := missing():
        raise NoRootFolder(f"a bare Debian needs {lacking}")
    mirror = debian_mirrors()[0]
    keyring = [f"--keyring={value}" for name, value in mirror.options if name == "Signed-By"]
    command = ["debootstrap", "--variant=minbase", *keyring, RELEASE, str(folder), mirror.uri]
    done = subprocess.run(
        command,
        env={**os.environ, "PATH": _PATH},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NoRootFolder(f"debootstrap failed: {' '.join(done.stdout.split()[-20:])}")


def run(root: Path, command: Sequence[str], **environment: str) -> str:
    """One command in it, with a process table of its own; what it said. Raises NoRootFolder."""
    shutil.copyfile("/etc/resolv.conf", root / "etc" / "resolv.conf")
    inside = 'mount -t proc proc "$1/proc"; root=$1; shift; exec chroot "$root" "$@"'
    done = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "sh", "-ec", inside, "-", str(root), *command],
        env={"PATH": _PATH, "LC_ALL": "C.UTF-8", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        said = " | ".join(done.stdout.splitlines()[-8:])
        raise NoRootFolder(f"{' '.join(command)} ended with {done.returncode}: {said}")
    return done.stdout


def install(root: Path, debs: Sequence[Path], *more: str) -> str:
    """Packages of ours and Debian's, with what they depend on; what apt said."""
    place = root / "root"
    for deb in debs:
        shutil.copyfile(deb, place / deb.name)
    named = [f"/root/{deb.name}" for deb in debs]
    apt = ["apt-get", "-y", "-q", "--no-install-recommends", "-o", "APT::Sandbox::User=root"]
    said = run(root, [*apt, "install", *named, *more], DEBIAN_FRONTEND="noninteractive")
    for deb in debs:
        (place / deb.name).unlink()
    return said


def clean(root: Path) -> None:
    """What apt kept, and what names this machine."""
    run(root, ["apt-get", "clean"])
    for lists in (root / "var" / "lib" / "apt" / "lists").glob("*_*"):
        lists.unlink()
    for named in ("etc/resolv.conf", "etc/hostname"):
        (root / named).unlink(missing_ok=True)

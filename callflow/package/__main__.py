"""``./run package``: the packages of this checkout, in var/package."""

import argparse
import shutil
import subprocess
import sys
import tempfile
import tomllib
from datetime import UTC, datetime
from pathlib import Path

from callflow.package import deb, image, layout, pinned, root_folder
from callflow.package.manual import build as manual
from ivr.asterisk.tree import AsteriskUnavailable

_CHECKOUT = Path(__file__).resolve().parents[2]
_FILES = Path(__file__).parent / "files"


def main() -> int:
    """Make what is asked for; 1 where it can't be had, with the reason."""
    wanted = _arguments()
    wanted.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="making-", dir=wanted.output) as making:
        try:
            if wanted.update_asterisk:
                debs = pinned.update(Path(making), _say)
                _say(f"{len(debs)} packages are pinned in {pinned.listed()}: run the tests, commit")
            else:
                _make(wanted, Path(making))
        except (
            AsteriskUnavailable,
            manual.NotBuilt,
            root_folder.NoRootFolder,
            subprocess.CalledProcessError,
        ) as error:
            _say(str(error))
            return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run package")
    parser.add_argument("--output", type=_place, default=_CHECKOUT / "var" / "package")
    parser.add_argument("--source", type=Path, default=_CHECKOUT, help=argparse.SUPPRESS)
    parser.add_argument("--uv", default="uv", help=argparse.SUPPRESS)
    parser.add_argument("--release", help="another version than pyproject.toml's")
    parser.add_argument("--no-asterisk", action="store_true", help="leave callflow-asterisk out")
    parser.add_argument("--no-image", action="store_true", help="leave the container's image out")
    parser.add_argument(
        "--update-asterisk", action="store_true", help="pin the Asterisk that Debian has now"
    )
    return parser.parse_args()


def _place(name: str) -> Path:
    """A folder, from wherever a command of ours works."""
    return Path(name).resolve()


def _make(wanted: argparse.Namespace, making: Path) -> None:
    version = wanted.release or _version(wanted.source)
    epoch = _epoch(wanted.source)
    made = [_station(wanted, making, version, epoch)]
    if not wanted.no_asterisk:
        made.append(_asterisk(wanted.output, making, epoch))
    for file in made:
        _say(f"{file} ({file.stat().st_size // 1_000_000} MB)")
    if not wanted.no_image:
        if lacking := root_folder.missing():
            _say(f"no image: it needs {lacking}")
            return
        file = _image(wanted.output, making, made, version, epoch)
        _say(f"{file} ({file.stat().st_size // 1_000_000} MB)")


def _station(wanted: argparse.Namespace, making: Path, version: str, epoch: int) -> Path:
    _say("the station: locked wheels, compiled")
    tree = making / "callflow"
    layout.lay_out(wanted.source, tree, wanted.uv)
    _say("the manual")
    manual.build(tree / layout.MANUAL, wanted.source)
    _documents(wanted.source, tree)
    return deb.build(tree, _control(version), wanted.output, epoch)


def _documents(source: Path, tree: Path) -> None:
    place = tree / "usr/share/doc/callflow"
    place.mkdir(parents=True, exist_ok=True)
    for name in ("README.md", "CHANGELOG.md"):
        shutil.copyfile(source / name, place / name)
    shutil.copyfile(source / "LICENSE", place / "copyright")


def _control(version: str) -> deb.Control:
    major, minor = layout.python_version().split(".")
    scripts = {name: (_FILES / name).read_text("utf-8") for name in ("postinst", "prerm", "postrm")}
    return deb.Control(
        name="callflow",
        version=version,
        architecture=_architecture(),
        summary="alarm receiving station: takes alarms, calls people, keeps a logbook",
        description=_DESCRIPTION,
        depends=f"python3 (>= {major}.{minor}), python3 (<< {major}.{int(minor) + 1}), passwd,"
        " util-linux, ca-certificates, libpangoft2-1.0-0, libharfbuzz-subset0, fonts-dejavu-core",
        recommends="callflow-asterisk, ffmpeg, logrotate",
        suggests="postgresql-client",
        scripts=scripts,
        private=layout.PRIVATE,
    )


_DESCRIPTION = """\
Callflow receives alarms over SIA DC-09, Contact ID and others, follows each
client's call plan on real telephone lines, hands over to operators, and keeps
a logbook that cannot be rewritten unseen.
"""


def _asterisk(output: Path, making: Path, epoch: int) -> Path:
    debs = pinned.read(pinned.listed())
    files = pinned.fetch(debs, output / "debs", _say)
    _say(f"Asterisk: {len(files)} packages of Debian, as pinned")
    tree = making / "asterisk"
    home = tree / layout.HOME / "asterisk"
    home.mkdir(parents=True)
    for file in files:
        subprocess.run(["dpkg", "-x", str(file), str(home)], check=True)
    pinned.prune(home)
    place = tree / "usr/share/doc/callflow-asterisk"
    place.mkdir(parents=True)
    shutil.copyfile(pinned.listed(), place / "packages.txt")
    (place / "copyright").write_text(_ASTERISK_COPYRIGHT, encoding="utf-8")
    version = next(d.version for d in debs if d.name == "asterisk").partition(":")[2]
    control = deb.Control(
        name="callflow-asterisk",
        version=version,
        architecture=_architecture(),
        summary="the Asterisk that Callflow was tested with, in a folder of its own",
        description=_ASTERISK_DESCRIPTION,
        scripts={"postinst": (_FILES / "asterisk-postinst").read_text("utf-8")},
    )
    return deb.build(tree, control, output, epoch)


_ASTERISK_DESCRIPTION = """\
Debian's packages of Asterisk and of all that it needs, unpacked together:
nothing of the system is touched, and nothing of it is used.
"""
_ASTERISK_COPYRIGHT = """\
These are Debian's packages, unchanged but for their manuals and translations, which are left out.
packages.txt names each with its version and SHA-256. The licence of each lies in
/usr/lib/callflow/asterisk/usr/share/doc/PACKAGE/copyright (Asterisk: GPL-2.0). Their source is
Debian's, by the same names and versions: apt-get source, or Debian's archive of snapshots.
"""


def _image(output: Path, making: Path, debs: list[Path], version: str, epoch: int) -> Path:
    _say("the container's image: a bare Debian with these packages")
    root = making / "root"
    root_folder.bootstrap(root)
    root_folder.install(root, debs, "ffmpeg")
    root_folder.clean(root)
    architecture = _architecture()
    made = output / f"callflow_{version}_{architecture}.oci.tar"
    image.write(
        root,
        image.Image(
            name=f"callflow:{version}",
            architecture=architecture,
            created=datetime.fromtimestamp(epoch, UTC).isoformat(),
            user="callflow",
            entrypoint=("/usr/bin/callflow",),
            command=("serve",),
            # A container has one supervisor, and its Asterisk ends with it.
            environment={"PATH": "/usr/bin:/bin", "CALLFLOW_ASTERISK_APART": "false"},
            volumes=("/var/lib/callflow",),
            working_dir="/var/lib/callflow",
        ),
        made,
        epoch,
    )
    return made


def _version(source: Path) -> str:
    project = tomllib.loads((source / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])


def _epoch(source: Path) -> int:
    """When what is packed was committed (Unix time); of a mere copy, when it was made."""
    told = subprocess.run(
        ["git", "-C", str(source), "log", "-1", "--format=%ct"],
        capture_output=True,
        text=True,
        check=False,
    )
    return int(told.stdout or (source / "pyproject.toml").stat().st_mtime)


def _architecture() -> str:
    told = subprocess.run(
        ["dpkg", "--print-architecture"], capture_output=True, text=True, check=True
    )
    return told.stdout.strip()


def _say(line: str) -> None:
    sys.stderr.write(f"package: {line}\n")


if __name__ == "__main__":
    sys.exit(main())

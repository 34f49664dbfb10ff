"""Debian's package of a tree, as dpkg reads it; the services' units, as systemd does."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from callflow.package import deb, layout, pinned
from callflow.package.deb import Control
from ivr.asterisk.apt_sources import Mirror
from ivr.asterisk.debian_packages import Apt
from ivr.asterisk.tree import AsteriskUnavailable


def said(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def a_tree(folder: Path, mode: int) -> Path:
    for name in ("etc/some/settings.toml", "usr/bin/some", "usr/share/doc/some/copyright"):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
        file.chmod(mode)
    (folder / "usr/bin/some").chmod(mode | 0o100)
    return folder


CONTROL = Control(
    name="some",
    version="1.2",
    architecture="all",
    summary="a package",
    description="What it is.\n\nAnd more.",
    depends="passwd",
    scripts={"postinst": "#!/bin/sh\n"},
    private=frozenset({"etc/some/settings.toml"}),
)


def test_whoever_builds_it_the_bytes_are_the_same(tmp_path: Path) -> None:
    made = []
    for mode in (0o600, 0o666):
        folder = tmp_path / oct(mode)
        made.append(deb.build(a_tree(folder / "tree", mode), CONTROL, folder, 1_700_000_000))
    assert made[0].read_bytes() == made[1].read_bytes()
    assert made[0].name == "some_1.2_all.deb"
    assert said("dpkg-deb", "-f", made[0], "Depends", "Description").split("\n")[:2] == [
        "Depends: passwd",
        "Description: a package",
    ]
    assert "/etc/some/settings.toml" in said("dpkg-deb", "-I", made[0], "conffiles")
    modes = {
        line.split()[-1]: line.split()[:2] for line in said("dpkg-deb", "-c", made[0]).splitlines()
    }
    assert modes["./etc/"] == ["drwxr-xr-x", "root/root"]
    assert modes["./etc/some/settings.toml"] == ["-rw-r-----", "root/root"]
    assert modes["./usr/bin/some"] == ["-rwxr-xr-x", "root/root"]
    assert modes["./usr/share/doc/some/copyright"] == ["-rw-r--r--", "root/root"]


def test_the_asterisk_is_pinned_to_the_byte() -> None:
    debs = pinned.read(pinned.listed())
    assert "asterisk" in {one.name for one in debs}
    assert len({one.name for one in debs}) == len(debs)
    assert all(re.fullmatch(r"[0-9a-f]{64}", one.sha256) for one in debs)


def test_what_is_cached_under_another_s_sum_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one,) = (deb for deb in pinned.read(pinned.listed()) if deb.name == "asterisk")
    planted = tmp_path / f"{one.sha256}.deb"
    planted.write_text("something else")
    monkeypatch.setattr(pinned, "debian_mirrors", list)
    with pytest.raises(AsteriskUnavailable, match="--update-asterisk"):
        pinned.fetch([one], tmp_path, lambda line: None)


def test_packages_are_looked_for_in_a_folder_by_whichever_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    apt = Apt.of_its_own(Path("fresh"), Mirror(uri="file:/nowhere"), "trixie")
    assert apt.closure([]) == []


@pytest.mark.parametrize("name", ["callflow", "callflow-asterisk"])
def test_a_service_s_unit_is_sound_and_shuts_out(name: str, tmp_path: Path) -> None:
    layout.install_files(tmp_path)
    unit = f"{name}.service"
    found = tmp_path / "usr/lib/systemd/system" / unit
    assert "@hardening@" not in found.read_text()
    for known in Path("/usr/lib/systemd/system").glob("*.target"):
        shutil.copy(known, found.parent)
    wrong = said(
        "systemd-analyze", "verify", f"--root={tmp_path}", f"/usr/lib/systemd/system/{unit}"
    )
    assert unit not in wrong
    exposed = said("systemd-analyze", "security", "--offline=true", f"--root={tmp_path}", unit)
    level = re.search(r"Overall exposure level for \S+: ([0-9.]+)", exposed)
    assert level
    assert float(level[1]) <= 2.5

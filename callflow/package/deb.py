"""Debian's package of a tree: its control files, its sums, and the archive (deb(5))."""

import hashlib
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Control:
    """What dpkg is told of a package (deb-control(5)); relations are its own syntax."""

    name: str
    version: str
    architecture: str
    summary: str
    description: str
    depends: str = ""
    recommends: str = ""
    suggests: str = ""
    scripts: Mapping[str, str] = field(default_factory=dict)
    """Maintainer scripts by their names."""
    private: frozenset[str] = frozenset()
    """Files of mode 0640, from the root."""

    @property
    def file_name(self) -> str:
        return f"{self.name}_{self.version}_{self.architecture}.deb"


def build(tree: Path, control: Control, folder: Path, epoch: int) -> Path:
    """The package of ``tree``, in ``folder``. The same tree and ``epoch`` (Unix time of its files)
    give the same bytes. Raises CalledProcessError."""
    meta = tree / "DEBIAN"
    meta.mkdir()
    (meta / "control").write_text(_control(control, tree), encoding="utf-8")
    (meta / "md5sums").write_text(_sums(tree), encoding="utf-8")
    if conffiles := _conffiles(tree):
        (meta / "conffiles").write_text(conffiles, encoding="utf-8")
    for name, text in control.scripts.items():
        (meta / name).write_text(text, encoding="utf-8")
        (meta / name).chmod(0o755)
    _normalise(tree, control.private, epoch)
    made = folder / control.file_name
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-Zzstd", "-z9", "--build", str(tree), str(made)],
        env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return made


def _control(control: Control, tree: Path) -> str:
    size = sum(path.lstat().st_size for path in tree.rglob("*") if not path.is_dir()) // 1024
    fields = {
        "Package": control.name,
        "Version": control.version,
        "Architecture": control.architecture,
        "Maintainer": "Callflow <callflow@localhost>",
        "Installed-Size": str(size),
        "Depends": control.depends,
        "Recommends": control.recommends,
        "Suggests": control.suggests,
        "Section": "comm",
        "Priority": "optional",
        "Description": control.summary,
    }
    lines = [f"{name}: {value}" for name, value in fields.items() if value]
    lines += [f" {line or '.'}" for line in control.description.strip().splitlines()]
    return "\n".join(lines) + "\n"


def _sums(tree: Path) -> str:
    lines = []
    for path in sorted(tree.rglob("*")):
        if path.is_file() and not path.is_symlink() and "DEBIAN" not in path.parts:
            digest = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
            lines.append(f"{digest}  {path.relative_to(tree)}\n")
    return "".join(lines)


def _conffiles(tree: Path) -> str:
    files = (path for path in sorted((tree / "etc").rglob("*")) if path.is_file())
    return "".join(f"/{path.relative_to(tree)}\n" for path in files)


def _normalise(tree: Path, private: frozenset[str], epoch: int) -> None:
    """The same whoever builds it, under whatever umask and at whatever time."""
    for path in [tree, *tree.rglob("*")]:
        if not path.is_symlink():
            mode = 0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644
            path.chmod(0o640 if str(path.relative_to(tree)) in private else mode)
        os.utime(path, (epoch, epoch), follow_symlinks=False)

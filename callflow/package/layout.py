"""The files of the package ``callflow``, as they lie on a station; paths are from its root.

/usr/lib/callflow is a virtual environment of the distribution's Python, with the locked wheels and
ourselves in it: nothing of it names the machine that it was made on. The station's own files lie in
/etc/callflow and /var/lib/callflow alone.
"""

import compileall
import os
import py_compile
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOMS = ("callflow", "ivr", "web", "asterisk-conf")
#: Where the packages put what they bring.
HOME = Path("usr/lib/callflow")
_FILES = Path(__file__).parent / "files"
_OWN = "callflow/package"  # what makes the package
#: (from ``files``, to, mode)
_INSTALLED = (
    ("callflow.sh", "usr/bin/callflow", 0o755),
    ("callflow.toml", "etc/callflow/callflow.toml", 0o644),
    ("callflow.service", "usr/lib/systemd/system/callflow.service", 0o644),
    ("callflow-asterisk.service", "usr/lib/systemd/system/callflow-asterisk.service", 0o644),
    ("logrotate", "etc/logrotate.d/callflow", 0o644),
)
PRIVATE = frozenset({"etc/callflow/callflow.toml"})
#: Of the words' patterns that hyphenation can be had for, those of our languages: others are GPL.
_PATTERNS = ("hyph_fr.dic", "hyph_en_GB.dic", "hyph_en_US.dic")


def python_version() -> str:
    """Of the Python that the package is made by and for, such as 3.13."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


#: Where its modules lie.
MODULES = HOME / "lib" / f"python{python_version()}" / "site-packages"
#: Where the pages look for the manual (web/pages/station/manual.py).
MANUAL = MODULES / "web" / "manual"
#: What people look for where Debian has such things, and where it lies.
_LINKS = {
    Path("usr/share/doc/callflow/manual"): MANUAL,
    Path("usr/share/callflow/monitoring"): MODULES / "callflow" / "monitoring",
}


def lay_out(source: Path, tree: Path, uv: str) -> None:
    """Put everything into the empty folder ``tree``. Raises CalledProcessError, OSError."""
    modules = tree / MODULES
    modules.mkdir(parents=True)
    _environment(tree)
    _wheels(source / "requirements.lock", modules, uv)
    for name in sources(source):
        target = modules / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, target)
    _compile(modules)
    install_files(tree)
    _link(tree)


def install_files(tree: Path) -> None:
    """Settings, services and what else lies where Debian has it."""
    for name, target_name, mode in _INSTALLED:
        target = tree / target_name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_filled((_FILES / name).read_text(encoding="utf-8")), encoding="utf-8")
        target.chmod(mode)


def _link(tree: Path) -> None:
    for name, place in _LINKS.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).symlink_to(os.path.relpath(place, name.parent))


def _filled(text: str) -> str:
    """Both units shut out the same."""
    return text.replace("@hardening@\n", (_FILES / "hardening").read_text(encoding="utf-8"))


def sources(source: Path) -> list[str]:
    """Our own files, sorted: those that the repository knows, or a copy of it holds."""
    if (source / ".git").exists():
        listed = subprocess.run(
            ["git", "-C", str(source), "ls-files", "-z", *ROOMS],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split("\0")
        names = [name for name in listed if name and (source / name).is_file()]
    else:
        names = [str(path.relative_to(source)) for path in _walk(source)]
    return sorted(name for name in names if not name.startswith(f"{_OWN}/"))


def _walk(source: Path) -> Iterator[Path]:
    for room in ROOMS:
        for path in (source / room).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def _environment(tree: Path) -> None:
    version = python_version()
    (tree / HOME / "bin").mkdir()
    (tree / HOME / "bin" / "python3").symlink_to(f"/usr/bin/python{version}")
    (tree / HOME / "pyvenv.cfg").write_text(
        f"home = /usr/bin\ninclude-system-site-packages = false\nversion = {version}\n",
        encoding="ascii",
    )


def _wheels(lock: Path, modules: Path, uv: str) -> None:
    """The locked wheels, each proved by its hash."""
    command = (uv, "pip", "install", "--quiet", "--no-progress", "--target", str(modules))
    proved = ("--require-hashes", "--only-binary", ":all:", "--python-version", python_version())
    subprocess.run([*command, *proved, "--link-mode", "copy", "-r", str(lock)], check=True)
    shutil.rmtree(modules / "bin", ignore_errors=True)  # scripts that name this machine's Python
    for left in (modules / ".lock", modules / ".gitignore", modules / "CACHEDIR.TAG"):
        left.unlink(missing_ok=True)
    for tests in list(modules.glob("*/**/tests")):
        shutil.rmtree(tests)
    for patterns in (modules / "pyphen" / "dictionaries").glob("*.dic"):
        if patterns.name not in _PATTERNS:
            patterns.unlink()


def _compile(modules: Path) -> None:
    """A station's account can't write there, and would compile 700 modules at each start."""
    compileall.compile_dir(
        str(modules),
        stripdir=str(modules),
        prependdir=f"/{MODULES}",
        quiet=2,
        workers=os.cpu_count() or 1,
        # The package's manager proves the files: nobody need look at their times.
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )

"""Which interpreter `./run` makes `.venv` with, and which one the tests' phones run under."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.phones import phone_python

RUN = Path(__file__).parents[3] / "run"

Stand = Callable[..., Path]


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    """A file that acts like an interpreter: of this version, or one that fails as a shim does."""

    def make(folder: str, name: str, version: str = "", *, venv: bool = True) -> Path:
        file = tmp_path / folder / name
        file.parent.mkdir(exist_ok=True)
        works = f"""
            case "$2" in
                *ensurepip*) {"exit 0" if venv else "exit 1"} ;;
                *sys.exit*) shift 2; for good; do [ "$good" = {version} ] && exit 0; done; exit 1 ;;
                *implementation*) echo cpython {version} "$0" ;;
                *) echo "$0" ;;
            esac"""
        file.write_text(f"#!/bin/sh\n{works if version else 'exit 127'}\n", encoding="utf-8")
        file.chmod(0o755)
        return file

    return make


def of_run(tmp_path: Path, *folders: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """What `./run`'s own search finds, with these folders as the PATH (and the shell's tools)."""
    text = RUN.read_text(encoding="utf-8")
    found = re.search(r"^# --- the interpreter -.*?(?=^# --- the environment -)", text, re.M | re.S)
    assert found
    helpers = 'say() { echo "$*" >&2; }; die() { say "$*"; exit 1; }; uv() { return 1; }'
    path = ":".join(str(tmp_path / folder) for folder in folders)
    return subprocess.run(
        ["/bin/sh", "-euc", f"{helpers}\n{found[0]}\nfind_python"],
        env={"PATH": path, "HOME": str(tmp_path), **variables},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_the_newest_that_works_is_taken_wherever_it_lies(tmp_path: Path, stand: Stand) -> None:
    stand("shims", "python3.13")
    stand("shims", "python3.11", "3.11")
    newest = stand("usr", "python3.13", "3.13")
    stand("usr", "python3.14", "3.14")
    assert of_run(tmp_path, "shims", "usr").stdout == f"{newest}\n"


def test_one_that_makes_environments_goes_before_a_newer_one_that_cannot(
    tmp_path: Path, stand: Stand
) -> None:
    bare = stand("usr", "python3.13", "3.13", venv=False)
    whole = stand("usr", "python3.12", "3.12")
    assert of_run(tmp_path, "usr").stdout == f"{whole}\n"
    whole.unlink()
    assert of_run(tmp_path, "usr").stdout == f"{bare}\n"


def test_the_one_that_is_named_is_taken_or_refused_by_name(tmp_path: Path, stand: Stand) -> None:
    stand("usr", "python3.13", "3.13")
    named = stand("own", "python", "3.11")
    assert of_run(tmp_path, "usr", CALLFLOW_PYTHON=str(named)).stdout == f"{named}\n"
    old = stand("own", "python", "3.10")
    refused = of_run(tmp_path, "usr", CALLFLOW_PYTHON=str(old))
    assert refused.returncode == 1
    assert f"CALLFLOW_PYTHON={old}" in refused.stderr


def test_where_none_is_a_person_reads_what_to_install(tmp_path: Path, stand: Stand) -> None:
    stand("usr", "python3", "3.14")
    nothing = of_run(tmp_path, "usr")
    assert nothing.returncode == 1
    assert "apt-get install python3 python3-venv" in nothing.stderr


def test_phones_pass_over_what_pjsua2_has_no_wheel_for(stand: Stand) -> None:
    ours = stand("venv", "python", "3.13")
    shim = stand("shims", "python3.12")
    other = stand("usr", "python3.11", "3.11")
    found = phone_python.installed([str(ours), str(shim), "/nowhere/python3.12", str(other)])
    assert found == phone_python.Interpreter(command=(str(other),), version="3.11")
    assert phone_python.installed([str(ours), str(shim)]) is None


def test_the_phones_interpreter_has_pjsua2() -> None:
    chosen = phone_python.phone_python()
    subprocess.run(
        [*chosen.command, "-P", "-c", "import pjsua2; pjsua2.Endpoint().libVersion()"],
        env=chosen.environment,
        timeout=60,
        check=True,
    )

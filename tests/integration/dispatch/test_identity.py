"""Each process has a place of its own among those of its role; where there is none, it says so."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from callflow.dispatch.identity import taken
from callflow.settings.config import Settings
from callflow.vault import Vault
from tests.support.rows.migrated import migrate

pytestmark = pytest.mark.both_databases


@contextlib.contextmanager
def engine(environment: dict[str, str], mark: str) -> Iterator[subprocess.Popen[str]]:
    """``callflow serve --only engine``, once it has said ``mark``."""
    command = [sys.executable, "-m", "callflow", "serve", "--only", "engine"]
    with subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr is not None
            said = next((line for line in process.stderr if mark in line), "")
            assert said, "it ended without a word"
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate()


def environment(folder: Path, database_url: str) -> dict[str, str]:
    migrate(database_url)
    Vault(folder / "keys")
    return {
        **os.environ,
        "CALLFLOW_DATA_DIR": str(folder),
        "CALLFLOW_DATABASE_URL": database_url,
        "CALLFLOW_LOG_LEVEL": "INFO",
    }


def test_a_second_engine_on_sqlite_says_what_it_needs(tmp_path: Path, sqlite_url: str) -> None:
    start = environment(tmp_path, sqlite_url)
    with engine(start, "engine.on_duty"):
        second = subprocess.run(
            [sys.executable, "-m", "callflow", "serve", "--only", "engine"],
            env=start,
            capture_output=True,
            text=True,
            check=False,
        )
    assert second.returncode == 1
    assert "several need PostgreSQL (CALLFLOW_DATABASE_URL)" in second.stderr
    assert "Traceback" not in second.stderr


def test_engines_on_postgresql_have_a_name_each(tmp_path: Path, postgresql_url: str) -> None:
    settings = Settings(data_dir=tmp_path, database_url=postgresql_url)
    with taken(settings, "engine") as first, taken(settings, "engine") as second:
        assert first.name.startswith("engine@node0@")
        assert second.name.startswith("engine1@node0@")
        assert first.role == second.role == "engine"
    with taken(settings, "engine") as again:  # a place is free when its process has ended
        assert again.name == first.name


@pytest.mark.parametrize("role", ["receiver", "web"])
def test_ports_tell_receivers_and_webs_apart_not_places(role: str, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with taken(settings, role) as first, taken(settings, role) as second:
        assert first.name != second.name

"""A whole station moves by the command line: written as text files, tried, read into an empty one.

12,000 sites with 60,000 contacts where CALLFLOW_TEST_SITES says so: `-s` shows what each command
took.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from callflow.clock import monotonic
from tests.bench import migration
from tests.integration.handling.transfer.test_round_trip import SITES


class Machine:
    """A station's data folder, and a shell there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.url, self.keys = f"sqlite:///{folder / 'callflow.db'}", folder / "keys"

    def callflow(self, *words: str) -> None:
        """A command, which must succeed; seconds and memory are told."""
        begun = monotonic()
        environment = {**os.environ, "CALLFLOW_DATA_DIR": str(self.folder)}
        process = subprocess.Popen([sys.executable, "-m", "callflow", *words], env=environment)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, words
        took, cpu = monotonic() - begun, used.ru_utime + used.ru_stime
        print(f"{' '.join(words)}: {took:.0f} s, {cpu:.0f} of CPU, {used.ru_maxrss // 1024} MB")

    def kept(self) -> bytes:
        """Its database, but for the two counters of SQLite's header that count whoever had to write
        and took it back, too (File Format, 1.3.7)."""
        whole = bytearray((self.folder / "callflow.db").read_bytes())
        for counter in (24, 92):
            whole[counter : counter + 4] = bytes(4)
        return bytes(whole)


def texts(folder: Path) -> dict[str, Any]:
    """What the files say, but for what is a station's own: secrets, and versions of plans."""
    return {
        str(file.relative_to(folder)): _plain(yaml.load(file.read_text("utf-8"), _LOADER))
        for file in sorted(folder.rglob("*.yaml"))
    }


_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _plain(said: Any) -> Any:
    if isinstance(said, Mapping):
        return {k: _plain(v) for k, v in said.items() if not (k.endswith("_set") or k == "version")}
    return [_plain(each) for each in said] if isinstance(said, list) else said


@pytest.mark.deep
@pytest.mark.timeout(7200)
def test_a_station_written_and_read_by_commands_is_the_same_elsewhere(tmp_path: Path) -> None:
    old, new = Machine(tmp_path / "old"), Machine(tmp_path / "new")
    store, vault = migration.begun(old.url, old.keys)
    with closing(store):
        migration.fill(store, vault, SITES)
    migration.begun(new.url, new.keys)[0].close()
    leaves, arrived = tmp_path / "leaves", tmp_path / "arrived"
    old.callflow("configuration", "write", str(leaves))
    untouched = new.kept()
    new.callflow("configuration", "read", str(leaves), "--dry-run")
    assert new.kept() == untouched
    new.callflow("configuration", "read", str(leaves))
    new.callflow("configuration", "write", str(arrived))
    assert texts(arrived) == texts(leaves)
    assert len(list((arrived / "sites").iterdir())) == SITES
    new.callflow("configuration", "read", str(leaves), "--dry-run")

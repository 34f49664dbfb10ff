"""Each document's commands, as they stand there, in one shell, against a station of their own.

A document that begins no station itself finds the demo running. Its blocks run in their order: what
one sets, the next one has. A station that a document begins answers before the next command, and
ends in order behind the last.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.checks.documented import ROOT, Block, blocks, documents, lines
from tests.support.outside.studio import recording
from tests.support.stations.station import Station, give_base, settings_at, take_base

pytestmark = [pytest.mark.deep, pytest.mark.timeout(1000), pytest.mark.asyncio(loop_scope="module")]

#: Documents whose steps are done with pages and phones by a test of their own.
OWN = {
    "docs/tutorials/first-alarm.md": "test_a_tutorial_leads_from_an_empty_folder_to_a_test_alarm"
}
#: Commands that go on until they are told to end; True: a station, which answers at its page.
STAYS = {
    re.compile(r"^\./run demo\b(?!.*--once)"): True,
    re.compile(r"^(\./run )?callflow serve\b"): True,
    re.compile(r"^(\./run )?callflow receiver simulate\b.*--listen"): False,
}
_LIMIT_S = 900

_BEGIN = r"""
set -eu
begun=
fails() { echo "@@ $*" >&2; exit 1; }
stays() {
    kind=$1; shift
    "$@" & pid=$!
    begun="$begun $pid"
    [ "$kind" = station ] || return 0
    until curl -sf "http://127.0.0.1:$CALLFLOW_PORT_BASE/readyz" >/dev/null; do
        kill -0 $pid || fails "$* ended"
        sleep 0.3
    done
}
"""
_END = r"""
for pid in $begun; do
    kill -TERM $pid
    wait $pid || [ $? -eq 143 ] || fails "it did not end in order: $?"
done
echo '@@ all'
"""


def run_of(document: str) -> list[Block]:
    """The blocks that are run."""
    return [block for block in blocks(document) if block.is_run]


RUN = [name for name in documents() if run_of(name) and name not in OWN]


def begins_its_own(document: str) -> bool:
    found = (line for block in run_of(document) for line in lines(block.text))
    return any(station for line in found for stay, station in STAYS.items() if stay.match(line))


def script(document: str, base: int) -> str:
    """All of a document, as a shell runs it."""
    parts = [_BEGIN]
    for block in run_of(document):
        parts += [f"echo '@@ {document}:{block.line}'", _at(_stays(block.text), base)]
    return "\n".join([*parts, _END])


def _stays(text: str) -> str:
    made = []
    for line in re.sub(r"\\\n\s*", " ", text).splitlines():
        kinds = [station for stay, station in STAYS.items() if stay.match(line)]
        made.append(f"stays {'station' if kinds[0] else 'tool'} {line}" if kinds else line)
    return "\n".join(made)


def _at(text: str, base: int) -> str:
    """Where the test's station is, in place of the ports that the document names."""
    there = re.sub(
        r"(127\.0\.0\.1:)(8[0-9]{3})", lambda m: f"{m[1]}{base + int(m[2]) - 8000}", text
    )
    return re.sub(r"(--listen )[0-9]+", rf"\g<1>{base + 20}", there)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a person stands: ``./run`` is there, and what a document takes for given."""
    made = tmp_path / "here"
    (made / "bin").mkdir(parents=True)
    for name, command in (("run", "run"), ("bin/callflow", "run callflow")):
        file = made / name
        file.write_text(f'#!/bin/sh\nexec "{ROOT}"/{command} "$@"\n')
        file.chmod(0o755)
    (made / "welcome.wav").write_bytes(recording(440.0))
    return made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Station]:
    """The station of every document that begins none."""
    async with Station(tmp_path_factory.mktemp("demo")) as station:
        yield station


@pytest.fixture
def base() -> Iterator[int]:
    taken = take_base()
    yield taken
    give_base(taken)


@pytest.mark.parametrize("document", [name for name in RUN if not begins_its_own(name)])
async def test_each_command_of_a_document_at_the_demo(
    document: str, folder: Path, demo: Station
) -> None:
    await everything(document, folder, demo.data_dir, demo.base)


@pytest.mark.parametrize("document", [name for name in RUN if begins_its_own(name)])
async def test_each_command_of_a_document_that_begins_a_station(
    document: str, folder: Path, base: int
) -> None:
    await everything(document, folder, folder / "var" / "demo", base)


async def everything(document: str, folder: Path, data: Path, base: int) -> None:
    assert not any(block.reaches_out for block in run_of(document)), "it would write elsewhere"
    for block in blocks(document):
        if block.file:
            (folder / block.file).write_text(block.text, "utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CALLFLOW_")}
    environment = {
        **kept,
        **settings_at(base),
        "PATH": f"{folder / 'bin'}:{kept['PATH']}",
        "CALLFLOW_DATA_DIR": str(data),
        "CALLFLOW_DEMO_ALARMS_EVERY": "0",
        "BROWSER": "true",
    }
    ran = await asyncio.to_thread(
        subprocess.run,
        ["sh", "-c", script(document, base)],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_LIMIT_S,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-3000:]
    assert ran.stdout.endswith("@@ all\n")

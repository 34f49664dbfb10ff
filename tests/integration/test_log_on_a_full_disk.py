"""A role's log on a disk that fills up: what there was no room for, and what comes after it."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from callflow.processes.supervisor import child_environment
from callflow.settings.config import read_settings
from tests.support.outside.small_disk import SmallDisk

#: Logs each line it reads, and answers when it has.
_LOGS = """
import sys, structlog
from callflow.commands.role import settings_of_this_run
settings_of_this_run()
log = structlog.get_logger()
for line in sys.stdin:
    log.warning("said", text=line.strip())
    print("logged", flush=True)
"""


async def test_a_line_that_was_cut_costs_no_line_after_it(tmp_path: Path) -> None:
    async with SmallDisk(tmp_path / "disk") as disk:
        log = disk.seen / "role.log"
        with log.open("ab") as output:
            role = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", _LOGS),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=output,
                env=child_environment(read_settings()),
            )
        lines, answers = role.stdin, role.stdout
        assert lines is not None
        assert answers is not None

        async def say(text: str) -> None:
            lines.write(f"{text}\n".encode())
            assert await answers.readline() == b"logged\n"

        await say("before")
        await disk.fill()
        for n in range(40):  # a few of them still fit
            await say(f"{n} {'full ' * 30}")
        assert not log.read_bytes().endswith(b"\n")
        await disk.empty()
        await say("after")
        lines.close()
        assert await role.wait() == 0
        texts = [json.loads(line)["text"] for line in log.read_text().splitlines()]
    assert texts[0] == "before"
    assert texts[-1] == "after"

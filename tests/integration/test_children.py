"""A program that is ended while its pipe is full, as when nobody wants what it says any more."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from callflow import children
from callflow.paper import press

SAYS_TOO_MUCH = "import os\nwhile True: os.write(1, bytes(1 << 16))"


async def test_a_program_whose_pipe_is_full_is_ended() -> None:
    command = (sys.executable, "-c", SAYS_TOO_MUCH)
    child = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    assert child.stdout is not None
    await child.stdout.read(1)
    await asyncio.sleep(0.5)  # nobody reads any more: asyncio stops taking what comes
    async with asyncio.timeout(20):
        await children.end(child)
    assert child.returncode is not None


async def test_a_document_without_an_end_is_refused_and_the_next_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "endless.py").write_text(SAYS_TOO_MUCH)
    monkeypatch.setattr(press, "MOST_OUT", 1 << 20)
    monkeypatch.setattr(press, "_environment", lambda: {"PYTHONPATH": str(tmp_path)})
    async with asyncio.timeout(60):
        for _ in range(3):
            with pytest.raises(press.Unprintable, match="longer than"):
                await press.made("endless", b"", within=30)
        monkeypatch.setattr(press, "MOST_OUT", 1 << 40)
        with pytest.raises(press.Unprintable, match="took longer"):
            await press.made("endless", b"", within=0.5)
        task = asyncio.create_task(press.made("endless", b"", within=30))
        await asyncio.sleep(0.5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

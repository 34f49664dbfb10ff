"""Two sites know each other by a key: a stranger learns nothing, and nothing counts twice."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from callflow.mirror import wire
from tests.support.suite.ports import free_port

KEY = "k" * 32


class Site:
    """A listener that counts what it was asked."""

    def __init__(self, file: Path | None = None) -> None:
        self.asked: list[wire.Said] = []
        self.port = free_port()
        self._file = file

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def answer(self, asked: wire.Said) -> wire.Said:
        self.asked.append(asked)
        if asked.get("ask") == "no":
            raise ValueError("not that")
        return {"size": self._file.stat().st_size} if self._file else {"heard": asked["ask"]}

    def file(self, _: wire.Said) -> Any:
        return self._file


@contextlib.asynccontextmanager
async def listening(file: Path | None = None) -> AsyncIterator[Site]:
    site = Site(file)
    heard = wire.Listener(KEY, site.answer, site.file)
    server = await asyncio.start_server(heard.serve, "127.0.0.1", site.port, limit=65_536)
    async with server:
        yield site


async def test_who_has_the_key_is_answered() -> None:
    async with listening() as site:
        assert await wire.ask(site.place, KEY, {"ask": "claim"}, None) == {"heard": "claim"}


async def test_a_refusal_says_why() -> None:
    async with listening() as site:
        with pytest.raises(wire.RefusedError, match="not that"):
            await wire.ask(site.place, KEY, {"ask": "no"}, None)


async def test_a_stranger_is_not_answered() -> None:
    async with listening() as site:
        with pytest.raises(wire.NotAnsweredError):
            await wire.ask(site.place, "x" * 32, {"ask": "promote"}, None)
        assert site.asked == []


async def test_what_was_overheard_means_nothing_the_second_time() -> None:
    async with listening() as site:
        seen: list[bytes] = []
        relay = await asyncio.start_server(
            _recording(site.port, seen), "127.0.0.1", (port := free_port())
        )
        async with relay:
            await wire.ask(f"127.0.0.1:{port}", KEY, {"ask": "demote"}, None)
        reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
        await reader.readline()
        writer.write(b"".join(seen))
        assert await reader.read() == b""
        writer.close()
        assert len(site.asked) == 1


def _recording(port: int, seen: list[bytes]) -> Any:
    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, to = await asyncio.open_connection("127.0.0.1", port)
        writer.write(await theirs.readline())
        question = await reader.readline()
        seen.append(question)
        to.write(question)
        writer.write(await theirs.readline())
        await writer.drain()
        writer.close()
        to.close()

    return relay


async def test_an_answer_of_somebody_without_the_key_is_none() -> None:
    async def lies(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"callflow " + b"0" * 64 + b"\n")
        await reader.readline()
        writer.write(b"0" * 64 + b' {"ok": {"name": "north", "epoch": 0, "acts": false}}\n')
        await writer.drain()
        writer.close()

    port = free_port()
    async with await asyncio.start_server(lies, "127.0.0.1", port):
        with pytest.raises(wire.NotAnsweredError, match="another key"):
            await wire.ask(f"127.0.0.1:{port}", KEY, {"ask": "claim"}, None)


@pytest.mark.parametrize(
    "noise", [b"\n", b"x" * 200_000, b"\xff\xfe\n", b"GET / HTTP/1.1\r\n\r\n", b""]
)
async def test_noise_ends_a_connection_and_nothing_else(noise: bytes) -> None:
    async with listening() as site:
        reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
        with contextlib.suppress(ConnectionError):
            writer.write(noise)
            writer.write_eof()
            await reader.read()
        writer.close()
        assert site.asked == []
        assert await wire.ask(site.place, KEY, {"ask": "claim"}, None)


async def test_a_file_comes_whole(tmp_path: Path) -> None:
    file = tmp_path / "one.wav"
    file.write_bytes(bytes(range(256)) * 4000)
    got: list[bytes] = []
    async with listening(file) as site:
        await wire.fetch(site.place, KEY, {"ask": "file"}, None, got.append)
    assert b"".join(got) == file.read_bytes()

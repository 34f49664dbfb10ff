"""Strangers who connect and say nothing, or a byte now and then, blind no console."""

from __future__ import annotations

import asyncio
import contextlib
import resource
from collections.abc import AsyncIterator, Iterator
from typing import Self

import httpx
import pytest

from tests.support.stations.web_station import NAME, PASSWORD, WebProcess, WebStation
from web.access.users import Role
from web.connections import OF_ONE

STRANGERS = 2000
#: What a stranger says, a byte at a time after the first: nothing, a head, a body.
SAID = (
    b"",
    b"GET / HTTP/1.1\r\nHost: station\r\nX-Long: ",
    b"POST /login HTTP/1.1\r\nHost: station\r\nContent-Length: 5000\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\nname=",
)


@pytest.fixture
def web(station: WebStation) -> Iterator[WebProcess]:
    station.user(NAME, Role.OPERATOR)
    process = WebProcess(station)
    process.start()
    yield process
    process.stop()


@pytest.fixture
def many_files() -> Iterator[None]:
    """This process may hold all strangers' connections."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], STRANGERS + 500), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


class Strangers:
    """Connections that never finish a request."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._writers: list[asyncio.StreamWriter] = []
        self._readers: list[asyncio.StreamReader] = []

    async def come(self) -> None:
        """All at once."""
        await asyncio.gather(*(self._one(SAID[n % len(SAID)]) for n in range(STRANGERS)))

    async def _one(self, said: bytes) -> None:
        with contextlib.suppress(OSError):  # cut already
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            self._readers.append(reader)
            self._writers.append(writer)
            writer.write(said)

    def drip(self) -> None:
        """One more byte of each that says anything."""
        for writer in self._writers[::2]:
            with contextlib.suppress(OSError):
                writer.write(b"x")

    @property
    def left(self) -> int:
        """How many are still connected."""
        return sum(1 for r in self._readers if not r.at_eof() and r.exception() is None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for writer in self._writers:
            writer.transport.abort()


class Console:
    """A browser: a log-in, its page, its stream."""

    def __init__(self, url: str) -> None:
        self.client = httpx.AsyncClient(base_url=url, verify=False, timeout=None)

    async def log_in(self) -> None:
        said = {"name": NAME, "password": PASSWORD}
        assert (await self.client.post("/login", data=said)).status_code == 303

    async def see(self, path: str) -> None:
        """A page is there, on a connection of its own."""
        async with httpx.AsyncClient(
            base_url=self.client.base_url, cookies=self.client.cookies, verify=False, timeout=None
        ) as fresh:
            assert (await fresh.get(path)).status_code == 200

    @contextlib.asynccontextmanager
    async def stream(self) -> AsyncIterator[AsyncIterator[str]]:
        async with self.client.stream("GET", "/events") as answer:
            assert answer.status_code == 200
            yield answer.aiter_lines()


async def until(lines: AsyncIterator[str], said: str) -> None:
    async for line in lines:
        if said in line:
            return
    raise AssertionError("the stream ended")


@pytest.mark.usefixtures("many_files")
async def test_two_thousand_silent_or_dripping_connections_shut_nobody_out(
    station: WebStation, web: WebProcess
) -> None:
    """They never leave by themselves: whoever was behind them would wait for ever."""
    station.site()
    console = Console(web.url)
    await console.log_in()
    strangers = Strangers(station.settings.ports.web)
    async with strangers, console.stream() as lines:
        await until(lines, "data-all")
        await strangers.come()
        await console.see("/healthz")
        await console.see("/")
        row = await asyncio.to_thread(station.alarm)
        await until(lines, row.id)
        while strangers.left > OF_ONE:
            strangers.drip()
            await console.see("/healthz")
        async with console.stream() as second:  # of the same address as the strangers
            await until(second, row.id)
        await console.see("/")
    await console.client.aclose()

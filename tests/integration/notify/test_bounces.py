"""The mailbox of what came back, over a real IMAP conversation."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from callflow import clock
from callflow.notify import bounces
from callflow.settings.config import Settings
from tests.support.outside.notifying import Posting, sending
from tests.support.sip.far_ends import HOST, FarEnd, MailServer
from tests.unit.core.messages.test_bounces import report


class Mailbox(FarEnd):
    """As much of IMAP (RFC 3501) as reading a mailbox takes."""

    def __init__(self, *letters: bytes) -> None:
        super().__init__()
        self.letters, self.seen = list(letters), set[int]()
        self._tasks: set[asyncio.Task[None]] = set()

    def _protocol(self) -> asyncio.BaseProtocol:
        reader = asyncio.StreamReader()
        return asyncio.StreamReaderProtocol(reader, self._serve)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer.transport)
        writer.write(b"* OK ready\r\n")
        while line := await reader.readline():
            tag, _, said = line.decode().strip().partition(" ")
            writer.write(self._answer(said) + f"{tag} OK done\r\n".encode())
            await writer.drain()
        writer.close()

    def _answer(self, said: str) -> bytes:
        if said == "CAPABILITY":
            return b"* CAPABILITY IMAP4rev1\r\n"
        if said.startswith("SELECT"):
            return f"* {len(self.letters)} EXISTS\r\n".encode()
        if said == "UID SEARCH UNSEEN":
            left = [n for n in range(1, len(self.letters) + 1) if n not in self.seen]
            return f"* SEARCH {' '.join(map(str, left))}\r\n".encode()
        if fetch := re.match(r"UID FETCH (\d+)", said):
            content = self.letters[int(fetch[1]) - 1]
            head = f"* {fetch[1]} FETCH (UID {fetch[1]} BODY[]<0> {{{len(content)}}}\r\n".encode()
            return head + content + b")\r\n"
        if store := re.match(r"UID STORE (\d+) \+FLAGS \(\\Seen\)", said):
            self.seen.add(int(store[1]))
        return b""


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Posting]:
    station = Posting(tmp_path)
    yield station
    station.close()


async def test_what_came_back_is_a_humans_and_is_read_once(station: Posting) -> None:
    sent = station.post("anne@example.org")
    async with MailServer() as mails:
        smtp: dict[str, Any] = {"smtp_host": HOST, "smtp_port": mails.port}
        smtp |= {"smtp_security": "none", "mail_from": "station@example.org"}
        async with sending(station, **smtp) as work:
            await work.until(lambda: station.state(sent) == "sent")
    letters = b"Subject: Absence\n\nAbsent.", report("failed", envelope=sent), b"\xff"
    async with Mailbox(*letters) as box:
        settings = Settings(
            bounces_host=HOST,
            bounces_port=box.port,
            bounces_security="none",
            bounces_user="station",
            bounces_password="secret",
        )
        assert await bounces.look(settings, station.store, clock.now) == 1
        assert box.seen == {1, 2, 3}
        assert await bounces.look(settings, station.store, clock.now) == 0
    assert station.state(sent) == "failed"
    assert station.newest("1001").human_reason == "undelivered"

"""Cameras on loopback whose pictures ffmpeg makes: an rtsp server, and a stream of JPEGs over HTTP.

ffmpeg sends RTP to a port of ours; whoever asks by rtsp gets those very packets, interleaved.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import tempfile
import uuid
from asyncio.subprocess import DEVNULL, Process
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from callflow import children
from callflow.core.messages.outbox import Image
from callflow.storage import Tx
from callflow.storage.messages import outbox

HOST = "127.0.0.1"
_TEST_PICTURE = ("-re", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=10")
_H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "10")


async def ffmpeg(*arguments: str) -> Process:
    """ffmpeg, quiet."""
    return await asyncio.create_subprocess_exec(
        "ffmpeg", "-nostdin", "-loglevel", "error", *arguments, stdin=DEVNULL
    )


async def made(*arguments: str, ending: str) -> bytes:
    """A file that ffmpeg makes of its test picture."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"made{ending}")
        process = await ffmpeg("-f", "lavfi", "-i", "testsrc2=size=320x240:rate=10", *arguments,
                               str(path))  # fmt: skip
        assert await process.wait() == 0
        return path.read_bytes()  # noqa: ASYNC240


async def jpeg() -> bytes:
    return await made("-frames:v", "1", ending=".jpg")


async def png() -> bytes:
    return await made("-frames:v", "1", ending=".png")


async def mp4(seconds: float = 2) -> bytes:
    return await made("-t", str(seconds), *_H264, "-pix_fmt", "yuv420p", ending=".mp4")


@dataclass
class Asked:
    """A request that came."""

    line: str
    headers: dict[str, str]


class _Rtp(asyncio.DatagramProtocol):
    def __init__(self, camera: RtspCamera) -> None:
        self._camera = camera

    def datagram_received(self, data: bytes, addr: object) -> None:
        self._camera.packet(data)


@dataclass
class RtspCamera:
    """An async context: a camera that shows ffmpeg's test picture, ten times a second.

    ``login``: name and password that it asks for, by digest. ``redirect``: where it sends whoever
    asks instead of answering.
    """

    login: tuple[str, str] | None = None
    redirect: str = ""
    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    watching: set[asyncio.StreamWriter] = field(default_factory=set)
    _conversations: set[asyncio.Task[None]] = field(default_factory=set)

    def url(self, path: str = "/live?channel=1") -> str:
        return f"rtsp://{HOST}:{self.port}{path}"

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._folder = tempfile.TemporaryDirectory()
        transport, _ = await loop.create_datagram_endpoint(lambda: _Rtp(self), local_addr=(HOST, 0))
        self._rtp = transport
        rtp_port = transport.get_extra_info("sockname")[1]
        sdp = Path(self._folder.name, "camera.sdp")
        self._source = await ffmpeg(
            *_TEST_PICTURE, *_H264, "-pix_fmt", "yuv420p", "-f", "rtp", "-sdp_file", str(sdp),
            f"rtp://{HOST}:{rtp_port}?pkt_size=1200",
        )  # fmt: skip
        self._first = asyncio.Event()
        async with asyncio.timeout(20):
            await self._first.wait()  # it sends: its description is written
        self._sdp = re.sub(
            r"m=video \d+", "m=video 0", await asyncio.to_thread(sdp.read_text)
        ).replace("a=rtpmap", "a=control:track1\r\na=rtpmap")
        self._server = await asyncio.start_server(self._come, HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._conversations:
            task.cancel()
        await asyncio.gather(*self._conversations, return_exceptions=True)
        await children.end(self._source)
        self._rtp.close()
        self._folder.cleanup()

    def packet(self, data: bytes) -> None:
        """ffmpeg sent one: whoever watches gets it."""
        self._first.set()
        for writer in self.watching:
            writer.write(b"$\0" + len(data).to_bytes(2, "big") + data)

    def hang_up(self) -> None:
        """Every connection breaks off."""
        for task in self._conversations:
            task.cancel()

    async def _come(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._conversations.add(task)
        try:
            while True:
                first = await reader.readexactly(1)
                if first == b"$":
                    await reader.readexactly(
                        int.from_bytes((await reader.readexactly(3))[1:], "big")
                    )
                    continue
                raw = (first + await reader.readuntil(b"\r\n\r\n")).decode()
                line, *rest = raw.split("\r\n")
                headers = dict(part.split(": ", 1) for part in rest if part)
                self.asked.append(Asked(line, headers))
                writer.write(self._answer(line, headers).encode())
                if line.startswith("PLAY") and "200" in self._status(line, headers):
                    self.watching.add(writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self.watching.discard(writer)
            self._conversations.discard(task)
            writer.close()

    def _status(self, line: str, headers: dict[str, str]) -> str:
        if self.redirect:
            return "302 Moved"
        if self.login is not None and not self._proved(line, headers):
            return "401 Unauthorized"
        return "200 OK"

    def _answer(self, line: str, headers: dict[str, str]) -> str:
        status, body = self._status(line, headers), ""
        said = [f"RTSP/1.0 {status}", f"CSeq: {headers['CSeq']}"]
        if status.startswith("302"):
            said.append(f"Location: {self.redirect}")
        elif status.startswith("401"):
            said.append('WWW-Authenticate: Digest realm="cam", nonce="n0nce"')
        elif line.startswith("OPTIONS"):
            said.append("Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN")
        elif line.startswith("DESCRIBE"):
            body = self._sdp
            said += [f"Content-Base: {line.split(' ')[1]}/", "Content-Type: application/sdp"]
            said.append(f"Content-Length: {len(body)}")
        elif line.startswith("SETUP"):
            said += ["Transport: RTP/AVP/TCP;unicast;interleaved=0-1", "Session: 12345678"]
        else:
            said.append("Session: 12345678")
        return "\r\n".join([*said, "", body])

    def _proved(self, line: str, headers: dict[str, str]) -> bool:
        assert self.login is not None
        given = dict(re.findall(r'(\w+)="([^"]*)"', headers.get("Authorization", "")))
        method, uri, _ = line.split(" ")

        def md5(text: str) -> str:
            return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

        who, what = md5(f"{self.login[0]}:cam:{self.login[1]}"), md5(f"{method}:{uri}")
        return given.get("response") == md5(f"{who}:n0nce:{what}") and given.get("uri") == uri


def a_still(tx: Tx, incident_id: str, now: datetime, **changed: Any) -> str:
    """The row of a still that a camera gave; its id."""
    path, sha256 = f"{incident_id}/hall.jpg", "ab" * 32
    still = Image(uuid.uuid4().hex, incident_id, "hall", "Hall", now, path=path, sha256=sha256)
    still = replace(still, **changed)
    outbox.insert_image(tx, still)
    return still.id

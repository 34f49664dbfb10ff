"""What the two sites ask each other, and a command its own site: signed lines of JSON over TCP.

Who answers begins with a nonce; who asks signs it, with a nonce of their own, which the answer's
signature covers. So no line says anything a second time, nor with any other key, and no clock is
asked. TLS where the station has a certificate; beyond loopback it is needed.
"""

import asyncio
import contextlib
import hashlib
import hmac
import json
import secrets
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import structlog

log = structlog.get_logger(__name__)

#: Bytes of a line; seconds for one; connections at once.
_LONGEST, _WITHIN, _MOST = 65_536, 5.0, 16
_BLOCK = 262_144  # bytes of a file at once
_NONCE = 32

Said = dict[str, Any]
#: Answers a question; raises ValueError or OSError, whose text the asker is told.
Answer = Callable[[Said], Awaitable[Said]]


class NotAnsweredError(OSError):
    """Nobody answered in time, or not with our key."""


class RefusedError(Exception):
    """It was answered: no, and why."""


def _mac(key: str, *parts: str) -> str:
    return hmac.new(key.encode(), "\0".join(parts).encode(), hashlib.sha256).hexdigest()


def _line(mac: str, text: str) -> bytes:
    return f"{mac} {text}\n".encode()


async def _read(reader: asyncio.StreamReader) -> tuple[str, str]:
    async with asyncio.timeout(_WITHIN):
        line = (await reader.readuntil(b"\n")).decode("utf-8", "strict")
    mac, _, text = line.rstrip("\n").partition(" ")
    return mac, text


class Listener:
    """Answers whoever has the key."""

    def __init__(self, key: str, answer: Answer, file: Callable[[Said], Any]) -> None:
        self._key, self._answer, self._file = key, answer, file
        self._open = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One question; a stranger's is not answered."""
        if self._open >= _MOST:
            writer.close()
            return
        self._open += 1
        try:
            await self._one(reader, writer)
        except (
            OSError,
            ValueError,
            TimeoutError,
            asyncio.IncompleteReadError,
            asyncio.LimitOverrunError,
        ):
            pass
        finally:
            self._open -= 1
            writer.close()
            with contextlib.suppress(OSError, ssl.SSLError):
                await writer.wait_closed()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ours = secrets.token_hex(_NONCE)
        writer.write(_line("callflow", ours))
        mac, text = await _read(reader)
        if not hmac.compare_digest(mac.encode(), _mac(self._key, "ask", ours, text).encode()):
            log.warning("mirror.stranger", peer=str(writer.get_extra_info("peername")))
            return
        asked = json.loads(text)
        try:
            told: Said = {"ok": await self._answer(asked)}
        except (ValueError, OSError, RefusedError) as error:
            told = {"refused": str(error)}
        said = json.dumps(told)
        writer.write(_line(_mac(self._key, "say", str(asked["nonce"]), said), said))
        await writer.drain()
        source = self._file(asked) if "ok" in told else None
        if source is not None:
            await _send(source, writer)


async def _send(source: Any, writer: asyncio.StreamWriter) -> None:
    with source.open("rb") as file:
        while block := await asyncio.to_thread(file.read, _BLOCK):
            writer.write(block)
            async with asyncio.timeout(60):
                await writer.drain()


@contextlib.asynccontextmanager
async def _asked(
    place: str, key: str, question: Mapping[str, Any], tls: ssl.SSLContext | None, within: float
) -> AsyncIterator[tuple[Said, asyncio.StreamReader]]:
    host, _, port = place.rpartition(":")
    host = host.strip("[]")
    writer = None
    try:
        async with asyncio.timeout(_WITHIN):
            reader, writer = await asyncio.open_connection(
                host, int(port), ssl=tls, limit=_LONGEST, server_hostname=host if tls else None
            )
        _, theirs = await _read(reader)
        nonce = secrets.token_hex(_NONCE)
        text = json.dumps({**question, "nonce": nonce})
        writer.write(_line(_mac(key, "ask", theirs, text), text))
        await writer.drain()
        async with asyncio.timeout(within):
            line = (await reader.readuntil(b"\n")).decode()
        mac, _, said = line.rstrip("\n").partition(" ")
        if not hmac.compare_digest(mac.encode(), _mac(key, "say", nonce, said).encode()):
            raise NotAnsweredError(f"{place} answers with another key: CALLFLOW_MIRROR_KEY")
        told = json.loads(said)
        if "refused" in told:
            raise RefusedError(str(told["refused"])[:1000])
        yield told["ok"], reader
    except (
        TimeoutError,
        asyncio.IncompleteReadError,
        asyncio.LimitOverrunError,
        ValueError,
    ) as error:
        raise NotAnsweredError(f"{place} does not answer: {type(error).__name__}") from None
    except OSError as error:
        if isinstance(error, NotAnsweredError):
            raise
        raise NotAnsweredError(f"{place} does not answer: {error}") from None
    finally:
        if writer is not None:
            writer.close()


async def ask(
    place: str,
    key: str,
    question: Mapping[str, Any],
    tls: ssl.SSLContext | None,
    *,
    within: float = _WITHIN,
) -> Said:
    """What the keeper at ``place`` answers. Raises NotAnsweredError, RefusedError."""
    async with _asked(place, key, question, tls, within) as (told, _):
        return told


async def fetch(
    place: str,
    key: str,
    question: Mapping[str, Any],
    tls: ssl.SSLContext | None,
    write: Callable[[bytes], object],
) -> None:
    """A file of theirs, a block at a time; whoever has asked knows its hash. Raises as ``ask``."""
    async with _asked(place, key, question, tls, _WITHIN) as (told, reader):
        left = int(told["size"])
        while left > 0:
            async with asyncio.timeout(60):
                block = await reader.read(min(left, _BLOCK))
            if not block:
                raise NotAnsweredError(f"{place} sent less than it said")
            write(block)
            left -= len(block)

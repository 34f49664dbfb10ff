"""Keeps the door open that browsers' telephones come in by: a process of its own (ivr/door)."""

import asyncio
import contextlib
import json
import sys
from collections import Counter
from typing import Any

import structlog

from callflow import clock
from callflow.settings.config import Settings
from ivr.asterisk.instance import Instance

log = structlog.get_logger(__name__)

#: Seconds until it is opened again: one that lived for longer than _STEADY, or did not.
_STEADY, _AGAIN, _LATER = 5.0, 0.1, 2.0
#: Seconds between two lines in our own log.
_TOLD_EVERY = 60.0
#: Its arguments beside the interpreter.
_PROGRAM = ("-m", "ivr.door")


def told(settings: Settings, instance: Instance) -> dict[str, Any]:
    """What the door needs to know. It never stands in a command line: that others can read."""
    ports, secure = settings.ports, settings.tls_certificate is not None
    listen: list[tuple[str, int, bool]] = [("127.0.0.1", ports.asterisk_http, False)]
    if secure:
        listen += [(host, ports.asterisk_wss, True) for host in settings.binds("web")]
    return {
        "listen": listen,
        "certificate": str(settings.tls_certificate or ""),
        "key": str(settings.tls_key or ""),
        "upstream": ports.asterisk_inner,
        "prefix": instance.http_prefix(),
        "web_port": ports.web,
        "public": settings.all_public_urls,
        "allowed": settings.web_allow,
        "proxies": settings.trusted_proxies,
        "proxy_header": settings.proxy_header,
    }


class Refused:
    """Whom the door refused since this telephony began, by reason (health.DOOR_REFUSED)."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._said: Counter[str] = Counter()  # by the door that is open now
        self._untold: Counter[str] = Counter()
        self._told_at = -_TOLD_EVERY

    def opened(self) -> None:
        """Another door begins to count."""
        self._said = Counter()

    def said(self, line: bytes) -> None:
        """A line of the door's: what it refused since it was opened. Our log has one a minute."""
        now = Counter[str](json.loads(line)["refused"])
        new, self._said = now - self._said, now
        self.counts += new
        self._untold += new
        if clock.monotonic() - self._told_at >= _TOLD_EVERY:
            log.warning("door.refused", **self._untold)
            self._told_at = clock.monotonic()
            self._untold.clear()


async def keep_open(
    settings: Settings, instance: Instance, refused: Refused, anew: asyncio.Event
) -> None:
    """Until cancelled. Then nobody new is taken; who speaks is let go by Asterisk alone.

    With ``anew`` another one opens, with the certificate that is there now: who came by the one
    before goes on speaking through that.

    An Asterisk of before an upgrade listens itself where the door would: it goes on doing so until
    the station is stopped once.
    """
    words = json.dumps(told(settings, instance)).encode() + b"\n"
    left: set[asyncio.Task[int]] = set()
    while True:
        begun = clock.monotonic()
        door = await asyncio.create_subprocess_exec(
            sys.executable,
            *_PROGRAM,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert door.stdin is not None
        assert door.stdout is not None
        refused.opened()
        closing = asyncio.create_task(_close_when(anew, door.stdin))
        try:
            with contextlib.suppress(OSError):
                door.stdin.write(words)
                await door.stdin.drain()
            while line := await door.stdout.readline():
                refused.said(line)
            if closing.done():  # it listens no more
                anew.clear()
                left.add(task := asyncio.create_task(door.wait()))
                task.add_done_callback(left.discard)
                continue
            code = await door.wait()
        finally:
            closing.cancel()
            door.stdin.close()
        lived = clock.monotonic() - begun
        log.error("door.closed", exit=code, lived_s=round(lived, 1))
        await asyncio.sleep(_AGAIN if lived > _STEADY else _LATER)


async def _close_when(anew: asyncio.Event, words: asyncio.StreamWriter) -> None:
    await anew.wait()
    words.close()

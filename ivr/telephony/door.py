"""Keeps the door open that browsers' telephones come in by: a process of its own (ivr/door)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from typing import Any

import structlog

from callflow import clock
from callflow.config import Settings
from ivr.asterisk.instance import Instance

log = structlog.get_logger(__name__)

#: Seconds until it is opened again: one that lived for longer than _STEADY, or did not.
_STEADY, _AGAIN, _LATER = 5.0, 0.1, 2.0
#: Its arguments beside the interpreter.
_PROGRAM = ("-m", "ivr.door")


def told(settings: Settings, instance: Instance) -> dict[str, Any]:
    """What the door needs to know. It never stands in a command line: that others can read."""
    ports, secure = settings.ports, settings.tls_certificate is not None
    listen: list[tuple[str, int, bool]] = [("127.0.0.1", ports.asterisk_http, False)]
    if secure:
        listen.append((settings.bind, ports.asterisk_wss, True))
    return {
        "listen": listen,
        "certificate": str(settings.tls_certificate or ""),
        "key": str(settings.tls_key or ""),
        "upstream": ports.asterisk_inner,
        "prefix": instance.http_prefix(),
        "web_port": ports.web,
        "public": settings.public_url,
    }


async def keep_open(settings: Settings, instance: Instance) -> None:
    """Until cancelled. Then nobody new is taken; who speaks is let go by Asterisk alone.

    An Asterisk of before an upgrade listens itself where the door would: it goes on doing so until
    the station is stopped once.
    """
    words = json.dumps(told(settings, instance)).encode() + b"\n"
    while True:
        begun = clock.monotonic()
        door = await asyncio.create_subprocess_exec(
            sys.executable, *_PROGRAM, stdin=asyncio.subprocess.PIPE
        )
        assert door.stdin is not None
        try:
            with contextlib.suppress(OSError):
                door.stdin.write(words)
                await door.stdin.drain()
            code = await door.wait()
        finally:
            door.stdin.close()
        lived = clock.monotonic() - begun
        log.error("door.closed", exit=code, lived_s=round(lived, 1))
        await asyncio.sleep(_AGAIN if lived > _STEADY else _LATER)

"""Lays out documents in a process of its own (``callflow.paper.child``), which ends with each.

It has no settings, no keys and no network, opens no file that a document names, and is bounded in
time, memory and what it writes: the station runs on, whatever is in a document.
"""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import Mapping
from weakref import WeakKeyDictionary

from callflow import children

#: What a document is made of, and what it may become, in bytes.
MOST_IN, MOST_OUT = 256 * 2**20, 128 * 2**20
#: Seconds in which it must be there: it gives way to everything else, and its own seconds of
#: processor are bounded by the child.
WITHIN = 180.0
#: Laid out at a time by one process: each takes a processor.
_AT_ONCE = 2
#: How the child says that the system lacks what lays out.
MISSING = 3

#: What to do where the system lacks it.
INSTALL = (
    "this machine can't lay out documents: install Pango (Debian and Ubuntu:"
    " apt-get install libpangoft2-1.0-0)"
)

#: Who waits for their turn beyond so many is told to come again.
_MOST_WAITING = 16


class _Turns:
    """Whose turn it is, of one loop."""

    def __init__(self) -> None:
        self.free, self.waiting = asyncio.Semaphore(_AT_ONCE), 0


_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, _Turns] = WeakKeyDictionary()


class Unprintable(Exception):
    """A document could not be laid out; the message says why."""


class Busy(Unprintable):
    """Too many are asked for at once."""


class NotInstalled(Unprintable):
    """The system lacks what lays out; the message says what to install."""


async def lay_out(
    html: str, assets: Mapping[str, bytes] | None = None, *, within: float = WITHIN
) -> bytes:
    """The PDF (A-2b, tagged, ISO 19005-2) of a page of HTML; the same bytes for the same page.

    ``assets``: pictures and fonts by the names that the page has for them: ``asset:NAME``. Nothing
    else is read. Times in the page's own ``dcterms.created``. Raises Unprintable.
    """
    order = _order(html, assets or {})
    if len(order) > MOST_IN:
        raise Unprintable(
            f"the document has {len(order)} bytes of pictures: {MOST_IN} are the most"
        )
    code, pdf, said = await made("callflow.paper.child", order, within)
    if code == MISSING:
        raise NotInstalled(INSTALL)
    if code != 0 or not pdf.startswith(b"%PDF"):
        raise Unprintable(f"the document could not be laid out: {said or f'signal {-code}'}")
    return pdf


def _order(html: str, assets: Mapping[str, bytes]) -> bytes:
    """A line that says how long each part is, then the parts."""
    page = html.encode("utf-8", "replace")
    head = {"html": len(page), "assets": {name: len(content) for name, content in assets.items()}}
    return b"".join([json.dumps(head).encode(), b"\n", page, *assets.values()])


async def made(module: str, order: bytes, within: float) -> tuple[int, bytes, str]:
    """What a process of the room makes of an order: its exit status, what it made, the last that it
    said. Raises Unprintable after ``within`` seconds, or where it makes too much; Busy."""
    turns = _turns.setdefault(asyncio.get_running_loop(), _Turns())
    if turns.waiting >= _MOST_WAITING:
        raise Busy("too many documents are being laid out: try again in a minute")
    turns.waiting += 1
    try:
        async with turns.free:
            return await _made(module, order, within)
    finally:
        turns.waiting -= 1


async def _made(module: str, order: bytes, within: float) -> tuple[int, bytes, str]:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", module),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env=_environment(),
    )
    try:
        async with asyncio.timeout(within):
            out, said = await children.converse(child, order, most=MOST_OUT)
            if out is None:
                raise Unprintable(f"the document is longer than {MOST_OUT} bytes")
            return await child.wait(), out, _last_line(said)
    except TimeoutError:
        raise Unprintable(f"the document took longer than {within:.0f} s") from None
    finally:
        await children.end(child)


def _last_line(said: bytes) -> str:
    lines = said.decode("utf-8", "replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")[:300]


def _environment() -> dict[str, str]:
    """The station's settings are none of its business: some are secrets."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CALLFLOW_")}

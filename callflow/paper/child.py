"""The process that lays out one document: a page and its assets in, a PDF out.

``python -m callflow.paper.child``, begun by ``callflow.paper.press``.
"""

import json
import os
import resource
import sys
from typing import Any, BinaryIO

from callflow.paper.press import MISSING

try:
    from callflow.paper.page import pdf
except OSError as error:  # a library of the system is not there
    LACKS = str(error)
else:
    LACKS = ""

#: Bounds of this process: bytes of memory, seconds of processor, bytes of a file (fonts are
#: unpacked into one).
_MEMORY, _SECONDS, _FILE = 2 * 2**30, 60, 64 * 2**20
#: Doings of Python that lay nothing out.
_FORBIDDEN = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system")


def main() -> int:
    """Lay out what stdin gives, onto stdout."""
    bind()
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries say is no document
    if LACKS:
        sys.stderr.write(f"{LACKS}\n")
        return MISSING
    sys.addaudithook(_watched)
    html, assets = _order(sys.stdin.buffer)
    out.write(pdf(html, assets))
    out.close()
    return 0


def bind() -> None:
    """Less urgent than whatever the station does, and bounded."""
    os.nice(10)
    for what, most in (
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_CPU, _SECONDS),
        (resource.RLIMIT_FSIZE, _FILE),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _watched(event: str, args: tuple[Any, ...]) -> None:
    if event.startswith(_FORBIDDEN):
        raise PermissionError(f"a document does nothing of the kind: {event}")


def _order(given: BinaryIO) -> tuple[str, dict[str, bytes]]:
    head = json.loads(given.readline())
    html = given.read(head["html"]).decode()
    return html, {name: given.read(size) for name, size in head["assets"].items()}


if __name__ == "__main__":
    sys.exit(main())

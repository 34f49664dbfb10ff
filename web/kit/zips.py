"""Files put together for somebody to take with them."""

import asyncio
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from typing import IO

from fastapi.responses import StreamingResponse

#: Bytes that are kept in memory, and sent at once.
_IN_MEMORY, _PIECE = 8_000_000, 1 << 16


async def answer(name: str, fill: Callable[[zipfile.ZipFile], None]) -> StreamingResponse:
    """A ZIP file called ``name`` with what ``fill`` puts in, in a thread; cached by nobody."""
    return StreamingResponse(
        _pieces(await asyncio.to_thread(_filled, fill)),
        media_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


def _filled(fill: Callable[[zipfile.ZipFile], None]) -> IO[bytes]:
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 -- closed when sent
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
        fill(zipped)
    file.seek(0)
    return file


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece

"""Files of the data folder, for the API and the pages: whole or by ranges."""

import asyncio
import mimetypes
from pathlib import Path

from fastapi.responses import FileResponse

from web.kit.problems import ProblemError

#: Where a browser would guess otherwise.
_TYPES = {".wav": "audio/wav", ".flac": "audio/flac"}


async def find(folder: Path, relative: str, problem: str) -> Path:
    """The file in ``folder``. Raises a problem, ``problem`` where that says why there is none."""
    path = await asyncio.to_thread(_inside, folder, relative)
    if path is None:
        raise ProblemError(404, problem or "the file is missing")
    return path


def _inside(folder: Path, relative: str) -> Path | None:
    """The file in ``folder``; None where it is missing, or elsewhere."""
    path = Path(folder, relative).resolve()
    return path if path.is_relative_to(folder.resolve()) and path.is_file() else None


def answer(path: Path) -> FileResponse:
    """The file, by ranges too (RFC 9110, 14.2); no browser keeps it: it is confidential."""
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    return FileResponse(
        path,
        media_type=kind or "application/octet-stream",
        filename=path.name,
        content_disposition_type="inline",
        headers={"Cache-Control": "no-store"},
    )

"""Draws a fax of PDFs in a process of its own (``callflow.paper.fax_child``), as ``press`` lays one
out."""

import json
from collections.abc import Sequence

from callflow.paper.press import Unprintable, made

#: How the child says that there are too many pages.
TOO_MANY = 4
#: Seconds in which all its pages must be drawn.
_WITHIN = 120.0


class TooLong(Unprintable):
    """It has more pages than one fax may have; the message says how many."""


async def count(pdf: bytes) -> int:
    """How many pages a PDF has. Raises Unprintable."""
    return (await _asked([pdf], 0, counted=True))[1]


async def draw(pdfs: Sequence[bytes], most: int) -> tuple[bytes, int]:
    """(a TIFF of all their pages: black and white, 204 x 196 pixels an inch, ITU-T T.6; how many
    there are), at ``most``. The same bytes for the same PDFs. Raises TooLong, Unprintable."""
    tiff, sheets = await _asked(pdfs, most)
    if not tiff.startswith((b"II*\0", b"MM\0*")):
        raise Unprintable("the document can't be drawn for a fax")
    return tiff, sheets


async def _asked(pdfs: Sequence[bytes], most: int, *, counted: bool = False) -> tuple[bytes, int]:
    head = {"pdfs": [len(pdf) for pdf in pdfs], "most": most, "count": counted}
    order = b"".join([json.dumps(head).encode(), b"\n", *pdfs])
    code, out, said = await made("callflow.paper.fax_child", order, _WITHIN)
    if code == TOO_MANY:
        raise TooLong(said)
    sheets, _, tiff = out.partition(b"\n")
    if code != 0 or not sheets.isdigit():
        raise Unprintable(f"the document can't be drawn for a fax: {said or f'signal {-code}'}")
    return tiff, int(sheets)

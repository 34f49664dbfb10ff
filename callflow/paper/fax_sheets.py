"""Pages as a fax machine takes them, in ``callflow.paper.fax_child``: black and white, A4, fine."""

import io
from collections.abc import Sequence

import pypdfium2
from PIL import Image

#: Pixels of a sheet, ITU-T T.4: 1728 a line of 215 mm; A4 at 7.7 lines a millimetre.
WIDTH, HEIGHT = 1728, 2286
#: Pixels an inch, across and down.
ACROSS, DOWN = 204, 196
#: Points of A4.
_A4 = (595.0, 842.0)
#: Greys up to the first are black and from the second on white: print stays sharp, and only what is
#: grey indeed, a photograph, is dotted.
_BLACK, _WHITE = 110, 190


class TooMany(Exception):
    """More pages than a fax may have."""


def pages(pdfs: Sequence[bytes]) -> int:
    """How many they have. Raises PdfiumError."""
    return sum(len(pypdfium2.PdfDocument(pdf)) for pdf in pdfs)


def drawn(pdfs: Sequence[bytes], most: int) -> tuple[bytes, int]:
    """(a TIFF of all their pages, ITU-T T.6; how many). Raises TooMany, PdfiumError."""
    sheets: list[Image.Image] = []
    for pdf in pdfs:
        document = pypdfium2.PdfDocument(pdf)
        if len(sheets) + len(document) > most:
            raise TooMany(f"{len(sheets) + len(document)} pages: {most} are the most")
        sheets += [_sheet(page) for page in document]
    made = io.BytesIO()
    first, *others = sheets
    first.save(
        made,
        "TIFF",
        save_all=True,
        append_images=others,
        compression="group4",
        dpi=(ACROSS, DOWN),
    )
    return made.getvalue(), len(sheets)


def _sheet(page: pypdfium2.PdfPage) -> Image.Image:
    """Its page, made to fit: a wide one lies on its side."""
    wide, high = page.get_size()
    if wide > high:
        page.set_rotation((page.get_rotation() + 90) % 360)
        wide, high = high, wide
    fits = min(_A4[0] / wide, _A4[1] / high, 4.0)
    scale = fits * ACROSS / 72
    grey = page.render(scale=scale, grayscale=True, fill_color=(255, 255, 255, 255)).to_pil()
    size = (min(grey.width, WIDTH), min(round(grey.height * DOWN / ACROSS), HEIGHT))
    grey = grey.convert("L").resize(size, Image.Resampling.LANCZOS)
    sheet = Image.new("L", (WIDTH, HEIGHT), 255)
    sheet.paste(grey, ((WIDTH - size[0]) // 2, 0))
    return sheet.point(_sharp).convert("1")


def _sharp(grey: int) -> int:
    return round(min(255, max(0, (grey - _BLACK) * 255 / (_WHITE - _BLACK))))

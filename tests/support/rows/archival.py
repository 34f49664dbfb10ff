"""What of PDF/A-2b (ISO 19005-2) and of tagged PDF can be looked at without a validator."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from pypdf import PdfReader
from pypdf.generic import DictionaryObject


def faults(pdf: bytes) -> list[str]:
    """What keeps ``pdf`` from being archival, accessible and harmless."""
    read = PdfReader(io.BytesIO(pdf))
    return [*_catalog(read), *_metadata(read), *_fonts(read), *_harmful(pdf, read)]


def _catalog(read: PdfReader) -> Iterator[str]:
    root: Any = read.trailer["/Root"]
    if read.is_encrypted or "/ID" not in read.trailer:
        yield "encrypted, or without an identifier"
    if not root.get("/Lang"):
        yield "no language"
    if not root.get("/MarkInfo", {}).get("/Marked"):
        yield "not marked as tagged"
    if not root.get("/StructTreeRoot", {}).get("/K"):
        yield "no tree of tags"
    if not root.get("/ViewerPreferences", {}).get("/DisplayDocTitle"):
        yield "its title is not shown"
    intents = [each.get_object() for each in root.get("/OutputIntents", ())]
    if not any(
        each["/S"] == "/GTS_PDFA1" and each.get("/DestOutputProfile") is not None
        for each in intents
    ):
        yield "no output intent with its profile"


def _metadata(read: PdfReader) -> Iterator[str]:
    xmp = read.xmp_metadata
    root: Any = read.trailer["/Root"]
    text = root["/Metadata"].get_data().decode() if "/Metadata" in root else ""
    if xmp is None or "pdfaid:part" not in text or "pdfaid:conformance" not in text:
        yield "XMP says no part of PDF/A"
    elif (
        '"2"' not in text.partition("pdfaid:part")[2][:40]
        and ">2<" not in text.partition("pdfaid:part")[2][:40]
    ):
        yield "not of part 2"
    if not (read.metadata and read.metadata.title):
        yield "no title"


def _fonts(read: PdfReader) -> Iterator[str]:
    for number, page in enumerate(read.pages):
        resources: Any = page["/Resources"]
        fonts: Any = resources.get("/Font", {})
        for name, font in fonts.items():
            inner: Any = font.get("/DescendantFonts", [font])[0].get_object()
            descriptor: Any = inner.get("/FontDescriptor", {})
            if not {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor):
                yield f"page {number + 1}: the font {name} is not embedded"
            if "/ToUnicode" not in font:
                yield f"page {number + 1}: the font {name} says no Unicode"


def _harmful(pdf: bytes, read: PdfReader) -> Iterator[str]:
    root: DictionaryObject = read.trailer["/Root"]  # type: ignore[assignment]
    for word in (b"/JavaScript", b"/JS ", b"/Launch", b"/RichMedia", b"/EmbeddedFile"):
        if word in pdf:
            yield f"{word.decode()} is in it"
    for name in ("/OpenAction", "/AA", "/AcroForm"):
        if name in root:
            yield f"{name} is in its catalog"

"""A page becomes a PDF that archives keep, in a process that reaches nothing."""

from __future__ import annotations

import io
import socket
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader

from callflow.paper.press import NotInstalled, Unprintable, lay_out
from tests.support.rows.archival import faults

PAGE = """<!DOCTYPE html><html lang="fr"><head><title>Rapport</title>
<meta name="dcterms.created" content="2026-11-30T10:00:00Z"></head>
<body style="font-family: sans-serif"><h1>Rapport d’alarme</h1>{}</body></html>"""


def _photograph() -> bytes:
    made = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "47 RUE DE LA PAIX"
    Image.new("CMYK", (2400, 1200), (10, 200, 0, 0)).save(made, "JPEG", exif=exif)
    return made.getvalue()


async def test_it_is_archival_and_the_same_each_time() -> None:
    page = PAGE.format('<p>Appelé à 03:00</p><img src="asset:1" alt="Hall" style="width: 8cm">')
    photograph = _photograph()
    assert b"RUE" in photograph
    first = await lay_out(page, {"1": photograph})
    assert faults(first) == []
    assert await lay_out(page, {"1": photograph}) == first
    read = PdfReader(io.BytesIO(first))
    assert "Appelé à 03:00" in read.pages[0].extract_text()
    (picture,) = read.pages[0].images
    assert picture.image is not None
    assert picture.image.size == (1600, 800)
    assert b"RUE" not in picture.data


async def test_nothing_is_read_but_what_was_handed_in(tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    Image.new("RGB", (7, 7)).save(secret)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.2)
        there = f"http://127.0.0.1:{listening.getsockname()[1]}/x.png"
        hostile = "".join(
            f'<img src="{url}" alt="non"><link rel="stylesheet" href="{url}">'
            f'<link rel="attachment" href="{url}"><style>@import url("{url}");'
            f'@font-face {{ font-family: x; src: url("{url}") }}'
            f'p {{ background: url("{url}"); font-family: x }}</style><p>x</p>'
            for url in (secret.as_uri(), there, "asset:none", "/etc/hostname")
        )
        pdf = await lay_out(PAGE.format(hostile))
        with pytest.raises(TimeoutError):
            listening.accept()
    read = PdfReader(io.BytesIO(pdf))
    assert [picture for page in read.pages for picture in page.images] == []
    assert not read.attachments


async def test_a_broken_picture_leaves_its_words() -> None:
    broken = {"a": b"", "b": b"GIF89a", "c": b"\xff\xd8\xff" + b"x" * 99, "d": b"<svg/>"}
    shown = "".join(f'<p><img src="asset:{name}" alt="Image {name}"></p>' for name in broken)
    text = PdfReader(io.BytesIO(await lay_out(PAGE.format(shown), broken))).pages[0].extract_text()
    assert [name for name in broken if f"Image {name}" not in text] == []


async def test_what_takes_too_long_ends() -> None:
    with pytest.raises(Unprintable, match="longer than"):
        await lay_out(PAGE.format("<table><tr><td>x</table>" * 5000), within=0.5)


async def test_a_machine_that_lacks_pango_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "weasyprint.py").write_text('raise OSError("cannot load library")')
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(NotInstalled, match="apt-get install"):
        await lay_out(PAGE.format(""))

"""Letters as they lie in the folder of who stamps them."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable
from dataclasses import replace

import pytest

from callflow.core.messages.outbox import Channel, Claimed, Enclosed, Fault, Undelivered
from callflow.notify import post
from callflow.settings.config import Settings
from tests.integration.notify.conftest import NOW, message

Make = Callable[..., Settings]
PDF = b"%PDF-1.7\nlettre\n%%EOF\n"
TO = "Mme Martin\n3 rue des Lilas\n35000 Rennes"


def letter(settings: Settings, **changed: object) -> Claimed:
    settings.documents_dir.mkdir(parents=True, exist_ok=True)
    (settings.documents_dir / "d1.pdf").write_bytes(PDF)
    digest = hashlib.sha256(PDF).hexdigest()
    enclosed = Enclosed(name="../Décision n° 3.pdf", path="d1.pdf", sha256=digest)
    made = replace(message(Channel.POST, TO), document_id="d1", enclosed=enclosed)
    return replace(made, **changed)  # type: ignore[arg-type]


def index(settings: Settings) -> list[dict[str, str]]:
    text = (settings.post_dir / post.INDEX).read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


async def test_a_letter_lies_in_the_folder_once_and_its_index_says_where_it_goes(
    settings: Make,
) -> None:
    made = settings()
    receipt = await post.send(made, letter(made), NOW)
    await post.send(
        made, letter(made), NOW
    )  # whoever died before it was written down does it again
    assert (made.post_dir / receipt.text).read_bytes() == PDF
    assert receipt.text.startswith("2026-11-25-Decision-n-3-")
    assert sorted(file.name for file in made.post_dir.iterdir()) == sorted(
        [post.INDEX, receipt.text]
    )
    (row,) = index(made)
    assert row["to"] == "Mme Martin, 3 rue des Lilas, 35000 Rennes"
    assert (row["file"], row["alarm"]) == (receipt.text, "incident-1")
    other = letter(made, id="aaaaaaaa-1", to="=cmd|' /C calc'!A0", subject="@x")
    await post.send(made, other, NOW)
    assert index(made)[1]["to"].startswith("'=")
    assert index(made)[1]["subject"] == "'@x"


async def test_a_folder_that_cannot_be_written_is_tried_again(settings: Make) -> None:
    made = settings()
    made.post_dir.parent.mkdir(parents=True, exist_ok=True)
    made.post_dir.write_text("no folder")
    with pytest.raises(Undelivered) as failed:
        await post.send(made, letter(made), NOW)
    assert failed.value.fault is Fault.DISK

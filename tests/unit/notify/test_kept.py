"""Kept files against what the logbook tells of them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from callflow.core.messages.outbox import Image
from callflow.notify.kept import picture_ending, wrong_images
from tests.support.rows.values import example

CONTENT = b"\xff\xd8\xff a picture"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
ROW = example(Image, id="one", path="incident/one.jpg", sha256=SHA256)
TOLD = {"one": SHA256}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "incident").mkdir()
    (tmp_path / "incident" / "one.jpg").write_bytes(CONTENT)
    return tmp_path


def test_a_file_that_is_as_it_was_is_well(folder: Path) -> None:
    assert wrong_images(folder, [ROW], TOLD, all_here=True) == []


def test_a_changed_file_is_found(folder: Path) -> None:
    (folder / "incident" / "one.jpg").write_bytes(CONTENT + b".")
    (fault,) = wrong_images(folder, [ROW], TOLD, all_here=True)
    assert fault == "image one: the file was changed (one.jpg)"


def test_a_missing_file_is_found_unless_it_may_be_another_machines(folder: Path) -> None:
    (folder / "incident" / "one.jpg").unlink()
    assert wrong_images(folder, [ROW], TOLD, all_here=True) == ["image one: the file is missing"]
    assert wrong_images(folder, [ROW], TOLD, all_here=False) == []


@pytest.mark.parametrize("rows", [[], [replace(ROW, sha256="00")]])
def test_a_row_that_is_gone_or_was_changed_is_found(folder: Path, rows: list[Image]) -> None:
    (fault,) = wrong_images(folder, rows, TOLD, all_here=True)
    assert fault == "image one: not the one the logbook tells of"


def test_what_a_file_says_of_its_type_is_its_beginning() -> None:
    assert [picture_ending(c) for c in (CONTENT, b"\x89PNG\r\n\x1a\n", b"GIF89a", b"")] == [
        ".jpg",
        ".png",
        None,
        None,
    ]

"""A written configuration that comes back as a ZIP file: measured before it is unpacked."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import typer

from callflow.commands.station import configuration


def test_a_part_that_unpacks_to_too_much_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "written.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("settings.yaml", "a: 1\n")
        made.writestr("sites/1001.yaml", " " * 100_000)
        made.writestr("../../elsewhere.txt", "no part of it")
    monkeypatch.setattr(configuration, "_MOST", 99_999)
    parts = configuration._Zip(file)
    assert parts.names() == ["settings.yaml", "sites/1001.yaml"]
    assert parts.text("settings.yaml") == "a: 1\n"
    with pytest.raises(ValueError, match="is larger than"):
        parts.text("sites/1001.yaml")


def test_what_is_no_zip_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "written.zip"
    file.write_text("a: 1\n")
    with pytest.raises(typer.BadParameter, match="neither a folder nor a ZIP file"):
        configuration._Zip(file)

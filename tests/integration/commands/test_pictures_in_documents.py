"""The documentation shows every picture that is kept, and no other is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pages import administration, film


@pytest.mark.parametrize(
    ("folder", "frames"),
    [
        (film.PICTURES, set(film.FRAMES)),
        (administration.PICTURES, set(administration.FRAMES)),
    ],
    ids=["film", "administration"],
)
def test_the_documentation_shows_every_picture(folder: Path, frames: set[str]) -> None:
    kept = {path.stem for path in folder.glob("*.webp")}
    assert kept == frames
    shown = (folder.parents[1] / "docs/explanation/pictures.md").read_text("utf-8")
    assert [name for name in sorted(kept) if f"{folder.name}/{name}.webp" not in shown] == []
    assert sum(path.stat().st_size for path in folder.glob("*.webp")) < 1_500_000

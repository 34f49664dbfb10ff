"""The README shows every picture that is kept, and no other is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import administration, film

_FILM = {f"{frame}-{scheme}" for frame in film.FRAMES for scheme in film.SCHEMES}


@pytest.mark.parametrize(
    ("folder", "frames"),
    [(film.PICTURES, _FILM), (administration.PICTURES, set(administration.FRAMES))],
    ids=["film", "administration"],
)
def test_the_readme_shows_every_picture(folder: Path, frames: set[str]) -> None:
    kept = {path.stem for path in folder.glob("*.webp")}
    assert kept == frames
    readme = (folder.parents[1] / "README.md").read_text("utf-8")
    assert [name for name in sorted(kept) if f"{folder.name}/{name}.webp" not in readme] == []
    assert sum(path.stat().st_size for path in folder.glob("*.webp")) < 1_500_000

"""The README shows every frame of the film, and no other."""

from __future__ import annotations

from tests.support.film import FRAMES, PICTURES, SCHEMES


def test_the_readme_shows_every_frame() -> None:
    kept = {path.stem for path in PICTURES.glob("*.webp")}
    assert kept == {f"{frame}-{scheme}" for frame in FRAMES for scheme in SCHEMES}
    readme = (PICTURES.parents[1] / "README.md").read_text("utf-8")
    assert [name for name in sorted(kept) if f"film/{name}.webp" not in readme] == []
    assert sum(path.stat().st_size for path in PICTURES.glob("*.webp")) < 1_500_000

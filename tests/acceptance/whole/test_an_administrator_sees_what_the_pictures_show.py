"""The documentation's pictures of the administration are true: each page is gone to on a real
station."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pages.administration import FRAMES, visit
from tests.support.stations.station import patient_station


@pytest.mark.deep
async def test_each_page_shows_what_its_picture_shows(tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    async with (
        patient_station(tmp_path / "station") as station,
        visit(station, pictures) as visited,
    ):
        await visited.all()
    assert {path.stem for path in pictures.glob("*.png")} == set(FRAMES)

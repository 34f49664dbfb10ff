"""The documentation's film is true: its story is played, and what each frame shows is waited
for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pages.film import FRAMES, POLICE, Story, camera
from tests.support.phones.phone import Phones
from tests.support.stations.desk import Desks
from tests.support.stations.station import Station

pytestmark = [
    pytest.mark.asyncio(loop_scope="package"),
    pytest.mark.timeout(300),
    pytest.mark.ear,
    pytest.mark.deep,
]


async def test_an_alarm_from_arrival_to_filing(
    station: Station, phones: Phones, desks: Desks, tmp_path: Path
) -> None:
    frames = tmp_path / "frames"
    async with camera() as eye:
        story = Story(station, phones, desks, eye, frames)
        await story.play()
    taken = {path.stem for path in frames.iterdir()}
    assert taken == set(FRAMES)

    shown = (await station.api.get(f"/incidents/{story.incident}")).json()
    assert (shown["state"], shown["resolution_code"]) == ("filed", "authorities")
    ended = {call["step"]: call["outcome"] for call in shown["calls"]}
    assert ended["counter_call"] == "no_answer"
    assert ended["keyholders"] == "operator"
    assert ended["guard"] == "accepted"
    assert len(await station.seen(POLICE)) == 1
    told = {entry["kind"] for entry in shown["logbook"]}
    assert {"password_right", "verification", "guard_report", "closed", "filed"} <= told

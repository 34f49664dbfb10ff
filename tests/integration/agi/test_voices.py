"""What is said after a tone: recorded, kept whatever comes next, and said back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import soundfile

from callflow.core.calls.dialogue import Deed, Dialogue, Done, Facts, Phrase, Place, Progress, State
from callflow.core.calls.dialogue.menus import PAGES
from callflow.core.calls.dialogue.pages import Lead, Page
from callflow.digest import of_file as sha256_of
from ivr.agi.voices import Voices
from tests.integration.agi.conftest import Station

CALL = "1700000000.7"
NAME = f"{CALL}.1"


@pytest.fixture
def asked(station: Station, monkeypatch: pytest.MonkeyPatch) -> list[Deed]:
    """A call that is at a page which records; what was asked of its deed."""
    deeds: list[Deed] = []
    page = Page(
        say=("ask_zone",), records="report", deed="keep", leads={"good": Lead("client")}, asked=2
    )
    monkeypatch.setitem(PAGES, "report", page)

    def keep(deed: Deed) -> Done:
        deeds.append(deed)
        return Done(result="good", say=(Phrase("voice", {"voice": deed.typed}),))

    station.store.deeds["keep"] = keep
    station.store.incoming = Facts(dialogue=Dialogue.INCOMING, menus=True)
    at = Place(page="report", kept={"site": "1001"})
    station.store.progress[CALL] = Progress(state=State.MENUS, place=at)
    return deeds


async def test_what_is_said_until_the_key_is_kept_hashed_and_said_back(
    station: Station, asked: list[Deed], tmp_path: Path
) -> None:
    phone = await station.phone("", "says#", "0").call("incoming", CALL)
    (said,) = station.store.said[CALL]
    kept = tmp_path / said.path
    sound = soundfile.info(kept)
    assert said.name == NAME
    assert said.duration == pytest.approx(1.0)
    assert (sound.samplerate, sound.channels, sound.frames) == (8000, 1, 8000)
    assert said.sha256 == sha256_of(kept)
    assert [deed.typed for deed in asked] == [NAME]
    assert phone.heard[0].endswith("voice-tone")
    assert f"voice-{NAME}" in phone.heard[1]
    assert _sizes(tmp_path / "turns", f"voice-{NAME}.alaw") == [8000]
    assert not _sizes(tmp_path, "*.sln")


def _sizes(folder: Path, named: str) -> list[int]:
    return [path.stat().st_size for path in folder.glob(named)]


async def test_somebody_who_says_nothing_is_asked_again(
    station: Station, asked: list[Deed], tmp_path: Path
) -> None:
    await station.phone("", "", "", "says", "0").call("incoming", CALL)
    assert [deed.typed for deed in asked] == [NAME]  # the silence took no name
    assert len(station.store.said[CALL]) == 1


async def test_zero_brings_a_human_before_the_tone_and_in_the_middle_of_the_speech(
    station: Station, asked: list[Deed]
) -> None:
    first = await station.phone("0").call("incoming", CALL)
    assert first.variables["CALLFLOW_NEXT"] == "conference"
    assert not station.store.said[CALL]
    station.store.progress[CALL] = Progress(state=State.MENUS, place=Place(page="report"))
    second = await station.phone("", "says0").call("incoming", CALL)
    assert second.variables["CALLFLOW_NEXT"] == "conference"
    assert [said.name for said in station.store.said[CALL]] == [NAME]
    assert not asked


async def test_who_hangs_up_in_the_middle_has_said_what_they_said(
    station: Station, asked: list[Deed], tmp_path: Path
) -> None:
    await station.phone("", "says hang up").call("incoming", CALL)
    (said,) = station.store.said[CALL]
    assert (tmp_path / said.path).exists()
    assert not asked


async def test_names_are_never_given_twice(tmp_path: Path) -> None:
    voices = Voices(tmp_path, tmp_path / "turns")
    names = []
    for _ in range(2):
        name, target = await voices.begin(CALL)
        target.with_name(f"{target.name}.sln").write_bytes(b"\x00\x20\x00\xe0" * 4000)
        assert await voices.finish(name)
        await voices.stored(name)
        names.append(name)
    assert names == [f"{CALL}.1", f"{CALL}.2"]
    with pytest.raises(ValueError, match="not a call id"):
        await voices.begin("../elsewhere")


async def test_a_file_that_asterisk_never_wrote_is_silence(tmp_path: Path) -> None:
    voices = Voices(tmp_path, tmp_path / "turns")
    name, _ = await voices.begin(CALL)
    assert await asyncio.wait_for(voices.finish(name), 15) is None

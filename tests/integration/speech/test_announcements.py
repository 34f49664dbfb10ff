"""Recorded announcements: heard instead of the voice, put and taken away under running calls."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from callflow.core.calls import sound
from callflow.core.calls.dialogue import Phrase
from callflow.core.signals.signal import Kind
from ivr.agi.runner import sentence
from ivr.speech import Sentence, Speech
from ivr.speech.announcements import Announcements, NoAnnouncement
from tests.support.outside.studio import recording
from tests.support.phones import hearing


@pytest.fixture
async def speech(tmp_path: Path) -> AsyncIterator[Speech]:
    recorded = Announcements(tmp_path / "announcements")
    made = Speech(tmp_path / "own", tmp_path / "shared", recorded)
    await made.start()
    yield made
    await made.close()


def hertz_of(stem: Path) -> float:
    samples = hearing.alaw(stem.with_name(f"{stem.name}.alaw").read_bytes())
    assert sound.active_level(samples) == pytest.approx(sound.LEVEL_DBFS, abs=0.5)
    return float(np.abs(np.fft.rfft(samples)).argmax() * hearing.RATE / len(samples))


@pytest.mark.parametrize(
    ("key", "phrase"),
    [
        ("goodbye", Phrase("goodbye")),
        ("greeting", Phrase("greeting", {"station": "Callflow"})),
        ("situation-hold_up", Phrase("situation", {"kind": Kind.HOLD_UP})),
        ("position-3", Phrase("position", {"position": 3})),
    ],
)
async def test_a_recording_is_said_instead_of_the_voice(
    speech: Speech, key: str, phrase: Phrase
) -> None:
    speech.announcements.put(key, "fr", recording(440))
    assert hertz_of(await speech.turn([sentence(phrase, "fr")])) == pytest.approx(440, abs=3)
    assert speech.made == 0
    assert speech.announcements.find(key, "en") is None


async def test_the_next_turn_hears_a_change(speech: Speech) -> None:
    goodbye = [sentence(Phrase("goodbye"), "fr")]
    spoken = await speech.turn(goodbye)
    for hertz, kind in ((440.0, "WAV"), (880.0, "FLAC"), (660.0, "WAV")):
        speech.announcements.put("goodbye", "fr", recording(hertz, kind=kind))
        assert hertz_of(await speech.turn(goodbye)) == pytest.approx(hertz, abs=3)
    speech.announcements.remove("goodbye", "fr")
    assert await speech.turn(goodbye) == spoken
    assert not list((speech.announcements.folder / "fr").iterdir())


async def test_one_taken_away_in_the_middle_of_a_turn_is_spoken(
    speech: Speech, monkeypatch: pytest.MonkeyPatch
) -> None:
    goodbye = [sentence(Phrase("goodbye"), "fr")]
    spoken = await speech.turn(goodbye)
    speech.announcements.put("goodbye", "fr", recording(440))
    where = speech._where

    def and_then_it_goes(one: Sentence, recorded: set[str]) -> str:
        found = where(one, recorded)
        monkeypatch.undo()
        speech.announcements.remove("goodbye", "fr")
        return found

    monkeypatch.setattr(speech, "_where", and_then_it_goes)
    assert await speech.turn(goodbye) == spoken


def test_what_is_recorded_is_listed(tmp_path: Path) -> None:
    recorded = Announcements(tmp_path)
    assert list(recorded.all()) == []
    recorded.put("welcome", "fr", recording(440, 8_000))
    recorded.put("goodbye", "en", recording(440, 96_000))
    found = [(one.key, one.language) for one in recorded.all()]
    assert found == [("welcome", "fr"), ("goodbye", "en")]
    assert all(one.seconds == pytest.approx(1.16, abs=0.05) for one in recorded.all())


@pytest.mark.parametrize(
    ("key", "language", "given", "why"),
    [
        ("goodby", "fr", recording(440), "no announcement"),
        ("site", "fr", recording(440), "no announcement"),
        ("../goodbye", "fr", recording(440), "no announcement"),
        ("goodbye", "de", recording(440), "one of fr, en"),
        ("goodbye", "fr", b"no sound", "no WAV or FLAC"),
        ("goodbye", "fr", b"", "no WAV or FLAC"),
        ("goodbye", "fr", recording(440, kind="OGG"), "not OGG"),
        ("goodbye", "fr", recording(440, 4_000), "sampling rate"),
        ("goodbye", "fr", recording(10_000), "no speech in it"),
    ],
)
def test_what_is_refused_changes_nothing(
    tmp_path: Path, key: str, language: str, given: bytes, why: str
) -> None:
    recorded = Announcements(tmp_path)
    recorded.put("goodbye", "fr", recording(440))
    before = sorted((path, path.read_bytes()) for path in (tmp_path / "fr").iterdir())
    with pytest.raises(NoAnnouncement, match=why):
        recorded.put(key, language, given)
    after = sorted((path, path.read_bytes()) for path in tmp_path.rglob("*") if path.is_file())
    assert after == before


def test_what_was_never_recorded_can_t_be_removed(tmp_path: Path) -> None:
    with pytest.raises(NoAnnouncement, match="not recorded"):
        Announcements(tmp_path).remove("goodbye", "fr")

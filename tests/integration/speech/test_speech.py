"""The voice: levelled sound files, cached, made in a process whose death costs one sentence."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from callflow import clock
from callflow.core.calls import dialogue, prompts, sound
from callflow.core.calls.dialogue import Dialogue, Facts, Input, Played, Progress, Silence
from ivr import speech as speech_module
from ivr.agi import fixed_sentences, own_sentences
from ivr.agi.runner import sentence
from ivr.speech import Sentence, Speech, SpeechFailed
from ivr.speech.announcements import Announcements
from tests.bench.kit import cpu
from tests.support.phones import hearing
from tests.unit.core.calls.test_prompts import HOSTILE


@pytest.fixture
async def speech(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Speech]:
    monkeypatch.setattr(speech_module, "PATIENCE", 20.0)  # no caller waits, and others compute
    made = Speech(tmp_path / "own", tmp_path / "shared", Announcements(tmp_path / "announcements"))
    await made.start()
    yield made
    await made.close()


def heard(stem: Path) -> npt.NDArray[np.float64]:
    return hearing.alaw(stem.with_name(f"{stem.name}.alaw").read_bytes())


async def test_a_sentence_is_a_levelled_file_with_silence_before_it(speech: Speech) -> None:
    stem = await speech.say("Bonjour, ici la télésurveillance.", "fr")
    samples = heard(stem)
    assert 1 < len(samples) / hearing.RATE < 4
    assert np.abs(samples[: int(hearing.RATE * sound.LEAD_S)]).max() < 0.001
    assert np.abs(samples).max() < sound.PEAK + 0.02  # A-law's steps are large up there
    assert sound.active_level(samples) == pytest.approx(sound.LEVEL_DBFS, abs=0.3)


async def test_the_first_words_of_a_call_come_after_a_silence(speech: Speech) -> None:
    parts = [Sentence("Au revoir.", "fr")]
    later, first = await speech.turn(parts), await speech.turn(parts, opening=True)
    silence = np.zeros(int(hearing.RATE * speech_module.OPENING_S))
    assert np.abs(heard(first)[: len(silence)]).max() < 0.001
    assert (heard(first)[len(silence) :] == heard(later)).all()  # 300 ms are whole packets


async def test_the_same_sentence_is_made_once(speech: Speech) -> None:
    stems = await asyncio.gather(*(speech.say("Une seule fois.", "fr") for _ in range(20)))
    assert len(set(stems)) == 1
    assert speech.made == 1
    assert await speech.say("Une seule fois.", "en") != stems[0]
    assert speech.made == 2


async def test_what_is_a_sites_stays_in_its_instance(speech: Speech) -> None:
    own = await speech.sound(Sentence("Boulangerie Martin.", "fr"))
    fixed = await speech.sound(Sentence("Au revoir.", "fr", shared=True))
    assert own.is_relative_to(speech.folder)
    assert fixed.is_relative_to(speech.shared)


async def test_a_turn_is_one_file_of_its_sentences(speech: Speech) -> None:
    parts = [Sentence("Au revoir.", "fr"), Sentence("Goodbye.", "en")]
    turn = await speech.turn(parts)
    sizes = [(await speech.sound(part)).with_suffix(".alaw").stat().st_size for part in parts]
    size = turn.with_name(f"{turn.name}.alaw").stat().st_size
    assert size % 160 == 0
    assert 0 <= size - sum(sizes) < 160
    assert await speech.turn(parts) == turn


async def test_every_word_of_a_dialogue_is_said_as_loud_as_the_others_and_none_is_clipped(
    speech: Speech,
) -> None:
    """Fixed prompts, and what a site is called."""
    facts = Facts(dialogue=Dialogue.VERIFICATION, site_name="Hôtel du Parc", zone="3")
    fixed = set(fixed_sentences())
    wanted = {*fixed, *own_sentences(facts)}
    await speech.prewarm(wanted)
    assert speech.made == len(wanted)
    assert speech._voice is not None
    each_ms = cpu.of_process(speech._voice.pid) / speech.made * 1000  # others compute meanwhile
    print(f"{speech.made} sentences, {each_ms:.1f} ms of CPU each")
    assert each_ms < 200
    for each in wanted:
        samples = heard(await speech.sound(each))
        assert len(samples) > 0, each.text
        if each in fixed:
            assert sound.active_level(samples) == pytest.approx(-19, abs=0.3), each.text
            assert np.abs(samples).max() < 0.93, each.text
            first = np.flatnonzero(np.abs(samples) > 10 ** (-60 / 20))[0] / hearing.RATE
            assert first < 0.060, each.text  # whoever typed a key waits for it


async def test_a_voicemail_keeps_a_line_for_40_seconds_at_most(speech: Speech) -> None:
    facts = Facts(dialogue=Dialogue.VERIFICATION, recognition_word="coquelicot")
    seconds = {}
    for language in ("fr", "en"):
        texts = _silent_call(facts, language)
        turns = [await speech.turn(turn) for turn in texts]
        said = sum(t.with_name(f"{t.name}.alaw").stat().st_size for t in turns) / 8000
        seconds[language] = said + 3 * 4.0
    print(f"nobody types: {seconds}")
    assert max(seconds.values()) < 40


def _silent_call(facts: Facts, language: str) -> list[list[Sentence]]:
    facts = replace(facts, language=language)
    progress, turns = Progress.start(facts), []
    while (now := dialogue.turn(facts, progress)) is not None:
        turns.append([sentence(phrase, language) for phrase in now.say])
        event = Silence() if now.read is Input.CODE else Played()
        progress, _ = dialogue.advance(facts, progress, event)
    return turns


async def test_a_dead_voice_costs_one_sentence_at_most(speech: Speech) -> None:
    await speech.say("Avant.", "fr")
    assert speech._voice is not None
    os.kill(speech._voice.pid, 9)
    await speech._voice.wait()
    with pytest.raises(SpeechFailed):
        await speech.say("Pendant.", "fr")
    await speech.say("Pendant.", "fr")


async def test_a_sentence_that_fails_is_left_out_of_its_turn(speech: Speech) -> None:
    good = await speech.turn([Sentence("Au revoir.", "fr")])
    bad = Sentence("\ud800", "fr")
    assert await speech.turn([bad, Sentence("Au revoir.", "fr")]) == good


async def test_a_voice_that_hangs_is_replaced(
    speech: Speech, monkeypatch: pytest.MonkeyPatch
) -> None:
    await speech.say("Avant.", "fr")
    assert speech._voice is not None
    hanging = speech._voice
    os.kill(hanging.pid, 19)  # SIGSTOP
    monkeypatch.setattr(speech_module, "PATIENCE", 0.2)
    with pytest.raises(SpeechFailed, match="TimeoutError"):
        await speech.say("Pendant.", "fr")
    monkeypatch.setattr(speech_module, "PATIENCE", 20.0)
    await speech.say("Pendant.", "fr")
    assert hanging.returncode is not None


async def test_what_is_needed_now_goes_before_what_is_prepared(speech: Speech) -> None:
    speech.prepare(Sentence(f"Phrase préparée numéro {i}.", "fr") for i in range(30))
    await speech.say("Maintenant.", "fr")
    assert speech.made <= 3
    speech.prepare([Sentence("Phrase préparée numéro 29.", "fr")])
    await speech.say("Phrase préparée numéro 29.", "fr")
    assert speech.made <= 5


async def test_old_turns_are_forgotten(speech: Speech) -> None:
    turn = await speech.turn([Sentence("Au revoir.", "fr")])
    file = turn.with_name(f"{turn.name}.alaw")
    old = clock.now().timestamp() - speech_module.TURN_KEPT - 10
    os.utime(file, (old, old))
    await speech.close()
    await speech.start()
    assert not file.exists()
    assert await speech.turn([Sentence("Au revoir.", "fr")]) == turn
    assert file.exists()


@pytest.mark.parametrize("language", prompts.LANGUAGES)
async def test_hostile_text_is_spoken_as_words(
    speech: Speech, language: str, deep_run: bool
) -> None:
    """A fast run has every third; what of them becomes words is test_prompts.py's."""
    for text in HOSTILE[:: 1 if deep_run else 3]:
        await speech.say(prompts.spoken("address", {"address": text}, language), language)


async def test_text_that_is_no_words_breaks_no_voice(speech: Speech) -> None:
    """Even past ``prompts.harmless``: numbers without end fail, half a character fails."""
    for text in ("9" * 400, "\ud800", ""):
        with suppress(SpeechFailed):
            await speech.say(text, "fr")
    assert (await speech.say("Et la suite.", "fr")).name


def test_a_law_is_g711() -> None:
    pcm = np.arange(-32768, 32768)
    coded = np.frombuffer(sound.to_alaw(pcm / 32767), dtype=np.uint8).astype(np.int64) ^ 0x55
    low, segment = (coded & 0x0F) << 4, (coded & 0x70) >> 4
    size = np.where(segment == 0, low + 8, (low + 0x108) << np.maximum(segment - 1, 0))
    back = np.where(coded & 0x80, size, -size)
    assert np.abs(back - pcm)[np.abs(pcm) < 256].max() <= 8
    assert (np.abs(back - pcm) / np.maximum(np.abs(pcm), 256)).max() < 0.04


_KILLED = """
import asyncio, os, sys
from pathlib import Path
from ivr.speech import Speech
from ivr.speech.announcements import Announcements

async def main() -> None:
    own = Path(sys.argv[1])
    speech = Speech(own, own / "shared", Announcements(own / "announcements"))
    await speech.start()
    await speech.say("Bonjour.", "fr")
    print(speech._voice.pid, flush=True)
    os.kill(os.getpid(), 9)

asyncio.run(main())
"""


async def test_a_killed_telephony_process_leaves_no_voice_behind(tmp_path: Path) -> None:
    killed = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _KILLED, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await killed.communicate()
    voice_of_it = Path("/proc") / said.decode().strip()
    async with asyncio.timeout(20):
        while _lives(voice_of_it):  # noqa: ASYNC110 -- somebody else's child
            await asyncio.sleep(0.01)


def _lives(process: Path) -> bool:
    """Somebody else's child now: gone, or dead and not yet collected."""
    try:
        return " Z " not in (process / "stat").read_text()
    except OSError:
        return False

"""The matcher behind ``expect_prompt``: it hears a prompt through a telephone, and only it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from callflow.core.calls import prompts
from callflow.core.calls.dialogue import Phrase
from ivr.agi.runner import fixed_sentences, sentence
from ivr.asterisk.tree import cache_folder
from ivr.speech import Speech
from ivr.speech.announcements import Announcements
from tests.support.phones import hearing
from tests.support.phones.hearing import Samples

#: The first test waits for every prompt of the voice.
pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(600)]

#: The prompts that tests here name.
NAMED = ("not_alone", "ask_code")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sounds(
    tmp_path_factory: pytest.TempPathFactory, deep_run: bool
) -> AsyncIterator[dict[tuple[str, str], Samples]]:
    """Every fixed prompt, as the voice says it; a fast run has every eighth, and ``NAMED``."""
    folder: Path = tmp_path_factory.mktemp("speech")
    made = cache_folder() / "prompts"
    speech = Speech(folder / "own", made, Announcements(folder / "announcements"))
    await speech.start()
    if deep_run:
        await speech.prewarm(fixed_sentences())
    sounds = {}
    for language in prompts.LANGUAGES:
        for place, (key, texts) in enumerate(prompts.TEXTS.items()):
            if "{" not in texts[language] and (deep_run or place % 8 == 0 or key in NAMED):
                stem = await speech.sound(sentence(Phrase(key), language))
                data = stem.with_name(f"{stem.name}.alaw").read_bytes()
                sounds[key, language] = hearing.alaw(data)
    yield sounds
    await speech.close()


def _telephone(sound: Samples, seed: int = 1) -> Samples:
    """After 0.4 s, half as loud, with noise, a lost frame and, in a longer one, a repeated one."""
    random = np.random.default_rng(seed)
    frames = [sound[i : i + 160] for i in range(0, len(sound) - 159, 160)]
    if len(frames) > 100:
        again = len(frames) * 2 // 3
        frames.insert(again, frames[again])
    del frames[len(frames) // 3]
    line = np.concatenate([np.zeros(3_200), *frames, np.zeros(2_400)]) * 0.5
    return line + random.normal(0, 0.002, len(line))


@pytest.mark.parametrize("language", prompts.LANGUAGES)
async def test_every_prompt_is_recognised_on_a_bad_line_and_taken_for_no_other(
    sounds: dict[tuple[str, str], Samples], language: str
) -> None:
    said = {key: sound for (key, spoken), sound in sounds.items() if spoken == language}
    lines = [_telephone(sound) for sound in said.values()]
    begins = np.cumsum([0, *map(len, lines)]) / hearing.RATE
    evening = np.concatenate(lines)
    taken = {}
    for begin, (key, sound) in zip(begins, said.items(), strict=False):
        found = hearing.find(evening, sound)
        where = [list(said)[bisect_right(begins, f.at) - 1] for f in found]
        if where != [key] or found[0].at != pytest.approx(begin + 0.4, abs=0.06):
            taken[key] = where
    assert taken == {}


async def test_a_prompt_with_a_piece_missing_or_a_halt_in_it_is_none(
    sounds: dict[tuple[str, str], Samples],
) -> None:
    question = sounds["not_alone", "fr"]
    (found,) = hearing.find(_telephone(question), question)
    assert 0.34 < found.at < 0.5
    assert found.end == pytest.approx(0.4 + len(question) / hearing.RATE, abs=0.06)
    tenth = len(question) // 10
    for share in (0.3, 0.5, 0.7):
        middle = int(share * len(question))
        before, after = question[:middle], question[middle:]
        halt = np.zeros(int(0.2 * hearing.RATE))
        for torn in ((before,), (after,), (before, halt, after), (before, after[2 * tenth :])):
            assert hearing.find(_telephone(np.concatenate(torn)), question) == []


async def test_noise_silence_and_tones_are_no_prompt(
    sounds: dict[tuple[str, str], Samples], deep_run: bool
) -> None:
    """A fast run listens for ``NAMED`` alone."""
    random = np.random.default_rng(7)
    noise = random.normal(0, 0.1, 80_000)
    brown = np.cumsum(random.normal(0, 0.02, 80_000))
    brown -= np.convolve(brown, np.ones(400) / 400, mode="same")
    others = {
        "silence": np.zeros(80_000),
        "noise": noise,
        "rumble": brown,
        "tone": hearing.tone(425, seconds=10),
        "keys": np.concatenate([hearing.key_tone(k, 0.5) for k in "2580#*1234"]),
    }
    for what, sound in others.items():
        for name, expected in sounds.items():
            if not deep_run and name[0] not in NAMED:
                continue
            assert hearing.likeness(sound, expected) < 0.5, (what, name)


async def test_half_a_prompt_is_none(sounds: dict[tuple[str, str], Samples]) -> None:
    question = sounds["ask_code", "fr"]
    half = question[: len(question) // 2]
    assert hearing.find(_telephone(half), question) == []
    assert len(hearing.find(_telephone(question), half)) == 1


async def test_keys_are_found_in_tones_and_not_in_speech(
    sounds: dict[tuple[str, str], Samples],
) -> None:
    gap = np.zeros(1000)
    line = np.concatenate([np.concatenate([hearing.key_tone(k), gap]) for k in "2580#*1469D"])
    assert hearing.keys_heard(line) == "2580#*1469D"
    assert hearing.keys_heard(line * 0.05 + np.random.default_rng(3).normal(0, 0.0005, len(line)))
    said = {name: keys for name, s in sounds.items() if (keys := hearing.keys_heard(s))}
    assert said == {}

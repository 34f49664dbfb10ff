"""Everything that is said is equally loud by ITU-T P.56, whoever recorded it and at what rate."""

from __future__ import annotations

import numpy as np
import pytest

from callflow.core.calls import sound
from callflow.core.calls.sound import BadRecording, Samples, active_level

RATES = (8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000)


def speech(rate: int, *, level: float = 0.1, seconds: float = 3.0, seed: int = 1) -> Samples:
    """Bursts of coloured noise with pauses, half a second of silence at both ends."""
    dice = np.random.default_rng(seed)
    count = int(rate * seconds)
    noise = sound.resampled(dice.normal(0, 1, count), rate)
    noise = np.interp(np.arange(count) * 8000 / rate, np.arange(len(noise)), noise)
    at = np.arange(count) / rate
    syllables = np.clip(np.sin(2 * np.pi * 3 * at), 0, 1) * (at % 1.5 < 1.1)
    quiet = np.zeros(rate // 2)
    return np.concatenate([quiet, level * noise * syllables / noise.std(), quiet])


def test_a_tone_s_level_is_its_power() -> None:
    at = np.arange(80_000) / 8000
    for amplitude in (0.01, 0.1, 0.5):
        level = active_level(amplitude * np.sin(2 * np.pi * 440 * at))
        assert level == pytest.approx(20 * np.log10(amplitude / np.sqrt(2)), abs=0.15)


def test_long_pauses_change_no_level_and_its_own_loudness_does() -> None:
    said = speech(8000)
    slow = np.concatenate([said, np.zeros(40_000), said])
    assert active_level(slow) == pytest.approx(active_level(said), abs=0.1)
    assert active_level(said / 10) == pytest.approx(active_level(said) - 20, abs=0.3)
    assert active_level(np.zeros(8000)) == -np.inf


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("level", [0.01, 0.1, 0.2])
def test_a_recording_of_any_rate_and_loudness_is_levelled_and_not_clipped(
    rate: int, level: float
) -> None:
    ready = sound.announcement(np.column_stack([speech(rate, level=level)] * 2), rate)
    assert active_level(ready) == pytest.approx(sound.LEVEL_DBFS, abs=0.3)
    assert np.abs(ready).max() <= sound.PEAK
    heard = np.flatnonzero(np.abs(ready) > 10 ** (-50 / 20))
    assert heard[0] / 8000 < 0.06
    assert len(ready) / 8000 == pytest.approx(2.9, abs=0.3)  # half a second went at both ends


@pytest.mark.parametrize("rate", RATES)
def test_what_a_telephone_can_t_carry_is_not_folded_into_it(rate: int) -> None:
    at = np.arange(rate) / rate
    kept = sound.resampled(np.sin(2 * np.pi * 1000 * at), rate)
    assert np.sqrt((kept**2).mean()) == pytest.approx(np.sqrt(0.5), rel=0.02)
    for hertz in (20, 4_600, 7_000, 15_000):
        if hertz < rate / 2:
            gone = sound.resampled(np.sin(2 * np.pi * hertz * at), rate)[800:-800]
            assert np.sqrt((gone**2).mean()) < 0.003, hertz


def test_a_soft_first_consonant_is_kept() -> None:
    """60 ms, 35 dB below the vowel: an f before "fausse alarme"."""
    dice = np.random.default_rng(2)
    vowel = np.sin(2 * np.pi * 200 * np.arange(8000) / 8000) * 0.15
    soft = dice.normal(0, 10 ** (-35 / 20) * 0.1, 480)
    ready = sound.finish(np.concatenate([np.zeros(4000), soft, vowel]), 8000)
    loud = np.flatnonzero(np.abs(ready) > 0.05)[0] / 8000
    assert loud - sound.LEAD_S == pytest.approx(0.07, abs=0.02)


def test_channels_that_cancel_each_other_are_heard_all_the_same() -> None:
    said = speech(44_100)
    ready = sound.announcement(np.column_stack([said, -said]), 44_100)
    assert active_level(ready) == pytest.approx(sound.LEVEL_DBFS, abs=0.3)


@pytest.mark.parametrize(
    ("recording", "why"),
    [
        (np.clip(speech(44_100) * 12, -1, 1), "is clipped"),
        (np.clip(speech(44_100) * 12, -1, 1) * 0.6, "is clipped"),
        (speech(44_100, level=1e-4), "no speech in it"),
        (np.zeros(44_100), "no speech in it"),
        (np.zeros(0), "less than"),
        (speech(44_100, seconds=30), "it lasts 31.0 s"),
        (np.full(44_100, np.nan), "no numbers"),
        (speech(44_100)[22_050 : 22_050 + 4_000], "less than"),
    ],
)
def test_what_can_t_be_used_is_refused_with_a_reason(recording: Samples, why: str) -> None:
    with pytest.raises(BadRecording, match=why):
        sound.announcement(recording, 44_100)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("hertz", [80, 120, 400])
def test_a_loud_recording_without_clipping_is_taken(rate: int, hertz: int) -> None:
    """A deep voice stands nearly still at its peaks, in 16 bits."""
    at = np.arange(2 * rate) / rate
    deep = np.round(0.99 * 32767 * np.sin(2 * np.pi * hertz * at) * np.exp(-at)) / 32768
    sound.announcement(deep, rate)

"""How loud the sounds are, measured on what the page's own script renders: a higher priority is
louder than every lower one, however long that one was left alone; each sounds otherwise.

Loudness is BS.1770's momentary one: K-weighted, the loudest 0.4 s, in LUFS.
"""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from playwright.sync_api import Browser, Page

from tests.support.stations.web_station import WebProcess, WebStation
from web.kit.rendering import static_url

Samples = npt.NDArray[np.float64]

RATE = 48_000
PRIORITIES = ("p1", "p2", "p3", "p4")
TROUBLES = ("cut", "store")
#: Of rows: fresh, and as long left alone as makes a difference.
LEVELS = (0, 2, 5, 9)
#: What two sounds differ by where one is to be heard as the louder one, LU.
LOUDER = 3.0

RENDER = """async ([script, name, level, rate]) => {
  const { tones, loudness } = await import(script);
  const context = new OfflineAudioContext(1, 1.5 * rate, rate);
  tones(context, name, loudness(name, level));
  const heard = await context.startRendering();
  const whole = Int16Array.from(heard.getChannelData(0), (sample) => Math.round(sample * 32767));
  const bytes = new Uint8Array(whole.buffer);
  const parts = [];
  for (let at = 0; at < bytes.length; at += 32768)
    parts.push(String.fromCharCode(...bytes.subarray(at, at + 32768)));
  return btoa(parts.join(""));
}"""


@pytest.fixture(scope="module")
def page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    station = WebStation(tmp_path_factory.mktemp("sounds"))
    process = WebProcess(station)
    process.start()
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{process.url}/login")
        yield page
    process.kill()
    station.close()


@pytest.fixture(scope="module")
def heard(page: Page) -> dict[tuple[str, int], Samples]:
    """What each sound is at each level."""
    script = static_url("console/sounds.js")
    names: list[str] = page.evaluate("(script) => import(script).then((of) => of.names)", script)
    assert set(names) == {*PRIORITIES, *TROUBLES}
    asked = [(n, level) for n in names for level in (LEVELS if n in PRIORITIES else (0,))]
    return {of: rendered(page, script, *of) for of in asked}


def rendered(page: Page, script: str, name: str, level: int) -> Samples:
    """As the page's script plays it, from −1 to 1."""
    given = base64.b64decode(page.evaluate(RENDER, [script, name, level, RATE]))
    return np.frombuffer(given, dtype="<i2").astype(np.float64) / 32767


def _biquad(b: tuple[float, ...], a: tuple[float, ...], at: Samples) -> Samples:
    z = np.exp(-2j * np.pi * at / RATE)
    return np.asarray(
        np.abs((b[0] + b[1] * z + b[2] * z**2) / (1 + a[0] * z + a[1] * z**2)), dtype=np.float64
    )


def loudness(samples: Samples) -> float:
    """Momentary, in LUFS: the loudest 0.4 s, by the two filters of ITU-R BS.1770 at 48 kHz."""
    at: Samples = np.fft.rfftfreq(len(samples), 1 / RATE).astype(np.float64)
    shelf = _biquad(
        (1.53512485958697, -2.69169618940638, 1.19839281085285),
        (-1.69065929318241, 0.73248077421585),
        at,
    )
    high = _biquad((1.0, -2.0, 1.0), (-1.99004745483398, 0.99007225036621), at)
    weighted = np.fft.irfft(np.fft.rfft(samples) * shelf * high, len(samples))
    width = round(0.4 * RATE)
    energy = np.concatenate([[0.0], np.cumsum(weighted**2)])
    loudest = float(np.max(energy[width:] - energy[:-width])) / width
    return float(-0.691 + 10 * np.log10(loudest))


def pitches(samples: Samples) -> list[int]:
    """Of each tone, Hz to the nearest 10; 0.25 s from one to the next."""
    found = []
    for tone in samples.reshape(-1, RATE // 4):
        if np.abs(tone).max() > 0.001:
            strength = np.abs(np.fft.rfft(tone, RATE))
            found.append(10 * round(int(strength.argmax()) / 10))
    return found


def test_loudness_is_measured_as_the_standard_says() -> None:
    """A full-scale sine of 997 Hz is −3.01 LUFS (BS.1770-4, annex 1)."""
    sine = np.sin(2 * np.pi * 997 * np.arange(2 * RATE) / RATE)
    assert loudness(sine) == pytest.approx(-3.01, abs=0.05)


def test_a_higher_priority_is_louder_than_every_lower_one_at_any_level(
    heard: dict[tuple[str, int], Samples],
) -> None:
    loud = {of: loudness(samples) for of, samples in heard.items()}
    for upper, lower in itertools.pairwise(PRIORITIES):
        for level in LEVELS:
            assert loud[upper, level] - loud[lower, level] >= LOUDER
        quietest = min(loud[upper, level] for level in LEVELS)
        assert quietest - max(loud[lower, level] for level in LEVELS) > 0
    for name in PRIORITIES:  # what nobody takes comes back louder, until it is as loud as may be
        levels = [loud[name, level] for level in LEVELS]
        assert levels == sorted(levels)
        assert levels[-1] - levels[0] >= LOUDER - 0.5
    assert loud["p1", 0] > max(loud[name, 0] for name in TROUBLES)
    assert min(loud[name, 0] for name in TROUBLES) > loud["p2", 0]


def test_no_sound_is_distorted_or_too_soft_to_be_heard(
    heard: dict[tuple[str, int], Samples],
) -> None:
    peaks = {of: float(np.abs(samples).max()) for of, samples in heard.items()}
    assert max(peaks.values()) < 1
    assert min(loudness(samples) for samples in heard.values()) > -30


def test_no_two_sounds_begin_alike(heard: dict[tuple[str, int], Samples]) -> None:
    begins: dict[str, Any] = {
        name: tuple(pitches(heard[name, 0])) for name in (*PRIORITIES, *TROUBLES)
    }
    assert begins["p1"] == (990, 780, 990, 780, 990)
    assert len({said[:2] for said in begins.values()}) == len(begins)
    # The lower the priority, the lower the first tone and the fewer of them.
    first = [begins[name][0] for name in PRIORITIES]
    assert first == sorted(first, reverse=True)
    assert [len(begins[name]) for name in PRIORITIES] == [5, 3, 2, 1]

"""MixMonitor in the station's dialplan: both sides apart, the right length, codes not audible."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ivr.asterisk.configuration import DTMF_TONES
from ivr.asterisk.network_log import SeenCall
from ivr.asterisk.simulator import Inband, Phone
from tests.integration.asterisk.conftest import Pair
from tests.integration.asterisk.throwaway import AgiCall, AgiServer, Ami, until

RATE = 8000
Samples = npt.NDArray[np.float64]


def _sides(path: Path) -> tuple[Samples, Samples]:
    """What the person said and what the person heard."""
    both = np.fromfile(path, dtype="<i2").astype(float).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def _amplitudes(samples: Samples, hertz: float) -> Samples:
    """The amplitude of one frequency in each 50 ms."""
    size = RATE // 20
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    wave = np.exp(-2j * np.pi * hertz * np.arange(size) / RATE)
    amplitudes: Samples = 2 * np.abs(frames @ wave) / size
    return amplitudes


def _loudness(samples: Samples, hertz: float) -> float:
    return float(_amplitudes(samples, hertz).max())


def _keys_heard(samples: Samples) -> set[str]:
    """The keys whose two tones sound together, and alone."""
    frequencies = sorted({hertz for tones in DTMF_TONES.values() for hertz in tones})
    amplitudes = np.array([_amplitudes(samples, hertz) for hertz in frequencies])
    found = set()
    for moment in amplitudes.T:
        floor = max(500.0, moment.max() * 0.4)
        sounding = tuple(hertz for hertz, a in zip(frequencies, moment, strict=True) if a > floor)
        found |= {key for key, tones in DTMF_TONES.items() if tones == sounding}
    return found


def _ended(pair: Pair, number: str) -> SeenCall:
    until(lambda: any(c.to == number and c.ended_at for c in pair.simulator.calls()))
    return next(c for c in pair.simulator.calls() if c.to == number)


def test_each_side_is_in_its_own_channel_from_the_answer_to_the_end(
    pair: Pair, ami: Ami, agi: AgiServer
) -> None:
    def dialogue(call: AgiCall) -> None:
        call.do('EXEC Playtones "1000"')
        call.do('EXEC Wait "2.5"')
        call.done()

    agi.script = dialogue
    pair.simulator.set_phone(Phone(number="+33639986001", after_s=0.3, tone_hz=440))
    call = ami.originate("33639986001")
    ami.event("Hangup", call)
    said, heard = _sides(pair.recordings / f"{call}.raw")
    seen = _ended(pair, "+33639986001")
    assert seen.answered_at is not None
    assert seen.ended_at is not None
    length = seen.ended_at - seen.answered_at
    assert abs(timedelta(seconds=len(said) / RATE) - length) < timedelta(seconds=0.1)
    assert _loudness(said, 440) > 1000 > 100 > _loudness(said, 1000)
    assert _loudness(heard, 1000) > 1000 > 100 > _loudness(heard, 440)


def test_rfc_4733_keys_do_not_sound_and_in_band_ones_do_unless_muted(
    pair: Pair, ami: Ami, agi: AgiServer
) -> None:
    pair.simulator.set_phone(
        Phone(number="+33639986002", after_s=0, keys="2580#", inband=Inband.ALSO)
    )
    pair.simulator.set_phone(Phone(number="+33639986003", after_s=0, keys="2580#"))
    agi.script = lambda call: call.done() if call.keys(pair.prompt, 8) else None
    open_line, clean = ami.originate("33639986002"), ami.originate("33639986003")
    ami.event("Hangup", open_line)
    ami.event("Hangup", clean)
    assert _keys_heard(_sides(pair.recordings / f"{open_line}.raw")[0]) == set("2580#")
    assert _keys_heard(_sides(pair.recordings / f"{clean}.raw")[0]) == set()


def test_muting_silences_a_code_without_shortening_the_recording(
    pair: Pair, ami: Ami, agi: AgiServer
) -> None:
    def mute(call: AgiCall, state: str) -> None:
        answer = ami.send(
            Action="MixMonitorMute",
            Channel=call.headers["agi_uniqueid"],
            Direction="read",
            State=state,
        )
        assert answer["Response"] == "Success", answer

    def dialogue(call: AgiCall) -> None:
        mute(call, "1")
        assert call.keys(pair.prompt, 8) == "2580"
        mute(call, "0")
        # Not WAIT FOR DIGIT: it sends no silence, so a key's 0.12 s without media are lost.
        call.keys(pair.prompt, 1)
        call.done()

    agi.script = dialogue
    pair.simulator.set_phone(
        Phone(number="+33639986004", after_s=0, keys="2580#w1", inband=Inband.ALSO)
    )
    call = ami.originate("33639986004")
    ami.event("Hangup", call)
    said, heard = _sides(pair.recordings / f"{call}.raw")
    seen = _ended(pair, "+33639986004")
    assert seen.answered_at is not None
    assert seen.ended_at is not None
    length = (seen.ended_at - seen.answered_at).total_seconds()
    assert abs(len(said) / RATE - length) < 0.1
    assert _keys_heard(said) == {"1"}
    assert np.abs(heard).max() > 1000


def test_a_key_in_a_silent_wait_does_not_shorten_the_recording(
    pair: Pair, ami: Ami, agi: AgiServer
) -> None:
    silence = str(Path(pair.prompt).parent / "silence" / "1")
    agi.script = lambda call: (
        call.done() if call.keys(pair.prompt, 8) + call.keys(silence, 1) else None
    )
    pair.simulator.set_phone(Phone(number="+33639986005", after_s=0, keys="2580#ww1"))
    call = ami.originate("33639986005")
    ami.event("Hangup", call)
    said, _ = _sides(pair.recordings / f"{call}.raw")
    seen = _ended(pair, "+33639986005")
    assert seen.answered_at is not None
    assert seen.ended_at is not None
    assert abs(len(said) / RATE - (seen.ended_at - seen.answered_at).total_seconds()) < 0.1

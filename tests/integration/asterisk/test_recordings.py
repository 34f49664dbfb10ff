"""MixMonitor in the station's dialplan: both sides apart, the right length, codes not audible."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from ivr.asterisk.configuration import DTMF_TONES
from ivr.asterisk.simulator import Inband, Phone
from tests.integration.asterisk.conftest import Pair
from tests.integration.asterisk.throwaway import AgiCall, AgiServer, Ami, until
from tests.support.suite.run_delay import RunDelay

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


def _recording(pair: Pair, ami: Ami, call: str) -> tuple[Samples, Samples]:
    """Both sides of a call, once it is over and Asterisk has written all of it."""
    ami.event("Hangup", call)
    file = pair.recordings / f"{call}.raw"
    held = Path(f"/proc/{pair.station.pid()}/fd")
    until(lambda: all(not _leads_to(entry, file) for entry in held.iterdir()))
    return _sides(file)


def _leads_to(entry: Path, file: Path) -> bool:
    try:
        return entry.readlink() == file
    except FileNotFoundError:  # closed meanwhile
        return False


@pytest.fixture
def held_up(pair: Pair) -> Iterator[RunDelay]:
    """The time in which either side's Asterisk was not let work."""
    with RunDelay(*filter(None, (pair.station.pid(), pair.network.pid()))) as watched:
        yield watched


def _is_whole(said: Samples, ami: Ami, call: str, held_up: RunDelay) -> None:
    """It lasts from the answer to the end, by the clock of the Asterisk that recorded it; while
    neither was let work nothing was said."""
    events = ami.event("Newstate", call, ChannelStateDesc="Up"), ami.event("Hangup", call)
    answered, ended = (float(event["Timestamp"]) for event in events)
    lasted, waited = ended - answered, held_up.seconds
    assert lasted - waited - 0.1 < len(said) / RATE < lasted + 0.1, f"waited for a core: {waited}"


def test_each_side_is_in_its_own_channel_from_the_answer_to_the_end(
    pair: Pair, ami: Ami, agi: AgiServer, held_up: RunDelay
) -> None:
    def dialogue(call: AgiCall) -> None:
        call.do('EXEC Playtones "1000"')
        call.do('EXEC Wait "2.5"')
        call.done()

    agi.script = dialogue
    pair.simulator.set_phone(Phone(number="+33639986001", after_s=0.3, tone_hz=440))
    call = ami.originate("33639986001")
    said, heard = _recording(pair, ami, call)
    _is_whole(said, ami, call, held_up)
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
    assert _keys_heard(_recording(pair, ami, open_line)[0]) == set("2580#")
    assert _keys_heard(_recording(pair, ami, clean)[0]) == set()


def test_muting_silences_a_code_without_shortening_the_recording(
    pair: Pair, ami: Ami, agi: AgiServer, held_up: RunDelay
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
    said, heard = _recording(pair, ami, call)
    _is_whole(said, ami, call, held_up)
    assert _keys_heard(said) == {"1"}
    assert np.abs(heard).max() > 1000


def test_a_key_in_a_silent_wait_does_not_shorten_the_recording(
    pair: Pair, ami: Ami, agi: AgiServer, held_up: RunDelay
) -> None:
    silence = str(Path(pair.prompt).parent / "silence" / "1")
    agi.script = lambda call: (
        call.done() if call.keys(pair.prompt, 8) + call.keys(silence, 8) else None
    )
    # Eight keys without media would be a second less.
    pair.simulator.set_phone(Phone(number="+33639986005", after_s=0, keys="2580#ww14725836"))
    call = ami.originate("33639986005")
    said, _ = _recording(pair, ami, call)
    _is_whole(said, ami, call, held_up)

"""An announcement recorded in a studio is what people hear, as loud as all else, until it is
taken away."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from callflow.core.calls import sound
from callflow.core.signals.signal import Kind
from ivr.speech import voice
from tests.support.phones import hearing
from tests.support.phones.hearing import Samples
from tests.support.rows import sites
from tests.support.sip.sip_players import Players
from tests.support.stations.played_station import PlayedStation, called

pytestmark = pytest.mark.asyncio(loop_scope="package")

RATE = 44_100


def in_the_studio(file: Path) -> Samples:
    """A speaker, much too loud and in stereo; what they said, at the telephone's rate."""
    said = voice.synthesise("Quelqu'un ouvre la centrale, dit la speakerine.", "fr-FR")
    at = np.arange(int(len(said) * RATE / voice.RATE)) * voice.RATE / RATE
    loud = np.interp(at, np.arange(len(said)), said)
    loud *= 0.98 / np.abs(loud).max()
    soundfile.write(file, np.column_stack([loud, loud]), RATE, subtype="PCM_16")
    words = np.flatnonzero(np.abs(said) > 0.02)
    return sound.resampled(said[words[0] : words[-1]], voice.RATE)


async def hears_the_situation(played: tuple[PlayedStation, Players]) -> Samples:
    """One alarm; all that was heard from the code to the site's name."""
    call = await called(played, sites.number(692), "TA")
    await call.hears("greeting", 0.1, station="Callflow")
    await call.player.types("2580#")
    await call.hears("code_ok")
    await call.hears("situation", kind=Kind.TAMPER)
    await call.hears("site", site="Fromagerie du Vallon", written="fr")
    await call.player.types("1")
    await call.hears("goodbye")
    return hearing.alaw(call.heard)


async def test_a_studio_recording_is_heard_instead_of_the_voice(
    played: tuple[PlayedStation, Players], tmp_path: Path
) -> None:
    file, (station, _) = tmp_path / "tamper.wav", played
    said = in_the_studio(file)
    await station.cli("ivr", "announce", "situation-tamper", str(file))
    heard = await hears_the_situation(played)
    (found,) = hearing.find(heard, said)
    spoken = heard[int(found.at * hearing.RATE) : int(found.end * hearing.RATE)]
    assert sound.active_level(spoken) == pytest.approx(sound.LEVEL_DBFS, abs=0.5)
    assert np.abs(spoken).max() < 0.93

    await station.cli("ivr", "remove", "situation-tamper")
    assert hearing.find(await hears_the_situation(played), said) == []

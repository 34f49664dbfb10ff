"""A provisional instruction that a client dictated on the phone: its sound, its call, its rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import soundfile

from callflow import clock
from callflow.core.sites.instructions import Instruction, InstructionKind
from callflow.digest import of_file as sha256_of
from callflow.handling.callers import call_backs
from callflow.handling.calls import dialogues, voices
from callflow.handling.records import playbacks
from callflow.handling.sites import instructions as sites_instructions
from callflow.storage import Tx
from callflow.storage.sites import instructions
from tests.support.stations.web_station import WebStation


def dictated(station: WebStation, site: str, call_id: str = "1795200000.1") -> str:
    """A client of ``site`` said something for two seconds, and confirmed it; the instruction's id.

    Nobody has listened to it yet.
    """
    voice, now = f"{call_id}.1", clock.now()
    file = station.settings.recordings_dir / "spoken" / f"{voice}.wav"
    file.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(file, np.sin(np.arange(16_000) / 3) * 0.3, 8000, subtype="PCM_16")
    kept: dict[str, Any] = dict(
        name=voice, path=f"spoken/{voice}.wav", sha256=sha256_of(file), duration=2.0
    )
    made = Instruction(
        id="",
        site_id=site,
        kind=InstructionKind.NOTE,
        begins_at=now,
        ends_at=now + timedelta(days=2),
        author="Camille Le Goff",
        made_at=now,
        voice=voice,
    )

    def run(tx: Tx) -> str:
        dialogues.incoming_call(tx, call_id, "+33639980150", station.settings.node, now)
        voices.said(tx, call_id, now=now, **kept)
        row = sites_instructions.make(tx, site, made, lowers=False, now=now)
        voices.confirmed(tx, call_id, now)
        call_backs.instruction_left(tx, row.id, call_id, now)
        return str(row.id)

    return str(station.do(run))


def plays(station: WebStation, site: str, who: str) -> None:
    """``who`` listens to what was dictated for ``site``."""

    def run(tx: Tx) -> None:
        for row in instructions.of_site(tx, site, limit=9):
            assert row.voice is not None
            call_id = row.voice.rpartition(".")[0]
            playbacks.played(tx, playbacks.SPOKEN, row.voice, call_id, who, clock.now())

    station.do(run)

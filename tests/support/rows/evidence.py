"""An alarm with calls, words, sounds and images, its evidence file, and ways to tamper with one."""

from __future__ import annotations

import functools
import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from callflow import clock
from callflow.core.alarms.incident import Incident
from callflow.core.calls.call import Call, CallState, Outcome
from callflow.core.messages.outbox import Image, Take
from callflow.core.records.disclosure import Asked, Disclosure
from callflow.core.records.masking import Requester
from callflow.disclosure import making, verify
from callflow.disclosure.making import Made, Workshop, make
from callflow.handling.alarms import operating
from callflow.handling.base.telling import tell
from callflow.handling.calls.recordings import recording_finished
from callflow.handling.records import disclosures
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.calls import calls
from callflow.storage.messages import outbox
from callflow.storage.records import sealing
from tests.support.stations.web_station import WebStation

PROGRAM = Path(verify.__file__)
ASKED = Asked(
    requester=Requester.INSURER,
    name="Assurances réunies",
    reason="sinistre du 30 novembre",
    reference="SIN-2026-117",
)


def asked(**changes: Any) -> Asked:
    """What an insurer asks for, but for ``changes``."""
    return replace(ASKED, **changes)


@functools.cache
def oldest_python() -> str:
    """The oldest CPython from 3.9 on that this machine has: this one where there is no other."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    names = [f"python3.{minor}" for minor in range(9, sys.version_info.minor)]
    for name in names:
        for path in (*sorted(pyenv.glob(f"{name[6:]}.*/bin/{name}")), Path("/usr/bin", name)):
            if path.exists() and _runs(path):
                return str(path)
    return sys.executable


def _runs(path: Path) -> bool:
    return subprocess.run([path, "-I", "-c", ""], capture_output=True, check=False).returncode == 0


def run(program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The small program, with no package but the standard library's, on the oldest Python."""
    command = [oldest_python(), "-I", "-S", str(program), *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=60)


def a_break_in(station: WebStation) -> Incident:
    """Anne Le Goff was called and did not answer well, Yves Morvan came; notes, a still, a seal."""
    incident = station.alarm(text="Ouverture Yves Morvan 06 39 98 10 02")
    for rank in (1, 2):
        add_call(station, incident.id, f"1001-{rank}", os.urandom(2000))
    add_image(station, incident.id, os.urandom(3000))
    now = clock.now()
    station.do(lambda tx: operating.claim(tx, incident.id, "odile", now))
    note = "Mme Le Goff rappelle du 06.39.98.77.77, M. MORVAN est sur place avec Zoé Tanguy"
    station.do(lambda tx: operating.note(tx, incident.id, "odile", note, now))
    station.do(lambda tx: operating.note(tx, incident.id, "odile", "Porte ouverte", now))
    station.do(lambda tx: sealing.seal(tx, clock.now()))
    return incident


def add_call(station: WebStation, incident_id: str, contact: str, content: bytes) -> str:
    """A call to a contact that ended, with its recording; its id."""
    now, rank = clock.now(), contact[-1]
    call = Call(
        id=os.urandom(8).hex(),
        step="keyholders",
        to=f"+3363998100{rank}",
        attempt=1,
        state=CallState.ENDED,
        requested_at=now,
        incident_id=incident_id,
        contact_id=contact,
        node=station.settings.node,
        outcome=Outcome.NO_KEY,
        answered_at=now,
        ended_at=now,
    )
    told = {"to": call.to, "who": "Anne Le Goff" if rank == "1" else "Yves Morvan"}

    def write(tx: Tx) -> None:
        calls.insert(tx, call)
        incident = incidents.get(tx, incident_id)
        tell(tx, "call_ended", now, incident, call=call.id, outcome="no_key", **told)

    station.do(write)
    add_recording(station, call.id, content)
    return call.id


def add_recording(station: WebStation, call_id: str, content: bytes) -> Path:
    """A call's recording, of any bytes."""
    path = station.settings.recordings_dir / f"{call_id}.wav"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    of_file = {"path": path.name, "sha256": hashlib.sha256(content).hexdigest()}
    station.do(
        lambda tx: recording_finished(
            tx, call_id, **of_file, duration=1.0, problem="", now=clock.now()
        )
    )
    return path


def add_image(station: WebStation, incident_id: str, content: bytes) -> Path:
    """A still, of any bytes."""
    name = os.urandom(16).hex()
    path = station.settings.images_dir / incident_id / f"{name}.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    image = Image(
        id=name,
        incident_id=incident_id,
        camera="hall",
        name="Hall",
        taken_at=clock.now(),
        take=Take.STILL,
        path=f"{incident_id}/{name}.jpg",
        sha256=hashlib.sha256(content).hexdigest(),
    )
    about = {"camera": "Hall", "sha256": image.sha256, "image": name}

    def write(tx: Tx) -> None:
        outbox.insert_image(tx, image)
        tell(tx, "image_fetched", clock.now(), incidents.get(tx, incident_id), **about)

    station.do(write)
    return path


def workshop(station: WebStation, **changes: Any) -> Workshop:
    """As the station makes its files."""
    made = making.workshop(station.settings, station.vault)
    return replace(made, **changes)


def ask(station: WebStation, incident_id: str, of: Asked = ASKED) -> Disclosure:
    """Somebody asks for an alarm's file."""
    now = clock.now()
    made: Disclosure = station.do(lambda tx: disclosures.ask(tx, incident_id, of, "odile", now))
    return made


def a_file(
    station: WebStation, incident_id: str, path: Path, of: Asked = ASKED, **changes: Any
) -> Made:
    """The file that is made for whoever asks."""
    asked_for = ask(station, incident_id, of)
    collected = station.store.read_now(lambda tx: disclosures.collect(tx, asked_for.id))
    with path.open("w+b") as out:
        made = make(collected, workshop(station, **changes), out, clock.now(), report=b"%PDF")
    station.do(lambda tx: disclosures.made(tx, asked_for, "odile", clock.now(), **made.told))
    return made

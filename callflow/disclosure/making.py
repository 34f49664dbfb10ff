"""An alarm's evidence file is made: masked, packed, signed, stamped."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import structlog

from callflow.core.records import disclosure
from callflow.core.records.disclosure import Disclosure, Extract, Include, LeftOut, Why
from callflow.core.records.masking import SEES_IMAGES, Masking, Third
from callflow.core.time.instants import to_iso
from callflow.disclosure import verify
from callflow.disclosure.archive import Packed, Packer, pieces_of
from callflow.disclosure.stamping import NotStamped, Service, stamp
from callflow.handling.records.disclosures import Collected
from callflow.settings.config import Settings
from callflow.vault import Vault

log = structlog.get_logger(__name__)

REPORT = "report.pdf"


@dataclass(frozen=True, kw_only=True, slots=True)
class Workshop:
    """What a file is made with: whose station, where its files lie, who signs, who stamps."""

    node: str
    recordings: Path
    images: Path
    sign: Callable[[bytes], bytes]
    public_key: bytes
    stamps: Service | None = None


def workshop(settings: Settings, vault: Vault, *, stamps: bool = True) -> Workshop:
    """This machine's. ``stamps``: it may ask for one, where a service is set."""
    url, authorities = settings.time_stamp_url, settings.time_stamp_authorities
    return Workshop(
        node=settings.node,
        recordings=settings.recordings_dir,
        images=settings.images_dir,
        sign=vault.sign,
        public_key=vault.public_key,
        stamps=Service(url, authorities) if url and stamps else None,
    )


def own_numbers(settings: Settings) -> frozenset[str]:
    """The station's: nobody's who would be masked."""
    numbers = {settings.station_number, settings.human_number, *settings.panel_numbers}
    for trunk in settings.all_trunks:
        numbers |= {trunk.machine_number, trunk.human_number}
    called = (*settings.desk_phones, *settings.duty_numbers, *settings.peer_numbers)
    return frozenset(filter(None, (*numbers, *called)))


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """A file that was made: what of it is told."""

    size: int
    sha256: str
    masked: int
    left_out: int
    stamped: bool
    faults: tuple[str, ...] = ()

    @property
    def told(self) -> dict[str, Any]:
        """What is written down of it."""
        return {name: value for name, value in asdict(self).items() if name != "faults"}


@dataclass(frozen=True, slots=True)
class Sound:
    """A file of the station that may go in: of a call, or of a camera."""

    what: str  # recording, voice, image
    of: str  # as the logbook names it
    folder: str
    path: Path
    at: datetime
    sha256: str | None
    problem: str
    why: Why | None  # it is left out


def make(
    collected: Collected,
    workshop: Workshop,
    out: BinaryIO,
    now: datetime,
    progress: Callable[[int, int], None] = lambda done, total: None,
    report: bytes | None = None,
) -> Made:
    """Write the file to ``out``; ``progress`` is told how many bytes of how many there are so far.
    Raises archive.TooLarge, OSError."""
    masking = Masking(collected.scope)
    wanted, left_out = chosen(collected, workshop)
    total, done = sum(one.path.stat().st_size for one in wanted) + 1, 0

    def packed(size: int) -> None:
        nonlocal done
        done += size
        progress(min(done, total), total)

    packer, files = Packer(out, packed), []
    if report is not None:
        files.append(_file(packer.add(REPORT, [report])))
    else:
        left_out.append(LeftOut("report", REPORT, Why.PROBLEM))
    for number, one in enumerate(wanted, 1):
        name = disclosure.file_name(one.folder, number, one.at, one.of, one.path.suffix)
        files.append({**_file(packer.add(name, pieces_of(one.path))), "of": one.of})
    faults = [*collected.faults, *_changed(files, wanted)]
    signals = [disclosure.signal_line(signal, masking) for signal in collected.signals]
    site = collected.incident.site_id
    extract = disclosure.extract(collected.entries, site, masking, collected.excused)
    program = Path(verify.__file__).read_bytes()
    for name, lines in (
        ("signals.jsonl", signals),
        ("logbook.jsonl", extract.lines),
        ("verify.py", [program]),
    ):
        files.append(_file(packer.add(name, lines)))
    faults += extract.faults
    manifest = _manifest(collected, masking, extract, left_out, faults, now)
    manifest |= {"files": files, "signals": len(signals), "key": workshop.public_key.hex()}
    stamped = _seal(packer, manifest, workshop)
    packer.finish()
    return Made(
        **_whole(out),
        masked=len(extract.masked),
        left_out=len(left_out),
        stamped=stamped,
        faults=tuple(faults),
    )


def _file(packed: Packed) -> dict[str, Any]:
    return asdict(packed)


def _whole(out: BinaryIO) -> dict[str, Any]:
    size, digest = out.tell(), hashlib.sha256()
    out.seek(0)
    while piece := out.read(1 << 20):
        digest.update(piece)
    return {"size": size, "sha256": digest.hexdigest()}


def _changed(files: list[dict[str, Any]], wanted: list[Sound]) -> Iterator[str]:
    """What is no longer what it was when it came."""
    came = {one.of: one.sha256 for one in wanted}
    for one in files:
        if came.get(one.get("of", ""), one["sha256"]) != one["sha256"]:
            yield str(one["name"])


# --- sounds and images ----------------------------------------------------------------------


def chosen(collected: Collected, workshop: Workshop) -> tuple[list[Sound], list[LeftOut]]:
    """The sounds and images that go in, and those that don't."""
    wanted, left_out = [], []
    for one in (*_sounds(collected, workshop), *_images(collected, workshop)):
        why = one.why or _gone(one)
        if why is None:
            wanted.append(one)
        else:
            left_out.append(LeftOut(one.what, one.of, why))
    return wanted, left_out


def _gone(one: Sound) -> Why | None:
    if one.problem == "purged":
        return Why.RETENTION
    if not one.sha256:
        return Why.PROBLEM
    return None if one.path.is_file() else Why.ELSEWHERE


def _sounds(collected: Collected, workshop: Workshop) -> Iterator[Sound]:
    shown, choice = collected.scope.shown, collected.disclosure.recordings
    whys: dict[str, Why | None] = {}
    for call in collected.calls:
        why = _why(choice, seen=collected.whose[call.id] in shown)
        whys[call.id] = why if call.node == workshop.node else why or Why.ELSEWHERE
        recording = collected.recordings.get(call.id)
        if recording is not None:
            yield Sound(
                *("recording", call.id, "recordings"),
                _inside(workshop.recordings, recording.path),
                call.answered_at or call.placed_at or call.requested_at,
                *(recording.sha256, recording.problem, whys[call.id]),
            )
    for note in collected.voices:
        path = _inside(workshop.recordings, note.path)
        problem = "" if note.path else "purged"
        about = (note.sha256, problem, whys[note.call_id])
        yield Sound("voice", note.name, "recordings", path, note.said_at, *about)


def _images(collected: Collected, workshop: Workshop) -> Iterator[Sound]:
    asked = collected.disclosure
    why = _why(asked.images, seen=asked.requester in SEES_IMAGES)
    for image in collected.images:
        path = _inside(workshop.images, image.path)
        about = (image.sha256, image.problem, why)
        yield Sound("image", image.id, "images", path, image.taken_at, *about)


def chosen_images(collected: Collected) -> frozenset[str]:
    """The ids of the images that go in, by rule and choice."""
    asked = collected.disclosure
    seen = _why(asked.images, seen=asked.requester in SEES_IMAGES) is None
    return frozenset(image.id for image in collected.images if seen)


def _why(choice: Include, *, seen: bool) -> Why | None:
    """Why it is left out, by choice or by rule; None: it is not."""
    if choice is Include.NONE:
        return Why.CHOICE
    return None if choice is Include.ALL or seen else Why.THIRD_PERSON


def _inside(folder: Path, relative: str) -> Path:
    """The file in ``folder``; one that is nowhere where a row leads out of it."""
    path = Path(folder, relative).resolve()
    inside = relative and path.is_relative_to(folder.resolve())
    return path if inside else folder / "missing"


# --- the manifest ---------------------------------------------------------------------------


def _manifest(
    collected: Collected,
    masking: Masking,
    extract: Extract,
    left_out: list[LeftOut],
    faults: list[str],
    now: datetime,
) -> dict[str, Any]:
    incident, asked, site = collected.incident, collected.disclosure, collected.site
    return {
        "format": disclosure.FORMAT,
        "made_at": to_iso(now),
        "incident": {
            "id": incident.id,
            "site": site.name if site else "",
            "site_id": incident.site_id,
            "account": incident.account,
            "kind": incident.kind.value,
            "opened_at": to_iso(incident.opened_at),
            "closed_at": to_iso(incident.closed_at) if incident.closed_at else None,
        },
        "disclosure": _asked(asked) | {"made_by": masking.text(asked.asked_by)},
        "masking": {
            "shown": sorted(collected.scope.shown),
            "masked": sorted(set(Third) - collected.scope.shown),
            "beyond_the_rule": list(asked.also),
            "words": len(asked.words),
            "recordings": asked.recordings,
            "images": asked.images,
            "note": "Free texts are masked where they name somebody whom the station knows, have"
            " a telephone number, or a word that was given.",
        },
        "chain": {"name": extract.chain, "entries": len(extract.lines), "head": extract.head},
        "masked": [asdict(one) for one in extract.masked],
        "seals": [{**asdict(one), "at": to_iso(one.at)} for one in collected.seals],
        "left_out": [asdict(one) for one in left_out],
        "faults": faults,
    }


def _asked(asked: Disclosure) -> dict[str, Any]:
    return {
        "id": asked.id,
        "requester": asked.requester,
        "name": asked.name,
        "reason": asked.reason,
        "reference": asked.reference,
        "asked_at": to_iso(asked.asked_at),
    }


def _seal(packer: Packer, manifest: dict[str, Any], workshop: Workshop) -> bool:
    """Write the manifest, its time stamp, and the signature over both; True: it is stamped."""
    raw, token = _written(manifest | {"time_stamp": None}), None
    if workshop.stamps is not None:
        raw = _written(manifest | {"time_stamp": {"service": workshop.stamps.url}})
        try:
            token = stamp(workshop.stamps, raw)
        except NotStamped as error:
            log.warning("disclosure.not_stamped", why=str(error))
            missing = {"service": workshop.stamps.url, "missing": True}
            raw = _written(manifest | {"time_stamp": missing})
    packer.add(verify.MANIFEST, [raw])
    if token is not None:
        packer.add(verify.STAMP, [token])
    text = verify.signed_text(raw, token)
    signature = workshop.sign(text.encode()).hex()
    said = f"{text}key {workshop.public_key.hex()}\nsignature {signature}\n"
    packer.add(verify.SIGNATURE, [said.encode()])
    return token is not None


def _written(manifest: dict[str, Any]) -> bytes:
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True)
    return text.encode() + b"\n"

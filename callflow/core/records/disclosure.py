"""An alarm's evidence file, as it is put together: what of the logbook, the signals, sounds and
images goes in, in what form, and what its manifest says. Pure: values in, lines and JSON out.

``callflow/disclosure/verify.py`` reads it, without anything of ours. An entry that is shown whole
carries its salt, so that its hash can be computed; a masked one carries none, and its place in the
chain is proven by its hash alone: nobody finds a name by trying.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from callflow.core.records.logbook import COVERED, ERASED, Entry, Mac, Seal, entry_hash, is_proven
from callflow.core.records.masking import OTHER_SITE, Masking, Requester, Third
from callflow.core.signals.signal import StoredSignal
from callflow.core.time.instants import to_iso

FORMAT = "callflow evidence 1"


class Include(StrEnum):
    """Which sounds, or images, go in."""

    RULE = "rule"  # those of people whom the requester sees
    ALL = "all"
    NONE = "none"


class Why(StrEnum):
    """Why something is masked, or left out."""

    THIRD_PERSON = "third_person"
    ERASED = "erased"  # a person was taken out of it (GDPR, art. 17)
    COVERED = "covered"  # its time was over
    CHOICE = "choice"
    RETENTION = "retention"  # its time was over, and its file is gone
    ELSEWHERE = "elsewhere"  # on another machine of the station
    PROBLEM = "problem"  # it was never whole


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """Who asks for an alarm's evidence, why, by what right, and what was chosen for the file."""

    requester: Requester
    name: str  # the service or firm, and who there
    reason: str
    reference: str  # the requisition, the claim, the letter
    recordings: Include = Include.RULE
    images: Include = Include.RULE
    also: tuple[Third, ...] = ()  # shown beyond the rule
    words: tuple[str, ...] = ()  # masked beyond the rule


@dataclass(frozen=True, kw_only=True, slots=True)
class Disclosure(Asked):
    """It was asked for, and written down; times are UTC. ``sha256`` and ``size`` are the latest
    file's that was made of it."""

    id: str
    incident_id: str
    asked_by: str  # of the station
    asked_at: datetime
    made_at: datetime | None = None
    size: int | None = None
    sha256: str | None = None
    masked: int | None = None
    left_out: int | None = None
    stamped: bool = False


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A sound or an image that is not in the file."""

    what: str
    name: str
    why: Why


@dataclass(frozen=True, slots=True)
class Masked:
    """An entry that is not shown as it was told; ``left`` is the digest of what is left of it."""

    seq: int
    why: Why
    left: str


@dataclass(frozen=True, slots=True)
class SealOfChain:
    """What a seal holds of one chain."""

    number: int
    at: datetime
    seq: int
    hash: str
    mac: str


@dataclass(frozen=True, slots=True)
class Extract:
    """A chain's entries as they are shown, what is masked of them, and what is wrong with them."""

    lines: tuple[bytes, ...]
    masked: tuple[Masked, ...]
    faults: tuple[str, ...]
    chain: str
    head: str


def line(value: Mapping[str, Any]) -> bytes:
    """A line of JSON."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def told(entry: Entry) -> dict[str, Any]:
    """What an entry's hash is computed over."""
    fields: dict[str, Any] = {
        name: getattr(entry, name)
        for name in ("id", "chain", "seq", "site", "incident", "who", "kind", "text", "data")
    }
    fields |= {"at": to_iso(entry.at), "previous": entry.previous}
    if entry.salt:
        fields["salt"] = entry.salt
    if entry.mac is not None:
        fields["number"] = entry.number
    return fields


def digest(fields: Mapping[str, Any]) -> str:
    """The hash of what an entry tells."""
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def extract(
    entries: Sequence[Entry],
    site: str | None,
    masking: Masking,
    excused: Mapping[str, tuple[str, str]],
) -> Extract:
    """The entries of one chain in their order, masked. ``excused``: {id: (hash, digest of what is
    left)} of those that a person was taken out of."""
    lines, masked, faults = [], [], list(_breaks(entries))
    for entry in entries:
        shown, why = _shown(entry, site, masking)
        if entry_hash(entry) != entry.hash:
            why = Why.COVERED if entry.kind == COVERED else Why.ERASED
            if excused.get(entry.id) != (entry.hash, entry_hash(entry)):
                faults.append(f"logbook.jsonl, {entry.seq}: {entry.id}")
        if why is not None:
            shown.pop("salt", None)
            masked.append(Masked(entry.seq, why, digest(shown)))
        lines.append(line({**shown, "hash": entry.hash}))
    last = entries[-1] if entries else None
    return Extract(
        lines=tuple(lines),
        masked=tuple(masked),
        faults=tuple(faults),
        chain=last.chain if last else "",
        head=last.hash if last else "",
    )


def _shown(entry: Entry, site: str | None, masking: Masking) -> tuple[dict[str, Any], Why | None]:
    fields = told(entry)
    if entry.site is not None and entry.site != site:
        nothing: dict[str, Any] = {
            "site": None,
            "text": OTHER_SITE,
            "data": {},
            "who": masking.text(entry.who),
        }
        return fields | nothing, Why.THIRD_PERSON
    left = {name: masking.value(fields[name]) for name in ("who", "text", "data")}
    changed = any(left[name] != fields[name] for name in left)
    return fields | left, Why.THIRD_PERSON if changed else None


def shown_entry(entry: Entry, site: str | None, masking: Masking) -> Entry:
    """An entry as it is shown, where nobody computes its hash."""
    shown, _ = _shown(entry, site, masking)
    left = {name: shown[name] for name in ("site", "who", "text", "data")}
    return replace(entry, **left, salt="")


def _breaks(entries: Sequence[Entry]) -> Iterable[str]:
    seq, previous = 0, "0" * 64
    for entry in entries:
        if entry.seq != seq + 1 or entry.previous != previous:
            yield f"logbook.jsonl, {entry.seq}: {entry.id}"
        seq, previous = entry.seq, entry.hash


def excuses(entries: Iterable[Entry], mac: Mac) -> dict[str, tuple[str, str]]:
    """{id: (hash, digest of what is left)} that entries of kind *erased* vouch for: of those alone
    that who has the key wrote."""
    found: dict[str, tuple[str, str]] = {}
    for entry in sorted(entries, key=lambda one: one.number):
        if entry.kind == ERASED and entry.hash == entry_hash(entry) and is_proven(entry, mac):
            told_of = entry.data.get("entries", {}).items()
            found.update((id, (hash, left)) for id, (hash, left) in told_of)
    return found


def of_chain(seals: Iterable[Seal], chain: str) -> list[SealOfChain]:
    """What the seals hold of a chain, the first first."""
    return [
        SealOfChain(seal.number, seal.at, seq, hash, seal.mac)
        for seal in sorted(seals, key=lambda one: one.number)
        for name, seq, hash in seal.heads
        if name == chain
    ]


def signal_line(signal: StoredSignal, masking: Masking) -> bytes:
    """A signal as it came, but for third persons."""
    raw: dict[str, Any] = {
        name: getattr(signal, name)
        for name in (
            *("id", "number", "account", "format", "line", "code", "zone", "partition"),
            *("panel_user", "text", "raw", "caller", "extra", "encrypted", "kind"),
        )
    }
    shown = {name: masking.value(value) for name, value in raw.items()}
    if shown != raw:
        shown["masked"] = True
    shown["received_at"] = to_iso(signal.received_at)
    shown["panel_time"] = to_iso(signal.panel_time) if signal.panel_time else None
    return line(shown)


_UNSAFE = re.compile(r"[^0-9A-Za-z._-]+")


def file_name(folder: str, number: int, at: datetime, name: str, ending: str) -> str:
    """A file's name in the archive: in their order, with its time (UTC)."""
    safe = _UNSAFE.sub("-", name)[:64].strip("-.") or "x"
    ending = _UNSAFE.sub("", ending)[:8]
    return f"{folder}/{number:03d}-{at:%Y%m%dT%H%M%SZ}-{safe}{ending}"

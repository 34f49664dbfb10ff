"""The logbook's entries and their hash chains (invariant 6). Pure: rows in, verdicts out.

One chain per incident and one per day for the rest. ``hash`` covers the previous hash and every
field; a chain's head carries a MAC with a key that is not in the database; seals repeat, every
minute, the heads that changed, each seal's MAC covering the one before.

A person may be erased from an entry (GDPR, art. 17) without breaking its chain: the entry keeps its
hash and loses the salt that went into it, so that nobody finds a name or number by trying; what is
left of it is told by an entry of kind ``erased``, which is chained like any other. Entries whose
time is over (``callflow.retention``) are covered in the same way: their hashes stay.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from callflow.instants import to_iso

#: ``previous`` of a chain's first entry.
GENESIS = "0" * 64

#: ``who`` of what the machine does by itself.
MACHINE = "callflow"

#: The kind of the entries that say from which others a person was erased: their ``data`` has
#: {"entries": {entry id: [its hash, the digest of what is left of it]}}.
ERASED = "erased"

#: The kind of what is left of an entry whose time is over (``callflow.retention``): its place.
COVERED = "covered"

#: Kinds that are never covered: others are verified by what they tell, which names nobody.
FOR_EVER = (ERASED, "purged", "recording", "recording_problem", "spoken")


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """What happened, before it is chained. ``at`` in UTC, ``who`` a person or the machine."""

    at: datetime
    kind: str
    text: str
    who: str = MACHINE
    site: str | None = None
    incident: str | None = None
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def chain(self) -> str:
        """The chain that this entry belongs to."""
        return f"incident:{self.incident}" if self.incident else f"day:{self.at:%Y-%m-%d}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One row of the logbook."""

    id: str
    chain: str
    seq: int
    at: datetime
    site: str | None
    incident: str | None
    who: str
    kind: str
    text: str
    data: dict[str, Any]
    previous: str
    hash: str
    salt: str = ""  # random; none in what is older than salts, and in what a person was erased from


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """The last entry of a chain, with its MAC."""

    chain: str
    seq: int
    hash: str
    mac: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Seal:
    """The heads that changed in one minute."""

    number: int
    at: datetime
    heads: tuple[tuple[str, int, str], ...]
    mac: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """What ``verify`` found wrong, and at which entry."""

    chain: str
    seq: int
    entry: str | None
    what: str


Mac = Callable[[str], str]


def chain_entry(draft: Draft, *, id: str, seq: int, previous: str, salt: str = "") -> Entry:
    """``draft`` as the ``seq``-th entry of its chain, after the entry hashed ``previous``."""
    fields: dict[str, Any] = dict(
        id=id,
        chain=draft.chain,
        seq=seq,
        at=draft.at,
        site=draft.site,
        incident=draft.incident,
        who=draft.who,
        kind=draft.kind,
        text=draft.text,
        data=draft.data,
        previous=previous,
        salt=salt,
    )
    return Entry(**fields, hash=_digest(**fields))


def head_content(chain: str, seq: int, hash: str) -> str:
    """What a head's MAC is computed over."""
    return f"{chain}\0{seq}\0{hash}"


def seal_content(at: datetime, heads: Iterable[tuple[str, int, str]], previous_mac: str) -> str:
    """What a seal's MAC is computed over."""
    return json.dumps([to_iso(at), [list(head) for head in heads], previous_mac])


def verify(
    entries: Iterable[Entry], heads: Iterable[Head], seals: Iterable[Seal], mac: Mac
) -> Iterator[Fault]:
    """Every fault, chain by chain. ``entries`` come ordered by chain and seq.

    Found: changed, missing, doubled, swapped and cut rows, rewritten chains, altered seals.
    """
    found: dict[str, dict[int, str]] = {}
    changed: list[Entry] = []
    erased: set[tuple[str, str, str]] = set()
    for chain, seq, fault in _walk(_sorted_out(entries, changed, erased), found):
        yield Fault(chain=chain, seq=seq, entry=fault[0], what=fault[1])
    for entry in changed:
        if (entry.id, entry.hash, entry_hash(entry)) not in erased:
            yield Fault(chain=entry.chain, seq=entry.seq, entry=entry.id, what="changed")
    yield from _check_heads(heads, found, mac)
    yield from _check_seals(seals, found, mac)


def _sorted_out(
    entries: Iterable[Entry], changed: list[Entry], erased: set[tuple[str, str, str]]
) -> Iterator[Entry]:
    """``entries``; puts aside which are not what was hashed, and what is left of the erased."""
    for entry in entries:
        if entry.hash != entry_hash(entry):
            changed.append(entry)
        elif entry.kind == ERASED:
            told = entry.data.get("entries", {}).items()
            erased.update((id, hash, left) for id, (hash, left) in told)
        yield entry


def _walk(
    entries: Iterable[Entry], found: dict[str, dict[int, str]]
) -> Iterator[tuple[str, int, tuple[str | None, str]]]:
    chain, seq, previous = "", 0, GENESIS
    for entry in entries:
        if entry.chain != chain:
            chain, seq, previous = entry.chain, 0, GENESIS
        if entry.seq != seq + 1:
            what = "doubled" if entry.seq <= seq else "missing before this one"
            yield chain, entry.seq, (entry.id, what)
        elif entry.previous != previous:
            yield chain, entry.seq, (entry.id, "does not follow the entry before it")
        seq, previous = entry.seq, entry.hash
        found.setdefault(chain, {})[entry.seq] = entry.hash


def _check_heads(
    heads: Iterable[Head], found: dict[str, dict[int, str]], mac: Mac
) -> Iterator[Fault]:
    seen = set()
    for head in heads:
        seen.add(head.chain)
        rows = found.get(head.chain, {})
        fault = None
        if head.mac != mac(head_content(head.chain, head.seq, head.hash)):
            fault = "the chain's head is not ours"
        elif rows.get(head.seq) != head.hash:
            fault = "cut or rewritten: the chain's head is not there"
        elif max(rows) != head.seq:
            fault = "entries were added behind the head"
        if fault:
            yield Fault(chain=head.chain, seq=head.seq, entry=None, what=fault)
    for chain in found.keys() - seen:
        yield Fault(chain=chain, seq=0, entry=None, what="a chain without a head")


def _check_seals(
    seals: Iterable[Seal], found: dict[str, dict[int, str]], mac: Mac
) -> Iterator[Fault]:
    previous = ""
    for seal in seals:
        if seal.mac != mac(seal_content(seal.at, seal.heads, previous)):
            yield Fault(chain="seals", seq=seal.number, entry=None, what="a seal was altered")
        previous = seal.mac
        for chain, seq, hash in seal.heads:
            if found.get(chain, {}).get(seq) != hash:
                yield Fault(chain=chain, seq=seq, entry=None, what="not what was sealed")


def entry_hash(entry: Entry) -> str:
    """The hash that ``entry`` must have."""
    return _digest(
        id=entry.id,
        chain=entry.chain,
        seq=entry.seq,
        at=entry.at,
        site=entry.site,
        incident=entry.incident,
        who=entry.who,
        kind=entry.kind,
        text=entry.text,
        data=entry.data,
        previous=entry.previous,
        salt=entry.salt,
    )


def _digest(*, at: datetime, salt: str, **fields: Any) -> str:
    if salt:
        fields["salt"] = salt
    text = json.dumps({"at": to_iso(at), **fields}, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()

"""The logbook is looked at: is it whole, and ours (invariant 6)? Pure: rows in, faults out.

Found: changed, missing, doubled, swapped, renumbered and cut rows, rewritten chains, heads that are
not ours and what was told after them, altered and missing seals up to the anchored one, excuses
(of what was erased or purged) that nobody with the key wrote.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from callflow.core.records.logbook import (
    BROKEN,
    ERASED,
    FIRST,
    GENESIS,
    PROVEN,
    PURGED,
    VOUCHED,
    Anchor,
    Entry,
    Fault,
    Head,
    Mac,
    Old,
    Seal,
    entry_hash,
    follows,
    is_before_numbers,
    is_ours,
    is_proven,
)

#: What ``purged`` entries name.
FILES = ("calls", "voices", "images")


@dataclass(frozen=True, kw_only=True, slots=True)
class Verified:
    """Every fault, chain by chain; ``purged``: the files that nobody expects any more."""

    faults: list[Fault]
    purged: dict[str, set[str]]


def verify(
    entries: Iterable[Entry],
    heads: Iterable[Head],
    seals: Iterable[Seal],
    mac: Mac,
    anchors: Sequence[Anchor] = (),
) -> Verified:
    """Look at everything. ``entries`` come ordered by chain and seq, ``seals`` by number;
    ``anchors`` are what is remembered of the seals outside the database."""
    seen = _Seen(mac)
    faults = list(_walk(entries, seen))
    of_seals = list(_check_seals(seals, seen, anchors))
    believes = _believes_old(seen)
    faults += _check_proofs(seen, believes)
    latest = _taken_out(seen, believes)
    faults += _check_changed(seen, latest)
    faults += _check_heads(heads, seen)
    return Verified(faults=faults + of_seals, purged=_purged(seen, believes, latest))


@dataclass(slots=True)
class _Seen:
    """What was met with on the way."""

    mac: Mac
    hashes: dict[str, dict[int, str]] = field(default_factory=dict)  # {chain: {place: hash}}
    sealed: dict[str, tuple[int, str]] = field(default_factory=dict)  # the latest of each chain
    changed: list[Entry] = field(default_factory=list)
    proven: list[Entry] = field(default_factory=list)
    odd: list[Entry] = field(default_factory=list)  # with a MAC that is none of its kind's
    old: Old = field(init=False)

    def __post_init__(self) -> None:
        self.old = Old(self.mac)


def _walk(entries: Iterable[Entry], seen: _Seen) -> Iterator[Fault]:
    chain, seq, previous = "", 0, GENESIS
    for entry in entries:
        _note(entry, seen)
        if entry.chain != chain:
            chain, seq, previous = entry.chain, 0, GENESIS
        what = ""
        if entry.previous == BROKEN:
            what = "the chain was broken here: the head before it was not ours"
        elif entry.seq != seq + 1:
            what = "doubled" if entry.seq <= seq else "missing before this one"
        elif entry.previous != previous:
            what = "does not follow the entry before it"
        if what:
            yield _fault(entry, what)
        seq, previous = entry.seq, entry.hash
        seen.hashes.setdefault(chain, {})[entry.seq] = entry.hash


def _note(entry: Entry, seen: _Seen) -> None:
    if entry.hash != entry_hash(entry):
        seen.changed.append(entry)
    if entry.mac is None:
        seen.old.entry(entry)
    if entry.kind in PROVEN:
        seen.proven.append(entry)
    elif entry.mac:
        seen.odd.append(entry)


def _fault(entry: Entry, what: str) -> Fault:
    return Fault(chain=entry.chain, seq=entry.seq, entry=entry.id, what=what)


# --- excuses ------------------------------------------------------------------------------


def _believes_old(seen: _Seen) -> bool:
    """True where what is older than MACs is what was vouched for, when there were some for the
    first time; nothing else is believed without one."""
    told = seen.old.told()
    return any(
        is_proven(entry, seen.mac) and entry.hash == entry_hash(entry) and entry.data == told
        for entry in seen.proven
        if entry.kind == VOUCHED
    )


def _is_believed(entry: Entry, seen: _Seen, *, old: bool) -> bool:
    return old if entry.mac is None else is_proven(entry, seen.mac)


def _check_proofs(seen: _Seen, believes_old: bool) -> Iterator[Fault]:
    for entry in seen.proven:
        if not _is_believed(entry, seen, old=believes_old):
            yield _fault(entry, f"tells of {entry.kind} ones, and is not ours: not believed")
        elif entry.kind == VOUCHED and not believes_old:
            yield _fault(entry, "what it vouches for was changed, or renumbered")
    for entry in seen.odd:
        yield _fault(entry, "has a MAC that is none of its kind's")


def _taken_out(seen: _Seen, believes_old: bool) -> dict[str, tuple[str, str]]:
    """{id: (hash, digest of what is left of it)} of what people were taken out of, as the latest
    entry that is believed tells it."""
    changed = {entry.id for entry in seen.changed}
    latest: dict[str, tuple[str, str]] = {}
    for entry in sorted(seen.proven, key=lambda entry: entry.number):
        believed = _is_believed(entry, seen, old=believes_old) and entry.id not in changed
        if entry.kind == ERASED and believed:
            told = entry.data.get("entries", {}).items()
            latest.update((id, (hash, left)) for id, (hash, left) in told)
    return latest


def _check_changed(seen: _Seen, latest: dict[str, tuple[str, str]]) -> Iterator[Fault]:
    changed = {entry.id for entry in seen.changed}
    for entry in seen.changed:
        if latest.get(entry.id) != (entry.hash, entry_hash(entry)):
            yield _fault(entry, "changed")
    back = {hash for id, (hash, _) in latest.items() if id not in changed}
    if back:
        for chain, rows in seen.hashes.items():
            for seq, hash in rows.items():
                if hash in back:
                    what = "what was taken out of it is back"
                    yield Fault(chain=chain, seq=seq, entry=None, what=what)


def _purged(
    seen: _Seen, believes_old: bool, latest: dict[str, tuple[str, str]]
) -> dict[str, set[str]]:
    changed = {
        entry.id
        for entry in seen.changed
        if latest.get(entry.id) != (entry.hash, entry_hash(entry))
    }
    told = [
        entry.data
        for entry in seen.proven
        if entry.kind == PURGED
        and entry.id not in changed
        and _is_believed(entry, seen, old=believes_old)
    ]
    return {which: {name for data in told for name in data.get(which, ())} for which in FILES}


# --- heads and seals ----------------------------------------------------------------------


def _check_heads(heads: Iterable[Head], seen: _Seen) -> Iterator[Fault]:
    known = set()
    for head in heads:
        known.add(head.chain)
        if fault := _of_head(head, seen):
            yield Fault(chain=head.chain, seq=head.seq, entry=None, what=fault)
    for chain in seen.hashes.keys() - known:
        yield Fault(chain=chain, seq=0, entry=None, what="a chain without a head")


def _of_head(head: Head, seen: _Seen) -> str:
    rows = seen.hashes.get(head.chain, {})
    if not is_ours(head, seen.mac):
        return "the chain's head is not ours"
    if rows.get(head.seq) != head.hash:
        return "cut or rewritten: the chain's head is not there"
    if max(rows) != head.seq:
        return "entries were added behind the head"
    if head.sealed != (seen.sealed.get(head.chain) == (head.seq, head.hash)):
        return "no seal has the chain's head as it is said to be sealed"
    return ""


def _check_seals(seals: Iterable[Seal], seen: _Seen, anchors: Sequence[Anchor]) -> Iterator[Fault]:
    previous, met = FIRST, {}
    for seal in seals:
        if is_before_numbers(seal, previous.mac, seen.mac):
            seen.old.seal(seal)
        elif not follows(seal, previous, seen.mac):
            apart = seal.number != previous.number + 1
            what = "a seal is missing before this one" if apart else "a seal was altered"
            yield Fault(chain="seals", seq=seal.number, entry=None, what=what)
        previous = Anchor(seal.number, seal.mac)
        met[seal.number] = seal.mac
        yield from _not_sealed(seal, seen)
    for anchor in anchors:
        if anchor != FIRST and met.get(anchor.number) != anchor.mac:
            what = "the seal that is remembered outside the database is not there"
            yield Fault(chain="seals", seq=anchor.number, entry=None, what=what)


def _not_sealed(seal: Seal, seen: _Seen) -> Iterator[Fault]:
    for chain, seq, hash in seal.heads:
        seen.sealed[chain] = seq, hash
        if seen.hashes.get(chain, {}).get(seq) != hash:
            yield Fault(chain=chain, seq=seq, entry=None, what="not what was sealed")

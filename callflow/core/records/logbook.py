"""The logbook's entries and their hash chains (invariant 6). Pure: rows in, verdicts out.

One chain per incident and one per day for the rest. ``hash`` covers the previous hash and every
field; a chain's head carries a MAC with a key that is not in the database; seals repeat, every
minute, the heads that changed, each seal's MAC covering the one before; the latest seal is written
down outside the database (``callflow.processes.anchoring``).

Nothing is continued unseen: whoever appends looks at the head's MAC first. What follows a head that
is not ours says so for ever (``BROKEN``), and is told and sealed like all else.

A person may be erased from an entry (GDPR, art. 17) without breaking its chain: the entry keeps its
hash and loses the salt that went into it, so that nobody finds a name or number by trying; what is
left of it is told by an entry of kind ``erased``, which is chained like any other and carries a MAC
of its own: others could be made to excuse a forgery. Entries whose time is over
(``callflow.core.records.retention``) are covered in the same way: their hashes stay.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from callflow.core.time.instants import to_iso

#: ``previous`` of a chain's first entry.
GENESIS = "0" * 64

#: ``previous`` of what was told when the chain's head was not ours: no entry has this hash.
BROKEN = "f" * 64

#: No chain is so long, and no station has so many seals: what says so was forged.
MOST = 1_000_000_000

#: What reading rows raises that hold what we never write.
UNREADABLE = (ValueError, TypeError, LookupError, AttributeError)

#: ``who`` of what the machine does by itself.
MACHINE = "callflow"

#: The kind of the entries that say from which others a person was erased: their ``data`` has
#: {"entries": {entry id: [its hash, the digest of what is left of it]}}.
ERASED = "erased"

#: The kind of what is left of an entry whose time is over (``callflow.core.records.retention``):
#: its place.
COVERED = "covered"

#: The kind of the entries that tell which files were deleted when their time was over.
PURGED = "purged"

#: The kind of the one entry that vouches, once, for what was written before entries had numbers and
#: MACs: how many they were, and a sum that only who has the key can make.
VOUCHED = "vouched"

#: Kinds that excuse what would be a fault: believed with a MAC only.
PROVEN = (ERASED, PURGED, VOUCHED)

#: Kinds that are never covered: others are verified by what they tell, which names nobody.
FOR_EVER = (*PROVEN, "recording", "recording_problem", "spoken")


def chain_of(incident: str) -> str:
    """The chain of an incident's entries."""
    return f"incident:{incident}"


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
        return chain_of(self.incident) if self.incident else f"day:{self.at:%Y-%m-%d}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the logbook. ``number`` is its place among all; ``mac`` is that of a kind of
    ``PROVEN``, "" of any other, and None of what is older than MACs (``VOUCHED``)."""

    number: int
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
    mac: str | None = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """The last entry of a chain, with its MAC; ``sealed``: a seal has it."""

    chain: str
    seq: int
    hash: str
    mac: str = ""
    sealed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Seal:
    """The heads that changed in one minute."""

    number: int
    at: datetime
    heads: tuple[tuple[str, int, str], ...]
    mac: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """A seal, as it is remembered outside the database."""

    number: int
    mac: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """What ``verify`` found wrong, and at which entry."""

    chain: str
    seq: int
    entry: str | None
    what: str


Mac = Callable[[str], str]


def chained(
    draft: Draft, *, number: int, id: str, seq: int, previous: str, mac: Mac, salt: str
) -> dict[str, Any]:
    """The fields of ``draft`` as the ``seq``-th entry of its chain, behind the one hashed
    ``previous``."""
    fields: dict[str, Any] = dict(
        number=number,
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
    hash = _digest(**fields)
    return {**fields, "hash": hash, "mac": mac(_proof(hash)) if draft.kind in PROVEN else ""}


def head_content(chain: str, seq: int, hash: str, *, sealed: bool = False) -> str:
    """What a head's MAC is computed over."""
    return f"{chain}\0{seq}\0{hash}" + ("\0sealed" if sealed else "")


def head_mac(head: Head, mac: Mac) -> str:
    """The MAC that ``head`` must have."""
    return mac(head_content(head.chain, head.seq, head.hash, sealed=head.sealed))


def is_ours(head: Head, mac: Mac) -> bool:
    """True where who has the key wrote this head."""
    return head.mac == head_mac(head, mac)


def continued(head: Head, mac: Mac) -> tuple[int, str] | None:
    """(last place, hash to follow) of a chain; None: its head is not ours."""
    if is_ours(head, mac):
        return head.seq, head.hash
    begun = (head.seq, head.hash, head.mac) == (0, GENESIS, "")  # in the same transaction
    return (0, GENESIS) if begun else None


def broken(head: Head) -> tuple[int, str]:
    """The same where the head is not ours: it is not followed, and the break is seen for ever."""
    seq: Any = head.seq  # whatever somebody put there
    return (seq if isinstance(seq, int) and 0 <= seq < MOST else 0), BROKEN


def seal_content(
    number: int, at: datetime, heads: Iterable[tuple[str, int, str]], previous_mac: str
) -> str:
    """What a seal's MAC is computed over."""
    return json.dumps([number, *_before_numbers(at, heads, previous_mac)])


def _before_numbers(
    at: datetime, heads: Iterable[tuple[str, int, str]], previous_mac: str
) -> list[Any]:
    """What the MAC of a seal that has no number in it is computed over."""
    return [to_iso(at), [list(head) for head in heads], previous_mac]


def follows(seal: Seal, previous: Anchor, mac: Mac) -> bool:
    """True where ``seal`` is ours, and the next after ``previous``."""
    content = seal_content(seal.number, seal.at, seal.heads, previous.mac)
    return seal.number == previous.number + 1 and seal.mac == mac(content)


#: What the first seal follows.
FIRST = Anchor(0, "")


def followed(anchor: Anchor, seals: Sequence[Seal], mac: Mac) -> bool:
    """True where ``seals``, those from the anchored one on, are all ours, and none is missing."""
    if anchor == FIRST:
        previous = anchor
    elif seals and (seals[0].number, seals[0].mac) == (anchor.number, anchor.mac):
        previous, seals = anchor, seals[1:]
    else:
        return False
    for seal in seals:
        if not follows(seal, previous, mac):
            return False
        previous = Anchor(seal.number, seal.mac)
    return True


def entry_hash(entry: Entry) -> str:
    """The hash that ``entry`` must have."""
    return _digest(
        number=None if entry.mac is None else entry.number,
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


#: Made once: ``json.dumps`` makes another at each call.
_SORTED = json.JSONEncoder(sort_keys=True, ensure_ascii=True)


def _digest(*, number: int | None, at: datetime, salt: str, **fields: Any) -> str:
    if salt:
        fields["salt"] = salt
    if number is not None:
        fields["number"] = number
    text = _SORTED.encode({"at": to_iso(at), **fields})
    return hashlib.sha256(text.encode()).hexdigest()


def _proof(hash: str) -> str:
    """What the MAC of an entry is computed over."""
    return f"entry\0{hash}"


def is_proven(entry: Entry, mac: Mac) -> bool:
    """True where who has the key wrote this entry, of a kind of ``PROVEN``."""
    return entry.mac == mac(_proof(entry.hash))


class Old:
    """What was written before entries had numbers in their hashes and seals in their MACs: counted,
    and summed up with the key, in whatever order they come."""

    def __init__(self, mac: Mac) -> None:
        self._mac = mac
        self.counts, self._sums = {"entries": 0, "seals": 0}, {"entries": 0, "seals": 0}

    def entry(self, entry: Entry) -> None:
        """One more entry."""
        self._add("entries", f"entry\0{entry.number}\0{entry.id}\0{entry.hash}")

    def seal(self, seal: Seal) -> None:
        """One more seal."""
        self._add("seals", f"seal\0{seal.number}\0{seal.mac}")

    def _add(self, which: str, content: str) -> None:
        self.counts[which] += 1
        self._sums[which] += int.from_bytes(
            hashlib.sha256(self._mac(f"old\0{content}").encode()).digest()
        )

    def told(self) -> dict[str, Any]:
        """Of the ``data`` of the entry that vouches for all of it."""
        return {
            what: [self.counts[what], f"{self._sums[what] % 2**256:064x}"] for what in self.counts
        }

    def __bool__(self) -> bool:
        return any(self.counts.values())


def old_seals(seals: Iterable[Seal], mac: Mac) -> Old:
    """The seals, of all in their order, in whose MAC no number is."""
    found, previous_mac = Old(mac), ""
    for seal in seals:
        if not is_before_numbers(seal, previous_mac, mac):
            break
        found.seal(seal)
        previous_mac = seal.mac
    return found


def is_before_numbers(seal: Seal, previous_mac: str, mac: Mac) -> bool:
    """True where a seal is ours, of the time when no number was in its MAC."""
    return seal.mac == mac(json.dumps(_before_numbers(seal.at, seal.heads, previous_mac)))

"""Sites from a file written one by one, in transactions so short that alarms don't wait for them.

Each is written as PUT would write it, by the same function, or refused as a whole with the reason.
A dry run does the same and undoes it. What was written stays: the same file taken again goes on
where it was cut.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, Protocol, TypeVar

from callflow import clock
from callflow.core.changes import changes
from callflow.core.sites.files.faults import Fault
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import Refused
from callflow.handling.base.telling import tell
from callflow.handling.sites import contacts, sites
from callflow.handling.sites.files.imports import CONTACTS, Changed
from callflow.handling.sites.shape import Site
from callflow.handling.sites.sites import get_sites
from callflow.handling.transfer.drafts import Draft
from callflow.storage import Tx
from callflow.storage.engine.store import savepoint, tried
from callflow.storage.sites import sites as site_rows
from callflow.vault import Vault

T = TypeVar("T")
#: Runs a function in a transaction, as ``Store.read_now`` and ``write_now`` do.
InTx = Callable[[Callable[[Tx], Any]], Any]
#: Told how many sites of how many were looked at.
Tick = Callable[[int, int], None]
#: Sites of one transaction: as many as take about so many seconds, within which another one waits.
_MOST, _LONG, _SHORT = 32, 0.04, 0.02
#: Sites whose changes are told.
_SHOWN = 200
#: What a panel tells, or what says that a secret is kept, is no change.
_TOLD = frozenset({"last_heard", "skew", "silent", "untested", "partitions", "reason", "shared"})


class Source(Protocol):
    """Where sites come from."""

    def ids(self) -> Iterator[str]:
        """Those that it names, in its order."""

    def count(self) -> int:
        """How many there are."""

    def draft(self, id: str, before: Site | None) -> Draft:
        """One of them upon what the station has."""

    def stand_in(self, contact: str) -> Mapping[str, Any] | None:
        """Somebody whom it names, as a contact's columns; None: it names nobody so."""


@dataclass(kw_only=True, slots=True)
class Outcome:
    """What a file did, or would do."""

    rows: int = 0
    created: int = 0
    changed: int = 0
    same: int = 0
    refused: int = 0
    contacts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CONTACTS, 0))
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)
    sites: list[Changed] = field(default_factory=list)  # the first of those that are not left alone


@dataclass(slots=True)
class Told:
    """What is wrong, and what one should know."""

    faults: list[Fault]
    notes: list[Fault]


def beside(write: InTx, work: Callable[[Tx], Told], *, dry: bool, outcome: Outcome) -> None:
    """Do, or only try, what goes in one transaction; what it tells is put into ``outcome``."""

    def run(tx: Tx) -> Told:
        if not dry:
            return work(tx)
        with tried(tx):
            return work(tx)

    told: Told = write(run)
    outcome.faults += told.faults
    outcome.notes += told.notes


@dataclass(frozen=True, kw_only=True, slots=True)
class By:
    """Who takes a file, and which; ``because``: why what goes goes."""

    who: str
    name: str
    sha256: str = ""
    because: str = ""


class Writing:
    """Sites of one source into a station."""

    def __init__(
        self,
        read: InTx,
        write: InTx,
        vault: Vault,
        by: By,
        *,
        now: Callable[[], datetime],
        dry: bool,
        first: Callable[[Tx], None] = lambda _tx: None,
    ) -> None:
        """``first``: what sites lean upon; a dry run, which undoes it, does it each time anew."""
        self._read, self._in_tx, self._vault, self._by = read, write, vault, by
        self._now, self._dry, self._first = now, dry, first

    def all(self, source: Source, outcome: Outcome, tick: Tick = lambda _done, _all: None) -> None:
        """Every site of ``source``; what becomes of each is put into ``outcome``."""
        total, done, size = source.count(), 0, 4
        ids = source.ids()
        while batch := list(islice(ids, size)):
            drafts = self._read(partial(self._drafts, source=source, ids=batch))
            ready = [draft for draft in drafts if draft.site is not None and _news(draft)]
            took = 0.0
            if ready:
                begun = clock.monotonic()
                self._in_tx(partial(self._batch, source=source, drafts=ready))
                took = clock.monotonic() - begun
            for draft in drafts:
                _count(draft, outcome)
            done += len(batch)
            tick(done, total)
            if took > _LONG:
                size = max(1, size // 2)
            elif took < _SHORT:
                size = min(_MOST, size * 2)

    def _drafts(self, tx: Tx, source: Source, ids: Sequence[str]) -> list[Draft]:
        there = {site.id: site for site in get_sites(tx, ids)}
        return [source.draft(id, there.get(id)) for id in ids]

    def _batch(self, tx: Tx, source: Source, drafts: list[Draft]) -> None:
        with tried(tx) if self._dry else contextlib.nullcontext():
            if self._dry:
                self._first(tx)
            for draft in drafts:
                self._one(tx, source, draft)

    def _one(self, tx: Tx, source: Source, draft: Draft) -> None:
        draft.faults.clear()  # of a try that was undone with others
        try:
            with savepoint(tx):
                self._written(tx, source, draft)
        except BadField as bad:
            draft.faults.append(draft.wrong(bad))
        except Refused as refused:
            draft.faults.append(draft.wrong(BadField("", refused.message, refused.about)))

    def _written(self, tx: Tx, source: Source, draft: Draft) -> None:
        site = _still(tx, source, draft)
        for contact in _standing_in(draft.document):
            if (columns := source.stand_in(contact)) is not None:
                contacts.know(tx, contact, columns)
        sites.put_site(
            tx,
            self._vault,
            draft.id,
            site,
            self._by.who,
            self._now(),
            because=self._by.because,
        )

    def told(self, outcome: Outcome) -> None:
        """The logbook says what was done."""
        counts = {f"contacts_{what}": n for what, n in outcome.contacts.items()}
        counts |= {"rows": outcome.rows, "created": outcome.created, "changed": outcome.changed}
        of = {"file": self._by.name, "sha256": self._by.sha256, "by": self._by.who}
        now = self._now()
        self._in_tx(
            lambda tx: tell(tx, "sites_imported", now, who_did=self._by.who, **of, **counts)
        )


def _still(tx: Tx, source: Source, draft: Draft) -> Site:
    """The site, drafted anew where somebody changed it meanwhile. Raises BadField."""
    fresh = draft.before is None and site_rows.get(tx, draft.id) is None
    there = None if fresh else sites.get_site(tx, draft.id)
    shown = there.document() if there else None
    if _plain(shown) != _plain(draft.before):
        again = source.draft(draft.id, there)
        draft.before, draft.document, draft.where = again.before, again.document, again.where
        draft.site = again.site
        if again.faults:
            draft.site = None
            raise Refused(again.faults[0].code)
    assert draft.site is not None, "only what is right is written"
    return draft.site


def _standing_in(document: Mapping[str, Any]) -> set[str]:
    """Who stands in for its contacts, and may be of another site."""
    return {
        each["contact"]
        for contact in document.get("contacts", ())
        for each in (contact.get("availability") or {}).get("replacements", ())
        if isinstance(each, dict) and "contact" in each
    }


def _plain(document: Any) -> Any:
    """Without what is only told."""
    if isinstance(document, dict):
        return {
            name: _plain(value)
            for name, value in document.items()
            if name not in _TOLD and not name.endswith("_set")
        }
    return [_plain(each) for each in document] if isinstance(document, list) else document


def _news(draft: Draft) -> bool:
    """True where it is another than the station has, or brings a secret."""
    assert draft.site is not None
    if draft.before is None or _secrets(draft.document):
        return True
    return bool(_plain(draft.before) != _plain(draft.site.document()))


_SECRET = (
    "code",
    "duress_code",
    "password",
    "duress_password",
    "dc09_key",
    "credentials",
    "recognition_word",
)


def _secrets(document: Mapping[str, Any]) -> bool:
    parts = [
        each for name in ("accounts", "contacts", "cameras") for each in document.get(name, ())
    ]
    return any(name in part for part in (document, *parts) for name in _SECRET)


def _count(draft: Draft, outcome: Outcome) -> None:
    outcome.notes += draft.notes
    if draft.faults or draft.spoilt:
        outcome.faults += draft.faults
        outcome.refused += 1
        return
    assert draft.site is not None
    if not _news(draft):
        outcome.same += 1
        outcome.contacts["same"] += len(draft.site.contacts)
        return
    before, after = draft.before, draft.site.document()
    _count_contacts(before, after, outcome.contacts)
    if before is None:
        outcome.created += 1
    else:
        outcome.changed += 1
    if len(outcome.sites) < _SHOWN:
        found = changes(_plain(before), _plain(after)) if before else []
        said = {each.path: [each.before, each.after] for each in found}
        row = draft.where.get("", ("", 0))[1]
        outcome.sites.append(
            Changed(id=draft.id, name=draft.site.name, row=row, new=before is None, fields=said)
        )


def _count_contacts(before: Any, after: Any, counts: dict[str, int]) -> None:
    old, new = (
        {(one["id"], one["role"]): _plain(one) for one in (site or {}).get("contacts", ())}
        for site in (before, after)
    )
    counts["removed"] += len(old.keys() - new.keys())
    for key, one in new.items():
        known = old.get(key)
        counts["new" if known is None else "same" if known == one else "changed"] += 1

"""The right of a person, or of a client, to be forgotten, and to know what is kept (GDPR, art. 15
and 17).

At once nobody reaches them any more; then what names them is taken out of every row, the logbook's
chains intact (``callflow.core.records.logbook``), their voice out of every node's folders, and the
database is
written anew. Whom it was about stands encrypted in the row of the erasure until then, and nowhere
afterwards.
"""

import json
import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from callflow.core.folding import folded
from callflow.core.records.erasure import Erasure, Likely, Person, ways_of
from callflow.core.records.logbook import Entry
from callflow.core.records.retention import LIMITS, Kept, before
from callflow.core.sites.site import SiteState
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage import schema as t
from callflow.storage.interventions import firms
from callflow.storage.records import erasure, past, retention, words
from callflow.storage.records.erasure import AnyRow
from callflow.storage.sites import clients, contacts, search, sites, uploads
from callflow.vault import Vault

#: Rows that are looked at in one transaction, and changed in one.
LOOKED_AT = 1000
_ENTRIES = 200  # of the logbook told in one entry
_SHORTEST_REASON = 3


def _names(tx: Tx) -> Counter[str]:
    """{name: how many have it}."""
    return Counter(map(folded, erasure.names(tx)))


def person_of(tx: Tx, contact_id: str, names: Counter[str] | None = None) -> Person:
    """Whom to look for; ``names`` are everybody's, where they are known. Raises NotFound."""
    names = _names(tx) if names is None else names
    contact = contacts.get(tx, contact_id)
    if contact is None:
        raise NotFound("there is no such contact", contact_id)
    member = firms.member(tx, contact_id)
    phone = contact.phone or ""
    alone = phone and not erasure.others_with(tx, contact_id, phone)
    return Person(
        id=contact_id,
        name=contact.name,
        numbers=(phone,) if alone else (),
        others=tuple(one for one in (contact_id, member and member.mail) if one),
        namesake=names[folded(contact.name)] > 1,
    )


def begin_erasure(
    tx: Tx, vault: Vault, contact_id: str, reason: str, who: str, now: datetime
) -> str:
    """Nobody reaches them from now on; the rest follows. The erasure's id. Raises Refused."""
    return _begin_erasure(tx, vault, contact_id, _names(tx), reason, who, now)


def _begin_erasure(
    tx: Tx,
    vault: Vault,
    contact_id: str,
    names: Counter[str],
    reason: str,
    who: str,
    now: datetime,
) -> str:
    """``names`` are everybody's, and one less afterwards."""
    person, reason = person_of(tx, contact_id, names), _why(reason)
    if firms.is_firm(tx, contact_id):
        raise Refused("a firm is no person: end its contract instead")
    sites = erasure.sites_of(tx, contact_id)
    calls = erasure.calls_of(tx, contact_id, person.numbers)
    if erasure.open_incident(tx, sites) or erasure.live(tx, calls):
        raise Refused("an alarm of one of their sites, or a call with them, is not over: wait")
    _refuse_held(tx, sites)
    alone = erasure.without_anybody(tx, contact_id)
    if alone:
        raise Refused("nobody else can be called there: name somebody first", ", ".join(alone[:5]))
    pseudonym = f"erased-{secrets.token_hex(6)}"
    erasure.forget(tx, contact_id, pseudonym, sites, now)
    names[folded(person.name)] -= 1
    _begin(tx, vault, pseudonym, person, sites, calls, reason, who, now)
    return pseudonym


def begin_client_erasure(
    tx: Tx, vault: Vault, client_id: str, reason: str, who: str, now: datetime
) -> str:
    """A client whose contracts are over: whoever is called at their sites alone is erased, and so
    are their name and the sites' names and addresses. The sites stay, as numbers, with what
    happened there. The erasure's id. Raises NotFound, Refused."""
    client, reason = sites.client(tx, client_id), _why(reason)
    if client is None:
        raise NotFound("there is no such client", client_id)
    theirs = search.sites_of(tx, client_id)
    going_on = [site.name for site in theirs if site.state is not SiteState.TERMINATED]
    if going_on:
        raise Refused("a contract of theirs is not over: end it first", ", ".join(going_on[:5]))
    ids = [site.id for site in theirs]
    _refuse_held(tx, ids)
    last, days = clients.last_alarm(tx, ids), LIMITS[Kept.RECORDINGS].least
    if last is not None and last > before(days, now):
        raise Refused("an alarm of theirs must still be proven: wait so many days", str(days))
    names = _names(tx)
    for contact_id in clients.only_called_at(tx, ids):
        _begin_erasure(tx, vault, contact_id, names, reason, who, now)
    pseudonym, name = f"erased-{secrets.token_hex(6)}", folded(client.name)
    known = (folded(other) for other in clients.names(tx, client_id))
    person = Person(
        id=client_id,
        name=client.name,
        others=(client_id,),
        here=tuple({said for s in theirs for said in (s.name, *ways_of(s.address))}),
        namesake=name in known,
    )
    clients.forget(tx, client_id, pseudonym, now)
    calls = clients.calls_of(tx, ids)
    _begin(tx, vault, pseudonym, person, ids, calls, reason, who, now)
    return pseudonym


def _why(reason: str) -> str:
    said = reason.strip()
    if len(said) < _SHORTEST_REASON:
        raise Refused("say why: it is kept with the erasure")
    return said


def _refuse_held(tx: Tx, sites: Sequence[str]) -> None:
    if any(hold.site_id in sites for hold in retention.holds(tx)):
        raise Refused("an alarm of one of their sites is held by law: lift the hold first")


def _begin(
    tx: Tx,
    vault: Vault,
    pseudonym: str,
    person: Person,
    sites: list[str],
    calls: list[str],
    reason: str,
    who: str,
    now: datetime,
) -> None:
    reason = person.at_home.without(reason)  # kept for good, so it must not say who
    paths, said = erasure.drop_recordings(tx, calls)
    uploads.forget_all(tx)  # encrypted, and perhaps about them
    papers = past.documents_at(tx, sites)  # laid out again, they are without them
    past.forget_documents(tx, [paper.name for paper in papers])
    retention.doom(tx, "documents", papers, now)
    begun = Erasure(
        id=pseudonym,
        begun_at=now,
        begun_by=who,
        reason=reason,
        person=vault.encrypt(json.dumps(asdict(person)).encode()),
        sites=tuple(sites),
        calls=(*calls, *said),
        paths=tuple(paths),
        position=(),
        found=False,
        rows=0,
        entries=0,
        nodes=(),
    )
    erasure.insert(tx, begun)
    tell(tx, "erasure_begun", now, by=who, who_did=who, person=pseudonym, reason=reason)


class Subject:
    """Whom an erasure that goes on is about, and what of a row is theirs."""

    def __init__(self, vault: Vault, of: Erasure) -> None:
        assert of.person is not None, "it goes on"
        kept = json.loads(vault.decrypt(of.person))
        kept |= {name: tuple(kept.get(name, ())) for name in ("numbers", "others", "here")}
        self.id, self.person = of.id, Person(**kept)
        self.gone = frozenset(of.calls)
        self._sites = of.sites
        self._home: erasure.Home | None = None

    def _at_home(self, tx: Tx) -> erasure.Home:
        """What is about them; what happens at their sites later is about others."""
        if self._home is None:
            self._home = erasure.home_of(tx, self.person.id, self._sites, self.person.numbers)
        return self._home

    def values(self, tx: Tx, row: AnyRow) -> dict[str, Any]:
        """What must be otherwise in a row."""
        values = erasure.taken_out(self.person, self.id, self._at_home(tx), row)
        if row.table is t.logbook:
            silent = erasure.without_sound(Entry(**{**row.columns, **values}), self.gone)
            if silent is not None:
                values["data"] = silent
        return values

    def went_on(self, tx: Tx, rows: int, entries: int, end: list[Any], now: datetime) -> None:
        """The sweep is at ``end``; since the last time so many rows and entries were theirs."""
        of = erasure.get(tx, self.id)
        assert of is not None
        found = of.found or rows > 0
        values: dict[str, Any] = {"position": end, "found": found}
        values |= {"rows": of.rows + rows, "entries": of.entries + entries}
        if not end:  # a round is over
            late, _ = erasure.drop_recordings(tx, of.calls)  # finished since it began
            if late:
                values |= {"paths": [*of.paths, *late], "nodes": []}
            values["found"] = False
            if not found and not late:
                erasure.let_go(tx, self.person.id)
                values["swept_at"] = now
        erasure.change(tx, self.id, **values)


#: {an erasure's place in its sweep: rows that are theirs}.
Found = dict[int, list[erasure.Key]]


class Sweep:
    """The way of erasures, all as far as each other, through every table together; again until
    nothing is found any more."""

    first = next(iter(erasure.TABLES))

    def __init__(self, subjects: Sequence[Subject]) -> None:
        self._subjects = subjects
        self._likely = Likely([one.person for one in subjects])

    def look(self, tx: Tx, position: Sequence[Any]) -> tuple[list[Any], Found]:
        """The next part of the sweep: where it ends ([]: at the end), and the rows that name
        somebody, all of the table where it begins. Only reads."""
        names = list(erasure.TABLES)
        name, *after = position or [self.first]
        table = erasure.TABLES[name]
        rows = erasure.page(tx, table, after, LOOKED_AT)
        found: Found = {}
        for row in rows:
            for place in self._whose(tx, row):
                found.setdefault(place, []).append(row.key)
        if len(rows) == LOOKED_AT:
            return [name, *rows[-1].key], found
        later = names[names.index(name) + 1 :]
        return later[:1], found

    def _whose(self, tx: Tx, row: AnyRow) -> list[int]:
        likely = self._likely.of(erasure.said_in(row))
        if row.table is t.logbook and (sounds := erasure.sounds_in(Entry(**row.columns))):
            each = enumerate(self._subjects)
            likely |= {place for place, one in each if not one.gone.isdisjoint(sounds)}
        return [place for place in sorted(likely) if self._subjects[place].values(tx, row)]

    def take_out(self, tx: Tx, name: str, found: Found, end: list[Any], now: datetime) -> None:
        """Those rows, as they must be; the sweep goes on at ``end``."""
        table = erasure.TABLES[name]
        for place, one in enumerate(self._subjects):
            keys, told = found.get(place, []), {}
            for key in keys:
                row = erasure.one(tx, table, key)
                values = one.values(tx, row) if row else {}
                if not row or not values:
                    continue
                if table is t.logbook:
                    entry, left = erasure.take_out_of_entry(tx, Entry(**row.columns), values)
                    told[entry] = left
                else:
                    erasure.write(tx, table, key, values)
            if told:
                words.again(tx, [key for (key,) in keys])
            entries = list(told.items())
            for begin in range(0, len(entries), _ENTRIES):
                some = dict(entries[begin : begin + _ENTRIES])
                tell(tx, "erased", now, person=one.id, count=len(some), entries=some)
            one.went_on(tx, len(keys), len(entries), end, now)


def files_gone(tx: Tx, erasure_id: str, node: str) -> None:
    """A node has nothing of theirs in its folders any more."""
    of = erasure.get(tx, erasure_id)
    if of is not None and node not in of.nodes:
        erasure.change(tx, erasure_id, nodes=[*of.nodes, node])


def end_erasure(tx: Tx, erasure_id: str, now: datetime) -> None:
    """Nothing is left; who it was about is not known here any more."""
    of = erasure.get(tx, erasure_id)
    if of is None or of.done_at is not None:
        return
    erasure.done(tx, erasure_id, now)
    tell(tx, "erasure_done", now, person=erasure_id, rows=of.rows, entries=of.entries)


def given_out(tx: Tx, whose: str, count: int, who: str, now: datetime) -> None:
    """Somebody has all that is kept of a contact or a client, so many rows."""
    tell(tx, "personal_data_exported", now, by=who, who_did=who, person=whose, rows=count)


def what_is_kept(tx: Tx, contact_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(table, row) of everything that names a contact, for who asks for it (art. 15). Reads all."""
    person = person_of(tx, contact_id)
    home = erasure.home_of(tx, contact_id, erasure.sites_of(tx, contact_id), person.numbers)
    for row in _every_row(tx):
        is_them = row.table is t.contact and row.columns["id"] == contact_id
        if is_them or erasure.taken_out(person, "", home, row):
            yield row.table.name, erasure.readable(row)


def what_is_kept_of_client(tx: Tx, client_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(table, row) of everything that is a client's: their sites, who is called there, and what
    happened. Reads all; raises NotFound."""
    if sites.client(tx, client_id) is None:
        raise NotFound("there is no such client", client_id)
    ids = [site.id for site in search.sites_of(tx, client_id)]
    people, home = set(clients.called_at(tx, ids)), clients.home_of(tx, ids)
    own = {"client": {client_id}, "site": set(ids), "contact": people}
    for row in _every_row(tx):
        name = row.table.name
        if row.columns.get("id") in own.get(name, ()) or home.has(row):
            yield name, erasure.readable(row)


def _every_row(tx: Tx) -> Iterator[AnyRow]:
    for table in erasure.TABLES.values():
        after: list[Any] = []
        while True:
            rows = erasure.page(tx, table, after, LOOKED_AT)
            yield from rows
            if len(rows) < LOOKED_AT:
                break
            after = list(rows[-1].key)

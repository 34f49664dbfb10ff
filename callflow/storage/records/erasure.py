"""A person taken out of the rows of every table; what is theirs, for whoever asks for it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    LargeBinary,
    String,
    Table,
    delete,
    func,
    or_,
    select,
    tuple_,
    update,
)

from callflow.core.alarms.incident import State
from callflow.core.calls.call import CallState
from callflow.core.records import logbook
from callflow.core.records.erasure import GONE, Erasure, Person, texts_in
from callflow.core.records.logbook import Entry
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import columns, first, found
from callflow.storage.records import words
from callflow.storage.sites import removed

#: A row of a table: its primary key.
Key = tuple[Any, ...]

#: Never written to here: chains of hashes, and what is known of erasures themselves.
_NOT_SWEPT = frozenset({"chain_head", "seal", "erasure"})
#: What things are called, which a part of somebody's name may be in: only what is written out.
_NAMES_OF_THINGS = frozenset(
    {
        "account",
        "client",
        "plan",
        "plan_draft",
        "process",
        "service_line",
        "setting",
        "site",
        "zone",
    }
)
#: Entries that name all the people of a site.
_OF_A_WHOLE_SITE = ("site_created", "site_changed")
#: Every table that is swept, by its name, in their order.
TABLES: dict[str, Table] = {
    name: table for name, table in sorted(t.metadata.tables.items()) if name not in _NOT_SWEPT
}


@dataclass(frozen=True, slots=True)
class AnyRow:
    """A row of any table, with what is in its columns."""

    table: Table
    columns: Mapping[str, Any]

    @property
    def key(self) -> Key:
        """The primary key."""
        return tuple(self.columns[column.name] for column in self.table.primary_key.columns)


@dataclass(frozen=True, slots=True)
class Home:
    """What is about a person: their sites, and what happened there."""

    contact: str
    sites: frozenset[str]
    accounts: frozenset[str]
    incidents: frozenset[str]
    calls: frozenset[str]

    def has(self, of: AnyRow) -> bool:
        """True where a row is about them."""
        table, row = of.table, of.columns
        return (
            row.get("site_id", row.get("site")) in self.sites
            or row.get("incident_id", row.get("incident")) in self.incidents
            or row.get("account") in self.accounts
            or row.get("call_id") in self.calls
            or row.get("contact_id") == self.contact
            or (table is t.incident and row["id"] in self.incidents)
            or (table is t.call and row["id"] in self.calls)
        )


def home_of(tx: Tx, contact: str, sites: Sequence[str], numbers: Sequence[str]) -> Home:
    """What is about a contact of ``sites`` who has ``numbers`` alone."""
    account, incident = t.account.c, t.incident.c
    calls = calls_of(tx, contact, numbers)
    return Home(
        contact,
        frozenset(sites),
        frozenset(tx.execute(select(account.account).where(account.site_id.in_(sites))).scalars()),
        frozenset(tx.execute(select(incident.id).where(incident.site_id.in_(sites))).scalars()),
        frozenset(calls),
    )


def calls_of(tx: Tx, contact: str, numbers: Sequence[str]) -> list[str]:
    """The calls with somebody, either way."""
    c = t.call.c
    query = select(c.id).where(or_(c.contact_id == contact, c.to.in_(list(numbers))))
    return [str(call) for call in tx.execute(query).scalars()]


def live(tx: Tx, calls: Sequence[str]) -> bool:
    """True where one of them goes on."""
    c = t.call.c
    query = select(c.id).where(c.id.in_(list(calls)), c.state != CallState.ENDED.value).limit(1)
    return tx.execute(query).first() is not None


def open_incident(tx: Tx, sites: Sequence[str]) -> str | None:
    """An incident that is still open at one of ``sites``."""
    c = t.incident.c
    query = select(c.id).where(c.site_id.in_(list(sites)), c.state == State.OPEN.value).limit(1)
    return tx.execute(query).scalar()


def sites_of(tx: Tx, contact: str) -> list[str]:
    """Where somebody has a part, or whose firm has, or had one by the incidents' calls."""
    link, call, incident, member = t.site_contact.c, t.call.c, t.incident.c, t.firm_member.c
    former = select(t.former_contact.c.site_id).where(t.former_contact.c.contact_id == contact)
    firm = select(member.firm_id).where(member.contact_id == contact)
    now = select(link.site_id).where(or_(link.contact_id == contact, link.contact_id.in_(firm)))
    then = (
        select(incident.site_id)
        .join(t.call, call.incident_id == incident.id)
        .where(call.contact_id == contact)
    )
    told = (row for query in (now, former, then) for row in tx.execute(query.distinct()).scalars())
    return sorted({str(site) for site in told if site is not None})


def others_with(tx: Tx, contact: str, number: str) -> int:
    """How many others have the same number, and a part at a site or in a firm."""
    c, ids = t.contact.c, [table.c.contact_id for table in (t.site_contact, t.firm_member)]
    parts = [c.id.in_(select(id)) for id in ids]
    query = select(func.count()).where(c.phone == number, c.id != contact, or_(*parts))
    return int(tx.execute(query).scalar_one())


def names(tx: Tx) -> Iterator[str]:
    """What everybody is called: who is called by us, and who may log in here."""
    yield from tx.execute(select(t.contact.c.name)).scalars()
    c = t.user.c
    for row in tx.execute(select(c.name, c.shown_name).where(c.disabled_at.is_(None))):
        yield from filter(None, row)


def without_anybody(tx: Tx, contact: str) -> list[str]:
    """The active sites where nobody else can be called."""
    link, site = t.site_contact.c, t.site.c
    theirs = select(link.site_id).where(link.contact_id == contact)
    others = (
        select(link.site_id)
        .join(t.contact, t.contact.c.id == link.contact_id)
        .where(link.contact_id != contact, t.contact.c.phone.is_not(None))
    )
    query = select(site.id).where(site.id.in_(theirs), site.id.not_in(others))
    return list(tx.execute(query.where(site.state == "active").order_by(site.id)).scalars())


# --- rows one after the other -------------------------------------------------------------


def page(tx: Tx, table: Table, after: Sequence[Any], limit: int) -> list[AnyRow]:
    """The next rows of a table, by its primary key, without pictures and what else is encrypted."""
    keys = list(table.primary_key.columns)
    query = select(*_read(table)).order_by(*keys).limit(limit)
    if after:
        query = query.where(tuple_(*keys) > tuple_(*after))
    return [AnyRow(table, dict(row._mapping)) for row in tx.execute(query)]


def one(tx: Tx, table: Table, key: Key) -> AnyRow | None:
    """A row, as it is now."""
    row = tx.execute(select(*_read(table)).where(*_is(table, key))).first()
    return AnyRow(table, dict(row._mapping)) if row else None


def _read(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if not isinstance(column.type, LargeBinary)]


def _is(table: Table, key: Key) -> list[Any]:
    columns = table.primary_key.columns
    return [column == value for column, value in zip(columns, key, strict=True)]


def taken_out(person: Person, pseudonym: str, home: Home, row: AnyRow) -> dict[str, Any]:
    """What a row must be instead: {column: value}, of those that are otherwise."""
    near = row.table.name not in _NAMES_OF_THINGS and home.has(row)
    wording = person.at_home if near else person.anywhere
    changed: dict[str, Any] = {}
    for column in _texts(row.table):
        before = row.columns[column.name]
        if before != person.id and column.foreign_keys:
            continue  # another row's key, which theirs may be a part of
        after = pseudonym if before == person.id else wording.taken_out(before)
        if after == GONE and column.nullable:
            after = None
        if after != before:
            changed[column.name] = after
    return _of_account(row, changed) if row.table is t.user and changed else changed


def _of_account(row: AnyRow, changed: dict[str, Any]) -> dict[str, Any]:
    """An account that names somebody: whoever may log in stays, another one of the house is meant;
    of who may not any more no name is shown, nor left as a log-in."""
    if row.columns["disabled_at"] is None:
        return {}
    if "name" in changed:
        changed["name"] = f"erased-{row.columns['id']}"  # nobody else's
    return {**changed, "shown_name": ""}


def said_in(row: AnyRow) -> str:
    """All texts of a row that somebody may be written in, a line each."""
    return "\n".join(text for c in _texts(row.table) for text in texts_in(row.columns[c.name]))


def _texts(table: Table) -> list[Column[Any]]:
    """The columns that somebody may be written in; a row keeps its own key."""
    return [
        column
        for column in table.columns
        if isinstance(column.type, String | JSON) and not column.primary_key
    ]


def write(tx: Tx, table: Table, key: Key, values: dict[str, Any]) -> None:
    """What a row is from now on."""
    for column in table.columns:
        length = getattr(column.type, "length", None)
        if length and len(str(values.get(column.name) or "")) > length:
            values[column.name] = values[column.name][:length]
    tx.execute(update(table).where(*_is(table, key)).values(**values))
    if table is t.spoken:
        words.voices_changed(tx, [str(key[0])])


def readable(row: AnyRow) -> dict[str, Any]:
    """A row for whom it is about: without the station's secrets, and what is about others."""
    hidden = ["code", "duress_code", "secret", "hash", "previous", "salt", "data"]
    if row.columns.get("kind") in _OF_A_WHOLE_SITE:
        hidden.append("text")
    return {k: v for k, v in row.columns.items() if k not in hidden}


# --- the logbook --------------------------------------------------------------------------


def take_out_of_entry(tx: Tx, entry: Entry, values: Mapping[str, Any]) -> tuple[str, list[str]]:
    """An entry becomes ``values``, and its salt goes: (its id, [its hash, what is left's])."""
    number = t.logbook.c.number
    tx.execute(update(t.logbook).where(number == entry.number).values(**values, salt=""))
    left = replace(entry, **values, salt="")
    return entry.id, [entry.hash, logbook.entry_hash(left)]


def sounds_in(entry: Entry) -> set[str]:
    """The call and the voice whose recording an entry tells of; none of any other entry."""
    if entry.kind not in ("recording", "recording_problem", "spoken"):
        return set()
    return {entry.data[key] for key in ("call", "voice") if entry.data.get(key)}


def without_sound(entry: Entry, gone: frozenset[str]) -> dict[str, Any] | None:
    """The data of the entry of a recording that goes; None of any other entry."""
    if gone.isdisjoint(sounds_in(entry)):
        return None
    kept = {k: v for k, v in entry.data.items() if k not in ("call", "voice", "sha256", "path")}
    return {**kept, "erased": True}


# --- who they were ------------------------------------------------------------------------


def forget(tx: Tx, contact: str, pseudonym: str, sites: Sequence[str], now: datetime) -> None:
    """Nobody reaches them any more: the contact stays, without anything of theirs. Their number at
    the panels is revoked."""
    for table in (t.site_contact, t.former_contact, t.firm_member):
        tx.execute(delete(table).where(table.c.contact_id == contact))
    removed.forget_user(tx, contact)
    tx.execute(t.contact.insert().values(id=pseudonym, name=GONE, language="fr"))
    nothing = dict.fromkeys(
        ("phone", "code", "duress_code", "password", "duress_password", "availability")
    )
    tx.execute(update(t.contact).where(t.contact.c.id == contact).values(name=GONE, **nothing))
    user = t.panel_user
    tx.execute(update(user).where(user.c.contact_id == contact).values(revoked=True))
    tx.execute(update(t.site).where(t.site.c.id.in_(sites)).values(changed_at=now))


def let_go(tx: Tx, contact: str) -> None:
    """The row that had their key goes: nothing refers to it any more."""
    tx.execute(delete(t.contact).where(t.contact.c.id == contact))


def sounds_of(tx: Tx, calls: Sequence[str]) -> list[str]:
    """The paths of what was recorded and said in ``calls``."""
    recording, said = t.recording.c, t.spoken.c
    queries = (
        select(recording.path).where(recording.call_id.in_(calls)),
        select(said.path).where(said.call_id.in_(calls)),
    )
    return [str(path) for query in queries for path in tx.execute(query).scalars() if path]


def drop_recordings(tx: Tx, calls: Sequence[str]) -> tuple[list[str], list[str]]:
    """The paths of what was recorded and said in ``calls``, and the names of what was said."""
    said, paths = t.spoken.c, sounds_of(tx, calls)
    names = list(tx.execute(select(said.name).where(said.call_id.in_(calls))).scalars())
    tx.execute(update(t.instruction).where(t.instruction.c.voice.in_(names)).values(voice=None))
    tx.execute(delete(t.recording).where(t.recording.c.call_id.in_(calls)))
    tx.execute(delete(t.spoken).where(said.call_id.in_(calls)))
    words.voices_changed(tx, names)
    return paths, names


# --- erasures -----------------------------------------------------------------------------


def insert(tx: Tx, begun: Erasure) -> None:
    """One begins."""
    tx.execute(t.erasure.insert().values(**columns(begun)))


def get(tx: Tx, erasure_id: str) -> Erasure | None:
    """One, as far as it is."""
    return first(tx, select(t.erasure).where(t.erasure.c.id == erasure_id), Erasure)


def unfinished(tx: Tx) -> list[Erasure]:
    """Those that go on, the first first."""
    query = select(t.erasure).where(t.erasure.c.done_at.is_(None)).order_by(t.erasure.c.begun_at)
    return found(tx, query, Erasure)


def nodes_left(tx: Tx, erasure: Erasure) -> set[str]:
    """Nodes that still have files: those that live, and those that had a call with them."""
    calls = select(t.call.c.node).where(t.call.c.id.in_(erasure.calls)).distinct()
    nodes = {*tx.execute(calls).scalars(), *tx.execute(select(t.process.c.node)).scalars()}
    return nodes - {"", *erasure.nodes}


def latest(tx: Tx, limit: int) -> list[Erasure]:
    """The newest, newest first."""
    query = select(t.erasure).order_by(t.erasure.c.begun_at.desc()).limit(limit)
    return found(tx, query, Erasure)


def change(tx: Tx, erasure_id: str, **values: Any) -> None:
    """How far one is."""
    tx.execute(update(t.erasure).where(t.erasure.c.id == erasure_id).values(**values))


def done(tx: Tx, erasure_id: str, now: datetime) -> None:
    """Whom it was about is not known here any more."""
    change(tx, erasure_id, done_at=now, person=None, calls=[], paths=[], position=[])

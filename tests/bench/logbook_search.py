"""``logbook-search``: what finding words costs in a logbook of 5,000,000 entries.

Three years of a station with 5,000 sites, in the product's own sentences: each alarm with its
signals, calls and their answers, what operators noted (French, with common words and rare ones,
names, plates and numbers), and what is told beside alarms. They are written as the product's rows
and indexed by the product's own batches. Then people search: by words that every alarm has, by rare
ones, by phrases and numbers, of a site, a person, a kind and some days, and by common words that
never stand together. *disk*: of the logbook with all its indexes, and of the index of words.
"""

from __future__ import annotations

import contextlib
import itertools
import random
import secrets
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import text

from callflow.core.records.logbook import chain_of
from callflow.core.records.words import sought
from callflow.storage import Store, Tx
from callflow.storage import schema as t
from callflow.storage.engine.connections import connection_info
from callflow.storage.engine.upgrade import upgrade
from callflow.storage.records import search, words
from callflow.storage.records.horizon import horizon
from callflow.storage.records.search import Asked
from callflow.storage.schema.base import as_text
from callflow.texts import entry_text
from tests.bench.kit.figures import Report, Row, say, spread
from tests.bench.kit.stores import chosen, database

NAME = "logbook-search"
ENTRIES = 5_000_000
#: What is asked: milliseconds.
LIMIT_MS = 300.0
#: Times that each search is made, each with other words of its sort.
_TIMES = 20
_AT_ONCE, _INDEXED_AT_ONCE = 20_000, 5_000
_SITES, _PEOPLE = 5_000, 15_000
_BEGIN = datetime(2023, 11, 30, tzinfo=UTC)
_YEARS = timedelta(days=3 * 365)
_OPERATORS = [f"operateur{n}" for n in range(1, 25)]
_KINDS = ("intrusion", "incendie", "agression", "inondation", "autoprotection", "défaut technique")
_NOTES = (
    "Le client confirme une fausse alarme, le chat est passé devant le détecteur",
    "RAS sur place, site refermé et remis en marche par le gardien",
    "{name} rappelle : livraison prévue à six heures, véhicule {plate}",
    "Volet du quai {n} resté ouvert, prévenu {name} au {number}",
    "Fuite d’eau au sous-sol, plombier demandé, vannes fermées par {name}",
    "Police sur place, référence {ref}, porte fracturée côté {street}",
    "Technicien attendu demain à {n} h pour la batterie de la centrale",
    "Brouillard de {rare} signalé par {name}, zone {n} inhibée",
    "Femme de ménage : mauvais code, identité vérifiée par mot de passe",
    "Gardien arrivé à {n} h, ronde extérieure et intérieure, rien à signaler",
)
_SYLLABLES = (
    "ba be bi bo ca ce co da de do fa fi go la le lo ma me mi na ne no pa pi ra ri ro sa".split()
)


class _Words:
    """Names, plates and rare words, drawn again the same by ``seed``."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.names = [self._word(3) for _ in range(3_000)]
        self.rare = [self._word(5) for _ in range(20_000)]

    def _word(self, syllables: int) -> str:
        return "".join(self._random.choices(_SYLLABLES, k=syllables)).capitalize()

    def plate(self) -> str:
        letters, digits = "ABCDEFGHJKLMNPQRSTVWXYZ", self._random.randrange(1000)
        return f"{''.join(self._random.choices(letters, k=2))}-{digits:03}-AA"

    def number(self) -> str:
        """One of the numbers that the French regulator keeps for fiction."""
        return f"+3363998{self._random.randrange(_PEOPLE) % 10_000:04}"

    def note(self) -> str:
        draw = self._random
        return draw.choice(_NOTES).format(
            name=draw.choice(self.names),
            plate=self.plate(),
            number=self.number(),
            n=draw.randrange(1, 24),
            ref=f"{draw.randrange(10**6):06}",
            street=draw.choice(self.rare),
            rare=draw.choice(self.rare),
        )

    def alarm(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """(kind, who, data) of what one alarm has told of it."""
        draw, kind = self._random, self._random.choice(_KINDS)
        who, zone = draw.choice(_OPERATORS), draw.randrange(1, 40)
        code = draw.choice(("BA", "FA", "HA", "WA", "TA", "YT"))
        yield "signal", "callflow", {"code": code, "zone": zone, "format": "sia", "label": kind}
        plan = {"alarm": kind, "priority": draw.randrange(1, 5), "plan": "Consigne standard"}
        yield "incident_opened", "callflow", plan
        yield "step", "callflow", {"step": "Liste d'appel des dépositaires", "why": "opened"}
        for attempt in range(1, draw.choice((2, 2, 3))):
            to = self.number()
            asked = {"who": draw.choice(self.names), "to": to, "attempt": attempt}
            yield "call_requested", "callflow", asked
            yield "call_placed", "callflow", {"to": to}
            if draw.random() < 0.6:
                yield "call_answered", "callflow", {"to": to}
                yield "call_result", "callflow", {"to": to, "result": draw.choice(_RESULTS)}
            yield "call_ended", "callflow", {"to": to, "outcome": draw.choice(_RESULTS)}
        if draw.random() < 0.5:
            yield "claimed", who, {"by": who}
            yield "note", who, {"note": self.note()}
        closed = {"resolution": "fausse alarme", "text": "" if draw.random() < 0.7 else self.note()}
        yield "closed", who, closed
        yield "filed", "callflow", {}


_RESULTS = ("verified_ok", "no_answer", "busy", "wrong_code", "going", "send_guard", "operator")
_COLUMNS = tuple(column.name for column in t.logbook.columns)


def _rows(drawn: _Words, count: int) -> Iterator[tuple[Any, ...]]:
    """So many entries, in the order of their numbers."""
    draw, number, step = random.Random(7), itertools.count(1), _YEARS / count
    at = _BEGIN
    while True:
        incident, site = secrets.token_hex(16), f"{draw.randrange(_SITES):05}"
        chain = chain_of(incident)
        for seq, (kind, who, data) in enumerate(drawn.alarm(), 1):
            place = next(number)
            if place > count:
                return
            at += step
            said, hashed = entry_text(kind, data), secrets.token_hex(32)
            yield (
                *(place, hashed[:32], chain, seq, at, site, incident, who, kind, said, data),
                *(hashed, hashed, hashed[:16], ""),
            )


def _load(store: Store, count: int, drawn: _Words) -> None:
    """Write them; SQLite's indexes are made of what is there at the end."""
    rows = _rows(drawn, count)
    if store.sqlite:
        indexes = sorted(t.logbook.indexes, key=lambda index: str(index.name))
        for index in indexes:
            store.write_now(index.drop)
        while some := list(itertools.islice(rows, _AT_ONCE)):
            store.write_now(partial(_into_sqlite, rows=some))
        for index in indexes:
            store.write_now(index.create)
        return
    import psycopg  # noqa: PLC0415
    from psycopg.types.json import Json  # noqa: PLC0415

    address, _ = connection_info(store.url)
    with psycopg.connect(address) as own:
        with own.cursor().copy(f"COPY logbook ({', '.join(_COLUMNS)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row([Json(v) if isinstance(v, dict) else v for v in row])
        own.commit()
        own.autocommit = True
        own.execute("ANALYZE logbook")


def _into_sqlite(tx: Tx, rows: Sequence[tuple[Any, ...]]) -> None:
    import json  # noqa: PLC0415

    raw: Any = tx.connection.dbapi_connection
    marks = ", ".join("?" * len(_COLUMNS))
    raw.executemany(
        f"INSERT INTO logbook ({', '.join(_COLUMNS)}) VALUES ({marks})",
        [(*row[:4], as_text(row[4]), *row[5:10], json.dumps(row[10]), *row[11:]) for row in rows],
    )


def _index(store: Store) -> float:
    """Bring the index to the end, as the engine does; seconds."""
    begun = time.perf_counter()
    until = store.read_now(horizon).last
    while batch := store.read_now(partial(words.gathered, until=until, limit=_INDEXED_AT_ONCE)):
        assert store.write_now(partial(words.put, batch=batch))
        if batch.end % 500_000 < _INDEXED_AT_ONCE:
            say(f"{batch.end:,} entries indexed")
    return time.perf_counter() - begun


def _searches(drawn: _Words, draw: random.Random) -> dict[str, Asked]:
    """{sort: one search of it}."""
    day = _BEGIN + _YEARS * draw.random()
    site, who = f"{draw.randrange(_SITES):05}", draw.choice(_OPERATORS)
    name, rare = draw.choice(drawn.names), draw.choice(drawn.rare)
    common = ("appel", "alarme", "zone", "consigne", "message", "décroché")
    week = partial(Asked, since=day, until=day + timedelta(days=7), limit=51)
    found = {
        "common word": sought(draw.choice(common)),
        "two common words": sought("alarme " + draw.choice(("intrusion", "incendie"))),
        "never together": sought(draw.choice(("décroché acquittée", "classée message"))),
        "phrase": sought('"fausse alarme"'),
        "phrase of a note": sought('"porte fracturée côté"'),
        "phrase, never": sought('"alarme fausse"'),
        "rare word": sought(rare),
        "a name and a word": sought(f"{name} livraison"),
        "number": sought(drawn.number()),
        "site, common word": sought("appel", sites=[site]),
        "site and person": sought(person=who, sites=[site]),
        "person, word": sought("fuite", person=who),
        "kind, word": sought("police", kinds=["note"]),
        "common, not there": sought(f"appel {rare}x"),
    }
    asked = {kind: Asked(sought=one, limit=51) for kind, one in found.items()}
    asked["week, common word"] = week(sought=sought("appel"))
    asked["week, phrase, person"] = week(sought=sought('"rien à signaler"', person=who))
    asked["oldest first"] = Asked(sought=sought("fuite"), limit=101, oldest_first=True)
    return asked


def _bytes(tx: Tx) -> tuple[int, int]:
    """Of the logbook with its indexes, and of the index of words."""
    if tx.dialect.name == "sqlite":

        def of(pattern: str) -> int:
            query = text("SELECT sum(pgsize) FROM dbstat WHERE name LIKE :which")
            return int(tx.execute(query, {"which": pattern}).scalar() or 0)

        try:
            own = of("logbook_words%")
            book = sum(
                of(name) for name in ("logbook", "ix_logbook%", "sqlite_autoindex_logbook_1")
            )
            return book - of("ix_logbook_words%"), own
        except Exception:  # a build without dbstat
            return 0, 0
    size = "SELECT pg_total_relation_size('{}')"
    book, own = (
        int(tx.execute(text(size.format(name))).scalar() or 0)
        for name in ("logbook", "logbook_words")
    )
    return book, own


@contextlib.contextmanager
def _store(*, postgresql: bool) -> Iterator[Store]:
    with (
        tempfile.TemporaryDirectory(prefix="cf-bench-words-") as folder,
        contextlib.ExitStack() as of,
    ):
        named = of.enter_context(database(postgresql=postgresql))
        url = named.get("CALLFLOW_DATABASE_URL") or f"sqlite:///{Path(folder) / 'callflow.db'}"
        upgrade(url)
        store = Store(url, mac=lambda _: "")
        of.callback(store.close)
        yield store


def _found(store: Store, drawn: _Words, where: Row) -> Iterator[Row]:
    took: dict[str, list[float]] = {}
    hits: dict[str, int] = {}
    draw = random.Random(11)
    for _ in range(_TIMES):
        for kind, asked in _searches(drawn, draw).items():
            begun = time.perf_counter()
            found = store.read_now(partial(search.entries, asked=asked))
            took.setdefault(kind, []).append(time.perf_counter() - begun)
            hits[kind] = max(hits.get(kind, 0), len(found.entries))
    for kind, seconds in took.items():
        yield {**where, "search": kind, "found": hits[kind], **spread("", seconds)}


def run(rounds: int, only: str = "") -> Report:
    """On each database once: what is made takes minutes, and the searches are many."""
    report = Report(NAME, key=("store", "entries", "search"))
    for name in chosen(only):
        with _store(postgresql=name == "PostgreSQL") as store:
            drawn = _Words(3)
            begun = time.perf_counter()
            _load(store, ENTRIES, drawn)
            say(f"{name}: {ENTRIES:,} entries in {time.perf_counter() - begun:.0f} s")
            took = _index(store)
            book, own = store.read_now(_bytes)
            report.notes.append(
                f"{name}: indexed {ENTRIES / took:,.0f} entries/s; the logbook with its indexes"
                f" {book / 1e6:,.0f} MB ({book / ENTRIES:.0f} B an entry), its words"
                f" {own / 1e6:,.0f} MB ({own / ENTRIES:.0f} B)"
            )
            for row in itertools.chain.from_iterable(
                _found(store, drawn, {"store": name, "entries": ENTRIES}) for _ in range(rounds)
            ):
                report.rounds.append(row)
                if float(row["p99_ms"]) > LIMIT_MS:
                    report.broken.append(f"{name}, {row['search']}: {row['p99_ms']} ms")
    return report

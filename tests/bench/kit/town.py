"""A station of 5,000 sites and 20,000 contacts that has worked for three years.

The sites come in by the import, as an administrator's would; firms, plans, people, tokens and some
dozens of alarms through ``handling``. What three years left behind is copied from those alarms, row
by row: other ids, other sites, other times.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Table, func, select, text

from callflow import clock
from callflow.core.calls.call import Outcome
from callflow.core.desks.roster import Part
from callflow.core.plans.call_plan import to_json
from callflow.core.plans.standard import STANDARD_PLANS
from callflow.core.sites.files import reading, writing
from callflow.core.sites.instructions import Instruction, InstructionKind
from callflow.core.time.hours import Span
from callflow.handling.alarms import operating
from callflow.handling.base import refusals
from callflow.handling.desks.rosters import add_duties
from callflow.handling.interventions import directory, firms
from callflow.handling.plans import plans
from callflow.handling.sites import event_rules, instructions, on_test
from callflow.handling.sites.files import drafts, imports, saving, site_rows
from callflow.handling.sites.shape import Site
from callflow.handling.station.tokens import add_token
from callflow.storage import Store, Tx
from callflow.storage import schema as t
from tests.bench.kit.figures import say
from tests.bench.kit.stores import database
from tests.support.stations.web_station import NAME, WebStation
from web.access.users import Role, hash_password

SITES, PEOPLE = 5_000, 4
#: Entries of the logbook; alarms that were; what their panels sent beside them.
ENTRIES, ALARMS, SIGNALS = 1_000_000, 20_000, 200_000
PLANS, FIRMS, LINES, USERS, OPEN = 120, 80, 400, 60, 40
#: A site with everything a page shows; its id is its account.
BUSY = "00000"
#: A plan of some dozens of sites, and the one of most sites; each has a draft.
DRAFTED, FOLLOWED = "plan-4", "intrusion"
#: Rows in one statement, and alarms in one transaction.
_SHARE, _ALARMS_AT_ONCE = 10_000, 1_000
_YEARS = timedelta(days=3 * 365)
_STREETS = ("rue du Port", "quai Émile-Zola", "allée des Châtaigniers", "avenue de l'Été")
_TRADES = ("Boulangerie", "Bijouterie", "École", "Entrepôt", "Mairie", "Pharmacie", "Hôtel")
_NAMES = ("Le Goff", "Morvan", "Lefèvre", "Nguyễn", "Müller", "Çelik", "Guégan", "Béranger")
Row = dict[str, Any]


def site(number: int) -> Site:
    """One of the sites, as an import knows it."""
    account = f"{number:05d}"
    people = [
        {
            "id": f"{account}-{place}",
            "name": f"{_NAMES[(number + place) % len(_NAMES)]} {number % 97} {place}",
            "role": "keyholder" if place else "premises",
            "rank": max(1, place),
            "phone": f"+336399{number * PEOPLE + place:05d}",
            "language": "fr",
            "authorities": {"*": ["cancel", "inform", "send_guard"]},
            "keys_held": place == 1,
        }
        for place in range(PEOPLE)
    ]
    trade = _TRADES[number % len(_TRADES)]
    shown = {
        "id": account,
        "name": f"{trade} {_NAMES[number % len(_NAMES)]} {number}",
        "client": f"Société {_NAMES[number % len(_NAMES)]} {number % 700}",
        "address": f"{number % 90} {_STREETS[number % len(_STREETS)]}, 35000 Rennes",
        "postcode": f"{29 + number % 30}000",
        "timezone": "Europe/Paris",
        "language": "fr",
        "state": "active" if number % 20 else "suspended" if number else "active",
        "plans": {"*": f"plan-{number % PLANS}"} if number % 3 == 1 else {},
        "accounts": [{"account": account}],
        "contacts": people,
    }
    return Site.read(shown)


@contextlib.contextmanager
def town(*, postgresql: bool) -> Iterator[tuple[WebStation, dict[str, str]]]:
    """The station, and the environment that its processes need beside its settings."""
    with (
        tempfile.TemporaryDirectory(prefix="cf-bench-") as folder,
        database(postgresql=postgresql) as where,
    ):
        station = WebStation(Path(folder), database_url=where.get("CALLFLOW_DATABASE_URL", ""))
        try:
            _fill(station)
            yield station, where
        finally:
            station.close()


def _fill(station: WebStation) -> None:
    station.user(NAME, Role.ADMINISTRATOR)
    _plans(station)
    _import(station)
    _around(station)
    _alarms(station)
    say("three years pass")
    _history(station.store)
    if not station.store.sqlite:  # autovacuum's work, by then
        station.do(lambda tx: tx.execute(text("ANALYZE")))


def _plans(station: WebStation) -> None:
    now, standard = clock.now(), [to_json(plan) for plan in STANDARD_PLANS]

    def publish(tx: Tx) -> None:
        for number in range(PLANS):
            body = {**standard[number % len(standard)], "id": f"plan-{number}"}
            plans.publish_first(tx, {**body, "name": f"Été {number}"}, NAME, now)
            if number % 4 == 0:
                _draft(tx, body, now)
        _draft(tx, standard[0], now)

    station.do(publish)


def _draft(tx: Tx, body: Row, now: datetime) -> None:
    plans.save_draft(tx, {**body, "name": f"Hiver {body['id']}"}, NAME, now, based_on=1)


def _import(station: WebStation) -> None:
    say(f"{SITES} sites with {SITES * PEOPLE} contacts are imported")
    lines = (list(site_rows.rows_of(site(number), "fr")) for number in range(SITES))
    table = reading.read(b"".join(writing.to_csv(site_rows.head("fr"), lines, "fr")))
    known = station.store.read_now(drafts.known)
    prepared = imports.prepare(table, known, station.vault, clock.now(), file="0" * 64)
    assert not prepared.faults, prepared.faults[:3]
    done = saving.ready(prepared, name="town.csv", sha256="0" * 64, who=NAME, now=clock.now())
    station.do(partial(saving.write, done=done))


def _around(station: WebStation) -> None:
    """Firms, services, people, tokens, rosters; what is agreed for a while, what is on test."""
    now, vault = clock.now(), station.vault
    kept = hash_password("une phrase de passe")
    lines = [
        {
            "id": f"line-{number}",
            "service": ("police", "fire", "medical")[number % 3],
            "name": f"Centre opérationnel {number}",
            "number": f"+33130{number:06d}",
            "place": f"{number % 95 + 1:02d}",
        }
        for number in range(LINES)
    ]

    def write(tx: Tx) -> None:
        directory.put_directory(tx, lines, NAME, now)
        for number in range(FIRMS):
            firm = {"name": f"Sécurité {_NAMES[number % 8]} {number}", "phone": "+33639980901"}
            firm |= {"licence": f"AUT-{number}", "part": "guard" if number % 2 else "maintenance"}
            firms.put_firm(tx, vault, f"firm-{number}", firm, NAME, now)
        users = [
            {"id": f"user-{number}", "name": f"opérateur-{number}", "role": "operator"}
            | {"password": kept, "language": "fr", "created_at": now}
            for number in range(USERS)
        ]
        _insert(tx, t.user, users)
        for number in range(USERS):
            add_token(tx, f"-{number}", Role.READER, f"programme {number}", now, by=NAME)
        for code in ("AT", "YX", "TA"):
            event_rules.set_rule(tx, {"code": code, "kind": "technical"}, NAME, now)
        for number in range(28):
            begins = now + timedelta(hours=12 * number)
            span = Span(begins, begins + timedelta(hours=12))
            add_duties(tx, Part.TECHNICIAN, f"Loïc {number % 5}", "+33639989920", [span], NAME, now)
        for number in range(0, SITES, 25):
            _agreed(tx, f"{number:05d}", now)

    station.do(write)
    station.do(_bulk_of_sites)


def _agreed(tx: Tx, site_id: str, now: datetime) -> None:
    made: Row = dict(id="", site_id=site_id, begins_at=now, ends_at=now + timedelta(hours=20))
    made |= dict(author=NAME, made_at=now, text="Travaux jusqu'à demain")
    note = Instruction(kind=InstructionKind.NOTE, **made)
    instructions.make(tx, site_id, note, lowers=False, now=now)
    if int(site_id) % 100 == 50:
        asked: Row = dict(reason="maintenance", who=NAME, role="administrator", contact=None)
        on_test.set_on_test(tx, site_id, zones=None, lasts=timedelta(hours=60), now=now, **asked)


def _bulk_of_sites(tx: Tx) -> None:
    accounts = [f"{number:05d}" for number in range(SITES)]
    zones = [
        {"account": account, "zone": str(zone), "name": f"Détecteur {zone}", "kind": None}
        for account in accounts
        for zone in range(1, 9)
    ]
    _insert(tx, t.zone, zones)
    users = [
        {"account": account, "number": str(place), "contact_id": f"{account}-{place}"}
        | {"part": "person", "revoked": False}
        for account in accounts
        for place in range(1, PEOPLE)
    ]
    _insert(tx, t.panel_user, users)
    links = [
        {"site_id": account, "contact_id": f"firm-{int(account) % FIRMS}", "rank": 1}
        | {"role": "guard" if int(account) % FIRMS % 2 else "maintenance"}
        | {"authorities": {}, "keys_held": False}
        for account in accounts
    ]
    _insert(tx, t.site_contact, links)


def _alarms(station: WebStation) -> None:
    """Of each sort some, called about, handled and filed; then those that stand in the queue."""
    codes = ("BA", "FA", "PA", "HA", "TA", "AT", "BA", "YX")
    for number in range(24):
        account = f"{number * 41 + 1:05d}"
        incident = station.alarm(account, codes[number % len(codes)], "3").id
        for outcome in (Outcome.NO_ANSWER, Outcome.VERIFIED_OK):
            with contextlib.suppress(IndexError):
                station.call(outcome, seconds=3)
        _filed(station, incident)
    for number in range(OPEN):
        account = BUSY if number == 0 else f"{number * 97 + 2:05d}"
        station.alarm(account, codes[number % len(codes)], "4")


def _filed(station: WebStation, incident: str) -> None:
    def close(tx: Tx) -> None:
        with contextlib.suppress(refusals.Refused):
            operating.claim(tx, incident, NAME, clock.now())
            operating.note(tx, incident, NAME, "voisin prévenu", clock.now())
            operating.close_incident(tx, incident, NAME, "false_alarm", "vu", clock.now())

    station.do(close)


# --- what three years left ------------------------------------------------------------------------

_OVER: Row = {
    "state": "filed",
    "machine": "done",
    "step": None,
    "with_human": False,
    "holder": None,
    **dict.fromkeys(("due_at", "queue_due", "machine_due", "normal_due", "parked_until")),
}
#: Of an alarm's share of the logbook's entries, those of what an administrator did meanwhile.
_BESIDE = 5
_QUIET = (("OP", "opening"), ("CL", "closing"), ("RP", "test"))


def _history(store: Store) -> None:
    """Oldest first, numbered before what is there now."""
    seen = store.read_now(_templates)
    signals = 2 * SIGNALS
    for table, shift in ((t.logbook, ENTRIES), (t.signal, signals)):
        store.write_now(partial(_make_room, table=table, shift=shift))
    past = _Past(seen, clock.now())
    for first in range(0, ALARMS, _ALARMS_AT_ONCE):
        store.write_now(partial(past.write, places=range(first, first + _ALARMS_AT_ONCE)))


def _make_room(tx: Tx, table: Table, shift: int) -> None:
    number = table.c.number
    tx.execute(table.update().values(number=number + shift))
    if tx.dialect.name != "sqlite":
        last = select(func.max(number)).scalar_subquery()
        tx.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "number"), last)))


def _templates(tx: Tx) -> dict[str, list[Row]]:
    """{table: what the alarms that are over left}, and what was told beside them (``""``)."""
    over = select(t.incident.c.id).where(t.incident.c.closed_at.is_not(None))
    calls = select(t.call.c.id).where(t.call.c.incident_id.in_(over))
    queries = {
        "incident": select(t.incident).where(t.incident.c.id.in_(over)),
        "signal": select(t.signal).where(t.signal.c.incident_id.in_(over)),
        "call": select(t.call).where(t.call.c.incident_id.in_(over)),
        "recording": select(t.recording).where(t.recording.c.call_id.in_(calls)),
        "logbook": select(t.logbook).where(t.logbook.c.incident.in_(over)),
        "": select(t.logbook).where(t.logbook.c.incident.is_(None)).limit(3000),
    }
    found = {
        name: [dict(row._mapping) for row in tx.execute(query)] for name, query in queries.items()
    }
    assert all(found.values()), {name: len(rows) for name, rows in found.items()}
    return found


class _Past:
    """Alarms as they were, at another time and site each; and what else there was meanwhile."""

    def __init__(self, seen: dict[str, list[Row]], now: datetime) -> None:
        self._now, self._alarms, self._beside = now, seen["incident"], seen[""]
        calls = {row["id"]: row["incident_id"] for row in seen["call"]}
        self._of = {name: _by(seen[name], "incident_id") for name in ("signal", "call")}
        self._of["logbook"] = _by(seen["logbook"], "incident")
        self._of["recording"] = _by(
            [{**row, "incident_id": calls[row["call_id"]]} for row in seen["recording"]],
            "incident_id",
        )
        self._entry = self._signal = 0

    def write(self, tx: Tx, places: Sequence[int]) -> None:
        """So many alarms, each with its share of everything."""
        made: dict[str, list[Row]] = {}
        for place in places:
            for name, rows_ in self._alarm(place).items():
                made.setdefault(name, []).extend(rows_)
        for name in ("incident", "signal", "call", "recording", "logbook"):
            _insert(tx, t.metadata.tables[name], made[name])

    def _alarm(self, place: int) -> dict[str, list[Row]]:
        old = self._alarms[place % len(self._alarms)]
        ago, of = timedelta(hours=1) + _YEARS * (1 - place / ALARMS), old["id"]
        mark, where = f"{place:x}-", f"{place * 7919 % SITES if place % 400 else 0:05d}"
        new = {"incident_id": mark + of}
        calls = [
            _moved(row, ago, id=mark + row["id"], **new)
            | {"state": "ended", "ended_at": row["requested_at"] - ago}
            for row in self._of["call"].get(of, ())
        ]
        return {
            "incident": [_moved(old, ago, id=mark + of, site_id=where, account=where) | _OVER],
            "signal": self._signals(mark, where, ago, of),
            "call": calls,
            "recording": [
                {k: v for k, v in _moved(row, ago).items() if k != "incident_id"}
                | {"call_id": mark + row["call_id"]}
                for row in self._of["recording"].get(of, ())
            ],
            "logbook": self._entries(place, mark, where, ago, of),
        }

    def _signals(self, mark: str, where: str, ago: timedelta, of: str) -> list[Row]:
        """What opened it, and openings, closings and tests, which opened nothing."""
        found = [
            _moved(row, ago, incident_id=mark + of, account=where)
            for row in self._of["signal"].get(of, ())
        ]
        for number in range(SIGNALS // ALARMS):
            code, kind = _QUIET[number % len(_QUIET)]
            quiet = {"incident_id": None, "code": code, "kind": kind, "rank": 2}
            found.append({**found[0], "account": f"{(self._signal + number) % SITES:05d}", **quiet})
        for number, row in enumerate(found):
            row |= {"id": f"{mark}{number}", "deduplication": f"{mark}{number}"}
            self._signal += 1
            row["number"] = self._signal
        return found

    def _entries(self, place: int, mark: str, where: str, ago: timedelta, of: str) -> list[Row]:
        own, share = self._of["logbook"][of], ENTRIES // ALARMS
        found = []
        for number in range(share - _BESIDE):
            row = own[number % len(own)]
            found.append(_moved(row, ago, incident=mark + of, site=where))
        for number in range(_BESIDE):
            row = self._beside[(place * _BESIDE + number) % len(self._beside)]
            found.append(_moved(row, ago, site=where if row["site"] else None))
        for number, row in enumerate(found):
            self._entry += 1
            row |= {"id": f"{mark}{number}", "chain": f"past:{mark}", "seq": number}
            row["number"] = self._entry
        return found


def _by(rows_: Sequence[Row], column: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows_:
        found.setdefault(row[column], []).append(row)
    return found


def _moved(row: Row, ago: timedelta, **ids: Any) -> Row:
    """Long ago, under other ids."""
    return {k: v - ago if isinstance(v, datetime) else v for k, v in row.items()} | ids


def _insert(tx: Tx, table: Table, made: Sequence[Row]) -> None:
    for begin in range(0, len(made), _SHARE):
        tx.execute(table.insert(), list(made[begin : begin + _SHARE]))

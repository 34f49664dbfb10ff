"""``import``: 5,000 sites with 20,000 contacts from a CSV file, while signals go on arriving.

*new*: into an empty station; *changed*: the same file with every site's name and every number
another. *waits* is how long a signal waits for its commit meanwhile, in a process of its own as
the receiver is: the longest wait is how long the import keeps a panel unacknowledged. Two floors,
in the same run: the bare ``executemany`` of the same sites, contacts and links, by the driver in
one transaction; and the longest wait of signals while nothing is imported.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psycopg

from callflow import clock
from callflow.core.signals.signal import Signal
from callflow.core.sites.files import reading, writing
from callflow.handling.base import storing
from callflow.handling.plans import plans
from callflow.handling.sites.files import drafts, imports, saving, site_rows
from callflow.handling.sites.files.imports import Prepared
from callflow.storage import Store
from callflow.storage.engine.connections import connection_info
from callflow.storage.engine.upgrade import upgrade
from callflow.vault import Vault
from tests.bench.kit import town
from tests.bench.kit.figures import Report, Row, say
from tests.bench.kit.stores import chosen, database
from tests.bench.kit.town import SITES

NAME = "import"
#: What is asked: seconds of all of it, and the longest that another write waits.
WHOLE_S, WAIT_S = 60.0, 2.0
_EVERY = 0.01  # seconds between two signals


def _town(mark: str, digit: int) -> Iterator[list[list[str]]]:
    """The rows of each site; ``mark`` and ``digit`` are in every name and every number."""
    for number in range(SITES):
        site = town.site(number)
        people = [
            person.changed(phone=f"+3363998{digit}{(number * town.PEOPLE + place) % 1000:03d}")
            for place, person in enumerate(site.contacts)
        ]
        site = site.changed(name=site.name + mark, plans={}, contacts=people)
        yield list(site_rows.rows_of(site, "fr"))


def _file(mark: str, digit: int) -> bytes:
    return b"".join(writing.to_csv(site_rows.head("fr"), _town(mark, digit), "fr"))


# --- who writes meanwhile -------------------------------------------------------------------------


def _receiver(url: str, keys: str, pipe: Connection) -> None:
    """Stores a signal every so often until told to stop; answers with the longest wait, and how
    many there were, whenever it is asked."""
    store, stop, waits = Store(url, mac=Vault(Path(keys)).seal), threading.Event(), [0.0]

    def receive() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            at = clock.now()
            message = Signal(
                account="09999",
                format="webhook",
                code="RP",
                zone="1",
                received_at=at,
                deduplication=f"{at.timestamp()} {number}",
            )
            begun = time.perf_counter()
            store.write_now(partial(storing.store_signals, signals=[message]))
            waits.append(time.perf_counter() - begun)
            stop.wait(_EVERY)

    thread = threading.Thread(target=receive)
    thread.start()
    while pipe.recv():
        found, waits[:] = list(waits), [0.0]
        pipe.send((max(found), len(found) - 1))
    stop.set()
    thread.join()
    store.close()


class Receiver:
    """Another process that stores signals, and says how long the longest waited."""

    def __init__(self, url: str, keys: Path) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_receiver, args=(url, str(keys), theirs))
        self._process.start()
        self.since()

    def since(self) -> tuple[float, int]:
        """The longest wait since it was asked last, in seconds; and how many signals."""
        self._pipe.send(True)
        found: tuple[float, int] = self._pipe.recv()
        return found

    def close(self) -> None:
        self._pipe.send(False)
        self._process.join(30)


# --- the import -----------------------------------------------------------------------------------


class _Imported:
    """One file imported, and what each part of it took in seconds."""

    def __init__(self, store: Store, vault: Vault, data: bytes) -> None:
        begun = time.perf_counter()
        table = reading.read(data)
        self.read = time.perf_counter() - begun
        known = store.read_now(drafts.known)
        sha256 = hashlib.sha256(data).hexdigest()
        self.done: Prepared = imports.prepare(table, known, vault, clock.now(), file=sha256)
        self.compared = time.perf_counter() - begun - self.read
        now = clock.now()
        ready = saving.ready(self.done, name="town.csv", sha256=sha256, who="bench", now=now)
        store.write_now(partial(saving.write, done=ready))
        self.whole = time.perf_counter() - begun
        self.written = self.whole - self.read - self.compared


_FLOOR = {
    "floor_site": ("id", "name", "address", "postcode"),
    "floor_contact": ("id", "name", "language", "phone"),
    "floor_link": ("site_id", "contact_id", "role", "rank"),
}


def _floor(url: str, done: Prepared) -> float:
    """The same sites, contacts and links by the bare driver, in seconds."""
    written = done.writes
    given: list[list[dict[str, Any]]] = [
        written.new_sites,
        list(written.contacts.values()),
        written.links,
    ]
    tables = {
        table: [tuple(row[name] for name in names) for row in found]
        for (table, names), found in zip(_FLOOR.items(), given, strict=True)
    }
    if url.startswith("sqlite"):
        raw: Any = sqlite3.connect(url.removeprefix("sqlite:///"))
        mark = "?"
        raw.execute("PRAGMA synchronous=FULL")
    else:
        raw, mark = psycopg.connect(connection_info(url)[0]), "%s"
    for table, names in _FLOOR.items():
        raw.execute(f"CREATE TABLE {table} ({', '.join(f'{name} text' for name in names)})")
    raw.commit()
    begun, cursor = time.perf_counter(), raw.cursor()
    for table, lines in tables.items():
        marks = ", ".join([mark] * len(_FLOOR[table]))
        cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", lines)
    raw.commit()
    took = time.perf_counter() - begun
    for table in _FLOOR:
        raw.execute(f"DROP TABLE {table}")
    raw.commit()
    raw.close()
    return took


def _round(store_name: str) -> list[Row]:
    with (
        tempfile.TemporaryDirectory(prefix="cf-bench-") as folder,
        database(postgresql=store_name == "PostgreSQL") as where,
    ):
        url = where.get("CALLFLOW_DATABASE_URL") or f"sqlite:///{folder}/callflow.db"
        keys = Path(folder) / "keys"
        upgrade(url)
        vault = Vault(keys)
        store = Store(url, mac=vault.seal)
        store.write_now(lambda tx: plans.publish_standard_plans(tx, "bench", clock.now()))
        receiver = Receiver(url, keys)
        time.sleep(3)
        idle, _ = receiver.since()
        found: list[Row] = []
        floor = 0.0
        for part, data in (("new", _file("", 1)), ("changed", _file(" bis", 2))):
            receiver.since()
            took = _Imported(store, vault, data)
            longest, signals = receiver.since()
            if part == "new":
                floor = _floor(url, took.done)
            found.append(
                {
                    "part": part,
                    "store": store_name,
                    "sites": len(took.done.sites),
                    "contacts": took.done.contacts[part],
                    "read_s": round(took.read, 2),
                    "compare_s": round(took.compared, 2),
                    "write_s": round(took.written, 2),
                    "whole_s": round(took.whole, 2),
                    "floor_s": round(floor, 2),
                    "signals": signals,
                    "longest_wait_s": round(longest, 2),
                    "idle_wait_s": round(idle, 3),
                }
            )
        receiver.close()
        store.close()
        return found


def run(rounds: int = 3, only: str = "") -> Report:
    """The file imported new, then changed, on each database, ``rounds`` times."""
    report = Report(NAME, ("part", "store"))
    for place in range(rounds):
        for store in chosen(only):
            say(f"round {place + 1} of {rounds}: {SITES} sites into {store}")
            report.rounds += _round(store)
    for row in report.medians():
        if float(row["whole_s"]) > WHOLE_S:
            report.broken.append(f"{row['part']}, {row['store']}: took {row['whole_s']} s")
        if float(row["longest_wait_s"]) > WAIT_S:
            waited = row["longest_wait_s"]
            report.broken.append(f"{row['part']}, {row['store']}: a signal waited {waited} s")
    report.notes.append(
        f"Asked: all of it within {WHOLE_S:.0f} s, no other write waits longer than {WAIT_S:.0f} s."
    )
    return report

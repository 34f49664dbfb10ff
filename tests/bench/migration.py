"""``migration``: a station of 12,000 sites and 60,000 contacts leaves as a ZIP of CSV files and as
text files, and comes into an empty one, while signals go on arriving.

*export*, *read* (the file taken apart), *dry run* and *write* in seconds of 1,000 sites; *again* is
the same file once more, which changes nothing. *memory* is what reading and writing added to the
process at most. *waits* is how long a signal waits for its commit meanwhile, in a process of its
own as the receiver is (``import``).
"""

from __future__ import annotations

import io
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from callflow import clock
from callflow.handling.plans import plans
from callflow.handling.sites import sites as site_facts
from callflow.handling.sites.shape import Site
from callflow.handling.transfer import workbook
from callflow.handling.transfer.arrivals import Arrival
from callflow.handling.transfer.writing import By, Outcome
from callflow.storage import Store, Tx
from callflow.storage.engine.upgrade import upgrade
from callflow.storage.sites import sites
from callflow.vault import Vault
from tests.bench.importing import Receiver
from tests.bench.kit import town
from tests.bench.kit.figures import Report, Row, say
from tests.bench.kit.stores import chosen, database

NAME = "migration"
SITES = 12_000
#: The longest that a signal may wait for a site's transaction.
WAIT_S = 1.0
_AT_ONCE = 20


def whole(number: int) -> Site:
    """A site with five contacts, zones, users, hours and a plan."""
    site = town.site(number)
    account = site.numbers[0]
    last = {"id": f"{account}-9", "name": f"Dernier {number}", "role": "manager", "rank": 1}
    body = site.document() | {
        "state": "active",
        "plans": {"fire": "fire"},
        "zones": [
            {"account": account, "zone": str(zone), "name": f"Détecteur {zone}"}
            for zone in range(1, 9)
        ],
        "panel_users": [
            {"account": account, "number": str(place), "contact": f"{account}-{place}"}
            for place in range(1, town.PEOPLE)
        ],
        "schedule": {
            "week": {day: ["08:00-12:00", "13:30-18:30"] for day in ("mon", "tue", "wed")},
            "holidays": {"country": "FR", "open": "closed"},
        },
        "accounts": [{"account": account, "poll_every_s": 3600}],
    }
    return Site.read({**body, "contacts": [*body["contacts"], last]})


def begun(url: str, keys: Path) -> tuple[Store, Vault]:
    """A new station, with the plans that it begins with."""
    upgrade(url)
    vault = Vault(keys)
    store = Store(url, mac=vault.seal)
    store.write_now(lambda tx: plans.publish_standard_plans(tx, "bench", clock.now()))
    return store, vault


def fill(store: Store, vault: Vault, many: int) -> None:
    """So many whole sites."""
    for first in range(0, many, _AT_ONCE):
        made = [whole(number) for number in range(first, min(many, first + _AT_ONCE))]

        def put(tx: Any, made: list[Site] = made) -> None:
            for site in made:
                site_facts.put_site(tx, vault, site.id, site, "bench", clock.now())

        store.write_now(put)


def documents(store: Store) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(site, its set-up), by id."""
    after = ""
    while found := store.read_now(partial(_page, after=after)):
        yield from ((site.id, site_facts.set_up(site)) for site in found)
        after = found[-1].id


def _page(tx: Tx, after: str) -> list[Site]:
    return site_facts.get_sites(tx, sites.site_ids(tx, after=after))


def arrival(store: Store, vault: Vault, data: bytes) -> Arrival:
    """The file, taken apart."""
    return Arrival(
        iter([("station.zip", io.BytesIO(data))]),
        By(who="bench", name="station.zip"),
        read=store.read_now,
        write=store.write_now,
        vault=vault,
        now=clock.now,
    )


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    begun = time.perf_counter()
    return work(), time.perf_counter() - begun


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _round(store_name: str) -> list[Row]:
    with (
        tempfile.TemporaryDirectory(prefix="cf-bench-") as folder,
        database(postgresql=store_name == "PostgreSQL") as where,
    ):
        old, old_vault = begun(f"sqlite:///{folder}/old.db", Path(folder) / "old-keys")
        fill(old, old_vault, SITES)
        url = where.get("CALLFLOW_DATABASE_URL") or f"sqlite:///{folder}/new.db"
        keys = Path(folder) / "keys"
        new, vault = begun(url, keys)
        ids = old.read_now(partial(sites.site_ids, limit=SITES))
        data, exported = _timed(lambda: b"".join(workbook.pieces(old.read_now, ids, "zip", "fr")))
        receiver = Receiver(url, keys)
        time.sleep(2)
        idle, _ = receiver.since()
        before = _peak_mb()
        made, read = _timed(lambda: arrival(new, vault, data))
        with closing(made):
            tried, dry = _timed(lambda: made.go(dry=True))
            done, wrote = _timed(lambda: made.go(dry=False))
            longest, signals = receiver.since()
            again, same = _timed(lambda: made.go(dry=False))
        outcomes: list[Outcome] = [tried, done, again]
        assert not any(one.faults for one in outcomes), outcomes[0].faults[:3]
        assert (done.created, again.same) == (SITES, SITES)
        assert all(a == b for a, b in zip(documents(old), documents(new), strict=True))
        receiver.close()
        of_thousand = 1000 / SITES
        row: Row = {
            "store": store_name,
            "sites": SITES,
            "contacts": done.contacts["new"],
            "export_s": round(exported * of_thousand, 2),
            "read_s": round(read * of_thousand, 2),
            "dry_run_s": round(dry * of_thousand, 2),
            "write_s": round(wrote * of_thousand, 2),
            "again_s": round(same * of_thousand, 2),
            "memory_mb": round(_peak_mb() - before, 1),
            "signals": signals,
            "longest_wait_s": round(longest, 2),
            "idle_wait_s": round(idle, 3),
        }
        old.close()
        new.close()
        return [row]


def run(rounds: int = 3, only: str = "") -> Report:
    """A station into another on each database, ``rounds`` times."""
    report = Report(NAME, ("store",))
    for place in range(rounds):
        for store in chosen(only):
            say(f"round {place + 1} of {rounds}: {SITES} sites into {store}")
            report.rounds += _round(store)
    for row in report.medians():
        if float(row["longest_wait_s"]) > WAIT_S:
            report.broken.append(f"{row['store']}: a signal waited {row['longest_wait_s']} s")
    report.notes.append(f"Asked: no signal waits longer than {WAIT_S:.0f} s meanwhile.")
    return report

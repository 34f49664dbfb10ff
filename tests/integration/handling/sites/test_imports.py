"""Files of sites written on each database: as PUT would, all or nothing, beside what goes on."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from callflow.core.sites.files import reading
from callflow.handling.base import refusals
from callflow.handling.sites import sites as sites_sites
from callflow.handling.sites.files import drafts, exports, saving
from callflow.handling.sites.files import imports as sites_imports
from callflow.handling.sites.files.imports import Prepared
from callflow.handling.sites.files.saving import SitesChanged
from callflow.handling.sites.shape import Site
from callflow.storage import Store, StoreUnavailable, Tx
from callflow.storage.engine.connections import make_engine
from callflow.storage.records import logbook
from callflow.storage.schema import metadata
from callflow.storage.sites import contracts, sites
from callflow.vault import Vault
from tests.integration.handling.station import FIRST, SHOP, Station
from tests.support.outside.small_disk import SmallDisk
from tests.support.rows.documents import site_document
from tests.support.rows.in_clear import in_clear
from tests.support.rows.migrated import migrate

SHA = "ab" * 32


def a_file(*lines: str) -> bytes:
    return "\r\n".join(lines).encode()


#: A new site with two people, one of whom is at the shop too, which is given another name.
TOWN = a_file(
    "accounts;site id;site name;client;postcode;time zone;contact id;contact name;role;phone;"
    "authorities;keys held;code",
    "0417 0418;;Boulangerie;Zef;29000;Europe/Paris;oven;Fournil;premises;06 39 98 00 50;cancel;no;",
    "0417;;;;;;1002-anne;anne;keyholder;06 39 98 00 51;cancel, inform;yes;8642",
    "1002;;Boutique;;;America/Cayenne;1002-anne;anne;keyholder;+33639980051;"
    "cancel, send_guard; no;",
)


def prepared(station: Station, data: bytes, **more: Any) -> Prepared:
    known = station.read(drafts.known)
    return sites_imports.prepare(
        reading.read(data), known, station.vault, station.now, file=SHA, **more
    )


def write(tx: Tx, done: Prepared, station: Station) -> None:
    ready = saving.ready(done, name="town.csv", sha256=SHA, who="alix", now=station.now)
    saving.write(tx, ready)


def imports(station: Station, data: bytes, **more: Any) -> Prepared:
    done = prepared(station, data, **more)
    assert done.faults == []
    station.write(lambda tx: write(tx, done, station))
    return done


def everything(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    engine = make_engine(url, writer=False)
    with engine.connect() as tx:
        found = {
            table.name: sorted(map(tuple, tx.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }
    engine.dispose()
    return found


def site(station: Station, site_id: str) -> dict[str, Any]:
    found = station.read(lambda tx: site_document(tx, site_id))
    assert found is not None
    return found


@pytest.mark.both_databases
def test_a_file_is_written_as_put_would_write_it(station: Station) -> None:
    before = site(station, "1002")
    imports(station, TOWN)
    bakery, shop = site(station, "0417"), site(station, "1002")
    assert bakery["plans"] == {}
    assert [a["account"] for a in bakery["accounts"]] == ["0417", "0418"]
    assert [(c["id"], c["rank"], c["code_set"]) for c in bakery["contacts"]] == [
        ("oven", 1, False),
        ("1002-anne", 1, True),
    ]
    changed = {"name": "Boutique", "client": "Boutique", "timezone": "America/Cayenne"}
    anne = next(c for c in before["contacts"] if c["id"] == "1002-anne")
    anne |= {"phone": "+33639980051", "rank": anne["rank"]}
    assert shop == {**before, **changed}
    rows_before = everything(station.store.url)
    for key in ("0417", "1002"):
        body = site(station, key)
        station.write(
            partial(
                sites_sites.put_site,
                vault=station.vault,
                site_id=key,
                site=Site.read(body),
                who="alix",
                now=station.now,
            )
        )
    after = everything(station.store.url)
    for table in ("client", "site", "account", "zone", "contact", "site_contact", "panel_user"):
        assert after[table] == rows_before[table], table


def test_a_closing_is_expected_by_the_clock_of_the_new_time_zone(station: Station) -> None:
    def due() -> datetime:
        row = station.read(lambda tx: sites.get(tx, "1002"))
        assert row is not None
        assert row.schedule_due is not None
        return row.schedule_due

    station.put(schedule={"week": {"mon": ["08:00-12:00"]}})
    before, shown = due(), site(station, "1002")
    imports(station, a_file("accounts;time zone", "1002;America/Cayenne"))
    assert due() - before == timedelta(hours=4)
    assert site(station, "1002") == {**shown, "timezone": "America/Cayenne"}


def test_what_changed_is_told_once_a_site_and_once_for_all(station: Station) -> None:
    done = imports(station, TOWN)
    (told,) = station.entries("sites_imported")
    assert told.who == "alix"
    assert {k: told.data[k] for k in ("sha256", "rows", "created", "changed")} == {
        "sha256": SHA,
        "rows": 3,
        "created": 1,
        "changed": 1,
    }
    assert [entry.site for entry in station.entries("site_created")][-1] == "0417"
    (entry,) = station.entries("site_changed")
    assert entry.data["fields"]["contacts.1002-anne.phone"] == [FIRST, "+33639980051"]
    assert "Boutique" in entry.text
    assert not in_clear("8642", station.read(lambda tx: logbook.page(tx, limit=1000)))
    assert done.contacts == {"new": 2, "changed": 1, "same": 0, "removed": 0}


def test_an_account_that_another_site_gave_up_comes_without_its_key(station: Station) -> None:
    given = {"account": "0418", "dc09_key": "0f" * 16, "phone": FIRST}
    station.put("1003", accounts=[{"account": "1003"}, given])
    station.put("1003", accounts=[{"account": "1003"}])
    assert "0418" in station.read(sites.account_keys)  # its panel may still be heard
    imports(station, TOWN)
    (again,) = (a for a in site(station, "0417")["accounts"] if a["account"] == "0418")
    assert (again["dc09_key_set"], again["phone"]) == (False, None)
    assert "0418" not in station.read(sites.account_keys)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_that_is_imported_changes_nothing(station: Station, kind: str) -> None:
    imports(station, TOWN)
    station.put("2001", name="=1+1", plans={"*": "intrusion"}, postcode="01000")
    data = export(station, kind)
    done = prepared(station, data, remove=True)
    assert (done.faults, done.sites, done.sites_same) == ([], [], 3)
    assert b"2580" not in data
    (told,) = station.entries("sites_exported")
    assert {k: told.data[k] for k in ("by", "format", "sites", "contacts")} == {
        "by": "alix",
        "format": kind,
        "sites": 3,
        "contacts": 8,
    }


def export(station: Station, kind: str) -> bytes:
    ids = station.write(
        lambda tx: exports.export_begins(
            tx, text="", state="", format=kind, who="alix", now=station.now
        )
    )
    return b"".join(exports.pieces(station.read, ids, kind, "fr"))


def test_who_is_called_no_more_is_kept_as_a_former_contact(station: Station) -> None:
    head, rest = "accounts;contact id;role", ("1002;1002-shop;", "1002;1002-bruno;")
    imports(station, a_file(head, "1002;1002-anne;manager", *rest), remove=True)
    roles = {c["id"]: c["role"] for c in site(station, "1002")["contacts"]}
    assert roles["1002-anne"] == "manager"
    done = imports(station, a_file(head, *rest), remove=True)
    assert (done.changed, done.contacts["removed"]) == (1, 1)
    assert len(site(station, "1002")["contacts"]) == 2
    former = station.read(lambda tx: contracts.former(tx, "1002"))
    assert {(row.contact_id, row.role, row.reason) for row in former} == {
        ("1002-anne", "keyholder", "town.csv"),
        ("1002-anne", "manager", "town.csv"),
    }
    assert [e.data["role"] for e in station.entries("contact_closed")] == [
        "keyholder",
        "manager",
    ]


def test_what_changed_meanwhile_is_not_overwritten(station: Station) -> None:
    done = prepared(station, TOWN)
    station.put(name="Epicerie")
    before = everything(station.store.url)
    with pytest.raises(SitesChanged):
        station.write(lambda tx: write(tx, done, station))
    assert everything(station.store.url) == before
    assert done.digest != prepared(station, TOWN).digest == prepared(station, TOWN).digest


@pytest.mark.both_databases
def test_a_wrong_last_row_leaves_all_as_it_was(station: Station) -> None:
    before = everything(station.store.url)
    done = prepared(station, TOWN + b"\r\n0419;;Bar;;;Mars")
    assert [(fault.row, fault.code) for fault in done.faults] == [
        (5, "is no IANA time zone, such as Europe/Paris")
    ]
    with pytest.raises(refusals.Refused):
        station.write(lambda tx: write(tx, done, station))
    assert everything(station.store.url) == before


@pytest.mark.both_databases
def test_a_last_row_that_the_database_refuses_undoes_all(station: Station) -> None:
    before = everything(station.store.url)
    done = prepared(station, TOWN)
    done.writes.links.append({**done.writes.links[-1], "contact_id": "nobody"})
    with pytest.raises(StoreUnavailable):
        station.write(lambda tx: write(tx, done, station))
    assert everything(station.store.url) == before


def a_town(sites: int) -> bytes:
    """So many new sites with four contacts each."""
    lines = [
        f"{20000 + n};Site {n};p{n}-{k};Contact {k};{'keyholder' if k else 'premises'};"
        f"+3363998{(4 * n + k) % 10000:04d}"
        for n in range(sites)
        for k in range(4)
    ]
    return a_file("accounts;site name;contact id;contact name;role;phone", *lines)


def test_a_disk_that_fills_up_leaves_all_as_it_was(sqlite_url: str, tmp_path: Path) -> None:
    migrate(sqlite_url)
    vault = Vault(tmp_path / "keys")
    station = Station(Store(sqlite_url, mac=vault.seal), vault)
    station.put()
    before = everything(sqlite_url)
    done = prepared(station, a_town(300))

    def on_a_full_disk(tx: Tx) -> None:
        pages = tx.exec_driver_sql("PRAGMA page_count").scalar_one()
        tx.exec_driver_sql(f"PRAGMA max_page_count={pages + 10}")
        write(tx, done, station)

    with pytest.raises(StoreUnavailable):
        station.write(on_a_full_disk)
    assert everything(sqlite_url) == before
    station.write(lambda tx: write(tx, done, station))  # and there is room again
    assert len(station.entries("site_created")) == 301
    assert station.faults() == []
    station.store.close()


def copied(seen: Path, to: Path) -> dict[str, list[tuple[Any, ...]]]:
    """``everything`` of a database in another mount namespace, which SQLite can't look into."""
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir()
    for file in seen.glob("callflow.db*"):
        shutil.copy(file, to)
    return everything(f"sqlite:///{to / 'callflow.db'}")


async def test_a_file_system_that_is_full_in_the_middle_keeps_all_as_it_was(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path / 'callflow.db'}")
    async with SmallDisk(tmp_path / "small") as disk:
        shutil.copy(tmp_path / "callflow.db", disk.seen)
        Vault(disk.seen / "keys")
        (disk.seen / "town.csv").write_bytes(a_town(300))
        command = ("-m", "callflow", "sites", "import", str(disk.folder / "town.csv"))

        def run() -> tuple[int, str]:
            done = subprocess.run(
                disk.enter(sys.executable, *command),
                env={**os.environ, "CALLFLOW_DATA_DIR": str(disk.folder)},
                capture_output=True,
                text=True,
                check=False,
            )
            return done.returncode, done.stderr

        before = copied(disk.seen, tmp_path / "copy")
        await disk.fill()
        await disk.leave(200_000)
        status, said = run()
        assert (status, "full" in said) == (1, True), said
        assert copied(disk.seen, tmp_path / "copy") == before
        await disk.empty()
        assert run()[0] == 0
        assert len(copied(disk.seen, tmp_path / "copy")["site"]) == 300


#: Dies by SIGKILL after so many statements that write, or at the commit itself.
_DIES = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import event
from callflow import clock
from callflow.handling.sites.files import drafts, saving, imports
from callflow.core.sites.files import reading
from callflow.storage import Store
from callflow.vault import Vault
url, keys, file, after = sys.argv[1:]
vault = Vault(Path(keys))
store = Store(url, mac=vault.seal)
done = imports.prepare(reading.read(Path(file).read_bytes()), store.read_now(drafts.known),
    vault, clock.now(), file="x")
assert not done.faults
left = int(after)
def die(*_):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
event.listen(store._writer_engine, "after_cursor_execute", die)
if left == 0:
    left = 1
    event.remove(store._writer_engine, "after_cursor_execute", die)
    event.listen(store._writer_engine, "commit", die)
ready = saving.ready(done, name="f", sha256="x", who="w", now=clock.now())
store.write_now(lambda tx: saving.write(tx, ready))
"""


@pytest.mark.both_databases
def test_whoever_is_killed_in_the_middle_leaves_all_as_it_was(
    station: Station, tmp_path: Path
) -> None:
    url, file = station.store.url, tmp_path / "town.csv"
    file.write_bytes(a_town(50))
    before = everything(url)
    for after in ("5", "0"):
        died = subprocess.run(
            [sys.executable, "-c", _DIES, url, str(tmp_path / "keys"), str(file), after],
            env={**os.environ, "PYTHONPATH": str(Path.cwd())},
            check=False,
        )
        assert died.returncode == -signal.SIGKILL
        assert everything(url) == before
    imports(station, file.read_bytes())
    assert site(station, "20049")["contacts"][3]["phone"] == "+33639980199"
    assert site(station, "1002")["contacts"][0]["phone"] == SHOP

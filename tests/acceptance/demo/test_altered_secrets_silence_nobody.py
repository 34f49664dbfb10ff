"""Whoever holds the database without its keys alters every secret in it: each process begins anew
with them, an alarm rings its site all the same, and what fails is named."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import Table

from callflow import clock
from callflow.handling.calls import phones
from callflow.handling.records import erasure
from callflow.storage import Tx
from callflow.storage import schema as t
from callflow.storage.sites import sites as site_rows
from callflow.vault import Vault
from tests.support.attacks import chaos
from tests.support.rows import sites
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")

#: Columns of what the vault encrypted.
SECRET = {"recognition_word", "dc09_key", "person", "picture", "secret", "totp"}
SECRET |= {"password", "duress_password"}
ALTERED: dict[type, Any] = {bytes: b"altered", str: "YWx0ZXJlZA=="}
#: What an altered one stops, by role.
FAILING = {"receiver": ["keys"], "engine": ["Engine._erase"], "telephony": [], "web": []}

Row = tuple[Table, Sequence[Any], dict[str, Any]]


def secrets(tx: Tx) -> list[Row]:
    """(table, key, the secrets) of every row that has some."""
    found = list[Row]()
    for table in t.metadata.sorted_tables:
        columns = [column for column in table.c if column.name in SECRET]
        for row in tx.execute(table.select()) if columns else ():
            kept = {c.name: row._mapping[c] for c in columns if row._mapping[c]}
            if kept:
                found.append((table, [row._mapping[c] for c in table.primary_key], kept))
    return found


def write(tx: Tx, table: Table, key: Sequence[Any], values: dict[str, Any]) -> None:
    where = [column == one for column, one in zip(table.primary_key, key, strict=True)]
    tx.execute(table.update().where(*where).values(**values))


@asynccontextmanager
async def altered(station: Station, people: str) -> AsyncIterator[set[str]]:
    """Every secret is, a telephone's and an erasure's among them; the tables that have some. All
    are as before behind it."""

    def alter(tx: Tx, vault: Vault) -> list[Row]:
        phones.desk_phone(tx, vault, people, clock.now())
        erasure.begin_erasure(tx, vault, f"{people}-leaves", "asked", people, clock.now())
        before = secrets(tx)
        for table, key, kept in before:
            write(tx, table, key, {name: ALTERED[type(value)] for name, value in kept.items()})
        return before

    def give_back(tx: Tx, _: Vault) -> None:
        for table, key, kept in before:
            write(tx, table, key, kept)
        site_rows.accounts_changed(tx)  # the receiver reads the keys again

    before = await station.writes(alter)
    try:
        yield {table.name for table, _, _ in before}
    finally:
        await station.writes(give_back)


def failing(station: Station) -> dict[str, list[str]]:
    rows = chaos.query(station, "SELECT role, state FROM process ORDER BY beat_at")
    return {role: json.loads(state).get("failing", []) for role, state in rows}


async def test_altered_secrets_silence_nobody(station: Station) -> None:
    account, keyed, number = sites.fresh("V"), sites.fresh("W"), sites.fresh_number()
    await station.phone(number, "answer", after_s=0, keys="2580#www1")
    await sites.put(station, account, sites.site(account, sites.premises(account, number)))
    leaves = sites.contact(keyed, "leaves", None)
    of_keyed = sites.site(keyed, sites.contact(keyed, "stays", sites.fresh_number()), leaves)
    of_keyed["accounts"] = [{"account": keyed, "dc09_key": "5a17c0de" * 4}]
    await sites.put(station, keyed, of_keyed)
    await station.user(keyed, "a password of sixteen")

    async with altered(station, keyed) as tables:
        assert {"account", "erasure", "phone", "site"} <= tables
        await chaos.kill_listener(station, station.base + 9)
        for role in ("engine", "telephony", "web"):
            await chaos.kill_role(station, role)
        assert (await station.send(account, "BA", "3")).kind == "ACK"
        incident = await station.incident_after_calls(account)
        assert [call["outcome"] for call in incident["calls"]] == ["verified_ok"]
        assert len(await station.seen(number)) == 1

        await station.until(lambda: failing(station) == FAILING)
    await station.until(lambda: not any(failing(station).values()))

"""The receiver's process on either database: keys that rotate, who was heard, what it tells."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from callflow.clock import now
from callflow.core.signals.protocol import Heard
from callflow.core.signals.signal import Signal, StoredSignal
from callflow.core.sites.declared import Account
from callflow.handling.base import storing
from callflow.handling.sites import sites as sites_sites
from callflow.handling.sites.shape import Site
from callflow.probes.panel import PanelClient
from callflow.probes.receiver import ReceiverClient
from callflow.receiver import process as process_module
from callflow.receiver.process import ReceiverProcess
from callflow.settings.config import Settings
from callflow.settings.lines import LineSettings
from callflow.storage import Store, StoreUnavailable, Tx
from callflow.storage import schema as t
from callflow.storage.people import users
from callflow.storage.signals import signals
from callflow.storage.sites import sites
from callflow.vault import Vault
from tests.integration.receiver.conftest import HOST
from tests.support.rows.migrated import migrate
from tests.support.suite.ports import free_port

pytestmark = pytest.mark.both_databases

FIRST, SECOND = bytes(range(16)), bytes(range(32))


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "keys")


@pytest.fixture
def store(database_url: str, vault: Vault) -> Iterator[Store]:
    migrate(database_url)
    store = Store(database_url, mac=vault.seal)
    yield store
    store.close()


@pytest.fixture
def settings() -> Settings:
    own = LineSettings(name="mlr", protocol="surgard", listen=free_port(), heartbeat=0.2)
    return Settings(
        dc09_port=free_port(),
        bind=HOST,
        lines=(own,),
    )


class Running:
    """A receiver's process within the test's."""

    def __init__(self, settings: Settings, store: Store, vault: Vault) -> None:
        self.settings, self.store, self.vault = settings, store, vault

    @contextlib.asynccontextmanager
    async def up(self) -> AsyncIterator[ReceiverProcess]:
        """Until the end of the block; ready when its first beat is written."""
        begun = now()
        process = ReceiverProcess(self.settings, self.store, self.vault)
        task = asyncio.create_task(process.run())
        await self.until(lambda tx: any(row.beat_at >= begun for row in users.processes(tx)))
        try:
            yield process
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def until(self, condition: Callable[[Tx], bool], within: float = 20.0) -> None:
        """Return when rows say so."""
        async with asyncio.timeout(within):
            while not await self.store.read(condition):  # noqa: ASYNC110 -- rows have no event
                await asyncio.sleep(0.01)

    async def put(self, account: str, key: bytes | None) -> None:
        """Declare a site of one account with this key."""
        body: dict[str, Any] = {
            "name": "Fromagerie du Vallon",
            "accounts": [{"account": account, "dc09_key": key.hex() if key else None}],
        }
        at = now()
        await self.store.write(
            lambda tx: sites_sites.put_site(tx, self.vault, account, Site.read(body), "test", at)
        )

    async def row(self, account: str) -> Account:
        """The account."""
        (row,) = await self.store.read(lambda tx: sites.accounts(tx, account))
        return row

    async def state(self) -> dict[str, Any]:
        """What the process tells of itself."""
        (row,) = await self.store.read(users.processes)
        return dict(row.state)

    def panel(self, account: str, key: bytes | None = None) -> PanelClient:
        return PanelClient(HOST, self.settings.ports.dc09, account, key, attempts=1)


@pytest.fixture
def running(
    settings: Settings, store: Store, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> Running:
    monkeypatch.setattr(process_module, "_FLUSH_EVERY", 0.05)
    monkeypatch.setattr(process_module, "_WATCH_EVERY", 0.02)
    return Running(settings, store, vault)


class TestKeys:
    async def test_a_key_is_rotated_while_the_receiver_runs(self, running: Running) -> None:
        await running.put("1001", FIRST)
        async with running.up():
            for key, other in ((FIRST, SECOND), (SECOND, FIRST)):
                await running.put("1001", key)
                async with running.panel("1001", key) as panel, running.panel("1001", other) as old:
                    async with asyncio.timeout(15):
                        while (await panel.poll()).kind != "ACK":  # noqa: ASYNC110 -- it must ask
                            await asyncio.sleep(0.02)
                    assert (await old.poll()).kind == "NAK"

    async def test_keys_are_read_again_only_after_an_edit(
        self, running: Running, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(process_module, "_KEYS_EVERY", 0.01)
        reads = 0

        def counted(tx: Tx, read: Callable[[Tx], dict[str, bytes]] = sites.account_keys) -> Any:
            nonlocal reads
            reads += 1
            return read(tx)

        monkeypatch.setattr(sites, "account_keys", counted)
        await running.put("1001", FIRST)
        async with running.up():
            await asyncio.sleep(0.3)
            assert reads == 1
            await running.put("1002", FIRST)
            await running.until(lambda _: reads == 2)

    async def test_who_cannot_be_decrypted_is_named(self, running: Running) -> None:
        await running.put("1001", FIRST)
        async with running.up():
            for account in ("1001", "2002"):
                async with running.panel(account, SECOND) as panel:
                    assert (await panel.poll()).kind == "NAK"
            await running.until(
                lambda tx: _line(tx, "dc09-tcp")["missing_key_accounts"] == ["2002"]
            )
            line = await running.store.read(lambda tx: _line(tx, "dc09-tcp"))
            assert line["wrong_key_accounts"] == ["1001"]
            assert line["undecryptable"] >= 1  # the wrong key may by chance give something to read
            async with running.panel("1001", FIRST) as panel:
                await panel.poll()
            await running.until(lambda tx: _line(tx, "dc09-tcp")["wrong_key_accounts"] == [])

    async def test_a_key_that_was_altered_takes_no_other_panel_away(self, running: Running) -> None:
        """A panel whose key was known keeps it; the next receiver says that it can't read it."""
        await running.put("1001", FIRST)
        await running.put("1002", SECOND)

        def alter(tx: Tx) -> None:
            accounts = t.account
            tx.execute(
                accounts.update().where(accounts.c.account == "1001").values(dc09_key=b"altered")
            )
            sites.accounts_changed(tx)

        async def answered() -> list[str]:
            found = []
            for account, key in (("1001", FIRST), ("1002", SECOND)):
                async with running.panel(account, key) as panel:
                    found.append((await panel.poll()).kind)
            return found

        def is_failing(tx: Tx) -> bool:
            (row,) = users.processes(tx)
            return bool(row.state["failing"] == ["keys"])

        async with running.up():
            assert await answered() == ["ACK", "ACK"]
            await running.store.write(alter)
            await running.until(is_failing)
            assert await answered() == ["ACK", "ACK"]
        async with running.up():
            assert await answered() == ["NAK", "ACK"]
            await running.until(is_failing)
            await running.put("1001", FIRST)
            await running.until(lambda tx: not is_failing(tx))
            assert await answered() == ["ACK", "ACK"]


def _line(tx: Tx, name: str) -> dict[str, Any]:
    (row,) = users.processes(tx)
    return next(line for line in row.state["lines"] if line["line"] == name)


class TestHeard:
    async def test_when_and_where_and_how_its_clock_is(self, running: Running) -> None:
        await running.put("1001", None)
        begun = now()
        async with running.up():
            async with PanelClient(
                HOST,
                running.settings.ports.dc09,
                "1001",
                transport="udp",
                clock=lambda: now() - timedelta(hours=1),
            ) as panel:
                reply = await panel.send("BA", "03", stamp=False)
                assert reply.kind == "ACK"
                await panel._deliver("NULL", "", (), True)
            await running.until(lambda tx: sites.accounts(tx, "1001")[0].skew is not None)
        row = await running.row("1001")
        assert row.skew == pytest.approx(-3600, abs=5)
        assert row.last_line == "dc09-udp"
        assert row.last_heard is not None
        assert begun <= row.last_heard <= now()

    async def test_a_sign_of_life_without_a_clock_leaves_the_skew(self, running: Running) -> None:
        await running.put("1001", None)
        at = now()
        await running.store.write(lambda tx: sites.note_heard(tx, {"1001": _heard(at, 12.5)}))
        later = at + timedelta(seconds=1)
        await running.store.write(lambda tx: sites.note_heard(tx, {"1001": _heard(later, None)}))
        row = await running.row("1001")
        assert (row.skew, row.last_heard) == (12.5, later)
        await running.store.write(lambda tx: sites.note_heard(tx, {"1001": _heard(None, 3.0)}))
        row = await running.row("1001")
        assert (row.skew, row.last_heard) == (3.0, later)

    async def test_a_refused_clock_is_shown_and_is_no_sign_of_life(self, running: Running) -> None:
        await running.put("1001", FIRST)
        async with running.up():
            async with PanelClient(
                HOST,
                running.settings.ports.dc09,
                "1001",
                FIRST,
                attempts=1,
                clock=lambda: now() + timedelta(hours=2),
            ) as panel:
                assert (await panel.poll()).kind == "NAK"
            await running.until(lambda tx: sites.accounts(tx, "1001")[0].skew is not None)
        row = await running.row("1001")
        assert row.skew == pytest.approx(7200, abs=5)
        assert row.last_heard is None

    async def test_many_are_written_a_share_at_a_time(
        self, running: Running, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(process_module, "_FLUSH_SHARE", 2)
        accounts = [f"10{number:02}" for number in range(7)]
        for account in accounts:
            await running.put(account, None)
        shares: list[int] = []

        def noted(tx: Tx, accounts: dict[str, Any], write: Any = sites.note_heard) -> None:
            shares.append(len(accounts))
            write(tx, accounts)

        monkeypatch.setattr(sites, "note_heard", noted)
        process = ReceiverProcess(running.settings, running.store, running.vault)
        for account in accounts:
            process._note_heard(account, _heard(now(), None))
        await process._flush_heard()
        assert shares == [2, 2, 2, 1]
        for account in accounts:
            assert (await running.row(account)).last_heard is not None

    async def test_what_another_line_says_hides_nothing_that_its_own_says(
        self, running: Running
    ) -> None:
        await running.put("1001", None)
        await running.store.write(lambda tx: tx.execute(t.account.update().values(line="dc09-tcp")))
        process = ReceiverProcess(running.settings, running.store, running.vault)
        process._note_heard("1001", _heard(now(), None))
        process._note_heard("1001", Heard(now(), "dc09-udp"))
        await process._flush_heard()
        assert (await running.row("1001")).last_heard is not None


def _heard(at: datetime | None, skew: float | None) -> Heard:
    return Heard(at, "dc09-tcp", skew)


def _found(tx: Tx, code: str) -> list[StoredSignal]:
    return [row for row in signals.page(tx) if row.code == code]


class TestHardwareReceivers:
    async def test_a_loss_and_a_return_are_signals_once_over_restarts(
        self, running: Running
    ) -> None:
        port = running.settings.lines[0].listen
        assert port is not None
        async with running.up(), ReceiverClient("surgard", HOST, port) as receiver:
            await receiver.beat()
            await running.until(lambda tx: bool(_found(tx, "RECEIVER_LOST")))
        async with running.up():
            await running.until(lambda tx: _line(tx, "mlr")["heartbeat"] == "lost")
        (lost,) = await running.store.read(lambda tx: _found(tx, "RECEIVER_LOST"))
        assert (lost.format, lost.account, lost.text) == ("station", "", "mlr/01")
        async with running.up(), ReceiverClient("surgard", HOST, port) as receiver:
            beating = asyncio.create_task(receiver.keep_beating(0.05, lambda _: None))
            await running.until(lambda tx: bool(_found(tx, "RECEIVER_BACK")))
            beating.cancel()

    async def test_each_line_says_what_it_is_and_how_it_is(self, running: Running) -> None:
        async with running.up():
            async with running.panel("1001") as panel:
                await panel.send("BA", "01")
            await running.until(lambda tx: _line(tx, "dc09-tcp")["received"] == 1)
            state = await running.state()
        lines = {line["line"]: line for line in state["lines"]}
        assert list(lines) == ["dc09-tcp", "dc09-udp", "mlr"], "no receiver's but the declared one"
        tcp = lines["dc09-tcp"]
        assert (tcp["protocol"], tcp["mode"], tcp["state"]) == ("dc09", "server", "listening")
        assert (tcp["per_minute"], tcp["heartbeat"]) == (1, "none")
        assert tcp["last_at"] is not None
        assert (lines["dc09-udp"]["mode"], lines["dc09-udp"]["last_at"]) == ("udp", None)
        assert state["not_stored_since"] is None


async def test_since_when_nothing_is_stored_is_told(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise StoreUnavailable("the disk is full")

    signal = Signal(
        account="1001", format="SIA-DCS", code="BA", received_at=now(), deduplication="x|0"
    )
    process = ReceiverProcess(running.settings, running.store, running.vault)
    with monkeypatch.context() as patch:
        patch.setattr(storing, "store_signals", fails)
        with pytest.raises(StoreUnavailable):
            await process._save([signal])
        assert process._not_stored_since is not None
    await process._save([signal])
    assert process._not_stored_since is None

"""Several processes on one database: nothing is doubled, no chain is broken."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest

from callflow.core.calls.call import Outcome
from callflow.handling.alarms import deciding, operating, receiving
from callflow.handling.base.refusals import Held, Refused
from callflow.handling.calls import calling, dialogues
from callflow.storage import Store, Tx
from callflow.storage.alarms import incidents
from callflow.storage.calls import calls
from callflow.storage.records import logbook, sealing
from callflow.storage.signals import signals
from callflow.storage.signals.signals import Share
from callflow.vault import Vault
from tests.integration.handling.station import NIGHT, SHOP, Station

pytestmark = pytest.mark.both_databases

SITES = 12
PROCESSES = 4


@pytest.fixture
def others(tables: str, vault: Vault) -> Iterator[list[Store]]:
    """The stores of so many processes: a writer each."""
    stores = [Store(tables, mac=vault.seal) for _ in range(PROCESSES)]
    yield stores
    for store in stores:
        store.close()


def at_once(stores: list[Store], work: Callable[[Store], object]) -> list[object]:
    with ThreadPoolExecutor(len(stores)) as pool:
        return [done.result() for done in [pool.submit(work, store) for store in stores]]


def many_sites(station: Station) -> list[str]:
    accounts = [f"4{n:03}" for n in range(SITES)]
    for n, account in enumerate(accounts):
        shop = dict(id=account, name="x", role="premises", phone=f"+336399840{n:02}")
        station.put(account, contacts=[shop])
    return accounts


def test_two_who_correlate_open_one_incident_a_site(station: Station, others: list[Store]) -> None:
    accounts = many_sites(station) + [f"undeclared{n}" for n in range(4)]
    sent = [station.signal("BA", str(n % 3), account) for account in accounts for n in range(6)]
    station.receives(*sent)

    def work(store: Store) -> None:
        while store.write_now(lambda tx: receiving.correlate(tx, NIGHT, limit=5)):
            pass

    at_once(others, work)
    rows = station.incidents(limit=1000)
    assert Counter(row.account for row in rows) == Counter(accounts)
    assert {row.signal_count for row in rows} == {6}
    numbers = [call.to for row in rows for call in station.calls(row.id)]
    assert max(Counter(numbers).values()) == 1
    assert len(numbers) == SITES


def test_many_who_decide_at_once_request_one_call(station: Station, others: list[Store]) -> None:
    rows = [station.alarm("BA", "3", account) for account in many_sites(station)]
    for row in rows:
        station.ends(station.calls(row.id)[0].to, "no_answer")
    later = NIGHT + timedelta(seconds=20)

    def work(store: Store) -> None:
        for row in rows:
            store.write_now(lambda tx, i=row.id: deciding.decide(tx, i, later))  # type: ignore[misc]

    at_once(others, work)
    assert {len(station.calls(row.id)) for row in rows} == {2}


def test_a_call_is_claimed_by_one(station: Station, others: list[Store]) -> None:
    for account in many_sites(station):
        station.alarm("BA", "3", account)

    def work(store: Store) -> list[str]:
        orders = store.write_now(
            lambda tx: calling.claim_calls(tx, node="node0", now=NIGHT, limit=5)
        )
        return [order.call_id for order in orders]

    claimed = [call for found in at_once(others, work) for call in found]  # type: ignore[attr-defined]
    claimed += work(others[0])
    assert max(Counter(claimed).values()) == 1
    assert len(claimed) == SITES


def test_of_two_who_take_one_has_it(station: Station, others: list[Store]) -> None:
    rows = [station.alarm(code) for code in ("BA", "FA", "AT")]

    def work(store: Store) -> str | None:
        who = f"operator {others.index(store)}"
        row = rows[others.index(store) % len(rows)]
        try:
            store.write_now(lambda tx: operating.claim(tx, row.id, who, NIGHT))
        except Held:
            return None
        return who

    winners = [who for who in at_once(others, work) if who]
    assert len(winners) == 1
    assert {row.holder for row in station.incidents()} == set(winners)


def test_take_and_answer_and_alarm_at_once_leave_a_sound_incident(
    station: Station, others: list[Store]
) -> None:
    row = station.alarm("BA")
    call_id = station.picks_up(SHOP)
    station.receives(*(station.signal(code, "7") for code in ("BA", "HA", "FA", "BR")))

    def take(store: Store) -> None:
        with contextlib.suppress(Refused):
            store.write_now(lambda tx: operating.claim(tx, row.id, "alice", NIGHT))

    def duress(store: Store) -> None:
        store.write_now(lambda tx: dialogues.dialogue_conclude(tx, call_id, Outcome.DURESS, NIGHT))

    def correlate(store: Store) -> None:
        store.write_now(lambda tx: receiving.correlate(tx, NIGHT))

    def seal(store: Store) -> None:
        store.write_now(lambda tx: sealing.seal(tx, NIGHT))

    acts = dict(zip(map(id, others), (take, duress, correlate, seal), strict=True))
    at_once(others, lambda store: acts[id(store)](store))
    after = station.incident(row.id)
    assert (after.duress, after.category, after.with_human) == (True, "vital", True)
    assert station.wanted() == [SHOP]  # the call under duress itself, nothing else
    assert station.read(lambda tx: calls.of_step(tx, row.id, "counter_call")) == 1
    assert station.read(lambda tx: incidents.site_is_mute(tx, "1002"))


def test_engines_keep_each_site_s_order_and_take_their_own_first(
    station: Station, others: list[Store]
) -> None:
    """The signals of a site are one engine's at a time, in the order in which they came."""
    accounts = many_sites(station)
    codes = ("BA", "BR") * 4
    sent = [station.signal(code, "1", account) for code in codes for account in accounts]
    station.receives(*sent)
    of = len(others)
    shares = [Share(place, of) for place in range(of)]
    old = NIGHT + timedelta(seconds=5)

    def work(store: Store) -> int:
        done, share = 0, shares[others.index(store)]
        while some := store.write_now(
            lambda tx: receiving.correlate(tx, old, limit=7, share=share)
        ):
            done += some
        return done

    while station.read(signals.backlog_size):
        at_once(others, work)
    for account in accounts:
        (row,) = station.incidents(account=account)
        assert row.zones == {"1": "restored"}
        entries = station.read(lambda tx, i=row.id: logbook.page(tx, incident=i, limit=100))  # type: ignore[misc]
        told = [entry.kind for entry in entries if entry.kind in ("signal", "restored")]
        assert told.count("signal") == len(codes)


def test_a_fresh_signal_is_its_engine_s_and_an_old_one_anybody_s(station: Station) -> None:
    accounts = many_sites(station)
    station.receives(*(station.signal("BA", "1", account) for account in accounts))
    if station.store.sqlite:  # one engine
        return
    shares = [Share(place, 3) for place in range(3)]

    def claimed(share: Share, after: float) -> set[str]:
        now = NIGHT + timedelta(seconds=after)
        rows = station.read(lambda tx: signals.claim(tx, share, now, limit=100))
        return {row.account for row in rows}

    parts = [claimed(share, 0.5) for share in shares]
    assert set.union(*parts) == set(accounts)
    assert sum(map(len, parts)) == len(accounts)
    assert all(claimed(share, 1.5) == set(accounts) for share in shares)


def _meets(
    station: Station,
    others: list[Store],
    first: Callable[[Tx], None],
    second: Callable[[Tx], None],
) -> None:
    """Two processes write of one call: ``second`` begins before ``first`` is committed."""
    done = threading.Event()

    def waits_for_the_other(tx: Tx) -> None:
        first(tx)
        done.set()
        while not (station.store.sqlite or station.read(_somebody_waits)):
            pass

    def work(store: Store) -> None:
        if store is others[0]:
            store.write_now(waits_for_the_other)
        else:
            assert done.wait(20)
            store.write_now(second)

    at_once(others[:2], work)


def _somebody_waits(tx: Tx) -> bool:
    return bool(tx.exec_driver_sql("SELECT 1 FROM pg_locks WHERE NOT granted").all())


@pytest.mark.parametrize("answered", ["before the end is stored", "after"])
def test_an_answer_that_meets_the_end_of_its_call_is_its_outcome(
    station: Station, others: list[Store], answered: str
) -> None:
    row = station.alarm("BA")
    call_id = station.picks_up(SHOP)

    def answer(tx: Tx) -> None:
        dialogues.dialogue_conclude(tx, call_id, Outcome.GOING, NIGHT)

    def end(tx: Tx) -> None:
        calling.call_ended(tx, call_id, outcome=Outcome.HUNG_UP, now=NIGHT)

    acts = (answer, end) if answered.startswith("before") else (end, answer)
    _meets(station, others, *acts)
    (call, *_) = station.calls(row.id)
    assert (call.state, call.outcome, call.result) == ("ended", "going", "going")


def test_an_end_that_is_told_by_two_is_decided_upon_once(
    station: Station, others: list[Store]
) -> None:
    row = station.alarm("BA")
    call_id = station.rings(SHOP)

    def lost(tx: Tx) -> None:
        calling.call_lost(tx, call_id, NIGHT)

    def busy(tx: Tx) -> None:
        calling.call_ended(tx, call_id, outcome=Outcome.BUSY, now=NIGHT)

    _meets(station, others, busy, lost)
    ended = [call for call in station.calls(row.id) if call.state == "ended"]
    assert [call.outcome for call in ended] == ["busy"]
    entries = station.read(lambda tx: logbook.page(tx, incident=row.id, limit=100))
    assert [entry.kind for entry in entries].count("call_ended") == 1


def test_of_what_is_due_at_one_instant_the_ids_decide_whatever_was_written_last(
    station: Station,
) -> None:
    opened = [station.alarm("BA", "3", account).id for account in many_sites(station)]
    for one in map(station.incident, sorted(opened, reverse=True)):  # what is written anew moves
        station.write(partial(incidents.change, incident=one, machine_due=station.now))
    assert station.read(lambda tx: incidents.due(tx, station.now)) == sorted(opened)

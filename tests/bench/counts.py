"""``statistics``: each page over 1,000,000 signals and 100,000 alarms of a year, over HTTP.

The engine's follower derives what they count from rows that are there already: *derive*. Then each
view is asked for a year, a month and a day, narrowed and not, with alarms among them that the
follower has not come to; *worst* is the slowest address by the 95th percentile of its answers, and
is bound, as ``bench pages`` does, by a limit times how busy the machine is. What the pages count is
counted by hand, in SQL from the raw rows, once.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import httpx
from sqlalchemy import Table, text

from callflow import clock
from callflow.core.records.figures import number_of
from callflow.core.records.statistics import Asked, By
from callflow.handling.base.policy import STATION_ZONE
from callflow.handling.records import figures, statistics
from callflow.handling.records.statistics import View
from callflow.storage import Tx
from callflow.storage import schema as t
from callflow.storage.records.horizon import horizon
from callflow.storage.schema import UtcDateTime
from tests.bench.kit import cpu
from tests.bench.kit.figures import Report, Row, percentile, say
from tests.bench.kit.living import Busy, browser
from tests.bench.kit.stores import chosen, database
from tests.support.attacks.random_history import RandomHistory
from tests.support.rows import counted_by_hand
from tests.support.stations.web_station import NAME as WHO
from tests.support.stations.web_station import WebProcess, WebStation
from web.access.users import Role

NAME = "statistics"
#: Milliseconds, of 95 answers in 100 of any page.
LIMIT_MS = 500.0
#: Alarms that are drawn, how often all of them are there again, and their signals at most.
ALARMS, COPIES, SIGNALS = 5_000, 20, 21
SITES, LIVE, _TIMES = 2_000, 200, 5
#: Days that one copy reaches over.
_DAYS = 18
_WHOLE = {
    "incident": ("id",),
    "signal": ("id", "deduplication", "incident_id"),
    "call": ("id", "incident_id"),
    "verification": ("id", "incident_id"),
    "logbook": ("id", "chain", "incident"),
}


def _fill(station: WebStation) -> RandomHistory:
    now = clock.now()
    days = tuple(now - timedelta(days=ago) for ago in range(3, 3 + _DAYS - 2))
    history = RandomHistory(7, sites=SITES, days=days)
    station.do(history.world)
    for _ in range(max(1, ALARMS // 500)):
        station.do(lambda tx: history.alarms(tx, min(ALARMS, 500), signals=SIGNALS, entries=12))
    say("a year passes")
    for copy in range(1, COPIES):
        station.do(partial(_copied, copy=copy))
    if not station.store.sqlite:  # autovacuum's work, by then
        station.do(lambda tx: tx.execute(text("ANALYZE")))
    return history


def _copied(tx: Tx, copy: int) -> None:
    """All that was drawn once more, earlier; ids have what is no copy's."""
    for name, ids in _WHOLE.items():
        table = t.metadata.tables[name]
        names = [column.name for column in table.columns if column.name != "number"]
        taken = (_other(tx, table, each, ids, copy) for each in names)
        columns = ", ".join(f'"{each}"' for each in names)
        # As they were told: PostgreSQL begins to read a large table where somebody is reading it.
        order = " ORDER BY number" if "number" in table.columns else ""
        statement = (
            f'INSERT INTO "{name}" ({columns}) SELECT {", ".join(taken)}'
            f" FROM \"{name}\" WHERE id NOT LIKE '%~%'{order}"
        )
        tx.execute(text(statement))


def _other(tx: Tx, table: Table, name: str, ids: tuple[str, ...], copy: int) -> str:
    """A column of a copy."""
    quoted = f'"{name}"'
    if name in ids:
        return f"{quoted} || '~{copy}'"
    if not isinstance(table.c[name].type, UtcDateTime):
        return quoted
    back = copy * _DAYS
    if tx.dialect.name == "sqlite":
        return f"datetime(substr({quoted}, 1, 19), '-{back} days') || substr({quoted}, 20)"
    return f"{quoted} - interval '{back} days'"


def _derive(station: WebStation) -> dict[str, float]:
    """As the engine's follower does, without waiting."""
    begun, writing, batches = time.perf_counter(), 0.0, 0
    while True:
        batch = station.store.read_now(
            lambda tx: figures.next_batch(tx, clock.now(), horizon(tx).last)
        )
        if batch is None:
            break
        at = time.perf_counter()
        station.store.write_now(partial(figures.keep, batch=batch))
        writing += time.perf_counter() - at
        batches += 1
    took = time.perf_counter() - begun
    return {"derive_s": round(took, 1), "batch_ms": round(writing / batches * 1000, 1)}


def _addresses(today: date) -> Iterator[tuple[str, str]]:
    """(view, address): each view of a year, a month, a day, and narrowed."""
    year = f"from={today - timedelta(days=365)}&to={today}"
    periods = (year, f"from={today - timedelta(days=30)}", f"from={today}")
    narrowed = ("", "&category=vital", "&operator=ines", "&site=s7")
    for view in View:
        base = "/statistics" if view is View.DELAYS else f"/statistics/{view}"
        for period in periods:
            yield view, f"{base}?{period}"
        yield from ((view, f"{base}?{year}{more}") for more in narrowed)
    yield from ((View.FALSE_ALARMS, f"/statistics/false-alarms?{year}&by={by}") for by in _PLACES)
    yield from ((View.DELAYS, f"/statistics?{year}&step={step}") for step in ("closed", "shown"))


_PLACES = ("zone", "maker")


def _program(station: WebStation, web: WebProcess) -> httpx.Client:
    client = httpx.Client(base_url=web.url, timeout=60, trust_env=False)
    client.headers["Authorization"] = f"Bearer {station.token(Role.SUPERVISOR)}"
    return client


def _measured(
    station: WebStation, web: WebProcess, found: dict[str, float], store: str
) -> Iterator[Row]:
    today = clock.now().astimezone(STATION_ZONE).date()
    person, program = browser(web.url), _program(station, web)
    year = f"from={today - timedelta(days=365)}"
    asked = [(view, address, person) for view, address in dict.fromkeys(_addresses(today))]
    asked += [(f"API {by}", f"/api/v1/statistics?{year}&by={by}", program) for by in _API]
    for name in dict.fromkeys(name for name, _, _ in asked):
        busy, took = Busy(), dict[str, list[float]]()
        before, count = cpu.of_process(web.pid), 0
        for _, address, client in (one for one in asked if one[0] == name):
            for _ in range(_TIMES):
                begun = time.perf_counter()
                answer = client.get(address)
                took.setdefault(address, []).append(time.perf_counter() - begun)
                assert answer.status_code == 200, f"{address}: {answer.status_code}"
                busy.look()
                count += 1
        slowest = max(took, key=lambda address: percentile(took[address], 0.95))
        yield {
            "page": str(name),
            "store": store,
            **found,
            "worst_ms": round(percentile(took[slowest], 0.95) * 1000),
            "cpu_ms": round((cpu.of_process(web.pid) - before) / count * 1000),
            "worst": slowest[-48:],
            "busy": round(busy.factor, 2),
        }


_API = ("site", "operator", "category", "hour")


def _wrong(tx: Tx, station: WebStation) -> list[str]:
    """What is not the count by hand."""
    now = clock.now()
    today = now.astimezone(STATION_ZONE).date()
    asked = Asked(first=today - timedelta(days=365), last=today)
    days = number_of(asked.first), number_of(asked.last)
    found = statistics.groups(tx, asked, By.CATEGORY, station.settings, now, None, 500)
    by_hand = counted_by_hand.groups(tx, "category", *days)
    counts = {g.key: (g.incidents, g.false, g.machine_ms, g.human_ms) for g in found.groups}
    hand = {key: (row[0], row[1], row[-2], row[-1]) for key, row in by_hand.items()}
    rates = statistics.trunk_rates(tx, figures.live(tx, now), asked)
    calls = {(r.trunk, r.when, r.outcome): (r.calls, r.answered, r.waited_ms) for r in rates}
    wrong = [f"by category: {counts} is not {hand}"] if counts != hand else []
    return wrong + (["trunks"] if calls != counted_by_hand.trunks(tx, "day", *days) else [])


def _store(store: str, broken: list[str]) -> Iterator[Row]:
    with (
        tempfile.TemporaryDirectory(prefix="cf-bench-") as folder,
        database(postgresql=store == "PostgreSQL") as where,
    ):
        station = WebStation(Path(folder), database_url=where.get("CALLFLOW_DATABASE_URL", ""))
        web = WebProcess(station, where)
        try:
            station.user(WHO, Role.SUPERVISOR)
            history = _fill(station)
            say(f"{store}: deriving")
            found = _derive(station)
            history.later(clock.now())  # calls end now, never in hours that are over
            station.do(lambda tx: history.alarms(tx, LIVE))
            web.start()
            say(f"{store}: asking")
            yield from _measured(station, web, found, store)
            say(f"{store}: counting by hand")
            wrong = station.store.read_now(lambda tx: _wrong(tx, station))
            broken += [f"{store}: {what}" for what in wrong]
        finally:
            web.stop()
            station.close()


def run(rounds: int, only: str = "") -> Report:
    """Measure; ``only`` a store whose name begins so."""
    report = Report(NAME, ("page", "store"))
    for store in chosen(only):
        for _ in range(min(rounds, 1)):
            report.rounds += _store(store, report.broken)
    report.hold("worst_ms", LIMIT_MS, "worst")
    return report

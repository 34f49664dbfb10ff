"""``console``: what a shift of twenty consoles costs, and how late a row or a caller is painted.

*rows*: 300 open alarms, 200 row updates a second, 20 consoles open: one is a real browser whose
frames are measured, with somebody typing; the others read the stream. A delay is from the row's
commit to the frame that shows it. The floor, in the same run, is a bare page that only reads the
same stream. Before, nothing else going on, the page is loaded a few times.
*pop*: callers who ask for a human (0) while 50 calls with media are up; a delay is from the instant
that they wait since, as their row says, to the frame that shows who calls. A pop that never comes
fails the run.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from playwright.async_api import CDPSession, Page, async_playwright
from playwright.async_api import Error as PlaywrightError

from callflow.dispatch.wake import Waker
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from ivr.asterisk.instance import Instance, Kind
from ivr.asterisk.simulator import Simulator
from tests.bench.kit import cpu
from tests.bench.kit.figures import Report, Row, percentile, say
from tests.support.pages.browser import FLAGS, NAMES
from tests.support.rows import sites
from tests.support.stations.desk import Desk
from tests.support.stations.station import PATIENCE, Station
from tests.support.stations.web_station import NAME as WHO
from tests.support.stations.web_station import PASSWORD, WebProcess, WebStation

NAME = "console"
ROWS, EACH_SECOND, FOR_S, CONSOLES = 300, 200, 20.0, 20
LOADS = 9
CALLERS, MEDIA = 40, 50
#: Pops that never came, one after the other, before the rest is given up.
LOST = 3
#: The floors of ``must hold``, and what they are held to.
LATE_MS, LOAD_MS, MAIN_THREAD, SERVER, POP_MS = 150.0, 500.0, 0.25, 0.5, 200.0

#: Notes, for each row that is shown anew, when its frame was painted and when it was written.
_WATCH = """() => {
  window.late = [];
  const seen = new Set();
  let fresh = [];
  const painted = () => {
    const now = performance.timeOrigin + performance.now();
    for (const at of fresh) late.push(now - at);
    fresh = [];
  };
  window.note = (text) => {
    for (const [whole, at] of text.matchAll(/@(\\d{13})/g)) {
      if (seen.has(whole)) continue;
      seen.add(whole);
      if (!fresh.length) requestAnimationFrame(() => setTimeout(painted));
      fresh.push(Number(at));
    }
  };
}"""
_ROWS = """() => new MutationObserver((changes) => {
  for (const { addedNodes, target } of changes)
    for (const node of addedNodes.length ? addedNodes : [target]) note(node.textContent);
}).observe(document.getElementById("lists"), {
  childList: true, characterData: true, subtree: true,
})"""
#: From the page's address to all of it being there, its rows in it.
_LOADED = """() => {
  const { loadEventEnd } = performance.getEntriesByType("navigation")[0];
  return loadEventEnd && document.querySelector("#lists .row") && loadEventEnd;
}"""
#: What it is told first is everything, however old.
_BARE = """() => new Promise((open) => {
  const stream = new EventSource("/events");
  const told = (event) => note(event.data);
  stream.addEventListener("rows", () => stream.addEventListener("rows", told), { once: true });
  stream.onopen = open;
})"""
_POPS = """() => {
  window.pops = {};
  new MutationObserver(() => requestAnimationFrame(() => setTimeout(() => {
    const number = document.querySelector("#pop .tel")?.textContent.replace(/\\D/g, "");
    if (number) pops[number] ??= performance.timeOrigin + performance.now();
  }))).observe(document.getElementById("pop"), { childList: true, subtree: true });
}"""


STATION = "+33639989999"


def _chromium() -> str:
    return next(path for name in NAMES if (path := shutil.which(name)))


# --- rows ---


@contextlib.contextmanager
def _updates(station: WebStation, ids: list[str]) -> Iterator[None]:
    """200 rows a second change, in commits of ten, as long as the context lasts."""
    over = threading.Event()

    def change(tx: Tx, some: list[str]) -> None:
        for incident_id in some:
            row = incidents.get(tx, incident_id)
            assert row is not None
            number = int(incident_id[-4:], 16) % 1000
            incidents.change(tx, row, reminder=f"{number} @{time.time() * 1000:.0f}")

    waker = Waker(station.settings.run_dir)

    def run() -> None:
        place, due = 0, time.monotonic()
        while not over.is_set():
            some = [ids[(place + n) % len(ids)] for n in range(10)]
            station.store.write_now(partial(change, some=some))
            waker.wake(frozenset())  # as each of the product's commits does
            place, due = place + 10, due + 10 / EACH_SECOND
            over.wait(max(0.0, due - time.monotonic()))

    writer = threading.Thread(target=run)
    writer.start()
    try:
        yield
    finally:
        over.set()
        writer.join()


async def _reads(url: SplitResult, cookies: str) -> None:
    """A console that is no browser: takes every byte of the stream, and makes nothing of it."""
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    with contextlib.closing(writer):
        writer.write(
            f"GET /events HTTP/1.1\r\nHost: {url.hostname}\r\nCookie: {cookies}\r\n\r\n".encode()
        )
        assert b" 200 " in await reader.readline()
        while await reader.read(1 << 20):
            pass


@contextlib.asynccontextmanager
async def _consoles(url: str, cookies: str, count: int) -> AsyncIterator[None]:
    readers = [asyncio.create_task(_reads(urlsplit(url), cookies)) for _ in range(count)]
    try:
        yield
        assert not any(reader.done() for reader in readers), "a console lost its stream"
    finally:
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)


async def _main_thread(metrics: CDPSession) -> float:
    found = (await metrics.send("Performance.getMetrics"))["metrics"]
    return float(next(m["value"] for m in found if m["name"] == "TaskDuration"))


async def _watch(page: Page, how: str, seconds: float) -> tuple[list[float], float]:
    """(delays in ms, share of the main thread) of one page in so many seconds."""
    metrics = await page.context.new_cdp_session(page)
    await metrics.send("Performance.enable", {"timeDomain": "threadTicks"})  # its own, not waited
    await page.evaluate(_WATCH)
    await page.evaluate(how)
    begun, before = time.monotonic(), await _main_thread(metrics)
    if how is _ROWS:
        field = page.locator("textarea:visible, input[type=search]:visible").first
        while time.monotonic() - begun < seconds:
            await field.press_sequentially("le gardien arrive ", delay=120)
    else:
        await asyncio.sleep(seconds)
    share = (await _main_thread(metrics) - before) / (time.monotonic() - begun)
    late: list[float] = await page.evaluate("() => late")
    return late, share


async def _load(page: Page, url: str) -> float:
    """Milliseconds."""
    await page.goto(url)
    return float(await (await page.wait_for_function(_LOADED)).json_value())


async def _rows(place: int, folder: Path) -> Row:
    station = WebStation(folder)
    station.user()
    for number in range(ROWS):
        station.site(f"{3000 + number}")
        station.alarm(f"{3000 + number}")
    ids = [row.id for row in station.store.read_now(lambda tx: incidents.page(tx, limit=500))]
    web = WebProcess(station)
    web.start()
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=_chromium(), args=[*FLAGS])
            context = await browser.new_context(viewport={"width": 1680, "height": 1000})
            page, bare = await context.new_page(), await context.new_page()
            await page.goto(f"{web.url}/login")
            await page.fill("input[name=name]", WHO)
            await page.fill("input[name=password]", PASSWORD)
            await page.click("button.primary")
            await page.wait_for_url(f"{web.url}/")
            cookies = "; ".join(f"{c['name']}={c['value']}" for c in await context.cookies())
            loads = [await _load(page, f"{web.url}/?incident={ids[0]}") for _ in range(LOADS)]
            await bare.goto(f"{web.url}/healthz")
            async with _consoles(web.url, cookies, CONSOLES - 1):
                with _updates(station, ids):
                    await page.bring_to_front()
                    before = cpu.of_process(web.pid)
                    begun = time.monotonic()
                    late, share = await _watch(page, _ROWS, FOR_S)
                    server = (cpu.of_process(web.pid) - before) / (time.monotonic() - begun)
                    await bare.bring_to_front()
                    floor, _ = await _watch(bare, _BARE, FOR_S / 2)
            await browser.close()
    finally:
        web.stop()
        station.close()
    return {
        "part": "rows",
        "load_p50_ms": round(percentile(loads, 0.5), 1),
        "updates": len(late),
        "p50_ms": round(percentile(late, 0.5), 1),
        "p95_ms": round(percentile(late, 0.95), 1),
        "floor_p95_ms": round(percentile(floor, 0.95), 1),
        "main_thread": round(share, 3),
        "server_cores": round(server, 3),
        "round": place,
    }


# --- pop ---


async def _pops(place: int, folder: Path) -> Row:
    environment = {**PATIENCE, "CALLFLOW_WRAP_UP": "0"}
    async with Station(folder / "data", environment) as station, async_playwright() as playwright:
        desk = Desk(station, "bench", 1130.0, folder)
        await desk.sits_down(playwright)
        await _fifty_up(station)
        await desk.page.evaluate(_POPS)
        network = Simulator(Instance(kind=Kind.SIMULATOR, data_dir=station.data_dir))
        found, up = [], []
        for n in range(CALLERS):
            found.append(await _one_caller(station, network, desk, n))
            up.append(await _live(station))
            if found[-LOST:] == [None] * LOST:
                break  # no more will come: each would be waited for
        await desk.goes()
    delays = [delay for delay in found if delay is not None]
    return {
        "part": "pop",
        "callers": len(found),
        "lost": found.count(None),
        "calls_up": min(up),
        "p50_ms": round(percentile(delays, 0.5), 1),
        "p95_ms": round(percentile(delays, 0.95), 1),
        "round": place,
    }


async def _fifty_up(station: Station) -> None:
    """So many people are called, answer, and say nothing, one after the other for minutes."""
    for number in range(MEDIA):
        account = f"M{number:03d}"
        people = [f"+3363997{number:02d}{rank:02d}" for rank in range(8)]
        for person in people:
            await station.phone(person, "silent", after_s=0)
        contacts = [sites.contact(account, f"P{person[-2:]}", person) for person in people]
        await sites.put(station, account, sites.site(account, *contacts))
        await station.send(account, "BA", "3")

    async def up() -> bool:
        return await _live(station) >= MEDIA

    await station.until(up, 120)


async def _live(station: Station) -> int:
    return int((await station.api.get("/health")).json()["live_calls"])


async def _one_caller(station: Station, network: Simulator, desk: Desk, n: int) -> float | None:
    """From the instant that they wait since, to the frame; None: it never came."""
    caller = f"+3363998{6000 + n}"
    await station.phone(caller, "answer", keys="0")
    await asyncio.to_thread(network.call_in, caller, STATION)
    digits = "0" + caller[3:]
    try:
        await desk.page.wait_for_function("(n) => pops[n]", arg=digits, timeout=30_000)
    except PlaywrightError:
        return None
    painted: float = await desk.page.evaluate("(n) => pops[n]", digits)
    await desk.presses("F2")
    await desk.is_in_call()
    await desk.presses("F4")
    await desk.is_free()
    return painted - _waited_since(station, caller)


def _waited_since(station: Station, caller: str) -> float:
    """Milliseconds of the epoch."""
    asked = 'SELECT joined_at FROM call WHERE "to" = ? ORDER BY requested_at DESC LIMIT 1'
    with contextlib.closing(sqlite3.connect(station.data_dir / "callflow.db")) as rows:
        (since,) = rows.execute(asked, [caller]).fetchone()
    return datetime.fromisoformat(since).replace(tzinfo=UTC).timestamp() * 1000


# --- all of it ---


def run(rounds: int, only: str = "") -> Report:
    """Each part ``rounds`` times."""
    report = Report(NAME, ("part",))
    for place in range(rounds):
        for part, bench in (("rows", _rows), ("pop", _pops)):
            if not part.startswith(only):
                continue
            say(f"{NAME}, {part}, round {place + 1} of {rounds}")
            with tempfile.TemporaryDirectory(prefix="cf-bench-") as folder:
                report.rounds.append(asyncio.run(bench(place, Path(folder))))
            say(f"{NAME}, {report.rounds[-1]}")
    for row in report.rounds:
        if row.get("lost"):
            report.broken.append(f"{row['lost']} of {row['callers']} pops never came")
    report.notes.append(
        f"must hold: load < {LOAD_MS:.0f} ms, rows p95 < {LATE_MS:.0f} ms, main thread < "
        f"{MAIN_THREAD:.0%}, server < {SERVER} of a core; pop p95 < {POP_MS:.0f} ms"
    )
    return report

"""``pages``: what every page shows of 5,000 sites, 20,000 contacts and three years, over HTTP.

The addresses are the application's own routes, so a new list is measured by itself. Of each: its
first page, the middle and the last, every sort both ways, every choice of its filters, words that
are found (with accents, in another case), and words that are not. Panels report meanwhile. *worst*
is the slowest of a page's addresses, by the 95th percentile of its answers.

The floors, in the same run: a bare answer of the same process (``floor_ms``); and ``busy``, how
much longer than its own work a fixed piece of computing took because others used the processors:
the limit is so many times as long.
"""

from __future__ import annotations

import html
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import httpx
from fastapi import FastAPI
from sqlalchemy import Column, func, select

from callflow import clock
from callflow.handling.records.statistics import View
from callflow.storage import Tx
from callflow.storage import schema as t
from tests.bench.kit import cpu
from tests.bench.kit.figures import Report, Row, percentile, say
from tests.bench.kit.living import Busy, browser, living, reporting
from tests.bench.kit.stores import chosen
from tests.bench.kit.town import BUSY, DRAFTED, ENTRIES, FOLLOWED, PEOPLE, SITES, town
from tests.support.pages.routes import PUBLIC, queries, routes
from tests.support.stations.web_station import WebProcess, WebStation
from web.access.users import Role
from web.api import paging
from web.app import create_app
from web.pages.sites.parts import TABS

NAME = "pages"
#: What is asked of a list: milliseconds, of 95 answers in 100.
LIMIT_MS = 200.0
#: Answers of each address.
_TIMES = 5
#: Choices of one filter, at most.
_CHOICES = 8

#: GET routes that show no rows, or not as a page, and why.
ASIDE = {
    "/events": "a stream",
    "/events/canary": "a stream",
    "/help/{path:path}": "the manual: no rows of the station",
    "/settings/shadow/comparisons/{comparison_id}.csv": "a file",
    "/api/v1/recordings/{recording_id}": "a file",
    "/api/v1/recordings/spoken/{name}": "a file",
    "/api/v1/images/{image_id}": "a file",
    "/api/v1/sites/{site_id}/drawings/{drawing_id}": "a picture",
    "/recordings/{call_id}": "a file",
    "/recordings/spoken/{name}": "a file",
    "/recordings/{call_id}/waveform.svg": "a picture",
    "/images/{image_id}": "a file",
    "/sites/{site_id}/drawings/{drawing_id}.jpg": "a picture",
    "/map/tiles.pmtiles": "a file",
    "/map/sites.json": "asked for by the map's script",
    "/incidents/{incident_id}/images/{image_id}": "one image of an alarm; the town has none",
    "/announcements/{key}/{language}.wav": "a file",
    "/evidence/{disclosure_id}": "one file that was asked for; the town has none",
    "/announcements/{key}": "no rows of the station",
    "/dialogues/{name}/said.wav": "a file",
    "/dialogues/{name}": "no rows of the station",
    "/dialogues/{name}/walk": "no rows of the station",
    "/site-files/{which}": "a file",
    "/site-files/{which}/report.csv": "a file",
    "/telephone/softphone": "of a telephone that rings: no rows",
    "/api/v1/roster.ics": "a file",
    "/sites/{site_id}/people/{contact_id}/calendar/{which}": "a file",
    "/api/v1/sites/{site_id}/contacts/{contact}/{which}.ics": "a file",
    "/plans/{plan_id}/simulate": "computes; `bench simulate` measures it",
    "/plans/{plan_id}/backtest": "computes; its own limit is minutes",
    "/api/v1/simulator/phones/{number}": "demo only",
    "/api/v1/simulator/calls": "demo only",
    "/statistics/{view}/{table}.{format}": "a file",
    "/documents/{document_id}": "a file",
    "/logbook/{entry_id}": "one entry and what corrects it",
    "/api/v1/charge-prices/{scope}": "a price list: no more rows than kinds of acts",
    "/statistics/reports/{document_id}.pdf": "a file",
    "/station/checks/{check_id}": "one check, which the town has none of",
    "/station/organs/{key:path}": "one organ: its own history alone",
}

#: What an address does not go without.
NEEDS = {
    "/api/v1/charges/export": "?month=2026-11",
    "/api/v1/plans/{plan_id}/compare": "?from=1&to=1",
}

#: Words that are looked for: with accents, in another case, of several rows, of none.
_VALUES = {
    "q": ("guégan", "BÉRANGER", "École", "ÉTÉ", "00417", "rennes", "zzyzx", "%_"),
    "site": (BUSY,),
    "account": ("0", BUSY, "zzyzx"),
    "since": ("2020-01-01",),
}


#: What a program asks a list for.
_NARROWER = (
    ("account", BUSY),
    ("site", BUSY),
    ("site", "04711"),
    ("state", "open"),
    ("since", (clock.now() - timedelta(days=5)).isoformat()),
    ("since", "2020-01-01T00:00:00Z"),
)


@dataclass
class _Page:
    """A route's addresses, and what each answer took."""

    route: str
    addresses: list[str]
    took: dict[str, list[float]] = field(default_factory=dict)
    bytes: int = 0
    cpu: float = 0.0

    def p95(self, address: str) -> float:
        return percentile(self.took[address], 0.95) * 1000

    @property
    def worst(self) -> str:
        return max(self.addresses, key=self.p95)

    @property
    def all(self) -> list[float]:
        return [one for of in self.took.values() for one in of]


class _Town:
    """Where an address leads: what is found in this town."""

    def __init__(self, station: WebStation) -> None:
        self.ids = station.store.read_now(_ids)
        self.deep = station.store.read_now(_deep)
        self.token = station.token(Role.ADMINISTRATOR)

    def fill(self, path: str) -> Iterator[str]:
        """The path with ids that something has; every tab is one."""
        names = _names(path)
        known = {name: quote(self.ids[name][0], safe="") for name in names}
        for last in self.ids[names[-1]] if names else ("",):
            yield path.format(**known | ({names[-1]: quote(last, safe="")} if names else {}))


#: What a path may name: each has an id in this town.
_NAMED = frozenset(
    {
        *("site_id", "contact_id", "client_id", "firm_id", "plan_id", "incident_id"),
        *("version", "tab", "view"),
    }
)


def _names(path: str) -> list[str]:
    return re.findall(r"{(\w+)}", path)


def not_measured(app: FastAPI) -> list[str]:
    """What to do about each page that this knows nothing of, or knows and that is gone."""
    there = [route.path for route in routes(app) if route.method == "GET"]
    found = [
        f"{path}: say what {unknown} may be, or put it aside and say why"
        for path in there
        if path not in ASIDE and (unknown := sorted({*_names(path)} - _NAMED))
    ]
    known = {("GET", path) for path in there} | PUBLIC.keys()
    gone = sorted(path for path in ASIDE if ("GET", path) not in known)
    return found + [f"{path}: put aside, and there is no such page" for path in gone]


def _ids(tx: Tx) -> dict[str, tuple[str, ...]]:
    def first(query: object) -> tuple[str, ...]:
        return (str(tx.execute(query).scalars().first()),)  # type: ignore[call-overload]

    client = select(t.site.c.client_id).where(t.site.c.id == BUSY)
    incident = select(t.incident.c.id).where(
        t.incident.c.site_id == BUSY, t.incident.c.state == "open"
    )
    return {
        "site_id": (BUSY,),
        "contact_id": (f"{BUSY}-1",),
        "client_id": first(client),
        "firm_id": ("firm-1",),
        "plan_id": (DRAFTED, FOLLOWED),
        "incident_id": first(incident),
        "version": ("1",),
        "tab": tuple(TABS),
        "view": tuple(view.value for view in View),
    }


def _deep(tx: Tx) -> dict[str, tuple[str, ...]]:
    """{route: cursors of its middle and its end} where a page leads only to the next one."""

    def numbers(column: Column[int]) -> tuple[int, int]:
        last = int(tx.execute(select(func.max(column))).scalar_one())
        return last // 2, last - 20

    entries, signals = numbers(t.logbook.c.number), numbers(t.signal.c.number)
    accounts = (f"{SITES // 2:05d}", f"{SITES - 20:05d}")
    c = t.incident.c
    by_time = select(c.opened_at, c.id).order_by(c.opened_at, c.id)
    count = int(tx.execute(select(func.count()).select_from(t.incident)).scalar_one())
    incidents = [
        tx.execute(by_time.offset(place).limit(1)).one() for place in (count // 2, count - 20)
    ]
    backwards = (str(entries[0]), "2000")
    return {
        "/logbook": backwards,
        "/audit": backwards,
        "/api/v1/logbook": tuple(paging.encode(number) for number in entries),
        "/api/v1/signals": tuple(paging.encode(number) for number in signals),
        "/api/v1/incidents": tuple(paging.moment(at, last) for at, last in incidents),
        "/api/v1/sites": tuple(paging.encode(account) for account in accounts),
        "/api/v1/lines": tuple(paging.encode(account) for account in accounts),
    }


def _addresses(client: httpx.Client, town: _Town, path: str, asked: list[str]) -> list[str]:
    """Everything that a page's own links, forms and parameters lead to on the same page."""
    found: list[str] = []
    for named in town.fill(path):
        plain = named + NEEDS.get(path, "")
        answer = client.get(plain)
        assert answer.status_code == 200, f"{plain}: {answer.status_code}"
        found.append(plain)
        others = [_with(named, more) for more in _asked(answer, named, asked)]
        if "json" in answer.headers["content-type"]:  # of one list a word, of another none
            others = [other for other in others if client.get(other).status_code != 422]
        found += others
        cursor = "before" if "before" in asked else "after"
        found += [_with(named, {cursor: each}) for each in town.deep.get(path, ())]
    return list(dict.fromkeys(found))


def _with(plain: str, more: dict[str, str]) -> str:
    return f"{plain}?{urlencode(more)}"


def _asked(answer: httpx.Response, plain: str, asked: list[str]) -> Iterator[dict[str, str]]:
    if "json" in answer.headers["content-type"]:
        if following := answer.json().get("next"):
            yield {"after": following}
        yield from ({name: value} for name, value in _NARROWER if name in asked)
        return
    said = answer.text
    yield from _linked(said, plain)
    for name, choices in re.findall(r'<select name="(\w+)"(.*?)</select>', said, re.DOTALL):
        if name in asked:
            found = re.findall(r'<option value="([^"]+)"', choices)
            step = -(-len(found) // _CHOICES)
            yield from ({name: html.unescape(one)} for one in found[:: step or 1])
    pages = re.search(r'class="weeks".*?<span>[^<]*?(\d+)</span>', said, re.DOTALL)
    if "n" in asked and pages:
        yield from ({"n": str(max(1, int(pages[1]) // 2))}, {"n": pages[1]})
    whole: dict[str, str] = {"since": "2020-01-01"} if "since" in asked else {}
    for name in ("q", "site", "account", "since"):
        if name in asked:
            yield from ({name: value} for value in _VALUES[name])
            yield from ({**whole, name: value} for value in _VALUES[name] if whole)


def _linked(said: str, plain: str) -> Iterator[dict[str, str]]:
    """The same page sorted otherwise, and its next one."""
    for link in re.findall(r'href="([^"]*\?[^"]*)"', said):
        parts = urlsplit(html.unescape(link))
        given = dict(parse_qsl(parts.query))
        if parts.path in ("", plain) and set(given) & {"sort", "before", "after", "n"}:
            yield given
            if "sort" in given:
                by = given["sort"].removeprefix("-")
                yield from ({"sort": by}, {"sort": f"-{by}"})


def _listed(
    station: WebStation, web: WebProcess, app: FastAPI
) -> Iterator[tuple[httpx.Client, _Page]]:
    """Every page, and who asks for it: a person, or a program."""
    where, person = _Town(station), browser(web.url)
    program = httpx.Client(base_url=web.url, timeout=60, trust_env=False)
    program.headers["Authorization"] = f"Bearer {where.token}"
    parameters = queries(app)
    for route in routes(app):
        placed = _NAMED.issuperset(_names(route.path))
        if route.method == "GET" and route.path not in ASIDE and placed:
            client = program if route.by_token else person
            found = _addresses(client, where, route.path, parameters[route.path])
            yield client, _Page(route.path, found)


def _measure(client: httpx.Client, page: _Page, web: WebProcess, busy: Busy) -> list[float]:
    """Asks for each address so many times; what the bare answers took in between."""
    floor: list[float] = []
    before = cpu.of_process(web.pid)
    for address in page.addresses:
        for _ in range(_TIMES):
            begun = time.perf_counter()
            answer = client.get(address)
            page.took.setdefault(address, []).append(time.perf_counter() - begun)
            assert answer.status_code == 200, f"{address}: {answer.status_code}"
            page.bytes = max(page.bytes, len(answer.content))
            busy.look()
    page.cpu = (cpu.of_process(web.pid) - before) / len(page.all)
    for _ in range(_TIMES):
        begun = time.perf_counter()
        client.get("/healthz")
        floor.append(time.perf_counter() - begun)
    return floor


def _row(store: str, page: _Page, floor: list[float], busy: float) -> Row:
    return {
        "page": page.route,
        "store": store,
        "addresses": len(page.addresses),
        "p50_ms": round(percentile(page.all, 0.5) * 1000, 1),
        "p95_ms": round(percentile(page.all, 0.95) * 1000, 1),
        "worst_ms": round(page.p95(page.worst), 1),
        "worst": page.worst[-44:],
        "cpu_ms": round(page.cpu * 1000, 1),
        "kB": round(page.bytes / 1000),
        "floor_ms": round(percentile(floor, 0.95) * 1000, 1),
        "busy": round(busy, 2),
    }


def _store(store: str, rounds: int, broken: list[str]) -> Iterator[Row]:
    with (
        town(postgresql=store == "PostgreSQL") as (station, where),
        living(station, where) as web,
        reporting(station),
    ):
        app = create_app(station.settings, station.store, station.vault)
        broken += [what for what in not_measured(app) if what not in broken]
        pages = list(_listed(station, web, app))
        for place in range(rounds):
            say(f"{store}, round {place + 1} of {rounds}: {len(pages)} pages")
            for client, page in pages:
                busy = Busy()
                page.took.clear()
                floor = _measure(client, page, web, busy)
                yield _row(store, page, floor, busy.factor)


def run(rounds: int = 3, only: str = "") -> Report:
    """Every page on each database, ``rounds`` times."""
    report = Report(NAME, ("page", "store"))
    for store in chosen(only):
        report.rounds += _store(store, rounds, report.broken)
    report.hold("worst_ms", LIMIT_MS, "worst")
    report.notes.append(
        f"{SITES:,} sites, {SITES * PEOPLE:,} contacts, {ENTRIES:,} entries of the logbook. Asked:"
        f" 95 answers in 100 of every address within {LIMIT_MS:.0f} ms, times busy."
    )
    return report

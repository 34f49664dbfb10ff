"""Whatever stands in a column that holds words, no page, pop or part of the stream is led by it.

The columns are the schema's: a new one is hostile here, unless it is said to hold no words.
"""

from __future__ import annotations

import asyncio
import difflib
import html.parser
import itertools
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, String, Table, Text

from callflow import clock
from callflow.handling.watch import health
from callflow.storage import Tx
from callflow.storage import schema as t
from callflow.storage.calls import calls
from tests.integration.web.walks.test_axe_everywhere import pages
from tests.support.pages.visitors import Person
from tests.support.rows.full_rows import fill
from tests.support.stations.full_station import (
    GARAGE,
    INES,
    SHOP,
    TWO_SITES,
    FullStation,
    number_of,
)
from tests.support.stations.web_station import NAME, WebStation
from web.app import create_app
from web.kit.rendering import render
from web.pages.alarms import views
from web.pages.calls import pop_views, telephone_views
from web.pages.records import entries

#: What each hostile word begins with: enough to break out of an element, an attribute, a direction.
BEGIN = "<b>\"'\u202e"
HOSTILE = (
    BEGIN + "</bdi></title></textarea></option><script>x()</script>",
    BEGIN + '><img src=x onerror=x()> onfocus="x()" autofocus="',
    BEGIN + "{{7*7}}{% raw %}${7*7}\u2066\u200b</template><!-- <![CDATA[",
    BEGIN + "\r\n\nevent: rows\ndata: <li data-all>\x1b[2J\x07</ul></main>",
)

#: Columns of text that hold nobody's words: names of closed vocabularies, secrets, paths.
NO_WORDS: dict[str, str] = {
    "incident": "kind category state step machine human_reason resolution_code grounds",
    "signal": "id deduplication kind treatment extra",  # extra: ``fill`` writes a block of words
    "call": "direction dialogue step trunk successor node state result room outcome mode leader",
    "recording": "path sha256",
    "call_action": "kind",
    "undo": "kind",
    "outbox": "channel state",
    "proof": "stage",
    "subscription": "secret state",
    "image": "take path sha256 problem",
    "verification": "means result weight",
    "service_call": "service gate",
    "service_report": "service answer",
    "service_line": "service place",
    "instruction": "kind",
    "contact": "language code duress_code",
    "site": "timezone language state postcode",
    "zone": "kind",
    "contract_change": "state",
    "former_contact": "role",
    "removed_part": "part known_by",
    "guard_firm": "part",
    "panel_user": "part",
    "event_override": "kind category",
    "event_rule": "kind category",
    "own_day": "country region",
    "station_check": "period who proof source subject told",
    "organ": "state",
    "reading": "part state reason",
    "organ_point": "state",
    "probe": "part means secret",
    "organ_care": "part",
    "task": "step kind state outcome subject",
    "measure": "kind ends_when",
    "charge": "source kind unit priced_by corrects",
    "charge_price": "kind scope owner",
    "calendar_feed": "token_hash language",
    "roster": "part",
    "presence": "state reason",
    "phone": "kind node secret session state",
    "user_account": "role password language totp",
    "session": "csrf factor",
    "passkey": "public_key",
    "challenge": "kind",
    "api_token": "token_hash role",
    "process": "role",
    "logbook": "id chain site incident kind previous hash mac",
    "chain_head": "hash mac",
    "seal": "mac",
    "call_back": "open_for result",
    "plan_draft": "revision",
    "retention": "what",
    "document": "kind language path sha256",
    "disclosure": "requester recordings images sha256",
    "promise": "kind",
    "signature": "what",
    "doomed_file": "folder node path",
}
#: When each world begins.
BEGAN = clock.now()
_KEPT = (NAME, "op-")  # her own name is whom she is known by, a telephone's what it is


def columns() -> list[tuple[Table, Column[Any]]]:
    """Every column of text that may hold somebody's words."""
    return [
        (table, column)
        for table in t.metadata.sorted_tables
        for column in table.c
        if isinstance(column.type, String | Text)
        and not (column.primary_key or column.foreign_keys or column.name.endswith("_id"))
        and column.name not in NO_WORDS.get(table.name, "").split()
    ]


def test_what_is_said_to_hold_no_words_is_there() -> None:
    for name, listed in NO_WORDS.items():
        table = t.metadata.tables[name]
        assert set(listed.split()) <= set(table.c.keys()), name
    assert len(columns()) > 90


def put(station: WebStation, word: str) -> None:
    """The word into each of them, as much of it as it holds."""

    def write(tx: Tx) -> None:
        for table, column in columns():
            keys = list(table.primary_key.columns)
            for place, row in enumerate(tx.execute(table.select()).mappings().all()):
                value = row[column.name]
                if value is None or str(value).startswith(_KEPT):
                    continue
                longest = getattr(column.type, "length", None) or 400
                fits = f"{place}{word}"[:longest] if column.unique else word[:longest]
                at = [key == row[key.name] for key in keys]
                tx.execute(table.update().where(*at).values({column: fits}))

    station.do(write)


#: Elements that end with their start tag.
_VOID = {"meta", "link", "input", "img", "br", "use", "path"}
#: Elements whose text stands for itself: a browser isolates each, or shows it elsewhere.
_APART = {"bdi", "option", "title", "textarea", "text", "desc"}


class Page(html.parser.HTMLParser):
    """How often each element is there, with the names of its attributes; words that stand bare."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self.order: list[str] = []
        self.bare: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag, tuple(name for name, _ in attrs)] += 1
        self.order.append(f"{tag} {dict(attrs).get('class') or dict(attrs).get('href')}")
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.text += data
        apart = _APART & set(self._open)
        if BEGIN[:3] in data and not apart:
            self.bare.append(data.strip())
        if "\u202e" in data and not apart - {"bdi"}:
            self.bare.append(f"not named: {data.strip()}")


async def everything(folder: Path, word: str, said: Callable[[str], str]) -> dict[str, Page]:
    """Every page, pop and part of the stream of a station that ``word`` is written all over."""
    station = WebStation(folder)
    try:
        full = fill(station, said)
        popped = _calls(full)
        person = Person(create_app(station.settings, station.store, station.vault), NAME)
        assert (await person.log_in()).status_code == 303
        put(station, word)
        shown = {}
        for number, path in enumerate([*pages(full), "/search?q=b", "/undo", "/shift/presence"]):
            answer = await person.see(path)
            assert answer.status_code in (200, 303, 404), (path, answer.status_code)
            shown[f"{number} {path.split('?')[0].split('/')[1]}"] = answer.text
        shown |= _streamed(full, popped)
        return {where: Page(text) for where, text in shown.items()}
    finally:
        station.close()


def _calls(full: FullStation) -> list[str]:
    """People speak, wait and ring; the legs that have a pop."""
    full.talks(INES, full.incidents["garage"], f"{GARAGE}-1")
    full.conference()
    ringing = full.waits(number_of(SHOP, 2))
    return [full.rings_for(NAME, ringing), full.rings_for(NAME, full.waits(TWO_SITES))]


def _streamed(full: FullStation, popped: list[str]) -> dict[str, str]:
    def read(tx: Tx) -> dict[str, str]:
        now = clock.now()
        values = {"telephone": telephone_views.exchange(tx).of(NAME)}
        shown = {"calls": render("fr", "alarms/_calls.html", values)}
        for place, leg in enumerate(popped):
            rung = calls.get(tx, leg)
            pop = pop_views.pop(tx, rung, now) if rung else None
            shown[f"pop {place}"] = render("fr", "calls/_pop.html", {"pop": pop, "now": now})
        rows = {"lines": views.lines(tx, now), "gone": [], "all": True}
        shown["rows"] = render("fr", "alarms/_rows.html", rows)
        shown["feed"] = render("fr", "kit/_feed.html", {"entries": entries.last(tx), "all": True})
        strip = views.strip(health.look(tx, now))
        shown["strip"] = render("fr", "kit/_strip.html", {"strip": strip})
        return shown

    return full.station.store.read_now(read)


def _with(word: str, said: str) -> str:
    """A name, and behind it what is none: as much as a name may have."""
    return f"{said[:4]}{word}"[:64]


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that goes on a millisecond each time it is read: what a page shows must not hang on how
    fast this machine is."""
    monkeypatch.setattr(clock, "now", _ticking())


def _ticking() -> Callable[[], datetime]:
    reads = itertools.count(1)
    return lambda: BEGAN + next(reads) * timedelta(milliseconds=1)


@pytest.fixture(scope="module")
def harmless(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Page]:
    """The same with a word that leads nothing."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(clock, "now", _ticking())
        folder = tmp_path_factory.mktemp("harmless")
        shown = asyncio.run(everything(folder, "Vitrine " * 60, str))
    assert sum(page.text.count("Vitrine") for page in shown.values()) > 300
    return shown


@pytest.mark.parametrize(
    "word",
    [
        HOSTILE[0],
        *(pytest.param(word, marks=pytest.mark.deep) for word in HOSTILE[1:-1]),
        HOSTILE[-1],
    ],
)
async def test_no_column_leads_a_page(tmp_path: Path, harmless: dict[str, Page], word: str) -> None:
    """In a fast run the word that breaks out of elements, and the one that breaks a stream."""
    hostile = await everything(tmp_path, word, partial(_with, word))
    assert hostile.keys() == harmless.keys()
    faults: list[tuple[str, object]] = []
    for where, page in hostile.items():
        faults += [(where, text) for text in page.bare]
        faults += [(where, "escaped twice")] if "&lt;" in page.text else []
        more = page.elements - harmless[where].elements
        if where.endswith(" wallboard"):  # of alarms of one instant any may be among its five
            more = Counter(set(more) - set(harmless[where].elements))
        led = [element for element in more if element[0] != "bdi"]
        faults += [(where, element) for element in led]
        if led:
            faults.append((where, list(difflib.unified_diff(harmless[where].order, page.order))))
    assert sum(BEGIN[:5] in page.text for page in hostile.values()) > 20
    assert faults == []

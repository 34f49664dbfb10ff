"""Texts that try to be more than text, in every field that the world outside fills.

They are shown as sent, and mean nothing in pages, dialplan, AMI, AGI, logs, speech, file names. All
of them run through the whole product once: each has a site, an alarm, a phone call that says it,
and a call from outside.
"""

from __future__ import annotations

import asyncio
import contextlib
import html.parser
import json
import re
import sqlite3
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import async_playwright

from callflow.probes.panel import NoAnswerError, PanelClient
from tests.support.outside.payloads import (
    BREAKS,
    CANARY_FILE,
    CANARY_NUMBER,
    CANARY_VARIABLE,
    OF_EACH_CLASS,
    payloads,
)
from tests.support.pages.browser import FLAGS
from tests.support.phones.phone import Phone, Phones, Voice, phones_of
from tests.support.rows import sites
from tests.support.stations.station import Station

#: The first test waits for all that is sent, and for each call that it makes.
pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.timeout(600)]

#: The fewest payloads that each field must have taken: of all, and of one of each class.
ENOUGH, ENOUGH_OF_CLASSES = 40, 14
_PLAIN = "Texte ordinaire"


@dataclass
class Sent:
    """What was sent where: by payload's name, then the text as it was sent."""

    station: Station
    accounts: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    panel: dict[str, str] = field(default_factory=dict)
    callers: dict[str, str] = field(default_factory=dict)
    incidents: dict[str, dict[str, Any]] = field(default_factory=dict)
    plain: dict[str, Any] = field(default_factory=dict)
    enough: int = ENOUGH


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def sent(
    station: Station, tmp_path_factory: pytest.TempPathFactory, deep_run: bool
) -> AsyncIterator[Sent]:
    """All payloads; in a fast run one of each class."""
    folder = Path(tempfile.mkdtemp(prefix="cf"))  # short: a name has 200 characters
    chosen = {n: t for n, t in payloads(str(folder)).items() if deep_run or n in OF_EACH_CLASS}
    everything = Sent(station, texts={**chosen, "plain": _PLAIN})
    everything.enough = ENOUGH if deep_run else ENOUGH_OF_CLASSES
    async with phones_of(station, tmp_path_factory.mktemp("callers")) as phones:
        async with asyncio.TaskGroup() as tasks:
            for place, name in enumerate(everything.texts):
                tasks.create_task(alarm(everything, place, name))
            tasks.create_task(calls_from_outside(everything, phones))
        for name, account in everything.accounts.items():
            everything.incidents[name] = await talked(station, account)
    everything.plain = everything.incidents["plain"]
    yield everything
    _gone(folder)


def _gone(canary: Path) -> None:
    """The folder in which CANARY_FILE would lie is removed: it must be empty."""
    assert list(canary.iterdir()) == []
    canary.rmdir()


async def alarm(sent: Sent, place: int, name: str) -> None:
    """A site whose every text is the payload; its panel sends it twice; its keyholder is called."""
    station, text, account = sent.station, sent.texts[name], sites.fresh("T")
    sent.accounts[name] = account
    number = sites.number(100 + place)
    keyholder = {**sites.contact(account, "x", number), "name": text}
    words = {"name": text, "client": text, "address": text, "recognition_word": text}
    zones = [{"account": account, "zone": "3", "name": text}]
    await sites.put(station, account, sites.site(account, keyholder, zones=zones, **words))
    await station.phone(number, "answer", after_s=0, keys="2580#wwwwwwwwwwwwwwwwwwwwww5")
    # It is spoken once it is stored: in a call the far end waits 30 s for a word, then types
    # unasked. Where that one was passed over, the call has it spoken.
    with contextlib.suppress(TimeoutError):
        await station.until(Voice(station).file("recognition", "fr", word=text).exists, 90)
    if not BREAKS & set(text):
        async with PanelClient("127.0.0.1", station.base + 9, account, attempts=2) as panel:
            try:
                await panel.send("BA", "3", text)
                sent.panel[name] = text
            except (ValueError, NoAnswerError):
                pass  # counted below: no more than the texts that a frame can't hold
    body = {"account": account, "code": "BA", "zone": text[:16], "text": text}
    answer = await station.api.post("/signals", json=body)
    assert answer.status_code == 201, (name, answer.text)


async def calls_from_outside(sent: Sent, phones: Phones) -> None:
    """Each payload that a SIP header can hold is a caller's name once."""
    callers = await phones.all_at([sites.number(90 + n) for n in range(4)])
    names = [name for name, text in sent.texts.items() if not BREAKS & set(text)]
    await asyncio.gather(
        *(one_caller(sent, phone, names[n :: len(callers)]) for n, phone in enumerate(callers))
    )


async def one_caller(sent: Sent, phone: Phone, names: list[str]) -> None:
    for name in names:
        # Asterisk keeps 79 bytes of a name, its own backslashes included.
        text = sent.texts[name].encode()[:60].decode(errors="ignore")
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        await phone.calls_the_station(display=f'"{quoted}"')
        await phone.expect_prompt("welcome", first_s=0.6, station="Callflow")
        phone.hangs_up()
        await phone.is_hung_up()
        sent.callers[name] = text


async def talked(station: Station, account: str) -> dict[str, Any]:
    """The account's incident once its keyholder has heard everything."""
    await station.until(lambda: station.incidents(account=account))
    (incident,) = await station.incidents(account=account)
    address = f"/incidents/{incident['id']}"
    shown: dict[str, Any] = {}

    async def over() -> bool:
        shown.update((await station.api.get(address)).json())
        return bool(shown["calls"]) and all(c["outcome"] for c in shown["calls"])

    await station.until(over, 150)
    await station.api.post(f"{address}/close", json={"code": "test", "text": "x"})
    return shown


# --- shown as sent -------------------------------------------------------------------------------


async def test_the_api_shows_each_text_as_it_was_sent(sent: Sent) -> None:
    assert len(sent.panel) >= sent.enough
    assert len(sent.incidents) >= sent.enough
    for name, incident in sent.incidents.items():
        text = sent.texts[name]
        shown = [signal["text"] for signal in incident["signals"]]
        assert text in shown, name
        assert text[:16] in [signal["zone"] for signal in incident["signals"]], name
        if name in sent.panel and name != "dc09":
            assert shown.count(text) == 2, name
        site = (await sent.station.api.get(f"/sites/{sent.accounts[name]}")).json()
        assert (site["name"], site["client"], site["address"]) == (text, text, text), name
        assert site["zones"][0]["name"] == site["contacts"][0]["name"] == text, name


async def test_what_closes_a_frame_s_text_early_stays_in_its_signal(sent: Sent) -> None:
    """A panel may send events after a text: what looks like them is stored, of this account."""
    incident = sent.incidents["dc09"]
    assert any("BA99" in signal["raw"] for signal in incident["signals"])
    assert {signal["account"] for signal in incident["signals"]} == {sent.accounts["dc09"]}
    assert await sent.station.incidents(account="9999") == []


async def test_the_logbook_tells_each_caller_s_name_as_it_was_sent(sent: Sent) -> None:
    assert len(sent.callers) >= sent.enough
    entries = [e["text"] for e in await logbook(sent.station) if e["kind"] == "call_incoming"]
    # Each Asterisk on the way puts a backslash before what is quoted, and takes none away.
    told = [text.replace("\\", "") for text in entries]
    wanted = {name: text.replace("\\", "").strip() for name, text in sent.callers.items()}
    assert {n: text for n, text in wanted.items() if not any(text in line for line in told)} == {}


async def logbook(station: Station) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    query: dict[str, str] = {"limit": "200"}
    while True:
        page = (await station.api.get("/logbook", params=query)).json()
        found += page["items"]
        if page["next"] is None:
            return found
        query["after"] = page["next"]


# --- means nothing in pages ----------------------------------------------------------------------


class Page(html.parser.HTMLParser):
    """A page's elements with the names of their attributes, and the texts from outside."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: set[tuple[str, str]] = set()
        self.outside: set[str] = set()
        self._bdi: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements |= {(tag, ""), *((tag, name) for name, _ in attrs)}
        if tag == "bdi":
            self._bdi = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "bdi" and self._bdi is not None:
            self.outside.add(self._bdi)
            self._bdi = None

    def handle_data(self, data: str) -> None:
        if self._bdi is not None:
            self._bdi += data


@contextlib.asynccontextmanager
async def logged_in(station: Station) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=station.url, trust_env=False, timeout=30) as client:
        form = {"name": "demo", "password": "callflow-demo"}
        assert (await client.post("/login", data=form)).status_code == 303
        yield client


def _visible(text: str) -> str:
    """What nobody disputes of a text: its printable characters."""
    return "".join(c for c in text if c.isprintable() and not c.isspace())


async def test_a_page_has_the_elements_of_any_other_and_the_text_as_text(sent: Sent) -> None:
    async with logged_in(sent.station) as browser:

        async def page_of(name: str) -> Page:
            answer = await browser.get(f"/incidents/{sent.incidents[name]['id']}")
            assert answer.status_code == 200
            return Page(answer.text)

        plain = (await page_of("plain")).elements
        for name in sent.incidents:
            page = await page_of(name)
            assert page.elements - plain == set(), name
            shown = {_visible(text) for text in page.outside}
            text = sent.texts[name]
            assert (
                text in page.outside
                or any(_visible(text) in one for one in shown)
                or (not text.isprintable())
            ), name


async def test_a_browser_runs_nothing_of_it(sent: Sent, chromium_path: str, deep_run: bool) -> None:
    """The console has them all; a fast run opens the alarms of those that are meant for pages. (Of
    every page: tests/integration/web/walks/test_hostile_texts.py.)"""
    station = sent.station
    async with async_playwright() as engine:
        browser = await engine.chromium.launch(executable_path=chromium_path, args=list(FLAGS))
        page = await browser.new_page()
        await page.goto(f"{station.url}/login")
        await page.fill("input[name=name]", "demo")
        await page.fill("input[name=password]", "callflow-demo")
        await page.click("form button")
        await page.wait_for_url(f"{station.url}/")
        chosen = sent.incidents if deep_run else ("script", "attribute")
        ids = [sent.incidents[name]["id"] for name in chosen]
        for address in ("/", *(f"/incidents/{one}" for one in ids)):
            await page.goto(f"{station.url}{address}", wait_until="domcontentloaded")
            seen = await page.evaluate(
                f"""() => [window.{CANARY_VARIABLE} === undefined,
                    document.querySelectorAll("iframe, img[src=x], bdi *, [onload], [onerror]")
                        .length]"""
            )
            assert seen == [True, 0], address
        await browser.close()


# --- and nowhere else ----------------------------------------------------------------------------


async def test_it_starts_no_call_and_ends_none(sent: Sent) -> None:
    station = sent.station
    assert await station.seen(f"+{CANARY_NUMBER}") == []
    for place, name in enumerate(sent.texts):
        incident = sent.incidents[name]
        seen = await station.seen(sites.number(100 + place))
        assert len([call for call in seen if call["at"] >= incident["opened_at"]]) == 1, name
        assert [call["outcome"] for call in incident["calls"]] == ["next_person"], name


async def test_each_line_of_the_logs_is_one_object_and_none_is_forged(sent: Sent) -> None:
    lines = 0
    for role in ("web", "receiver", "engine", "telephony"):
        text = (sent.station.data_dir / "logs" / f"{role}.log").read_text(encoding="utf-8")
        for line in text.split("\n")[:-1]:
            entry = json.loads(line)
            assert entry["event"] != "forged", line
            lines += 1
            assert not set(line) - {"\t"} & {chr(c) for c in range(32)}, line
    assert lines > 0


async def test_each_was_spoken(sent: Sent) -> None:
    voice = Voice(sent.station)
    silent = [
        name
        for name, text in sent.texts.items()
        if not voice.file("site", "fr", site=text, written="fr").exists()
        or not voice.file("recognition", "fr", word=text).exists()
    ]
    assert silent == []
    calls = {call["id"] for incident in sent.incidents.values() for call in incident["calls"]}
    log = (sent.station.data_dir / "logs" / "telephony.log").read_text(encoding="utf-8")
    told = [json.loads(line) for line in log.splitlines()]
    # With sixty calls up a sentence may be made too late for one of them; another finds it.
    failed = [line for line in told if line["event"] == "speech failed"]
    assert [line for line in failed if not line["error"].startswith("TimeoutError")] == []
    bad = [line for line in told if line["level"] in ("error", "critical")]
    # Of sixty calls at once, Asterisk may answer a mute later than anybody waits for it.
    late = ("the recording was not muted", "TimeoutError()")
    bad = [line for line in bad if (line["event"], line.get("error")) != late]
    assert [line for line in bad if line.get("call") in calls] == []


async def test_no_file_is_named_after_it(sent: Sent) -> None:
    names = {path.name for path in sent.station.data_dir.rglob("*")}
    strange = {n for n in names if not re.fullmatch(r"\.?[0-9A-Za-z][0-9A-Za-z_.+-]*", n)}
    assert strange == set()
    assert not any(CANARY_FILE in name for name in names)


async def test_the_database_and_the_logbook_are_whole(sent: Sent) -> None:
    file = f"file:{sent.station.data_dir / 'callflow.db'}?mode=ro"
    with contextlib.closing(sqlite3.connect(file, uri=True)) as db:
        assert db.execute("pragma integrity_check").fetchone() == ("ok",)
        (count,) = db.execute("select count(*) from signal").fetchone()
    assert count >= 2 * sent.enough
    assert (await sent.station.api.get("/health")).json()["status"] != "failed"

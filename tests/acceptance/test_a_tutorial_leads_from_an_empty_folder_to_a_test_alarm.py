"""The first tutorial's steps, read from it and done as they stand there, until one's own phone has
rung.

Commands go to a shell at a terminal, pages to a browser; the phone is the far end of the trunk.
"""

from __future__ import annotations

import contextlib
import os
import pty
import re
import signal
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Locator, Page, async_playwright, expect

from tests.support.pages.browser import FLAGS
from tests.support.sip.sip_players import Player, Players
from tests.support.stations.product import Product
from tests.support.stations.station import give_base, settings_at, take_base

ROOT = Path(__file__).parents[2]
#: What a person writes in place of the tutorial's: the page's port, and the gateway's address.
PAGE, GATEWAY = "http://127.0.0.1:8000", "127.0.0.1:5062"
PASSWORD = "sous les pavés, la plage"  # typed twice, and where the tutorial leaves it out
MOST = 40
#: Milliseconds in which the page shows what is so: machines are noisy.
WITHIN = 30_000
SILENCE = b"\xd5"  # in A-law

#: One thing to do: a page to open, a field to fill in, something to press, a step to wait for.
_TOKEN = re.compile(
    r"<(?P<page>http://[^>]+)>|\*\*(?P<field>[^*]+)\*\* `(?P<value>[^`]+)`"
    r"|[Pp]ress \*\*(?P<button>[^*]+)\*\*|When \*(?P<wait>[^*]+)\* is done"
    r"|(?P<phone>type your code)"
)


def tutorial() -> tuple[str, str]:
    """The commands, and the steps in the browser, each as the tutorial has it."""
    section = (ROOT / "docs/tutorials/first-alarm.md").read_text()
    before, commands, steps = re.split(r"```(?:sh)?\n", section)
    assert before.lstrip()
    return commands, steps


class Terminal:
    """A shell at a terminal of its own: what is typed is answered as by a person."""

    def __init__(self, commands: str, environment: dict[str, str]) -> None:
        self._ours, theirs = pty.openpty()
        os.set_blocking(self._ours, False)
        self._said = ""

        self.shell = subprocess.Popen(
            ["setsid", "--ctty", "sh", "-ec", commands],
            cwd=ROOT,
            env=environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)

    async def says(self, words: str) -> None:
        """Waits for these words, and forgets what was said up to them."""
        while words not in self._said:
            assert self.shell.poll() is None, self._said
            self._read()
            await Product.moment()
        self._said = self._said.split(words, 1)[1]

    def types(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    async def ends(self) -> None:
        """Ctrl+C; returns when all is over."""
        self.types("\x03")
        while self.shell.poll() is None:
            self._read()
            await Product.moment()

    def close(self) -> None:
        if self.shell.poll() is None:
            os.killpg(self.shell.pid, signal.SIGTERM)
            self.shell.wait(30)
        os.close(self._ours)

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            self._said += os.read(self._ours, 65536).decode(errors="replace")


class Person:
    """Does the steps one after another, and counts what it does."""

    def __init__(self, page: Page, url: str, call: Callable[[], Awaitable[Player]]) -> None:
        self.page, self.url, self.actions = page, url, 0
        self._call = call

    async def does(self, steps: str) -> None:
        """Everything that stands in ``steps``."""
        for token in _TOKEN.finditer(steps):
            await self._one(token)

    async def _one(self, token: re.Match[str]) -> None:
        said = token.groupdict()
        if said["wait"] is not None:
            await expect(self._step(said["wait"])).to_have_class("is-done", timeout=WITHIN)
        elif said["phone"] is not None:
            await self._answers()
        else:
            self.actions += 1
            if said["page"]:
                await self.page.goto(said["page"].replace(PAGE, self.url))
            elif said["field"]:
                await self._labelled(said["field"]).fill(said["value"].replace("…", PASSWORD))
            else:
                await self._press(self._named(said["button"]))

    async def _press(self, named: Locator) -> None:
        """A link's page is there afterwards: the shell shows it in its own time."""
        leads_to = await named.get_attribute("href")
        await named.click()
        if leads_to:
            await self.page.wait_for_url(f"**{leads_to}")

    def _step(self, title: str) -> Locator:
        heading = self.page.get_by_role("heading", name=title)
        return self.page.locator(".checks > li").filter(has=heading)

    def _labelled(self, label: str) -> Locator:
        return self.page.get_by_label(re.compile(rf"^\s*{re.escape(label)}\b"))

    def _named(self, name: str) -> Locator:
        buttons = self.page.get_by_role("button", name=name, exact=True)
        links = self.page.get_by_role("link", name=name, exact=True)
        folded = self.page.locator("summary").get_by_text(name, exact=True)
        return buttons.or_(links).or_(folded).first

    async def _answers(self) -> None:
        """The phone was picked up, and somebody speaks: the code and #, then 1."""
        phone = await self._call()
        await expect(self._step("The test alarm")).to_contain_text(
            "in conversation with", timeout=WITHIN
        )
        while not any(packet.sound.strip(SILENCE) for packet in phone.heard):
            await Product.moment()
        for keys in ("2580#", "1"):
            await phone.types(keys, pause_s=0.2)
            self.actions += len(keys)


def test_each_thing_to_do_is_read() -> None:
    _, steps = tutorial()
    bold = re.findall(r"\*\*[^*]+\*\*", steps)
    read = [token for token in _TOKEN.finditer(steps) if token["field"] or token["button"]]
    assert len(bold) == len(read), "a label that is neither filled in nor pressed"


@pytest.fixture
def base() -> Iterator[int]:
    taken = take_base()
    yield taken
    give_base(taken)


async def test_a_person_comes_to_the_first_test_alarm(
    tmp_path: Path, base: int, chromium_path: str
) -> None:
    commands, steps = tutorial()
    commands = commands.replace(GATEWAY, f"127.0.0.1:{base + 82}")
    url = f"http://127.0.0.1:{base}"
    folder = tmp_path / "empty"
    unset = {name for name in os.environ if name.startswith("CALLFLOW_")}
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    environment |= {"CALLFLOW_DATA_DIR": str(folder), **settings_at(base)}
    async with Players(base + 82, base + 3000) as network, async_playwright() as engine:

        async def call() -> Player:
            while not network.calls:
                await Product.moment()
            (player,) = network.calls.values()
            return player

        terminal = Terminal(commands, environment)
        try:
            for prompt in ("Password: ", "confirmation: "):
                await terminal.says(prompt)
                terminal.types(f"{PASSWORD}\n")
            await terminal.says("Callflow: http://")
            await answers(url)
            browser = await engine.chromium.launch(executable_path=chromium_path, args=list(FLAGS))
            page = await browser.new_page(locale="en-GB", viewport={"width": 1440, "height": 900})
            person = Person(page, url, call)
            person.actions += len(commands.strip().splitlines()) + 2
            await person.does(steps)

            assert network.invited == ["+33639981234"], "one INVITE at the far end, to one's own"
            await expect(page.locator("#step-alarm")).to_have_class("is-done", timeout=WITHIN)
            await expect(page.locator(".testlog")).to_contain_text("false alarm", timeout=WITHIN)
            await expect(page.get_by_text("All is done")).to_be_visible(timeout=WITHIN)
            await page.reload()
            await expect(page.get_by_role("link", name="First start")).to_have_count(0)
            assert person.actions <= MOST, f"{person.actions} actions"
            await browser.close()
            await terminal.ends()
        finally:
            terminal.close()


async def answers(url: str) -> None:
    """Returns when the page is there."""
    async with httpx.AsyncClient(trust_env=False) as client:
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await client.get(f"{url}/healthz")).is_success:
                    return
            await Product.moment()

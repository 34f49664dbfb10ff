"""An operator at a desk, in a test: a real browser with the console and its telephone."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Self

from playwright.async_api import Browser, BrowserContext, Page, Playwright, async_playwright

from tests.support.outside.cable import Cut
from tests.support.pages.browser import FLAGS, NAMES
from tests.support.phones import hearing
from tests.support.stations.station import Station

#: Seconds, of those that it may take, in which the tone stands out of what is played here.
_EAR = """async ([hertz, other, within]) => {
  const sound = new AudioContext();
  const ear = new AnalyserNode(sound, { fftSize: 4096, smoothingTimeConstant: 0 });
  sound.createMediaStreamSource(document.getElementById("phone-voice").srcObject).connect(ear);
  const levels = new Float32Array(ear.frequencyBinCount);
  const at = (f) => levels[Math.round(f * ear.fftSize / sound.sampleRate)];
  let heard = 0;
  const end = performance.now() + within;
  while (heard < 0.5 && performance.now() < end) {
    await new Promise((done) => setTimeout(done, 50));
    ear.getFloatFrequencyData(levels);
    if (at(hertz) > -60 && at(hertz) > at(hertz * 1.3) + 20) heard += 0.05;
  }
  await sound.close();
  return heard;
}"""

PASSWORD = "sous les pavés, la plage"


class Desk:
    """One person, one browser; what they say is a tone of their own (``hertz``)."""

    def __init__(self, station: Station, name: str, hertz: float, folder: Path) -> None:
        self.station, self.name, self.hertz = station, name, hertz
        self._folder = folder
        self._browser: Browser
        self.context: BrowserContext
        self.page: Page
        self.errors: list[str] = []
        self.url = station.url
        self.network: Cut | None = None

    async def sits_down(self, playwright: Playwright, role: str = "operator") -> Self:
        """A new user, a browser, the log-in; the telephone is connected."""
        await self.station.user(self.name, PASSWORD, role)
        await self.opens_browser(playwright)
        await self.logs_in()
        if role == "operator":
            await self.takes_up_the_shift()
        return self

    async def opens_browser(self, playwright: Playwright) -> None:
        voice = hearing.write_wav(
            self._folder / f"{self.name}.wav", hearing.tone(self.hertz, seconds=4)
        )
        program = next(path for name in NAMES if (path := shutil.which(name)))
        if self.network is not None:
            self.url = self.station.url.replace("127.0.0.1", self.network.here)
            program = self.network.program(program, self._folder)
        self._browser = await playwright.chromium.launch(
            executable_path=program,
            args=[
                *FLAGS,
                "--ignore-certificate-errors",
                f"--use-file-for-fake-audio-capture={voice}",
            ],
        )
        self.context = await self._browser.new_context(
            locale="fr-FR",
            timezone_id="Europe/Paris",
            viewport={"width": 1680, "height": 1000},
            permissions=["microphone"],
            ignore_https_errors=True,
        )
        self.page = await self.context.new_page()
        self._watch(self.page)

    def _watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    async def logs_in(self) -> None:
        await self.page.goto(f"{self.url}/login")
        await self.page.fill("input[name=name]", self.name)
        await self.page.fill("input[name=password]", PASSWORD)
        await self.page.click("button.primary")
        await self.is_connected()

    async def takes_up_the_shift(self) -> None:
        """Every open alarm is ticked, and the page is signed."""
        await self.page.goto(f"{self.url}/shift")
        for tick in await self.page.locator("input.tick").all():
            await tick.check()
        await self.page.fill("input[name=password]", PASSWORD)
        await self.page.click("form[action='/shift/begin'] button.primary")
        await self.page.locator("a[href='/shift/end']").first.wait_for()
        await self.page.goto(f"{self.url}/")
        await self.is_connected()

    async def is_connected(self, within: float = 30.0) -> None:
        """The telephone of this browser is registered, and the rows know it."""
        phone = self.page.locator("#phone[data-state=registered]")
        await phone.wait_for(timeout=within * 1000)

    # --- what somebody does ---

    async def opens(self, incident: str) -> None:
        """An alarm stands in the pane."""
        await self.page.goto(f"{self.url}/?incident={incident}")
        await self.page.locator(f"#incident[data-incident='{incident}']").wait_for()
        await self.is_connected()

    async def hears_tone(self, hertz: float, within: float = 30.0) -> None:
        """A tone is louder than what is beside it, in what this browser plays."""
        heard = await self.page.evaluate(_EAR, [hertz, self.hertz, within * 1000])
        if heard <= 0.3:
            raise hearing.NotHeardError(f"{self.name} hears {heard:.2f} s of {hertz} Hz")

    async def presses(self, key: str) -> None:
        await self.page.keyboard.press(key)

    async def clicks(self, name: str, within: float = 10.0) -> None:
        """A button of the telephone, by what is written on it."""
        button = self.page.locator("#phone").get_by_role("button", name=name).first
        await button.click(timeout=within * 1000)

    async def rings(self, within: float = 30.0) -> None:
        await self._leg(":not([data-state=answered])", within)

    async def is_in_call(self, within: float = 15.0) -> None:
        await self._leg("[data-state=answered]", within)

    async def answers(self, within: float = 30.0) -> None:
        """It rings, and F2 answers it."""
        await self.rings(within)
        await self.presses("F2")
        await self.is_in_call()

    async def is_free(self, within: float = 20.0) -> None:
        """No call is left at this desk."""
        await self.page.locator("#phone .leg").first.wait_for(
            state="detached", timeout=within * 1000
        )

    async def _leg(self, state: str, within: float) -> None:
        await self.page.locator(f"#phone .leg{state}").first.wait_for(timeout=within * 1000)

    async def sees(self, text: str, where: str = "#phone", within: float = 15.0) -> None:
        """``text`` stands there."""
        found = self.page.locator(where).get_by_text(text).first
        await found.wait_for(timeout=within * 1000)

    async def hears(self, hertz: float, for_s: float) -> bool:
        """Whether a tone is heard at all in so many seconds from now."""
        heard: float = await self.page.evaluate(_EAR, [hertz, self.hertz, for_s * 1000])
        return heard > 0.1

    async def speaks_and_hears(self, packets: int, within: float = 15.0) -> None:
        """So many packets more came and went, as the browser counts them; a call that was begun
        anew counts from 0."""
        received, sent = await self.packets()

        async def more() -> bool:
            nonlocal received, sent
            now = await self.packets()
            received, sent = min(received, now[0]), min(sent, now[1])
            return now[0] >= received + packets and now[1] >= sent + packets

        await self.station.until(more, within)

    async def packets(self) -> tuple[int, int]:
        """(received, sent) of the call that is up, as the browser counts them."""
        phone = self.page.locator("#phone")
        got, sent = (
            await phone.get_attribute("data-received"),
            await phone.get_attribute("data-sent"),
        )
        return int(got or 0), int(sent or 0)

    async def closes(self, incident: str) -> None:
        """An alarm that this person holds, or nobody, is handled, whatever the page shows; a
        personal one with a supervisor's signature."""
        said = await (await self.context.request.get(f"{self.url}/")).text()
        found = re.search(r'data-csrf="([^"]+)"', said)
        assert found, f"{self.name} is not logged in"
        form = {"csrf": found[1], "code": "other", "text": "fin de l’essai"}
        at = f"{self.url}/incidents/{incident}/close"
        answer = await self.context.request.post(at, form=form)
        if answer.status == 403:  # noted: a second person signs it (D30)
            await self.station.signs(incident)
        else:
            assert answer.ok, await answer.text()

    async def goes(self) -> None:
        """The browser is closed."""
        await self._browser.close()

    async def crashes(self) -> None:
        """The page's process is gone, at once: it says nothing to anybody."""
        with contextlib.suppress(Exception):
            await self.page.goto("chrome://crash", timeout=3000)


class Desks:
    """The desks of one test."""

    def __init__(self, station: Station, playwright: Playwright, folder: Path) -> None:
        self._station, self._playwright, self._folder = station, playwright, folder
        self._all: list[Desk] = []

    async def of(
        self,
        name: str,
        hertz: float,
        role: str = "operator",
        *,
        network: Cut | None = None,
        url: str = "",
    ) -> Desk:
        """Somebody new sits down; ``network``: behind a cable of their own; ``url``: where the
        pages are for them."""
        desk = Desk(self._station, name, hertz, self._folder)
        desk.network, desk.url = network, url or desk.url
        self._all.append(desk)
        return await desk.sits_down(self._playwright, role)

    async def close_what_is_open(self) -> None:
        """No alarm of this test rings in the next one, as those do that nobody ends (D21)."""
        for alarm in await self._station.incidents(state="open"):
            may = [desk for desk in self._all if alarm["holder"] in (None, desk.name)]
            for desk in may[:1]:
                await desk.closes(alarm["id"])

    async def leave(self) -> None:
        await asyncio.gather(*(desk.goes() for desk in self._all), return_exceptions=True)
        errors = [error for desk in self._all for error in desk.errors]
        assert not errors, f"the pages failed: {errors}"


@contextlib.asynccontextmanager
async def desks_of(station: Station, folder: Path) -> AsyncIterator[Desks]:
    """Desks for one test; at its end no page may have failed."""
    async with async_playwright() as playwright:
        desks = Desks(station, playwright, folder)
        try:
            yield desks
        finally:
            await desks.leave()

"""An alarm from its arrival to its file, ended by somebody at the keyboard; its report, drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pypdfium2
from playwright.async_api import Locator, Page, expect

from tests.support.phones.hands import Hands
from tests.support.phones.handset import Phone
from tests.support.rows import sites
from tests.support.stations.desk import Desk
from tests.support.stations.station import Station

#: The report's widths.
WIDTHS = ("client", "firm", "full")


class Alarm:
    """One site's alarm at one desk."""

    def __init__(self, station: Station, desk: Desk, account: str, name: str) -> None:
        self.station, self.desk, self.account, self.name = station, desk, account, name
        self.hands = Hands(desk.page)

    @property
    def page(self) -> Page:
        return self.desk.page

    def line(self, what: str) -> Locator:
        """A line of what is still open."""
        return self.page.locator(f"#incident li[id^='open-{what}-']")

    async def arrives(self, *signals: tuple[str, str]) -> None:
        """The panel sends codes with their zones; the operator takes the alarm by keys."""
        await self.hands.leave_the_mouse()
        for code, zone in signals:
            await self.station.send(self.account, code, zone)
        row = self.page.locator("#list-queue .row", has_text=self.name).first
        await self.hands.go_to_row(row)
        await self.takes("a", "Enter")

    async def takes(self, *keys: str) -> None:
        """It is this operator's; ``keys``: from the queue, else on its page."""
        await self.hands.press(*(keys or ("Escape", "a")))
        await expect(self.page.locator(".facts")).to_contain_text("(vous)")

    async def takes_again(self) -> None:
        """What was closed and is not at its end. Until its closing is shown it is still theirs, and
        the key does nothing."""
        await expect(self.page.locator("#incident .facts")).to_contain_text("Acquittée")
        await self.takes()

    async def calls(self, who: str, phone: Phone, password: str = "") -> None:
        """A person of the site is called by two keys; a password that is said is judged."""
        await self.hands.press("e")
        await self.hands.tab_to(self.page.get_by_role("button", name=f"Appeler {who}"))
        await self.hands.press("Enter")
        await phone.picks_up()
        await self.desk.is_in_call()
        if password:
            await self.hands.press("v")
            await self.hands.type(password)
            await self.hands.press("Enter")
            await expect(self.page.locator(".verdicts")).to_contain_text("mot de passe juste")
        await self.hangs_up(phone)

    async def hangs_up(self, phone: Phone) -> None:
        await self.hands.press("Escape", "F4")
        await phone.is_hung_up()
        await self.desk.is_free()

    async def sends_a_guard(self, guard: str) -> None:
        """One key: the machine asks the guard, who accepts."""
        await self.hands.press("w")
        await self.station.until(lambda: self.station.seen(guard), within=60)
        await expect(self.page.locator(".way")).to_contain_text("accepté à", timeout=30_000)

    async def the_guard_reports(self, *, traces: bool) -> None:
        """On site, then what was found: written down as the guard says it."""
        page, hands = self.page, self.hands
        await hands.press("g")
        await hands.tab_to(page.locator(".task.open button[value=on_site]"))
        await hands.press("Enter")
        await expect(page.locator(".way")).to_contain_text("sur place depuis")
        await hands.press("g")
        await hands.tab_to(page.locator(".task.open details[id^=report-] > summary"))
        await hands.press("Enter", "Tab", "Space", "Tab", "Space", "Tab")
        report = page.locator(".task.open details[id^=report-]")
        await expect(report.locator("[name=inside]")).to_be_checked()
        letters, value = ("ou", "yes") if traces else ("no", "no")
        await hands.chooses(report.locator("[name=traces]"), letters, value)
        if not traces:  # then it is to be said that the site is armed again
            await hands.press("Tab")
            await hands.chooses(report.locator("[name=rearmed]"), "ou", "yes")
        await hands.tab_to(report.locator("button[value=report]"))
        await hands.press("Enter")
        await expect(report).to_have_count(0)

    async def calls_the_service(self, phone: Phone, person: str, reference: str) -> None:
        """Two keys call it, and its answer is written down while it is on the line (D23)."""
        page, hands = self.page, self.hands
        await hands.press("s")
        await expect(
            page.locator(".gate.open form[data-act=call-service] button").first
        ).to_be_focused()
        await hands.press("Enter")
        await phone.picks_up()
        await self.desk.is_in_call()
        await hands.press("r", "Tab")
        await hands.type(person)
        await hands.press("Tab")
        await hands.type(reference)
        await hands.press("Enter")
        await expect(page.locator(".services .done").last).to_contain_text(reference)
        await self.hangs_up(phone)

    async def protects(self, text: str, kind: str = "") -> None:
        """A protective measure is opened by its key; ``kind``: the letters of another kind."""
        await self.hands.press("o")
        await self.hands.type(text)
        if kind:
            await self.hands.press("Tab")
            await self.hands.type(kind)
            await self.hands.tab_to(self.page.locator("#form-measure button"))
        await self.hands.press("Enter")
        await expect(self.page.locator(".measures li")).to_contain_text(text)

    async def does(self, what: str, label: str) -> None:
        """The next act of a line of what is still open, by keys."""
        act = self.line(what).get_by_role("button", name=label)
        await expect(act).to_be_visible()
        await act.focus()
        await self.hands.press("Enter")

    async def goes(self, what: str, label: str) -> None:
        """Follows a line of what is still open to another page, by keys."""
        link = self.line(what).get_by_role("link", name=label)
        await expect(link).to_be_visible()
        await link.focus()
        await self.hands.press("Enter")
        await self.page.wait_for_url(f"{self.station.url}/faults**")
        await self.hands.leave_the_mouse()

    async def closes(self, letters: str, code: str, text: str) -> None:
        await self.hands.press("Escape", "c")  # whatever was being typed
        chosen = self.page.locator("form[data-act=close] [name=code]")
        await self.hands.chooses(chosen, letters, code)
        await self.hands.press("Tab")
        await self.hands.type(text)
        await self.hands.press("Enter")

    async def panel(self, code: str, zone: str = "") -> None:
        await self.station.send(self.account, code, zone)

    async def is_filed(self) -> dict[str, Any]:
        """The incident, once it is filed."""

        async def filed() -> bool:
            return bool((await self.station.incident(self.account))["state"] == "filed")

        await self.station.until(filed, within=60)
        return await self.station.incident(self.account)

    async def reports(self, folder: Path) -> dict[str, str]:
        """The words of the report in its widths; each page is kept as a picture in ``folder``."""
        incident = await self.station.incident(self.account)
        said = {}
        for width in WIDTHS:
            path = f"/incidents/{incident['id']}/report.pdf"
            answer = await self.station.api.get(path, params={"for": width}, timeout=60)
            assert answer.is_success, answer.text
            document = pypdfium2.PdfDocument(answer.content)
            pages = list(document)
            for number, page in enumerate(pages, start=1):
                page.render(scale=1.2).to_pil().save(folder / f"{width}-{number}.png")
            said[width] = "\n".join(page.get_textpage().get_text_range() for page in pages)
        return said


async def site(
    station: Station, account: str, name: str, *people: dict[str, Any], **more: Any
) -> None:
    """A site whose plan brings an operator at once, and then ends, unless it says otherwise."""
    steps = more.pop("steps", [{"id": "operator", "kind": "hand_to_operator"}])
    kind = more.pop("kind", "intrusion")
    plan = f"ends-{account.lower()}"
    await station.put(f"/plans/{plan}", {"id": plan, "name": "Fin", "steps": steps})
    body = sites.site(account, *people, name=name, plans={kind: plan}, **more)
    await sites.put(station, account, body)

"""One alarm from its arrival to its filing, on a real console with real phones, photographed.

``./run film`` starts a station, plays the story and writes each frame, dark, into
``.pictures/film`` for the documentation. The same story is an acceptance test:
``Story`` waits for what each frame shows, so that no picture of it can become a lie.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from playwright.async_api import Locator, expect

from callflow.clock import monotonic
from tests.support.outside import camera_picture
from tests.support.phones import hearing
from tests.support.phones.phone import Phone, Phones, phones_of
from tests.support.rows import sites
from tests.support.sip.far_ends import HttpServer, Request, Response
from tests.support.stations.desk import Desk, Desks, desks_of
from tests.support.stations.station import Station, patient_station

#: What the story's station must be set to beside what any has.
ENVIRONMENT = {"CALLFLOW_CAMERA_NETWORKS": '["127.0.0.0/8"]'}
#: The frames, in order.
FRAMES = (
    "1-arrivee",
    "2-appel",
    "3-conversation",
    "4-images",
    "5-levee-de-doute",
    "6-police",
    "7-agent",
    "8-retour",
    "9-code",
    "10-classee",
)
#: Where the documentation's frames are.
PICTURES = Path(__file__).resolve().parents[3] / ".pictures" / "film"
SITE = "Horlogerie Mercier"
PASSWORD = "pervenche"
OPERATOR_HZ, KEYHOLDER_HZ, POLICE_HZ = 1130.0, 620.0, 860.0
POLICE = sites.number(394)
_SERVICES = (
    ("police", "CIC Rennes", POLICE),
    ("fire", "CODIS 35", sites.number(395)),
    ("medical", "SAMU 35", sites.number(396)),
)
PLAN = {
    "id": "commerce-nuit",
    "name": "Commerce, la nuit",
    "steps": [
        {
            "id": "counter_call",
            "kind": "counter_call",
            # Long enough for a busy machine to show the step while the shop rings.
            "ring_s": 20,
            "outcomes": {"verified_ok": "false_alarm", "exhausted": "keyholders"},
        },
        {
            "id": "keyholders",
            "kind": "call_list",
            "outcomes": {
                "verified_ok": "false_alarm",
                "operator": "guard",
                "send_guard": "guard",
                "exhausted": "guard",
            },
        },
        {
            "id": "guard",
            "kind": "send_guard",
            "text": "Contrôler les issues, puis l’intérieur. Les clés sont au coffre de l’agence.",
            "outcomes": {"all_clear": "operator", "traces": "operator", "exhausted": "operator"},
        },
        {
            "id": "operator",
            "kind": "hand_to_operator",
            "text": "Vérifier que le site est en service et toutes les zones au repos, puis clore.",
        },
        {"id": "false_alarm", "kind": "close", "code": "false_alarm"},
    ],
}


class Camera(HttpServer):
    """A camera in the back room, which sees somebody come in from the alarm on."""

    def __init__(self, pictures: list[bytes]) -> None:
        super().__init__(self._look)
        self._pictures = pictures
        self._first: float | None = None

    def _look(self, request: Request) -> Response:
        self._first = self._first or monotonic()
        place = min(len(self._pictures) - 1, int((monotonic() - self._first) / 2))
        return Response(headers={"Content-Type": "image/jpeg"}, body=self._pictures[place])


@contextlib.asynccontextmanager
async def camera() -> AsyncIterator[Camera]:
    """A camera of loopback, with its pictures."""
    pictures = [await camera_picture.jpeg(at) for at in (0.0, 0.4, 0.8, 1.0)]
    async with Camera(pictures) as running:
        yield running


class Story:
    """The alarm of one night. Each method does what a person or a thing does, and waits for what
    comes of it; ``play`` is all of it, with a picture after each into ``folder``."""

    def __init__(
        self, station: Station, phones: Phones, desks: Desks, eye: Camera, folder: Path
    ) -> None:
        self.station, self._phones, self._desks, self._eye = station, phones, desks, eye
        self._folder = folder
        self.account = sites.fresh("F")
        self.incident = ""
        self._desk: Desk
        self._camille: Phone
        self._police: Phone

    async def play(self) -> None:
        """From the first signal to the filed alarm."""
        await self._before()
        for frame, happens in zip(
            FRAMES,
            (
                self.arrives,
                self.pops,
                self.speaks,
                self.looks,
                self.verifies,
                self.tells_the_police,
                self.sends_a_guard,
                self.is_normal,
                self.codes,
                self.is_filed,
            ),
            strict=True,
        ):
            await happens()
            await self._photograph(frame)

    # --- the night before it -----------------------------------------------------------------

    async def _before(self) -> None:
        self._camille = await self._phones.at(sites.number(391))
        shop, guard = sites.number(392), sites.number(393)
        await self.station.phone(shop, "ring")
        await self.station.phone(guard, "answer", after_s=1, keys="www1")
        self._police = await self._phones.at(POLICE)
        lines = [{"id": s, "service": s, "name": name, "number": n} for s, name, n in _SERVICES]
        await self.station.put("/services", {"lines": lines})
        await self.station.put("/plans/commerce-nuit", PLAN)
        await sites.put(self.station, self.account, self._site(shop, guard))
        self._desk = await self._desks.of("claire", OPERATOR_HZ)
        await self._desk.page.emulate_media(color_scheme="dark")
        standing = self._desk.page.locator("#standing")
        await expect(standing).to_contain_text("disponible", timeout=20_000)
        await self.station.send("1005", "YT", "0", "Batterie faible")
        await self.station.send("1008", "AT", "0", "Coupure secteur")
        await expect(self._queue("Librairie du Port")).to_be_visible()

    def _site(self, shop: str, guard: str) -> dict[str, Any]:
        people = [
            sites.premises(self.account, shop),
            sites.contact(self.account, "Camille Mercier", self._camille.number, password=PASSWORD),
            sites.contact(self.account, "Vigie Ouest", guard, role="guard", code=None),
        ]
        zones = {"1": "Porte de la cour", "3": "Atelier"}
        watched = {"id": "atelier", "name": "Atelier", "url": self._eye.url("/snapshot.jpg")}
        return sites.site(
            self.account,
            *people,
            name=SITE,
            address="14 rue Saint-Georges, 35000 Rennes",
            zones=[{"account": self.account, "zone": z, "name": n} for z, n in zones.items()],
            cameras=[{**watched, "zones": ["1", "3"]}],
            plans={"intrusion": "commerce-nuit"},
        )

    # --- the story -------------------------------------------------------------------------------

    async def arrives(self) -> None:
        """Two zones: a confirmed intrusion, before a human at once, while the machine calls."""
        await self.station.send(self.account, "BA", "1", "Porte de la cour")
        await self.station.send(self.account, "BA", "3", "Atelier")
        row = self._queue(SITE)
        await expect(row.locator(".badge")).to_contain_text("Vitale", timeout=20_000)
        self.incident = str((await self.station.incident(self.account))["id"])
        await row.locator("a.title").click()
        await self._at_incident()
        await expect(self._pane.locator(".camera img").first).to_be_visible(timeout=20_000)
        await expect(self._pane.locator(".step.current")).to_contain_text("Contre-appel")

    async def pops(self) -> None:
        """Nobody at the shop; the keyholder asks for an operator, and pops before the answer."""
        await self._camille.picks_up(within=60)
        await self._camille.expect_prompt("ask_code", first_s=1)
        await self._camille.types("0")
        self._camille.plays(hearing.tone(KEYHOLDER_HZ, seconds=2), "tone")
        await self._desk.rings()
        pop = self._desk.page.locator("#pop")
        await expect(pop).to_contain_text("Camille Mercier")
        await expect(pop).to_contain_text(SITE)
        await expect(pop.locator("img").first).to_be_visible()

    async def speaks(self) -> None:
        """F2: she answers, the alarm is hers, and the password that is said is right."""
        await self._desk.presses("F2")
        await self._desk.is_in_call()
        await asyncio.gather(
            self._camille.hears_tone(OPERATOR_HZ), self._desk.hears_tone(KEYHOLDER_HZ)
        )
        await expect(self._pane).to_contain_text("claire")
        heard = self._pane.locator(".passwords input[name=heard]")
        await heard.fill(PASSWORD)
        await heard.press("Enter")
        await expect(self._pane.locator(".verdicts")).to_contain_text("mot de passe juste")

    async def looks(self) -> None:
        """The series of the camera: somebody came in. One of three stills for both zones, where
        their signals were looked at together; else one for each."""
        await expect(self._pane.locator(".series li").nth(2)).to_be_visible(timeout=60_000)
        await self._nothing_to_undo()
        await self._scrolls_to(".images")

    async def verifies(self) -> None:
        """The image that was looked at is named: the police could be called now."""
        gate = self._pane.locator("#gate-police")
        await expect(gate).to_have_class("gate shut")
        await self._pane.get_by_text("Enregistrer une levée de doute").click()
        form = self._pane.locator("form[data-act=verify]")
        await form.locator("[name=means]").select_option("images")
        await form.locator("[name=image]").select_option(index=1)
        await form.locator("[name=result]").select_option("confirmed")
        await form.locator("[name=text]").fill(
            "Une personne dans l’atelier, porte de la cour ouverte"
        )
        await form.get_by_role("button", name="Enregistrer").click()
        await expect(gate).to_have_class("gate open")
        await self._pane.get_by_text("Enregistrer une levée de doute").click()
        await self._scrolls_to(".evidence")

    async def tells_the_police(self) -> None:
        """The keyholder's call ends; the police is called by a person, and what it said is kept."""
        await self._desk.presses("F4")
        await self._camille.is_hung_up()
        await self._desk.is_free()
        await self._pane.get_by_role("button", name="Appeler Forces de l'ordre").click()
        await self._police.picks_up(within=60)
        self._police.plays(hearing.tone(POLICE_HZ, seconds=2), "tone")
        await asyncio.gather(self._police.hears_tone(OPERATOR_HZ), self._desk.hears_tone(POLICE_HZ))
        await self._pane.get_by_text("Noter ce qui a été dit à un service").click()
        report = self._pane.locator("form[data-act=report-service]")
        await report.locator("[name=service]").select_option("police")
        await report.locator("[name=person]").fill("Brigadier Le Goff")
        await report.locator("[name=reference]").fill("R 2026-1126-041")
        await report.locator("[name=answer]").select_option("accepted")
        await self._scrolls_to(".services .done")

    async def sends_a_guard(self) -> None:
        """What it said is written down; the plan goes on, and the guard accepts by telephone."""
        report = self._pane.locator("form[data-act=report-service]")
        await report.get_by_role("button", name="Enregistrer").click()
        await expect(self._pane.locator(".services")).to_contain_text("Brigadier Le Goff, R 2026")
        self._police.hangs_up()
        await self._desk.is_free()
        await self._pane.get_by_text("Autres actes").click()
        await self._pane.get_by_role("button", name="Rendre la consigne à l'automate").click()
        guard = self._pane.locator(".task", has_text="Vigie Ouest").first
        await expect(guard.locator(".way")).to_contain_text("attendu avant", timeout=60_000)
        await self._scrolls_to(".steps")

    async def is_normal(self) -> None:
        """The guard reports, and the panel says that both zones are at rest."""
        guard = self._pane.locator(".task", has_text="Vigie Ouest").first
        await guard.get_by_role("button", name="Sur place").click()
        await expect(guard.locator(".way")).to_contain_text("sur place")
        await guard.get_by_text("Compte rendu de l’agent").click()
        report = guard.locator("form", has=self._desk.page.locator("[name=inside]"))
        await report.locator("[name=inside]").check()
        await report.locator("[name=outside]").check()
        await report.locator("[name=traces]").select_option("yes")
        await report.locator("[name=text]").fill("Porte forcée, refermée ; personne sur place")
        await report.get_by_role("button", name="Enregistrer le compte rendu").click()
        for zone in ("1", "3"):
            await self.station.send(self.account, "BR", zone)
        await expect(self._pane.locator("#h-signals")).to_contain_text("4")
        await expect(self._queue(SITE)).to_contain_text("à traiter selon la consigne")
        await self._pane.locator("#h-signals").click()

    async def codes(self) -> None:
        """She takes it again, and says how it ended."""
        await self._scrolls_to(".headline")
        await self._desk.presses("a")
        await expect(self._pane.locator(".facts")).to_contain_text("claire (vous)")
        await self._nothing_to_undo()
        await self._desk.presses("c")
        close = self._pane.locator("form[data-act=close]")
        await close.locator("[name=code]").select_option(value="authorities")
        await close.locator("[name=text]").fill("Effraction, police venue, porte refermée")

    async def is_filed(self) -> None:
        """Closed, and back to normal: filed, with all that happened in the logbook."""
        await self._pane.locator("form[data-act=close]").get_by_role("button").click()
        await expect(self._pane.locator(".facts")).to_contain_text("classée", timeout=20_000)
        await self._pane.locator("#h-log").click()

    # --- inside ----------------------------------------------------------------------------------

    @property
    def _pane(self) -> Locator:
        return self._desk.page.locator("#incident")

    def _queue(self, site: str) -> Locator:
        return self._desk.page.locator("#list-queue .row", has_text=site)

    async def _nothing_to_undo(self) -> None:
        """What can be undone for eight seconds would lie over what is photographed."""

        async def offered_no_more() -> bool:
            answer = await self._desk.context.request.get(f"{self.station.url}/undo")
            return answer.ok and "<form" not in await answer.text()

        await self.station.until(offered_no_more, 20)
        await expect(self._desk.page.locator("#undo button")).to_have_count(0)

    async def _scrolls_to(self, what: str) -> None:
        top = "e => e.scrollIntoView({block: 'start'})"
        await self._pane.locator(what).first.evaluate(top)

    async def _at_incident(self) -> None:
        pane = self._desk.page.locator(f"#incident[data-incident='{self.incident}']")
        await expect(pane).to_be_visible()

    async def _photograph(self, frame: str) -> None:
        page = self._desk.page
        # The buttons that raise the demo's alarms are no part of a station's console.
        await page.evaluate("document.querySelector('.demo')?.remove()")
        page_ends = "document.scrollingElement.scrollHeight <= innerHeight"
        assert await page.evaluate(page_ends), "the columns scroll, the page doesn't"
        await page.screenshot(path=self._folder / f"{frame}.png", animations="disabled")


def written(frames: Path, to: Path) -> None:
    """The frames as small WebP files, instead of those that are there."""
    for old in to.glob("*.webp"):
        old.unlink()
    to.mkdir(parents=True, exist_ok=True)
    for frame in sorted(frames.glob("*.png")):
        small = ("-c:v", "libwebp", "-quality", "40", "-compression_level", "6")
        command = ("ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-i", str(frame), *small)
        subprocess.run((*command, str(to / f"{frame.stem}.webp")), check=True)


async def main(to: Path) -> None:
    """Play the story on a station of its own, and write its frames."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        for name in ("phones", "desks", "frames"):
            (place / name).mkdir()
        async with (
            camera() as eye,
            patient_station(place / "station", ENVIRONMENT) as station,
            phones_of(station, place / "phones") as phones,
            desks_of(station, place / "desks") as desks,
        ):
            await Story(station, phones, desks, eye, place / "frames").play()
        await asyncio.to_thread(written, place / "frames", to)


if __name__ == "__main__":
    asyncio.run(main(PICTURES))

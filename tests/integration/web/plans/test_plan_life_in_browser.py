"""The whole life of a plan, as an administrator lives it who begins with nothing: written, tried,
published, shared, changed, compared, rolled back, withdrawn and brought back; in either language,
with script or without."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from callflow.storage.sites import sites
from tests.integration.web.kit.test_browser import log_in
from tests.support.stations.web_station import NAME, WebProcess, WebStation
from web.access.users import Role

#: {word: (French, English)}, as the pages say them.
WORDS = {
    "short": ("Nom court, définitif", "Short name, kept for ever"),
    "begin": ("Commencer", "Begin"),
    "counter-call": ("Contre-appel", "Counter-call"),
    "call list": ("Liste d'appel", "Call list"),
    "guard": ("Envoi d'un agent d'intervention", "Send a guard"),
    "closure": ("Clôture", "Closure"),
    "add": ("Ajouter", "Add"),
    "attempts": ("Appels à chaque personne", "Calls to each person"),
    "code": ("Code acquis", "Resolution code"),
    "false alarm": ("fausse alarme", "false alarm"),
    "closed so": ("Clôture : fausse alarme", "Closure: false alarm"),
    "save": ("Enregistrer le brouillon", "Save the draft"),
    "saved": ("Enregistré dans le brouillon.", "Saved in the draft."),
    "unreachable": ("aucune issue n’y mène", "no outcome leads to it"),
    "not so": ("Elle ne peut pas être publiée telle quelle", "It can't be published as it is"),
    "right code": ("code juste, fausse alarme", "right code, false alarm"),
    "all clear": ("rien à signaler sur place", "all clear on site"),
    "called": ("Qui est appelé", "Who is called"),
    "site": ("Site (abonné)", "Site (account)"),
    "when": ("Quand", "When"),
    "holiday": ("03:00 le prochain jour férié", "03:00 on the next holiday"),
    "show": ("Afficher", "Show"),
    "simulate": ("Simuler", "Simulate"),
    "knows": ("Un opérateur le sait après", "An operator knows after"),
    "edit": ("Modifier", "Edit"),
    "why": ("Motif", "Why"),
    "publish": ("Publier", "Publish"),
    "sites": ("Sites", "Sites"),
    "follow": ("Suivre", "Follow"),
    "chosen": ("choisie pour ce site", "chosen for this site"),
    "versions": ("Versions", "Versions"),
    "compare": ("Comparer", "Compare"),
    "two": ("2 différences", "2 differences"),
    "version 1": ("version 1", "version 1"),
    "back": ("Revenir en arrière", "Roll back"),
    "steps": ("Étapes", "Steps"),
    "followed": ("Des sites suivent cette consigne", "Sites follow this plan"),
    "because": ("Motif", "Because"),
    "withdraw": ("Retirer la consigne", "Withdraw the plan"),
    "withdrawn": ("Retirée", "Withdrawn"),
    "state": ("État", "State"),
    "withdrawn ones": ("retirées", "withdrawn ones"),
    "search": ("Chercher", "Search"),
    "why back": ("Motif de la remise en service", "Why it is brought back"),
    "bring back": ("Remettre en service", "Bring it back"),
}


class Desk:
    """The browser, and the words of its language."""

    def __init__(self, page: Page, url: str, column: int, *, script: bool) -> None:
        self.page, self.url, self.column, self.script = page, url, column, script

    def word(self, name: str) -> str:
        return WORDS[name][self.column]

    def go(self, path: str) -> None:
        self.page.goto(f"{self.url}{path}")

    def fill(self, name: str, value: str) -> None:
        self.page.get_by_label(self.word(name), exact=True).first.fill(value)

    def choose(self, name: str, label: str) -> None:
        begins = re.compile(rf"^\s*{re.escape(self.word(name))}")
        of_it = self.page.locator("label").filter(has_text=begins)
        of_it.locator("select").first.select_option(label=label)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=self.word(name), exact=True).last.click()
        self.there()

    def tab(self, name: str) -> None:
        self.page.locator(".tabs").get_by_role("link", name=self.word(name), exact=True).click()
        self.there()

    def there(self) -> None:
        """The page that was asked for stands in the place of the one before."""
        busy = "#main[aria-busy], #plan-page[data-busy]"
        expect(self.page.locator(busy)).to_have_count(0)

    def sees(self, name: str) -> None:
        expect(self.page.locator("main")).to_contain_text(self.word(name))

    def add(self, kind: str) -> None:
        """A step, where the page puts it; its form is shown then."""
        before = self.page.locator("#plan-list li[data-place]").count()
        if self.script:  # it runs: before it, a choice is sent by its button
            expect(self.page.locator("[data-grip]").first).to_be_visible()
        self.page.locator("#add-kind").select_option(label=self.word(kind))
        if not self.script:
            self.press("add")
        expect(self.page.locator("#plan-list li[data-place]")).to_have_count(before + 1)
        self.there()

    def select(self, place: int) -> None:
        self.page.locator(f"#pick-{place}").click()
        expect(self.page.locator(f"#pick-{place}[aria-current]")).to_be_visible()
        self.there()

    def save(self) -> None:
        self.press("save")
        self.sees("saved")

    def publish(self, why: str) -> None:
        self.page.locator("#publish > summary").click()
        self.fill("why", why)
        self.press("publish")

    def lead(self, place: int, outcome: str, to: str) -> None:
        """What follows an outcome of a step."""
        self.select(place)
        self.page.get_by_label(self.word(outcome), exact=True).select_option(label=to)
        self.save()


@pytest.fixture
def station(tmp_path: Path) -> Iterator[WebStation]:
    made = WebStation(tmp_path)
    made.user(NAME, Role.ADMINISTRATOR)
    guard = {"id": "g", "name": "Vigie", "role": "guard", "phone": "06 39 98 10 09"}
    keyholder = {"id": "a", "name": "Anne Le Goff", "role": "keyholder", "phone": "06 39 98 10 01"}
    premises = {"id": "p", "name": "Accueil", "role": "premises", "phone": "06 39 98 10 00"}
    both = {"authorities": {"*": ["cancel"]}}
    made.site(contacts=[{**premises, **both}, {**keyholder, **both}, guard])
    yield made
    made.close()


@pytest.fixture
def process(station: WebStation) -> Iterator[WebProcess]:
    begun = WebProcess(station)
    begun.start()
    yield begun
    begun.kill()


@pytest.mark.parametrize(
    ("language", "script"),
    [
        ("fr", True),
        pytest.param("en", True, marks=pytest.mark.deep),
        pytest.param("fr", False, marks=pytest.mark.deep),
    ],
)
def test_a_plan_is_written_tried_published_changed_and_withdrawn(
    language: str, script: bool, browser: Browser, station: WebStation, process: WebProcess
) -> None:
    context = browser.new_context(java_script_enabled=script, locale="fr-FR")
    page = context.new_page()
    log_in(page, process, script=script)
    desk = Desk(page, process.url, 0 if language == "fr" else 1, script=script)
    desk.go(f"/plans?lang={language}")
    _written(desk)
    _tried(desk)
    _published(desk, station)
    _changed_and_rolled_back(desk, station)
    _withdrawn_and_brought_back(desk)
    context.close()


def _written(desk: Desk) -> None:
    desk.page.locator("#drawer-add > summary").press("Enter")
    desk.fill("short", "boutique")
    desk.press("begin")
    desk.add("counter-call")
    desk.fill("attempts", "2")
    desk.save()
    for kind in ("call list", "guard"):
        desk.add(kind)
        desk.save()
    desk.add("closure")
    desk.choose("code", desk.word("false alarm"))
    desk.save()
    expect(desk.page.locator("#step-5")).to_contain_text(desk.word("unreachable"))
    desk.sees("not so")
    closure = desk.page.locator("#step-form").get_attribute("action")
    assert closure == "/plans/boutique/edit/steps/5/save"
    for place, outcome in ((1, "right code"), (2, "right code"), (3, "all clear")):
        desk.lead(place, outcome, f"5. {desk.word('closed so')}")
    expect(desk.page.locator(".findings")).to_have_count(0)


def _tried(desk: Desk) -> None:
    desk.tab("called")
    desk.fill("site", "1001")
    desk.choose("when", desk.word("holiday"))
    desk.press("show")
    expect(desk.page.locator("ol.called").nth(1)).to_contain_text("Anne Le Goff")
    expect(desk.page.locator("ol.called").nth(2)).to_contain_text("Vigie")
    desk.tab("simulate")
    desk.fill("site", "1001")
    desk.page.locator("form[method=get] button.primary").click()
    desk.sees("knows")
    expect(desk.page.locator("#scroll-timeline svg")).to_be_visible()


def _published(desk: Desk, station: WebStation) -> None:
    desk.tab("edit")
    desk.publish("Première version")
    desk.sees("version 1")
    assert _newest(station)["version"] == 1
    desk.tab("sites")
    desk.page.locator("form[method=post] input[name=site]").fill("1001")
    desk.press("follow")
    desk.sees("chosen")


def _changed_and_rolled_back(desk: Desk, station: WebStation) -> None:
    desk.tab("edit")
    desk.select(2)
    desk.page.locator("#step-2 button").first.focus()
    desk.page.keyboard.press("Enter")  # the list goes before the counter-call
    expect(desk.page.locator("#step-1 button").first).to_be_focused()
    desk.sees("not so")
    desk.page.keyboard.press("Tab")
    desk.page.keyboard.press("Enter")  # and back
    expect(desk.page.locator("#step-2 button").nth(1)).to_be_focused()
    expect(desk.page.locator(".findings")).to_have_count(0)
    for place in (1, 2):
        desk.select(place)
        desk.fill("attempts", "3")
        desk.save()
    desk.publish("Plus d'appels")
    assert [step.get("attempts") for step in _newest(station)["steps"][:2]] == [3, 3]
    desk.tab("versions")
    desk.press("compare")
    desk.sees("two")
    desk.page.locator("input[name=why]").fill("Trop d'appels")
    desk.press("back")
    expect(desk.page.locator("#scroll-versions tbody tr")).to_have_count(3)
    assert [step.get("attempts") for step in _newest(station)["steps"][:2]] == [2, 1]


def _withdrawn_and_brought_back(desk: Desk) -> None:
    desk.tab("steps")
    desk.sees("followed")
    expect(desk.page.locator("main")).to_contain_text("(1001)")
    desk.go("/plans/boutique/sites/1001")
    desk.page.locator("ul.chosen button").click()
    desk.there()
    desk.tab("steps")
    desk.fill("because", "Fermée l'hiver")
    desk.press("withdraw")
    desk.sees("withdrawn")
    expect(desk.page.locator("main")).to_contain_text("Fermée l'hiver")
    expect(desk.page.locator(".tabs").get_by_role("link", name=desk.word("edit"))).to_have_count(0)
    listed = desk.page.locator('#scroll-plans a[href="/plans/boutique"]')
    desk.go("/plans")
    expect(listed).to_have_count(0)
    desk.choose("state", desk.word("withdrawn ones"))
    desk.press("search")
    expect(desk.page.locator("#scroll-plans tbody tr")).to_have_count(1)
    offered = 'select[name=plan] option[value="boutique"]'
    desk.go("/sites/1001/edit/codes")
    expect(desk.page.locator(offered)).to_have_count(0)
    desk.go("/plans?state=withdrawn")
    listed.click()
    desk.fill("why back", "La saison reprend")
    desk.press("bring back")
    expect(desk.page.locator(".tabs").get_by_role("link", name=desk.word("edit"))).to_be_visible()
    desk.go("/sites/1001/edit/codes")
    expect(desk.page.locator(offered).first).to_be_attached()


def _newest(station: WebStation) -> dict[str, Any]:
    body = station.store.read_now(lambda tx: sites.plan_body(tx, "boutique"))
    assert body is not None
    return body

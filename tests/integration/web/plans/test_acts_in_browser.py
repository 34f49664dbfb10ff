"""Acts that a plan takes to write: whoever has never seen the editor builds the jeweller's, the
sheet ``shop``, from nothing, and what is published decides as the sheet does.

An act is a click, or a field that is filled or chosen. The editor before this one took 106, of
somebody who knew to write the last step first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from callflow.core.plans import call_plan
from callflow.core.plans.call_plan import EXHAUSTED, NOBODY, Plan
from callflow.storage.sites import sites
from tests.integration.web.kit.test_browser import log_in
from tests.support.rows.sheets import FOLDER, reported, sheet
from tests.support.stations.web_station import NAME, WebProcess, WebStation
from web.access.users import Role

#: Acts that the whole plan may take, from the first page to its publication.
MOST = 80
SHOP = sheet("shop")


@pytest.fixture
def station(tmp_path: Path) -> Iterator[WebStation]:
    made = WebStation(tmp_path)
    made.user(NAME, Role.ADMINISTRATOR)
    made.site()
    yield made
    made.close()


@pytest.fixture
def process(station: WebStation) -> Iterator[WebProcess]:
    begun = WebProcess(station)
    begun.start()
    yield begun
    begun.kill()


class Hand:
    """Somebody's mouse and keyboard, and how often they were used."""

    def __init__(self, page: Page) -> None:
        self.page, self.acts = page, 0

    def click(self, on: Locator | str) -> None:
        self._at(on).click()
        self._done()

    def type(self, into: str, text: str) -> None:
        field = self._at(into)
        field.click()
        field.fill(text)
        self._done()

    def choose(self, of: str, label: str) -> None:
        chosen = self._at(of)
        chosen.focus()
        chosen.select_option(label=label)
        self._done()

    def _at(self, where: Locator | str) -> Locator:
        return self.page.locator(where) if isinstance(where, str) else where

    def _done(self) -> None:
        self.acts += 1
        expect(self.page.locator("#plan-page[data-busy], #main[aria-busy]")).to_have_count(0)

    # --- the editor ---

    def select(self, place: int) -> None:
        """A step of the list."""
        self.click(f"#pick-{place}")
        expect(self.page.locator(f"#pick-{place}[aria-current]")).to_be_visible()

    def lead(self, **ends: str) -> None:
        """Where the ends of the step that is shown lead."""
        for outcome, label in ends.items():
            self.choose(f"#end-{outcome}", label)

    def set(self, **settings: str) -> None:
        """What the step that is shown has otherwise."""
        for name, value in settings.items():
            self.type(f"#f-{name}", value)


@pytest.mark.deep
def test_the_jewellers_plan_is_built_from_nothing_in_eighty_acts(
    page: Page, station: WebStation, process: WebProcess
) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    log_in(page, process)
    hand = Hand(page)
    hand.click(page.locator(".pages").get_by_role("link", name="Consignes"))
    hand.click("#drawer-add > summary")
    hand.type("form[action='/plans'] [name=id]", "bijouterie")
    hand.type("form[action='/plans'] [name=name]", SHOP.name)
    hand.click(page.get_by_role("button", name="Commencer"))
    expect(page.locator("[data-grip]").first).to_be_visible()  # the script runs
    _premises_and_keyholders(hand)
    _on_the_way(hand)
    _guard_and_police(hand)
    _told_and_closed(hand)
    expect(page.locator(".findings li.error")).to_have_count(0)
    hand.click("#publish > summary")
    hand.type("#publish [name=why]", "Consigne du bijoutier")
    if page.locator(".findings li").count():
        hand.type("#publish [name=accept]", "Vu avec le client")
    hand.click("#publish button.primary")
    expect(page.locator("#plan-head")).to_contain_text("version 1")
    body = station.store.read_now(lambda tx: sites.plan_body(tx, "bijouterie"))
    assert body is not None
    _decides_as_the_sheet(call_plan.read(body))
    print(f"{hand.acts} acts")
    assert hand.acts <= MOST


def _texts(step_id: str) -> str:
    return SHOP.step(step_id).text


def _premises_and_keyholders(hand: Hand) -> None:
    hand.choose("#add-kind", "Contre-appel")
    hand.set(attempts="2", limit_s="180")
    hand.lead(verified_ok="Clôture : fausse alarme", exhausted="+ Liste d'appel")
    hand.lead(verified_no_authority="2. Liste d'appel", overdue="2. Liste d'appel")
    hand.select(2)
    hand.set(attempts="2", delay_s="120", limit_s="1200")
    hand.lead(verified_ok="4. Clôture : fausse alarme", known_cause="Clôture : cause connue")
    hand.lead(going="+ Attente", exhausted="+ Envoi d'un agent d'intervention")
    guard = "4. Envoi d'un agent d'intervention"
    hand.lead(send_guard=guard, overdue=guard)


def _on_the_way(hand: Hand) -> None:
    hand.select(3)
    hand.set(limit_s="1800")
    hand.lead(elapsed="+ Remise à un opérateur")
    hand.select(4)
    hand.set(text=_texts("not_back"), limit_s="300")
    hand.lead(done="Clôture : intervention sur place", overdue="5. Envoi d'un agent d'intervention")


def _guard_and_police(hand: Hand) -> None:
    hand.select(5)
    hand.set(text=_texts("guard"), arrive_s="1500", report_s="1200")
    hand.lead(all_clear="Clôture : levée de doute, rien à signaler")
    hand.lead(traces="+ Appel d'un service de secours")
    hand.lead(overdue="7. Remise à un opérateur")
    hand.select(6)
    hand.set(text=_texts("police"), limit_s="300")
    hand.lead(service_comes="+ Mesure conservatoire", service_declines="8. Remise à un opérateur")
    hand.lead(overdue="8. Remise à un opérateur")


def _told_and_closed(hand: Hand) -> None:
    hand.select(7)
    hand.choose("#f-measure", "agent sur place")
    hand.set(text=_texts("measure"), minutes="720")
    hand.lead(done="+ Notification")
    hand.select(8)
    told = SHOP.step("tell_client")
    hand.set(to=told.to, subject=told.subject, text=told.text)
    hand.lead(done="Clôture : autorités alertées")
    hand.select(9)
    hand.set(text=_texts("operator"))


def _decides_as_the_sheet(built: Plan) -> None:
    """Step by step it is the sheet's, whatever the steps are called; what is simulated too."""
    named = _same_steps(built)
    steps = tuple(
        replace(
            step,
            id=named[step.id],
            outcomes={end: named.get(to, to) for end, to in step.outcomes.items()},
        )
        for step in built.steps
    )
    mine = replace(built, id=SHOP.id, version=1, steps=steps)
    assert _told(mine) == _told(SHOP)
    for path in sorted(FOLDER.glob("shop*.txt")):
        text = path.read_text("utf-8")
        assert reported(text, mine) == text


def _same_steps(built: Plan) -> dict[str, str]:
    """{step of the plan: the sheet's}, as the ends lead from the first to all others."""
    found, todo = {built.first.id: SHOP.first.id}, [built.first.id]
    while todo:
        mine = built.step(todo.pop())
        theirs = SHOP.step(found[mine.id])
        for end, target in mine.outcomes.items():
            if target not in found:
                todo.append(target)
            wanted = theirs.outcomes[end]
            assert found.setdefault(target, wanted) == wanted, (mine.id, end)
    return found


def _told(plan: Plan) -> dict[str, dict[str, Any]]:
    """What each step says, but its name; a list that nobody is on goes the way of one that ends."""
    return {step.id: _step(step) for step in plan.steps}


def _step(step: call_plan.Step) -> dict[str, Any]:
    ends = dict(step.outcomes)
    if ends.get(NOBODY) == ends.get(EXHAUSTED):
        ends.pop(NOBODY, None)
    return call_plan.step_to_json(replace(step, name="", outcomes=ends))

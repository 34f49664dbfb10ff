"""A plan's draft is written live: dragged, selected in its picture, saved as it is changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from callflow.handling.plans import plans
from tests.integration.web.kit.test_browser import log_in
from tests.support.stations.web_station import NAME, WebProcess, WebStation
from web.access.users import Role


@pytest.fixture
def station(tmp_path: Path) -> Iterator[WebStation]:
    made = WebStation(tmp_path)
    made.user(NAME, Role.ADMINISTRATOR)
    made.site()  # else the first page is that of a first start
    yield made
    made.close()


@pytest.fixture
def editor(page: Page, station: WebStation) -> Iterator[Page]:
    """The first plan's, its script running."""
    process = WebProcess(station)
    process.start()
    page.set_viewport_size({"width": 1440, "height": 900})
    log_in(page, process)
    page.goto(f"{process.url}/plans/intrusion/edit")
    expect(page.locator("[data-grip]").first).to_be_visible()
    yield page
    process.kill()


@pytest.fixture
def held(editor: Page) -> list[Route]:
    """What was sent and is not answered yet, the oldest first."""
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    editor.route("**/steps/*/save", hold)
    return waiting


def steps(station: WebStation) -> list[dict[str, Any]]:
    draft = station.store.read_now(lambda tx: plans.get_draft(tx, "intrusion"))
    found: list[dict[str, Any]] = draft.body["steps"]
    return found


def saved(page: Page) -> None:
    expect(page.locator("#plan-page[data-busy]")).to_have_count(0)


def answered(page: Page, held: list[Route]) -> None:
    """The oldest is, once it is sent."""
    while not held:
        page.wait_for_timeout(20)
    held.pop(0).continue_()


def test_a_step_is_dragged_before_another(editor: Page, station: WebStation) -> None:
    grip = editor.locator("[data-place='3'] [data-grip]")
    grip.drag_to(editor.locator("[data-place='1']"), target_position={"x": 60, "y": 2})
    expect(editor.locator("[data-place='1'] h3")).to_contain_text("Remise à un opérateur")
    order = [step["id"] for step in steps(station)]
    assert order == ["operator", "counter_call", "keyholders", "false_alarm"]


def test_a_draft_is_drawn_and_run_anew_as_it_is_changed(editor: Page, station: WebStation) -> None:
    editor.locator("#plan-drawn [data-step='2'] rect").click()
    expect(editor.locator("#pick-2[aria-current]")).to_be_visible()
    expect(editor.locator("#plan-drawn .selected")).to_contain_text("Dépositaires de clés")
    worst = editor.locator("#plan-bar").inner_text()
    editor.locator("#f-limit_s").fill("60")
    editor.locator("#f-name").click()
    saved(editor)
    assert steps(station)[1]["limit_s"] == 60
    expect(editor.locator("#plan-bar")).not_to_contain_text(worst)
    expect(editor.locator("#f-name")).to_be_focused()
    editor.keyboard.press("Control+a")
    editor.keyboard.type("Famille")
    editor.locator("#pick-1").click()
    expect(editor.locator("#step-2 h3")).to_contain_text("Famille")
    expect(editor.locator("#plan-drawn")).to_contain_text("Famille")
    expect(editor.locator("#step-form")).to_have_attribute(
        "action", "/plans/intrusion/edit/steps/1/save"
    )
    saved(editor)
    assert steps(station)[1]["name"] == "Famille"


def test_what_is_chosen_by_arrows_is_saved_once_it_is_left(
    editor: Page, station: WebStation
) -> None:
    editor.locator("#end-overdue").focus()
    for _ in range(9):  # past each step that there is, and kinds of new ones
        editor.keyboard.press("ArrowDown")
    chosen = editor.locator("#end-overdue").input_value()
    assert chosen.startswith("new:")
    editor.keyboard.press("Tab")
    expect(editor.locator("#plan-list li[data-place]")).to_have_count(5)
    saved(editor)
    kinds = [step["kind"] for step in steps(station)]
    assert kinds.count(chosen.removeprefix("new:")) == 1 + (chosen == "new:call_list")


def test_the_focus_stays_where_it_went_while_the_page_was_drawn(editor: Page) -> None:
    """On what has no name of its own, too: the key that is pressed then does what was meant."""
    editor.locator("#sim-site").fill("nowhere")
    button = editor.locator("#sim button")
    button.focus()  # the field is left: its answer draws the button anew
    saved(editor)
    expect(button).to_be_focused()
    with editor.expect_response(lambda answer: "sim_site=nowhere" in answer.url):
        editor.keyboard.press("Enter")
    saved(editor)
    expect(button).to_be_focused()


def test_a_number_that_is_gone_to_before_the_answer_is_written_over(
    editor: Page, station: WebStation, held: list[Route]
) -> None:
    """As anywhere else: whoever tabs into a field and types replaces what it holds."""
    editor.locator("#pick-2").click()
    expect(editor.locator("#pick-2[aria-current]")).to_be_visible()
    expect(editor.locator("#f-delay_s")).not_to_have_value("")
    editor.locator("#f-attempts").fill("3")
    editor.keyboard.press("Tab")
    expect(editor.locator("#f-delay_s")).to_be_focused()
    answered(editor, held)
    saved(editor)
    editor.keyboard.type("45")
    expect(editor.locator("#f-delay_s")).to_have_value("45")
    editor.keyboard.press("Tab")
    answered(editor, held)
    saved(editor)
    step = steps(station)[1]
    assert (step["attempts"], step["delay_s"]) == (3, 45)


def test_whom_the_simulation_is_of_can_be_typed_while_a_step_is_saved(
    editor: Page, station: WebStation, held: list[Route]
) -> None:
    editor.locator("#f-attempts").fill("3")
    editor.locator("#sim-site").focus()
    editor.keyboard.type("10")
    editor.locator("#sim-others").select_option("busy")
    editor.locator("#sim-site").focus()
    answered(editor, held)
    saved(editor)
    editor.keyboard.type("01")
    expect(editor.locator("#sim-site")).to_have_value("1001")
    expect(editor.locator("#sim-others")).to_have_value("busy")
    assert 3 in [step.get("attempts") for step in steps(station)]


def test_a_step_that_an_outcome_leads_to_is_made_once_whatever_is_typed_meanwhile(
    editor: Page, station: WebStation, held: list[Route]
) -> None:
    shown = editor.locator("#plan-list li[data-place]")
    expect(shown).to_have_count(4)
    editor.locator("#end-overdue").focus()
    editor.keyboard.type("+ At")
    expect(editor.locator("#end-overdue")).to_have_value("new:wait")
    editor.locator("#f-name").focus()
    editor.keyboard.type("Appeler")
    answered(editor, held)
    expect(shown).to_have_count(5)
    editor.locator("#f-attempts").focus()
    answered(editor, held)
    saved(editor)
    expect(shown).to_have_count(5)
    first, *others = steps(station)
    assert first["name"] == "Appeler"
    assert first["outcomes"]["overdue"] in {s["id"] for s in others if s["kind"] == "wait"}

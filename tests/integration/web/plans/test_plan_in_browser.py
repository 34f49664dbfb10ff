"""A plan's steps are put in another order by dragging one."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from callflow.handling.plans import plans
from tests.integration.web.kit.test_browser import log_in
from tests.support.web_station import NAME, WebProcess, WebStation
from web.access.users import Role


def test_a_step_is_dragged_before_another(page: Page, tmp_path: Path) -> None:
    station = WebStation(tmp_path)
    station.user(NAME, Role.ADMINISTRATOR)
    station.site()  # else the first page is that of a first start
    process = WebProcess(station)
    process.start()
    try:
        log_in(page, process)
        page.goto(f"{process.url}/plans/intrusion/edit")
        grip = page.locator("[data-place='3'] [data-grip]")
        grip.drag_to(page.locator("[data-place='1']"), target_position={"x": 60, "y": 2})
        expect(page.locator("[data-place='1'] h3")).to_contain_text("Remise à un opérateur")
        draft = station.store.read_now(lambda tx: plans.get_draft(tx, "intrusion"))
        order = [step["id"] for step in draft.body["steps"]]
        assert order == ["operator", "counter_call", "keyholders", "false_alarm"]
    finally:
        process.kill()
        station.close()

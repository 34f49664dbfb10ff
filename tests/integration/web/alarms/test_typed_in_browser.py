"""What an operator unfolded, typed and ticked in an alarm, and did not send, is there when others
have changed that alarm meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from callflow import clock
from callflow.core.alarms.escalation.guards import GuardEvent
from callflow.core.interventions.law import Finding, Means
from callflow.core.plans.call_plan.vocabulary import Measure
from callflow.handling.interventions import services
from callflow.handling.interventions.guards import guard_event
from callflow.handling.interventions.measures import open_measure
from callflow.storage import Tx
from callflow.storage.alarms import incidents, tasks
from tests.integration.web.alarms.test_work_in_browser import opened, shop, takes
from tests.support.stations.web_station import NAME, WebProcess, WebStation

Web = tuple[WebStation, WebProcess]
#: Unfolds everything, types into each field another text, turns each box that is ticked.
_FILL = """() => {
  const all = (selector) => [...document.querySelectorAll(`#incident ${selector}`)];
  all("details:not(.view, .menu)").forEach((one) => { one.open = true; });
  all("input[type=checkbox]").forEach((one) => { one.checked = !one.checked; });
  all(":is(textarea, input:not([type=hidden], [type=checkbox]))").forEach((field, place) => {
    const typed = { "datetime-local": `2030-01-02T03:${place + 10}`, number: 100 + place };
    field.value = typed[field.type] ?? `tapé ${place}`;
  });
}"""
#: What is unfolded, typed and ticked now, each by where it is.
_LOOK = """() => {
  const all = (selector) => [...document.querySelectorAll(`#incident ${selector}`)];
  const folds = all("details[open]:not(.view)")
    .map((one) => `${one.closest("[id]").id} ${one.className}`);
  const fields = all(":is(textarea, input:not([type=hidden], [type=checkbox]))")
    .map((one) => `${one.form.getAttribute("action")} ${one.name} ${one.value}`);
  const boxes = all("input[type=checkbox]").map((one) => `${one.name} ${one.value} ${one.checked}`);
  return [...folds, ...fields, ...boxes].sort();
}"""


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    station = WebStation(tmp_path)
    shop(station, {"id": "garde", "name": "Ouest Garde", "role": "guard", "phone": "+33639980301"})
    process = WebProcess(station)
    process.start()
    yield station, process
    process.kill()
    station.close()


def protected(tx: Tx, incident_id: str, by: str) -> None:
    incident = incidents.get(tx, incident_id)
    assert incident is not None
    lasts = timedelta(hours=4)
    open_measure(tx, incident, Measure.PATROL, f"ronde de {by}", lasts, clock.now(), who=by)


def there(tx: Tx, incident_id: str) -> None:
    """The guard who was asked is on site."""
    (task,) = (one for one in tasks.of_incident(tx, incident_id) if one.open)
    guard_event(tx, incident_id, task.id, GuardEvent.ON_SITE, NAME, clock.now())


def filled(page: Page, web: Web) -> tuple[str, list[str]]:
    """An alarm with all of an operator's forms; its id, and what stands in them."""
    incident = opened(page, web, "BA")
    takes(page)
    web[0].alarm("1001", code="FA")
    expect(page.locator("#incident .siblings li")).to_have_count(2)
    page.keyboard.press("w")
    expect(page.locator("#incident .byhand .task.open")).to_contain_text("Ouest Garde")
    web[0].do(lambda tx: protected(tx, incident, NAME))
    expect(page.locator("#incident .measures")).to_contain_text(f"ronde de {NAME}")
    page.evaluate(_FILL)
    return incident, page.evaluate(_LOOK)


def test_what_was_unfolded_and_typed_stays_while_others_change_the_alarm(
    page: Page, web: Web
) -> None:
    station, _ = web
    incident, before = filled(page, web)
    assert "form-measure terms" in before
    assert f"/incidents/{incident}/report-service script" in " ".join(before)

    def verified(tx: Tx) -> Any:
        by, means, found = "yves", Means.GUARD, Finding.NOTHING
        return services.record_verification(tx, incident, by, means, found, "vu", clock.now())

    station.alarm("1001", zone="11")
    station.alarm("1001", code="GA", zone="12")
    station.do(verified)
    station.do(lambda tx: protected(tx, incident, "yves"))
    station.do(
        lambda tx: there(tx, incident)
    )  # what is to be said to a service is other words then
    expect(page.locator("#incident .way")).to_contain_text("sur place depuis")
    expect(page.locator("#incident .measures")).to_contain_text("ronde de yves")
    expect(page.locator("#incident .services .done")).to_have_count(1)
    expect(page.locator("#incident .siblings li")).to_have_count(3)
    after = page.evaluate(_LOOK)
    assert [one for one in before if one not in after] == []

"""The manual as ``./run docs`` makes it: whole, under the station's policy, found by its search."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from callflow.core.plans.call_plan.vocabulary import StepKind
from callflow.package.manual import build, sources
from callflow.settings.config import Settings
from callflow.texts import ENTRIES
from tests.integration.web.kit.test_browser import log_in
from tests.support.pages.looking import violations
from tests.support.stations.web_station import WebProcess, WebStation


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once: a warning of Sphinx's, a link that leads nowhere among them, is an error."""
    target = tmp_path_factory.mktemp("manual") / "docs"
    build.build(target)
    return target


def page(made: Path, name: str) -> str:
    return (made / f"{name}.html").read_text("utf-8")


def test_every_document_is_a_page(made: Path) -> None:
    places = filter(None, map(sources.place, build.documents()))
    assert [name for name in places if not (made / name).with_suffix(".html").is_file()] == []


def test_the_reference_has_all_of_the_code(made: Path) -> None:
    settings = page(made, "reference/settings")
    named = [f"CALLFLOW_{name.upper()}" for name in Settings.model_fields]
    assert [name for name in named if f">{name}<" not in settings] == []
    kinds = page(made, "reference/logbook-kinds")
    assert [kind for kind in ENTRIES if f">{kind}<" not in kinds] == []
    steps = page(made, "reference/plan-vocabulary")
    assert [kind for kind in StepKind if f"<h2>{kind}</h2>" not in steps] == []
    for name, word in (
        ("commands", "callflow plan roll-back"),
        ("api", "/api/v1/incidents/{incident_id}/close"),
        ("metrics", "callflow_process_up"),
        ("events", "Panel substituted"),
    ):
        assert word in page(made, f"reference/{name}")


def test_nothing_in_it_is_inline_or_from_elsewhere(made: Path) -> None:
    """What the station's policy would refuse, and what would be fetched from the net."""
    for file in made.rglob("*.html"):
        text = file.read_text("utf-8")
        assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=", text), file
        assert not re.search(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=\"(?:https?:)?//", text)
    for file in (*made.rglob("*.css"), *made.rglob("*.js")):
        assert not re.search(r"@import|url\(\s*['\"]?(?:https?:)?//", file.read_text("utf-8")), file


@pytest.fixture
def web(tmp_path: Path, made: Path) -> Iterator[WebProcess]:
    station = WebStation(tmp_path)
    station.user()
    process = WebProcess(station, {"CALLFLOW_MANUAL_DIR": str(made)})
    process.start()
    yield process
    process.kill()
    station.close()


def test_a_page_opens_its_topic_beside_it_and_words_are_found(page: Page, web: WebProcess) -> None:
    said: list[str] = []
    page.context.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
    log_in(page, web, "/shift")
    page.keyboard.press("?")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Le manuel sur cette page").click()
    manual = opened.value
    title = manual.get_by_role("heading", level=1)
    expect(title).to_have_text("Prendre son poste et passer la relève")
    expect(page.get_by_role("heading", level=1)).to_have_text("Prise de poste")  # it stays open
    assert violations(manual) == []
    manual.get_by_role("searchbox").fill("levée de doute")
    manual.keyboard.press("Enter")
    results = manual.locator("#search-results")
    expect(results.get_by_role("link", name="Faire intervenir la police")).to_be_visible()
    assert violations(manual) == []
    results.get_by_role("link", name="Faire intervenir la police").click()
    expect(title).to_have_text("Faire intervenir la police")
    assert said == []

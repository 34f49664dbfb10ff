"""The system's Chromium under pytest-playwright, beside asynchronous tests."""

from __future__ import annotations

import asyncio

from playwright.sync_api import Page, expect


def test_a_page_is_drawn_by_the_systems_browser(page: Page) -> None:
    page.set_content("<h1>Main courante</h1>")

    expect(page.get_by_role("heading")).to_have_text("Main courante")
    assert page.evaluate("navigator.language") == "fr-FR"


async def test_asynchronous_tests_still_run_beside_it() -> None:
    await asyncio.sleep(0)

"""The system's Chromium under pytest-playwright, beside asynchronous tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page, expect

BOTH = """
import pytest_asyncio


def test_of_the_plug_in(playwright):
    pass


@pytest_asyncio.fixture
async def page():
    pass


async def test_asynchronous_with_a_page_of_its_own(page):
    pass
"""


def test_a_page_is_drawn_by_the_systems_browser(page: Page) -> None:
    page.set_content("<h1>Main courante</h1>")

    expect(page.get_by_role("heading")).to_have_text("Main courante")
    assert page.evaluate("navigator.language") == "fr-FR"


def test_asynchronous_tests_run_whatever_stands_before_them(tmp_path: Path) -> None:
    file = tmp_path / "test_both.py"
    file.write_text(BOTH, encoding="utf-8")
    ours = ["-c", "pyproject.toml", "-p", "tests.support.suite.limits", "-p", "no:cacheprovider"]
    run = [sys.executable, "-m", "pytest", *ours, str(file)]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert "2 passed" in done.stdout, done.stdout
    assert done.returncode == 0, done.stderr

"""Somebody who works at a page by keyboard alone: each press is counted, and a mouse is noticed."""

from __future__ import annotations

import contextlib

from playwright.async_api import Locator, Page, expect

#: Whatever a pointer does is counted from now on; a click by a key has the detail 0.
_WATCH = """() => {
  window.pointed = [];
  const note = ({ isTrusted, type, detail }) => {
    if (isTrusted && (type !== "click" || detail > 0)) window.pointed.push(type);
  };
  for (const type of ["pointerdown", "mousedown", "touchstart", "click", "dblclick", "wheel"])
    addEventListener(type, note, { capture: true, passive: true });
}"""
#: Tabs after which something is called out of reach of where the focus was.
_NEAR = 12
#: Milliseconds after which a browser has forgotten the letters typed in a list, with some to spare.
_FORGETS = 2_000
_TRIES = 4


class Hands:
    """On the keys; ``presses`` is how many were pressed, a typed letter being one."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.presses = 0

    async def leave_the_mouse(self) -> None:
        """From here on ``used_no_mouse`` counts, for as long as the page isn't left."""
        await self.page.evaluate(_WATCH)

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)
            self.presses += 1

    async def type(self, text: str) -> None:
        await self.page.keyboard.type(text)
        self.presses += len(text)

    async def chooses(self, select: Locator, letters: str, value: str) -> None:
        """Type what is wanted of a list that has the focus; again where a hold-up between two
        letters made the browser forget the first."""
        await expect(select).to_be_focused()
        for _ in range(_TRIES):
            await self.type(letters)
            with contextlib.suppress(AssertionError):
                await expect(select).to_have_value(value, timeout=_FORGETS)
                return
        await expect(select).to_have_value(value)

    async def tab_to(self, wanted: Locator) -> None:
        """Tab until ``wanted`` has the focus; it lies near."""
        await expect(wanted).to_be_visible()
        for _ in range(_NEAR):
            if await wanted.evaluate("e => e === document.activeElement"):
                return
            await self.press("Tab")
        await expect(wanted).to_be_focused()

    async def go_to_row(self, row: Locator) -> None:
        """The next alarm; from there down the queue, until ``row`` has the focus."""
        await expect(row).to_be_visible()
        await self.press("F8")
        link = row.locator("a.title")
        for _ in range(_NEAR):
            if await link.evaluate("e => e === document.activeElement"):
                return
            await self.press("j")
        await expect(link).to_be_focused()

    async def used_no_mouse(self) -> None:
        """Nothing was pointed at, and the page is the one that was watched."""
        assert await self.page.evaluate("window.pointed") == []

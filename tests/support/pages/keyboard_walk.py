"""Every control of a page, found in its live DOM, named by what it does, and done by keys alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, FilePayload, Page, Response
from playwright.sync_api import TimeoutError as NotInTime

from callflow import clock
from tests.support.outside.pictures import a_picture
from tests.support.outside.studio import recording
from tests.support.pages.routes import Route

SCRIPT = (Path(__file__).parent / "keyboard_walk.js").read_text("utf-8")
#: Tabs from the stop before to the control itself: a player or a date has stops of its own.
_STEPS = 25
#: Milliseconds in which an act has its effect.
_WITHIN = 30_000
#: What is chosen where a file is asked for.
_CALENDAR: FilePayload = {
    "name": "absences.ics",
    "mimeType": "text/calendar",
    "buffer": b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\nEND:VCALENDAR\r\n",
}
_FILE: FilePayload = {
    "name": "studio.wav",
    "mimeType": "audio/wav",
    "buffer": recording(440),
}
_FILES: dict[str, FilePayload] = {
    ".ics": _CALENDAR,
    "image/png": {"name": "plan.png", "mimeType": "image/png", "buffer": a_picture()},
    ".pdf": {"name": "essai.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n%%EOF\n"},
}
#: What is typed into the parts of a date and a time, in French: no day that a page proposes.
_DIGITS = {"date": f"{clock.now() + timedelta(days=40):%d%m%Y}", "time": "2115"}


def patterns(found: Iterable[Route]) -> list[tuple[str, str, str]]:
    """(method, regular expression, path) of each route, the most particular first. What stands in
    the place of ``{act}`` is part of an action's name."""
    ordered = sorted(found, key=lambda route: (route.path.count("{"), "{act}" in route.path))
    return [
        (route.method, "^" + re.sub(r"\{[^}]+\}", "([^/]+)", route.path) + "$", route.path)
        for route in ordered
    ]


@dataclass(frozen=True, kw_only=True)
class Control:
    """One control of a page. ``kind``: link, submit, phone, fold, field, player or button."""

    name: str
    kind: str
    label: str
    path: str  # whereto a link or a form goes
    method: str


@dataclass
class Walk:
    """What a page's Tab key came to: the controls, those without a visible focus, and those that
    it did not come to."""

    reached: set[str] = field(default_factory=set)
    missed: set[str] = field(default_factory=set)
    ringless: set[str] = field(default_factory=set)


_REFUSED = re.compile(
    r'class="(?:refused" role="alert"(?![^>]* hidden)|muted detail")[^>]*>(.*?)</p>', re.DOTALL
)


def refusals(answer: Response) -> list[str]:
    """What an answer's page says was refused; a page that one is sent to says nothing of it."""
    if 300 <= answer.status < 400 or "text/html" not in answer.headers.get("content-type", ""):
        return []
    return [
        unescape(re.sub(r"<[^>]+>", "", one)).strip() for one in _REFUSED.findall(answer.text())
    ]


class NotDoneError(AssertionError):
    """A control that the keyboard can't do."""


class Keyboard:
    """The keys of one page. ``values``: what is typed into fields, by their names; a callable is
    asked when it is needed."""

    def __init__(
        self,
        page: Page,
        values: Mapping[str, str | Callable[[], str]],
        local: Mapping[str, str],
        refused: Mapping[str, str],
    ) -> None:
        self.page, self._values, self._local, self._refused = page, values, local, refused

    @property
    def context(self) -> BrowserContext:
        return self.page.context

    def controls(self) -> dict[str, Control]:
        """Those that can be seen now, by name, in the page's order; what is folded is unfolded."""
        self.page.evaluate("byKeyboard.unfold()")
        found: list[dict[str, Any]] = self.page.evaluate("byKeyboard.controls()")
        return {one["name"]: Control(**one) for one in reversed(found)}

    def is_there(self, name: str) -> bool:
        """Whether it can be seen, once everything is unfolded."""
        look = "(name) => { byKeyboard.unfold(); return Boolean(byKeyboard.find(name)); }"
        return bool(self.page.evaluate(look, name))

    def walk(self, without: Collection[str] = ()) -> Walk:
        """Once around the page by Tab, but for the parts ``without``."""
        self.page.evaluate("(parts) => byKeyboard.leaveOut(parts)", list(without))
        there = self.controls()
        found = self._walk()
        found.missed = there.keys() - found.reached
        self.page.evaluate("(parts) => byKeyboard.letIn(parts)", list(without))
        return found

    def _walk(self) -> Walk:
        """Tab is held down: each of its repetitions is a message, and each press would be two."""
        presses: int = self.page.evaluate("byKeyboard.begin()") + 1
        for _ in range(100):
            for _ in range(presses):
                self.page.keyboard.down("Tab")
            if self.page.evaluate("byKeyboard.isAround()"):
                break
            presses = 10  # a player or a date has stops of its own
        else:
            raise NotDoneError("Tab does not come around the page: the focus is caught")
        self.page.keyboard.up("Tab")
        stops: list[tuple[str, bool]] = self.page.evaluate("byKeyboard.stops()")
        found = Walk()
        for name, ring in stops:
            found.reached.add(name)
            if not ring:
                found.ringless.add(name)
        return found

    # --- doing ---

    def do(self, control: Control) -> None:
        """Its fields are filled, Tab leads to it, a key is pressed, the effect comes."""
        name = control.name
        if name in self._local or control.kind in ("fold", "field", "player"):
            self._local_effect(control)
        elif control.kind == "link":
            self._follow(control)
        else:
            self._send(control)

    def _local_effect(self, control: Control) -> None:
        state = self._local.get(control.name, "e => byKeyboard.state(e)")
        if control.kind not in ("field", "fold", "player"):
            self.fill(control.name)
        self.reach(control.name)
        if control.kind in ("field", "button") and not self.page.evaluate(
            "byKeyboard.changeable()"
        ):
            return  # one choice only, or chosen already: there is nothing to change
        look = f"() => String(({state})(document.activeElement))"
        wrapped = f"(before) => String(({state})(byKeyboard.kept)) !== before"
        self.page.evaluate("byKeyboard.kept = document.activeElement")
        before = self.page.evaluate(look)
        if control.kind == "field":
            self._change()
        else:
            self.page.keyboard.press("Space" if control.kind in ("fold", "player") else "Enter")
        try:
            self.page.wait_for_function(wrapped, arg=before, timeout=_WITHIN)
        except NotInTime:
            raise NotDoneError(f"{control.name}: the key changed nothing ({before})") from None
        if control.kind == "field":
            self.page.evaluate("byKeyboard.restore()")

    def _follow(self, control: Control) -> None:
        self.reach(control.name)
        if control.path.startswith("#"):
            self.page.keyboard.press("Enter")
            self.page.wait_for_function("(hash) => location.hash === hash", arg=control.path)
            return
        if not control.path.startswith("/"):
            self._go_elsewhere(control)
            return
        self._ask_only(control)

    def _go_elsewhere(self, control: Control) -> None:
        """In a page of its own; nobody is asked there."""
        there = f"**://{control.path}/**"
        self.context.route(there, lambda route: route.fulfill(status=200, body="elsewhere"))
        with self.context.expect_page(timeout=_WITHIN) as opened:
            self.page.keyboard.press("Enter")
        opened.value.wait_for_load_state()
        assert urlsplit(opened.value.url).netloc == control.path, opened.value.url
        opened.value.close()
        self.context.unroute(there)

    def _ask_only(self, control: Control) -> None:
        """What a link leads to is asked for, and not gone to, by the browser or the shell: the page
        stays as it is."""
        href = self.page.evaluate("() => document.activeElement.href ?? ''")
        path = urlsplit(href).path or control.path  # of several of one name, the one in focus
        self.page.evaluate("byKeyboard.hold", path)
        self.page.keyboard.press("Enter")
        try:
            self.page.wait_for_function("() => byKeyboard.asked", timeout=_WITHIN)
        except NotInTime:
            raise NotDoneError(f"{control.name}: Enter asked nothing of {path}") from None
        finally:
            self.page.evaluate("byKeyboard.letGo()")
        self.page.evaluate("() => document.querySelector('#problem')?.setAttribute('hidden', '')")
        asked = self.page.evaluate("byKeyboard.asked")
        answer = self.context.request.get(asked, max_redirects=0)
        if answer.status >= 400:
            status, why = answer.status, answer.text()[:300]
            raise NotDoneError(f"{control.name}: Enter was answered with {status}: {why}")

    def _send(self, control: Control) -> None:
        self.fill(control.name)
        self.reach(control.name)
        self._answered(control, "Enter" if len(control.name) % 2 else "Space")

    def _answered(self, control: Control, key: str) -> None:
        """The key is pressed, and what it asks of the server is answered well."""

        def is_it(response: Response) -> bool:
            asked = response.request
            same = urlsplit(response.url).path == control.path
            return same and asked.method == control.method

        try:
            with self.context.expect_event("response", is_it, timeout=_WITHIN) as answer:
                self.page.keyboard.press(key)
        except NotInTime:
            raise NotDoneError(f"{control.name}: {key} asked nothing of {control.path}") from None
        said = refusals(answer.value) if control.method == "POST" else []
        if control.name in self._refused:
            assert self._refused[control.name] in said, f"{control.name}: {said}"
        elif said or answer.value.status >= 400:
            status, why = answer.value.status, said or answer.value.text()[:200]
            raise NotDoneError(f"{control.name}: {key} was answered with {status}: {why}")

    def reach(self, name: str) -> None:
        """From the stop before it, Tab leads to it."""
        if not self.page.evaluate("(name) => byKeyboard.before(name)", name):
            raise NotDoneError(f"{name} is not on the page any more")
        for _ in range(_STEPS):
            if self.page.evaluate("(name) => byKeyboard.is(name)", name):
                return
            self.page.keyboard.press("Tab")
        raise NotDoneError(f"{name} is not reached by Tab")

    def fill(self, name: str) -> None:
        """The empty fields of its form, each reached by Tab and filled by keys."""
        for one in self.page.evaluate("(name) => byKeyboard.empty(name)", name):
            self.reach(one)
            self._change()

    def _change(self) -> None:
        """The field that has the focus gets another value, by keys."""
        what: dict[str, str] = self.page.evaluate("byKeyboard.focused()")
        if what["type"] in ("checkbox", "radio"):
            self.page.keyboard.press("Space")
        elif what["type"].startswith("select"):
            self.page.keyboard.press("ArrowUp" if what["last"] else "ArrowDown")
        elif what["type"] == "month":
            self.page.keyboard.press("ArrowUp")
        elif what["type"] == "file":  # its dialog is the system's, not the page's
            field = self.page.locator(":focus")
            accepts = field.get_attribute("accept") or ""
            fits = (one for ending, one in _FILES.items() if ending in accepts)
            field.set_input_files(next(fits, _FILE))
        elif what["type"] == "datetime-local":
            self._type_moment()
        elif what["type"] in _DIGITS:
            self.page.keyboard.type(self._wanted(what["name"], _DIGITS[what["type"]]))
        else:
            text = self._wanted(what["name"], "essai")
            self.page.keyboard.press("Control+a")
            self.page.keyboard.type(text if text != what["value"] else f"{text}1")

    def _wanted(self, name: str, otherwise: str) -> str:
        wanted = self._values.get(name, otherwise)
        return wanted if isinstance(wanted, str) else wanted()

    def _type_moment(self) -> None:
        """In two days, a quarter past nine: in the order in which this browser asks for it."""
        at = clock.now() + timedelta(days=2)
        for order in ("%d%m%Y", "%m%d%Y"):
            for _ in range(6):
                self.page.keyboard.press("ArrowLeft")
            self.page.keyboard.type(f"{at:{order}}")
            self.page.keyboard.press("Tab")
            self.page.keyboard.type("0915a")
            if str(self.page.evaluate("byKeyboard.focused()")["value"]).startswith(
                f"{at:%Y-%m-%d}"
            ):
                return
        raise NotDoneError("a day and time can't be typed")

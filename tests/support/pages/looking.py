"""What is looked at on a page that a browser shows: axe's rules, sizes, widths and languages."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = (Path(__file__).parents[2] / "data/axe/axe.min.js").read_text()
_LOOKING = Path(__file__).with_name("looking.js").read_text("utf-8")
#: (language, scheme) in which a page is looked at, beside axe everywhere.
LOOKS = [(language, scheme) for language in ("fr", "en") for scheme in ("dark", "light")]
#: Widths of desks' screens, in px.
WIDTHS = (1280, 1680)

#: What every page has around its main part.
SHELL = (".bar", "#telephone")

#: What colours alone can break: the rest of axe's rules finds the same in each scheme.
_OF_COLOURS = ["color-contrast", "link-in-text-block"]


def _seen(page: Page, what: str, of: object = None) -> Any:
    """``what`` of looking.js."""
    return page.evaluate(f"(of) => {_LOOKING}.{what}(of)", of)


def violations(page: Page, rules: Sequence[str] = (), without: Collection[str] = ()) -> list[str]:
    """What axe finds, by rule and place. No ``rules``: all of them. ``without``: selectors of
    parts that are left out; rules of the page as a whole heed them all the same."""
    _is_whole(page)
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    # None of its rules that run asks for style sheets, which it reads anew otherwise.
    options: dict[str, Any] = {"resultTypes": ["violations"], "preload": {"assets": ["media"]}}
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    where = {"exclude": [[part] for part in without]} if without else None
    found: dict[str, Any] = page.evaluate(
        "([where, options]) => axe.run(where ?? document, options)", [where, options]
    )
    return [
        f"{v['id']}: {node['target']} {node['failureSummary']}"
        for v in found["violations"]
        for node in v["nodes"]
    ]


def faults(
    page: Page, *schemes: str, without: Collection[str] = (), thin: bool = False
) -> list[str]:
    """What is wrong with the page as it stands, in each scheme. ``without``: as for violations.
    ``thin``: axe looks at two of many that are made alike; no more is left of the page then."""
    found: list[str] = _seen(page, "small") + _seen(page, "set")
    found += _too_wide(page)
    if thin:
        leave_two(page)
    for number, scheme in enumerate(schemes or ("dark", "light")):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        rules = _OF_COLOURS if number else ()
        found += [f"{scheme}: {fault}" for fault in violations(page, rules, without)]
    return found


def leave_two(page: Page) -> None:
    """Of many that stand side by side and are made alike only two are left on the page."""
    _seen(page, "leaveTwo")


def _is_whole(page: Page) -> None:
    """A page that is reached by a link is there, for Playwright, with its first bytes."""
    page.wait_for_load_state("domcontentloaded")


def _too_wide(page: Page) -> list[str]:
    found = []
    before = page.viewport_size
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        found += _seen(page, "wide")
    if before:
        page.set_viewport_size(before)
    return found


def unfold(page: Page) -> None:
    """Everything that the page keeps folded is open, and what it hides until it is needed is there:
    banners, refusals. Without words it is not needed."""
    _is_whole(page)
    page.evaluate(
        """() => {
          document.querySelectorAll("details").forEach((d) => { d.open = true; });
          document.querySelectorAll("[hidden]:not(button, template, script, dialog *)").forEach(
            (e) => { if (e.textContent.trim()) e.hidden = false; });
        }"""
    )


def dialogs(page: Page) -> Iterator[str]:
    """Opens each dialog of the page, by turns; its id."""
    for name in page.evaluate("[...document.querySelectorAll('dialog')].map((d) => d.id)"):
        page.evaluate("(id) => document.getElementById(id).showModal()", name)
        yield str(name)
        page.evaluate("(id) => document.getElementById(id).close()", name)


def shape(page: Page) -> str:
    """What the page is made of."""
    return str(_seen(page, "shape"))


def makings(page: Page, html: str) -> set[str]:
    """How the elements of ``html`` are made, as it comes, before any script; ``page`` reads it."""
    return set(_seen(page, "makings", html))


def shell(page: Page) -> dict[str, str]:
    """What each part of ``SHELL`` that the page shows is made of."""
    made = {part: str(_seen(page, "madeOf", part)) for part in SHELL}
    return {part: shape for part, shape in made.items() if shape}


def texts(page: Page, where: str = "body", html: str | None = None) -> set[str]:
    """The longer texts that stand there in the page's own language; those of ``html``, which no
    script has touched, where it is given."""
    return set(_seen(page, "texts", [html, where]))

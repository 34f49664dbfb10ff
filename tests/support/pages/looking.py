"""What is looked at on a page that a browser shows: axe's rules, sizes, widths and languages."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

AXE = (Path(__file__).parents[2] / "data/axe/axe.min.js").read_text()
_ALIKE = Path(__file__).with_name("alike.js").read_text("utf-8")
#: (language, scheme) in which a page is looked at: in a fast run once, beside axe everywhere.
LOOKS = [
    ("fr", "dark"),
    *(
        pytest.param(language, scheme, marks=pytest.mark.deep)
        for language, scheme in (("fr", "light"), ("en", "dark"), ("en", "light"))
    ),
]
#: Widths of desks' screens, in px.
WIDTHS = (1280, 1680)

#: What is written in a picture is as large as the picture is drawn.
_SMALL = """() => [...document.querySelectorAll("body *")].filter((e) =>
  [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && e.checkVisibility() &&
  !e.matches("svg title, svg desc") &&
  parseFloat(getComputedStyle(e).fontSize) * (e.getScreenCTM?.().a ?? 1) < 16)
  .map((e) => "small: " + e.outerHTML.slice(0, 200))"""

#: What stands out of the window, unless somebody may scroll to it where it stands.
_WIDE = """() => {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  const out = [...document.querySelectorAll("body *")].filter((e) =>
    e.checkVisibility() && e.getBoundingClientRect().right > root.clientWidth + 1);
  return [`${root.clientWidth} px: scrolls to ${root.scrollWidth}: ` +
    out.slice(0, 3).map((e) => e.outerHTML.slice(0, 120)).join(" … ")];
}"""

#: Words, or a picture and words, that stand side by side without anything between them; words that
#: are cut off with no sign of it.
_SET = r"""() => {
  const kinds = NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT;
  const walk = document.createTreeWalker(document.body, kinds);
  const out = [];
  let last = null;
  const cut = (at, box) => {  // what its element, or what is around it, does not show
    for (let e = at; e; e = e.parentElement) {
      const { clipPath, overflowX, textOverflow } = getComputedStyle(e);
      if (clipPath !== "none") return "only said";
      if (overflowX === "visible") continue;
      const around = e.getBoundingClientRect();
      if (box.right > around.right + 1)
        return overflowX === "hidden" && textOverflow !== "ellipsis" ? "cut off" : "scrolled";
    }
    return "";
  };
  for (let n = walk.nextNode(); n; n = walk.nextNode()) {
    const picture = n.nodeType === 1 && n.matches("svg.i");
    if (!picture && (n.nodeType !== 3 || !n.data.trim())) continue;
    const at = picture ? n : n.parentElement;
    if (!at.checkVisibility() || at.closest("svg:not(.i), option, script, style")) continue;
    const range = new Range();
    range.selectNodeContents(n);
    const boxes = [...(picture ? [n.getBoundingClientRect()] : range.getClientRects())];
    if (!boxes.length || boxes[0].width < 2 || boxes[0].height < 2) continue;
    const hides = cut(at, boxes.at(-1));
    if (hides === "cut off") out.push(`${hides}: ${at.outerHTML.slice(0, 120)}`);
    if (hides) { last = null; continue; }
    const here = { picture, at, text: picture ? "" : n.data, from: boxes[0], to: boxes.at(-1) };
    if (last && !(picture && last.picture)) {
      const gap = here.from.left - last.to.right;
      const beside = here.from.top < last.to.bottom - 4 && here.from.bottom > last.to.top + 4;
      const joined = picture || last.picture
        ? !/\s$/.test(last.text) && !/^\s/.test(here.text)
        : /[\p{L}\p{N}.,;]$/u.test(last.text) && /^[\p{L}\p{N}]/u.test(here.text);
      if (beside && joined && gap > -2 && gap < 2)
        out.push(`touching: ${last.at.outerHTML.slice(-90)} … ${here.at.outerHTML.slice(0, 90)}`);
    }
    last = here;
  }
  return out;
}"""

#: What a reader of the page's language reads; words that are said in another say so by their lang.
_TEXTS = """([html, where]) => {
  const page = html === null ? document : new DOMParser().parseFromString(html, "text/html");
  const from = page.querySelector(where);
  const found = new Set();
  const mine = (e) => e.closest("[lang]") === page.documentElement;
  const walk = page.createTreeWalker(from, NodeFilter.SHOW_TEXT);
  for (let n = walk.nextNode(); n; n = walk.nextNode()) {
    const at = n.parentElement;
    if (mine(at) && !at.closest("script, style, code")) found.add(n.data.trim());
  }
  for (const name of ["aria-label", "title", "placeholder", "alt"])
    for (const e of from.querySelectorAll(`[${name}]`))
      if (mine(e)) found.add(e.getAttribute(name).trim());
  return [...found].filter((text) => text.length > 25);
}"""

#: A page is as another where all of its elements are; what is written on them may differ.
_SHAPE = """() => [...new Set([...document.querySelectorAll("main *, header *")].map((e) =>
  `${e.parentElement.tagName}>${e.tagName}.${e.className.baseVal ?? e.className}`))]
  .sort().join()"""


#: What every page has around its main part, and what that is made of: elements with the names of
#: their attributes, and the page's own class.
SHELL = (".bar", "#telephone")
_MADE_OF = """(part) => {
  const all = [...document.querySelectorAll(`${part}, ${part} *`)];
  const of = (e) => e.className.baseVal ?? e.className;
  const made = all.filter((e) => e.checkVisibility())
    .map((e) => `${e.parentElement.tagName}>${e.tagName}.${of(e)} ${e.getAttributeNames().sort()}`);
  return made.length ? [document.body.className, ...new Set(made)].sort().join() : "";
}"""

#: How each element is made: in what, of which class, with which attributes, and with those values
#: that change how it looks or what it is; whether a field has a label.
_MAKINGS = """(html) => {
  const page = new DOMParser().parseFromString(html, "text/html");
  const is = (e) => `${e.tagName}.${e.className.baseVal ?? e.className}`;
  const valued = ["role", "type", "scope", "tabindex", "data-state", "data-kind",
    ...["checked", "current", "disabled", "expanded", "haspopup", "hidden", "live", "pressed",
      "selected", "sort"].map((of) => `aria-${of}`)];
  const said = (a) => (valued.includes(a.name) ? `${a.name}=${a.value}` : a.name);
  const own = (e) => [...e.attributes].filter((a) => a.name !== "class").map(said).sort();
  return [...new Set([...page.querySelectorAll("body *")].map((e) =>
    [is(e.parentElement), is(e), ...own(e), e.labels?.length ?? ""].join(" ")))];
}"""

#: What colours alone can break: the rest of axe's rules finds the same in each scheme.
_OF_COLOURS = ["color-contrast", "link-in-text-block"]


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
    found: list[str] = page.evaluate(_SMALL) + page.evaluate(_SET)
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
    page.evaluate(_ALIKE)


def _is_whole(page: Page) -> None:
    """A page that is reached by a link is there, for Playwright, with its first bytes."""
    page.wait_for_load_state("domcontentloaded")


def _too_wide(page: Page) -> list[str]:
    found = []
    before = page.viewport_size
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        found += page.evaluate(_WIDE)
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
    return str(page.evaluate(_SHAPE))


def makings(page: Page, html: str) -> set[str]:
    """How the elements of ``html`` are made, as it comes, before any script; ``page`` reads it."""
    return set(page.evaluate(_MAKINGS, html))


def shell(page: Page) -> dict[str, str]:
    """What each part of ``SHELL`` that the page shows is made of."""
    made = {part: str(page.evaluate(_MADE_OF, part)) for part in SHELL}
    return {part: shape for part, shape in made.items() if shape}


def texts(page: Page, where: str = "body", html: str | None = None) -> set[str]:
    """The longer texts that stand there in the page's own language; those of ``html``, which no
    script has touched, where it is given."""
    return set(page.evaluate(_TEXTS, [html, where]))

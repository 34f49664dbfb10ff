"""Plots are drawings that say what they show, whatever text stands in them."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from callflow.core.records.plots import Mark, Series, bars, ticks

_SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '"><script>alert(1)</script>&amp;'


def drawn(*values: float, labels: list[str] | None = None, **how: object) -> ElementTree.Element:
    names = labels or [f"{place}" for place in range(len(values))]
    plot = bars("Alarms", names, [Series("", values)], **how)  # type: ignore[arg-type]
    return ElementTree.fromstring(plot.svg)


def heights(plot: ElementTree.Element) -> list[float]:
    return [float(rect.attrib["height"]) for rect in plot.iter(f"{_SVG}rect")]


def test_a_bar_is_as_high_as_its_value() -> None:
    one, two, four = heights(drawn(10, 20, 40))
    assert two == pytest.approx(2 * one, abs=0.2)
    assert four == pytest.approx(4 * one, abs=0.2)


def test_what_is_small_is_still_seen_and_what_is_nothing_is_not() -> None:
    assert len(heights(drawn(0, 1, 100_000))) == 2
    assert min(heights(drawn(0, 1, 100_000))) >= 1


@pytest.mark.parametrize("values", [(), (0,), (0, 0)])
def test_nothing_is_drawn_too(values: tuple[float, ...]) -> None:
    assert heights(drawn(*values)) == []


def test_texts_are_texts_and_as_large_as_a_pages() -> None:
    plot = bars(
        HOSTILE,
        [HOSTILE, "b"],
        [Series(HOSTILE, [1, 2]), Series("b", [1, 2])],
        marks=[Mark(1, HOSTILE)],
    )
    read = ElementTree.fromstring(plot.svg)
    assert read.attrib["aria-label"] == HOSTILE
    texts = list(read.iter(f"{_SVG}text"))
    assert sum(text.text == HOSTILE for text in texts) == 3
    assert {text.attrib["font-size"] for text in texts} == {"16"}
    assert not list(read.iter(f"{_SVG}script"))
    assert not re.search(r"\sstyle=|\son\w+=", plot.svg)  # the page's policy lets neither in


def test_no_label_runs_into_the_next_one() -> None:
    plot = drawn(*range(40), labels=[f"{day:02d}/11" for day in range(40)])
    at = [
        float(text.attrib["x"])
        for text in plot.iter(f"{_SVG}text")
        if text.attrib["text-anchor"] == "middle"
    ]
    assert min(b - a for a, b in pairwise(at)) > 5 * 8


@pytest.mark.parametrize("most", [0, 0.3, 1, 7, 99.9, 100, 12_345])
def test_a_scale_is_round_and_reaches_to_the_top(most: float) -> None:
    scale = ticks(most)
    assert scale[0] == 0
    assert scale[-1] >= most
    assert 2 <= len(scale) <= 6

"""The manual's sources: links lead where a page is, an index lists what is below it."""

from __future__ import annotations

import pytest

from callflow.package.manual.sources import place, staged, with_contents


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("docs/README.md", "index.md"),
        ("docs/how-to/README.md", "how-to/index.md"),
        ("docs/how-to/fr/shift.md", "how-to/fr/shift.md"),
        ("ARCHITECTURE.md", "explanation/architecture.md"),
        (".pictures/film/1.webp", "pictures/film/1.webp"),
        ("callflow/clock.py", None),
    ],
)
def test_a_file_has_its_place(path: str, where: str | None) -> None:
    assert place(path) == where


@pytest.mark.parametrize(
    ("path", "text", "turned"),
    [
        ("docs/README.md", "[how](how-to/README.md)", "[how](how-to/index.md)"),
        ("docs/how-to/README.md", "[it](../../README.md#use)", "[it](../index.md#use)"),
        (
            "docs/how-to/a.md",
            "[D7](../explanation/rules.md#d7)",
            "[D7](../explanation/rules.md#d7)",
        ),
        ("docs/how-to/a.md", "![x](../../.pictures/f/1.webp)", "![x](../pictures/f/1.webp)"),
        ("docs/how-to/a.md", "[the clock](../../callflow/clock.py)", "the clock"),
        ("ARCHITECTURE.md", "[docs](docs/README.md)", "[docs](../index.md)"),
        (
            "docs/a.md",
            "[out](https://example.org/a.md) [here](#b)",
            "[out](https://example.org/a.md) [here](#b)",
        ),
        (
            "docs/a.md",
            "`[x](gone.py)`\n```\n[x](gone.py)\n```\n",
            "`[x](gone.py)`\n```\n[x](gone.py)\n```\n",
        ),
        (
            "docs/explanation/p.md",
            "[![a](../../.pictures/1.webp)](../../.pictures/1.webp)",
            "[![a](../pictures/1.webp)](../pictures/1.webp)",
        ),
    ],
)
def test_a_link_leads_to_the_page_that_is_meant(path: str, text: str, turned: str) -> None:
    assert staged(path, text) == turned


def test_an_index_lists_what_is_below_in_the_order_of_its_links() -> None:
    pages = {
        "index.md": "[b](b/index.md)",
        "b/index.md": "[two](two.md) [three](fr/three.md)",
        "b/one.md": "",
        "b/two.md": "",
        "b/fr/three.md": "",
    }
    made = with_contents(pages)
    assert made["index.md"].endswith("```{toctree}\n:hidden:\n\nb/index\n```\n")
    assert made["b/index.md"].endswith("\n\ntwo\nfr/three\none\n```\n")
    assert made["b/one.md"] == ""

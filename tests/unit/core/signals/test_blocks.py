"""Links and places in a signal's further blocks: text from outside."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.core.signals import blocks
from tests.integration.web.payloads import PAYLOADS

EXTRA = "[X002E21.134][Y48N51.503][M00:1A:2B:3C:4D:5E][Vhttps://camera.example/a.jpg?at=1&n=2]"


def test_links_and_places_are_told_apart() -> None:
    assert blocks.links(EXTRA) == ["https://camera.example/a.jpg?at=1&n=2"]
    assert blocks.others(EXTRA) == [
        ("X", "002E21.134"),
        ("Y", "48N51.503"),
        ("M", "00:1A:2B:3C:4D:5E"),
    ]
    assert blocks.links("") == []
    assert blocks.others("[][V]") == [("V", "")]


@pytest.mark.parametrize(
    "text",
    [
        "http://192.0.2.7:8080/snap",
        "HTTPS://camera.example",
        "https://camera.example?x=%5B1%5D#t=10",
    ],
)
def test_an_address_of_the_web_is_a_link(text: str) -> None:
    assert blocks.is_link(text)
    assert blocks.links(blocks.of_links([text])) == [text]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://camera.example/",
        "//camera.example/",
        "https://",
        "https:///x",
        "https://camera.example/a b",
        "https://camera.example/\n",
        "https://camera.example/[1]",
        "https://bank.example@evil.example/",
        "http://admin:secret@192.0.2.7/snap",
        "https://evil.example\\@bank.example/",
        'https://camera.example/"onclick="x',
        "https://camera.example/\u202egpj.exe",
        "https://" + "a" * 500,
    ],
)
def test_nothing_else_is_a_link(text: str) -> None:
    assert not blocks.is_link(text)
    assert blocks.links(f"[V{text}]") == []


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_texts_are_no_links(payload: str) -> None:
    assert blocks.links(f"[V{payload}]") == []
    assert blocks.links(payload) == []


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    for link in blocks.links(text):
        assert blocks.is_link(link)
    assert len(blocks.links(text)) + len(blocks.others(text)) <= len(blocks.blocks(text))

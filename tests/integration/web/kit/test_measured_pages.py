"""A page that is new is measured by ``bench pages``, or put aside there with a reason."""

from __future__ import annotations

from fastapi import FastAPI

from tests.bench.pages import not_measured


def test_every_page_is_measured_or_put_aside(app: FastAPI) -> None:
    assert not_measured(app) == []

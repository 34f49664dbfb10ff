"""``--share K/N``: of the tests that a run would have every N-th, from the K-th on. So several
units of a whole run take a file that is too dear for one (units.py)."""

from __future__ import annotations

import argparse

import pytest

from tests.support.suite.depth import LEFT_OUT


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--share", type=share, default=(1, 1), metavar="K/N", help="every N-th test, from the K-th"
    )


def share(text: str) -> tuple[int, int]:
    """``2/3`` as numbers. Raises ArgumentTypeError, which says what is wrong."""
    mine, _, of = text.partition("/")
    if not (mine.isdecimal() and of.isdecimal() and 1 <= int(mine) <= int(of)):
        raise argparse.ArgumentTypeError(f"{text!r} is no share: 2/3 is the second of three")
    return int(mine), int(of)


@pytest.hookimpl(trylast=True)  # of what ``-m`` and a fast run leave
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is deep and left out is counted by the first."""
    mine, of = config.option.share
    others = [item for place, item in enumerate(items) if place % of != mine - 1]
    if others:
        config.hook.pytest_deselected(items=others)
        items[:] = items[mine - 1 :: of]
    if mine > 1:
        config.stash[LEFT_OUT] = []

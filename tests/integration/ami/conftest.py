"""A real station and a simulated network for the link's tests against Asterisk itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ivr.asterisk.tree import AsteriskTree
from tests.integration.asterisk.conftest import Pair, start_pair, stop_pair, tree

__all__ = ["pair", "tree"]


@pytest.fixture(scope="module")
def pair(tree: AsteriskTree, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Its own: these tests provoke messages that the other folder's tests forbid."""
    started = start_pair(tmp_path_factory.mktemp("asterisk"), tree)
    yield started
    stop_pair(started)

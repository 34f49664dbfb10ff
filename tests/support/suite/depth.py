"""What runs when: a fast run takes what protects a promise, ``--deep`` takes everything.

A test marked ``deep`` is deselected in a fast run (never skipped), and counted in its closing line.
A test that is parametrized by database is deep on PostgreSQL, unless it, its class or its module is
marked ``both_databases``: there SQL differs (locks, order, erasing, upgrades). Whoever names a test
by its ``::`` gets it, deep or not.
"""

from __future__ import annotations

import pytest
from hypothesis import is_hypothesis_test

#: Who stands in a run's stash: the deep tests that it leaves out.
LEFT_OUT = pytest.StashKey[list[pytest.Item]]()
#: The parameters of a fixture that gives a database of each kind.
DATABASES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.twin))
_MARKERS = (
    "deep: not in a fast run: its fact is proved there by one of its class, or is about a count",
    "twin: the same test on PostgreSQL, which is deep but where both_databases says otherwise",
    "both_databases: SQL differs here, so a fast run takes both too",
    "counts: takes more of something in a deep run (it uses deep_run, or draws its examples)",
    "ear: listens to live audio, which a loaded machine tears",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--deep", action="store_true", help="everything, in full counts: 45 minutes")


@pytest.hookimpl(tryfirst=True)  # no_skips asks for what is left out
def pytest_configure(config: pytest.Config) -> None:
    config.stash[LEFT_OUT] = []
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deep tests go, or stay for ``--deep``; ``-m "deep or counts"`` then finds all that a fast run
    has not, or has less of."""
    for item in items:
        if _is_deep_twin(item):
            item.add_marker("deep")
        drawn = is_hypothesis_test(getattr(item, "obj", None))  # conftest.py
        if drawn or "deep_run" in getattr(item, "fixturenames", ()):
            item.add_marker("counts")
    if config.option.deep:
        return
    named = [argument for argument in map(str, config.args) if "::" in argument]
    left_out = [
        item for item in items if item.get_closest_marker("deep") and not _is_named(item, named)
    ]
    if not left_out:
        return
    config.stash[LEFT_OUT] = left_out
    config.hook.pytest_deselected(items=left_out)
    gone = set(left_out)
    items[:] = [item for item in items if item not in gone]


def _is_deep_twin(item: pytest.Item) -> bool:
    twin = item.get_closest_marker("twin")
    return twin is not None and item.get_closest_marker("both_databases") is None


def _is_named(item: pytest.Item, named: list[str]) -> bool:
    """Whether it, or all of its parameters, stand on the command line."""
    names = {item.nodeid, item.nodeid.partition("[")[0]}
    return any(name.endswith(tuple(f"/{n}" for n in names)) or name in names for name in named)


@pytest.fixture(scope="session")
def deep_run(pytestconfig: pytest.Config) -> bool:
    """Whether counts are the full ones."""
    return bool(pytestconfig.option.deep)

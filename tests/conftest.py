"""What every test gets. The plug-ins each say what they are for."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

pytest_plugins = (
    "tests.support.suite.depth",
    "tests.support.suite.shaken",
    "tests.support.suite.no_skips",
    "tests.support.suite.shares",
    "tests.support.suite.limits",
    "tests.support.suite.unit_guard",
    "tests.support.suite.leftovers",
    "tests.support.suite.forked",
    "tests.support.rows.postgresql",
    "tests.support.rows.compiled",
    "tests.support.pages.browser",
    "tests.support.suite.hold_ups",
    "tests.support.suite.unsteady",
    "tests.support.suite.costs",
)

# Nobody sets a container's clock, and a station would say so: what is about clocks asks for itself.
os.environ.setdefault("CALLFLOW_CLOCK", "none")
# A shared machine may leave a browser without a turn for so long as a person would call frozen.
os.environ.setdefault("CALLFLOW_SCREEN_FROZEN", "600")

# The machine is shared and tests are timed as a whole (limits.py), not example by example; the same
# examples each time, so that a red run is red for everybody.
settings.register_profile("deep", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("fast", settings.get_profile("deep"), max_examples=30)
settings.load_profile("fast")


def pytest_configure(config: pytest.Config) -> None:
    """Before tests are read, whose own settings add to these."""
    settings.load_profile("deep" if config.option.deep else "fast")

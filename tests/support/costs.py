"""What the tests of each package cost: seconds that passed, and seconds of CPU, of what they
started and saw the end of too. Printed at the end of a run of more than one package or a minute.

A session's own servers (PostgreSQL, browsers) are charged to the test after which they end.
"""

from __future__ import annotations

import re
import resource
import time
from collections.abc import Generator, Iterable
from pathlib import Path

import pytest

#: Runs below so many seconds say nothing.
_WORTH_SAYING = 60.0
_TESTS = Path(__file__).resolve().parents[1]
_LINE = re.compile(
    r"^cost: (?P<package>\S+) +(?P<count>\d+) tests +(?P<s>[\d.]+) s +(?P<cpu>[\d.]+) s"
)

#: By package: tests, seconds, seconds of CPU.
Costs = dict[str, tuple[int, float, float]]


def package_of(path: Path) -> str:
    """``integration/web`` for a test in it; the part alone for a file that stands in none."""
    if not path.is_relative_to(_TESTS):
        return "elsewhere"
    parts = path.relative_to(_TESTS).parts[:-1]
    return "/".join(parts[:2])


def lines(costs: Costs) -> list[str]:
    """The dearest in CPU first, then all together."""
    rows = sorted(costs.items(), key=lambda row: -row[1][2])
    total = [sum(column) for column in zip(*costs.values(), strict=True)] if costs else [0, 0, 0]
    rows.append(("all", (int(total[0]), total[1], total[2])))
    return [
        f"cost: {package:28} {count:6d} tests {seconds:9.1f} s {cpu:9.1f} s of CPU"
        for package, (count, seconds, cpu) in rows
    ]


def read(output: Iterable[str]) -> Costs:
    """What ``lines`` wrote, of several runs: added. ``all`` is counted anew."""
    costs: Costs = {}
    for found in filter(None, map(_LINE.match, output)):
        if (package := found["package"]) != "all":
            cost = int(found["count"]), float(found["s"]), float(found["cpu"])
            _add(costs, package, cost)
    return costs


def _add(costs: Costs, package: str, cost: tuple[int, float, float]) -> None:
    count, seconds, cpu = costs.get(package, (0, 0.0, 0.0))
    costs[package] = count + cost[0], seconds + cost[1], cpu + cost[2]


def _cpu() -> float:
    own, others = (
        resource.getrusage(of) for of in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


class Meter:
    """The plug-in of one run."""

    def __init__(self) -> None:
        self.costs: Costs = {}

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Around a test and its fixtures."""
        begun, cpu = time.monotonic(), _cpu()
        try:
            return (yield)
        finally:
            cost = 1, time.monotonic() - begun, _cpu() - cpu
            _add(self.costs, package_of(item.path), cost)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Before the closing line."""
        if sum(seconds for _, seconds, _ in self.costs.values()) < _WORTH_SAYING:
            return
        terminalreporter.section("what it cost")
        for line in lines(self.costs):
            terminalreporter.line(line)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Meter(), "callflow-costs")

"""What the tests of each package cost: seconds that passed, and seconds of CPU, of what they
started and saw the end of too. Printed at the end of a run of more than one package or a minute.

A session's own servers (PostgreSQL, browsers) are charged to the test after which they end. Of what
outlives its parent (a browser's helpers, which are the most of it) only a whole run knows the cost.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from pathlib import Path

import pytest

#: Runs below so many seconds say nothing.
_WORTH_SAYING = 60.0
_ROOT = Path(__file__).resolve().parents[3]
#: The name of the plug-in.
METER = "callflow-costs"

#: By file, or by package: tests, seconds, seconds of CPU.
Costs = dict[str, tuple[int, float, float]]


def package_of(path: str) -> str:
    """``integration/web`` for a test in it; the part alone for a file that stands in none."""
    folders = Path(path).parts[:-1]
    return "/".join(folders[1:3]) if folders[:1] == ("tests",) else "elsewhere"


def lines(costs: Iterable[Costs]) -> list[str]:
    """What files cost, by packages: the dearest in CPU first, then all together."""
    packages: Costs = {}
    for path, cost in (row for one in costs for row in one.items()):
        add(packages, package_of(path), cost)
        add(packages, "all", cost)
    rows = sorted(packages.items(), key=lambda row: (row[0] == "all", -row[1][2]))
    return [
        f"cost: {package:28} {count:6d} tests {seconds:9.1f} s {cpu:9.1f} s of CPU"
        for package, (count, seconds, cpu) in rows
    ]


def add(costs: Costs, name: str, cost: tuple[int, float, float]) -> None:
    count, seconds, cpu = costs.get(name, (0, 0.0, 0.0))
    costs[name] = count + cost[0], seconds + cost[1], cpu + cost[2]


def shared(costs: Mapping[str, Sequence[float]], cpu: float) -> Costs:
    """Those of a run that cost ``cpu`` seconds of CPU in all, what no test saw the end of too: each
    has its share."""
    seen = sum(cost[2] for cost in costs.values())
    share = cpu / seen if seen else 1.0
    return {name: (int(n), seconds, seen * share) for name, (n, seconds, seen) in costs.items()}


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
            path = item.path.relative_to(_ROOT) if item.path.is_relative_to(_ROOT) else item.path
            add(self.costs, path.as_posix(), (1, time.monotonic() - begun, _cpu() - cpu))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Before the closing line."""
        if sum(seconds for _, seconds, _ in self.costs.values()) < _WORTH_SAYING:
            return
        terminalreporter.section("what it cost")
        for line in lines([self.costs]):
            terminalreporter.line(line)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Meter(), METER)

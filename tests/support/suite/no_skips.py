"""Nothing is skipped: a skip, an expected failure or a part that is missing fails the run.

A test that can't run where the suite runs proves nothing there, and says so by failing. What a fast
run leaves out for ``--deep`` is no skip: it is counted in the closing line (depth.py).
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

import pytest

from tests.support.suite.depth import LEFT_OUT

#: Where all tests lie, under tests/.
PARTS = ("unit", "integration", "acceptance")
#: The files of what was deselected.
_LEFT_OUT_OF = pytest.StashKey[set[Path]]()
#: The order of the closing line's words; others come last.
_CLOSING = "passed failed skipped "


def _refuse(report: pytest.TestReport | pytest.CollectReport, what: str) -> None:
    reason = report.longrepr
    if isinstance(reason, tuple):
        path, line, reason = reason
        reason = f"{path}:{line}: {reason}"
    report.outcome = "failed"
    report.longrepr = f"{what}, and nothing may be: {reason or report.nodeid}"
    # The terminal reporter would still count it as xfailed.
    report.__dict__.pop("wasxfail", None)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skipped or xfailed test becomes a failed one."""
    report = yield
    if hasattr(report, "wasxfail"):
        _refuse(report, "marked as an expected failure")
    elif report.skipped:
        _refuse(report, "skipped")
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A module that skips itself (importorskip) becomes an error of collection."""
    report = yield
    if report.outcome == "skipped":
        _refuse(report, "skipped")
    return report


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """The closing line always says how many failed and were skipped, 0 included."""
    config.stash[_LEFT_OUT_OF] = set()
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        return
    build = reporter.build_summary_stats_line

    def with_zeros() -> tuple[list[tuple[str, dict[str, bool]]], str]:
        parts, colour = build()
        parts = _with_left_out(parts, len(config.stash[LEFT_OUT]))
        for word in ("passed", "failed", "skipped"):
            if not any(text.endswith(f" {word}") for text, _ in parts):
                parts.append((f"0 {word}", {}))
        parts.sort(key=lambda part: _CLOSING.find(part[0].split()[-1]) % len(_CLOSING))
        return parts, colour

    reporter.build_summary_stats_line = with_zeros


def _with_left_out(
    parts: list[tuple[str, dict[str, bool]]], left_out: int
) -> list[tuple[str, dict[str, bool]]]:
    """What a fast run leaves out is counted apart from what somebody's ``-k`` deselected."""
    if not left_out:
        return parts
    found = []
    for text, style in parts:
        count, _, word = text.partition(" ")
        if word != "deselected":
            found.append((text, style))
        elif int(count) > left_out:
            found.append((f"{int(count) - left_out} deselected", style))
    return [*found, (f"{left_out} deep left out", {})]


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    """What somebody's ``-k`` or ``-m`` leaves out is there all the same, as what is deep is."""
    for item in items:
        item.config.stash[_LEFT_OUT_OF].add(item.path)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Every folder, and every file of tests, that was asked for has tests."""
    config = session.config
    chosen = config.option.keyword or config.option.markexpr
    if config.stash[LEFT_OUT] and not session.items and not chosen:
        raise pytest.UsageError("all of these tests are deep: add --deep, or name one by its ::")
    left_out = config.stash[_LEFT_OUT_OF]
    collected = left_out | {item.path for item in session.items}
    if config.option.ignore or config.getoption("lf", default=False):
        return  # whole files are left out, and nobody says which
    if session.testsfailed or not collected:
        return  # pytest fails by itself, and says more: a path that isn't there, a broken import
    asked = [config.invocation_params.dir / str(given) for given in config.args]
    missing = [
        str(path)
        for given in asked
        if given.exists()
        for path in without_tests(given.resolve(), collected)
    ]
    if missing:
        raise pytest.UsageError("no test was collected in: " + ", ".join(missing))


def without_tests(part: Path, collected: set[Path]) -> list[Path]:
    """The files at or under ``part`` with tests none of which was collected; itself when it has
    none."""
    paths = [part] if part.is_file() else part.rglob("*.py")
    files = [path for path in paths if _looks_like_tests(path)]
    empty = [path for path in files if path not in collected]
    return empty if files else [part]


def _looks_like_tests(path: Path) -> bool:
    if path.name.startswith("test_") or path.name.endswith("_test.py"):
        return True
    return "\ndef test_" in path.read_text(encoding="utf-8")

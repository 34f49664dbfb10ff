"""Percentiles, medians of rounds, and how they are shown."""

from __future__ import annotations

import json
import math
import os
import statistics
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

Figure = float | int | str
Row = dict[str, Figure]


@dataclass
class Report:
    """What a benchmark found: ``rounds`` rows, each with the ``key`` columns that name it."""

    name: str
    key: tuple[str, ...]
    rounds: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    #: Invariants that did not hold; with any, the bench ends with an exit code that isn't zero.
    broken: list[str] = field(default_factory=list)

    def medians(self) -> list[Row]:
        """One row for each key: the median over its rounds of every figure."""
        groups: dict[tuple[Figure, ...], list[Row]] = {}
        for row in self.rounds:
            groups.setdefault(tuple(row[name] for name in self.key), []).append(row)
        return [_median(rows) for rows in groups.values()]

    def hold(self, column: str, limit_ms: float, *told: str) -> None:
        """Whether a median of ``column`` is within so many milliseconds, times its row's *busy*;
        ``told``: columns that say where it wasn't, beside the key."""
        for row in self.medians():
            limit = limit_ms * float(row["busy"])
            if float(row[column]) > limit:
                where = ", ".join(str(row[name]) for name in (*self.key, *told))
                self.broken.append(f"{where}: {row[column]} ms, more than {limit:.0f}")

    def show(self, *, as_json: bool) -> None:
        """Print the medians, as a table or for a program."""
        if as_json:
            found = {"name": self.name, "median": self.medians(), "rounds": self.rounds}
            print(json.dumps({**found, "notes": self.notes, "broken": self.broken}, indent=1))
            return
        console = Console(width=160)
        console.print(table(f"{self.name}: median of the rounds", self.medians()))
        for note in (*self.notes, *(f"BROKEN: {what}" for what in self.broken)):
            console.print(note, markup=False, highlight=False)


def seeds(rounds: int) -> range:
    """The seed of each round: from 0 on, or from what CALLFLOW_TEST_SEED says."""
    first = int(os.environ.get("CALLFLOW_TEST_SEED", "0"))
    return range(first, first + rounds)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` (0 to 1) of ``values`` do not exceed; nan of none."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]


def spread(name: str, seconds: Iterable[float]) -> Row:
    """p50, p99 and the largest of ``seconds``, in milliseconds."""
    found = [value * 1000 for value in seconds]
    return {
        f"{name}p50_ms": round(percentile(found, 0.5), 1),
        f"{name}p99_ms": round(percentile(found, 0.99), 1),
        f"{name}max_ms": round(max(found, default=math.nan), 1),
    }


def table(title: str, rows: Sequence[Mapping[str, Figure]]) -> Table:
    """Rows whose columns may differ."""
    shown = Table(title=title, title_justify="left")
    columns = list(dict.fromkeys(name for row in rows for name in row))
    for name in columns:
        shown.add_column(name.replace("_", " "), justify="right")
    for row in rows:
        shown.add_row(*(_text(row.get(name, "")) for name in columns))
    return shown


def say(text: str) -> None:
    """Progress, for a person who waits."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def _median(rows: Sequence[Row]) -> Row:
    found: Row = {}
    for name in rows[0]:
        values = [row[name] for row in rows if name in row]
        numbers = [value for value in values if isinstance(value, int | float)]
        found[name] = round(statistics.median(numbers), 2) if numbers else values[0]
    return {**found, "rounds": len(rows)}


def _text(value: Figure) -> str:
    if isinstance(value, float):
        return f"{value:,.1f}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else value

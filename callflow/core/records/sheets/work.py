"""Who handled alarms, of what kind they were, and when. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from callflow.core.records import plots
from callflow.core.records.figures import Step
from callflow.core.records.plots import Series
from callflow.core.records.sheets.parts import Cell, Line, Names, Sheet, Table, capital, share
from callflow.core.records.statistics import Group, total
from callflow.texts import word
from callflow.texts.charges import ACTS


def handling(names: Names, groups: Sequence[Group]) -> Sheet:
    """From receipt to the closing: what the machine did alone, how long it waited for a human, and
    how long it was in somebody's hands."""
    rows = [(capital(names.category(group.key)), group) for group in groups if group.closed]
    head = names.head("category", "closed", "handling", "machine", "waiting", "human")
    shown = [*rows]
    if len(rows) > 1:
        shown.append((capital(names.say("total")), total([group for _, group in rows])))
    lines = [Line([name, group.closed, *_means(group)]) for name, group in shown]
    parts = [
        Series(names.say(f"part_{part}"), [_mean(getattr(g, f"{part}_ms"), g) for _, g in rows])
        for part in ("machine", "waiting", "human")
    ]
    drawn = [plots.bars(names.title("handling"), [name for name, _ in rows], parts)]
    table = Table("handling", names.title("handling"), head, lines)
    return Sheet(drawn if rows else [], [table])


def _means(group: Group) -> Iterable[Cell]:
    whole = group.steps[Step.CLOSED].sum_ms
    return [
        _mean(each, group) for each in (whole, group.machine_ms, group.waiting_ms, group.human_ms)
    ]


def _mean(ms: int, group: Group) -> float:
    return round(ms / 1000 / group.closed, 1)


def by_day(names: Names, groups: Sequence[Group], days: Sequence[int]) -> plots.Drawing:
    """Alarms on each day of a month."""
    by = {int(group.key): group.incidents for group in groups}
    return plots.bars(
        names.title("by_day"),
        [names.day(day) for day in days],
        [Series("", [by.get(day, 0) for day in days])],
        height=230,
    )


def by_kind(names: Names, groups: Sequence[Group]) -> Table:
    """Alarms of each kind, and the false ones among them."""
    head = names.head("kind", "incidents", "closed", "false", "false_rate")
    most = sorted(groups, key=lambda group: (-group.incidents, group.key))
    lines = [
        Line([capital(names.kind(g.key)), g.incidents, g.closed, g.false, share(g.false, g.closed)])
        for g in most
    ]
    return Table("kinds", names.title("by_kind"), head, lines, frozenset({4}))


class Charged(Protocol):
    """A chargeable act (``callflow.core.records.charges``)."""

    @property
    def site_name(self) -> str:
        """Where it was."""

    @property
    def kind(self) -> str:
        """What it was."""

    @property
    def at(self) -> datetime:
        """When it was done (UTC)."""

    @property
    def quantity(self) -> int:
        """Hundredths of its unit."""

    @property
    def unit_price(self) -> int | None:
        """Cents."""

    @property
    def amount(self) -> int | None:
        """Cents."""


def charges(names: Names, found: Sequence[Charged]) -> Sheet:
    """What was done and is charged for, with what it costs together."""
    head = names.head("site", "day", "act", "quantity", "unit_price", "amount")
    lines = [
        Line(
            [
                *(one.site_name, f"{one.at:%d/%m}", word(ACTS, str(one.kind), names.language)),
                *(one.quantity / 100, _euros(one.unit_price), _euros(one.amount)),
            ]
        )
        for one in found
    ]
    whole = sum(one.amount or 0 for one in found)
    lines.append(Line([capital(names.say("total")), "", "", None, None, _euros(whole)]))
    return Sheet([], [Table("charges", names.title("charges"), head, lines)])


def _euros(cents: int | None) -> float | None:
    return None if cents is None else cents / 100

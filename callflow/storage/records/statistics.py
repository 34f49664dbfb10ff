"""Counts over what was derived, and over what is derived as it is read: one way of counting both.

What is live comes as one JSON parameter, and stands beside the table's rows of all other incidents:
in a query of its own where what both find can be added, which spares a year's rows a copy.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Select,
    Subquery,
    Table,
    Text,
    case,
    cast,
    func,
    literal,
    select,
    type_coerce,
    union_all,
)

from callflow.core.records.figures import (
    EDGES,
    FALSE,
    IncidentFigure,
    OperatorFigure,
    Step,
    number_of,
)
from callflow.core.records.statistics import (
    Asked,
    By,
    FalseAlarms,
    Group,
    Histogram,
    OperatorWork,
    Place,
    Spread,
    Targets,
    Took,
    TrunkRate,
    Within,
)
from callflow.core.records.trunk_figures import TrunkFigure
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx

_F = t.incident_figure.c
_BY = {
    By.CATEGORY: "category",
    By.HOUR: "hour",
    By.OPERATOR: "operator",
    By.SITE: "site_id",
    By.DAY: "day",
    By.KIND: "kind",
}
_STEPS = tuple(f"{step.value}_ms" for step in Step)
_MANY_DAYS = 90


class Live(Protocol):
    """What changed and is not in the tables yet (``handling.records.figures.Live``)."""

    @property
    def incident_ids(self) -> Sequence[str]:
        """Whose rows don't count."""

    @property
    def incidents(self) -> Sequence[IncidentFigure]:
        """What counts instead."""

    @property
    def operators(self) -> Sequence[OperatorFigure]:
        """The same, by operator."""


def groups(tx: Tx, live: Live, asked: Asked, by: By, targets: Targets) -> list[Group]:
    """The incidents by category, hour, operator, site or day, in the order of the key."""
    names = (_BY[by], "urgent", "unfounded", *_STEPS, "machine_ms", "human_ms")
    found: dict[str, Group] = {}
    for facts in _incidents(tx, live, asked, names):
        for row in tx.execute(_grouped(facts, by, targets)):
            group = _group(row)
            found[group.key] = found[group.key].plus(group) if group.key in found else group
    return sorted(found.values(), key=lambda group: _sorts(by, group.key))


def _sorts(by: By, key: str) -> tuple[int, str]:
    return (int(key), "") if by in (By.HOUR, By.DAY) else (0, key)


def _grouped(f: _Facts, by: By, targets: Targets) -> Select[Any]:
    key, urgent = f[_BY[by]], f["urgent"]
    sums: list[ColumnElement[Any]] = []
    for name in _STEPS:
        sums += [func.count(f[name]), func.sum(f[name]), func.max(f[name])]
    within = [
        _count(f["acted_ms"] <= case((urgent, one.within_ms), else_=other.within_ms))
        for one, other in zip(targets.urgent, targets.other, strict=True)
    ]
    return select(
        key,
        urgent,
        func.count(),
        _count(f["unfounded"]),
        func.sum(f["machine_ms"]),
        func.sum(f["human_ms"]),
        *within,
        *sums,
    ).group_by(key, urgent)


def _count(which: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((which, 1), else_=0))


def _took(count: int, sum_ms: int, most_ms: int) -> Took:
    """A clock that was set back makes some less than nothing."""
    return Took(count, sum_ms, max(0, most_ms))


def _group(row: Any) -> Group:
    key, urgent, incidents, unfounded, machine, human, first, second, *steps = row
    within = Within(incidents, int(first), int(second))
    return Group(
        key=str(key),
        incidents=incidents,
        false=int(unfounded),
        steps={
            step: _took(*(int(each or 0) for each in steps[place * 3 : place * 3 + 3]))
            for place, step in enumerate(Step)
        },
        urgent=within if urgent else Within(),
        other=Within() if urgent else within,
        machine_ms=int(machine or 0),
        human_ms=int(human or 0),
    )


def histograms(tx: Tx, live: Live, asked: Asked, step: Step) -> Spread:
    """How long one step took, by category and by class."""
    name = f"{step.value}_ms"
    counted: list[Any] = []
    for f in _incidents(tx, live, asked, ("category", "urgent", name)):
        bar = case((f[name].is_(None), -1), else_=_bar(f[name], 0, len(EDGES))).label("bar")
        each = select(f["category"], f["urgent"], bar).subquery().c
        keys = (each.category, each.urgent, each.bar)
        counted += tx.execute(select(*keys, func.count()).group_by(*keys))
    categories: dict[str, dict[int, int]] = {}
    classes: dict[str, dict[int, int]] = {}
    for category, urgent, place, count in counted:
        for found, key in ((categories, category), (classes, "urgent" if urgent else "other")):
            bars = found.setdefault(key, {})
            bars[place] = bars.get(place, 0) + count
    return Spread(step=step, classes=_histograms(classes), categories=_histograms(categories))


def _bar(took: ColumnElement[Any], low: int, high: int) -> ColumnElement[int]:
    """The bar among ``low`` to ``high``, by halves: four questions instead of fourteen."""
    if low == high:
        return literal(low)
    middle = (low + high) // 2
    shorter = took <= EDGES[middle] * 1000
    return case((shorter, _bar(took, low, middle)), else_=_bar(took, middle + 1, high))


def _histograms(found: dict[str, dict[int, int]]) -> tuple[Histogram, ...]:
    return tuple(
        Histogram(
            key=key,
            bars=tuple(bars.get(place, 0) for place in range(len(EDGES) + 1)),
            never=bars.get(-1, 0),
        )
        for key, bars in sorted(found.items(), reverse=True)
    )


def false_alarms(
    tx: Tx, live: Live, asked: Asked, place: Place, limit: int | None = None
) -> list[FalseAlarms]:
    """Closed incidents and the false ones among them, those with most of them first."""
    names = {
        Place.SITE: ("site_id",),
        Place.ZONE: ("site_id", "account", "zone"),
        Place.MAKER: ("account",),
    }[place]
    f = _together(_incidents(tx, live, asked, (*names, "closed_ms", "resolution", "unfounded")))
    keys: list[ColumnElement[Any]] = [f[name] for name in names]
    source: Any = f.of
    if place is Place.MAKER:
        panel = t.account
        source = f.of.outerjoin(panel, panel.c.account == f["account"])
        keys = [func.coalesce(panel.c.maker, "")]
    codes = [_count(f["resolution"] == code) for code in FALSE]
    false = _count(f["unfounded"])
    query = (
        select(*keys, func.count(), false, *codes)
        .select_from(source)
        .where(f["closed_ms"].is_not(None))
        .group_by(*keys)
        .order_by(false.desc(), func.count().desc(), *keys)
        .limit(limit)
    )
    return [_false(row, len(keys)) for row in tx.execute(query)]


def _false(row: Any, keys: int) -> FalseAlarms:
    named, (closed, false, *codes) = row[:keys], row[keys:]
    account, zone = named[1:] if keys > 1 else ("", "")
    return FalseAlarms(
        key=named[0],
        account=account,
        zone=zone,
        closed=closed,
        false=int(false),
        codes={code: int(count) for code, count in zip(FALSE, codes, strict=True) if count},
    )


def operators(tx: Tx, live: Live, asked: Asked) -> list[OperatorWork]:
    """What each operator did for incidents received then, by their names."""
    names = ("incident_id", "operator", "held_ms", "taken", "closed")
    o = _together(_operators(tx, live, asked, names))
    query = (
        select(
            o["operator"],
            func.count(),
            func.sum(o["held_ms"]),
            func.sum(o["taken"]),
            func.sum(o["closed"]),
        )
        .group_by(o["operator"])
        .order_by(o["operator"])
    )
    return [
        OperatorWork(
            operator=who, incidents=of, held_ms=int(ms), taken=int(took), closed=int(ended)
        )
        for who, of, ms, took, ended in tx.execute(query)
    ]


def trunk_rates(
    tx: Tx, live: Sequence[TrunkFigure], since_hour: int, asked: Asked, *, by_day: bool
) -> list[TrunkRate]:
    """Calls over each trunk by the hour of the day, or by the day, in which they ended; ``live``:
    those of the hours from ``since_hour`` on."""
    c = t.trunk_figure.c
    when = c.day if by_day else c.hour
    days = number_of(asked.first), number_of(asked.last)
    query = (
        select(
            c.trunk, when, c.outcome, func.sum(c.calls), func.sum(c.answered), func.sum(c.waited_ms)
        )
        .where(c.day.between(*days), c.since < since_hour)
        .group_by(c.trunk, when, c.outcome)
    )
    found = {(row[0], row[1], row[2]): [int(n) for n in row[3:]] for row in tx.execute(query)}
    for one in live:
        if days[0] <= one.day <= days[1]:
            at = found.setdefault(
                (one.trunk, one.day if by_day else one.hour, one.outcome), [0, 0, 0]
            )
            for place, more in enumerate((one.calls, one.answered, one.waited_ms)):
                at[place] += more
    return [
        TrunkRate(
            trunk=trunk, when=when, outcome=outcome, calls=n[0], answered=n[1], waited_ms=n[2]
        )
        for (trunk, when, outcome), n in sorted(found.items())
    ]


# --- rows, and what is live ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Facts:
    """Columns by their names, of rows that count."""

    of: Subquery

    def __getitem__(self, name: str) -> ColumnElement[Any]:
        return self.of.c[name]


def _incidents(tx: Tx, live: Live, asked: Asked, names: Iterable[str]) -> list[_Facts]:
    wanted: dict[str, Any] = {"site_id": asked.site, "category": asked.category}
    wanted["operator"] = asked.operator
    kept = [row for row in _matching(live.incidents, asked, wanted) if _within(asked, row)]
    return _facts(tx, t.incident_figure, live.incident_ids, kept, asked, wanted, names)


def _within(asked: Asked, row: dict[str, Any]) -> bool:
    site: str = row["site_id"]
    after = asked.beyond is None or site > asked.beyond
    among = asked.sites is None or site in asked.sites
    return after and among and (asked.until is None or site <= asked.until)


def next_sites(tx: Tx, live: Live, after: str | None, limit: int) -> list[str]:
    """The keys of the next sites that alarms are of, whenever they came; "": of none."""
    c = t.incident_figure.c
    query = select(c.site_id).group_by(c.site_id).order_by(c.site_id).limit(limit)
    if after is not None:
        query = query.where(c.site_id > after)
    others = {one.site_id for one in live.incidents if after is None or one.site_id > after}
    return sorted({*tx.execute(query).scalars(), *others})[:limit]


def _operators(tx: Tx, live: Live, asked: Asked, names: Iterable[str]) -> list[_Facts]:
    wanted = {"category": asked.category, "operator": asked.operator}
    kept = _matching(live.operators, asked, wanted)
    return _facts(tx, t.operator_figure, live.incident_ids, kept, asked, wanted, names)


def _matching(rows: Sequence[Any], asked: Asked, wanted: dict[str, str]) -> list[dict[str, Any]]:
    first, last = number_of(asked.first), number_of(asked.last)
    return [
        asdict(row)
        for row in rows
        if first <= row.day <= last
        and all(not value or getattr(row, name) == value for name, value in wanted.items())
    ]


def _facts(
    tx: Tx,
    table: Table,
    changed: Sequence[str],
    live: list[dict[str, Any]],
    asked: Asked,
    wanted: dict[str, str],
    names: Iterable[str],
) -> list[_Facts]:
    """The table's rows, and those that are live, where there are any."""
    c = table.c
    columns = [c[name] for name in dict.fromkeys(names)]
    kept = select(*columns).where(_between(tx, c.day, asked))
    for name, value in wanted.items():
        if value:
            kept = kept.where(c[name] == value)
    if asked.sites is not None:
        kept = kept.where(c.site_id.in_(_texts(tx, sorted(asked.sites))))
    if asked.beyond is not None:
        kept = kept.where(c.site_id > asked.beyond)
    if asked.until is not None:
        kept = kept.where(c.site_id <= asked.until)
    # Mostly new alarms, of which no row is there: a year's rows are not each looked for among them.
    older = select(c.incident_id).distinct().where(c.incident_id.in_(_texts(tx, changed)))
    if changed and (there := list(tx.execute(older).scalars())):
        kept = kept.where(c.incident_id.not_in(_texts(tx, there)))
    both = [kept, _given(tx, columns, live)] if live else [kept]
    return [_Facts(each.subquery()) for each in both]


def _together(both: Sequence[_Facts]) -> _Facts:
    if len(both) == 1:
        return both[0]
    return _Facts(union_all(*(select(each.of) for each in both)).subquery())


def _between(tx: Tx, day: Column[Any], asked: Asked) -> ColumnElement[bool]:
    """SQLite takes an index's rows one by one, of a year two times as slowly as the whole table's:
    an expression has none."""
    many = tx.dialect.name == "sqlite" and (asked.last - asked.first).days > _MANY_DAYS
    return (day + 0 if many else day).between(number_of(asked.first), number_of(asked.last))


def _texts(tx: Tx, given: Sequence[str]) -> Select[Any]:
    """A list of texts as a query, however many they are."""
    name = "json_each" if tx.dialect.name == "sqlite" else "json_array_elements_text"
    found = getattr(func, name)(_json(tx, given)).table_valued("value")
    return select(found.c.value)


def _given(tx: Tx, columns: Sequence[Column[Any]], rows: list[dict[str, Any]]) -> Select[Any]:
    """Rows that are in no table, as a query."""
    names = [column.name for column in columns]
    narrow = [{name: row[name] for name in names} for row in rows]
    if tx.dialect.name == "sqlite":
        each = func.json_each(_json(tx, narrow)).table_valued("value")
        read = (func.json_extract(each.c.value, f"$.{name}") for name in names)
        return select(
            *(
                type_coerce(one, column.type).label(column.name)
                for one, column in zip(read, columns, strict=True)
            )
        )
    typed = [Column(column.name, column.type) for column in columns]
    given = func.json_to_recordset(_json(tx, narrow)).table_valued(*typed)
    named = given.render_derived(with_types=True)
    return select(*(named.c[name] for name in names))


def _json(tx: Tx, value: Any) -> ColumnElement[Any]:
    said = literal(json.dumps(value), Text)
    return said if tx.dialect.name == "sqlite" else cast(said, JSON)

"""How soon each step came, against the targets; when alarms come in. Pure."""

from collections.abc import Sequence

from callflow.core.records import plots
from callflow.core.records.figures import EDGES, Step
from callflow.core.records.plots import Drawing, Mark, Series
from callflow.core.records.sheets.parts import (
    Cell,
    Line,
    Names,
    Sheet,
    Table,
    capital,
    edge_word,
    seconds,
    share,
)
from callflow.core.records.statistics import (
    Group,
    Histogram,
    OperatorWork,
    Spread,
    Target,
    Targets,
    Within,
    total,
)
from callflow.core.signals.signal import Category
from callflow.texts import word
from callflow.texts.statistics import CLASSES

#: Rows of a plot at most: the others are in the table.
_MOST_BARS = 20


def delays(names: Names, groups: Sequence[Group], spread: Spread, targets: Targets) -> Sheet:
    """How long one step took, against the targets; every step in a table."""
    named = [
        *((_class(names, each), each, _of_class(each, targets)) for each in spread.classes),
        *((names.category(h.key), h, _of_category(h, targets)) for h in spread.categories),
    ]
    drawn = [
        _histogram(names, name, one, spread.step, two) for name, one, two in named if one.count
    ]
    tables = [
        _steps(names, groups),
        _targets(names, total(list(groups)), targets),
        _categories(names, groups),
        _bars(names, spread.step, [(name, one) for name, one, _ in named]),
    ]
    return Sheet(drawn, tables)


def _class(names: Names, one: Histogram) -> str:
    return word(CLASSES, one.key, names.language)


def _of_class(one: Histogram, targets: Targets) -> tuple[Target, Target]:
    return targets.urgent if one.key == "urgent" else targets.other


def _of_category(one: Histogram, targets: Targets) -> tuple[Target, ...]:
    """A vital alarm may be of either class."""
    return () if one.key == Category.VITAL else targets.other


def _histogram(
    names: Names, name: str, one: Histogram, step: Step, two: Sequence[Target]
) -> Drawing:
    return plots.bars(
        capital(names.title("histogram", names.step(step), name)),
        [*map(edge_word, EDGES), names.say("longer")],
        [Series("", one.bars)],
        marks=[_mark(names, each) for each in two] if step is Step.ACTED else [],
        height=230,
    )


def _mark(names: Names, target: Target) -> Mark:
    """Where it stands among the bars."""
    at, before = target.within_ms / 1000, 0.0
    words = f"{names.number(at)} s : {names.number(target.share)} %"
    for place, edge in enumerate(EDGES):
        if at <= edge:
            return Mark(place + (at - before) / (edge - before), words)
        before = edge
    return Mark(len(EDGES), words)


def _steps(names: Names, groups: Sequence[Group]) -> Table:
    """A line a step: all alarms, then the mean of each category."""
    whole = total(list(groups))
    head = names.head("step", "how_many", "mean_all", "longest")
    head += [capital(names.say("mean_of", names.category(group.key))) for group in groups]
    lines = []
    for step in Step:
        took = whole.steps[step]
        most = seconds(took.most_ms) if took.count else None
        means = [seconds(group.steps[step].mean_ms) for group in groups]
        lines.append(
            Line([capital(names.step(step)), took.count, seconds(took.mean_ms), most, *means])
        )
    return Table("steps", names.title("steps"), head, lines)


def _categories(names: Names, groups: Sequence[Group]) -> Table:
    head = names.head("category", "incidents", "closed", "false", "false_rate")
    rows = [(capital(names.category(group.key)), group) for group in groups]
    if len(rows) > 1:
        rows.append((capital(names.say("total")), total(list(groups))))
    lines = [
        Line([name, g.incidents, g.closed, g.false, share(g.false, g.closed)]) for name, g in rows
    ]
    return Table("categories", names.title("by_category"), head, lines, frozenset({4}))


def _targets(names: Names, whole: Group, targets: Targets) -> Table:
    head = names.head("class", "incidents", "reached", "reached_share", "target", "met")
    lines = [
        Line(_target_cells(names, f"{word(CLASSES, name, names.language)}", of, reached, each))
        for name, of, two in (
            ("urgent", whole.urgent, targets.urgent),
            ("other", whole.other, targets.other),
        )
        for reached, each in zip((of.first, of.second), two, strict=True)
    ]
    return Table("targets", names.title("targets"), head, lines, frozenset({3, 4}))


def _target_cells(names: Names, name: str, of: Within, reached: int, target: Target) -> list[Cell]:
    got = share(reached, of.of)
    met = "" if got is None else names.say("yes" if got >= target.share else "no")
    label = f"{name}, {names.say('within', f'{target.within_ms / 1000:g}')}"
    return [label, of.of, reached, got, target.share, met]


def _bars(names: Names, step: Step, named: Sequence[tuple[str, Histogram]]) -> Table:
    head = [capital(names.say("bar")), *(capital(name) for name, _ in named)]
    ends = [*(f"≤ {edge_word(edge)}" for edge in EDGES), names.say("longer"), names.say("never")]
    columns = [(*one.bars, one.never) for _, one in named]
    lines = [Line([end, *(c[place] for c in columns)]) for place, end in enumerate(ends)]
    return Table("bars", names.title("bars", names.step(step)), head, lines)


def hours(names: Names, groups: Sequence[Group]) -> Sheet:
    """Alarms by the hour of the day in which they came."""
    by = {int(group.key): group for group in groups}
    empty = total([])
    rows = [(f"{hour:02d} h", by.get(hour, empty)) for hour in range(24)]
    labels = [name for name, _ in rows]
    drawn = [
        plots.bars(names.title("by_hour"), labels, [Series("", [g.incidents for _, g in rows])]),
        plots.bars(
            names.title("hour_delay"),
            labels,
            [Series("", [seconds(g.steps[Step.ACTED].mean_ms) or 0 for _, g in rows])],
        ),
    ]
    measured = (Step.CLAIMED, Step.CALLED, Step.ACTED, Step.CLOSED)
    head = names.head("hour", "incidents", "closed")
    head += [capital(names.say("mean", names.step(step))) for step in measured]
    lines = [
        Line([name, g.incidents, g.closed, *(seconds(g.steps[s].mean_ms) for s in measured)])
        for name, g in rows
    ]
    return Sheet(drawn if groups else [], [Table("hours", names.title("by_hour"), head, lines)])


def operators(names: Names, groups: Sequence[Group], work: Sequence[OperatorWork]) -> Sheet:
    """What each operator did, and how soon."""
    by = {group.key: group for group in groups}
    empty = total([])
    lines = []
    for each in work:
        group = by.get(each.operator, empty)
        took = group.steps
        lines.append(
            Line(
                [
                    *(names.person(each.operator), each.incidents, each.taken, each.closed),
                    *(seconds(took[s].mean_ms) for s in (Step.CLAIMED, Step.CALLED, Step.VERIFIED)),
                    seconds(each.held_ms),
                    seconds(each.held_ms / each.incidents) if each.incidents else None,
                ]
            )
        )
    steps = [
        capital(names.say("mean", names.step(s)))
        for s in (Step.CLAIMED, Step.CALLED, Step.VERIFIED)
    ]
    head = [
        *names.head("operator", "incidents", "taken", "closed"),
        *steps,
        *names.head("held", "held_mean"),
    ]
    most = sorted(work, key=lambda each: -each.held_ms)[:_MOST_BARS]
    drawn = [
        plots.bars(
            names.title("operators"),
            [names.person(each.operator) for each in most],
            [Series("", [each.taken for each in most])],
        ),
        plots.bars(
            names.title("held"),
            [names.person(each.operator) for each in most],
            [Series("", [each.held_ms / 60_000 for each in most])],
        ),
    ]
    return Sheet(drawn if most else [], [Table("operators", names.title("operators"), head, lines)])

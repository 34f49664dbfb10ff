"""Where false alarms come from, and how trunks carry calls. Pure."""

from collections.abc import Sequence

from callflow.core.records import plots
from callflow.core.records.figures import FALSE
from callflow.core.records.plots import Series
from callflow.core.records.sheets.parts import (
    Cell,
    Line,
    Names,
    Sheet,
    Table,
    capital,
    seconds,
    share,
)
from callflow.core.records.statistics import FalseAlarms, Place, TrunkRate
from callflow.core.sites.zones import zone_key
from callflow.texts import RESOLUTIONS, word


def false_alarms(names: Names, found: Sequence[FalseAlarms], place: Place) -> Sheet:
    """Where they came from, those with most first."""
    codes = [code for code in FALSE if any(code in each.codes for each in found)]
    said = [capital(word(RESOLUTIONS, code, names.language)) for code in codes]
    keys = {
        Place.SITE: ("site", "site_id"),
        Place.ZONE: ("site", "site_id", "account", "zone", "zone_name"),
        Place.MAKER: ("maker",),
    }[place]
    head = [*names.head(*keys, "closed", "false", "false_rate"), *said]
    lines = [
        Line(
            [
                *_where(names, each, place),
                each.closed,
                each.false,
                share(each.false, each.closed),
                *(each.codes.get(code, 0) for code in codes),
            ],
            each.key if place is not Place.MAKER else "",
        )
        for each in found
    ]
    table = Table("false", names.title("false_alarms"), head, lines, frozenset({len(keys) + 2}))
    shown = [each for each in found if each.false][:12]
    parts = [
        Series(text, [each.codes.get(code, 0) for each in shown])
        for code, text in zip(codes, said, strict=True)
    ]
    drawn = [
        _stacked(
            names.title("false_alarms"),
            [_short(names, each, place) for each in shown],
            _few(names, parts),
        )
    ]
    return Sheet(drawn if shown else [], [table])


def _stacked(title: str, labels: Sequence[str], parts: Sequence[Series]) -> plots.Drawing:
    """The four parts that are most are told apart; the rest is one."""
    return plots.bars(title, labels, parts, width=1330)


def _few(names: Names, parts: Sequence[Series]) -> list[Series]:
    if len(parts) <= len(plots.COLOURS):
        return list(parts)
    first = sorted(parts, key=lambda part: -sum(part.values))
    kept, rest = first[: len(plots.COLOURS) - 1], first[len(plots.COLOURS) - 1 :]
    values = [sum(column) for column in zip(*(part.values for part in rest), strict=True)]
    return [*kept, Series(names.say("others"), values)]


def _where(names: Names, one: FalseAlarms, place: Place) -> list[Cell]:
    if place is Place.MAKER:
        return [one.key or names.say("unknown")]
    site: list[Cell] = [names.sites.get(one.key, one.key or names.say("unknown")), one.key]
    if place is Place.SITE:
        return site
    zone = one.zone or names.say("none")
    return [*site, one.account, zone, names.zones.get((one.account, zone_key(one.zone)), "")]


def _short(names: Names, one: FalseAlarms, place: Place) -> str:
    if place is Place.MAKER:
        return _cut(one.key or names.say("unknown"))
    return _cut(names.sites.get(one.key, one.key) or names.say("unknown"), one.zone)


def _cut(text: str, more: str = "") -> str:
    text = text if len(text) <= 12 else f"{text[:11]}…"
    return f"{text} {more}" if more else text


def trunks(names: Names, days: Sequence[TrunkRate]) -> Sheet:
    """How many calls out were answered, by trunk and day."""
    by: dict[str, list[TrunkRate]] = {}
    for each in days:
        by.setdefault(each.trunk, []).append(each)
    head = names.head(
        "trunk", "calls", "answered", "answer_rate", "busy", "no_answer", "trunk_failure", "waited"
    )
    lines = [Line(_trunk_cells(trunk, rates)) for trunk, rates in by.items()]
    drawn = [_by_day(names, trunk, rates) for trunk, rates in by.items()]
    return Sheet(drawn, [Table("trunks", names.title("trunks"), head, lines, frozenset({3}))])


def _trunk_cells(trunk: str, rates: Sequence[TrunkRate]) -> list[Cell]:
    calls, answered = sum(r.calls for r in rates), sum(r.answered for r in rates)
    ended = {o: sum(r.calls for r in rates if r.outcome == o) for o in _OUTCOMES}
    waited = seconds(sum(r.waited_ms for r in rates) / answered) if answered else None
    return [trunk, calls, answered, share(answered, calls), *ended.values(), waited]


_OUTCOMES = ("busy", "no_answer", "trunk_failure")


def _by_day(names: Names, trunk: str, rates: Sequence[TrunkRate]) -> plots.Drawing:
    days = sorted({rate.when for rate in rates})
    of = {day: [r for r in rates if r.when == day] for day in days}
    values = [
        share(sum(r.answered for r in each), sum(r.calls for r in each)) or 0
        for each in of.values()
    ]
    return plots.bars(
        names.title("answer_rate", trunk),
        [names.day(day) for day in days],
        [Series("", values)],
        said=lambda value: f"{value:.0f} %",
        top=100,
        height=230,
    )

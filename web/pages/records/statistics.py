"""Statistics: plots and tables whose filters are their address, each table a file as well.

Whoever reads sees the station's. One operator's are personal data: a supervisor sees those of all,
which is told, and an operator their own.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Response
from markupsafe import Markup

from callflow.core.records.figures import Step
from callflow.core.records.statistics import Asked, Place
from callflow.core.signals.signal import Category
from callflow.handling.records import statistics, visits
from callflow.handling.records.statistics import Question, View
from callflow.storage import Tx
from callflow.storage.people import users
from callflow.storage.sites import sites
from callflow.texts.readable import readable
from web.access.sessions import Reader, Visitor
from web.access.users import Right
from web.access.views import frame
from web.kit import i18n, spreadsheets, words
from web.kit.listing import Day, Words
from web.kit.problems import ProblemError, not_found
from web.kit.rendering import page
from web.pages.records.logbook import day_in
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

#: Days shown where none is asked for; false alarms that a page shows.
_DAYS, _MOST = 30, 50
#: What an empty parameter means: it may be left out of an address.
_PLAIN = {"step": Step.ACTED.value, "by": Place.SITE.value}


@dataclass(frozen=True, slots=True)
class Filters:
    """What an address asks for, as it says it."""

    first: str = ""
    last: str = ""
    site: str = ""
    category: str = ""
    operator: str = ""
    step: str = ""
    by: str = ""

    def question(self, view: View, today: date) -> Question:
        """The same, read. Raises a problem."""
        last = day_in(self.last, "to") or today
        first = day_in(self.first, "from") or last - timedelta(days=_DAYS - 1)
        asked = Asked(
            first=first,
            last=last,
            site=self.site.strip(),
            category=_one_of(Category, self.category, "category"),
            operator=self.operator.strip(),
        )
        if asked.fault:
            raise ProblemError(422, asked.fault, field="from")
        return Question(
            view=view,
            asked=asked,
            step=Step(_one_of(Step, self.step, "step") or Step.ACTED),
            place=Place(_one_of(Place, self.by, "by") or Place.SITE),
        )

    def address(self, view: str, **changed: str) -> str:
        """The address of a view of the same period."""
        names = {"from": self.first, "to": self.last, "site": self.site}
        names |= {"category": self.category, "operator": self.operator}
        names |= {"step": self.step, "by": self.by, **changed}
        given = {name: value for name, value in names.items() if value != _PLAIN.get(name, "")}
        query = f"?{urlencode(given)}" if given else ""
        return f"/statistics{f'/{view}' if view != View.DELAYS else ''}{query}"


def _one_of(known: type[Any], said: str, field: str) -> str:
    values = [each.value for each in known]
    if said and said not in values:
        raise ProblemError(422, f"choose one of {', '.join(values)}", field=field)
    return said


def _filters(
    first: Annotated[Day, Query(alias="from")] = "",
    last: Annotated[Day, Query(alias="to")] = "",
    site: Annotated[str, Query(max_length=64)] = "",
    category: Words = "",
    operator: Words = "",
    step: Words = "",
    by: Words = "",
) -> Filters:
    plain = (text.replace("\0", "") for text in (site, operator))
    site, operator = plain
    return Filters(first, last, site, category, operator, step, by)


Filtered = Annotated[Filters, Depends(_filters)]


@router.get("/statistics")
async def delays(visitor: Reader, station: Here, filters: Filtered) -> Response:
    """From receipt to each step, against the targets."""
    return await _show(station, visitor, View.DELAYS, filters)


@router.get("/statistics/{view}")
async def show(view: str, visitor: Reader, station: Here, filters: Filtered) -> Response:
    """By hour or operator, false alarms, trunks, who handled."""
    return await _show(station, visitor, _view(view), filters)


@router.get("/statistics/{view}/{table}.{format}")
async def file(
    view: str,
    table: str,
    format: spreadsheets.Format,
    visitor: Reader,
    station: Here,
    filters: Filtered,
) -> Response:
    """One table of a view, whole."""
    question = await _question(station, visitor, _view(view), filters)
    found = await _answer(station, visitor, question)
    wanted = next((each for each in found.sheet.tables if each.name == table), None)
    if wanted is None:
        raise not_found("table")
    asked = question.asked
    return spreadsheets.answer(
        wanted.head,
        (line.cells for line in wanted.lines),
        name=f"callflow-{view}-{table}-{asked.first}-{asked.last}",
        title=wanted.title,
        format=format,
        language=visitor.language,
    )


def _view(said: str) -> View:
    if said not in {view.value for view in View}:
        raise not_found("statistics")
    return View(said)


async def _question(station: Station, visitor: Visitor, view: View, filters: Filters) -> Question:
    """What may be asked by this visitor; who looks at others' figures is told. Raises a problem."""
    now = station.clock()
    today = now.astimezone(ZoneInfo(i18n.STATION_ZONE)).date()
    question = filters.question(view, today)
    asked = question.asked
    personal = view is View.OPERATORS or asked.operator
    if not personal or asked.operator == visitor.name:
        return question
    if Right.SUPERVISE not in visitor.rights:
        if asked.operator:
            raise ProblemError(403, "a supervisor sees the figures of others")
        return replace(question, asked=replace(asked, operator=visitor.name))
    if not await station.store.read(lambda tx: visits.is_seeing_figures(tx, visitor.name, now)):
        await station.store.write(lambda tx: visits.figures_seen(tx, visitor.name, now))
    return question


async def _answer(station: Station, visitor: Visitor, question: Question) -> statistics.Answer:
    now = station.clock()
    return await station.store.read(
        lambda tx: statistics.answer(tx, question, station.settings, visitor.language, now)
    )


async def _show(station: Station, visitor: Visitor, view: View, filters: Filters) -> Response:
    question = replace(await _question(station, visitor, view, filters), most=_MOST)
    now, asked = station.clock(), question.asked

    def read(tx: Tx) -> dict[str, Any]:
        found = statistics.answer(
            tx, question, station.settings, visitor.language, now, visitor.called
        )
        return {
            **frame(tx, station, visitor, "statistics"),
            "plots": [(plot.title, _drawn(plot.svg)) for plot in found.sheet.plots],
            "tables": found.sheet.tables,
            "whole": found.whole,
            "site_name": sites.names_of(tx, [asked.site]).get(asked.site, asked.site),
            "operators": _operators(tx, visitor),
        }

    values = await station.store.read(read)
    values |= {
        "view": view.value,
        "views": [each.value for each in View],
        "filters": filters,
        "question": question,
        "asked": asked,
        "categories": [each.value for each in Category],
        "steps": [each.value for each in Step],
        "places": [each.value for each in Place],
        "periods": _periods(now.astimezone(ZoneInfo(i18n.STATION_ZONE)).date()),
        "formats": spreadsheets.MEDIA,
        "file": lambda table, format: _file_address(filters, question, table, format),
        "most": _MOST,
    }
    return page(visitor.language, "records/statistics.html", values)


def _drawn(plot: str) -> Markup:
    return Markup(readable(plot))  # noqa: S704 -- its words are escaped where it is drawn


def _operators(tx: Tx, visitor: Visitor) -> list[str]:
    """Whose figures may be asked for."""
    if Right.SUPERVISE in visitor.rights:
        return sorted(user.name for user in users.users(tx))
    return [visitor.name] if Right.HANDLE in visitor.rights else []


def _periods(today: date) -> list[tuple[str, str, str]]:
    """(name, first day, last day) of the periods that are asked for most."""
    month = today.replace(day=1)
    before = month - timedelta(days=1)
    year = today.replace(month=1, day=1)
    periods = (
        (words.PERIODS["today"], today, today),
        (words.PERIODS["week"], today - timedelta(days=6), today),
        (words.PERIODS["month"], month, today),
        (words.PERIODS["last_month"], before.replace(day=1), before),
        (words.PERIODS["year"], year, today),
    )
    return [(name, first.isoformat(), last.isoformat()) for name, first, last in periods]


def _file_address(filters: Filters, question: Question, table: str, format: str) -> str:
    asked = question.asked
    fixed = {"from": asked.first.isoformat(), "to": asked.last.isoformat()}
    address, _, query = filters.address("*", **fixed).partition("?")
    return f"{address.replace('*', question.view)}/{table}.{format}?{query}"

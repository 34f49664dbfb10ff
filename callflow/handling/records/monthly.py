"""Monthly reports: subscribed to, read from the statistics, noted once they were made and sent."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from callflow import ids
from callflow.core.messages.outbox import Channel, one_line, wrong_address
from callflow.core.records import sheets
from callflow.core.records.figures import bounds, number_of
from callflow.core.records.monthly import MonthlyReport, Subject, Subscription
from callflow.core.records.monthly import number_of as month_number
from callflow.core.records.sheets import Names, Sheet
from callflow.core.records.statistics import Asked, By, Group, Place, days_between
from callflow.handling.base.policy import STATION_ZONE
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.telling import storable, tell
from callflow.handling.messages import outbox
from callflow.handling.records import statistics
from callflow.handling.records.statistics import Question, View
from callflow.settings.config import Settings
from callflow.storage import Tx
from callflow.storage.records import charges
from callflow.storage.records import monthly as rows
from callflow.texts.statistics import SUBJECTS, months, said

#: Lines of false alarms, and of charges, in a report.
_MOST, _MOST_CHARGES = 20, 500


def subscribe(
    tx: Tx, subject: Subject, subject_id: str, to: str, language: str, by: str, now: datetime
) -> str:
    """Somebody is sent a report each month from now on; its id. Raises Refused."""
    to = to.strip()
    if wrong_address(Channel.MAIL, to) is not None:
        raise Refused("write a mail address, such as name@example.org")
    subject_id = "" if subject is Subject.STATION else subject_id.strip()
    name = rows.name_of(tx, subject, subject_id)
    if name is None:
        raise Refused("there is no such client or firm: write its key")
    alike = (subject, subject_id, to)
    if any((one.subject, one.subject_id, one.to) == alike for one in rows.subscriptions(tx)):
        raise Refused("this address gets this report already")
    made = Subscription(ids.new(now), subject, subject_id, to, language, by, now)
    rows.subscribe(tx, made)
    tell(tx, "report_subscribed", now, by=by, who_did=by, subject=name or "station", to=to)
    return made.id


def unsubscribe(tx: Tx, subscription_id: str, by: str, now: datetime) -> None:
    """They get it no more. Raises NotFound."""
    known = rows.subscription(tx, subscription_id)
    if known is None:
        raise NotFound("there is no such report")
    rows.unsubscribe(tx, subscription_id)
    name = rows.name_of(tx, known.subject, known.subject_id) or "station"
    tell(tx, "report_unsubscribed", now, by=by, who_did=by, subject=name, to=known.to)


@dataclass(frozen=True, slots=True)
class Content:
    """What a report says: its title, whose it is, and one sheet after the other."""

    title: str
    subject: str
    language: str
    first: date
    last: date
    signals: int
    sheets: Sequence[Sheet]


def content(
    tx: Tx, wanted: Subscription, first: date, last: date, settings: Settings, now: datetime
) -> Content:
    """The report of the days from ``first`` to ``last``. Nothing of any operator is in it."""
    sites = _sites(tx, wanted)
    asked = Asked(first=first, last=last, sites=sites)
    language = wanted.language
    name = rows.name_of(tx, wanted.subject, wanted.subject_id) or ""
    return Content(
        title=said(SUBJECTS, wanted.subject.value, language),
        subject=name,
        language=language,
        first=first,
        last=last,
        signals=rows.signals(tx, sites, *bounds(first, last, STATION_ZONE)),
        sheets=_sheets(tx, wanted, asked, settings, now),
    )


def _sites(tx: Tx, wanted: Subscription) -> frozenset[str] | None:
    if wanted.subject is Subject.CLIENT:
        return rows.sites_of_client(tx, wanted.subject_id)
    if wanted.subject is Subject.FIRM:
        return rows.sites_of_firm(tx, wanted.subject_id)
    return None


def _sheets(
    tx: Tx, wanted: Subscription, asked: Asked, settings: Settings, now: datetime
) -> list[Sheet]:
    language, names = wanted.language, Names(wanted.language)

    def sheet(view: View, place: Place = Place.SITE) -> Sheet:
        question = Question(view=view, asked=asked, place=place, most=_MOST)
        return statistics.answer(tx, question, settings, language, now).sheet

    def counted(by: By) -> Sequence[Group]:
        return statistics.groups(tx, asked, by, settings, now, None, 10_000).groups

    days = [number_of(day) for day in days_between(asked.first, asked.last)]
    overview = Sheet(
        [sheets.by_day(names, counted(By.DAY), days)], [sheets.by_kind(names, counted(By.KIND))]
    )
    places = [Place.SITE, Place.ZONE]
    if wanted.subject is Subject.STATION:
        shown = [sheet(View.DELAYS), sheet(View.HOURS), sheet(View.HANDLING), sheet(View.TRUNKS)]
        places.append(Place.MAKER)
    else:
        delays = sheet(View.DELAYS)  # how they are spread is the station's matter
        shown = [replace(delays, plots=delays.plots[:2], tables=delays.tables[:2])]
    false = [sheet(View.FALSE_ALARMS, place) for place in places]
    return [overview, *shown, *false, *_charged(tx, wanted, asked, names)]


def _charged(tx: Tx, wanted: Subscription, asked: Asked, names: Names) -> list[Sheet]:
    """What a client is charged for what was done in the month."""
    if wanted.subject is not Subject.CLIENT:
        return []
    since, until = bounds(asked.first, asked.last, STATION_ZONE)
    client = wanted.subject_id
    listed = charges.listed(tx, since, until, client_id=client, limit=_MOST_CHARGES)
    return [sheets.charges(names, listed)] if listed else []


def made(
    tx: Tx,
    wanted: Subscription,
    first: date,
    now: datetime,
    *,
    document: str | None,
    problem: str = "",
) -> None:
    """The report of that month is a document, and is on its way; or it can't be made."""
    report = MonthlyReport(wanted.id, month_number(first), document, problem, now)
    if rows.subscription(tx, wanted.id) is None or not rows.note(tx, report):
        return
    name = rows.name_of(tx, wanted.subject, wanted.subject_id) or "station"
    month = months(first, wanted.language)
    if document is None:
        tell(tx, "report_failed", now, month=month, subject=name, text=problem)
        return
    tell(tx, "report_made", now, month=month, subject=name, document=document, to=wanted.to)
    title = f"{said(SUBJECTS, wanted.subject.value, wanted.language)} – {month}"
    whose = "" if wanted.subject is Subject.STATION else f" – {name}"
    subject = one_line(storable(title + whose))
    outbox.insert(
        tx,
        None,
        now,
        channel=Channel.MAIL,
        to=wanted.to,
        subject=subject,
        body=said(SUBJECTS, "body", wanted.language).format(month=month),
        document=document,
    )

"""The yearly report for an auditor as a document: its page, laid out, and kept."""

from datetime import datetime

from callflow.core.records.documents import Document, DocumentKind
from callflow.core.time.instants import to_iso
from callflow.handling.base.policy import STATION_ZONE
from callflow.handling.records.yearly import Content
from callflow.paper import press, reports, shelf
from callflow.paper.monthly import drawn, number
from callflow.settings.config import Settings
from callflow.storage import Store
from callflow.texts import moments
from callflow.texts.readable import readable
from callflow.texts.station import yearly as texts
from callflow.texts.statistics import REPORT, said


def page(content: Content) -> str:
    """The report's HTML: everything that is filled in is text, but for our own drawings."""
    language = content.language
    values = {
        "content": content,
        "chapters": [(one, drawn(one.sheet)) for one in content.sections],
        "created": to_iso(content.until),
        "until": moments.short(content.until, STATION_ZONE.key, language),
        "say": lambda name, *more: texts.said(name, language, *more),
        "of": lambda table, name: table[name][0 if language == "fr" else 1],
        "titles": texts.CHAPTERS,
        "shows": texts.SHOWS,
        "readable": readable,
        "station": said(REPORT, "station", language),
        "number": lambda value: number(value, language),
    }
    return reports.environment().get_template("yearly.html").render(values)


async def keep(
    store: Store, settings: Settings, content: Content, by: str, now: datetime
) -> Document:
    """Lay it out, and keep it among the station's documents. Raises Unprintable, OSError,
    StoreUnavailable."""
    pdf = await press.lay_out(page(content), reports.fonts())
    name = f"{texts.said('title', content.language)} {content.year}.pdf"
    return await shelf.keep(
        *(store, settings, DocumentKind.AUDIT, name, pdf, by, now), language=content.language
    )

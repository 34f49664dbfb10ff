"""A monthly report as a document: its page, laid out, and kept."""

from collections.abc import Sequence
from datetime import datetime

from markupsafe import Markup

from callflow.core.records.documents import Document, DocumentKind
from callflow.core.records.figures import bounds
from callflow.core.records.sheets import Sheet, Table
from callflow.core.time.instants import to_iso
from callflow.handling.base.policy import STATION_ZONE
from callflow.handling.records.monthly import Content
from callflow.paper import press, reports, shelf
from callflow.settings.config import Settings
from callflow.storage import Store
from callflow.texts.readable import readable
from callflow.texts.statistics import REPORT, months, said


def page(content: Content) -> str:
    """The report's HTML: everything that is filled in is text, but for our own drawings."""
    _, end = bounds(content.first, content.last, STATION_ZONE)
    values = {
        "content": content,
        "month": months(content.first, content.language),
        "sheets": [drawn(sheet) for sheet in content.sheets],
        "created": to_iso(end),
        "say": lambda name: said(REPORT, name, content.language),
        "number": lambda value: number(value, content.language),
    }
    return reports.environment().get_template("monthly.html").render(values)


def drawn(sheet: Sheet) -> tuple[list[tuple[str, Markup]], Sequence[Table]]:
    """A sheet's plots, each with its title, and its tables, for a template."""
    plots = [(plot.title, Markup(readable(plot.svg))) for plot in sheet.plots]  # noqa: S704 -- its words are escaped where it is drawn
    return plots, sheet.tables


def number(value: float, language: str) -> str:
    """A number as it is written in a document."""
    text = f"{value:,}".replace(",", "\u202f" if language == "fr" else ",")
    return text.replace(".", ",") if language == "fr" else text


async def keep(
    store: Store, settings: Settings, content: Content, by: str, now: datetime
) -> Document:
    """Lay it out, and keep it among the station's documents. Raises Unprintable, OSError,
    StoreUnavailable."""
    pdf = await press.lay_out(page(content), reports.fonts())
    name = " ".join(filter(None, (content.title, f"{content.first:%Y-%m}", content.subject)))
    return await shelf.keep(
        store,
        settings,
        DocumentKind.STATISTICS,
        f"{name}.pdf",
        pdf,
        by,
        now,
        language=content.language,
    )

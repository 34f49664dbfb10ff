"""An incident's report as a document: its facts read, its pictures fetched, laid out, and kept."""

import asyncio
import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from callflow.core.records.documents import Document, DocumentKind
from callflow.core.records.letters import LANGUAGES, Letter, LetterKind, standard
from callflow.core.records.reports.facts import Facts
from callflow.core.records.reports.lines import Picture, Report
from callflow.core.records.reports.report import report
from callflow.core.records.reports.widths import Width, may_have
from callflow.core.time.instants import to_iso
from callflow.handling.base.policy import STATION_ZONE
from callflow.handling.base.refusals import Refused
from callflow.handling.records import letters, reports
from callflow.paper import narrative, press, shelf
from callflow.paper.words import Say
from callflow.settings.config import Settings
from callflow.storage import Store, Tx
from callflow.texts import moments

_HERE = Path(__file__).parent
#: One still is no larger, in bytes, and all of a report together.
_MOST_OF_ONE, _MOST = 20 * 2**20, 200 * 2**20
_KINDS = {
    Width.CLIENT: DocumentKind.REPORT_CLIENT,
    Width.FIRM: DocumentKind.REPORT_FIRM,
    Width.FULL: DocumentKind.REPORT_FULL,
}
_NAMES = {
    "fr": {
        Width.CLIENT: "Rapport",
        Width.FIRM: "Rapport mainteneur",
        Width.FULL: "Rapport complet",
    },
    "en": {Width.CLIENT: "Report", Width.FIRM: "Maintenance report", Width.FULL: "Full report"},
}


@dataclass(frozen=True, slots=True)
class Made:
    """A report that was laid out. ``name`` is its file's, for people."""

    name: str
    content: bytes
    language: str
    stills: int
    site_id: str | None


async def make(
    store: Store, settings: Settings, incident_id: str, width: Width, language: str = ""
) -> Made:
    """The PDF of an incident's report as it stands now; ``language``: the client's where empty.

    The same facts give the same bytes. Raises NotFound, Refused, Unprintable, StoreUnavailable.
    """
    facts, heads = await store.read(lambda tx: (reports.facts(tx, incident_id), letterheads(tx)))
    return await of_facts(facts, settings.images_dir, width, language, heads)


def letterheads(tx: Tx) -> dict[str, Letter]:
    """{language: who the station is}, for the head of a document."""
    head = LetterKind.LETTERHEAD
    return {language: letters.text_of(tx, head, language) for language in LANGUAGES}


async def of_facts(
    facts: Facts,
    images: Path,
    width: Width,
    language: str = "",
    heads: Mapping[str, Letter] | None = None,
) -> Made:
    """The same, of facts that were read; ``heads``: see ``letterheads``. Raises Refused,
    Unprintable."""
    if not may_have(width, facts.incident.kind):
        raise Refused("this alarm is about several clients: only its complete report is made")
    site = facts.site
    spoken = moments.of_language(language or (site.language if site else "fr"))
    zone = site.timezone if site else STATION_ZONE.key
    shown = report(facts, width, language=spoken, timezone=zone)
    pictures = await asyncio.to_thread(_pictures, images, shown.stills)
    head = (heads or {}).get(spoken) or standard(LetterKind.LETTERHEAD, spoken)
    html = page(shown, frozenset(pictures), head)
    pdf = await press.lay_out(html, {**fonts(), **pictures})
    return Made(_name(shown), pdf, spoken, len(pictures), facts.incident.site_id)


async def keep(
    store: Store,
    settings: Settings,
    incident_id: str,
    width: Width,
    by: str,
    now: datetime,
    language: str = "",
) -> Document:
    """``make`` it, and keep it among the station's documents: what is sent stays provable. Raises
    what that does, and OSError where it can't be written."""
    made = await make(store, settings, incident_id, width, language)
    return await shelf.keep(
        store,
        settings,
        _KINDS[width],
        made.name,
        made.content,
        by,
        now,
        language=made.language,
        incident=incident_id,
        site=made.site_id,
        stills=made.stills,
    )


def page(shown: Report, pictures: frozenset[str], head: Letter) -> str:
    """A report's HTML; ``pictures``: the ids of the stills that are there; ``head``: who we are."""
    say = Say(shown)
    values: dict[str, Any] = {
        "report": shown,
        "say": say,
        "summary": narrative.summary(say),
        "pictures": pictures,
        "head": head,
        "created": to_iso(shown.as_of),
    }
    return environment().get_template("report.html").render(values)


@functools.cache
def environment() -> Environment:
    """The templates of documents: everything that is filled in is text."""
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "capital": moments.capital,
        "time_of": moments.clock,
        "offset": moments.offset,
    }
    return made


@functools.cache
def fonts() -> Mapping[str, bytes]:
    """The fonts of a document, by the names that its page has for them."""
    return {path.name: path.read_bytes() for path in (_HERE / "fonts").glob("*.woff2")}


def _pictures(folder: Path, stills: tuple[Picture, ...]) -> dict[str, bytes]:
    """{id: the file} of those that are there and as they were kept."""
    found: dict[str, bytes] = {}
    size, root = 0, folder.resolve()
    for one in stills:
        path = (folder / one.path).resolve()
        try:
            if not path.is_relative_to(root) or path.stat().st_size > _MOST_OF_ONE:
                continue
            content = path.read_bytes()
        except OSError:
            continue
        size += len(content)
        if size > _MOST:
            break
        if not one.sha256 or hashlib.sha256(content).hexdigest() == one.sha256:
            found[one.id] = content
    return found


def _name(shown: Report) -> str:
    """Such as ``Rapport 1001 2026-11-30 1A2B3C4D.pdf``."""
    of = moments.date_iso(shown.begun_at, shown.timezone)
    name = f"{_NAMES[shown.language][shown.width]} {shown.account} {of} {shown.reference}"
    return "".join(c if c.isalnum() or c in " -" else "_" for c in name) + ".pdf"

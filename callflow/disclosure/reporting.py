"""The alarm's report in its evidence file: the complete one, of facts that are masked."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from callflow.core.records.disclosure import shown_entry
from callflow.core.records.letters import Letter
from callflow.core.records.masking import Masking
from callflow.core.records.reports.facts import Facts
from callflow.core.records.reports.widths import Width
from callflow.disclosure.making import chosen_images
from callflow.handling.base.refusals import Refused
from callflow.handling.records.disclosures import Collected
from callflow.handling.records.reports import facts
from callflow.paper import reports
from callflow.paper.press import Unprintable
from callflow.storage import Tx

log = structlog.get_logger(__name__)

#: Pictures that the report shows, each of which takes a tenth of a second: all lie beside it.
_STILLS = 12


@dataclass(frozen=True, slots=True)
class Told:
    """What a report is made of, and who the station is, by language."""

    facts: Facts
    heads: Mapping[str, Letter]


def read(tx: Tx, incident_id: str) -> Told:
    """What the report of an alarm is made of. Raises NotFound."""
    return Told(facts(tx, incident_id), reports.letterheads(tx))


async def report_of(told: Told, collected: Collected, images: Path) -> bytes | None:
    """The PDF; None where this machine can't lay it out, which the manifest then says."""
    shown = masked(told.facts, collected)
    try:
        made = await reports.of_facts(shown, images, Width.FULL, "fr", told.heads)
    except (Unprintable, Refused) as error:
        log.warning("disclosure.no_report", why=str(error))
        return None
    return made.content


def masked(of: Facts, collected: Collected) -> Facts:
    """The facts as whoever asks may read them."""
    masking = Masking(collected.scope)
    site = collected.incident.site_id
    entries = tuple(shown_entry(entry, site, masking) for entry in of.entries)
    rest: Facts = masking.value(replace(of, entries=()))
    stills = chosen_images(collected)
    return replace(
        rest, entries=entries, images=tuple(i for i in rest.images if i.id in stills)[:_STILLS]
    )

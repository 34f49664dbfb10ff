"""The alarm's report in its evidence file: the complete one, of facts that are masked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import structlog

from callflow.core.records.disclosure import shown_entry
from callflow.core.records.masking import Masking
from callflow.core.records.reports.facts import Facts
from callflow.core.records.reports.widths import Width
from callflow.disclosure.making import chosen_images
from callflow.handling.base.refusals import Refused
from callflow.handling.records.disclosures import Collected
from callflow.paper import reports
from callflow.paper.press import Unprintable

log = structlog.get_logger(__name__)

#: Pictures that the report shows, each of which takes a tenth of a second: all lie beside it.
_STILLS = 12


async def report_of(facts: Facts, collected: Collected, images: Path) -> bytes | None:
    """The PDF; None where this machine can't lay it out, which the manifest then says."""
    try:
        made = await reports.of_facts(masked(facts, collected), images, Width.FULL, "fr")
    except (Unprintable, Refused) as error:
        log.warning("disclosure.no_report", why=str(error))
        return None
    return made.content


def masked(facts: Facts, collected: Collected) -> Facts:
    """The facts as whoever asks may read them."""
    masking = Masking(collected.scope)
    site = collected.incident.site_id
    entries = tuple(shown_entry(entry, site, masking) for entry in facts.entries)
    rest: Facts = masking.value(replace(facts, entries=()))
    stills = chosen_images(collected)
    return replace(
        rest, entries=entries, images=tuple(i for i in rest.images if i.id in stills)[:_STILLS]
    )

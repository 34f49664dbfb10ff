"""Sites and contacts for a file: read in batches, and who took how many is told before."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial

from callflow.core.sites.files import writing
from callflow.core.sites.files.columns import of
from callflow.handling.base.telling import tell
from callflow.handling.sites.files import site_rows
from callflow.handling.sites.shape import Site
from callflow.handling.sites.sites import get_sites
from callflow.storage import Tx
from callflow.storage.sites import files, search

#: Runs a function in a transaction that reads, as ``Store.read_now`` does.
Read = Callable[[Callable[[Tx], list[Site]]], list[Site]]

FORMATS = ("csv", "xlsx")
#: Sites that are in memory at once.
_BATCH = 250


def export_begins(
    tx: Tx, *, text: str, state: str, format: str, who: str, now: datetime
) -> list[str]:
    """The ids of the sites that match, by name, once the logbook says who takes them."""
    ids = search.ids(tx, text=text, state=state)
    contacts = files.count_links(tx, None if not (text or state) else ids)
    sought = "".join(f" ; {said}" for said in (text, state) if said)
    told = {"format": format, "sites": len(ids), "contacts": contacts, "sought": sought}
    tell(tx, "sites_exported", now, by=who, who_did=who, **told)
    return ids


def pieces(read: Read, ids: Sequence[str], format: str, language: str) -> Iterator[bytes]:
    """The file of these sites, piece by piece; each batch is read by itself."""

    def batches() -> Iterator[list[list[str]]]:
        for place in range(0, len(ids), _BATCH):
            wanted = ids[place : place + _BATCH]
            found = {site.id: site for site in read(partial(get_sites, site_ids=wanted))}
            there = (found[site_id] for site_id in wanted if site_id in found)
            yield [row for site in there for row in site_rows.rows_of(site, language)]

    return made(site_rows.head(language), batches(), format, language)


def made(
    head: Sequence[str], batches: Iterator[list[list[str]]], format: str, language: str
) -> Iterator[bytes]:
    """A file of one of ``FORMATS``."""
    if format == "csv":
        return writing.to_csv(head, batches, language)
    title = of(("Sites et contacts", "Sites and contacts"), language)
    return writing.to_xlsx(head, batches, title, [max(14, len(each) + 2) for each in head])


def template(format: str, language: str) -> Iterator[bytes]:
    """A file to fill in, with an example."""
    head, lines = site_rows.template(language)
    return made(head, iter([lines]), format, language)

"""What was removed from a site, on the page of the forms that it was removed with."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from callflow.core.folding import folded
from callflow.core.sites.removed import Removed
from callflow.core.sites.zones import zone_key
from callflow.handling.sites.shape import Contact, Shape, Site
from callflow.storage import Tx
from callflow.storage.sites import contacts, removed
from web.kit import i18n
from web.pages.sites.fields import Ask, Field, Offered, Part, label


class Shown(NamedTuple):
    """What was removed, and how the page says it."""

    removed: Removed
    of: str  # its table's title
    said: str


def shown(tx: Tx, site: Site, parts: Iterable[Part], language: str, text: str = "") -> list[Shown]:
    """What of these tables was removed and holds ``text``: each said as its row was."""
    named = {part.name: part for part in parts}
    rows = removed.of_site(tx, site.id, named)
    people = {one.item["contact"] for one in rows if one.item.get("contact") is not None}
    called = contacts.names_of(tx, people) if people else {}
    known = [Contact.model_construct(id=contact, name=name) for contact, name in called.items()]
    offered = Offered(site.model_copy(update={"contacts": [*site.contacts, *known]}))
    found = [_shown(one, named[one.part], offered, language) for one in rows]
    wanted = folded(text)
    return [one for one in found if wanted in folded(f"{one.said} {one.removed.reason}")]


def _shown(removed: Removed, part: Part, offered: Offered, language: str) -> Shown:
    shape = part.row(removed.item) if part.row else part.shape.model_construct(**removed.item)
    cells = [_cell(field, shape, offered, language) for field in part.fields if field.column]
    title = i18n.catalogue(language).gettext(part.title)
    return Shown(removed, title, " · ".join(cell for cell in cells if cell))


def _cell(field: Field, shape: Shape, offered: Offered, language: str) -> str:
    """As in the table; what is only there or not by its name, for there is no column's head."""
    said = field.said(shape, offered, language)
    unsaid = field.ask in (Ask.KEPT, Ask.TICK)
    return label(field.name, language, brief=True) if said and unsaid else said


def naming(site: Site, key: str) -> list[str]:
    """What names a zone, ``account/zone``: it will mean nothing without it."""
    account, _, zone = key.rpartition("/")

    def it(each: Mapping[str, Any]) -> bool:
        return bool(each["account"] == account and zone_key(each["zone"]) == zone)

    cameras = [c.name for c in site.cameras if zone in map(zone_key, c.zones)]
    rules = [rule["plan"] for rule in site.plan_rules if any(map(it, rule.get("zones", ())))]
    codes = [code.code for code in site.event_overrides if code.zone == zone]
    return [*cameras, *rules, *codes]

"""The station's own table of events: what a code means here, instead of the standard's."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from callflow.core.changes import changes
from callflow.core.signals import events
from callflow.core.signals.events import EventRow, SiteOverride, StationRule
from callflow.core.signals.signal import STATION, Category, Kind
from callflow.core.sites.zones import zone_key
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.telling import tell
from callflow.handling.sites.rules import never_lowered
from callflow.handling.sites.shape import EventOverride
from callflow.storage import Tx
from callflow.storage.alarms import surroundings


def meaning_of(
    format_name: str,
    code: str,
    zone_kind: Kind | None,
    station: Mapping[str, StationRule],
    site: SiteOverride | None,
) -> EventRow:
    """What a signal is about: the table's meaning, the station's own, its zone's, its site's.

    ``station``: {code: the station's rule}. A zone that is declared as something stays that, and
    what the station finds out itself is as the table says. ``site``: its override of the code.
    """
    meaning = events.classify(format_name, code, zone_kind)
    rule = station.get(code)
    if rule is not None and zone_kind is None and format_name != STATION:
        meaning = events.overridden(meaning, rule)
    return meaning if site is None else events.overridden(meaning, site)


def set_rule(tx: Tx, sent: Mapping[str, object], by: str, now: datetime) -> None:
    """What ``sent["code"]`` means at the whole station. Raises BadField, Refused."""
    said = EventOverride.read(sent)
    rule = StationRule(said.code, said.kind, said.category, said.priority, said.opens, by, now)
    never_lowered(rule, "code")
    if rule.code not in known():
        raise Refused("no table has this code: what it means is said at the site that sends it")
    if {rule.kind, rule.category, rule.priority, rule.opens} == {None}:
        raise Refused("nothing would be different: choose what this code means here")
    standard = events.lookup("webhook", rule.code)
    changed = events.overridden(standard, rule)
    if standard.category is Category.VITAL and _lower(changed, standard):
        raise Refused("a vital alarm is lowered at a site, never for the whole station")
    _write(tx, rule.code, rule, by, now)


def reset_rule(tx: Tx, code: str, by: str, now: datetime) -> None:
    """It means what the table says again. Raises NotFound."""
    if code not in surroundings.event_rules(tx):
        raise NotFound("the station has no meaning of its own for this code")
    _write(tx, code, None, by, now)


def known() -> frozenset[str]:
    """Every code of the table as signals carry it: Contact ID's with its qualifier."""
    return frozenset(
        f"{qualifier}{code}" if format_name == "ADM-CID" else code
        for format_name, code in events.table()
        if format_name != STATION
        for qualifier in ("136" if format_name == "ADM-CID" else ("",))
    )


def _lower(changed: EventRow, standard: EventRow) -> bool:
    less = changed.category is not Category.VITAL or changed.priority > standard.priority
    return less or not changed.opens


def _write(tx: Tx, code: str, rule: StationRule | None, by: str, now: datetime) -> None:
    before = _shown(code, surroundings.event_rules(tx))
    if rule is None:
        surroundings.delete_event_rule(tx, code)
    else:
        surroundings.write_event_rule(tx, rule)
    after = _shown(code, surroundings.event_rules(tx))
    fields = {f"{code}.{c.path}": [c.before, c.after] for c in changes(before, after)}
    tell(tx, "event_rule_set", now, by=by, who_did=by, code=code, fields=fields)


def _shown(code: str, station: Mapping[str, StationRule]) -> dict[str, object]:
    meaning = meaning_of("webhook", code, None, station, None)
    return {
        "kind": meaning.kind.value,
        "category": meaning.category.value,
        "priority": meaning.priority,
        "opens": "yes" if meaning.opens else "no",
    }


class Meant(NamedTuple):
    """What a signal would be, and by which of the tables."""

    code: str
    zone: str
    site: str | None
    meaning: EventRow
    why: str


def tried(tx: Tx, format_name: str, code: str, account: str, zone: str) -> Meant:
    """What a signal of this account's zone would be now."""
    declared = surroundings.declared(tx, [account]).get(account) if account else None
    site = declared.site if declared else None
    key = zone_key(zone)
    zone_kind = surroundings.zone_kinds(tx, [account]).get((account, key)) if account else None
    own = surroundings.overrides(tx, [site] if site else [])
    override = own.get((site or "", code, key)) or own.get((site or "", code, ""))
    station = surroundings.event_rules(tx)
    meaning = meaning_of(format_name, code, zone_kind, station, override)
    if override is not None:
        why = "site"
    elif zone_kind is not None and meaning != events.lookup(format_name, code):
        why = "zone"
    else:
        why = "station" if code in station and zone_kind is None else "table"
    return Meant(code, zone, site, meaning, why)

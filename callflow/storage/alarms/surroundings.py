"""What a batch of signals is looked at in: accounts as declared, arming, trips, overrides."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, exists, or_, select

from callflow.core.alarms.correlation import Trips, Whereabouts
from callflow.core.signals.events import SiteOverride, StationRule
from callflow.core.signals.signal import Kind
from callflow.core.sites.arming import Partition
from callflow.core.sites.site import Rules, SiteState
from callflow.core.sites.zones import zone_key
from callflow.storage import schema as t
from callflow.storage.engine.prepared import Prepared
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import Reads, columns, columns_of
from callflow.storage.sites.sites import upsert, upsert_all


@dataclass(frozen=True, slots=True)
class Declared:
    """An account as it was declared, with what is agreed for its site's signals."""

    account: str
    site: str | None
    line: str | None
    phone: str | None
    skew: float | None  # seconds that its panel's clock is ahead
    keyed: bool  # it has a key of DC-09
    awaited: bool  # "arrived well" is expected from it
    rules: Rules | None  # agreed for its site's signals
    state: SiteState | None  # its site's
    bent: bool  # its zones' kinds, its site's rules or tests, or the station's rules say something


# Built once: what SQLAlchemy does to build a statement costs more than SQLite's answer.
_A = t.account.c
#: Asked at once, for at nearly every account nothing does.
_BENT = (
    exists().where(t.zone.c.account == _A.account, t.zone.c.kind.is_not(None)),
    exists().where(t.event_override.c.site_id == _A.site_id),
    exists().where(t.on_test.c.site_id == _A.site_id, t.on_test.c.ended_at.is_(None)),
    exists(select(t.event_rule.c.code)),
)
_DECLARED = Reads(
    select(_A.account, _A.site_id.label("site"), _A.line, _A.phone, _A.skew)
    .add_columns(_A.dc09_key.is_not(None).label("keyed"))
    .add_columns(_A.arrival_due.is_not(None).label("awaited"), t.site.c.rules)
    .add_columns(t.site.c.state, or_(*_BENT).label("bent"))
    .outerjoin(t.site, t.site.c.id == _A.site_id)
    .where(_A.account.in_(bindparam("accounts", expanding=True))),
    Declared,
)
_OVERRIDES = Reads(
    select(*columns_of(t.event_override, SiteOverride))
    .where(t.event_override.c.site_id.in_(bindparam("sites", expanding=True)))
    .order_by(t.event_override.c.code, t.event_override.c.zone),
    SiteOverride,
)


def declared(tx: Tx, accounts: Iterable[str]) -> dict[str, Declared]:
    """The declared ones of ``accounts``."""
    return {one.account: one for one in _DECLARED.all(tx, {"accounts": list(accounts)})}


_WHEREABOUTS = select(t.site.c.id, t.site.c.postcode, t.site.c.address, t.site.c.rules).where(
    t.site.c.id.in_(bindparam("sites", expanding=True))
)


def whereabouts(tx: Tx, sites: Iterable[str]) -> dict[str, Whereabouts]:
    """{site: where it is, for faults of the world around it}."""
    return {
        row.id: Whereabouts(
            row.postcode, row.address, row.rules.get("feeder", ""), row.rules.get("provider", "")
        )
        for row in tx.execute(_WHEREABOUTS, {"sites": list(sites)})
    }


def write_partitions(tx: Tx, partitions: Iterable[Partition]) -> None:
    """The newest state of partitions."""
    upsert_all(tx, t.partition, ["account", "partition"], list(map(columns, partitions)))


def overrides(tx: Tx, sites: Iterable[str]) -> dict[tuple[str, str, str], SiteOverride]:
    """{(site, code, zone or ""): what an administrator says instead of the event table}."""
    found = _OVERRIDES.all(tx, {"sites": list(sites)})
    return {(one.site_id, one.code, one.zone): one for one in found}


_ZONE_KINDS = Prepared(
    select(t.zone.c.account, t.zone.c.zone, t.zone.c.kind).where(
        t.zone.c.account.in_(bindparam("accounts", expanding=True)), t.zone.c.kind.is_not(None)
    )
)


def zone_kinds(tx: Tx, accounts: Iterable[str]) -> dict[tuple[str, str], Kind]:
    """{(account, zone's key): kind} of the zones that override the event table."""
    found = _ZONE_KINDS.all(tx, {"accounts": list(accounts)})
    return {(row["account"], zone_key(row["zone"])): Kind(row["kind"]) for row in found}


_EVENT_RULES = Reads(select(t.event_rule), StationRule)


def event_rules(tx: Tx) -> dict[str, StationRule]:
    """{code: what the station says instead of the event table}, at every site."""
    return {rule.code: rule for rule in _EVENT_RULES.all(tx, {})}


def write_event_rule(tx: Tx, rule: StationRule) -> None:
    """What one code means at the station."""
    upsert(tx, t.event_rule, ["code"], columns(rule))


def delete_event_rule(tx: Tx, code: str) -> None:
    """It means what the table says again."""
    tx.execute(delete(t.event_rule).where(t.event_rule.c.code == code))


_TRIPS = Prepared(
    select(t.zone_trips).where(t.zone_trips.c.account.in_(bindparam("accounts", expanding=True)))
)


def trips(tx: Tx, zones: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Trips]:
    """How often these (account, zone key) alarmed, as far as they did."""
    accounts = sorted({account for account, _ in zones})
    return {
        (row["account"], row["zone"]): Trips(
            trips=row["trips"], since=row["since"], shunted_at=row["shunted_at"]
        )
        for row in _TRIPS.all(tx, {"accounts": accounts})
        if (row["account"], row["zone"]) in zones
    }


def write_trips(tx: Tx, counts: Mapping[tuple[str, str], Trips]) -> None:
    """How often zones, by account and key, alarmed."""
    rows = [
        {
            "account": account,
            "zone": zone,
            "trips": count.trips,
            "since": count.since,
            "shunted_at": count.shunted_at,
        }
        for (account, zone), count in counts.items()
    ]
    upsert_all(tx, t.zone_trips, ["account", "zone"], rows)

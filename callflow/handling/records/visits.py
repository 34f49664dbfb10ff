"""Who looks at what is confidential is told too, once a visit."""

from datetime import datetime, timedelta
from typing import Any

from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.records import logbook

#: Pages of one visit.
_AGAIN = timedelta(minutes=30)


def is_visiting(tx: Tx, who: str, now: datetime) -> bool:
    """True where it was told already that ``who`` reads the audit now."""
    return _told(tx, "audit_read", who, now)


def audit_read(tx: Tx, who: str, now: datetime) -> None:
    """``who`` begins to read the audit."""
    if not is_visiting(tx, who, now):
        tell(tx, "audit_read", now, by=who, who_did=who)


def is_seeing(tx: Tx, site: str | None, who: str, now: datetime) -> bool:
    """True where it was told already that ``who`` sees a site; None: all of them."""
    return _told(tx, "site_seen" if site else "sites_read", who, now, site)


def site_seen(tx: Tx, site: str | None, who: str, now: datetime) -> None:
    """``who`` sees a site with its people; None: all of them."""
    if is_seeing(tx, site, who, now):
        return
    if site is None:
        tell(tx, "sites_read", now, by=who, who_did=who)
    else:
        tell(tx, "site_seen", now, site=site, by=who, who_did=who)


def is_seeing_images(tx: Tx, incident: str, who: str, now: datetime) -> bool:
    """True where it was told already that ``who`` sees the images of an incident."""
    return _told(tx, "images_seen", who, now, incident=incident)


def images_seen(tx: Tx, incident: str, who: str, now: datetime) -> None:
    """``who`` sees the images of an incident on a page: all of them are one look, those that still
    come included."""
    if not is_seeing_images(tx, incident, who, now):
        tell(tx, "images_seen", now, incidents.get(tx, incident), by=who, who_did=who)


def is_seeing_figures(tx: Tx, who: str, now: datetime) -> bool:
    """True where it was told already that ``who`` sees what each operator did."""
    return _told(tx, "operator_figures_seen", who, now)


def figures_seen(tx: Tx, who: str, now: datetime) -> None:
    """``who`` sees statistics of other people."""
    if not is_seeing_figures(tx, who, now):
        tell(tx, "operator_figures_seen", now, by=who, who_did=who)


def _told(
    tx: Tx, kind: str, who: str, now: datetime, site: str | None = None, incident: str = ""
) -> bool:
    of: dict[str, Any] = {"site": site or "", "incident": incident, "who": who}
    # Of requests that came together, the later one may be told first.
    asked = logbook.of_kinds(tx, [kind], since=now - _AGAIN, until=now + _AGAIN, limit=1, **of)
    return bool(asked.entries)

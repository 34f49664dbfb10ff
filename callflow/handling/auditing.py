"""Who looks at what is confidential is told too, once a visit."""

from __future__ import annotations

from datetime import datetime, timedelta

from callflow.handling.telling import tell
from callflow.storage import Tx, logbook

#: Pages of one visit.
_AGAIN = timedelta(minutes=30)


def is_visiting(tx: Tx, who: str, now: datetime) -> bool:
    """Whether it was told already that ``who`` reads the audit now."""
    return _told(tx, "audit_read", who, now)


def audit_read(tx: Tx, who: str, now: datetime) -> None:
    """``who`` begins to read the audit."""
    if not is_visiting(tx, who, now):
        tell(tx, "audit_read", now, by=who, who_did=who)


def is_seeing(tx: Tx, site: str | None, who: str, now: datetime) -> bool:
    """Whether it was told already that ``who`` sees a site; None: all of them."""
    return _told(tx, "site_seen" if site else "sites_read", who, now, site)


def site_seen(tx: Tx, site: str | None, who: str, now: datetime) -> None:
    """``who`` sees a site with its people; None: all of them."""
    if is_seeing(tx, site, who, now):
        return
    if site is None:
        tell(tx, "sites_read", now, by=who, who_did=who)
    else:
        tell(tx, "site_seen", now, site=site, by=who, who_did=who)


def _told(tx: Tx, kind: str, who: str, now: datetime, site: str | None = None) -> bool:
    since = now - _AGAIN
    asked = logbook.of_kinds(tx, [kind], since=since, until=now, who=who, site=site or "", limit=1)
    return bool(asked.rows)

"""A site's contract (D2): what it may become, and how long its account stays with it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from callflow.core.sites.site import SiteState

#: What a contract may become. A terminated one comes back through commissioning: its zones, its
#: contacts and its police line are tested anew.
NEXT: Mapping[SiteState, tuple[SiteState, ...]] = {
    SiteState.COMMISSIONING: (SiteState.ACTIVE, SiteState.TERMINATED),
    SiteState.ACTIVE: (SiteState.SUSPENDED, SiteState.COMMISSIONING, SiteState.TERMINATED),
    SiteState.SUSPENDED: (SiteState.ACTIVE, SiteState.COMMISSIONING, SiteState.TERMINATED),
    SiteState.TERMINATED: (SiteState.COMMISSIONING,),
}
#: So long nobody else gets the account of a terminated site: its panel may still send.
QUARANTINE = timedelta(days=365)
_UNKNOWN = datetime(9000, 1, 1, tzinfo=UTC)
#: A change is planned so far ahead at most.
LONGEST = timedelta(days=2 * 366)


def may_become(state: SiteState, then: SiteState) -> bool:
    """Whether a contract in ``state`` may be ``then`` next."""
    return then in NEXT[state]


def quarantined_until(state: SiteState, since: datetime | None) -> datetime | None:
    """Until when nobody else gets the site's accounts; None: they are not in quarantine.

    ``since``: when the contract came to this state; where that is not known it never ends.
    """
    if state is not SiteState.TERMINATED:
        return None
    return (since or _UNKNOWN) + QUARANTINE

"""A site's contract (D2): what it may become, and how long its account stays with it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from callflow.core.sites.site import Role, SiteState

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


@dataclass(frozen=True, slots=True)
class ContractChange:
    """A contract is ``state`` from ``effective_at`` on: planned, done or dropped. Times are UTC."""

    id: str
    site_id: str
    state: SiteState
    reason: str
    effective_at: datetime
    made_by: str
    made_at: datetime
    done_at: datetime | None = None
    dropped_by: str | None = None

    @property
    def planned(self) -> bool:
        """True where it is neither done nor dropped."""
        return self.done_at is None and self.dropped_by is None


@dataclass(frozen=True, slots=True)
class Former:
    """Somebody who is called for a site no more, in the part that they had. Times are UTC."""

    id: str
    site_id: str
    contact_id: str
    role: Role
    authorities: Mapping[str, Sequence[str]]
    keys_held: bool
    reason: str
    closed_by: str
    closed_at: datetime
    name: str  # the contact's
    restored_at: datetime | None = None


def may_become(state: SiteState, then: SiteState) -> bool:
    """True where a contract in ``state`` may be ``then`` next."""
    return then in NEXT[state]


def quarantined_until(state: SiteState, since: datetime | None) -> datetime | None:
    """Until when nobody else gets the site's accounts; None: they are not in quarantine.

    ``since``: when the contract came to this state; where that is not known it never ends.
    """
    if state is not SiteState.TERMINATED:
        return None
    return (since or _UNKNOWN) + QUARANTINE

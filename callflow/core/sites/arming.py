"""What the panels of a site told of who armed and disarmed it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition's newest state, and the panel's user who brought it about. ``since`` is UTC."""

    account: str
    partition: str
    armed: bool
    since: datetime
    panel_user: str


@dataclass(frozen=True, slots=True)
class Arming:
    """A site's accounts, and the partitions whose state their panels told; both in order."""

    accounts: tuple[str, ...] = ()
    partitions: tuple[Partition, ...] = ()


@dataclass(frozen=True, slots=True)
class PanelUser:
    """Whom a number of a panel's user stands for (D4). ``name``: the contact's, if any."""

    account: str
    number: str
    contact_id: str | None
    part: str  # person, guard, cleaner, technician, duress
    revoked: bool
    name: str | None = None

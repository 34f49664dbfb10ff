"""What was taken away from a site, and may come back as it was."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

#: A member of a part of a site's document, as PUT takes it: an account, a zone, a rule of plans.
Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Removed:
    """One item of ``part`` that was taken away, at ``removed_at`` (UTC)."""

    id: str
    site_id: str
    part: str
    known_by: str  # what tells it apart: an account's number
    place: int  # among those of its part, the first is 0
    item: Item
    secret: bytes | None  # its key or password, as the vault encrypted it
    reason: str
    removed_by: str
    removed_at: datetime

"""A calendar of measures and appointments that a program reads by an address of its own."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Feed:
    """One: its token's hash, whose sites or which firm's work it shows (None: all). Times are
    UTC."""

    id: str
    name: str
    token_hash: str
    client_id: str | None
    firm_id: str | None
    language: str
    made_by: str
    made_at: datetime
    read_at: datetime | None = None
    revoked_at: datetime | None = None
    revoked_by: str = ""

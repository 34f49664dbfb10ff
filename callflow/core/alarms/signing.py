"""Signed reasons: an open line ends though no signal came, since somebody answers for it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Signature:
    """A reason why one line of an incident is over. Times are UTC.

    ``name`` is the line's key, ``signals`` how many the incident had: a new alarm voids it.
    ``identity`` tells two apart who have one name. ``signed_at`` None: a second person is awaited.
    """

    id: str
    incident_id: str
    what: str
    name: str
    signals: int
    by: str
    identity: str
    supervises: bool
    reason: str
    at: datetime
    second: str = ""
    second_reason: str = ""
    signed_at: datetime | None = None


def signed(
    signatures: Sequence[Signature], what: str, name: str, signals: int, since: datetime
) -> Signature | None:
    """The newest that counts for a line: of no other alarm, and not of what was open before."""
    for one in reversed(signatures):
        mine = (one.what, one.name, one.signals) == (what, name, signals)
        if mine and one.at >= since:
            return one
    return None


def completes(asked: Signature | None, identity: str, *, supervises: bool) -> bool:
    """Say whether whoever has ``identity`` signs what ``asked`` asks for: another person, one of
    both a supervisor (D30)."""
    if asked is None or asked.signed_at is not None or asked.identity == identity:
        return False
    return supervises or asked.supervises

"""The one gate just before the trunk: which of the calls asked for may not be placed, and why.

Wherever a number came from (a contact, a plan, the directory, the API, a setting), it passes here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from callflow.call import NOT_AT_SITE
from callflow.dial_policy import Destination, forbidden
from callflow.handling.acting import is_mute
from callflow.handling.policy import Policy
from callflow.storage import Tx, incidents, services, sites

Row = dict[str, Any]


def refused_calls(tx: Tx, rows: Sequence[Row], policy: Policy) -> dict[str, str]:
    """{call id: why} of those call rows that may not be placed."""
    numbers = {row["to"] for row in rows}
    owners = sites.owners_of(tx, numbers)
    reserved = services.reserved(tx, numbers)
    found = {}
    for row in rows:
        destination = Destination(
            number=row["to"],
            step=row["step"],
            requester=row["requester"],
            contact=_is_contact(row, owners),
            ours=row["to"] in policy.desk.numbers,
            service=row["to"] in reserved,
            mute=_mute(tx, row),
        )
        why = forbidden(destination)
        if why is not None:
            found[row["id"]] = why
    return found


def _is_contact(row: Row, owners: dict[str, set[str]]) -> bool:
    """The number of the contact whom the row names; where it names none, of any contact."""
    known = owners.get(row["to"], set())
    return row["contact_id"] in known if row["contact_id"] else bool(known)


def _mute(tx: Tx, row: Row) -> bool:
    if row["incident_id"] is None or row["step"] in NOT_AT_SITE:
        return False
    incident = incidents.get(tx, row["incident_id"])
    if incident is None:
        return False
    site = incident["site_id"]
    return is_mute(incident) or bool(site and incidents.site_is_mute(tx, site))

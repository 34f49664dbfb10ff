"""Which numbers may be dialled, by whom; and a number tried, without dialling it."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from callflow.core.calls import dial_policy
from callflow.handling.base.fields import BadField
from callflow.handling.base.policy import load_policy
from callflow.handling.calls import dialling
from callflow.handling.desks.own_phones import own_numbers
from callflow.handling.sites.numbers import e164
from callflow.storage import Tx
from callflow.storage.sites import contacts, sites
from web.access.sessions import Administrator
from web.pages.station.settings_views import setting
from web.station import Here

router = APIRouter(include_in_schema=False)


@router.get("/settings/dialling")
async def show(
    visitor: Administrator,
    station: Here,
    number: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    """The rules, and what they say of ``number`` as it was typed."""
    now = station.clock()

    def read(tx: Tx) -> dict[str, object]:
        policy = load_policy(tx)
        found = None
        if number.strip():
            whole = _whole(number)
            by_machine, known = dialling.tried(tx, whole, policy, now, by_person=False)
            by_person, _ = dialling.tried(tx, whole, policy, now, by_person=True)
            names = sites.names_of(tx, known.sites[:20])
            people = (contacts.get(tx, contact) for contact in known.contacts[:20])
            found = {
                "known": known,
                "whole": whole,
                "refusals": (("machine", by_machine), ("person", by_person)),
                "people": [person.name for person in people if person],
                "sites": [names.get(site, site) for site in known.sites[:20]],
            }
        return {"tried": found, "ours": sorted(own_numbers(tx, policy, now))}

    return await setting(
        station, visitor, "dialling", read, number=number, short=sorted(dial_policy.SHORT, key=int)
    )


def _whole(typed: str) -> str:
    """In E.164 where it is a number at all; what is none, as it was typed."""
    try:
        return e164(typed, "number") or typed
    except BadField:
        return typed.strip()

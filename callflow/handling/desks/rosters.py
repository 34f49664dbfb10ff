"""The duty roster: who is written into it and taken out of it, told in the logbook."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from callflow import ids
from callflow.core.desks import roster
from callflow.core.desks.roster import Duty, Part
from callflow.core.time.hours import Span
from callflow.core.time.instants import to_iso
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound
from callflow.handling.base.telling import tell
from callflow.handling.sites.numbers import e164
from callflow.storage import Tx
from callflow.storage.desks import rosters
from callflow.storage.people import users

#: The longest time of which the roster is read at once.
LONGEST = timedelta(days=400)


def add_duties(
    tx: Tx,
    part: Part,
    name: str,
    phone: str | None,
    spans: Sequence[Span],
    who: str,
    now: datetime,
) -> list[Duty]:
    """Writes somebody into the roster; ``name`` is a user's, or that of somebody with a phone.

    Raises BadField, naming the field.
    """
    name = name.strip()
    if not 0 < len(name) <= 64:
        raise BadField("name", "1 to 64 characters")
    user = users.user_by_name(tx, name)
    if part is Part.OPERATOR and user is None:
        raise BadField("name", "an operator is one of the station's users")
    number = e164(phone, "phone")
    if part is not Part.OPERATOR and number is None:
        raise BadField("phone", "who is to be called needs a number")
    made = [
        Duty(
            id=ids.new(now),
            part=part,
            name=name,
            phone=number,
            user_id=user.id if user else None,
            begins_at=span.start,
            ends_at=span.end,
            made_by=who,
            made_at=now,
        )
        for span in spans
    ]
    rosters.insert(tx, made)
    _tell(tx, "roster_added", made[0], who, now, count=len(made))
    return made


def remove_duty(tx: Tx, duty_id: str, who: str, now: datetime) -> None:
    """Takes a duty out. Raises NotFound."""
    duty = rosters.remove(tx, duty_id)
    if duty is None:
        raise NotFound("there is no such duty in the roster")
    _tell(tx, "roster_removed", duty, who, now)


def findings(tx: Tx, start: datetime, end: datetime) -> list[roster.Finding]:
    """What is wrong with the roster between two instants."""
    around = rosters.between(tx, start - roster.AROUND, end + roster.AROUND)
    return roster.findings(around, start, end)


def _tell(tx: Tx, kind: str, duty: Duty, who: str, now: datetime, **more: int) -> None:
    times = {"since": to_iso(duty.begins_at), "until": to_iso(duty.ends_at)}
    told: dict[str, Any] = {"who": duty.name, "part": duty.part.value, "by": who, **times, **more}
    tell(tx, kind, now, who_did=who, **told)

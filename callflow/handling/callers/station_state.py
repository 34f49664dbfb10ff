"""How the station is, said to whoever is on duty for it and calls."""

from collections.abc import Iterator
from datetime import datetime

from callflow.core.calls.dialogue import Phrase
from callflow.core.interventions.firm import FirmMember
from callflow.handling.base.policy import load_policy
from callflow.handling.base.spoken_organs import said
from callflow.handling.desks.own_phones import own_numbers
from callflow.handling.watch.organs import facts, organs
from callflow.storage import Tx


def is_for(tx: Tx, who: FirmMember, now: datetime) -> bool:
    """True where somebody known by a code has the number of whoever is called for the station:
    on the roster now, or one of its duty numbers."""
    return who.phone is not None and who.phone in own_numbers(tx, load_policy(tx), now)


def read_out(tx: Tx, now: datetime, language: str) -> Iterator[Phrase]:
    """What is not well at the station, and since when."""
    return said(organs(tx, facts(tx, now), now), now, language)

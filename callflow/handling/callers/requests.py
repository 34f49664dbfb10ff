"""What a known caller's deed has to go by, and what it answers once it is done."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from callflow.core.calls.dialogue import Deed, Done, Phrase
from callflow.handling.callers import identity
from callflow.handling.callers.identity import Known
from callflow.storage import Tx
from callflow.vault import Vault


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A deed that a known caller asks for."""

    who: Known
    deed: Deed
    vault: Vault
    call_id: str
    now: datetime
    duress: bool

    @property
    def zone(self) -> ZoneInfo:
        """The site's."""
        return ZoneInfo(self.who.site.timezone)

    def local(self, at: datetime) -> datetime:
        """``at`` as it is said at the site."""
        return at.astimezone(self.zone)


def done(tx: Tx, asked: Asked, result: str, *say: Phrase, **keep: str) -> Done:
    """It was done; what is offered next follows from how things are now. Whoever does this while
    an alarm is on has not answered for it."""
    alarms = identity.open_alarms(tx, asked.who.site.id)
    offered = identity.may(tx, asked.who, alarms, asked.now)
    return Done(result=result, say=say, keep=keep, may=offered, served=not alarms)

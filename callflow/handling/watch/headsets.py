"""The headset of who is on shift: checked by them, kept with the shift, an organ of the station."""

from datetime import datetime

from callflow.core.desks.sound import SoundCheck
from callflow.core.watch import headsets
from callflow.handling.base.refusals import Refused
from callflow.handling.base.telling import tell
from callflow.handling.watch.readings import take
from callflow.storage import Tx
from callflow.storage.desks import shifts


def keep(tx: Tx, user_id: str, who: str, check: SoundCheck, now: datetime) -> None:
    """What ``who`` found out about their headset, for the shift that they are on. Raises
    Refused."""
    mine = shifts.running(tx, user_id)
    if mine is None:
        raise Refused("you are not on shift")
    shifts.keep_sound(tx, mine.id, check, now)
    told = {"by": who, "sound": check.fault or "well", "level": check.level}
    tell(tx, "sound_checked", now, who_did=who, **told)
    take(tx, [headsets.reading(who, check, now)], now)

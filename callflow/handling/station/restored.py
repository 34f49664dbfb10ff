"""A station that was made from a backup: held first, released by an administrator."""

from dataclasses import dataclass, replace
from datetime import datetime

from callflow.core.alarms.incident import Machine
from callflow.core.messages.outbox import is_too_late
from callflow.core.messages.withholding import Restored
from callflow.core.time.instants import to_iso
from callflow.handling.alarms.acting import hand_to_human, withdraw
from callflow.handling.alarms.rehearsing import end_rehearsal
from callflow.handling.base.policy import load_policy
from callflow.handling.base.refusals import Refused
from callflow.handling.base.telling import tell
from callflow.handling.messages.delivery import give_up_held
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.messages import outbox
from callflow.storage.people import users

#: Why a human has an alarm that came before the release.
FROM_BACKUP = "from_backup"


@dataclass(frozen=True, kw_only=True, slots=True)
class Released:
    """How many alarms became a person's, and how many messages were too late."""

    alarms: int
    late: int


def hold(tx: Tx, made_at: datetime, now: datetime) -> None:
    """These rows are a backup's, made at ``made_at``: nothing leaves until ``release``."""
    users.write_settings(tx, {"restored": Restored(made_at=made_at, at=now).to_json()})
    users.forget_processes(tx)
    tell(tx, "station_restored", now, since=to_iso(made_at))


def release(tx: Tx, by: str, now: datetime) -> Released:
    """From now on it acts; but nobody is surprised by what is old.

    The plan of an alarm that came before calls nobody any more until a person hands it back, and
    what waited too long to be sent is not. Raises Refused where it is not held.
    """
    restored = load_policy(tx).restored
    if restored is None or restored.released_at is not None:
        raise Refused("this station is not held: it acts already")
    alarms = incidents.running(tx)
    for incident in alarms:
        if incident.exercise:
            end_rehearsal(tx, incident, by, now)
            continue
        withdraw(tx, incident, now)
        handed = hand_to_human(tx, incident, FROM_BACKUP, now)
        incidents.change(tx, handed, machine=Machine.STOPPED, machine_due=None)
    late = [one for one in outbox.waiting(tx) if is_too_late(one, restored.made_at, now)]
    for message in late:
        give_up_held(tx, message, now)
    users.write_settings(tx, {"restored": replace(restored, released_at=now).to_json()})
    done = Released(alarms=len(alarms), late=len(late))
    tell(
        tx, "station_released", now, by=by, who_did=by, alarms=str(done.alarms), late=str(done.late)
    )
    return done

"""The rows know which of the station's two sites acts: of which epoch they are."""

from datetime import datetime

from callflow.core.station.mirroring import Claim, MirrorRefused
from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage.people import users

_EPOCH = "site"


def take_over(tx: Tx, claim: Claim, now: datetime) -> None:
    """The site of ``claim`` acts with these rows from now on; the other's processes are gone.

    Raises MirrorRefused where they are of a later promotion than its own: they are another site's.
    """
    known = users.settings(tx).get(_EPOCH)
    if known is not None:
        kept = Claim.from_json(known)
        if kept.epoch > claim.epoch:
            raise MirrorRefused(
                f"these rows are of {kept.name}'s epoch {kept.epoch}, this site's is {claim.epoch}"
            )
        if (kept.epoch, kept.name) == (claim.epoch, claim.name):
            return
        users.forget_processes(tx)
    users.write_settings(tx, {_EPOCH: claim.to_json()})
    tell(tx, "site_acts", now, place=claim.name, number=claim.epoch)

"""The logbook as it stands: proved whole, or vouched for where it is older than its proofs."""

from collections.abc import Sequence
from datetime import datetime

from callflow.core.records import logbook, verification
from callflow.core.records.logbook import UNREADABLE, Anchor, Fault
from callflow.core.records.verification import Verified
from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage.records import sealing


def verify(tx: Tx, anchors: Sequence[Anchor] = ()) -> Verified:
    """Every fault of the logbook's chains, heads and seals, up to the seals that are remembered."""
    try:
        return verification.verify(
            sealing.entries_by_chain(tx),
            sealing.heads(tx),
            sealing.seals(tx),
            tx.info["mac"],
            anchors,
        )
    except UNREADABLE as error:
        what = f"a row is none that we wrote: {type(error).__name__}: {error}"
        return Verified(faults=[Fault(chain="?", seq=0, entry=None, what=what)], purged={})


def vouch_for_old(tx: Tx, now: datetime) -> None:
    """Once, for what was written before numbers were in entries' hashes and seals' MACs: what is
    there is taken as it is. Only where nothing is remembered of any seal (``anchoring``)."""
    mac = tx.info["mac"]
    old = logbook.old_seals(sealing.seals(tx), mac)
    for entry in sealing.without_mac(tx):
        old.entry(entry)
    if old and not sealing.is_vouched(tx):
        sealing.mark_sealed(tx)
        tell(tx, "vouched", now, **old.told())

"""The seams of the core: what has two real implementations, as its users see it."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol, TypeVar

#: A transaction of the store.
Tx_contra = TypeVar("Tx_contra", contravariant=True)
#: Decides one incident, where it is due; raises where that can't be done now.
Handler = Callable[[str], Awaitable[None]]


class Dispatch(Protocol[Tx_contra]):
    """Has each incident decided when it falls due, by one of any number of processes.

    A hint only: the row's ``due_at`` is the truth, and a lost hint costs about a second.
    """

    def wake(self, tx: Tx_contra, incident: str, at: datetime) -> None:
        """The incident is to be decided at ``at`` (UTC), if the transaction commits."""

    async def run(self, handler: Handler) -> None:
        """Call ``handler`` for each incident that falls due, until cancelled."""

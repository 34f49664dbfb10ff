"""The operators' phones of one node: Asterisk knows those of the rows, the rows what they do."""

import asyncio
from collections.abc import Callable, Collection
from datetime import datetime

import structlog

from callflow.clock import Clock
from callflow.core.calls.phones import CALLED, PREFIX, is_phone
from callflow.handling.calls import phones as calls_phones
from callflow.storage import Store, Tx
from callflow.storage.calls import phones
from callflow.vault import Vault
from ivr.asterisk.control import ControlError, command
from ivr.asterisk.instance import Instance
from ivr.asterisk.phones import render_phones
from ivr.telephony.whereabouts import Whereabouts

log = structlog.get_logger(__name__)

_TECHNOLOGY = "PJSIP/"
#: Seconds that a phone whose connection went has to come back before its call is let go.
COMES_BACK_WITHIN = 8.0
#: Seconds until Asterisk is told again what it did not take.
_AGAIN = 1.0


class Phones:
    """``look`` does what the rows ask for; ``heard`` and ``connected`` are what Asterisk says."""

    def __init__(
        self,
        store: Store,
        vault: Vault,
        instance: Instance | None,
        *,
        node: str,
        now: Clock,
        trunks: Callable[[], Collection[tuple[str, int]]] = tuple,
    ) -> None:
        self._store, self._vault, self._instance = store, vault, instance
        self._whereabouts = Whereabouts(instance, trunks) if instance else None
        self._node, self._now = node, now
        self._known: frozenset[str] | None = None  # what Asterisk was told last, and took
        self._refused: datetime | None = None
        self._states: dict[str, str] = {}
        self._told: dict[str, str] = {}
        self._addresses: dict[str, str] = {}
        self._gone: dict[str, datetime] = {}

    # --- the rows' phones, in Asterisk ---

    async def look(self) -> None:
        """Write and load what changed among the phones. A PBX of somebody else's has none of ours:
        its operators use the desk phones' numbers.

        Never twice at once: Asterisk takes no reload while another is under way, and who read the
        rows first must not write last.
        """
        if self._instance is None or not self._instance.etc.is_dir():
            return
        wanted = await self._store.read(lambda tx: phones.names(tx, self._node))
        if wanted != self._known and self._is_time():
            await self._tell_asterisk(self._instance, wanted)

    def forget(self) -> None:
        """Asterisk began again: it reads what was written last, which may be old."""
        self._known = self._refused = None
        self._states.clear()
        self._told.clear()

    def _is_time(self) -> bool:
        since = self._refused
        return since is None or (self._now() - since).total_seconds() >= _AGAIN

    async def _tell_asterisk(self, instance: Instance, wanted: frozenset[str]) -> None:
        taken = False
        self._known = wanted  # unless it begins again meanwhile
        try:
            taken = await self._render(instance)
        finally:
            if taken:
                self._refused = None
            else:
                self._known, self._refused = None, self._now()

    async def _render(self, instance: Instance) -> bool:
        """True where Asterisk knows exactly those that were written; those that it knows are told
        so, and so can register."""
        node, vault = self._node, self._vault
        ours = await self._store.read(lambda tx: calls_phones.endpoints(tx, vault, node))
        render_phones(instance, ours)
        names = {phone.name for phone in ours}
        if self._whereabouts is not None:
            self._whereabouts.forget_all_but(names)
        try:
            known = await self._load(instance)
        except ControlError as error:  # away, or held up
            log.warning("phones.not_loaded", reason=str(error))
            return False
        at, there = self._now(), names & known
        await self._store.write(lambda tx: phones.rendered(tx, there, at))
        if known == names:
            return True
        log.error(
            "phones.not_as_written", unknown=sorted(names - known), left=sorted(known - names)
        )
        return False

    async def _load(self, instance: Instance) -> set[str]:
        """The phones that Asterisk knows then: it may refuse to read, and answers a broken section
        with success."""
        socket = instance.control_socket
        await asyncio.to_thread(command, socket, "module reload res_pjsip.so")
        told = await asyncio.to_thread(command, socket, "pjsip list endpoints")
        found = (word.partition("/")[0] for word in told.split() if word.startswith(PREFIX))
        return {name for name in found if not name.endswith(CALLED)}

    # --- what Asterisk says of them ---

    def heard(self, device: str, state: str) -> None:
        """A device of Asterisk's is in this state; most are no phones of ours."""
        name = device.removeprefix(_TECHNOLOGY)
        called = name.removesuffix(CALLED)
        if called != name and is_phone(called):
            self._states[called] = state

    def connected(self, name: str, address: str, connected: bool) -> None:
        """A phone registered from an address, or that address is gone.

        Who registers anew over another connection may do so before Asterisk lets go of the old one.
        """
        if not is_phone(name):
            return
        if connected:
            self._addresses[name] = address
            self._gone.pop(name, None)
        elif self._addresses.get(name, address) == address:
            self._addresses.pop(name, None)
            self._gone.setdefault(name, self._now())

    def proved(self, name: str, remote: str) -> None:
        """A phone proved its password, from this address."""
        if self._whereabouts is not None:
            self._whereabouts.proved(name, remote)

    async def dialled(self, name: str) -> str:
        """Where a phone is called; "" on somebody else's PBX. Raises Refused where it is nowhere
        that a call of ours may go to."""
        return await self._whereabouts.dialled(name) if self._whereabouts is not None else ""

    async def tell(self) -> None:
        """Store what changed, and let go of the calls of phones that did not come back."""
        fresh = {name: s for name, s in self._states.items() if self._told.get(name) != s}
        now = self._now()
        dropped = [
            name
            for name, since in self._gone.items()
            if (now - since).total_seconds() >= COMES_BACK_WITHIN
        ]
        orphans = await self._store.read(
            lambda tx: phones.orphans(tx, now) or phones.speaking_after_their_end(tx)
        )
        if not (fresh or dropped or orphans):
            return

        def told(tx: Tx) -> None:
            phones.heard(tx, fresh)
            for name in dropped:
                calls_phones.phone_dropped(tx, name, now)
            calls_phones.end_orphans(tx, now)

        await self._store.write(told)
        self._told |= fresh
        for name in dropped:
            del self._gone[name]

    @property
    def changed(self) -> bool:
        """True where ``tell`` has states to store."""
        return any(self._told.get(name) != state for name, state in self._states.items())

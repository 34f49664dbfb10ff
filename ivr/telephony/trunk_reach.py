"""Which trunks Asterisk reaches, and which are registered: it asks far ends every few seconds, and
tells of changes; for registrations it is asked."""

import asyncio
from collections.abc import Collection, Mapping

import structlog

from callflow.clock import Clock
from callflow.core.calls.trunks import Reach, Registration, Seen
from callflow.settings.trunks import TrunkSettings
from ivr.asterisk.control import ControlError, command
from ivr.asterisk.instance import Instance
from ivr.asterisk.registrations import COMMAND, registrations

log = structlog.get_logger(__name__)

_TECHNOLOGY = "PJSIP/"
#: States of a device whose far end does not answer; of others, calls tell.
_GONE = frozenset({"UNAVAILABLE", "INVALID"})
_NOT_KNOWN = frozenset({"", "UNKNOWN"})


class TrunkReach:
    """What is known of the trunks' far ends. ``heard`` is the link's ``on_device``.

    ``station`` is None on somebody else's PBX, which registers where it likes.
    """

    def __init__(
        self, trunks: Collection[TrunkSettings], station: Instance | None, now: Clock
    ) -> None:
        self._names = frozenset(trunk.name for trunk in trunks)
        self._registering = frozenset(trunk.name for trunk in trunks if trunk.registers)
        self._station, self._now = station, now
        self._reached: dict[str, Reach] = {}
        self._registered: dict[str, Registration] = {}

    def seen(self) -> Seen:
        """As of now."""
        return Seen(reach=dict(self._reached), registered=dict(self._registered))

    def heard(self, device: str, state: str) -> None:
        """A device of Asterisk's is in this state; most are no trunks."""
        name = device.removeprefix(_TECHNOLOGY)
        if name not in self._names or state in _NOT_KNOWN:
            return
        reachable = state not in _GONE
        before = self._reached.get(name)
        if before is None or before.reachable != reachable:
            self._reached[name] = Reach(reachable=reachable, since=self._now())

    async def ask(self) -> None:
        """Which carriers have our registration now."""
        if self._station is None or not self._registering:
            return
        try:
            told = await asyncio.to_thread(command, self._station.control_socket, COMMAND)
        except ControlError as error:  # away, or held up: what is known stays
            log.warning("trunks.registrations_not_told", reason=str(error))
            return
        self.listed(registrations(told))

    def listed(self, registered: Mapping[str, bool]) -> None:
        """Asterisk's registrations by the trunk's name; one that it doesn't list is none."""
        for name in self._registering:
            is_there, before = registered.get(name, False), self._registered.get(name)
            if before is None or before.registered != is_there:
                self._registered[name] = Registration(registered=is_there, since=self._now())

    def forget(self) -> None:
        """Asterisk is gone: of its trunks nothing is known."""
        self._reached.clear()
        self._registered.clear()

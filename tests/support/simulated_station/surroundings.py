"""What the code under test finds around it: our clock, our identifiers, our wires, our log."""

from __future__ import annotations

import contextlib
import itertools
import logging
import random
import traceback
import uuid
from collections.abc import Iterator, MutableMapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest import mock

import structlog

from callflow.dispatch.rows import sweep
from ivr.ami import Account, AmiLink
from tests.support.simulated_station.processes import (
    Process,
    Silent,
    SimulatedAgiServer,
    SimulatedWake,
)
from tests.support.simulated_station.virtual_time import OWNER

if TYPE_CHECKING:
    from tests.support.simulated_station.simulation import Simulation

_NOWHERE = Account(host="", port=0, user="", secret="")


class _NoFile:
    """Seals are remembered nowhere: who rewrites the rows is no matter here."""

    def __init__(self, *_arguments: Any) -> None:
        self.state: dict[str, Any] = {"ours": True, "since": None, "seal": 0, "trouble": ""}

    async def look(self) -> None:
        """Nothing is remembered."""


async def _no_door(*_settings: Any) -> None:
    """No browser comes."""


@contextlib.contextmanager
def surroundings(simulation: Simulation) -> Iterator[None]:
    """Within it the station is simulated; what it logs as an error is a finding."""
    stand_ins: dict[str, Any] = {
        "callflow.clock.now": simulation.now,
        "callflow.clock.monotonic": simulation.seconds,
        "callflow.dispatch.rows._LOOK_EVERY": 1.0,  # seconds; idling is what costs us time
        "callflow.processes.engine._TICK": timedelta(seconds=2),
        "callflow.processes.engine._BEAT": timedelta(seconds=4),
        "callflow.processes.engine.anchoring.Watch": _NoFile,
        "callflow.processes.engine.open_wake": SimulatedWake,
        "ivr.ami.link.connect": simulation.connect,
        "ivr.asterisk.instance.Instance.agi_secret": lambda _: "said to nobody",
        "ivr.telephony.process.AgiServer": SimulatedAgiServer,
        "ivr.telephony.process.Recordings": Silent,
        "ivr.telephony.process.SiteNames": Silent,
        "ivr.telephony.process._BEAT_EVERY": 4.0,
        "ivr.telephony.process.account": lambda _: _NOWHERE,
        "ivr.telephony.process.keep_open": _no_door,
        "ivr.telephony.process.open_wake": SimulatedWake,
        "ivr.telephony.process.speech_of": Silent,
        "ivr.telephony.process.write_tones": lambda _folder: None,
    }
    #: Defaults that were bound before we came.
    bound: list[tuple[Any, dict[str, Any]]] = [
        (sweep, {"now": simulation.now}),
        (AmiLink.__init__, {"dice": simulation.dice("backoff").random}),
    ]
    with contextlib.ExitStack() as stack:
        for name, stand_in in stand_ins.items():
            stack.enter_context(mock.patch(name, stand_in))
        for function, defaults in bound:
            stack.enter_context(mock.patch.dict(function.__kwdefaults__, defaults))
        stack.enter_context(drawn_ids(simulation.dice("ids")))
        stack.enter_context(_logged(simulation))
        yield


@contextlib.contextmanager
def drawn_ids(rng: random.Random) -> Iterator[None]:
    """Within it every identifier is drawn from ``rng``."""

    def uuid4() -> uuid.UUID:
        return uuid.UUID(int=rng.getrandbits(128), version=4)

    def token_hex(size: int = 32) -> str:
        return rng.randbytes(size).hex()

    with (
        mock.patch("uuid.uuid4", uuid4),
        mock.patch("secrets.token_hex", token_hex),
        mock.patch("callflow.ids._numbers", itertools.count()),
    ):
        yield


@contextlib.contextmanager
def _logged(simulation: Simulation) -> Iterator[None]:
    ear, before = _Ear(simulation), structlog.get_config()
    structlog.configure(
        processors=[ear.structured],
        wrapper_class=structlog.BoundLogger,
        logger_factory=structlog.ReturnLoggerFactory(),
        cache_logger_on_first_use=False,
    )
    product = logging.getLogger("callflow")
    product.addHandler(ear)
    propagated, product.propagate = product.propagate, False
    try:
        yield
    finally:
        product.propagate = propagated
        product.removeHandler(ear)
        structlog.configure(**before)


#: What the product rightly logs as an error while things break around it.
_EXPECTED = frozenset(
    {
        "store.away",
        "call.not_placed",
        "ami.login_refused",
        "ami.resync_failed",
        "ami.alarm_failed",
        "the recording was not muted",
    }
)


class _Ear(logging.Handler):
    """Hears both loggers."""

    def __init__(self, simulation: Simulation) -> None:
        super().__init__(logging.ERROR)
        self._simulation = simulation

    def _heard(self, level: str, event: str, why: str = "") -> None:
        """The product says that something is wrong which should never be; ``why``: its trace."""
        owner = OWNER.get()
        dead = isinstance(owner, Process) and owner.store.dead
        serious = level in ("error", "critical", "exception") and event not in _EXPECTED
        if serious and not dead and "StoreUnavailable" not in why:
            self._simulation.broken(f"logged as an error: {event} {why}".rstrip())

    def emit(self, record: logging.LogRecord) -> None:
        """A record of the standard library's logger."""
        reason = f" ({record.exc_info[1]!r})" if record.exc_info else ""
        self._heard("error", record.getMessage() + reason)

    def structured(self, _logger: Any, level: str, event: MutableMapping[str, Any]) -> Any:
        """A line of structlog's."""
        why = event.get("trace") or (traceback.format_exc() if level == "exception" else "")
        self._heard(level, str(event.get("event")), str(why))
        raise structlog.DropEvent

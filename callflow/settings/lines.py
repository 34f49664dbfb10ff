"""Settings of the lines that signals come on, and of who may speak there."""

import json
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from callflow.settings.listeners import EVERYBODY, Allowed, ListenerSettings

Port = Annotated[int, Field(ge=0, le=65535)]
#: Protocols of hardware receivers: their ports are there only where a line is declared.
HARDWARE = ("surgard", "dc07")
#: The lines that are no hardware's, on every station.
BUILT_IN_LINES = ("dc09-tcp", "dc09-udp", "phone", "webhook")


class LineSettings(BaseModel):
    """One more line that signals come on, beside those that every station has.

    ``listen`` is a port to wait at; ``connect`` the ``host:port`` of a receiver to call. A hardware
    receivers' line that has neither listens at its protocol's own port.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: What signals say that they came by, such as ``surgard/01-3``.
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,15}$")
    #: What is spoken on it.
    protocol: Literal["dc09", "surgard", "dc07"]
    #: ``udp``: of DC-09 only.
    transport: Literal["tcp", "udp"] = "tcp"
    #: The port that it waits at; left out without ``connect``, the protocol's own.
    listen: Port | None = None
    #: ``host:port`` of a receiver that waits to be called.
    connect: str | None = Field(None, pattern=r"^[^\s:]{1,253}:[0-9]{1,5}$")
    #: Who may connect, instead of the listener's own networks.
    allow: Allowed = ()
    #: Seconds between a receiver's heartbeats; three missing ones are its loss. 0: it sends none.
    heartbeat: float = Field(30.0, ge=0, le=3600)

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        neither = self.listen is None and self.connect is None
        if (neither and self.protocol == "dc09") or (self.listen is not None and self.connect):
            raise ValueError("a line either listens at a port or connects to host:port")
        if self.connect and not 0 < int(self.connect.rpartition(":")[2]) <= 65535:
            raise ValueError("a receiver's port is from 1 to 65535")
        if self.transport == "udp" and (self.protocol != "dc09" or self.connect):
            raise ValueError("only DC-09 comes over UDP, and it is listened to")
        return self


class RelaySettings(BaseModel):
    """Where each frame of a line goes on to while the system there still acts (receiver/relay.py).

    Only a line that waits for its senders is relayed, and a line to one system.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: The line: ``dc09-tcp``, ``dc09-udp``, or one of ``lines``.
    line: str
    #: ``host:port`` of the other system, which is spoken to as the line's senders do.
    to: str = Field(pattern=r"^[^\s:]{1,253}:[0-9]{1,5}$")
    #: Who must have a signal before its sender is told so, beside whoever acts for the account:
    #: ``both``, ``ours`` or ``theirs``.
    mode: Literal["both", "ours", "theirs"] = "both"
    #: Seconds that the other system has to answer; what it does not answer is not acknowledged.
    timeout: float = Field(10.0, ge=0.1, le=60)

    @model_validator(mode="after")
    def _a_port(self) -> Self:
        if not 0 < int(self.to.rpartition(":")[2]) <= 65535:
            raise ValueError("a relay's port is from 1 to 65535")
        return self


class LinesSettings(ListenerSettings):
    """The lines that signals come on."""

    #: Lines beside DC-09 at its ports: a list of ``LineSettings``. Hardware receivers are heard on
    #: such lines only, for what they say proves nothing but where it comes from.
    lines: tuple[LineSettings, ...] = ()
    #: Lines whose frames go on to another system: a list of ``RelaySettings``.
    relays: tuple[RelaySettings, ...] = ()

    def lines_as_json(self) -> str:
        """``lines`` as the environment says them."""
        return json.dumps([line.model_dump(exclude_defaults=True) for line in self.lines])

    def allowed(self, line: LineSettings) -> tuple[str, ...]:
        """Who may connect to a line; none named: anybody who reaches it."""
        return line.allow or tuple(getattr(self, f"{line.protocol}_allow"))

    def open_to_strangers(self) -> list[LineSettings]:
        """The hardware receivers' lines that anybody beyond this machine could speak on."""
        return [
            line
            for line in self.lines
            if line.protocol in HARDWARE
            and line.connect is None
            and (not self.allowed(line) or EVERYBODY & set(self.allowed(line)))
            and self.is_beyond(line.protocol)
        ]

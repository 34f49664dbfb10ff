"""Settings of the station's power: which supplies are asked, and what their words mean to it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_settings import BaseSettings, NoDecode

from callflow.core.station.addresses import is_loopback
from callflow.settings.listeners import listed

#: Where NUT's server listens (RFC 9271, 8).
NUT_PORT = 3493
_ADDRESS = re.compile(
    r"(?P<name>[0-9A-Za-z][0-9A-Za-z._-]{0,63})@"
    r"(?P<host>[0-9A-Za-z][0-9A-Za-z.-]{0,252}|\[[0-9A-Fa-f:.]{2,45}\])"
    r"(?::(?P<port>[0-9]{1,5}))?"
)
_VARIABLE = r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}"
_RUNS = re.compile(rf"(?P<at>\S+) +(?P<variable>{_VARIABLE})=(?P<value>\S{{1,64}})")
_FUEL = re.compile(rf"(?P<at>\S+) +(?P<variable>{_VARIABLE})<(?P<limit>[0-9]{{1,6}}(\.[0-9]+)?)")
_RUNS_SO, _FUEL_SO = "ats@192.0.2.7 input.source=2", "tank@192.0.2.7 fuel.level<25"


@dataclass(frozen=True, slots=True)
class Device:
    """A device of a NUT server, as it is asked."""

    name: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.name}@{host}:{self.port}"


def device(text: str) -> Device:
    """Read ``name@host`` or ``name@host:port``. Raises ValueError."""
    found = _ADDRESS.fullmatch(text)
    port = int(found["port"] or NUT_PORT) if found else 0
    if found is None or not 0 < port < 65_536:
        raise ValueError(f"{text!r}: write NAME@HOST or NAME@HOST:PORT, as NUT's upsc takes it")
    return Device(found["name"], found["host"].strip("[]"), port)


def _devices(value: tuple[str, ...]) -> tuple[str, ...]:
    if len({str(device(text)) for text in value}) < len(value):
        raise ValueError("names a device twice")
    return value


@dataclass(frozen=True, slots=True)
class Sign:
    """A variable of a device: it has a value, or is below a limit."""

    device: Device
    variable: str
    value: str = ""
    limit: float = 0.0


def _written_as(form: re.Pattern[str], example: str) -> Callable[[str], str]:
    """Read a sign, or nothing. Raises ValueError."""

    def checked(text: str) -> str:
        found = form.fullmatch(text)
        if text and found is None:
            raise ValueError(f"{text!r}: write it as in {example!r}")
        if found is not None:
            device(found["at"])
        return text

    return checked


class PowerSettings(BaseSettings):
    """Which supplies this machine has, by NUT (docs/how-to/power-and-clock.md)."""

    #: The UPSes that feed this machine, as NUT's server has them: ``name@host:port``, several with
    #: commas between. They stand in for each other: it stops when all of them end.
    ups: Annotated[
        tuple[str, ...], NoDecode, BeforeValidator(listed), AfterValidator(_devices)
    ] = ()
    #: Who asks, where NUT's server wants to know; the file holds the password in one line.
    ups_user: str = Field("", pattern=r"^[0-9A-Za-z._-]{0,64}$")
    ups_password_file: Path | None = None
    #: True: no word without TLS (STARTTLS). PEM file of the authorities that vouch for NUT's
    #: servers; left out, this machine's.
    ups_tls: bool = False
    ups_authorities: Path | None = None
    #: Seconds: so short a loss of mains is nobody's trouble; with so much left another station is
    #: offered the work; with so much left this one stops (0: never), unless somebody in need is on
    #: the line.
    ups_grace: float = Field(20.0, ge=0, le=600)
    ups_hand_over: float = Field(900.0, ge=0, le=86_400)
    ups_stop: float = Field(180.0, ge=0, le=3600)
    #: Seconds left with which calls that the machine makes are no longer waited for.
    ups_last: float = Field(60.0, ge=0, le=3600)
    #: What says that the generator runs: ``ats@host input.source=2``; and that its fuel is low:
    #: ``tank@host fuel.level<25``.
    generator_runs: Annotated[str, AfterValidator(_written_as(_RUNS, _RUNS_SO))] = ""
    generator_fuel: Annotated[str, AfterValidator(_written_as(_FUEL, _FUEL_SO))] = ""

    @model_validator(mode="after")
    def _no_password_in_clear(self) -> Self:
        if (self.ups_password_file is None) != (not self.ups_user):
            raise ValueError(
                "CALLFLOW_UPS_USER: it goes with CALLFLOW_UPS_PASSWORD_FILE: set both, or none"
            )
        away = [one for one in self.asked if not is_loopback(one.host)]
        if self.ups_user and not self.ups_tls and away:
            raise ValueError(
                f"CALLFLOW_UPS_USER: the password would go to {away[0].host} in clear: set"
                " CALLFLOW_UPS_TLS=true"
            )
        return self

    @property
    def supplies(self) -> tuple[Device, ...]:
        """The UPSes."""
        return tuple(map(device, self.ups))

    @property
    def asked(self) -> tuple[Device, ...]:
        """Every device that is asked anything."""
        signs = filter(None, (self.generator_sign, self.fuel_sign))
        return (*self.supplies, *(sign.device for sign in signs))

    @property
    def generator_sign(self) -> Sign | None:
        """What says that the generator runs."""
        found = _RUNS.fullmatch(self.generator_runs)
        return Sign(device(found["at"]), found["variable"], found["value"]) if found else None

    @property
    def fuel_sign(self) -> Sign | None:
        """What says how much fuel there is."""
        found = _FUEL.fullmatch(self.generator_fuel)
        if found is None:
            return None
        return Sign(device(found["at"]), found["variable"], limit=float(found["limit"]))

"""Settings of a station on two sites: the other one, and the cluster that both keep alike."""

import re
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_settings import BaseSettings, NoDecode

from callflow.settings.lines import Port
from callflow.settings.listeners import listed

_PLACE = re.compile(r"[A-Za-z0-9.-]{1,253}:[0-9]{1,5}|\[[0-9A-Fa-f:]{2,45}\]:[0-9]{1,5}")
_SHORTEST_KEY = 32


def _place(value: str) -> str:
    if value and not _PLACE.fullmatch(value):
        raise ValueError("write host:port, such as north.example.com:8012")
    return value


def _places(value: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(_place, value))


Place = Annotated[str, AfterValidator(_place)]
_Name = Annotated[str, Field(pattern=r"^([a-z][a-z0-9_]{0,30})?$")]


class MirrorSettings(BaseSettings):
    """The other site of this station (docs/how-to/backup-station.md)."""

    #: Where the other site's ``serve`` is asked who acts: host:port; left out, there is no other.
    mirror_to: Place = ""
    #: What the two sites are called: lower-case letters, digits, underscores.
    mirror_name: _Name = ""
    mirror_other: _Name = ""
    #: 32 characters or more, the same at both sites: by it they know each other.
    mirror_key: Annotated[str, Field(repr=False)] = ""
    #: The folder of this site's PostgreSQL cluster, which ``serve`` begins and ends.
    mirror_cluster: Path | None = None
    #: The other site's database as this one reaches it, like ``CALLFLOW_DATABASE_URL``.
    mirror_database: Annotated[str, Field(repr=False)] = ""
    #: Seconds without the mirror after which this site acknowledges alone, and says so.
    mirror_alone_after: float = Field(10.0, ge=2, le=300)
    #: Other addresses of the other site (its pages, its DC-09), host:port with commas between:
    #: while one of them takes a connection, it is not off.
    mirror_silent: Annotated[
        tuple[str, ...], NoDecode, BeforeValidator(listed), AfterValidator(_places)
    ] = ()
    #: PEM file of the authorities that vouch for the other site's certificate.
    mirror_authorities: Path | None = None
    #: Its port; 0: derived from ``port_base``.
    mirror_port: Port = 0

    @property
    def mirrored(self) -> bool:
        """True of a station that has another site."""
        return bool(self.mirror_to)

    @model_validator(mode="after")
    def _whole_mirror(self) -> Self:
        if not self.mirror_to:
            return self
        lacking = [
            f"CALLFLOW_{name.upper()}"
            for name in ("mirror_name", "mirror_other", "mirror_cluster", "mirror_database")
            if not getattr(self, name)
        ]
        if lacking:
            raise ValueError(f"CALLFLOW_MIRROR_TO needs {', '.join(lacking)} as well")
        if self.mirror_name == self.mirror_other:
            raise ValueError("CALLFLOW_MIRROR_NAME, _OTHER: two sites have two names")
        if len(self.mirror_key) < _SHORTEST_KEY:
            raise ValueError(f"CALLFLOW_MIRROR_KEY: at least {_SHORTEST_KEY} characters")
        if not urlsplit(self.mirror_database).hostname:
            raise ValueError(
                "CALLFLOW_MIRROR_DATABASE: postgresql+psycopg://USER:PASSWORD@HOST/NAME"
            )
        return self

"""Settings of the trunks: the ways to the telephone network."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Number = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{7,14}$")]

#: Names in Asterisk's configuration that are no trunks'; operators' phones begin with ``op-``.
_NO_TRUNKS = ("global", "system", "udp", "tls", "ws", "trunk-endpoint", "trunk-aor")


class TrunkSettings(BaseModel):
    """One trunk: our way to the telephone network, named like its endpoint in Asterisk.

    ``address`` is the ``host:port`` of its far end, for the station's own Asterisk; left out, it is
    the simulated network. ``domain`` is what its calls say they come from. The numbers are what
    called people see (D16); ``authorised`` are those that the carrier lets this trunk show.

    ``transport`` tls: SIP over TLS both ways (RFC 3261 §26), the far end's certificate being
    checked for the host of ``address``; in clear its calls are refused. ``media_encryption`` sdes:
    SRTP with keys in the SDP (RFC 4568), and no call without; it needs tls, which hides the keys.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,15}$")
    address: str | None = Field(None, pattern=r"^[0-9A-Za-z.-]{1,253}:[0-9]{1,5}$")
    domain: str | None = Field(None, pattern=r"^[0-9A-Za-z.-]{1,253}$")
    transport: Literal["udp", "tls"] = "udp"
    media_encryption: Literal["none", "sdes"] = "none"
    #: Documents go by T.38, or as sound where the far end speaks none; ``audio``: as sound alone,
    #: which is how they go where sound is encrypted.
    fax: Literal["t38", "audio"] = "t38"
    channels: int = Field(60, ge=1, le=10_000)
    #: Channels that only vital alarms and humans may use.
    reserved: int = Field(10, ge=0)
    machine_number: Number | None = None
    human_number: Number | None = None
    authorised: tuple[Number, ...] = ()
    #: False: no call goes over it; those from outside still come in.
    enabled: bool = True

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.name.startswith("op-") or self.name in _NO_TRUNKS:
            raise ValueError(f"{self.name}: Asterisk has something else of this name")
        if self.reserved > self.channels:
            raise ValueError(f"{self.name}: more channels reserved than there are")
        if self.media_encryption == "sdes" and self.transport != "tls":
            raise ValueError(f"{self.name}: SRTP's keys would go in clear: set transport to tls")
        if self.transport == "tls" and self.address is None:
            raise ValueError(f"{self.name}: the simulated network speaks no TLS: set an address")
        for number in filter(None, (self.machine_number, self.human_number)):
            if self.authorised and number not in self.authorised:
                raise ValueError(f"{self.name}: {number} is not among its authorised numbers")
        return self

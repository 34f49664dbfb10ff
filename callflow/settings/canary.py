"""Settings of what the station sends itself from outside (docs/how-to/canary.md#from-outside)."""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from callflow.settings.lines import LinesSettings
from callflow.settings.notify import web_address

_AT = re.compile(r"[^\s:]{1,253}:([0-9]{1,5})")


class CanarySettings(LinesSettings):
    """Where lines and pages are reached from outside, and the way by which that is tried."""

    #: The addresses by which panels and receivers reach lines: ``{"dc09-tcp": "203.0.113.7:9"}``.
    #: There the signal goes that the station sends itself; to other lines it goes by no network.
    canary_lines: dict[str, str] = Field(default_factory=dict)
    #: The pages' address from outside, such as https://alarms.example.com.
    canary_pages: Annotated[str, AfterValidator(web_address)] = ""
    #: The address, or the network interface, of this machine by which both leave: of two providers
    #: the one by which alarms do not arrive.
    canary_source: str = Field("", pattern=r"^([A-Za-z0-9][A-Za-z0-9._:-]{0,44})?$")

    @model_validator(mode="after")
    def _known_lines(self) -> Self:
        known = {"dc09-tcp", "dc09-udp", *(one.name for one in self.lines if one.connect is None)}
        for name, at in self.canary_lines.items():
            if name not in known:
                raise ValueError(
                    f"CALLFLOW_CANARY_LINES: {name!r} is no line that waits to be called:"
                    f" name one of {', '.join(sorted(known))}"
                )
            found = _AT.fullmatch(at)
            if found is None or not 0 < int(found[1]) <= 65535:
                raise ValueError(f"CALLFLOW_CANARY_LINES: {name}: write an address as host:port")
        return self

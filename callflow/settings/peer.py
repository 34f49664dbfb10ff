"""Settings of the backup station: who is told of what nobody takes here, and when."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_settings import BaseSettings

from callflow.settings.notify import web_address
from callflow.settings.trunks import Number

_SHORTEST_KEY = 32


class PeerSettings(BaseSettings):
    """The backup station (docs/how-to/backup-station.md#a-backup-station)."""

    #: The backup station's Callflow, such as https://backup.example.com; left out: there is none.
    peer: Annotated[str, AfterValidator(web_address)] = ""
    #: 32 characters or more, the same at both: it signs what one tells the other. With a key and
    #: without an address, this station is somebody's backup station only.
    peer_key: Annotated[str, Field(repr=False)] = ""
    #: The token that the backup station made for this one (`callflow token create --role panel`).
    peer_token: Annotated[str, Field(repr=False)] = ""
    #: What this station is called there.
    peer_name: str = Field("", max_length=64)
    #: The backup station's telephones, in their order: called where it does not answer, or nobody
    #: there takes it.
    peer_numbers: tuple[Number, ...] = ()
    #: 4 to 8 digits that whoever answers there types before anything is said.
    peer_code: Annotated[str, Field(pattern=r"^([0-9]{4,8})?$", repr=False)] = ""
    #: Seconds that a vital alarm may stand beyond its target before the backup station is told.
    peer_vital_after: float = Field(0.0, ge=0, le=3600)
    #: Overflow: seconds that any alarm may wait (0: it is not told of them), and how many may (0:
    #: any number).
    peer_waiting_after: float = Field(0.0, ge=0, le=86_400)
    peer_most_waiting: int = Field(0, ge=0, le=10_000)

    @model_validator(mode="after")
    def _whole_peer(self) -> Self:
        lacking = [
            f"CALLFLOW_{name.upper()}"
            for name in ("peer_key", "peer_name", "peer_token")
            if self.peer and not getattr(self, name)
        ]
        if lacking:
            raise ValueError(f"CALLFLOW_PEER needs {', '.join(lacking)} as well")
        if self.peer_numbers and not (self.peer_code and self.peer_name):
            raise ValueError(
                "CALLFLOW_PEER_NUMBERS needs CALLFLOW_PEER_CODE and CALLFLOW_PEER_NAME"
            )
        if self.peer_key and len(self.peer_key) < _SHORTEST_KEY:
            raise ValueError(f"CALLFLOW_PEER_KEY: at least {_SHORTEST_KEY} characters")
        return self

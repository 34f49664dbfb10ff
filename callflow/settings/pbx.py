"""Settings of a PBX of somebody else's, which calls are placed with."""

from ipaddress import IPv4Address

from pydantic import field_validator
from pydantic_settings import BaseSettings

_HERE = "127.0.0.1"


class PbxSettings(BaseSettings):
    """Where that PBX is, and how it and the station find each other."""

    #: The address of its manager interface (AMI): this machine's, or another's.
    ami_host: str = _HERE
    #: The address of this machine that it asks for dialogues (FastAGI). Beside this machine's own
    #: only that PBX is let in.
    agi_bind: str = _HERE
    #: True: what goes between them is protected otherwise. Neither AMI nor FastAGI encrypts.
    pbx_in_clear: bool = False

    @field_validator("ami_host", "agi_bind")
    @classmethod
    def _one_address(cls, value: str) -> str:
        try:
            address = IPv4Address(value)
        except ValueError:
            raise ValueError(f"{value!r} is no IPv4 address, such as 192.0.2.7") from None
        if address.is_unspecified or address.is_multicast:
            raise ValueError(f"{value}: one machine's address, which the other end is told")
        return value

    def wrong_with_pbx(self, *, external: bool) -> str:
        """The reason why they can't work together so; ""."""
        away = not IPv4Address(self.ami_host).is_loopback
        if away != (not IPv4Address(self.agi_bind).is_loopback):
            return (
                "CALLFLOW_AMI_HOST and CALLFLOW_AGI_BIND: a PBX on another machine needs both, the"
                " address of its manager interface and the one of this machine that it asks"
            )
        if away and not external:
            return "CALLFLOW_AMI_HOST: only a PBX of yours is elsewhere: CALLFLOW_ASTERISK=external"
        if away and not self.pbx_in_clear:
            return (
                f"CALLFLOW_AMI_HOST: AMI and FastAGI go to {self.ami_host} and back in clear:"
                " the secret, every number and every code typed could be read on the way, and calls"
                " be placed by whoever reads it. Put both into a tunnel or a network of their own"
                " (WireGuard, IPsec, a cable), let nobody else reach these ports, then say so with"
                " CALLFLOW_PBX_IN_CLEAR=true"
            )
        return ""

"""Settings of the telephones on desks."""

from pydantic import Field
from pydantic_settings import BaseSettings


class PhoneSettings(BaseSettings):
    """Where SIP telephones of operators register, and how they speak."""

    #: The name or address that telephones reach this station by, which their files have; left out,
    #: the address that SIP listens at, where that is one.
    phones_host: str = Field("", pattern=r"^[0-9A-Za-z.-]{0,253}$")
    #: True: SIP phones on desks register over TLS alone, and speak SRTP alone.
    secure_phones: bool = False

"""The payload of a message, in whichever format it came."""

from typing import NamedTuple


class Event(NamedTuple):
    """One event of a payload. All fields as sent; an empty ``code`` was not understood."""

    code: str
    zone: str = ""
    partition: str = ""
    user: str = ""
    text: str = ""

"""Ids of rows, made here alone: they stand in the order in which their rows were asked for.

A UUID of version 7 (RFC 9562, 5.7): the millisecond of the row's instant, a number that the process
counts up, and 48 bits that are drawn. So the ids of one commit, asked for at one instant, keep
their order, and an index of them grows at its end. Nobody's secret is one.
"""

import itertools
import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache

#: Bytes of an id that are drawn; version and variant, where they stand among what is counted.
_DRAWN, _FORM = 6, 0x7000_8000
#: After 2**24 ids it begins anew: within one instant nobody asks for so many. Threads share it.
_numbers = itertools.count()


def new(at: datetime) -> str:
    """The id of a row that is asked for ``at`` this instant: 32 hexadecimal digits."""
    return _of(at, secrets.token_hex(_DRAWN))


def several(instants: Iterable[datetime]) -> Iterator[str]:
    """Ids of as many rows, in their order."""
    every = list(instants)
    # Drawn for all of them at once: each look at the kernel's costs as much as half a row.
    drawn, size = secrets.token_hex(_DRAWN * len(every)), 2 * _DRAWN
    for place, at in enumerate(every):
        yield _of(at, drawn[place * size : (place + 1) * size])


def of_call(at: datetime) -> str:
    """An id that may be an Asterisk channel's: with its hyphens."""
    digits = new(at)
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _of(at: datetime, drawn: str) -> str:
    number = next(_numbers)
    counted = _FORM | (number & 0xFFF000) << 4 | number & 0xFFF
    return f"{_begin(at)}{counted:08x}{drawn}"


@lru_cache(maxsize=64)  # what is made together is made at one time
def _begin(at: datetime) -> str:
    return f"{int(at.timestamp() * 1000):012x}"

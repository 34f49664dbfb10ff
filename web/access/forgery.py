"""What proves that a form is one of our own pages', made for this session: its token.

A page carries it masked, otherwise each time: pages are compressed, and by their length something
of another's that stands in them (an alarm's text) would tell, guess by guess, what else is the same
in each (BREACH, breachattack.com).
"""

import binascii
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode


def masked(token: str) -> str:
    """A session's token as one page carries it."""
    mask = secrets.token_bytes(len(token))
    return urlsafe_b64encode(mask + _xor(mask, token.encode("ascii"))).decode("ascii")


def proves(sent: str, token: str) -> bool:
    """True where what a form sent is ``token``, masked."""
    try:
        both = urlsafe_b64decode(sent.encode("ascii"))
    except (binascii.Error, UnicodeEncodeError):
        return False
    half = len(both) // 2
    return hmac.compare_digest(_xor(both[:half], both[half:]), token.encode("ascii"))


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=False))

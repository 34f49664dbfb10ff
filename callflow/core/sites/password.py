"""Spoken passwords (D14): what was heard against what is agreed. Pure.

A password is said on a bad line and typed in a hurry: case, accents, spaces and punctuation don't
count. What is left must be the same.
"""

import hmac
import unicodedata
from enum import StrEnum


class Heard(StrEnum):
    """What the page answers to a password that an operator typed as it was heard."""

    MATCHES = "matches"
    DIFFERS = "differs"
    DURESS = "duress"  # looks like a match


def plain(password: str) -> str:
    """Letters and digits alone, without case or accents: "Été 42 !" is "ete42"."""
    apart = unicodedata.normalize("NFKD", password.casefold())
    return "".join(sign for sign in apart if sign.isalnum()).casefold()


def judge(heard: str, password: str | None, duress: str | None) -> Heard:
    """Which of the two was said. One that is not set is said by nobody."""
    said = plain(heard)
    if said and duress is not None and _same(said, duress):
        return Heard.DURESS
    if said and password is not None and _same(said, password):
        return Heard.MATCHES
    return Heard.DIFFERS


def _same(said: str, kept: str) -> bool:
    """In a time that does not tell where they differ."""
    return hmac.compare_digest(said.encode(), plain(kept).encode())

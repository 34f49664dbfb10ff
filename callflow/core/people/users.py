"""People who log in: their roles, and which passwords they may have (NIST SP 800-63B, 5.1.1.2).

Pure but for the list of common passwords, which lies beside this module.
"""

import functools
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from importlib import resources


class Role(StrEnum):
    """Who somebody, or a program, is to the station."""

    PANEL = "panel"  # a program that sends signals, and nothing else
    GATEWAY = "gateway"  # a program that says what became of messages, and nothing else
    SCREEN = "screen"  # of the room: it shows the wallboard to whoever is there, and nothing else
    READER = "reader"  # sees, changes nothing
    TECHNICIAN = "technician"  # of a maintenance firm: on the phone menu; no site's page is theirs
    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"


#: Roles that a person who logs in may have.
PEOPLE = (Role.READER, Role.TECHNICIAN, Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who logs in, by their ``name``. Times are UTC."""

    id: str
    name: str
    role: str  # a ``Role``; of a later version perhaps one that nobody knows here
    password: str  # argon2; "": they come by the OIDC provider
    password_given_at: datetime | None  # somebody else chose it then: they are to choose their own
    language: str
    languages: tuple[str, ...]
    skills: tuple[str, ...]
    created_at: datetime
    disabled_at: datetime | None = None  # since then they are let in nowhere
    subject: str | None = None  # who they are to the OIDC provider
    totp: str | None = None  # encrypted: the secret of their codes
    totp_step: int = 0  # the last one taken
    shown_name: str = ""  # what pages call them; "": as they log in

    @property
    def called(self) -> str:
        """What pages call them."""
        return self.shown_name or self.name


#: Nobody's name: the logbook calls the machine so.
_RESERVED = "callflow"
#: Characters of a password; the most keeps argon2 from being given books.
SHORTEST, LONGEST = 12, 256
_LANGUAGE = re.compile(r"[a-z]{2}")


def is_reserved(name: str) -> bool:
    """True where a name, however it is written, reads as the machine's own."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(letter for letter in plain if letter.isalnum()) == _RESERVED


def password_fault(password: str, name: str) -> str | None:
    """What is wrong with a password of somebody called ``name``; None: nothing."""
    if len(password) < SHORTEST:
        return "a password has at least 12 characters"
    if len(password) > LONGEST:
        return "a password has at most 256 characters"
    plain = password.casefold()
    if len(set(plain)) < 5:
        return "a password has at least 5 different characters"
    if plain in _common() or (len(name) > 3 and plain.replace(name.casefold(), "", 1).isdigit()):
        return "this password is one of those that are tried first: choose another one"
    if _of_this_place(plain):
        return "this password is made of words of this trade: choose another one"
    return None


#: Words that stand around whoever logs in here: what is made of them is guessed first. Listed for
#: administrators in web/security.md.
PLACE_WORDS = (
    *("callflow", "telesurveillance", "surveillance", "securite", "security", "monitoring"),
    *("station", "centrale", "alarme", "alarm", "incendie", "intrusion", "vigilance", "astreinte"),
    *("operateur", "operator", "superviseur", "supervisor", "administrateur", "administrator"),
    *("admin", "technicien", "technician", "motdepasse", "password", "passe", "bonjour", "welcome"),
)


def _of_this_place(plain: str) -> bool:
    """True where nearly all of a password is words of this trade, whatever stands between them."""
    letters = unicodedata.normalize("NFD", plain)
    left = said = "".join(letter for letter in letters if letter.isalpha())
    for word in PLACE_WORDS:
        left = left.replace(word, "")
    return left != said and len(left) < 5


@functools.cache
def _common() -> frozenset[str]:
    """The commonest passwords of at least 12 characters, from two published lists (those that
    Django and zxcvbn ship), with what French keyboards and this trade add."""
    file = resources.files("callflow.core.people") / "common_passwords.csv"
    return frozenset(file.read_text("utf-8").split())


def spoken(text: str) -> list[str]:
    """Languages as ISO 639-1 codes, in their order. Raises ValueError."""
    codes = list(dict.fromkeys(text.replace(",", " ").lower().split()))
    if not codes or not all(_LANGUAGE.fullmatch(code) for code in codes) or len(codes) > 10:
        raise ValueError("languages are two-letter codes, such as fr en")
    return codes


def skills(text: str) -> list[str]:
    """What somebody knows beside their trade, comma between. Raises ValueError."""
    found = list(dict.fromkeys(part.strip().lower() for part in text.split(",") if part.strip()))
    if len(found) > 20 or any(len(skill) > 32 or not skill.isprintable() for skill in found):
        raise ValueError("at most 20 skills of at most 32 characters, comma between")
    return found

"""Letters that go with a document: texts of the station with blanks from a closed list. Pure.

A text is no program: ``{site}`` is a blank, filled once, and what is filled in is text for ever.
Whatever else stands in braces is refused when the text is saved.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class LetterKind(StrEnum):
    """What a letter goes with."""

    REPORT_CLIENT = "report_client"
    REPORT_FIRM = "report_firm"
    REPORT_FULL = "report_full"
    #: Who the station is: its name, and the lines beneath it, on every document.
    LETTERHEAD = "letterhead"


LANGUAGES = ("fr", "en")


class Blank(StrEnum):
    """What may be filled in."""

    SITE = "site"
    CLIENT = "client"
    ADDRESS = "address"
    ACCOUNT = "account"
    ALARM = "alarm"
    RECEIVED = "received"
    CLOSED = "closed"
    CONCLUSION = "conclusion"
    REFERENCE = "reference"
    STATION = "station"


#: The letterhead is about no alarm.
BLANKS: Mapping[LetterKind, tuple[Blank, ...]] = {
    **dict.fromkeys(LetterKind, tuple(Blank)),
    LetterKind.LETTERHEAD: (),
}

#: The most characters of a subject and of a body.
LONGEST_SUBJECT, LONGEST_BODY = 200, 4000


@dataclass(frozen=True, slots=True)
class Letter:
    """A text as the station wrote it. Times are UTC."""

    id: str  # ``letter_id``
    subject: str
    body: str
    set_by: str = ""
    set_at: datetime | None = None


def letter_id(kind: LetterKind, language: str) -> str:
    """By what a letter is kept."""
    return f"{kind}.{language}"


_IN_BRACES = re.compile(r"\{([^{}]*)\}")


def fill(text: str, values: Mapping[Blank, str]) -> str:
    """``text`` with its blanks filled, each once: what is filled in has no blanks."""
    known = {blank.value: value for blank, value in values.items()}
    return _IN_BRACES.sub(lambda found: known.get(found[1], found[0]), text)


def unknown_blanks(kind: LetterKind, text: str) -> Iterator[str]:
    """What stands in braces and is none of the blanks that a letter of this kind may have."""
    allowed = {blank.value for blank in BLANKS[kind]}
    yield from dict.fromkeys(
        found[0] for found in _IN_BRACES.finditer(text) if found[1] not in allowed
    )


#: {kind: {language: (subject, body)}}: what is sent until a station writes its own.
STANDARD: Mapping[LetterKind, Mapping[str, tuple[str, str]]] = {
    LetterKind.REPORT_CLIENT: {
        "fr": (
            "Rapport d'alarme {reference} : {alarm}, {site}",
            "Madame, Monsieur,\n\n"
            "Vous trouverez ci-joint le rapport de l'alarme « {alarm} » reçue de votre site {site}"
            " le {received}.\n\n"
            "Conclusion : {conclusion}.\n\n"
            "Nous restons à votre disposition.\n\n"
            "{station}",
        ),
        "en": (
            "Alarm report {reference}: {alarm}, {site}",
            "Dear Sir or Madam,\n\n"
            "Please find attached the report of the alarm “{alarm}” that we received from your"
            " site {site} on {received}.\n\n"
            "Conclusion: {conclusion}.\n\n"
            "Yours faithfully,\n\n"
            "{station}",
        ),
    },
    LetterKind.REPORT_FIRM: {
        "fr": (
            "Rapport technique {reference} : {alarm}, {site}",
            "Bonjour,\n\n"
            "Vous trouverez ci-joint le rapport technique de l'alarme « {alarm} » du site {site}"
            " ({address}, abonné {account}), reçue le {received}.\n\n"
            "Merci de nous informer de la remise en état.\n\n"
            "{station}",
        ),
        "en": (
            "Technical report {reference}: {alarm}, {site}",
            "Hello,\n\n"
            "Please find attached the technical report of the alarm “{alarm}” of the site {site}"
            " ({address}, account {account}), received on {received}.\n\n"
            "Please tell us when it is in order again.\n\n"
            "{station}",
        ),
    },
    LetterKind.REPORT_FULL: {
        "fr": (
            "Rapport complet {reference} : {alarm}, {site}",
            "Le rapport complet de l'alarme « {alarm} » du site {site}, reçue le {received}, est"
            " joint à ce message. Il est confidentiel.\n\n"
            "{station}",
        ),
        "en": (
            "Complete report {reference}: {alarm}, {site}",
            "The complete report of the alarm “{alarm}” of the site {site}, received on"
            " {received}, is attached. It is confidential.\n\n"
            "{station}",
        ),
    },
    LetterKind.LETTERHEAD: {
        "fr": ("Station de télésurveillance", ""),
        "en": ("Monitoring station", ""),
    },
}


def standard(kind: LetterKind, language: str) -> Letter:
    """The text that is sent until a station writes its own."""
    subject, body = STANDARD[kind][language]
    return Letter(letter_id(kind, language), subject, body)

"""Letters: their texts set by an administrator, their blanks filled with an alarm's facts."""

from collections.abc import Mapping
from datetime import datetime

from callflow.core.messages.outbox import one_line
from callflow.core.records.letters import (
    LANGUAGES,
    LONGEST_BODY,
    LONGEST_SUBJECT,
    Blank,
    Letter,
    LetterKind,
    fill,
    letter_id,
    standard,
    unknown_blanks,
)
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.telling import storable, tell
from callflow.storage import Tx
from callflow.storage.records import letters


def text_of(tx: Tx, kind: LetterKind, language: str) -> Letter:
    """What is sent: the station's own text, else the standard one."""
    language = language if language in LANGUAGES else "fr"
    return letters.of_station(tx).get(letter_id(kind, language)) or standard(kind, language)


def filled(tx: Tx, kind: LetterKind, language: str, values: Mapping[Blank, str]) -> tuple[str, str]:
    """(subject, body) of a letter about an alarm."""
    letter = text_of(tx, kind, language)
    station = text_of(tx, LetterKind.LETTERHEAD, language).subject
    known = {Blank.STATION: station, **values}
    return one_line(fill(letter.subject, known)), fill(letter.body, known)


def checked(kind: LetterKind, language: str, subject: str, body: str) -> Letter:
    """A text that may be sent. Raises NotFound, Refused."""
    if language not in LANGUAGES:
        raise NotFound("there is no letter in this language", language)
    subject = one_line(storable(subject))
    body = storable(body).replace("\r\n", "\n").strip()
    if not subject:
        raise Refused("a letter needs a subject")
    if len(subject) > LONGEST_SUBJECT or len(body) > LONGEST_BODY:
        raise Refused("too long a letter", f"{LONGEST_SUBJECT} / {LONGEST_BODY}")
    if wrong := list(unknown_blanks(kind, f"{subject}\n{body}")):
        raise Refused("there are no such blanks", ", ".join(wrong)[:200])
    return Letter(letter_id(kind, language), subject, body)


def set_text(
    tx: Tx, kind: LetterKind, language: str, subject: str, body: str, by: str, now: datetime
) -> None:
    """Send this text from now on. Raises NotFound, Refused."""
    new = checked(kind, language, subject, body)
    before = text_of(tx, kind, language)
    letters.put(tx, Letter(new.id, new.subject, new.body, by, now))
    changed = {
        f"{new.id}.{name}": [getattr(before, name), getattr(new, name)]
        for name in ("subject", "body")
        if getattr(before, name) != getattr(new, name)
    }
    tell(tx, "letter_set", now, by=by, who_did=by, letter=kind.value, fields=changed)


def reset_text(tx: Tx, kind: LetterKind, language: str, by: str, now: datetime) -> None:
    """Send the standard text again. Raises NotFound."""
    if language not in LANGUAGES or not letters.drop(tx, letter_id(kind, language)):
        raise NotFound("the station has no such text of its own")
    tell(tx, "letter_reset", now, by=by, who_did=by, letter=kind.value)

"""Instants, durations and numbers as a document or a letter writes them, in French and English."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import phonenumbers
from babel.dates import format_date

from callflow.texts.readable import readable

_LOCALES = {"fr": "fr_FR", "en": "en_GB"}
_THIN, _WIDE = "\u202f", "\u00a0"


def of_language(language: str) -> str:
    """The language of a document for somebody who speaks ``language``: French, else English."""
    return "fr" if language.lower().startswith("fr") else "en"


def offset(at: datetime, zone: str) -> str:
    """How far a zone's clock is from UTC then: UTC+01:00."""
    said = at.astimezone(ZoneInfo(zone)).strftime("%z")
    return f"UTC{said[:3].replace('-', '−')}:{said[3:5]}"


def clock(at: datetime, zone: str) -> str:
    """Hours, minutes and seconds where the site is."""
    return at.astimezone(ZoneInfo(zone)).strftime("%H:%M:%S")


def day(at: datetime, zone: str, language: str) -> str:
    """The date in full: lundi 30 novembre 2026."""
    return str(format_date(at.astimezone(ZoneInfo(zone)), "full", locale=_LOCALES[language]))


def date(at: datetime, zone: str, language: str) -> str:
    """The date: 30 novembre 2026."""
    local = at.astimezone(ZoneInfo(zone))
    said = str(format_date(local, "d MMMM y", locale=_LOCALES[language]))
    return re.sub(r"^1 ", "1er ", said) if language == "fr" else said


def date_iso(at: datetime, zone: str) -> str:
    """The date for a file's name: 2026-11-30."""
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d}"


def moment(at: datetime, zone: str, language: str) -> str:
    """Date and time: 30 novembre 2026 à 03:00:12."""
    between = " à " if language == "fr" else " at "
    return f"{date(at, zone, language)}{between}{clock(at, zone)}"


def short(at: datetime, zone: str, language: str) -> str:
    """Date and time in a table's cell: 30/11/2026 03:00:12."""
    return f"{at.astimezone(ZoneInfo(zone)):%d/%m/%Y} {clock(at, zone)}"


def duration(seconds: float | None) -> str:
    """12 s, 1 min 05 s, 2 h 03 min; "" where nobody knows."""
    if seconds is None:
        return ""
    whole = max(0, round(seconds))
    minutes, left = divmod(whole, 60)
    hours, rest = divmod(minutes, 60)
    if hours >= 48:
        return f"{hours // 24}{_WIDE}j {hours % 24}{_WIDE}h"
    if hours:
        return f"{hours}{_WIDE}h {rest:02d}{_WIDE}min"
    return f"{minutes}{_WIDE}min {left:02d}{_WIDE}s" if minutes else f"{whole}{_WIDE}s"


def phone(number: str) -> str:
    """A number as people in France write it, others internationally; a masked one as it is."""
    if "•" in number or not number.startswith("+"):
        return _grouped(number)
    try:
        parsed = phonenumbers.parse(number, "FR")
    except phonenumbers.NumberParseException:
        return number
    style = phonenumbers.PhoneNumberFormat
    national = parsed.country_code == 33
    said = phonenumbers.format_number(parsed, style.NATIONAL if national else style.INTERNATIONAL)
    return str(said).replace(" ", _WIDE)


def _grouped(number: str) -> str:
    """+336••••••42 as 06 •• •• •• 42."""
    if number.startswith("+33") and len(number) == 12:
        number = "0" + number[3:]
        return _WIDE.join(number[at : at + 2] for at in range(0, len(number), 2))
    return number


#: Pictures of control characters, and brackets, as letters that every font has (PDF/A has no place
#: for what a font has not).
_PLAIN = {0x2400 + code: f"[U+{code:04X}]" for code in range(34)} | {0x27E8: "[", 0x27E9: "]"}
_BEFORE = re.compile(r"[ \u00a0\u202f]+([;!?»])")


def typeset(text: str, language: str) -> str:
    """``text`` with what a printer of French would see to; nobody's marks lead it."""
    text = readable(text).translate(_PLAIN)
    if language != "fr":
        return text
    text = re.sub(r"[ \u00a0\u202f]+:", f"{_WIDE}:", text)
    text = _BEFORE.sub(rf"{_THIN}\1", text)
    text = re.sub(r"«[ \u00a0\u202f]*", f"«{_THIN}", text)
    return re.sub(r"(?<=\w)'(?=\w)", "’", text)


def capital(text: str) -> str:
    """``text`` with a capital."""
    return text[:1].upper() + text[1:]

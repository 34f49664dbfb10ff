"""French and English: gettext catalogues, and dates, times and numbers as each writes them."""

import functools
import io
from datetime import date, datetime, timedelta
from decimal import Decimal
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from zoneinfo import ZoneInfo

import phonenumbers
from babel.dates import format_date, format_datetime, format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal

from web.kit.words import LANGUAGES

_LOCALE = Path(__file__).parents[1] / "locale"
#: The station's own time zone: the console's clock and the times of what belongs to no site.
STATION_ZONE = "Europe/Paris"
_LOCALES = {"fr": "fr_FR", "en": "en_GB"}


@functools.cache
def catalogue(language: str) -> NullTranslations:
    """The translations of a language; English is what the source says.

    Compiled in memory at start: a catalogue and its compiled form can't drift apart.
    """
    path = _LOCALE / language / "LC_MESSAGES" / "web.po"
    if not path.exists():
        return NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def best_language(wanted: str | None, accepted: str = "") -> str:
    """The language asked for, else the browser's first that we have, else French."""
    if wanted in LANGUAGES:
        return wanted
    for part in accepted.split(","):
        base = part.split(";")[0].strip().lower().split("-")[0]
        if base in LANGUAGES:
            return base
    return LANGUAGES[0]


def clock_time(at: datetime, zone: str) -> str:
    """Hours, minutes and seconds where the site is."""
    return at.astimezone(ZoneInfo(zone)).strftime("%H:%M:%S")


def typed_moment(at: datetime, zone: str) -> str:
    """As a field for a date and a time has it, where the site is."""
    return at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")


def moment(at: datetime, zone: str, language: str) -> str:
    """Date and time where the site is."""
    local = at.astimezone(ZoneInfo(zone))
    return str(format_datetime(local, "d MMM y HH:mm:ss", locale=_LOCALES[language]))


def day(at: datetime, zone: str, language: str) -> str:
    """The date, in full."""
    return str(format_date(at.astimezone(ZoneInfo(zone)), "full", locale=_LOCALES[language]))


def ago(at: datetime, now: datetime, language: str) -> str:
    """How long ago it was, in words."""
    since = min(at - now, timedelta(seconds=-1))
    return str(
        format_timedelta(since, threshold=1.5, add_direction=True, locale=_LOCALES[language])
    )


def phone(number: str | None) -> str:
    """A number as people in France write it; others internationally."""
    if not number:
        return ""
    try:
        parsed = phonenumbers.parse(number, "FR")
    except phonenumbers.NumberParseException:
        return number
    national = parsed.country_code == 33
    style = phonenumbers.PhoneNumberFormat
    return str(
        phonenumbers.format_number(parsed, style.NATIONAL if national else style.INTERNATIONAL)
    )


def money(cents: int | None, language: str) -> str:
    """An amount, as people write it; a dash where there is none."""
    if cents is None:
        return "–"
    amount = Decimal(cents) / 100
    return str(format_currency(amount, "EUR", locale=_LOCALES[language]))


def count(hundredths: int, language: str) -> str:
    """A quantity without needless zeros."""
    return str(format_decimal(Decimal(hundredths) / 100, "#,##0.##", locale=_LOCALES[language]))


def duration(seconds: float | None) -> str:
    """Minutes and seconds."""
    if seconds is None:
        return ""
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def number(value: float, language: str) -> str:
    """A number with its language's comma and spaces."""
    return str(format_decimal(value, locale=_LOCALES[language]))


def date_as(on: date, pattern: str, language: str) -> str:
    """A date by a pattern of CLDR: "EEEE d MMMM", "MMM"."""
    return str(format_date(on, pattern, locale=_LOCALES[language]))


def size(count: int, language: str) -> str:
    """Bytes as people say them: "1,2 Mo", "1.2 MB"."""
    units, number = _UNITS[language], float(count)
    for unit in units[:-1]:
        if number < 1000:
            return f"{format_decimal(round(number, 1), locale=language)} {unit}"
        number /= 1000
    return f"{format_decimal(round(number, 1), locale=language)} {units[-1]}"


_UNITS = {"fr": ("octets", "ko", "Mo", "Go"), "en": ("bytes", "kB", "MB", "GB")}

"""What was measured of an organ, or its limit, for people."""

from callflow.texts import word
from callflow.texts.readable import readable
from callflow.texts.station.organs import UNITS
from web.kit import i18n


def figure(value: float | None, unit: str, language: str) -> str:
    """A figure in its unit; a dash where there is none."""
    if value is None:
        return "–"
    if unit == "bytes":
        return i18n.size(int(value), language)
    return f"{i18n.number(value, language)} {readable(word(UNITS, unit, language))}".strip()

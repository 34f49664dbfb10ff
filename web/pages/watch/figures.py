"""What was measured of an organ, or its limit, for people."""

from callflow.texts import word
from callflow.texts.counts import is_one
from callflow.texts.readable import readable
from callflow.texts.station.organs import UNITS, UNITS_ONE
from web.kit import i18n


def figure(value: float | None, unit: str, language: str) -> str:
    """A figure in its unit; a dash where there is none."""
    if value is None:
        return "–"
    if unit == "bytes":
        return i18n.size(int(value), language)
    units = UNITS_ONE if is_one(f"{value:g}", language) and unit in UNITS_ONE else UNITS
    return f"{i18n.number(value, language)} {readable(word(units, unit, language))}".strip()

"""The summary of a walk test, as it is mailed to the technician (D17)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from callflow.core.signals.signal import Kind
from callflow.texts import KINDS


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A signal that came. ``at`` is in the site's local time."""

    at: datetime
    kind: Kind
    code: str
    zone: str
    name: str


def summary(
    language: str,
    *,
    site: str,
    who: str,
    began: datetime,
    ended: datetime,
    signals: Sequence[Line],
    unheard: Mapping[str, str],
) -> tuple[str, str]:
    """(subject, text), in French or English; times local to the site. ``unheard``: {zone: name}."""
    said = 0 if language == "fr" else 1
    heads = (
        (f"Essai de {site} : {len(signals)} messages", f"Test of {site}: {len(signals)} signals"),
        ("Technicien", "Technician"),
        ("Début", "Begin"),
        ("Fin", "End"),
        ("Messages reçus", "Signals received"),
        ("Zones sans aucun message", "Zones without any signal"),
        ("aucun", "none"),
    )
    subject, technician, begin, end, received, silent, none = (pair[said] for pair in heads)
    lines = [
        f"{technician} : {who}" if said == 0 else f"{technician}: {who}",
        f"{begin} {began:%d/%m/%Y %H:%M}, {end.lower()} {ended:%d/%m/%Y %H:%M}",
        "",
        received,
        *(_line(signal, said) for signal in signals),
        *([] if signals else [none]),
        "",
        silent,
        *(f"  {zone} {name}".rstrip() for zone, name in unheard.items()),
        *([] if unheard else [none]),
    ]
    return subject, "\n".join(lines)


def _line(signal: Line, said: int) -> str:
    kind = KINDS[signal.kind.value][said]
    where = f", zone {signal.zone} {signal.name}".rstrip() if signal.zone else ""
    return f"  {signal.at:%H:%M:%S} {kind} ({signal.code}){where}"

"""What the logbook says of guards and protective measures: {entry kind: (French, English)}."""

from __future__ import annotations

from collections.abc import Mapping

ENTRIES: Mapping[str, tuple[str, str]] = {
    "measure_opened": (
        "Mesure conservatoire ouverte jusqu'au {until} : {note}",
        "Protective measure opened until {until}: {note}",
    ),
}

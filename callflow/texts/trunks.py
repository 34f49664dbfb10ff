"""What the logbook says of trunks: {entry kind: (French, English)}."""

from __future__ import annotations

from collections.abc import Mapping

ENTRIES: Mapping[str, tuple[str, str]] = {
    "trunk_tested": (
        "Lien {trunk} essayé par {by} : appel vers {to}",
        "Trunk {trunk} tried by {by}: a call to {to}",
    ),
    "call_goes_on": (
        "Le lien {trunk} n'a pas transmis l'appel vers {to} : la même tentative passe par un autre",
        "Trunk {trunk} did not carry the call to {to}: the same attempt goes over another one",
    ),
}

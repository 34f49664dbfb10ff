"""What the logbook says of the station's power where a battery ends: {entry kind: (French,
English)}."""

from collections.abc import Mapping

ENTRIES: Mapping[str, tuple[str, str]] = {
    "power_offer": (
        "Batterie de la station : {minutes} min restantes. Passer la main à la station de repli,"
        " si elle peut agir",
        "The station's battery: {minutes} min left. Hand over to the backup station, if it can act",
    ),
    "power_wait": (
        "Batterie de la station presque vide, {minutes} min restantes : l'arrêt attend la fin des"
        " appels. Personnes en ligne : {in_need}, autres appels et alarmes vitales : {others}",
        "The station's battery is nearly empty, {minutes} min left: the stop waits for calls to"
        " end. People on the line: {in_need}, other calls and vital alarms: {others}",
    ),
    "power_stop": (
        "Batterie de la station presque vide, {minutes} min restantes, personne en ligne : la"
        " station s'arrête, et reprend avec le secteur",
        "The station's battery is nearly empty, {minutes} min left, nobody on the line: the station"
        " stops, and begins again with the mains",
    ),
    "power_back": (
        "La station reprend : arrêtée depuis le {since}, faute de secteur",
        "The station begins again: it was stopped since {since}, for want of mains",
    ),
}

#: Why a human has an alarm.
REASONS: Mapping[str, tuple[str, str]] = {
    "hand_over": (
        "batterie bientôt vide : passer la main à la station de repli",
        "the battery ends soon: hand over to the backup station",
    ),
}

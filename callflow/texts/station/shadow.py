"""What the logbook says of a station beside the system before it: {entry kind: (French,
English)}."""

from collections.abc import Mapping

ENTRIES: Mapping[str, tuple[str, str]] = {
    "shadow_begun": (
        "Double commande : un autre système agit, rien ne sort de cette station ; sites : {sites}",
        "In shadow: another system acts, nothing leaves this station; sites: {sites}",
    ),
    "shadow_over": (
        "Fin de la double commande de la station ; alarmes ouvertes confiées aux opérateurs :"
        " {alarms} ; sites encore en double commande : {sites}",
        "The station is out of the shadow; open alarms given to operators: {alarms}; sites still in"
        " shadow: {sites}",
    ),
    "site_moved": (
        "Site mis en service par {by} (lot {lot}) : cette station agit désormais ; alarmes ouvertes"
        " confiées aux opérateurs : {alarms}",
        "Site put in service by {by} (lot {lot}): this station acts from now on; open alarms given"
        " to operators: {alarms}",
    ),
    "site_moved_in_spite": (
        "Site mis en service par {by} (lot {lot}) malgré les contrôles : {because} ; alarmes"
        " ouvertes confiées aux opérateurs : {alarms}",
        "Site put in service by {by} (lot {lot}) in spite of the checks: {because}; open alarms"
        " given to operators: {alarms}",
    ),
    "site_moved_back": (
        "Site remis en double commande par {by} (lot {lot}) : {because} ; l'autre système agit ;"
        " alarmes ouvertes confiées aux opérateurs : {alarms}",
        "Site moved back into the shadow by {by} (lot {lot}): {because}; the other system acts;"
        " open alarms given to operators: {alarms}",
    ),
    "compared": (
        "Liste de l'autre système comparée par {by} : {file}, du {since} au {until} ; messages"
        " communs : {both}, absents ici : {missing}, en plus : {extra}, autre priorité :"
        " {priority}, autre personne : {person}, autre heure : {time}, lignes illisibles :"
        " {unread}",
        "List of the other system compared by {by}: {file}, from {since} to {until}; signals of"
        " both: {both}, missing here: {missing}, extra: {extra}, other priority: {priority}, other"
        " person: {person}, other time: {time}, rows unread: {unread}",
    ),
    "comparison_columns_set": (
        "Colonnes de la liste de l'autre système fixées par {by}",
        "Columns of the other system's list set by {by}",
    ),
}

#: Why a human has an alarm.
REASONS: Mapping[str, tuple[str, str]] = {
    "from_shadow": (
        "ouverte en double commande, avant la mise en service",
        "opened in shadow, before its site was put in service",
    ),
}

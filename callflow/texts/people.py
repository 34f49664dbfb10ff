"""What the logbook says of people and provisional instructions: {entry kind: (French, English)}."""

from collections.abc import Mapping

ENTRIES: Mapping[str, tuple[str, str]] = {
    "instruction_note": (
        "Consigne provisoire de {by}, du {since} au {until} — {text}",
        "Provisional instruction by {by}, from {since} until {until} — {text}",
    ),
    "instruction_plan": (
        "Consigne provisoire de {by}, du {since} au {until} : consigne {plan} pour {alarm}"
        " — {text}",
        "Provisional instruction by {by}, from {since} until {until}: plan {plan} for {alarm}"
        " — {text}",
    ),
    "instruction_absent": (
        "Consigne provisoire de {by}, du {since} au {until} : {who} absent, remplaçant : {instead}"
        " — {text}",
        "Provisional instruction by {by}, from {since} until {until}: {who} is away, stands in:"
        " {instead} — {text}",
    ),
    "instruction_number": (
        "Consigne provisoire de {by}, du {since} au {until} : {who} joignable au {to} — {text}",
        "Provisional instruction by {by}, from {since} until {until}: {who} is reached at {to}"
        " — {text}",
    ),
    "instruction_spoken": (
        "Consigne provisoire dictée au téléphone par {by}, du {since} au {until} : à écouter",
        "Provisional instruction spoken on the phone by {by}, from {since} until {until}: to be"
        " listened to",
    ),
    "instruction_heard": (
        "Consigne provisoire écoutée et transcrite par {by} — {text}",
        "Provisional instruction listened to and written down by {by} — {text}",
    ),
    "instruction_taken": (
        "{by} se charge de la consigne laissée par {left_by}",
        "{by} will see to the instruction that {left_by} left",
    ),
    "instruction_given": (
        "{by} confie à {who} la consigne laissée par {left_by}",
        "{by} gives the instruction that {left_by} left to {who}",
    ),
    "instruction_asked": ("À la demande de {who}", "Asked for by {who}"),
    "instruction_to_sign": (
        "Consigne provisoire inactive jusqu'à sa contresignature : {lowers}",
        "The provisional instruction is inactive until countersigned: {lowers}",
    ),
    "instruction_signed": (
        "Consigne provisoire contresignée par {by}",
        "Provisional instruction countersigned by {by}",
    ),
    "instruction_withdrawn": (
        "Consigne provisoire retirée par {by}",
        "Provisional instruction withdrawn by {by}",
    ),
    "duties_imported": (
        "Astreintes de {who} importées par {by} : plages {count}, lues jusqu'au {until}",
        "Duties of {who} imported by {by}: times {count}, read until {until}",
    ),
    "absences_imported": (
        "Absences de {who} importées par {by} : plages {count}, lues jusqu'au {until}",
        "Absences of {who} imported by {by}: times {count}, read until {until}",
    ),
}

#: Why an instruction lowers protection.
LOWERS: Mapping[str, tuple[str, str]] = {
    "said": ("baisse de protection signalée par son auteur", "its author says so"),
    "plan_replaced": ("une autre consigne est suivie", "another plan is followed"),
    "nobody_instead": ("absent sans remplaçant", "away, and nobody stands in"),
    "one_fewer": (
        "le remplaçant figure déjà dans la liste",
        "who stands in has a place in the list already",
    ),
    "no_number": ("le remplaçant n'a pas de numéro", "who stands in has no number"),
    "spoken": ("dictée au téléphone, pas encore écoutée", "spoken, not listened to yet"),
    "transcribed": (
        "dictée au téléphone, transcrite par une seule personne",
        "spoken on the phone, written down by one person",
    ),
    "away_from_site": (
        "ce qui est demandé sur place recevra réponse ailleurs",
        "what is asked at the premises is answered elsewhere",
    ),
}

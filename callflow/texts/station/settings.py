"""What the logbook says of the station's settings: {entry kind: (French, English)}."""

from collections.abc import Mapping

ENTRIES: Mapping[str, tuple[str, str]] = {
    "letter_set": (
        "Texte de courrier modifié par {by} : {letter}{what}",
        "Letter changed by {by}: {letter}{what}",
    ),
    "letter_reset": (
        "Texte de courrier d'origine rétabli par {by} : {letter}",
        "Standard letter brought back by {by}: {letter}",
    ),
    "retention_set": (
        "Durée de conservation changée par {by}, à partir du {since}{what}",
        "Retention changed by {by}, from {since}{what}",
    ),
    "mnemonic_set": (
        "Texte du code {code} changé par {by} : {note}",
        "Text of the code {code} changed by {by}: {note}",
    ),
    "event_rule_set": (
        "Code {code} changé dans la table de la station par {by}{what}",
        "Code {code} changed in the station's table by {by}{what}",
    ),
    "own_days_set": (
        "Jours propres à la station, {place} : {day_kind}, {days}, par {by}. Motif : {note}",
        "Days of the station's own, {place}: {day_kind}, {days}, by {by}. Reason: {note}",
    ),
    "own_day_forgotten": (
        "Jour propre à la station retiré, {place} : {day_kind}, {days}, par {by}. Motif : {note}",
        "Day of the station's own taken back, {place}: {day_kind}, {days}, by {by}. Reason: {note}",
    ),
    "hold_placed": (
        "Effacement suspendu par {by} (conservation légale) — {text}",
        "Deletion suspended by {by} (legal hold) — {text}",
    ),
    "hold_lifted": (
        "Conservation légale levée par {by}",
        "Legal hold lifted by {by}",
    ),
    "evidence_asked": (
        "Dossier de preuves demandé par {requester} — {name}, réf. {reference}, motif : {reason} ;"
        " établi par {by}",
        "Evidence file asked for by {requester} — {name}, ref. {reference}, reason: {reason}; made"
        " by {by}",
    ),
    "evidence_made": (
        "Dossier de preuves établi par {by} pour {requester} — {name} ; écritures masquées :"
        " {masked}, sons et images laissés de côté : {left_out}, SHA-256 {sha256}",
        "Evidence file made by {by} for {requester} — {name}; masked entries: {masked}, sounds"
        " and images left out: {left_out}, SHA-256 {sha256}",
    ),
    "evidence_taken": (
        "Dossier de preuves emporté par {by} pour {requester} — {name}",
        "Evidence file taken by {by} for {requester} — {name}",
    ),
    "purged": (
        "Effacés après {days} jours de conservation : {kept}, {count}",
        "Deleted after being kept for {days} days: {kept}, {count}",
    ),
}

#: Who asks for an evidence file.
REQUESTERS: Mapping[str, tuple[str, str]] = {
    "police": ("la police ou la gendarmerie", "the police"),
    "prefect": ("le préfet", "the prefect"),
    "court": ("la justice", "a court"),
    "insurer": ("l'assureur", "the insurer"),
}

#: What the station says of a day.
DAYS: Mapping[str, tuple[str, str]] = {
    "holiday": ("jour férié", "a holiday"),
    "ordinary": ("jour ordinaire", "an ordinary day"),
}

#: What is kept for so many days.
KEPT: Mapping[str, tuple[str, str]] = {
    "recordings": ("enregistrements", "recordings"),
    "images": ("images", "images"),
    "signals": ("messages d'alarme", "signals"),
    "people": ("personnes", "people"),
    "parts": ("éléments retirés de sites", "what was removed from sites"),
    "incidents": ("alarmes et appels", "alarms and calls"),
}

"""What the logbook says of charges, prices and calendars: {entry kind: (French, English)}."""

from collections.abc import Mapping

ENTRIES: Mapping[str, tuple[str, str]] = {
    "price_set": (
        "Prix changé par {by} ({owner}){what}",
        "Price changed by {by} ({owner}){what}",
    ),
    "charge_added": (
        "Acte facturable ajouté par {by} : {charge}. Motif : {because}",
        "Chargeable act added by {by}: {charge}. Reason: {because}",
    ),
    "charge_corrected": (
        "Acte facturable annulé par {by} : {charge}. Motif : {because}",
        "Chargeable act taken back by {by}: {charge}. Reason: {because}",
    ),
    "calendar_made": (
        "Calendrier « {name} » ouvert par {by}",
        "Calendar “{name}” opened by {by}",
    ),
    "calendar_revoked": (
        "Calendrier « {name} » révoqué par {by}",
        "Calendar “{name}” revoked by {by}",
    ),
}

#: What is charged for.
ACTS: Mapping[str, tuple[str, str]] = {
    "guard_sent": ("intervention d'un agent", "guard sent"),
    "guard_hours": ("heures d'agent sur place", "guard's hours on site"),
    "guard_kept": ("gardiennage", "guard kept on site"),
    "patrol": ("ronde de surveillance", "surveillance round"),
    "keys_moved": ("déplacement de clés", "keys moved"),
    "zone_out_of_service": ("zone hors service", "zone out of service"),
    "measure": ("autre mesure conservatoire", "other protective measure"),
    "technician": ("déplacement d'un technicien", "technician on site"),
    "false_alarm": ("alarme injustifiée", "false alarm"),
    "letter": ("lettre", "letter"),
    "fax": ("télécopie", "fax"),
    "sms": ("SMS", "SMS"),
    "other": ("autre acte", "other act"),
}

#: What a price is for.
UNITS: Mapping[str, tuple[str, str]] = {
    "act": ("acte", "act"),
    "hour": ("heure", "hour"),
    "round": ("ronde", "round"),
}
#: Where a price comes from.
PRICED_BY: Mapping[str, tuple[str, str]] = {
    "measure": ("convenu", "agreed"),
    "site": ("contrat du site", "the site's contract"),
    "client": ("contrat du client", "the client's contract"),
    "station": ("tarif de la station", "the station's price"),
    "person": ("saisi", "typed"),
    "": ("aucun prix", "no price"),
}

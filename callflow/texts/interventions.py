"""What the logbook says of guards and protective measures: {entry kind: (French, English)}."""

from collections.abc import Mapping

ENTRIES: Mapping[str, tuple[str, str]] = {
    "measure_opened": (
        "Mesure conservatoire ouverte jusqu'au {until} : {note}",
        "Protective measure opened until {until}: {note}",
    ),
    "measure_lifted": ("Mesure conservatoire levée : {note}", "Protective measure lifted: {note}"),
    "measure_report": (
        "Compte rendu de « {note} » : {text}",
        "Report of “{note}”: {text}",
    ),
    "measure_extended": (
        "Mesure conservatoire « {note} » jusqu'au {until} : {text}",
        "Protective measure “{note}” until {until}: {text}",
    ),
    "measure_unreported": (
        "Mesure conservatoire « {note} » : compte rendu en retard",
        "Protective measure “{note}”: its report is overdue",
    ),
    "measure_over": (
        "Mesure conservatoire arrivée à son terme : {note}",
        "The time of the protective measure is over: {note}",
    ),
    "guard_by_hand": ("{by} envoie l'agent de {who}", "{by} sends the guard of {who}"),
    "guard_accepted": (
        "{who} accepte l'intervention, attendu sur place avant {until}",
        "{who} accepts the intervention, expected on site by {until}",
    ),
    "guard_on_site": (
        "{who} : agent sur place, compte rendu attendu avant {until}",
        "{who}: the guard is on site, a report is expected by {until}",
    ),
    "guard_report": (
        "Compte rendu de {who} : {outcome} ({where}), {armed} {note}",
        "Report of {who}: {outcome} ({where}), {armed} {note}",
    ),
    "guard_left": ("{who} : agent reparti", "{who}: the guard has left"),
    "guard_recalled": (
        "{who} : intervention annulée par {by}",
        "{who}: intervention called off by {by}",
    ),
    "guard_welfare": (
        "Appel de sécurité à {who} ({to})",
        "Welfare call to {who} ({to})",
    ),
    "guard_asks_police": (
        "{who} demande les forces de l'ordre",
        "{who} asks for the police",
    ),
    "spoken_comment": ("Commentaire parlé de {who}", "Spoken comment of {who}"),
    "technician_accepted": (
        "{who} : intervention technique acceptée",
        "{who}: the technician accepts to come",
    ),
    "technician_on_site": ("{who} : technicien sur place", "{who}: the technician is on site"),
    "technician_left": ("{who} : technicien reparti", "{who}: the technician has left"),
    "firm_member_changed": (
        "{who}, de {firm}, modifié par {by}{what}",
        "{who} of {firm} changed by {by}{what}",
    ),
    "firm_member_removed": (
        "{who} n'est plus de {firm} ({by}) : {because}",
        "{who} is of {firm} no more ({by}): {because}",
    ),
    "guard_firm_changed": (
        "Société {firm} modifiée par {by}{what}",
        "Firm {firm} changed by {by}{what}",
    ),
    "firm_closed": (
        "Société {firm} fermée par {by} : {because}",
        "Firm {firm} closed by {by}: {because}",
    ),
    "firm_reopened": ("Société {firm} rouverte par {by}", "Firm {firm} opened again by {by}"),
}

#: Where a guard has looked.
WHERE: Mapping[str, tuple[str, str]] = {
    "inside": ("intérieur", "inside"),
    "outside": ("extérieur", "outside"),
    "everywhere": ("intérieur et extérieur", "inside and outside"),
}
#: How a guard left the site's alarm.
ARMED: Mapping[str, tuple[str, str]] = {
    "rearmed": ("site remis en marche", "the site is armed again"),
    "not_rearmed": ("site non remis en marche", "the site is not armed again"),
    "": ("remise en marche non précisée", "nothing said of arming"),
}

#: Protective measures, and a technician's appointment, in calendars.
MEASURES: Mapping[str, tuple[str, str]] = {
    "guard_on_site": ("agent sur place", "guard on site"),
    "patrol": ("rondes de surveillance", "surveillance patrol"),
    "keys_moved": ("clés déplacées", "keys moved"),
    "zone_out_of_service": ("zone hors service", "zone out of service"),
    "other": ("mesure conservatoire", "protective measure"),
}
TECHNICIAN: Mapping[str, tuple[str, str]] = {
    "": ("Rendez-vous de maintenance", "Maintenance appointment")
}

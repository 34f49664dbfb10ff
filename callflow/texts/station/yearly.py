"""Words of the yearly report for an auditor: {name: (French, English)}."""

from collections.abc import Mapping

Pair = tuple[str, str]

#: Chapters' titles, and what each shows.
CHAPTERS: Mapping[str, Pair] = {
    "alarms": ("Traitement des alarmes", "Handling of alarms"),
    "availability": ("Disponibilité des organes", "Availability of organs"),
    "failures": ("Pannes et interventions", "Failures and interventions"),
    "power": ("Alimentation électrique", "Power supply"),
    "clock": ("Horloge", "Clock"),
    "canary": ("Essais en boucle des liaisons", "Canaries of the connections"),
    "checks": ("Contrôles et exercices", "Checks and drills"),
    "staffing": ("Présence des opérateurs", "Operators present"),
    "room": ("Protection des locaux et des opérateurs", "Protection of premises and operators"),
    "continuity": ("Site miroir et station de secours", "Mirror site and backup station"),
    "backups": ("Sauvegardes et restaurations", "Backups and restores"),
}
SHOWS: Mapping[str, Pair] = {
    "alarms": (
        "Délais de la réception à chaque étape, tels que mesurés, et objectifs de la première"
        " action.",
        "Delays from receipt to each step, as measured, and the targets for the first action.",
    ),
    "availability": (
        "Part du temps connu pendant laquelle chaque organe a fait son travail, et ses pannes.",
        "Share of the known time in which each organ did its work, and its failures.",
    ),
    "failures": (
        "Chaque panne : après combien de temps le technicien a été appelé, puis a confirmé, et"
        " combien de personnes l'ont su par téléphone.",
        "Each failure: how soon the technician was called, and confirmed, and how many people"
        " heard of it by telephone.",
    ),
    "power": (
        "Chaque moment où l'alimentation n'était pas en ordre.",
        "Each time that the power supply was not in order.",
    ),
    "clock": (
        "Écart de l'horloge, relevé chaque jour dans la main courante.",
        "The clock's offset, noted in the logbook each day.",
    ),
    "canary": (
        "Appels et messages d'essai passés par l'extérieur, et ceux qui ont échoué.",
        "Test calls and signals sent by way of the outside, and those that failed.",
    ),
    "checks": (
        "Contrôles demandés, faits à temps, en retard, en échec.",
        "Checks asked for, done in time, late, failed.",
    ),
    "staffing": (
        "Combien d'opérateurs avaient pris leur poste en même temps.",
        "How many operators were on shift at once.",
    ),
    "room": (
        "La centrale d'alarme de la station et son entrée, les alarmes qui en sont venues, et"
        " l'homme mort.",
        "The station's own alarm panel and its entrance, the alarms that came of them, and the dead"
        " man's switch.",
    ),
    "continuity": (
        "Qui prend la relève : le site miroir, et ce que la station de secours a su.",
        "Who stands in: the mirror site, and what the backup station was told of.",
    ),
    "backups": (
        "Sauvegardes faites, et restaurations à l'essai vérifiées.",
        "Backups made, and drills in which one was restored and verified.",
    ),
}
WORDS: Mapping[str, Pair] = {
    "title": ("Rapport annuel pour l'auditeur", "Yearly report for the auditor"),
    "chapter": ("Chapitre", "Chapter"),
    "not_verified": ("texte non vérifié", "unverified text"),
    "clause": ("Référence", "Reference"),
    "no_clause": ("à renseigner par la station", "to be filled in by the station"),
    "unverified": (
        "Texte non vérifié : ni les références ni les objectifs ne sont repris du texte des normes"
        " (EN 50518, APSAD R31). La station les fixe par réglage et les fait valider.",
        "Unverified text: neither references nor targets are taken from the text of the standards"
        " (EN 50518, APSAD R31). The station sets them, and has them confirmed.",
    ),
    "target": ("Objectif", "Target"),
    "met": ("Tenu", "Met"),
    "yes": ("oui", "yes"),
    "no": ("non", "no"),
    "unknown": ("non mesuré", "not measured"),
    "until": ("année en cours, jusqu'au {}", "year under way, until {}"),
    "nothing": ("Rien n'est connu de cette année.", "Nothing is known of this year."),
    "organ": ("organe", "organ"),
    "available": ("disponibilité (%)", "availability (%)"),
    "failures": ("pannes", "failures"),
    "down_hours": ("en panne (h)", "failed (h)"),
    "known_hours": ("temps connu (h)", "known time (h)"),
    "since": ("depuis", "since"),
    "lasted": ("durée (min)", "lasted (min)"),
    "state": ("état", "state"),
    "machine": ("machine", "machine"),
    "days": ("jours relevés", "days noted"),
    "least": ("écart minimal (s)", "least offset (s)"),
    "most": ("écart maximal (s)", "greatest offset (s)"),
    "troubles": ("anomalies", "troubles"),
    "failed": ("échecs", "failed"),
    "check": ("contrôle", "check"),
    "often": ("période", "period"),
    "wanted": ("demandés", "wanted"),
    "done": ("faits", "done"),
    "late": ("faits en retard", "done late"),
    "missed": ("manqués", "missed"),
    "present": ("opérateurs en poste", "operators on shift"),
    "hours": ("heures", "hours"),
    "share": ("part du temps (%)", "share of the time (%)"),
    "or_more": ("{} ou plus", "{} or more"),
    "month": ("mois", "month"),
    "rung_s": ("appelé après (s)", "called after (s)"),
    "confirmed_s": ("confirmé après (s)", "confirmed after (s)"),
    "people": ("numéros appelés", "numbers called"),
    "kind": ("alarme", "alarm"),
    "count": ("nombre", "number"),
    "told": ("confiées", "told"),
    "heard": ("entendues", "heard"),
    "taken": ("prises là-bas", "taken there"),
    "by_phone": ("appelée aussi", "called as well"),
    "target_failures": ("quelqu'un appelé dans les {} s", "somebody called within {} s"),
    "backups_made": ("sauvegardes", "backups"),
    "drills_made": ("restaurations vérifiées", "verified restores"),
    "target_availability": ("au moins {} %", "at least {} %"),
    "target_staffing": ("au moins {} en poste, tout le temps", "at least {} on shift, always"),
    "target_clock": ("écart d'au plus {} s", "an offset of at most {} s"),
    "target_checks": ("chaque contrôle fait dans sa période", "each check done in its period"),
    "target_canary": ("aucun échec", "no failure"),
    "target_backups": ("jamais plus de {} h sans sauvegarde", "never more than {} h without one"),
    "not_in_order": ("Moments où elle n'était pas en ordre", "Times when it was not in order"),
    "daily": ("Relevés quotidiens, par mois", "As noted each day, by month"),
    "by_organ": ("Par organe", "By organ"),
    "each_failure": ("Chaque panne", "Each failure"),
    "by_kind": ("Par alarme", "By alarm"),
    "by_trial": ("Par liaison", "By connection"),
    "by_check": ("Par contrôle", "By check"),
    "by_count": ("Par effectif", "By number"),
    "by_month": ("Par mois", "By month"),
}
PERIODS: Mapping[str, Pair] = {
    "day": ("chaque jour", "each day"),
    "week": ("chaque semaine", "each week"),
    "month": ("chaque mois", "each month"),
    "year": ("chaque année", "each year"),
}


def said(name: str, language: str, *values: object) -> str:
    """A word of the report, its blanks filled."""
    return WORDS[name][0 if language == "fr" else 1].format(*values)

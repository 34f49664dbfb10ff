"""What statistics are called, on pages, in files and in reports: {name: (French, English)}."""

from collections.abc import Mapping
from datetime import date

Pair = tuple[str, str]

ENTRIES: Mapping[str, Pair] = {
    "operator_figures_seen": (
        "Statistiques des opérateurs consultées par {by}",
        "{by} looked at the operators' statistics",
    ),
    "report_subscribed": (
        "Rapport mensuel ajouté pour {subject}, à {to}, par {by}",
        "{by} added the monthly report on {subject}, to {to}",
    ),
    "report_unsubscribed": (
        "Rapport mensuel retiré pour {subject}, à {to}, par {by}",
        "{by} removed the monthly report on {subject}, to {to}",
    ),
    "report_made": (
        "Rapport mensuel de {month} établi pour {subject}",
        "Monthly report of {month} made for {subject}",
    ),
    "report_failed": (
        "Rapport mensuel de {month} pour {subject} : impossible à établir — {text}",
        "Monthly report of {month} for {subject} could not be made — {text}",
    ),
}

STEPS: Mapping[str, Pair] = {
    "shown": ("présentée à l'opérateur", "shown to an operator"),
    "claimed": ("prise en charge", "claimed"),
    "called": ("premier appel", "first call"),
    "acted": ("première action", "first action"),
    "verified": ("levée de doute", "verified"),
    "closed": ("acquittée", "handled"),
}
CATEGORIES: Mapping[str, Pair] = {
    "vital": ("vitale", "vital"),
    "security": ("sûreté", "security"),
    "technical": ("technique", "technical"),
    "information": ("information", "information"),
}
CLASSES: Mapping[str, Pair] = {
    "urgent": ("agression et incendie", "hold-up and fire"),
    "other": ("autres alarmes", "other alarms"),
}
WORDS: Mapping[str, Pair] = {
    "category": ("catégorie", "category"),
    "hour": ("heure", "hour"),
    "day": ("jour", "day"),
    "site": ("site", "site"),
    "site_id": ("identifiant", "id"),
    "zone": ("zone", "zone"),
    "zone_name": ("nom de la zone", "zone's name"),
    "account": ("abonné", "account"),
    "maker": ("fabricant", "maker"),
    "kind": ("nature", "kind"),
    "operator": ("opérateur", "operator"),
    "trunk": ("ligne", "trunk"),
    "class": ("classe", "class"),
    "incidents": ("alarmes", "alarms"),
    "closed": ("acquittées", "handled"),
    "taken": ("prises en charge", "taken"),
    "false": ("fausses", "false alarms"),
    "false_rate": ("part de fausses", "share of false ones"),
    "calls": ("appels", "calls"),
    "answered": ("répondus", "answered"),
    "answer_rate": ("taux de réponse", "answer rate"),
    "waited": ("attente moyenne avant réponse (s)", "mean wait before an answer (s)"),
    "busy": ("occupés", "busy"),
    "no_answer": ("sans réponse", "no answer"),
    "trunk_failure": ("échecs de la ligne", "trunk failures"),
    "step": ("étape", "step"),
    "act": ("acte", "act"),
    "quantity": ("quantité", "quantity"),
    "unit_price": ("prix unitaire (€)", "unit price (€)"),
    "amount": ("montant (€)", "amount (€)"),
    "how_many": ("nombre", "how many"),
    "mean_all": ("moyenne (s)", "mean (s)"),
    "longest": ("maximum (s)", "longest (s)"),
    "mean_of": ("{} : moyenne (s)", "{}: mean (s)"),
    "others": ("autres", "others"),
    "mean": ("{} : moyenne (s)", "{}: mean (s)"),
    "machine": ("automate (s)", "machine (s)"),
    "waiting": ("attente (s)", "waiting (s)"),
    "human": ("opérateur (s)", "operator (s)"),
    "handling": ("traitement moyen (s)", "mean handling (s)"),
    "held": ("temps en main (s)", "time in hand (s)"),
    "held_mean": ("temps moyen par alarme (s)", "mean time an alarm (s)"),
    "within": ("en {} s au plus", "within {} s"),
    "reached": ("dans le délai", "in time"),
    "reached_share": ("part dans le délai", "share in time"),
    "target": ("objectif", "target"),
    "met": ("tenu", "met"),
    "yes": ("oui", "yes"),
    "no": ("non", "no"),
    "nobody": ("personne", "nobody"),
    "unknown": ("inconnu", "unknown"),
    "none": ("aucune zone", "no zone"),
    "all": ("toutes", "all"),
    "total": ("ensemble", "all together"),
    "bar": ("délai", "delay"),
    "longer": ("plus", "longer"),
    "never": ("jamais", "never"),
    "part_machine": ("automate", "machine"),
    "part_waiting": ("attente", "waiting"),
    "part_human": ("opérateur", "operator"),
}
TITLES: Mapping[str, Pair] = {
    "histogram": ("De la réception à : {} — {}", "From receipt to: {} — {}"),
    "targets": ("Objectifs de la première action", "Targets for the first action"),
    "steps": ("Délais par étape", "Delays by step"),
    "by_hour": ("Alarmes reçues par heure de la journée", "Alarms received by hour of the day"),
    "hour_delay": (
        "Délai moyen jusqu'à la première action, par heure (s)",
        "Mean delay until the first action, by hour (s)",
    ),
    "operators": ("Alarmes par opérateur", "Alarms by operator"),
    "held": ("Temps en main par opérateur (min)", "Time in hand by operator (min)"),
    "false_alarms": ("Fausses alarmes", "False alarms"),
    "answer_rate": ("Taux de réponse par jour — {}", "Answer rate by day — {}"),
    "trunks": ("Appels sortants par ligne", "Calls out by trunk"),
    "handling": (
        "Durée moyenne de traitement, par catégorie (s)",
        "Mean handling time, by category (s)",
    ),
    "by_category": ("Alarmes par catégorie", "Alarms by category"),
    "bars": ("Répartition des délais : {}", "How delays are spread: {}"),
    "charges": ("Actes facturables", "Chargeable acts"),
    "by_day": ("Alarmes reçues par jour", "Alarms received by day"),
    "by_kind": ("Alarmes par nature", "Alarms by kind"),
}
#: What a monthly report is called, by what it is about; what its mail says.
SUBJECTS: Mapping[str, Pair] = {
    "station": ("Rapport mensuel de la station", "Monthly report of the station"),
    "client": ("Rapport mensuel", "Monthly report"),
    "firm": ("Rapport mensuel du mainteneur", "Monthly report for maintenance"),
    "body": (
        "Bonjour,\n\nVeuillez trouver ci-joint le rapport de {month}.\n",
        "Hello,\n\nThe report of {month} is attached.\n",
    ),
}
#: Words of the report's page.
REPORT: Mapping[str, Pair] = {
    "station": ("Station de télésurveillance", "Monitoring station"),
    "all_sites": ("Tous les sites", "All sites"),
    "signals": ("Messages reçus des centrales", "Signals received from panels"),
    "nothing": ("Rien ce mois-ci.", "Nothing this month."),
}
_MONTHS = (
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "January February March April May June July August September October November December",
)


def said(table: Mapping[str, Pair], name: str, language: str) -> str:
    """A word of one of these tables."""
    return table[name][0 if language == "fr" else 1]


def months(day: date, language: str) -> str:
    """The month of a day: novembre 2026."""
    names = _MONTHS[0 if language == "fr" else 1].split()
    return f"{names[day.month - 1]} {day.year}"

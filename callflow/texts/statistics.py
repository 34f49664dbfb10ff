"""What statistics are called, on pages, in files and in reports: {name: (French, English)}."""

from __future__ import annotations

from collections.abc import Mapping

Pair = tuple[str, str]

ENTRIES: Mapping[str, Pair] = {
    "operator_figures_seen": (
        "Statistiques des opérateurs consultées par {by}",
        "{by} looked at the operators' statistics",
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
    "false": ("fausses", "false"),
    "false_rate": ("part de fausses", "share of false ones"),
    "calls": ("appels", "calls"),
    "answered": ("répondus", "answered"),
    "answer_rate": ("taux de réponse", "answer rate"),
    "waited": ("attente moyenne avant réponse (s)", "mean wait before an answer (s)"),
    "busy": ("occupés", "busy"),
    "no_answer": ("sans réponse", "no answer"),
    "trunk_failure": ("échecs de la ligne", "trunk failures"),
    "step": ("étape", "step"),
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
    "by_day": ("Alarmes reçues par jour", "Alarms received by day"),
    "by_kind": ("Alarmes par nature", "Alarms by kind"),
}

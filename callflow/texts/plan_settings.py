"""What the settings of a plan's steps are called, and their values: {word: (French, English)}."""

from __future__ import annotations

from collections.abc import Mapping

from callflow.texts.law import SERVICES

Pair = tuple[str, str]

#: Every setting that a step may have, as forms and comparisons name it.
SETTINGS: Mapping[str, Pair] = {
    "id": ("Nom de l’étape", "Name of the step"),
    "kind": ("Ce qu’elle fait", "What it does"),
    "text": ("Texte dit, écrit ou montré", "Text said, written or shown"),
    "outcomes": ("Issues", "Outcomes"),
    "limit_s": ("Durée limite (secondes)", "Time limit (seconds)"),
    "who": ("Qui appeler, dans l’ordre", "Whom to call, in order"),
    "mode": ("Ordre des appels", "Order of the calls"),
    "attempts": ("Appels à chaque personne", "Calls to each person"),
    "delay_s": (
        "Entre deux appels à une personne (secondes)",
        "Between two calls to a person (seconds)",
    ),
    "ring_s": ("Durée de sonnerie (secondes)", "How long it rings (seconds)"),
    "stop": ("Fin de la liste", "When the list is done"),
    "valid": ("Personnes qui doivent être d’accord", "People who must agree"),
    "call_back": ("Rappel 10 minutes plus tard, à la demande", "Called back on request"),
    "identify": ("Demander d’abord le code", "Ask for the code first"),
    "answers": ("Réponses, touche 1 d’abord", "Answers, key 1 first"),
    "checklist": ("À cocher par l’opérateur", "To be ticked off by the operator"),
    "accept_s": ("Délai pour accepter (secondes)", "Time to accept (seconds)"),
    "arrive_s": ("Délai pour arriver (secondes)", "Time to arrive (seconds)"),
    "report_s": ("Délai pour rendre compte (secondes)", "Time to report (seconds)"),
    "service": ("Service de secours", "Emergency service"),
    "command": ("Action sur la centrale", "Act on the panel"),
    "zones": ("Zones (aucune : toutes)", "Zones (none: all)"),
    "channel": ("Envoi par", "Sent by"),
    "to": ("Destination", "Where to"),
    "subject": ("Objet du courriel", "Subject of the mail"),
    "confirm": ("Attendre que ce soit remis", "Wait until it is delivered"),
    "until": ("Jusqu’à l’heure", "Until the hour"),
    "restore": ("S’arrête au retour à la normale", "Ends when back to normal"),
    "minutes": ("Durée (minutes)", "How long (minutes)"),
    "measure": ("Mesure", "Measure"),
    "times": ("Nombre de fois au plus", "How often at most"),
    "code": ("Code acquis", "Resolution code"),
}

#: The words of the closed vocabularies.
CHOICES: Mapping[str, Mapping[str, Pair]] = {
    "mode": {
        "in_order": ("l’un après l’autre", "one after the other"),
        "all_at_once": ("tous à la fois", "all at once"),
    },
    "stop": {
        "first_valid": (
            "à la première réponse qui mène ailleurs",
            "at the first that counts",
        ),
        "n_valid": ("quand assez de personnes sont d’accord", "when enough people agree"),
        "all": ("quand tout le monde a été appelé", "when everybody was called"),
    },
    "service": {str(service): pair for service, pair in SERVICES.items()},
    "command": {
        "arm": ("mettre en marche", "arm"),
        "disarm": ("mettre à l’arrêt", "disarm"),
        "bypass": ("isoler des zones", "bypass zones"),
        "siren_off": ("arrêter la sirène", "stop the siren"),
        "open_gate": ("ouvrir le portail", "open the gate"),
    },
    "channel": {
        "mail": ("courriel", "mail"),
        "sms": ("SMS", "SMS"),
        "webhook": ("programme (webhook)", "program (webhook)"),
    },
    "measure": {
        "guard_on_site": ("agent sur place", "guard on site"),
        "zone_out_of_service": ("zone hors service", "zone out of service"),
        "other": ("autre mesure", "other measure"),
    },
}

YES: Pair = ("oui", "yes")
NO: Pair = ("non", "no")
AS_STATION: Pair = ("réglage de la station", "the station's setting")
OPERATOR: Pair = ("un opérateur", "an operator")

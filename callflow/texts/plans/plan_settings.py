"""What the settings of a plan's steps are called, and their values: {word: (French, English)}."""

from collections.abc import Mapping

from callflow.texts.plans.vocabulary import SERVICES

Pair = tuple[str, str]

#: Every setting that a step may have, as forms and comparisons name it.
SETTINGS: Mapping[str, Pair] = {
    "id": ("Identifiant de l’étape", "Identifier of the step"),
    "name": ("Nom de l’étape", "Name of the step"),
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
    "answers": ("Réponses, une par ligne, touche 1 d’abord", "Answers, one a line, key 1 first"),
    "checklist": (
        "À cocher par l’opérateur, une ligne chacun",
        "To be ticked off by the operator, a line each",
    ),
    "accept_s": ("Délai pour accepter (secondes)", "Time to accept (seconds)"),
    "arrive_s": ("Délai pour arriver (secondes)", "Time to arrive (seconds)"),
    "report_s": ("Délai pour rendre compte (secondes)", "Time to report (seconds)"),
    "service": ("Service de secours", "Emergency service"),
    "command": ("Action sur la centrale", "Act on the panel"),
    "zones": ("Zones, une par ligne (aucune : toutes)", "Zones, one a line (none: all)"),
    "channel": ("Envoi par", "Sent by"),
    "to": ("Destination", "Where to"),
    "subject": ("Objet du courriel", "Subject of the mail"),
    "report": ("Rapport joint", "Report that goes with it"),
    "confirm": ("Attendre que ce soit remis", "Wait until it is delivered"),
    "until": ("Jusqu’à l’heure", "Until the hour"),
    "restore": ("S’arrête au retour à la normale", "Ends when back to normal"),
    "minutes": ("Durée (minutes)", "How long (minutes)"),
    "measure": ("Mesure", "Measure"),
    "report_every": (
        "Un compte rendu toutes les (minutes ; 0 : aucun)",
        "A report every (minutes; 0: none)",
    ),
    "times": ("Nombre de fois au plus", "How often at most"),
    "code": ("Code acquis", "Resolution code"),
}

#: What a setting is called where it means something of its own: {(kind of step, setting): words}.
OWN: Mapping[tuple[str, str], Pair] = {
    ("counter_call", "text"): ("Remarque (n’est pas dite)", "Remark (not spoken)"),
    ("call_list", "text"): ("Remarque (n’est pas dite)", "Remark (not spoken)"),
    ("question", "text"): ("Question posée au téléphone", "Question asked on the phone"),
    ("message", "text"): ("Message dit au téléphone", "Message said on the phone"),
    ("voice_first", "text"): ("Ce que l’opérateur doit savoir", "What the operator is to know"),
    ("send_guard", "text"): ("Dit à l’agent, après la situation", "Said to the guard, at the end"),
    ("hand_to_operator", "text"): ("Ce que l’opérateur doit faire", "What the operator is to do"),
    ("emergency_service", "text"): ("Ce que l’opérateur doit faire", "What the operator is to do"),
    ("act_on_panel", "text"): ("Ce que l’opérateur doit faire", "What the operator is to do"),
    ("listen_in", "text"): ("Ce que l’opérateur doit faire", "What the operator is to do"),
    ("fetch_images", "text"): ("Remarque", "Remark"),
    ("notify", "text"): ("Texte envoyé", "Text that is sent"),
    ("wait", "text"): ("Remarque", "Remark"),
    ("set_on_test", "text"): ("Motif de la mise en essai", "Why it is set on test"),
    ("protective_measure", "text"): ("Quelle mesure, en clair", "Which measure, in words"),
    ("go_to", "text"): ("Remarque", "Remark"),
    ("go_to", "to"): ("Étape à reprendre", "Step to go back to"),
    ("close", "text"): ("Texte de la clôture", "Text of the closure"),
    ("notify", "to"): (
        "Adresse, numéro, URL ou imprimante (lettre : vide, l’adresse du site)",
        "Address, number, URL or printer (letter: empty, the site's address)",
    ),
    ("wait", "limit_s"): ("Combien de temps (secondes)", "How long (seconds)"),
}


def label(kind: str, name: str) -> Pair:
    """What the setting ``name`` of a step of ``kind`` is called."""
    return OWN.get((kind, name), SETTINGS[name])


#: What a step does, for whoever has never seen one: {kind: (French, English)}.
DOES: Mapping[str, Pair] = {
    "counter_call": (
        "Appelle le site et demande le code. À décider : ce qui suit un code juste, et ce qui suit"
        " quand personne ne répond.",
        "Calls the premises and asks for the code. To be decided: what follows a right code, and"
        " what follows when nobody answers.",
    ),
    "call_list": (
        "Appelle des personnes jusqu’à ce que l’une d’elles règle l’alarme avec son code.",
        "Calls people until one of them settles the alarm with their code.",
    ),
    "question": (
        "Appelle des personnes et leur pose une question ; chaque réponse est une touche. Les"
        " suites des réponses se choisissent une fois qu’elles sont enregistrées.",
        "Calls people and asks a question; each answer is a key. What follows an answer is chosen"
        " once the answers are saved.",
    ),
    "message": (
        "Appelle des personnes, dit un message et demande de le confirmer par une touche.",
        "Calls people, says a message and has it confirmed by a key.",
    ),
    "voice_first": (
        "Rappelle l’appareil (ascenseur, téléassistance) et y met tout de suite un opérateur.",
        "Calls the device back (lift, social alarm) and brings an operator at once.",
    ),
    "send_guard": (
        "Demande une société d’intervention après l’autre : acceptée, sur place, compte rendu.",
        "Asks one guard firm after the other: accepted, on site, report.",
    ),
    "hand_to_operator": (
        "Un opérateur prend l’alarme. Sans suite choisie, la consigne s’arrête là et il la traite.",
        "An operator takes the alarm. Where nothing follows, the plan ends there.",
    ),
    "emergency_service": (
        "Un opérateur appelle les secours ; l’automate ne compose jamais leur numéro. La police"
        " n’est proposée qu’après une levée de doute enregistrée.",
        "An operator calls an emergency service; the machine never dials one. The police only"
        " after a verification was recorded.",
    ),
    "act_on_panel": (
        "Un opérateur agit sur la centrale, qui confirme.",
        "An operator acts on the panel, which confirms.",
    ),
    "listen_in": ("Un opérateur écoute le site.", "An operator listens to the site."),
    "fetch_images": (
        "Prend des images des caméras déclarées du site.",
        "Fetches images of the declared cameras of the site.",
    ),
    "notify": (
        "Envoie un courriel, un SMS ou un message à un programme.",
        "Sends a mail, an SMS or a message to a program.",
    ),
    "wait": (
        "Attend un temps, une heure, ou le retour à la normale ; puis une de ses issues suit.",
        "Waits for a time, an hour, or back to normal; then one of its outcomes follows.",
    ),
    "set_on_test": (
        "Met des zones en essai pour une durée : leurs signaux n’appellent plus personne.",
        "Sets zones on test for a while: their signals call nobody.",
    ),
    "protective_measure": (
        "Ouvre une mesure conservatoire, avec une fin qui est suivie.",
        "Opens a protective measure, with an end that is followed.",
    ),
    "go_to": (
        "Revient à une étape qui précède, tant de fois par alarme ; puis « assez de fois » suit.",
        "Goes back to an earlier step, so many times an alarm; then “often enough” follows.",
    ),
    "close": (
        "Clôt l’alarme. Seule une réponse qui le justifie (un code juste, une cause connue, un"
        " opérateur qui a fini) peut y mener.",
        "Closes the alarm. Only an answer that justifies it (a right code, a known cause, an"
        " operator who is done) may lead there.",
    ),
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
        "fax": ("fax", "fax"),
        "webhook": ("programme (webhook)", "program (webhook)"),
        "print": ("impression du rapport", "printing of the report"),
        "post": ("lettre avec le rapport", "letter with the report"),
    },
    "report": {
        "none": ("aucun", "none"),
        "client": ("pour le client", "for the client"),
        "firm": ("pour le mainteneur", "for the maintenance firm"),
        "full": ("complet", "complete"),
    },
    "measure": {
        "guard_on_site": ("agent sur place", "guard on site"),
        "patrol": ("rondes de surveillance", "surveillance patrol"),
        "keys_moved": ("clés déplacées", "keys moved"),
        "zone_out_of_service": ("zone hors service", "zone out of service"),
        "other": ("autre mesure", "other measure"),
    },
}

YES: Pair = ("oui", "yes")
NO: Pair = ("non", "no")
AS_STATION: Pair = ("réglage de la station", "the station's setting")
OPERATOR: Pair = ("un opérateur", "an operator")
CHOOSE: Pair = ("(à choisir)", "(choose)")

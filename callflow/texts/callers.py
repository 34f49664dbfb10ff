"""What the logbook says of who waits, who answers, and who is called back."""

from collections.abc import Mapping

ENTRIES: Mapping[str, tuple[str, str]] = {
    "caller_known": ("{to} : {who} reconnu par son code", "{to}: {who} known by their code"),
    "code_wrong": ("{to} : code faux", "{to}: wrong code"),
    "codes_locked": (
        "{to} : code refusé sans être lu, trop de codes faux",
        "{to}: code refused unread, too many wrong ones",
    ),
    "cancel_asked": (
        "{who} demande par téléphone l'annulation de cette alarme",
        "{who} asks by phone to cancel this alarm",
    ),
    "closing_late": (
        "Fermeture tardive annoncée par {who} : {until}",
        "Late closing announced by {who}: {until}",
    ),
    "code_changed": ("{who} a changé son code au téléphone", "{who} changed their code by phone"),
    "deed_under_duress": (
        "Sous contrainte, {who} a demandé au menu « {deed} » : rien n'a été fait",
        "Under duress, {who} asked the menu for “{deed}”: nothing was done",
    ),
    "available": ("{by} est disponible", "{by} is available"),
    "on_break": (
        "{by} est en pause ({break}), jusqu'au {until} au plus",
        "{by} is on a break ({break}), until {until} at most",
    ),
    "call_back_left": (
        "{to} a raccroché sans réponse après {seconds} s d'attente, appel n° {count} : à rappeler",
        "{to} hung up unanswered after {seconds} s of waiting, call no. {count}: to be called back",
    ),
    "spoken": (
        "Message vocal enregistré, {duration} s, SHA-256 {sha256}",
        "Spoken message recorded, {duration} s, SHA-256 {sha256}",
    ),
    "spoken_unfinished": (
        "{to} a parlé et raccroché avant de confirmer : rien ne compte, le message est à écouter",
        "{to} spoke and hung up before confirming: nothing counts, the message is to be heard",
    ),
    "call_back_withheld": (
        "Un appelant sans numéro a raccroché sans réponse : il ne peut pas être rappelé",
        "A caller without a number hung up unanswered: they can't be called back",
    ),
    "call_back_bounded": (
        "Plus de {count} appels manqués de numéros inconnus : les suivants sont seulement comptés",
        "More than {count} missed calls of unknown numbers: those that follow are only counted",
    ),
    "call_back_moot": (
        "{to} a rappelé et a été pris : plus à rappeler",
        "{to} called again and was answered: no longer to be called back",
    ),
    "call_back_taken": ("{by} se charge de rappeler {to}", "{by} will call {to} back"),
    "call_back_given": (
        "{by} confie à {who} le rappel de {to}",
        "{by} gives the call-back of {to} to {who}",
    ),
    "call_back_asked": ("{by} rappelle {to}", "{by} calls {to} back"),
    "call_back_done": (
        "Rappel de {to} terminé par {by} : {called_back} — {text}",
        "Call-back of {to} ended by {by}: {called_back} — {text}",
    ),
    "call_back_overdue": (
        "Appels manqués ou consignes laissées sans suite à temps ({count}), d'abord {to} :"
        " le poste {desk} est appelé",
        "Missed calls or instructions left that nobody saw to in time ({count}), {to} first:"
        " desk {desk} is called",
    ),
    "call_back_silent": (
        "Appels manqués ou consignes laissées sans suite à temps ({count}), et aucun poste n'est"
        " configuré",
        "Missed calls or instructions left that nobody saw to in time ({count}), and no desk phone"
        " is configured",
    ),
    "call_back_desk": (
        "Le poste {to} se charge des appels manqués et des consignes laissées",
        "Desk {to} will see to the missed calls and the instructions left",
    ),
}

#: Why somebody is on a break.
BREAKS: Mapping[str, tuple[str, str]] = {
    "rest": ("repos", "rest"),
    "meal": ("repas", "meal"),
    "rounds": ("ronde de la station", "rounds of the station"),
    "training": ("formation", "training"),
    "other": ("autre", "other"),
}
#: How a call-back ended.
CALL_BACKS: Mapping[str, tuple[str, str]] = {
    "reached": ("joint", "reached"),
    "unreachable": ("injoignable", "unreachable"),
    "not_needed": ("sans objet", "not needed"),
    "called_again": ("a rappelé", "called again"),
}

#: What the menu by phone does for whoever calls.
DEEDS: Mapping[str, tuple[str, str]] = {
    "cancel": ("annuler l'alarme", "cancel the alarm"),
    "state": ("entendre l'état du site", "hear how the site is"),
    "set_on_test": ("mettre le site en essai", "put the site on test"),
    "end_test": ("terminer l'essai", "end the test"),
    "guard_stays": ("faire rester l'agent", "have the guard stay"),
    "round_made": ("signaler une ronde", "report a round"),
    "keys_taken": ("emporter des clés", "take keys away"),
    "keys_back": ("rapporter des clés", "bring keys back"),
    "close_late": ("annoncer une fermeture tardive", "announce a late closing"),
    "new_code": ("choisir un nouveau code", "choose a new code"),
    "change_code": ("changer de code", "change the code"),
    "call_list": ("entendre la liste d'appel", "hear the call list"),
    "instruct_own": ("consigne pour soi-même", "an instruction about oneself"),
    "instruct_number": ("être appelé à un autre numéro", "be called at another number"),
    "instruct_begins": ("début d'une consigne provisoire", "begin of an instruction"),
    "instruct_ends": ("fin d'une consigne provisoire", "end of an instruction"),
    "instruct_heard": ("dicter une consigne provisoire", "dictate an instruction"),
    "instruct": ("laisser une consigne provisoire", "leave an instruction"),
    "identify": ("s'identifier", "say who it is"),
    "identify_member": ("s'identifier", "say who it is"),
    "choose_site": ("choisir un site", "choose a site"),
    "visit": ("intervention technique", "technical visit"),
    "comment": ("laisser un commentaire parlé", "leave a spoken comment"),
    "member_state": ("entendre l'état du site", "hear how the site is"),
    "station_state": ("entendre l'état de la station", "hear how the station is"),
    "walk_begin": ("commencer un test de passage", "begin a walk test"),
    "walk_on": ("poursuivre le test de passage", "go on with the walk test"),
    "walk_heard": ("entendre les points reçus", "hear which detectors came"),
    "walk_end": ("terminer le test de passage", "end the walk test"),
    "fault_open": ("déclarer un point hors service", "take a zone out of service"),
    "fault_close": ("remettre un point en service", "put a zone back into service"),
    "guard_next": ("avancement de la mission", "progress of the mission"),
    "guard_refuse": ("refuser la mission", "refuse the mission"),
    "guard_police": ("demander les forces de l'ordre", "ask for the police"),
    "guard_report": ("faire un compte rendu", "give a report"),
}
WORDS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "break": BREAKS,
    "called_back": CALL_BACKS,
    "deed": DEEDS,
}

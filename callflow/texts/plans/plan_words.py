"""What plans' pictures and comparisons say: {word: (French, English)}."""

from collections.abc import Mapping

#: How two versions of a plan differ.
CHANGES: Mapping[str, tuple[str, str]] = {
    "renamed": (
        "la consigne s’appelle {after} (avant : {before})",
        "the plan is named {after} (before: {before})",
    ),
    "added": ("nouvelle étape « {step} » ({after})", "new step {step!r} ({after})"),
    "removed": ("étape « {step} » supprimée ({before})", "step {step!r} is gone ({before})"),
    "moved": (
        "étape « {step} » déplacée : {before} → {after}",
        "step {step!r} moved: {before} → {after}",
    ),
    "kind": ("étape « {step} » : {before} → {after}", "step {step!r}: {before} → {after}"),
    "setting": (
        "étape « {step} » : {name} {before} → {after}",
        "step {step!r}: {name} {before} → {after}",
    ),
    "outcome": (
        "étape « {step} », issue {name} : {before} → {after}",
        "step {step!r}, outcome {name}: {before} → {after}",
    ),
}
UNSAID = ("non dit", "unsaid")
NOTHING = ("rien", "nothing")
DESTINATION = ("la destination", "the address")

#: How a step can end, beside the outcomes of calls, tasks and waits.
ENDS: Mapping[str, tuple[str, str]] = {
    "exhausted": ("personne d’autre à appeler", "nobody left to call"),
    "nobody_available": ("personne n’est joignable à cette heure", "nobody is on call"),
    "overdue": ("délai dépassé", "overdue"),
}
OFTEN_ENOUGH = ("assez de fois", "often enough")
OTHERWISE = ("sinon → un opérateur", "otherwise → an operator")
CLOSE_AS = ("clôture : {}", "closure: {}")
SETTING_OF = ("{step} : {setting}", "{step}: {setting}")
GOES_ON = ("suite de la liste", "on with the list")
NEVER = ("jamais atteinte", "never reached")

#: What becomes of an outcome for which a plan says nothing.
UNSAID_NEXT = ("rien de choisi : l’appel suivant de la liste", "nothing chosen: the next call")
UNSAID_AS = (
    "rien de choisi : comme « personne d’autre à appeler »",
    "nothing chosen: as “nobody left to call”",
)
UNSAID_OPERATOR = (
    "rien de choisi : un opérateur reprend l’alarme",
    "nothing chosen: an operator gets the alarm",
)
UNSAID_KEPT = (
    "rien de choisi : l’opérateur garde l’alarme",
    "nothing chosen: the operator keeps the alarm",
)

#: The sorts of ends that a step has, in the order in which they are decided.
END_GROUPS: Mapping[str, tuple[str, str]] = {
    "settled": ("Réglé", "Settled"),
    "not_reached": ("Non joint", "Not reached"),
    "danger": ("Danger", "Danger"),
    "technical": ("Technique", "Technical"),
}

#: The id of a new step, without accents: what plans as text call it.
STEP_IDS: Mapping[str, tuple[str, str]] = {
    "counter_call": ("contre-appel", "counter-call"),
    "call_list": ("liste", "list"),
    "question": ("question", "question"),
    "message": ("message", "message"),
    "voice_first": ("parole", "voice"),
    "send_guard": ("agent", "guard"),
    "hand_to_operator": ("operateur", "operator"),
    "emergency_service": ("secours", "service"),
    "act_on_panel": ("centrale", "panel"),
    "listen_in": ("ecoute", "listening"),
    "fetch_images": ("images", "images"),
    "notify": ("avis", "notice"),
    "wait": ("attente", "wait"),
    "set_on_test": ("essai", "test"),
    "protective_measure": ("mesure", "measure"),
    "go_to": ("reprise", "again"),
    "close": ("cloture", "closure"),
}

ROLES: Mapping[str, tuple[str, str]] = {
    "premises": ("site", "premises"),
    "keyholder": ("dépositaires de clés", "keyholders"),
    "guard": ("agents d’intervention", "guards"),
    "device": ("appareil", "device"),
    "maintenance": ("mainteneur", "maintenance"),
    "manager": ("responsable", "manager"),
    "listen_in": ("écoute", "listening line"),
}
AUTHORITIES: Mapping[str, tuple[str, str]] = {
    "cancel": ("qui peut annuler", "who may cancel"),
    "inform": ("qui doit être informé", "who is to be informed"),
    "send_guard": ("qui peut envoyer l’agent", "who may send a guard"),
    "set_on_test": ("qui peut mettre en essai", "who may set on test"),
    "instruct": ("qui peut donner des consignes", "who may instruct"),
}
EVERY = ("toutes les {} s", "every {} s")
AT_ONCE = ("tous à la fois", "all at once")
ALL = ("tout le monde", "everybody")
CALL_BACK = ("rappel à la demande, 10 min plus tard", "called back on request, 10 min later")
AGREE = ("{} d’accord", "{} agree")
UNTIL = ("jusqu’à {}", "until {}")
FOR = ("au plus {}", "at most {}")
RESTORE = ("ou retour à la normale", "or back to normal")
BACK_TO = ("retour à {}, {} fois au plus", "back to {}, {} times at most")

"""What the logbook says, in French and English: an entry's kind and data → words.

The French text is what is written (and hashed); pages may say the same entry in English.
"""

from collections.abc import Mapping
from typing import Any

from callflow.texts import (
    alarms,
    callers,
    charges,
    interventions,
    law,
    open_ends,
    outbox,
    people,
    shifts,
    sites,
    statistics,
    subscriptions,
    telephone,
)
from callflow.texts.counts import agreed
from callflow.texts.kinds import KINDS as KINDS
from callflow.texts.plans import plans, simulation, vocabulary
from callflow.texts.station import access, checks, machines, organs, power, settings, shadow, trunks

#: {entry kind: (French, English)}; ``{name}`` is taken from the entry's data.
ENTRIES: Mapping[str, tuple[str, str]] = {
    **alarms.ENTRIES,
    **open_ends.ENTRIES,
    **plans.ENTRIES,
    **simulation.ENTRIES,
    **people.ENTRIES,
    **law.ENTRIES,
    **trunks.ENTRIES,
    **telephone.ENTRIES,
    **machines.ENTRIES,
    **organs.ENTRIES,
    **power.ENTRIES,
    **outbox.ENTRIES,
    **charges.ENTRIES,
    **interventions.ENTRIES,
    **access.ENTRIES,
    **checks.ENTRIES,
    **callers.ENTRIES,
    **shifts.ENTRIES,
    **sites.ENTRIES,
    **settings.ENTRIES,
    **shadow.ENTRIES,
    **statistics.ENTRIES,
    **subscriptions.ENTRIES,
}

_NAMED: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "alarms.*": {**alarms.ENTRIES, **open_ends.ENTRIES},
    "interventions.*": {**interventions.ENTRIES, **law.ENTRIES},
    "calls.*": {**telephone.ENTRIES, **callers.ENTRIES},
    "messages.*": outbox.ENTRIES,
    "sites.*": {**sites.ENTRIES, **people.ENTRIES},
    "plans.*": {**plans.ENTRIES, **simulation.ENTRIES},
    "staff.*": {**shifts.ENTRIES, **access.ENTRIES},
    "station.*": {
        **checks.ENTRIES,
        **machines.ENTRIES,
        **organs.ENTRIES,
        **power.ENTRIES,
        **trunks.ENTRIES,
        **settings.ENTRIES,
        **shadow.ENTRIES,
        **subscriptions.ENTRIES,
    },
}
#: {family: the kinds of entries that are of it}, in which they are offered to choose from.
FAMILIES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    **_NAMED,
    "others.*": {
        kind: said
        for kind, said in ENTRIES.items()
        if not any(kind in kinds for kinds in _NAMED.values())
    },
}

#: Words for a call's end, as people say them.
OUTCOMES: Mapping[str, tuple[str, str]] = {
    "verified_ok": ("code juste, fausse alarme", "right code, false alarm"),
    "verified_no_authority": (
        "code juste, personne non habilitée",
        "says false alarm, without the authority to cancel it",
    ),
    "help": ("demande de l'aide", "asks for help"),
    "operator": ("mis en relation avec un opérateur", "put through to an operator"),
    "going": ("se rend sur place", "is going there"),
    "send_guard": ("demande l'agent d'intervention", "asks for a guard"),
    "next_person": ("personne suivante", "next person"),
    "known_cause": ("cause connue", "known cause"),
    "call_back": ("à rappeler dans dix minutes", "to be called back in ten minutes"),
    "wrong_code": ("deux codes faux", "two wrong codes"),
    "duress": ("code sous contrainte", "duress code"),
    "acknowledged": ("message entendu et confirmé", "message heard and acknowledged"),
    "accepted": ("intervention acceptée", "intervention accepted"),
    "declined": ("intervention refusée", "intervention declined"),
    **{
        f"answer_{key}": (f"répond par la touche {key}", f"answers by key {key}")
        for key in range(1, 10)
    },
    "served": ("servi par le menu vocal", "served by the phone menu"),
    "faxed": ("fax passé, chaque page confirmée", "faxed, each page confirmed"),
    "not_faxed": ("fax non passé", "the fax did not get through"),
    "no_answer": ("sans réponse", "no answer"),
    "busy": ("occupé", "busy"),
    "refused": ("appel refusé", "refused"),
    "unreachable": ("injoignable", "unreachable"),
    "no_key": ("décroché, aucune touche", "answered, no key"),
    "hung_up": ("raccroché pendant le dialogue", "hung up in the dialogue"),
    "no_number": ("pas de numéro", "no number"),
    "trunk_failure": ("panne du trunk SIP", "trunk failure"),
    "unknown": ("issue inconnue", "unknown"),
    "error": ("erreur interne", "internal error"),
}

#: How a task of a step ended.
TASK_OUTCOMES: Mapping[str, tuple[str, str]] = {
    "done": ("fait", "done"),
    "failed": ("impossible", "can't be done"),
    "overdue": ("délai dépassé", "overdue"),
    "confirmed": ("confirmé", "confirmed"),
    "nothing": ("rien constaté", "nothing found"),
    "service_comes": ("le service intervient", "the service comes"),
    "service_declines": ("le service n'intervient pas", "the service declines"),
    "all_clear": ("rien à signaler sur place", "all clear on site"),
    "traces": ("traces ou présence sur place", "traces or somebody on site"),
}
#: How a wait ended.
WAITS: Mapping[str, tuple[str, str]] = {
    "elapsed": ("attente écoulée", "the wait is over"),
    "restored": ("retour à la normale", "back to normal"),
}
#: What a step does.
STEP_KINDS: Mapping[str, tuple[str, str]] = {
    "counter_call": ("contre-appel", "counter-call"),
    "call_list": ("liste d'appel", "call list"),
    "question": ("question par téléphone", "question by phone"),
    "message": ("message par téléphone", "message by phone"),
    "voice_first": ("prise de parole immédiate", "voice first"),
    "send_guard": ("envoi d'un agent d'intervention", "send a guard"),
    "hand_to_operator": ("remise à un opérateur", "hand to an operator"),
    "emergency_service": ("appel d'un service de secours", "call an emergency service"),
    "act_on_panel": ("action sur la centrale", "act on the panel"),
    "listen_in": ("écoute du site", "listen in"),
    "fetch_images": ("images du site", "images of the site"),
    "notify": ("notification", "notification"),
    "wait": ("attente", "wait"),
    "set_on_test": ("mise en essai", "set on test"),
    "protective_measure": ("mesure conservatoire", "protective measure"),
    "go_to": ("reprise", "go back"),
    "close": ("clôture", "closure"),
}

#: Why an incident stands in front of a human.
REASONS: Mapping[str, tuple[str, str]] = {
    "vital": ("alarme vitale", "vital alarm"),
    "personal": ("alarme agression : ne rien faire sonner sur place", "personal alarm: mute"),
    "unknown_account": ("abonné inconnu", "unknown account"),
    "plan": ("selon la consigne", "as the plan says"),
    "exhausted": ("personne n'a été joint", "nobody was reached"),
    "nobody_available": ("personne n'est disponible à cette heure", "nobody is on call now"),
    "voice": ("appel à prendre de vive voix", "a call to take in person"),
    "guard_silent": ("agent d'intervention silencieux", "the guard has gone silent"),
    "unjustified": (
        "rien ne justifie une clôture par la machine",
        "nothing justifies a closure by the machine",
    ),
    "task_overdue": ("une action demandée n'a pas été faite à temps", "an act is overdue"),
    "number_busy": (
        "appel retenu : son numéro est occupé par un autre de nos appels",
        "call held back: its number is busy with another call of ours",
    ),
    "unplaced": ("appel non émis : lien ou téléphonie en défaut", "call not placed: line fault"),
    "not_normal": ("pas de retour à la normale", "not back to normal"),
    "reopened": ("rouverte après son classement", "opened again after it was filed"),
    "cancel_by_phone": ("annulation demandée par téléphone", "asked by phone to cancel it"),
    "guard_asks_police": ("l'agent demande les forces de l'ordre", "the guard asks for the police"),
    "measure_over": ("mesure conservatoire arrivée à son terme", "a protective measure is over"),
    "measure_unreported": (
        "mesure conservatoire : compte rendu en retard",
        "protective measure: its report is overdue",
    ),
    "taken": ("pris par un opérateur", "taken by an operator"),
    "dial_refused": ("numéro interdit à l'automate", "number forbidden to the machine"),
    "not_from_afar": (
        "réponse juste, mais une alarme vitale ne se clôt pas à distance",
        "the right answer, but a vital alarm is not closed from afar",
    ),
    "terminated": ("message d’un contrat résilié", "contract terminated"),
    "runaway": ("transmetteur emballé", "runaway panel"),
    "station": ("alarme de la station", "alarm of the station"),
    **outbox.REASONS,
    **shadow.REASONS,
    **power.REASONS,
    **law.DIAL_REFUSALS,
    **OUTCOMES,
    **TASK_OUTCOMES,
    **STEP_KINDS,
    **WAITS,
}

#: Why the plan goes to a step.
WHYS: Mapping[str, tuple[str, str]] = {
    "opened": ("début de la consigne", "the plan begins"),
    "exhausted": ("tous ses appels sont faits", "all its calls were made"),
    "nobody_available": ("personne n'est disponible", "nobody is on call"),
    **OUTCOMES,
    **TASK_OUTCOMES,
    **WAITS,
}

#: The steps that the product's own plans name; others are shown by their id.
STEPS: Mapping[str, tuple[str, str]] = {
    "counter_call": ("Contre-appel sur site", "Counter-call"),
    "keyholders": ("Liste d'appel des dépositaires", "Keyholders' call list"),
    "operator": ("Remise à un opérateur", "Hand to an operator"),
    "guard_by_hand": ("Agent envoyé par un opérateur", "Guard sent by an operator"),
    "false_alarm": ("Clôture : fausse alarme", "Closure: false alarm"),
    "arrived_well": ("Clôture : bien arrivé", "Closure: arrived well"),
    "desk": ("Appel des postes de la station", "Call to the station's desks"),
    "duty": ("Appel du technicien d'astreinte", "Call to the duty technician"),
    "supervisor": ("Appel du chef de salle", "Call to the supervisor"),
    "repair": ("Attente du rétablissement", "Wait until it works again"),
    "deadline": ("Attente du rétablissement, hiérarchie prévenue", "Wait, the hierarchy knows"),
    "works_again": ("Clôture : rétabli", "Closure: works again"),
    "present": ("Clôture : présence confirmée", "Closure: presence confirmed"),
}

#: What is wrong with a recording.
RECORDING_PROBLEMS: Mapping[str, tuple[str, str]] = {
    "missing": ("fichier absent", "the file is missing"),
    "silent": ("aucun son reçu du correspondant", "no sound came from the far end"),
    "length": ("la durée ne correspond pas à l'appel", "its length is not the call's"),
    "cut": ("coupé par un arrêt de la téléphonie, conservé", "cut by a crash, kept"),
    "purged": (
        "effacé : sa durée de conservation est passée",
        "deleted: the time it is kept for is over",
    ),
}

#: Resolution codes (codes acquis).
RESOLUTIONS: Mapping[str, tuple[str, str]] = {
    "false_alarm": ("fausse alarme", "false alarm"),
    "operating_error": ("erreur de manipulation", "operating error by the user"),
    "known_cause": ("cause connue", "known cause"),
    "intervention": ("intervention sur place", "intervention on site"),
    "authorities": ("autorités alertées", "authorities alerted"),
    "technical": (
        "défaut technique, mainteneur prévenu",
        "technical fault, maintenance informed",
    ),
    "restored": ("rétabli de soi-même", "restored by itself"),
    "test": ("essai", "test"),
    "exercise": ("exercice", "exercise"),
    "cancelled": ("annulée par code dans le délai", "cancelled by code in time"),
    "nothing_found": ("levée de doute, rien à signaler", "verified, nothing found"),
    "present": ("présence confirmée", "presence confirmed"),
    "other": ("autre, voir le texte", "other, see the text"),
}

#: What became of a signal, where it is not the ordinary.
TREATMENTS: Mapping[str, tuple[str, str]] = {
    "cancelled": ("annule l'alarme", "cancels the alarm"),
    "counted": ("seulement compté", "only counted"),
    "shunted": ("zone hors service, non traité", "zone taken out, not handled"),
    "tested": ("site en essai, non traité", "on test, not handled"),
    "unproved": ("non authentifié, sans effet", "not proved, without effect"),
}

#: {name in an entry's data: its words}; a value without words is shown as it is.
#: What an operator may take back.
UNDONE: Mapping[str, tuple[str, str]] = {
    "claim": ("prise en charge", "taking it"),
    "park": ("mise en attente", "parking it"),
    "close": ("clôture", "closing it"),
    "release": ("remise en file", "giving it back"),
    "transfer": ("transfert", "handing it over"),
}

_WORDS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "outcome": {**TASK_OUTCOMES, **OUTCOMES},
    "undone": UNDONE,
    "task": STEP_KINDS,
    "result": OUTCOMES,
    "reason": REASONS,
    "why": WHYS,
    "step": STEPS,
    "alarm": KINDS,
    "problem": RECORDING_PROBLEMS,
    "resolution": RESOLUTIONS,
    "lowers": people.LOWERS,
    "channel": outbox.CHANNELS,
    "charge": charges.ACTS,
    "fault": outbox.FAULTS,
    "paper": outbox.PAPERS,
    "letter": outbox.PAPERS,
    "open": open_ends.OPEN,
    "where": interventions.WHERE,
    "armed": interventions.ARMED,
    "part": shifts.PARTS,
    "contract": vocabulary.CONTRACTS,
    "table": sites.PARTS,
    "kept": settings.KEPT,
    "day_kind": settings.DAYS,
    "requester": settings.REQUESTERS,
    "role": access.ROLES,
    "factor": access.FACTORS,
    "detail": outbox.SET_UP,
    "before": access.ROLES,
    "means": organs.MEANS,
    "organ": organs.PARTS,
    "organ_state": organs.STATES,
    "status": shifts.HEALTH,
    "sound": shifts.SOUND,
    **law.WORDS,
    **callers.WORDS,
}
_LANGUAGES = ("fr", "en")


def word(table: Mapping[str, tuple[str, str]], key: str, language: str) -> str:
    """What ``table`` calls ``key`` in ``language`` (else in French); ``key`` where it doesn't."""
    column = _LANGUAGES.index(language) if language in _LANGUAGES else 0
    return table[key][column] if key in table else key


def at_desk(who: str, language: str) -> str:
    """An operator's telephone, in a browser or beside it, as people know it."""
    if not who:
        return word({"": ("un poste", "a desk")}, "", language)
    return word({"": ("le poste de {}", "the desk of {}")}, "", language).format(who)


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


def entry_text(kind: str, data: Mapping[str, Any], language: str = "fr") -> str:
    """The words of an entry; text from outside in ``data`` stays as it is."""
    column = _LANGUAGES.index(language) if language in _LANGUAGES else 0
    values = _Blank(data)
    for name, value in data.items():
        words = _WORDS.get(name)
        if words is not None and isinstance(value, str) and value in words:
            values[name] = words[value][column]
    values.update(_for_people(data, column))
    if kind == "user_changed" and data.get("fields"):
        values["what"] = ", ".join(sites.field(name, column) for name in sorted(data["fields"]))
    template = ENTRIES.get(kind, ("{text}", "{text}"))[column]
    if kind == "signal" and data.get("zone") == "":
        template = template.replace(" zone {zone}", "")
    for name in ("text", "said"):
        if not data.get(name):
            template = template.replace(f" — {{{name}}}", "")
    if data.get("fields") and "what" not in data:
        values["what"] = sites.what(data["fields"], column)
        if data.get("because") and "{because}" not in template:
            values["what"] += f" ({data['because']})"
    said = agreed(template, values, _LANGUAGES[column]).format_map(values).strip()
    return said + _how(data, column) if kind == "signal" else said


def _for_people(data: Mapping[str, Any], column: int) -> dict[str, str]:
    """What code names and no table does: a plan's own step is told by its name or else its kind,
    the command line as who acted, a telephone of ours by whose it is."""
    language = _LANGUAGES[column]
    said = {name: at_desk(who, language) for name, who in data.get("desks", {}).items()}
    if data.get("step_name"):
        said |= dict.fromkeys(("step", "task"), str(data["step_name"]))
    elif data.get("step") and data["step"] not in STEPS:
        said["step"] = STEP_KINDS.get(data.get("of", ""), ("étape suivante", "next step"))[column]
    if "organ" in data:
        name, node = str(data.get("organ_name", "")), str(data.get("organ_node", ""))
        said["organ"] = organs.named(data["organ"], name, node, column)
    if "organ_state" in data:
        because, detail = str(data.get("organ_reason", "")), str(data.get("detail_said", ""))
        said["organ_state"] = organs.why(data["organ_state"], because, detail, column)
    for name in ("by", "who", "who_did"):
        if data.get(name) == access.BY_COMMAND:
            said[name] = access.CONSOLE[column]
    return said


def _how(data: Mapping[str, Any], column: int) -> str:
    """What is out of the ordinary about a signal."""
    how = [TREATMENTS[data["treatment"]][column]] if data.get("treatment") in TREATMENTS else []
    if "raised" in data:
        how.append(("différé, émis le {}", "deferred, raised {}")[column].format(data["raised"]))
    return f" ({' ; '.join(how)})" if how else ""

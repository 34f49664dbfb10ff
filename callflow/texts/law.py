"""What is said of services and verifications, in French and English."""

from collections.abc import Mapping

from callflow.core.calls import dial_policy
from callflow.core.interventions.law import Answer, Finding, Means, Reason, Weight
from callflow.core.messages.withholding import REFUSALS, Withheld
from callflow.texts.plans.vocabulary import SERVICES

Words = Mapping[str, tuple[str, str]]

#: What the logbook says: {entry kind: (French, English)}.
ENTRIES: Words = {
    "verification": (
        "Levée de doute : {means}, {finding} (preuve {weight}) {item} {person} {note}",
        "Verification: {means}, {finding} ({weight} evidence) {item} {person} {note}",
    ),
    "service_refused": (
        "Appel refusé ({service}) : {gate}",
        "Call refused ({service}): {gate}",
    ),
    "service_override": (
        "{by} passe outre ({service}), alors que : {gate}. Motif : {note}",
        "{by} overrides ({service}), although: {gate}. Reason: {note}",
    ),
    "service_asked": (
        "Appel demandé : {service}, {line} ({gate}) {note}",
        "Call asked for: {service}, {line} ({gate}) {note}",
    ),
    "service_dialled": (
        "L'opérateur est en ligne : {line} est appelé ({to})",
        "The operator is on the line: {line} is called ({to})",
    ),
    "service_untaken": (
        "Aucun poste n'a décroché : {line} n'a pas été appelé",
        "No desk phone was picked up: {line} was not called",
    ),
    "short_number": (
        "{to} joindrait les services du département de la station ; proposé : {offered}",
        "{to} would reach the services of the station's department; offered: {offered}",
    ),
    "service_report": (
        "Dit à {service}, {line} : {person}, réf. {reference}, {answer} {note}",
        "Said to {service}, {line}: {person}, ref. {reference}, {answer} {note}",
    ),
    "counter_order": (
        "Contre-ordre donné à {service}, {line} : {person}, réf. {reference} {note}",
        "Counter-order given to {service}, {line}: {person}, ref. {reference} {note}",
    ),
    "line_revealed": (
        "Numéro réservé de {line} affiché pour {by}",
        "Reserved number of {line} shown to {by}",
    ),
    "directory_changed": (
        "Annuaire des services modifié par {by} (lignes : {lines}){what}",
        "Directory of services changed by {by} (lines: {lines}){what}",
    ),
}

MEANS: Words = {
    Means.CALL_WITH_CODE: (
        "appel avec code d'une personne sur place",
        "call with code of a person on site",
    ),
    Means.TWO_CALLS: (
        "deux appels successifs aux personnes désignées",
        "two successive calls to designated persons",
    ),
    Means.VIDEO: ("vidéo", "video"),
    Means.IMAGES: ("images", "images"),
    Means.AUDIO: ("écoute", "listening in"),
    Means.GUARD: ("agent sur place", "guard on site"),
    Means.OPINION: ("avis d'une personne hors du site", "opinion from off site"),
}

FINDINGS: Words = {
    Finding.CONFIRMED: ("infraction confirmée", "offence confirmed"),
    Finding.DOUBT: ("un doute demeure", "doubt remains"),
    Finding.NOTHING: ("rien à signaler", "nothing found"),
    Finding.NO_ANSWER: ("sans réponse", "no answer"),
}

WEIGHTS: Words = {
    Weight.STRONG: ("forte", "strong"),
    Weight.WEAK: ("faible", "weak"),
    Weight.NONE: ("nulle", "no"),
}

ANSWERS: Words = {
    Answer.ACCEPTED: ("accepté", "accepted"),
    Answer.DECLINED: ("refusé", "declined"),
}

#: Why the gate is open or shut, and what to do where it is shut.
GATE_REASONS: Words = {
    Reason.PERSONAL_ALARM: (
        "alarme agression : son déclenchement fait preuve",
        "personal alarm: its triggering is the proof",
    ),
    Reason.VERIFIED: ("levée de doute enregistrée", "a verification is recorded"),
    Reason.LOCAL_AGREEMENT: (
        "convention locale du préfet",
        "local agreement of the prefect",
    ),
    Reason.NOT_GATED: (
        "service sans levée de doute obligatoire",
        "no verification is required for this service",
    ),
    Reason.OVERRIDE: ("outrepassé par écrit", "overridden in writing"),
    Reason.UNVERIFIED: (
        "aucune levée de doute n'est enregistrée : enregistrez-en une, ou motivez par écrit"
        " (CSI L613-6)",
        "no verification is recorded: record one, or give a written reason (CSI L613-6)",
    ),
    Reason.SILENT_CALLS: (
        "des appels sans réponse ne lèvent aucun doute : il faut une vérification qui aboutit,"
        " ou un motif écrit",
        "unanswered calls verify nothing: a verification that finds something is needed, or a"
        " written reason",
    ),
    Reason.WEAK_EVIDENCE: (
        "un doute, ou un avis hors du site, ne suffit pas : il faut une levée de doute, ou un"
        " motif écrit",
        "doubt, or an opinion from off site, does not suffice: a verification is needed, or a"
        " written reason",
    ),
    Reason.NOTHING_FOUND: (
        "la dernière vérification n'a rien trouvé : il en faut une nouvelle, ou un motif écrit",
        "the last verification found nothing: a new one is needed, or a written reason",
    ),
}

#: Why a number is not dialled.
DIAL_REFUSALS: Words = {
    dial_policy.EMERGENCY: (
        "un numéro d'urgence n'est composé que par une personne, sur un téléphone hors du système",
        "an emergency number is dialled by a person only, on a phone outside this system",
    ),
    dial_policy.NOT_FULL: (
        "ce n'est pas un numéro international complet",
        "not a full international number",
    ),
    dial_policy.PREMIUM: (
        "un numéro surtaxé n'est pas appelé",
        "a premium-rate number is not called",
    ),
    dial_policy.BY_A_PERSON: (
        "la ligne d'un service n'est appelée qu'à la demande d'une personne",
        "a service's line is called only for a person who asked for it",
    ),
    dial_policy.UNKNOWN: (
        "ce numéro n'est ni d'un contact, ni de la station, ni de l'annuaire",
        "this number is neither a contact's, nor the station's, nor of the directory",
    ),
    dial_policy.NO_FAX: (
        "ce numéro n'est le fax déclaré de personne",
        "it is nobody's declared fax number",
    ),
    dial_policy.NOT_OUR_NUMBER: (
        "la station ne s'appelle elle-même qu'à son propre numéro",
        "the station calls itself at its own number, and at no other",
    ),
    dial_policy.MUTE: (
        "alarme agression : rien ne doit sonner sur place ni chez le personnel",
        "personal alarm: nothing may ring on site or at its staff",
    ),
    REFUSALS[Withheld.HELD]: (
        "station restaurée d'une sauvegarde et retenue : rien n'en sort avant sa remise en service",
        "restored from a backup and held: nothing leaves until it is released",
    ),
    REFUSALS[Withheld.SHADOW]: (
        "station en double commande : une autre station agit",
        "in shadow: another station acts",
    ),
}

#: {name in an entry's data: its words}.
WORDS: Mapping[str, Words] = {
    "service": SERVICES,
    "means": MEANS,
    "finding": FINDINGS,
    "weight": WEIGHTS,
    "answer": ANSWERS,
    "gate": GATE_REASONS,
}

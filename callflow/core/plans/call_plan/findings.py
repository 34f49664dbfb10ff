"""What can be found in a plan, or between a plan and a site: each finding with its code and words.

Codes are stable: programs, tests (``tests/data/plans/findings.yaml``) and people name them. An
error keeps a plan from being published; a warning must be accepted with a reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """How grave a finding is."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One finding. ``step`` and ``site`` are ids, "" for the plan itself and for any site.

    ``field`` is the path in the plan's body, such as ``steps.2.attempts``; ``args`` fill the words.
    """

    code: str
    step: str = ""
    site: str = ""
    args: Mapping[str, Any] = field(default_factory=dict)
    field: str = "steps"

    @property
    def level(self) -> Level:
        return Level.ERROR if self.code in ERRORS else Level.WARNING

    def said(self, language: str = "en") -> str:
        """The finding in words, ``fr`` or ``en``."""
        column = 0 if language == "fr" else 1
        where = _WHERE_SITE[column].format(self.site) if self.site else ""
        where += _WHERE_STEP[column].format(self.step) if self.step else ""
        return where + {**ERRORS, **WARNINGS}[self.code][column].format_map(self.args)

    def to_json(self) -> dict[str, Any]:
        """As the API and the command line give it."""
        return {
            "code": self.code,
            "level": self.level.value,
            "step": self.step,
            "site": self.site,
            "field": self.field,
            "fr": self.said("fr"),
            "en": self.said("en"),
        }


_WHERE_SITE = ("site {} : ", "site {}: ")
_WHERE_STEP = ("étape « {} » : ", "step {!r}: ")

#: {code: (French, English)} of what makes a plan unusable, or dangerous at a site.
ERRORS: Mapping[str, tuple[str, str]] = {
    "plan_id": (
        "l’identifiant de la consigne : de 1 à {most} lettres, chiffres ou . _ -",
        "the plan: its id must have 1 to {most} characters: letters, digits, . _ -",
    ),
    "step_count": (
        "la consigne doit avoir de 1 à {most} étapes",
        "the plan must have 1 to {most} steps",
    ),
    "same_id": (
        "deux étapes ont le même nom « {id} » : en renommer une",
        "two steps have the same id {id!r}: rename one",
    ),
    "step_id": (
        "une étape ne peut pas avoir ce nom : des lettres sans accent, des chiffres ou . _ -"
        " (et aucun des noms que la station garde pour elle)",
        "a step can't have this id: letters without accents, digits or . _ - (and none of the"
        " names that the station keeps for itself)",
    ),
    "close_code": (
        "choisir le code acquis avec lequel elle clôt (1 à {most} caractères)",
        "choose the resolution code that it closes with (1 to {most} characters)",
    ),
    "long_text": (
        "{name} dépasse {most} caractères",
        "{name} is longer than {most} characters",
    ),
    "long_list": (
        "{name} a plus de {most} éléments",
        "{name} has more than {most} entries",
    ),
    "figure": (
        "{name} doit être compris entre {least:g} et {most:g}",
        "{name} must lie between {least:g} and {most:g}",
    ),
    "answers": (
        "une question a de 1 à 9 réponses : les écrire, une par ligne",
        "a question has 1 to 9 answers: write them, one a line",
    ),
    "nothing_to_say": (
        "il n’y a rien à dire : écrire le texte",
        "there is nothing to say: write the text",
    ),
    "no_address": (
        "à qui ? écrire la destination",
        "to whom? write where it is sent to",
    ),
    "no_report": (
        "ce qui s’imprime ou se poste est le rapport de l’alarme : choisir lequel",
        "the alarm's report is what is printed or posted: choose which",
    ),
    "bad_hour": (
        "l’heure d’une attente s’écrit par exemple 08:00",
        "the hour of a wait is written like 08:00",
    ),
    "no_measure": (
        "écrire quelle est la mesure",
        "write what the measure is",
    ),
    "too_few_valid": (
        "pour que plusieurs personnes soient d’accord, il en faut 2 ou plus",
        "for several people to agree, there must be 2 or more of them",
    ),
    "key_taken": (
        "la touche {key} demande un rappel, et c’est déjà celle d’une réponse : moins de"
        " réponses, ou pas de rappel",
        "key {key} asks to be called back, and is an answer's already: fewer answers, or no"
        " calling back",
    ),
    "unknown_outcome": (
        "{kind} n’a pas d’issue « {outcome} »",
        "a {kind} has no outcome {outcome!r}",
    ),
    "leads_nowhere": (
        "l’issue « {outcome} » mène à « {target} », qui n’est pas une étape : choisir une autre"
        " suite",
        "outcome {outcome!r} leads to {target!r}, which is no step: choose another",
    ),
    "nothing_to_continue": (
        "après « {outcome} » il n’y a rien à continuer",
        "after {outcome!r} there is nothing to continue with",
    ),
    "goes_nowhere": (
        "choisir l’étape à laquelle elle revient : « {target} » n’en est pas une",
        "choose the step that it goes back to: {target!r} is none",
    ),
    "loop": (
        "elle ramène à « {target} » : la consigne pourrait tourner sans fin. Une issue mène à"
        " une étape plus bas ; pour recommencer, ajouter une étape de reprise (go_to), qui dit"
        " combien de fois",
        "it leads back to {target!r}: the plan could run for ever. An outcome leads to a step"
        " further down; to begin again, add a step that goes back (go_to), which says how often",
    ),
    "goes_to_itself": (
        "elle revient à elle-même : choisir une autre étape",
        "it goes to itself: choose another step",
    ),
    "unjustified": (
        "« {outcome} » ne justifie pas de clôture : le mener à un opérateur",
        "{outcome!r} justifies no closure: lead it to an operator",
    ),
    "closes_first": (
        "elle clôt ce que personne n’a regardé : mettre avant elle une étape qui le vérifie",
        "it closes what nobody has looked at: put a step before it that does",
    ),
    "unreachable": (
        "aucune issue n’y mène : elle ne sera jamais faite. La choisir comme suite d’une étape"
        " qui la précède, ou la retirer",
        "no outcome leads to it: it is never done. Have an outcome of a step before it lead"
        " there, or remove it",
    ),
    "bad_address": (
        "« {to} » n’est pas une adresse pour {channel}",
        "{to!r} is no address for {channel}",
    ),
    "refused_number": (
        "{name} a un numéro que l’automate ne compose pas ({number})",
        "{name} has a number that the machine never dials ({number})",
    ),
    "reaches_nobody": (
        "elle ne peut joindre personne : aucun site qui la suit n’a, pour ses étapes d’appel,"
        " une personne avec un numéro. Changer qui est appelé, ou donner un numéro à quelqu’un"
        " du site",
        "it can reach nobody: no site that follows it has anybody with a number for the steps"
        " that call. Change whom it calls, or give somebody of the site a number",
    ),
    "rings_personal": (
        "la consigne sert à une alarme agression ({kind}), où rien ne doit sonner : cette étape n’y"
        " est jamais faite",
        "the plan serves a personal alarm ({kind}), where nothing may ring: this step is never"
        " done there",
    ),
}

#: {code: (French, English)} of what an administrator must know and may accept, with a reason.
WARNINGS: Mapping[str, tuple[str, str]] = {
    "unsaid": (
        "rien n’est dit pour « {outcome} » : l’alarme ira à un opérateur et la consigne s’arrêtera",
        "nothing is said for {outcome!r}: the alarm goes to an operator and the plan ends",
    ),
    "answer_unsaid": (
        "rien n’est dit pour la réponse {key} : l’alarme ira à un opérateur",
        "nothing is said for answer {key}: the alarm goes to an operator",
    ),
    "impossible_outcome": (
        "l’issue « {outcome} » n’arrive jamais avec ces réglages",
        "outcome {outcome!r} never happens with these settings",
    ),
    "who_twice": (
        "les mêmes personnes sont nommées deux fois",
        "the same people are named twice",
    ),
    "rings_often": (
        "une même personne peut être appelée jusqu’à {rings} fois",
        "one person may be called up to {rings} times",
    ),
    "limit_too_short": (
        "sa durée limite ({limit:g} s) est plus courte que ce qu’elle demande ({needs:g} s)",
        "its time limit ({limit:g} s) is shorter than what it asks for ({needs:g} s)",
    ),
    "long_wait": (
        "elle peut attendre {hours:g} h avant que quelqu’un soit prévenu",
        "it may wait {hours:g} h before anybody is told",
    ),
    "unknown_code": (
        "« {code} » n’est pas un code acquis de la station",
        "{code!r} is no resolution code of the station",
    ),
    "override_lost": (
        "son réglage propre {where} ne va plus avec la consigne : il sera ignoré",
        "its own setting {where} fits the plan no more: it is left out",
    ),
    "nobody_listed": (
        "la liste est vide : personne n’y tient ce rôle",
        "the list is empty: nobody plays this part there",
    ),
    "unknown_contact": (
        "il n’y a pas de contact « {contact} »",
        "there is no contact {contact!r}",
    ),
    "no_number": ("{name} n’a pas de numéro", "{name} has no number"),
    "nobody_there": (
        "personne n’est joignable {hours:g} h dans l’année à venir, la première fois le {first}",
        "nobody can be called for {hours:g} h of the coming year, first on {first}",
    ),
    "person_twice": (
        "{name} y est deux fois et ne sera appelé qu’une",
        "{name} is there twice and is called once",
    ),
    "number_twice": (
        "{name} et {other} ont le même numéro : un seul des deux sera appelé",
        "{name} and {other} have the same number: only one of them is called",
    ),
    "too_few_people": (
        "{valid} personnes doivent être d’accord, et il y en a {people}",
        "{valid} people must agree, and there are {people}",
    ),
    "no_authority": (
        "personne de la liste ne peut annuler une alarme ({kind}) : « {outcome} » n’arrive jamais",
        "nobody on the list may cancel an alarm ({kind}): {outcome!r} never happens",
    ),
    "never_closes": (
        "pour {kind}, « {outcome} » ne permet pas à l’automate de clore : un opérateur l’aura",
        "for {kind}, {outcome!r} lets the machine close nothing: an operator gets it",
    ),
    "no_guard": (
        "aucune société d’intervention n’y est déclarée",
        "no guard firm is declared there",
    ),
    "no_service_line": (
        "aucune ligne connue pour {service} pendant {hours:g} h de l’année à venir",
        "no line of {service} is known for {hours:g} h of the coming year",
    ),
    "no_camera": ("aucune caméra n’y est déclarée", "no camera is declared there"),
    "no_listening_line": (
        "aucun numéro d’écoute n’y est déclaré",
        "no number for listening in is declared there",
    ),
}

"""Words of the station's checks and drills: the usual list, what the logbook says, figures."""

from collections.abc import Mapping
from typing import NamedTuple

Pair = tuple[str, str]

ENTRIES: Mapping[str, Pair] = {
    "check_done": (
        "Contrôle fait, signé par {by} : {title}{said}",
        "Check done, signed by {by}: {title}{said}",
    ),
    "check_failed": (
        "Contrôle en échec, signé par {by} : {title}{said}",
        "Check failed, signed by {by}: {title}{said}",
    ),
    "check_seen": (
        "Contrôle constaté par la machine : {title}{said}",
        "Check seen to be done by the machine: {title}{said}",
    ),
    "check_seen_failed": (
        "Contrôle en échec, constaté par la machine : {title}{said}",
        "Check seen to have failed by the machine: {title}{said}",
    ),
    "check_late": (
        "Contrôle en retard : {title}, à faire depuis le {since}",
        "Check late: {title}, due since {since}",
    ),
    "checks_begun": (
        "Liste habituelle des contrôles mise en place ({count})",
        "The usual list of checks begins ({count})",
    ),
    "check_added": ("Contrôle ajouté par {by} : {title}", "{by} added the check: {title}"),
    "check_changed": ("Contrôle modifié par {by} : {title}", "{by} changed the check: {title}"),
    "check_retired": (
        "Contrôle retiré par {by} : {title}. Motif : {note}",
        "{by} took the check away: {title}. Reason: {note}",
    ),
}


class Words(NamedTuple):
    """A check's title, and what to do: in French, in English."""

    title: Pair
    text: Pair


USUAL: Mapping[str, Words] = {
    "last-backup": Words(
        ("Sauvegarde de la nuit", "Last night's backup"),
        (
            "La sauvegarde s'est terminée sans erreur. Constaté automatiquement.",
            "The backup ended without an error. Seen by the machine.",
        ),
    ),
    "desks": Words(
        ("Postes de travail", "Desks"),
        (
            "À chaque poste : écran lisible, son d'alarme entendu, téléphone qui sonne, horloge à"
            " l'heure.",
            "At each desk: the screen is legible, the alarm's sound is heard, the telephone rings,"
            " the clock is right.",
        ),
    ),
    "room": Words(
        ("Salle : portes et sas", "Room: doors and airlock"),
        (
            "Portes fermées et verrouillées, sas en état, vitrages intacts, vidéo et contrôle"
            " d'accès en marche.",
            "Doors closed and locked, airlock in order, glazing whole, cameras and access control"
            " working.",
        ),
    ),
    "each-line": Words(
        ("Alarme d'essai sur chaque ligne", "Test alarm on each line"),
        (
            "Envoyer une alarme d'essai sur chaque ligne de réception et la voir arriver. Constaté"
            " automatiquement où les essais en boucle sont en service.",
            "Send a test alarm on each line and see it arrive. Seen by the machine where canaries"
            " are set up.",
        ),
    ),
    "restore": Words(
        ("Restauration de la dernière sauvegarde", "Restore of the last backup"),
        (
            "Restaurer la dernière sauvegarde à part et la vérifier (callflow backup drill)."
            " Constaté automatiquement.",
            "Restore the last backup aside and verify it (callflow backup drill). Seen by the"
            " machine.",
        ),
    ),
    "duty-phone": Words(
        ("Téléphone d'astreinte", "Duty telephone"),
        (
            "Appeler le technicien d'astreinte : il répond, il connaît le code et la procédure.",
            "Call the duty technician: they answer, and know the code and the procedure.",
        ),
    ),
    "generator-run": Words(
        ("Essai du groupe électrogène en charge", "Generator run under load"),
        (
            "Faire tourner le groupe en charge. Noter la durée, le niveau de carburant et toute"
            " anomalie.",
            "Run the generator under load. Note for how long, the fuel left and whatever is odd.",
        ),
    ),
    "power-cut": Words(
        ("Coupure secteur : autonomie de l'onduleur", "Power cut: the UPS holds"),
        (
            "Couper le secteur. Noter combien de temps l'onduleur a porté la station sans que rien"
            " ne s'arrête.",
            "Cut the mains. Note for how long the UPS carried the station with nothing stopped.",
        ),
    ),
    "own-alarm": Words(
        ("Alarme propre à la station", "The room's own alarm"),
        (
            "Essayer les boutons d'agression, l'homme mort, l'intrusion et l'incendie de la"
            " station ; chaque alarme arrive ici et à la station de secours.",
            "Try the hold-up buttons, man-down, intrusion and fire alarm of the room; each arrives"
            " here and at the backup station.",
        ),
    ),
    "headsets": Words(
        ("Micro-casques de rechange", "Spare headsets"),
        (
            "Essayer les micro-casques de rechange et leurs câbles ; compléter la réserve.",
            "Try the spare headsets and their cables; fill up the stock.",
        ),
    ),
    "first-aid": Words(
        ("Trousse de secours", "First aid kit"),
        (
            "Contenu complet, dates de péremption, emplacement dégagé ; défibrillateur prêt.",
            "Its content is whole and in date, its place is free; the defibrillator is ready.",
        ),
    ),
    "fire-doors": Words(
        ("Issues et éclairage de secours", "Exits and emergency lighting"),
        (
            "Issues dégagées, portes coupe-feu fermées, blocs de secours allumés, extincteurs à"
            " leur place.",
            "Exits are free, fire doors closed, emergency lights lit, extinguishers in place.",
        ),
    ),
    "switch-over": Words(
        ("Bascule vers la station de secours", "Switch-over to the backup station"),
        (
            "Basculer sur la station de secours et revenir. Noter le temps jusqu'au premier appel"
            " de l'autre côté.",
            "Switch over to the backup station, and back. Note the time until the first call from"
            " the other side.",
        ),
    ),
    "evacuation": Words(
        ("Exercice d'évacuation", "Evacuation drill"),
        (
            "Évacuer la salle, la station de secours reprenant les alarmes. Joindre le"
            " compte rendu.",
            "Leave the room while the backup station takes the alarms. Add the report.",
        ),
    ),
    "extinguishers": Words(
        ("Vérification des extincteurs", "Inspection of extinguishers"),
        (
            "Par une entreprise habilitée. Joindre l'attestation.",
            "By a qualified firm. Add the certificate.",
        ),
    ),
    "electricity": Words(
        ("Vérification électrique", "Electrical inspection"),
        (
            "Installation électrique, onduleur et groupe, par un organisme habilité. Joindre le"
            " rapport.",
            "Electrical installation, UPS and generator, by a qualified body. Add the report.",
        ),
    ),
    "rights": Words(
        ("Revue des accès", "Review of who has access"),
        (
            "Comptes, jetons, badges et clés : chacun est encore justifié, sinon retiré.",
            "Accounts, tokens, badges and keys: each is still needed, the others are taken away.",
        ),
    ),
}


def title(check_id: str, own: str, language: str) -> str:
    """What a check is called: its own words, else the usual list's."""
    return own or _usual(check_id, language, 0)


def text(check_id: str, own: str, language: str) -> str:
    """What is to be done."""
    return own or _usual(check_id, language, 1)


def _usual(check_id: str, language: str, which: int) -> str:
    words = USUAL.get(check_id)
    return words[which][0 if language == "fr" else 1] if words else ""


def is_usual(check_id: str, said: str, which: str) -> bool:
    """True where these are the usual list's words, in either language."""
    words = USUAL.get(check_id)
    return words is not None and said in (words.title if which == "title" else words.text)

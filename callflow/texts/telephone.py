"""What the logbook says of the telephone: who called whom, held, handed on, listened in."""

from collections.abc import Mapping

ENTRIES: Mapping[str, tuple[str, str]] = {
    "announcement_recorded": (
        "Annonce « {name} » ({language}) remplacée par un enregistrement de {seconds} s",
        "Announcement “{name}” ({language}) replaced by a recording of {seconds} s",
    ),
    "announcement_tried": (
        "Annonce « {name} » ({language}) essayée par {by} : appel vers {to}",
        "Announcement “{name}” ({language}) tried by {by}: a call to {to}",
    ),
    "announcement_removed": (
        "Enregistrement de l'annonce « {name} » ({language}) retiré : la voix la dit de nouveau",
        "Recording of the announcement “{name}” ({language}) removed: the voice says it again",
    ),
    "click_to_call": (
        "{who} appelé par un opérateur ({to})",
        "{who} called by an operator ({to})",
    ),
    "conference_call": (
        "{who} appelé pour rejoindre la conversation ({to})",
        "{who} called to join the conversation ({to})",
    ),
    "next_number": (
        "Sans réponse : personne suivante, {who} ({to})",
        "No answer: next person, {who} ({to})",
    ),
    "held": ("{to} mis en attente", "{to} put on hold"),
    "left_waiting": (
        "{to} patiente en musique : un autre appel est pris",
        "{to} waits with music: another call is taken",
    ),
    "resumed_call": ("{to} repris", "{to} taken off hold"),
    "call_handed_on": ("Appel transféré à {to}", "Call handed on to {to}"),
    "recording_heard": (
        "{by} écoute l'enregistrement de l'appel avec {to}",
        "{by} listens to the recording of the call with {to}",
    ),
    "spoken_heard": (
        "{by} écoute ce que {to} a dit après le signal sonore",
        "{by} listens to what {to} said after the tone",
    ),
    "listened_in": (
        "Écoute de l'appel de {operator}",
        "Listens to {operator}'s call",
    ),
    "whispered": (
        "Chuchote à {operator} pendant son appel",
        "Whispers to {operator} during a call",
    ),
    "barged_in": (
        "Entre dans l'appel de {operator}",
        "Joins {operator}'s call",
    ),
    "desk_phone_given": (
        "Téléphone fixe déclaré : {phone}",
        "Desk phone declared: {phone}",
    ),
}

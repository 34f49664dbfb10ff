"""What the logbook says of programs that are told of every event."""

from collections.abc import Mapping

ENTRIES: Mapping[str, tuple[str, str]] = {
    "subscription_made": (
        "{by} abonne le programme {name} aux événements ({host})",
        "{by} subscribes the program {name} to events ({host})",
    ),
    "subscription_changed": (
        "{by} modifie l'abonnement du programme {name} : {what}",
        "{by} changes the subscription of the program {name}: {what}",
    ),
    "subscription_secret": (
        "{by} change le secret du programme {name}",
        "{by} changes the secret of the program {name}",
    ),
    "subscription_paused": (
        "{by} suspend l'envoi des événements à {name}",
        "{by} pauses the events sent to {name}",
    ),
    "subscription_resumed": (
        "{by} reprend l'envoi des événements à {name}",
        "{by} resumes the events sent to {name}",
    ),
    "subscription_replayed": (
        "{by} renvoie les événements à {name} depuis l'écriture {number}",
        "{by} sends the events again to {name} from entry {number} on",
    ),
    "subscription_removed": (
        "{by} supprime l'abonnement du programme {name}",
        "{by} removes the subscription of the program {name}",
    ),
    "subscription_silent": (
        "{name} ne reçoit plus les événements ({error})",
        "{name} takes no events any more ({error})",
    ),
    "subscription_back": (
        "{name} reçoit de nouveau les événements",
        "{name} takes events again",
    ),
    "subscription_dead": (
        "Envoi des événements à {name} abandonné ({error}) : à reprendre par un administrateur",
        "Events to {name} given up ({error}): an administrator resumes them",
    ),
    "event_lost": (
        "Événement {event} refusé par {name}, abandonné ({error})",
        "Event {event} refused by {name}, given up ({error})",
    ),
}

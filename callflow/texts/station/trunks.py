"""What the logbook says of trunks, and the telephone of calls that try something: {entry kind:
(French, English)}."""

from collections.abc import Mapping

ENTRIES: Mapping[str, tuple[str, str]] = {
    "call_shadowed": (
        "Appel vers {to} non passé : double commande, un autre système agit ; l'issue est simulée",
        "Call to {to} not placed: in shadow, another system acts; its outcome is a stand-in's",
    ),
    "trunk_tested": (
        "Lien {trunk} essayé par {by} : appel vers {to}",
        "Trunk {trunk} tried by {by}: a call to {to}",
    ),
    "call_gives_way": (
        "Appel raccroché : {to}, son canal sert à une alarme",
        "Call ended: {to}, an alarm needs its channel",
    ),
    "call_goes_on": (
        "Le lien {trunk} n'a pas transmis l'appel vers {to} : la même tentative passe par un autre",
        "Trunk {trunk} did not carry the call to {to}: the same attempt goes over another one",
    ),
}

#: What whoever answers a call that tries something hears: {step: (what it is, more) in French, the
#: same in English}; then a key is asked for.
TESTS: Mapping[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "trunk_test": (
        (
            "essai d'un trunk SIP",
            "Cet appel essaie un trunk SIP de la station. Il n'y a pas d'alarme.",
        ),
        (
            "test of a trunk",
            "This call tries a trunk of the station. There is no alarm.",
        ),
    ),
    "announcement_test": (
        ("essai d'une annonce : il n'y a pas d'alarme", ""),
        ("test of an announcement: there is no alarm", ""),
    ),
}

"""What the failure of an organ costs, as long as nobody wrote it in the station's own words."""

from collections.abc import Mapping

from callflow.core.watch.organs import Part

Pair = tuple[str, str]

#: {an organ's part, or a process's name: (French, English)}; of a device the station alone knows.
COSTS: Mapping[str, Pair] = {
    "receiver": (
        "Aucune alarme n'arrive ; les transmetteurs répètent.",
        "No alarm arrives; panels send again.",
    ),
    "engine": (
        "Rien n'est décidé : les consignes n'avancent plus.",
        "Nothing is decided: call plans stand still.",
    ),
    "telephony": ("Aucun appel ne part ni n'arrive.", "No call goes out or comes in."),
    "web": (
        "Les postes ne voient plus rien ; les appels continuent.",
        "The desks see nothing any more; calls go on.",
    ),
    Part.DATABASE: (
        "Rien n'est enregistré ni acquitté : aucune alarme n'est traitée.",
        "Nothing is stored or acknowledged: no alarm is handled.",
    ),
    Part.DISK: (
        "Plein, plus rien n'est enregistré ni acquitté.",
        "Once it is full nothing is stored or acknowledged.",
    ),
    Part.ASTERISK: (
        "Aucun appel ne part ni n'arrive sur cette machine.",
        "No call goes out or comes in on this machine.",
    ),
    Part.TRUNK: (
        "Les appels prennent les autres liens ; sans autre lien, aucun ne part.",
        "Calls take the other trunks; without another one none goes out.",
    ),
    Part.WAY_OUT: (
        "Ni appel ni message ne sort de la station.",
        "Neither calls nor messages leave the station.",
    ),
    Part.LINE: (
        "Les transmetteurs de cette ligne ne sont plus entendus.",
        "The panels of this line are not heard any more.",
    ),
    Part.BACKLOG: (
        "Les alarmes attendent avant d'être traitées.",
        "Alarms wait before they are handled.",
    ),
    Part.CLOCK: (
        "Les heures de la main courante sont fausses ; des transmetteurs chiffrés sont refusés.",
        "The logbook's times are wrong; panels that encrypt are refused.",
    ),
    Part.CERTIFICATE: (
        "Une fois expiré, navigateurs et téléphones ne se connectent plus.",
        "Once it has ended browsers and telephones connect no more.",
    ),
    Part.BACKUP: (
        "Un disque perdu emporterait tout ce qui s'est passé depuis la dernière.",
        "A lost disk would take with it all that happened since the last one.",
    ),
    Part.LOGBOOK: ("La main courante ne fait plus preuve.", "The logbook proves nothing any more."),
    Part.VERSION: ("Une mise à jour n'est pas terminée.", "An upgrade was not ended."),
    Part.LATENCY: ("Les alarmes sont servies en retard.", "Alarms are served late."),
    Part.POWER: (
        "La station s'arrête quand la batterie est vide.",
        "The station stops when the battery is empty.",
    ),
    Part.GENERATOR: (
        "Une longue coupure du secteur arrêterait la station.",
        "A long power cut would stop the station.",
    ),
    Part.MEMORY: (
        "Le système peut tuer des processus de la station.",
        "The system may kill processes of the station.",
    ),
    Part.TEMPERATURE: (
        "La machine ralentit, puis s'arrête.",
        "The machine slows down, then stops.",
    ),
    Part.NETWORK: (
        "Rien ne passe plus par ce chemin ; il ne reste que les autres.",
        "Nothing passes by this way any more; only the others are left.",
    ),
    Part.MIRROR: (
        "Si ce site tombe, l'autre n'a pas tout.",
        "If this site is lost the other one does not have everything.",
    ),
    Part.GATEWAY: (
        "Ces messages ne partent plus ; un opérateur doit appeler à leur place.",
        "These messages leave no more; an operator must call in their place.",
    ),
    Part.RECORDER: (
        "Les images de la station ne sont plus gardées.",
        "The station's own images are kept no more.",
    ),
    Part.SCREEN: ("L'opérateur ne voit plus les alarmes.", "The operator sees no alarms any more."),
    Part.HEADSET: (
        "L'opérateur n'entend pas, ou n'est pas entendu.",
        "The operator does not hear, or is not heard.",
    ),
    Part.ROOM: (
        "Personne ici ne répond de ceux qui veillent sur les autres.",
        "Nobody here answers for those who watch over others.",
    ),
    Part.ACCESS: ("N'importe qui peut entrer.", "Anybody may come in."),
    Part.CANARY: (
        "Ce qui passe par là se perd sans que rien d'autre le dise.",
        "What passes there is lost, and nothing else tells.",
    ),
    Part.DRILL: (
        "Nul ne sait si ce qui est à contrôler marcherait.",
        "Nobody knows whether what is to be checked would work.",
    ),
    Part.PEER: (
        "Ce que personne ne prend ici n'est dit à personne ailleurs.",
        "What nobody takes here is told to nobody elsewhere.",
    ),
}


def cost(part: str, name: str, column: int) -> str:
    """In words; "" where nobody can say. ``column``: 0 is French."""
    known = COSTS.get(name if part == Part.PROCESS else part)
    return known[column] if known else ""

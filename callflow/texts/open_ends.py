"""What is still open after an alarm, and who ended it, in French and English."""

from collections.abc import Mapping

#: Kinds of open lines.
OPEN: Mapping[str, tuple[str, str]] = {
    "zone": ("zone en alarme", "zone in alarm"),
    "arming": ("mise en marche", "arming"),
    "bypass": ("zone éjectée", "bypassed zone"),
    "measure": ("mesure conservatoire", "protective measure"),
    "guard": ("agent d'intervention", "guard"),
    "equipment": ("matériel laissé sur place", "equipment left there"),
    "promise": ("promesse", "promise"),
    "reference": ("référence de la police", "reference of the police"),
    "service": ("appel du service d'urgence", "call to the emergency service"),
    "fault": ("défaut", "fault"),
    "call_back": ("rappel à faire", "call-back"),
    "police_never_called": ("police jamais appelée", "police never called"),
}

ENTRIES: Mapping[str, tuple[str, str]] = {
    "awaiting_end": ("En attente : {open} {note}. {who}", "Awaiting: {open} {note}. {who}"),
    "end_asked": (
        "{by} demande de clore « {open} » {note}. Motif : {reason}. À valider par une deuxième"
        " personne, l'une des deux étant superviseur",
        '{by} asks to end "{open}" {note}. Reason: {reason}. A second person signs it, one of both'
        " a supervisor",
    ),
    "end_signed": (
        "« {open} » {note} : clos par {by}. Motif : {reason}",
        '"{open}" {note}: ended by {by}. Reason: {reason}',
    ),
    "end_signed_by_two": (
        "« {open} » {note} : clos par {who} et {by}. Motif : {reason}",
        '"{open}" {note}: ended by {who} and {by}. Reason: {reason}',
    ),
    "promise_noted": (
        "À suivre ({open}), {who} : {note}",
        "To be followed ({open}), {who}: {note}",
    ),
    "promise_kept": ("Fait ({open}) : {note}. {reason}", "Done ({open}): {note}. {reason}"),
    "reopened": (
        "Alarme rouverte par {by} après son classement. Motif : {reason}",
        "Opened again by {by} after it was filed. Reason: {reason}",
    ),
    "fault_began": (
        "Défaut établi par {by}, zone {zone} : {note}",
        "Fault established by {by}, zone {zone}: {note}",
    ),
    "fault_changed": (
        "Défaut zone {zone}, {note}. Cause : {cause}. Mainteneur : {who}. Devis : {quote}."
        " Rendez-vous : {until}",
        "Fault of zone {zone}, {note}. Cause: {cause}. Firm: {who}. Quote: {quote}."
        " Appointment: {until}",
    ),
    "fault_ended": (
        "Fin du défaut zone {zone}, {note}. {reason}",
        "Fault of zone {zone} over, {note}. {reason}",
    ),
    "faults_listed": (
        "Liste des sites en défaut envoyée ({note}) : {count}",
        "List of sites in fault sent ({note}): {count}",
    ),
}

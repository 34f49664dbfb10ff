"""What alarms are about, in French and English."""

from __future__ import annotations

from collections.abc import Mapping

#: What an alarm is about.
KINDS: Mapping[str, tuple[str, str]] = {
    "intrusion": ("intrusion", "intrusion"),
    "hold_up": ("agression", "hold-up"),
    "panic": ("appel au secours", "panic"),
    "duress": ("contrainte", "duress"),
    "fire": ("incendie", "fire"),
    "medical": ("urgence médicale", "medical"),
    "gas": ("gaz", "gas"),
    "flood": ("inondation", "flood"),
    "lift": ("ascenseur", "lift"),
    "tamper": ("autoprotection", "tamper"),
    "technical": ("défaut technique", "technical fault"),
    "power": ("secteur", "mains"),
    "battery": ("batterie", "battery"),
    "line": ("transmission", "line"),
    "test": ("test", "test"),
    "opening": ("mise à l’arrêt", "disarming"),
    "closing": ("mise en marche", "arming"),
    "bypass": ("zone inhibée", "bypassed zone"),
    "cancel": ("annulation", "cancellation"),
    "restore": ("fin d’alarme", "restore"),
    "terminated": ("message d’un contrat résilié", "message of an ended contract"),
    "unencrypted": ("message non chiffré", "sent in clear"),
    "unproved": ("message non authentifié", "message not proved"),
    "missing_poll": ("transmetteur muet", "panel silent"),
    "missing_test": ("test non reçu", "test missing"),
    "paths_lost": ("transmissions perdues site en marche", "paths lost while armed"),
    "late_to_close": ("non mis en marche", "late to close"),
    "off_hours": ("mise à l’arrêt hors horaires", "off-hours opening"),
    "panel_user": ("utilisateur non autorisé", "user not authorised"),
    "bank_opening": ("ouverture d’agence", "bank opening"),
    "mismatch": ("provenance inattendue", "unexpected origin"),
    "on_test": ("fin d’essai", "test over"),
    "runaway": ("transmetteur emballé", "runaway panel"),
    "swinger": ("déclenchements répétés", "swinger"),
    "storm": ("défaut général", "storm"),
    "receiver": ("récepteur perdu", "receiver lost"),
    "trunk": ("trunk SIP en défaut", "trunk at fault"),
    "peer": ("alarme d’une autre station", "another station’s alarm"),
    "organ": ("panne à la station", "failure at the station"),
    "dead_man": ("homme mort", "dead man's switch"),
    "guessing": ("codes essayés en série", "codes being guessed"),
    "logbook": ("main courante altérée", "logbook tampered with"),
    "unattended": ("personne en poste", "nobody on shift"),
    "unknown": ("événement inconnu", "unknown event"),
}
#: How an alarm ranks before its priority is looked at.
CATEGORIES: Mapping[str, tuple[str, str]] = {
    "vital": ("vital", "vital"),
    "security": ("sûreté", "security"),
    "technical": ("technique", "technical"),
    "information": ("information", "information"),
}

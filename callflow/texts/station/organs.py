"""What pages, the doctor and the phone call the station's organs: {value: (French, English)}."""

from __future__ import annotations

from collections.abc import Mapping

STATES: Mapping[str, tuple[str, str]] = {
    "ok": ("en ordre", "well"),
    "degraded": ("à regarder", "to look at"),
    "failed": ("en panne", "failed"),
    "unknown": ("inconnu", "not known"),
}

#: A part, by its own name where it has one.
PARTS: Mapping[str, tuple[str, str]] = {
    "database": ("Base de données", "Database"),
    "disk": ("Disque", "Disk"),
    "process": ("Programme", "Process"),
    "asterisk": ("Téléphonie", "Telephony"),
    "trunk": ("Lien opérateur", "Trunk"),
    "way_out": ("Sorties", "Ways out"),
    "line": ("Ligne de réception", "Line"),
    "backlog": ("File des messages", "Backlog"),
    "clock": ("Horloge", "Clock"),
    "certificate": ("Certificat", "Certificate"),
    "backup": ("Sauvegarde", "Backup"),
    "logbook": ("Main courante", "Logbook"),
    "version": ("Version", "Version"),
    "latency": ("Délai", "Delay"),
}

#: Names of organs that are the product's own words.
NAMES: Mapping[str, tuple[str, str]] = {
    "engine": ("Moteur", "Engine"),
    "receiver": ("Frontal", "Receiver"),
    "telephony": ("Conduite des appels", "Call control"),
    "web": ("Pages", "Pages"),
    "acknowledgement": ("d'acquittement", "of acknowledgement"),
    "alarm_to_ring": ("de l'alarme à la sonnerie", "from alarm to ring"),
    "step_lateness": ("de retard des étapes", "of late steps"),
}

UNITS: Mapping[str, tuple[str, str]] = {
    "seconds": ("s", "s"),
    "percent": ("%", "%"),
    "signals": ("messages", "signals"),
    "days": ("jours", "days"),
    "hours": ("h", "h"),
    "restarts": ("redémarrages", "restarts"),
    "versions": ("versions", "versions"),
}

REASONS: Mapping[str, tuple[str, str]] = {
    "not_writable": (
        "rien ne peut être enregistré, donc rien n'est acquitté",
        "nothing can be stored, hence nothing is acknowledged",
    ),
    "not_read": ("ne répond pas à temps", "does not answer in time"),
    "little_space": ("bientôt plein", "nearly full"),
    "no_space": ("plein", "full"),
    "not_measured": ("place non mesurée", "its space can't be measured"),
    "not_running": ("arrêté", "does not run"),
    "restless": ("redémarre sans cesse", "begins again and again"),
    "no_link": ("injoignable, aucun appel ne part", "no link to it, nobody can be called"),
    "silent": ("rien n'en est su", "nothing is heard of it"),
    "no_calls": ("ne transmet aucun appel", "carries no calls"),
    "unanswered": ("presque personne ne répond", "hardly anybody answers"),
    "not_registered": ("non enregistré chez l'opérateur", "not registered with the carrier"),
    "not_connected": ("non connectée, aucune alarme n'arrive", "not connected, no alarm arrives"),
    "no_heartbeat": ("battement perdu, aucune alarme n'arrive", "heartbeat lost, no alarm arrives"),
    "long": ("trop de messages attendent", "too many signals wait"),
    "set_back": ("a été reculée", "was set back"),
    "off": ("n'est pas à l'heure", "is wrong"),
    "not_synchronised": ("non synchronisée", "not synchronised"),
    "no_source": (
        "rien ne semble la mettre à l'heure",
        "nobody is known to set it",
    ),
    "not_asked": ("non surveillée, par réglage", "not watched, by the settings"),
    "ends_soon": ("expire bientôt", "ends soon"),
    "ended": ("expiré", "has ended"),
    "unreadable": ("illisible", "can't be read"),
    "not_set_up": ("aucune n'est prévue", "none is set up"),
    "none_made": ("aucune n'a été faite", "none was ever made"),
    "too_old": ("trop ancienne", "too old"),
    "not_made": ("la dernière a échoué", "the last one failed"),
    "not_ours": ("quelqu'un y a écrit sans la clé", "somebody without the key wrote in it"),
    "not_remembered": (
        "ses sceaux ne sont pas gardés ailleurs",
        "its seals are not kept outside the database",
    ),
    "several": ("plusieurs à la fois", "several at once"),
    "slow": ("trop lent", "too slow"),
    "held": (
        "restaurée et retenue : aucun appel, aucun message ne part",
        "restored and held: no call, no message leaves",
    ),
    "shadow": ("en doublure : une autre station agit", "in shadow: another station acts"),
    "too_few": ("rien à mesurer récemment", "nothing to measure lately"),
}

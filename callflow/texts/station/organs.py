"""What pages, the doctor and the phone call the station's organs: {value: (French, English)}."""

from collections.abc import Mapping

from callflow.texts.readable import readable
from callflow.texts.station.checks import USUAL

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
    "trunk": ("Trunk SIP", "Trunk"),
    "way_out": ("Sorties", "Ways out"),
    "line": ("Ligne de réception", "Line"),
    "backlog": ("File des messages", "Backlog"),
    "clock": ("Horloge", "Clock"),
    "certificate": ("Certificat", "Certificate"),
    "backup": ("Sauvegarde", "Backup"),
    "logbook": ("Main courante", "Logbook"),
    "version": ("Version", "Version"),
    "latency": ("Délai", "Delay"),
    "power": ("Onduleur", "UPS"),
    "generator": ("Groupe électrogène", "Generator"),
    "memory": ("Mémoire", "Memory"),
    "temperature": ("Température", "Temperature"),
    "network": ("Réseau", "Network"),
    "mirror": ("Miroir", "Mirror"),
    "gateway": ("Passerelle", "Gateway"),
    "recorder": ("Enregistreur vidéo", "Video recorder"),
    "screen": ("Écran de", "Screen of"),
    "headset": ("Casque de", "Headset of"),
    "room": ("Centrale de la station", "The station's own panel"),
    "access": ("Contrôle d'accès", "Access control"),
    "canary": ("Essai automatique", "Automatic trial"),
    "drill": ("Contrôle", "Check"),
    "peer": ("Station de secours", "Backup station"),
    "probe": ("Équipement", "Device"),
}

#: Whose names are the product's own words where they stand in ``NAMES``: anybody may call a trunk,
#: or a device, *web*.
_OURS = frozenset({"process", "latency", "gateway", "canary", "access", "peer"})
#: Names of organs that are the product's own words.
NAMES: Mapping[str, tuple[str, str]] = {
    "airlock": ("à deux portes", "by two doors"),
    "engine": ("Moteur", "Engine"),
    "receiver": ("Frontal", "Receiver"),
    "telephony": ("Conduite des appels", "Call control"),
    "web": ("Pages", "Pages"),
    "acknowledgement": ("d'acquittement", "of acknowledgement"),
    "alarm_to_ring": ("de l'alarme à la sonnerie", "from alarm to ring"),
    "mail": ("de messagerie", "of mail"),
    "phone_code": ("(code au téléphone)", "(code by telephone)"),
    "sms": ("de SMS", "of SMS"),
    "step_lateness": ("de retard des étapes", "of late steps"),
}

#: Units of what is measured, by probes and by checks.
UNITS: Mapping[str, tuple[str, str]] = {
    "seconds": ("s", "s"),
    "percent": ("%", "%"),
    "signals": ("messages", "signals"),
    "days": ("jours", "days"),
    "hours": ("h", "h"),
    "decibels": ("dB", "dB"),
    "restarts": ("redémarrages", "restarts"),
    "versions": ("versions", "versions"),
    "": ("", ""),
    "celsius": ("°C", "°C"),
    "volts": ("V", "V"),
    "minutes": ("min", "min"),
    "bytes": ("octets", "bytes"),
    "files": ("fichiers", "files"),
    "organs": ("organes", "organs"),
}

#: One of them.
UNITS_ONE: Mapping[str, tuple[str, str]] = {
    "signals": ("message", "signal"),
    "days": ("jour", "day"),
    "restarts": ("redémarrage", "restart"),
    "versions": ("version", "version"),
    "files": ("fichier", "file"),
    "organs": ("organe", "organ"),
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
    "errors": ("une partie de son travail échoue", "part of its work fails"),
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
    "jumped": ("a sauté", "jumped"),
    "apart": ("ne s'accorde pas avec la base de données", "does not agree with the database's"),
    "carriers_apart": (
        "ne s'accorde pas avec celle des opérateurs",
        "does not agree with the carriers'",
    ),
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
    "not_in_step": (
        "ne suit pas : ce qui est acquitté n’est que sur ce site",
        "does not follow: what is acknowledged is at this site alone",
    ),
    "files_missing": ("des fichiers y manquent encore", "files are still missing there"),
    "several": ("plusieurs à la fois", "several at once"),
    "slow": ("trop lent", "too slow"),
    "held": (
        "restaurée et retenue : aucun appel, aucun message ne part",
        "restored and held: no call, no message leaves",
    ),
    "shadow": ("en doublure : une autre station agit", "in shadow: another station acts"),
    "not_done": ("n'a pas été fait à temps", "was not done in time"),
    "drill_failed": ("en échec", "failed"),
    "no_answer": ("ne répond pas", "does not answer"),
    "bad_answer": ("ne répond pas ce qui est attendu", "does not answer what it should"),
    "guessed": (
        "trop de codes faux : aucun n'y compte pour l'instant",
        "too many wrong codes: none counts there for now",
    ),
    "too_high": ("au-dessus de sa limite", "above its limit"),
    "too_low": ("au-dessous de sa limite", "below its limit"),
    "said_so": ("son contrôle le dit", "its check says so"),
    "signalled": ("sa centrale le signale", "its panel says so"),
    "not_allowed": (
        "ne peut être interrogé ainsi sur cette machine",
        "can't be asked so on this machine",
    ),
    "frozen": ("figé : il n'affiche plus rien de neuf", "frozen: it shows nothing new"),
    "hidden": ("console masquée, personne ne la voit", "console hidden, nobody sees it"),
    "in_alarm": ("en alarme, prise en charge ici", "in alarm, taken in hand here"),
    "not_taken": ("en alarme, personne ici ne répond", "in alarm, nobody here answers"),
    "person": ("une personne y est en danger", "somebody there is in danger"),
    "both_open": ("les deux portes ouvertes à la fois", "both doors open at once"),
    "left_open": ("porte extérieure restée ouverte", "outer door left open"),
    "not_heard": ("le son n'est pas entendu", "its sound is not heard"),
    "no_microphone": ("micro non mesuré", "microphone not measured"),
    "too_quiet": ("micro trop faible", "microphone too quiet"),
    "on_battery": ("sur batterie, secteur absent", "on battery, the mains are away"),
    "low_battery": ("sa batterie est presque vide", "its battery is nearly empty"),
    "replace_battery": ("batterie à remplacer", "its battery is to be replaced"),
    "overloaded": ("en surcharge", "overloaded"),
    "bypassed": ("en dérivation, sans batterie derrière", "bypassed, with no battery behind"),
    "calibrating": ("en essai de batterie", "trying its battery"),
    "alarmed": ("il se dit en défaut", "it says that it is at fault"),
    "switched_off": ("éteint, il n'alimente rien", "switched off, it feeds nothing"),
    "on_generator": ("en marche, secteur absent", "runs, the mains are away"),
    "little_fuel": ("bientôt à court de carburant", "short of fuel"),
    "not_arrived": (
        "un autre a répondu au numéro de la station",
        "somebody else answered at the station's number",
    ),
    "no_audio_out": ("décroché, mais on ne nous entend pas", "answered, but nobody hears us"),
    "no_audio_in": ("décroché, mais nous n'entendons rien", "answered, but we hear nothing"),
    "no_keys": ("les touches ne passent pas", "keys don't come through"),
    "wrong_number": ("montre un autre numéro", "shows another number"),
    "not_acknowledged": (
        "un message d'essai n'a pas été acquitté",
        "a test signal was not acknowledged",
    ),
    "no_stream": ("rien ne vient aux écrans", "nothing comes to the screens"),
    "too_few": ("rien à mesurer récemment", "nothing to measure lately"),
}

#: What the logbook says of them: {entry kind: (French, English)}.
ENTRIES: Mapping[str, tuple[str, str]] = {
    "organ": ("{organ} : {organ_state}", "{organ}: {organ_state}"),
    "probe_set": (
        "Sonde réglée par {by} : {organ}, {means}",
        "Probe set by {by}: {organ}, {means}",
    ),
    "probe_removed": ("Sonde supprimée par {by} : {organ}", "Probe removed by {by}: {organ}"),
    "care_set": (
        "Prise en charge réglée par {by} : {organ}, {keeper} {to}",
        "Care set by {by}: {organ}, {keeper} {to}",
    ),
}

#: How a probe asks.
MEANS: Mapping[str, tuple[str, str]] = {
    "http": ("page web", "web page"),
    "tcp": ("port TCP", "TCP port"),
    "ping": ("écho (ping)", "echo (ping)"),
    "snmp": ("SNMP", "SNMP"),
    "command": ("programme", "program"),
    "prometheus": ("requête Prometheus", "Prometheus query"),
    "signal": ("signal d'une centrale", "a panel's signal"),
}


def named(part: str, name: str, node: str, column: int) -> str:
    """What an organ is called; a name of its own is as it was set. ``column``: 0 is French."""
    if part == "drill" and name in USUAL:
        return USUAL[name].title[column]
    ours = part in _OURS and name in NAMES
    own = NAMES[name][column] if ours else readable(name)
    if part == "process":
        return own
    said = f"{PARTS[part][column] if part in PARTS else part} {own}".strip()
    return f"{said} ({readable(node)})" if node else said


def why(state: str, reason: str, detail: str, column: int) -> str:
    """How it is, why, and what was said of it."""
    because = REASONS[reason][column] if reason in REASONS else ""
    parts = [STATES[state][column], because, readable(detail)]
    return ", ".join(part for part in parts if part)

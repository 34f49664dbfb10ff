"""What the logbook says of machines and versions: {entry kind: (French, English)}."""

from collections.abc import Mapping

ENTRIES: Mapping[str, tuple[str, str]] = {
    "vouched": (
        "Main courante d’une version antérieure reprise telle qu’elle était",
        "The logbook of an earlier version was taken over as it was",
    ),
    "backup_made": (
        "Sauvegarde faite : état du {since}, fichiers : {files}, octets : {bytes}, dans {place}",
        "Backed up: as of {since}, files: {files}, bytes: {bytes}, in {place}",
    ),
    "backup_failed": (
        "Sauvegarde échouée, dans {place} : {text}",
        "The backup failed, in {place}: {text}",
    ),
    "drill_made": (
        "Sauvegarde restaurée à l’essai et vérifiée : état du {since}, fichiers : {files},"
        " octets : {bytes}, de {place}",
        "A backup was restored as a drill and verified: as of {since}, files: {files},"
        " bytes: {bytes}, of {place}",
    ),
    "drill_failed": (
        "Essai de restauration échoué, de {place} : {text}",
        "The drill failed: what was backed up in {place} could not be restored: {text}",
    ),
    "station_restored": (
        "Station restaurée de la sauvegarde du {since} : retenue, rien n’en sort",
        "Station restored from the backup of {since}: held, nothing leaves",
    ),
    "station_released": (
        "Station restaurée remise en service par {by} ; alarmes confiées aux opérateurs : {alarms},"
        " messages périmés : {late}",
        "Restored station released by {by}; alarms given to operators: {alarms}, messages that were"
        " too late: {late}",
    ),
    "site_acts": (
        "La station agit désormais au site {place} (époque {number})",
        "The station acts at the site {place} from now on (epoch {number})",
    ),
    "clock_day": (
        "Horloge {machine}, {day} : écart de {least} à {most} s, relevés : {count}, anomalies :"
        " {troubles}, source : {source} ; transmetteurs à l’heure fausse : {panels}",
        "Clock {machine}, {day}: offset from {least} to {most} s, figures: {count}, troubles:"
        " {troubles}, source: {source}; panels whose clock is wrong: {panels}",
    ),
    "peer_asked": ("Confiée à la station de secours", "The backup station is told of it"),
    "peer_heard": ("La station de secours l’a reçue", "The backup station has it"),
    "peer_took": (
        "Prise par la station de secours ({by})",
        "Taken by the backup station ({by})",
    ),
    "peer_silent": (
        "La station de secours ne répond pas : {text}",
        "The backup station does not answer: {text}",
    ),
    "peer_called": (
        "La station de secours est appelée au {to}",
        "The backup station is called at {to}",
    ),
    "node_lost": (
        "La téléphonie du nœud {node} ne répond plus",
        "The telephony of node {node} does not answer any more",
    ),
    "node_back": (
        "La téléphonie du nœud {node} répond à nouveau",
        "The telephony of node {node} answers again",
    ),
    "call_handed_over": (
        "Appel vers {to} confié au nœud {node} : {from_node} est perdu",
        "Call to {to} handed to node {node}: {from_node} is lost",
    ),
    "call_left": (
        "Appel vers {to} en cours sur le nœud {node}, qui est perdu",
        "Call to {to} was under way on node {node}, which is lost",
    ),
}

"""What speaks for or against an intrusion, in French and English; {source}: see evidence.Reason."""

from collections.abc import Mapping

from callflow.core.alarms.evidence import Sign

SIGNS: Mapping[str, tuple[str, str]] = {
    Sign.ALARM: ("un point en alarme : {source}", "a zone in alarm: {source}"),
    Sign.SECOND_ZONE: ("un deuxième point : {source}", "a second zone: {source}"),
    Sign.MORE_ZONES: ("d'autres points : {source}", "further zones: {source}"),
    Sign.SEQUENCE: (
        "points franchis l'un après l'autre : {source}",
        "zones crossed one after the other: {source}",
    ),
    Sign.AGAIN: (
        "de nouveau en alarme après rétablissement : {source}",
        "in alarm again after its restore: {source}",
    ),
    Sign.CONFIRMED_BY_PANEL: ("alarme confirmée", "a confirmed alarm"),
    Sign.ARMED: ("site en service", "the site is armed"),
    Sign.DISARMED: ("site hors service", "the site is disarmed"),
    Sign.HELP: (
        "une personne demande du secours ({source})",
        "somebody asks for help ({source})",
    ),
    Sign.WRONG_CODE: ("code erroné ({source})", "a wrong code ({source})"),
    Sign.FALSE_ALARM: (
        "fausse alarme, dite avec code et autorité ({source})",
        "a false alarm, said with code and authority ({source})",
    ),
    Sign.KNOWN_CAUSE: (
        "cause connue, dite hors du site ({source})",
        "a known cause, said off site ({source})",
    ),
    Sign.NOBODY: (
        "{source:appel|appels} sans réponse : ne prouve rien",
        "{source:unanswered call|unanswered calls}: proves nothing",
    ),
    Sign.SEEN: ("infraction constatée : {source}", "an offence was found: {source}"),
    Sign.DOUBT: ("un doute demeure : {source}", "doubt remains: {source}"),
    Sign.NOTHING_SEEN: ("rien constaté : {source}", "nothing was found: {source}"),
    Sign.OPINION: ("{source} : indice faible", "{source}: weak evidence"),
    Sign.TRACES: (
        "l'agent a trouvé des traces ou quelqu'un ({source})",
        "the guard found traces, or somebody ({source})",
    ),
    Sign.ALL_CLEAR: (
        "l'agent est entré et n'a rien trouvé ({source})",
        "the guard went in and found nothing ({source})",
    ),
    Sign.CLEAR_OUTSIDE: (
        "l'agent n'a rien vu de l'extérieur ({source})",
        "the guard saw nothing from outside ({source})",
    ),
    Sign.UNSEEN_IMAGES: (
        "{source:image que personne n'a jugée|images que personne n'a jugées}",
        "{source:image|images} that nobody has judged",
    ),
}

"""Words to say on the phone: by what the alarm is about, the site's language and the step.

They ask for the password and never give it (D14). Pure.
"""

from collections.abc import Mapping

from callflow.core.alarms.incident import Incident
from callflow.core.signals.signal import PERSONAL, Kind
from callflow.core.sites.declared import DeclaredSite
from web.kit import words

#: Order of the first questions: lives before identity (D8), or identity before anything (D12).
_VOICE = frozenset({Kind.MEDICAL, Kind.LIFT})
_FAULTS = frozenset(
    {
        Kind.TECHNICAL,
        Kind.POWER,
        Kind.BATTERY,
        Kind.LINE,
        Kind.TEST,
        Kind.MISSING_POLL,
        Kind.MISSING_TEST,
        Kind.MISMATCH,
        Kind.UNENCRYPTED,
        Kind.UNPROVED,
        Kind.TERMINATED,
        Kind.RUNAWAY,
        Kind.SWINGER,
        Kind.BYPASS,
    }
)

_HELLO = {
    "fr": "Bonjour, télésurveillance, {name} à l’appareil.",
    "en": "Hello, this is the monitoring station, {name} speaking.",
}
_RECEIVED = {"fr": "Nous avons reçu : {alarm}{zone}.", "en": "We received: {alarm}{zone}."}
_WHO = {
    "fr": "Puis-je avoir votre nom et votre mot de passe ?",
    "en": "May I have your name and your password, please?",
}
#: After the greeting, by what is at stake.
_ASK: Mapping[str, Mapping[str, str]] = {
    "voice": {
        "fr": "Êtes-vous blessé ? De quoi avez-vous besoin ? Je reste en ligne avec vous.",
        "en": "Are you hurt? What do you need? I stay on the line with you.",
    },
    "fire": {
        "fr": "Voyez-vous de la fumée ou des flammes ? Sortez si vous le pouvez, je préviens les"
        " secours.",
        "en": "Can you see smoke or flames? Leave if you can, I am calling the fire brigade.",
    },
    "fault": {
        "fr": "Il n’y a pas d’alarme. Pouvez-vous vérifier, et nous dire si un technicien est"
        " prévenu ?",
        "en": "There is no alarm. Can you check, and tell us whether a technician is informed?",
    },
    "opening": {"fr": "{question}", "en": "{question}"},
    "guard": {
        "fr": "Demande d’intervention au site {site}. Acceptez-vous ? Dans combien de temps y"
        " serez-vous ?",
        "en": "A guard is asked for at {site}. Do you accept? When will you be there?",
    },
    "service": {
        "fr": "J’appelle pour le site {site}. La levée de doute est faite. Je vous donne l’accès,"
        " et le numéro où me rappeler.",
        "en": "I am calling for {site}. The alarm has been verified. I give you the way in, and"
        " the number to call me back.",
    },
}


def words_to_say(
    kind: str,
    language: str,
    step: str | None,
    *,
    name: str,
    alarm: str,
    zone: str,
    site: str,
    question: str = "",
) -> str | None:
    """Words to say now, in ``language`` ("fr", "en", other: English); None: nothing may be said.

    ``step``: the kind of the plan's step that it is at. ``alarm`` and ``zone`` are words already;
    ``question``: a bank's conventional one (D18), asked without a word of the alarm.
    """
    about = Kind(kind) if kind in frozenset(Kind) else Kind.UNKNOWN
    if about in PERSONAL:
        return None
    spoken = "fr" if language.startswith("fr") else "en"
    where = f", {zone}" if zone else ""
    told = _RECEIVED[spoken].format(alarm=alarm, zone=where)
    parts = {
        "guard": ("guard",),
        "service": ("service",),
        "voice": (told, "voice"),
        "fire": (told, "fire", _WHO[spoken]),
        "fault": (told, _WHO[spoken], "fault"),
        "who": (told, _WHO[spoken]),
        "opening": ("opening",) if question else (_WHO[spoken],),
    }[_manner(about, step)]
    said = [
        _ASK[part][spoken].format(site=site, question=question) if part in _ASK else part
        for part in parts
    ]
    return " ".join([_HELLO[spoken].format(name=name), *said])


def of_incident(
    incident: Incident,
    site: DeclaredSite | None,
    step: str | None,
    *,
    name: str,
    zone: str,
    mute: bool,
    question: str = "",
) -> dict[str, str] | None:
    """The words of an alarm, and the language that they are in; None: nothing may be said.

    ``mute``: a personal alarm is open at its site, this one or another (D29).
    """
    if mute:
        return None
    language = site.language if site else "fr"
    said = words_to_say(
        incident.kind,
        language,
        step,
        name=name,
        alarm=words.kind(incident.kind, "fr" if language.startswith("fr") else "en").lower(),
        zone=zone,
        site=site.name if site else "",
        question=question,
    )
    return {"text": said, "language": language} if said else None


def to_caller(language: str, *, name: str, device: bool) -> dict[str, str]:
    """The words for somebody who calls, and no alarm is open. ``device``: a lift's cabin, a lone
    worker's telephone, where a person is asked nothing but what they need (D8)."""
    spoken = "fr" if language.startswith("fr") else "en"
    then = _ASK["voice"] if device else _WHO
    return {"text": f"{_HELLO[spoken].format(name=name)} {then[spoken]}", "language": language}


def _manner(kind: Kind, step: str | None) -> str:
    if step == "send_guard":
        return "guard"
    if step == "emergency_service":
        return "service"
    if step == "voice_first" or kind in _VOICE:
        return "voice"
    if kind in (Kind.FIRE, Kind.GAS):
        return "fire"
    if kind is Kind.BANK_OPENING:
        return "opening"
    return "fault" if kind in _FAULTS else "who"

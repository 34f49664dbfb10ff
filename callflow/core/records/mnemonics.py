"""Short codes for what is written again and again in the logbook: typed in a note, each becomes its
text, whose blanks (``[time]``) are filled one after the other. Pure.

The product's own and the station's; an administrator changes any of them, and takes one away.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from callflow.core.signals.signal import Kind

#: A code as it is typed, and a blank as it stands in a text.
CODE = re.compile(r"[A-Z0-9]{2,8}")
BLANK = re.compile(r"\[[^\[\]\n]{1,40}\]")
#: Characters of a text.
LONGEST = 500

_FIRE, _LIFE = (Kind.FIRE, Kind.GAS), (Kind.MEDICAL, Kind.LIFT)
_BREAK_IN = (Kind.INTRUSION, Kind.TAMPER)
_FAULT = (Kind.TECHNICAL, Kind.POWER, Kind.BATTERY, Kind.LINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Mnemonic:
    """A code and its text; ``kinds``: the alarms that it is offered first for, none: any."""

    code: str
    text: str
    kinds: tuple[Kind, ...] = ()

    @property
    def blanks(self) -> list[str]:
        """What is to be filled, in its order."""
        return BLANK.findall(self.text)


#: {code: (French, English, the alarms that it is for)}.
_STANDARD: Mapping[str, tuple[str, str, tuple[Kind, ...]]] = {
    "RAS": (
        "RAS : [qui] sur place à [heure], rien à signaler, site [refermé et remis en marche]",
        "All clear: [who] on site at [time], nothing found, site [closed and armed]",
        (),
    ),
    "GAR": (
        "Agent [nom] de [société] arrivé à [heure], ronde [extérieure et intérieure],"
        " constat : [constat], reparti à [heure de départ]",
        "Guard [name] of [firm] on site at [time], round [outside and inside],"
        " found: [finding], left at [time of leaving]",
        _BREAK_IN,
    ),
    "POL": (
        "[Police ou gendarmerie] avisée à [heure], interlocuteur [nom], référence [référence],"
        " [se déplace ou non]",
        "[Police] informed at [time], spoke with [name], reference [reference], [comes or not]",
        _BREAK_IN,
    ),
    "EFF": (
        "Effraction constatée par [qui] : [accès], [préjudice apparent], police référence"
        " [référence], fermeture provisoire par [qui]",
        "Break-in found by [who]: [way in], [what seems missing], police reference [reference],"
        " secured by [who]",
        _BREAK_IN,
    ),
    "FAU": (
        "Fausse alarme : [cause], confirmée par [nom], identité vérifiée par [moyen]",
        "False alarm: [cause], confirmed by [name], identity checked by [means]",
        (),
    ),
    "INC": (
        "Pompiers avisés à [heure], référence [référence], [flammes ou fumée] en [lieu],"
        " évacuation [faite ou en cours]",
        "Fire brigade informed at [time], reference [reference], [flames or smoke] in [place],"
        " evacuation [done or under way]",
        _FIRE,
    ),
    "SAM": (
        "[Personne] répond : [état], secours [service] avisés à [heure], accès par [moyen]",
        "[Person] answers: [state], [service] informed at [time], way in: [means]",
        _LIFE,
    ),
    "ASC": (
        "Cabine [appareil] : [nombre] personne(s), [état], ascensoriste avisé à [heure],"
        " délai annoncé [délai]",
        "Cabin [lift]: [number] person(s), [state], lift firm informed at [time],"
        " expected within [delay]",
        (Kind.LIFT,),
    ),
    "TEC": (
        "Défaut [défaut] : [société de maintenance] avisée à [heure], intervention prévue"
        " le [date]",
        "Fault [fault]: [maintenance firm] informed at [time], visit planned on [date]",
        _FAULT,
    ),
    "EAU": (
        "Fuite d’eau en [lieu], vannes [fermées ou non] par [qui], [plombier] avisé à [heure]",
        "Water leak in [place], valves [closed or not] by [who], [plumber] informed at [time]",
        (Kind.FLOOD,),
    ),
    "REM": (
        "Remise en marche demandée à [nom] à [heure], faite à [heure de mise en marche]",
        "Asked [name] at [time] to arm, armed at [time of arming]",
        (),
    ),
    "MES": (
        "Message laissé à [nom] au [numéro] à [heure] : [contenu]",
        "Message left for [name] at [number] at [time]: [content]",
        (),
    ),
    "INJ": (
        "[Nom] injoignable : [nombre] appels de [heure] à [dernière heure]",
        "[Name] not reached: [number] calls from [time] to [last time]",
        (),
    ),
}


def standard(language: str) -> dict[str, Mnemonic]:
    """The product's own, by their codes."""
    return {
        code: Mnemonic(code=code, text=french if language == "fr" else english, kinds=kinds)
        for code, (french, english, kinds) in _STANDARD.items()
    }


def in_force(own: Iterable[Mnemonic], language: str) -> list[Mnemonic]:
    """The product's and the station's own, which stand instead of it; without a text: taken away.
    By their codes."""
    known = standard(language) | {one.code: one for one in own}
    return [known[code] for code in sorted(known) if known[code].text]


def offered(known: Sequence[Mnemonic], kind: str) -> list[Mnemonic]:
    """As they are offered at an alarm of a kind: those for it, those for any, then the others."""

    def rank(one: Mnemonic) -> tuple[int, str]:
        return (0 if kind in one.kinds else 1 if not one.kinds else 2), one.code

    return sorted(known, key=rank)

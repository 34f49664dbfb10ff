"""What a simulated run of a plan, a backtest and a rehearsal say: {key: (French, English)}."""

from collections.abc import Mapping

#: One line of a timeline by what happened, and its end.
SIMULATION: Mapping[str, tuple[str, str]] = {
    "step": ("étape « {step} » : {outcome}", "step “{step}”: {outcome}"),
    "call": ("    appel de {who}", "    calls {who}"),
    "answer": ("    {who} : {outcome}", "    {who}: {outcome}"),
    "cancelled": ("    {who} n'est plus appelé", "    {who} is not called any more"),
    "task": ("    demandé : {step} {who}", "    asked for: {step} {who}"),
    "done": ("    {step} {who} : {outcome}", "    {step} {who}: {outcome}"),
    "guard": ("    {who} : {outcome}", "    {who}: {outcome}"),
    "human": ("un opérateur l'a : {outcome}", "an operator has it: {outcome}"),
    "closed": ("clôture : {outcome}", "closure: {outcome}"),
    "restored": ("retour à la normale", "back to normal"),
    "accepted": ("en route", "on the way"),
    "on_site": ("sur place", "on site"),
    "title": ("Déroulement dans le temps", "What happens when"),
    "steps": ("étapes", "steps"),
    "human_here": ("un opérateur l'a", "an operator has it"),
    "human_knows": ("Un opérateur le sait après {time}", "An operator knows after {time}"),
    "closes": ("Clôture par la machine : {outcome}", "Closed by the machine: {outcome}"),
    "stuck": (
        "Ni opérateur ni clôture : cette consigne ne finit pas",
        "Neither operator nor closure: this plan does not end",
    ),
    "worst": (
        "Délai maximal avant reprise par un opérateur ou clôture justifiée : {time}",
        "At worst an operator knows (or the alarm is rightly closed) after {time}:",
    ),
}

#: A site that is nobody's, at which a plan is tried.
EXAMPLE = ("Site d’exemple", "Example site")

#: What a backtest found.
BACKTEST: Mapping[str, tuple[str, str]] = {
    "differs": ("Événement {incident} ({at} UTC) :", "Incident {incident} ({at} UTC):"),
    "was": ("  était : {called} → {end}", "  was: {called} → {end}"),
    "would_be": ("  serait : {called} → {end}", "  would be: {called} → {end}"),
    "found": (
        "{examined:événement rejoué|événements rejoués}, {differ:différent|différents}",
        "{examined:incident|incidents} replayed, {differ} different",
    ),
    "unlike": (
        "{count:ne se rejoue pas tel quel|ne se rejouent pas tels quels} : {incidents}",
        "{count} can't be replayed as they were: {incidents}",
    ),
}

ENTRIES: Mapping[str, tuple[str, str]] = {
    "rehearsed": (
        "EXERCICE de la consigne {plan} (version {version}), demandé par {by}",
        "EXERCISE of plan {plan} (version {version}), asked for by {by}",
    ),
    "rehearsal_over": (
        "Fin de l'EXERCICE : une alarme réelle est arrivée",
        "End of the EXERCISE: a real alarm came",
    ),
    "rehearsal_ended": ("EXERCICE terminé par {by}", "EXERCISE ended by {by}"),
    "rehearsal_real": (
        "Ce n'est plus un exercice : code sous contrainte tapé pendant l'EXERCICE",
        "No longer an exercise: a duress code was typed during the EXERCISE",
    ),
}

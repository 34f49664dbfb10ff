"""What the logbook says of plans and their steps: {entry kind: (French, English)}."""

from collections.abc import Mapping

ENTRIES: Mapping[str, tuple[str, str]] = {
    "plan_draft_begun": (
        "Brouillon de la consigne {plan} (d’après la version {version}) commencé par {by}",
        "Draft of plan {plan} (from version {version}) begun by {by}",
    ),
    "plan_draft_taken_over": (
        "Brouillon de la consigne {plan}, de {who}, repris par {by}",
        "Draft of plan {plan}, of {who}, taken over by {by}",
    ),
    "plan_draft_saved": (
        "Brouillon de la consigne {plan} (d’après la version {version}) enregistré par {by}",
        "Draft of plan {plan} (from version {version}) saved by {by}",
    ),
    "plan_draft_dropped": (
        "Brouillon de la consigne {plan} abandonné par {by}",
        "Draft of plan {plan} dropped by {by}",
    ),
    "plan_published": (
        "Consigne {plan} version {version} publiée par {by} — {text}",
        "Plan {plan} version {version} published by {by} — {text}",
    ),
    "plan_accepted": (
        "Consigne {plan} version {version} publiée par {by},"
        " {warnings:avertissement accepté|avertissements acceptés}"
        " ({accepted}) — {text}",
        "Plan {plan} version {version} published by {by}, {warnings:warning|warnings} accepted"
        " ({accepted}) — {text}",
    ),
    "plan_withdrawn": (
        "Consigne {plan} retirée par {by} : {because}",
        "Plan {plan} withdrawn by {by}: {because}",
    ),
    "plan_brought_back": (
        "Consigne {plan} remise en service par {by} : {because}",
        "Plan {plan} brought back by {by}: {because}",
    ),
    "task_asked": (
        "Demandé : {task} {note}",
        "Asked for: {task} {note}",
    ),
    "test_refused": ("Mise en essai refusée : {note}", "On test refused: {note}"),
    "task_ended": (
        "{task} : {outcome} {note}",
        "{task}: {outcome} {note}",
    ),
    "call_follows": (
        "Un appel en cours vers {to} vaut aussi pour cette alarme",
        "A call to {to} that is being made speaks for this alarm too",
    ),
}

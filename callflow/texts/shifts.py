"""What the logbook says of shifts, presence and the roster: {entry kind: (French, English)}."""

from collections.abc import Mapping

ENTRIES: Mapping[str, tuple[str, str]] = {
    "shift_begun": (
        "Prise de poste de {by}, signée. Lu : {open:alarme|alarmes} en cours, {waiting} en attente"
        " de retour à la normale, {instructions:consigne provisoire|consignes provisoires},"
        " {tests:essai|essais}, {plans:consigne modifiée|consignes modifiées},"
        " {notes:mot|mots} de relève, état : {status}",
        "Shift taken up by {by}, signed. Read: {open:open alarm|open alarms}, {waiting} awaiting"
        " normal, {instructions:provisional instruction|provisional instructions},"
        " {tests:test|tests}, {plans:changed plan|changed plans},"
        " {notes:note|notes} of handover, health: {status}",
    ),
    "shift_took": (
        "Lue et reprise par {by} à la prise de poste",
        "Read and taken over by {by} at the beginning of the shift",
    ),
    "shift_ended": (
        "Fin de vacation de {by}, signée. Transmis : {passed}. Encore en poste : {left}",
        "Shift ended by {by}, signed. Passed on: {passed}. Still on shift: {left}",
    ),
    "shift_ended_for": (
        "Vacation de {who} terminée par {by}. Motif : {note}",
        "Shift of {who} ended by {by}. Reason: {note}",
    ),
    "shift_note": (
        "Mot de relève de {by} : {note}",
        "Handover note by {by}: {note}",
    ),
    "shift_unattended": (
        "Station laissée sans personne en poste par {by}, chef de salle : {supervisor}."
        " Motif : {note}",
        "Station left without anybody on shift by {by}, supervisor: {supervisor}. Reason: {note}",
    ),
    "sound_checked": (
        "Casque essayé par {by} : {sound}",
        "Headset checked by {by}: {sound}",
    ),
    "presence_confirmed": (
        "Présence confirmée par {by}",
        "Presence confirmed by {by}",
    ),
    "roster_added": (
        "Planning : {who}, {part}, du {since} au {until}, {count} fois, par {by}",
        "Roster: {who}, {part}, from {since} until {until}, {count:time|times}, by {by}",
    ),
    "roster_removed": (
        "Planning : {who}, {part}, du {since} au {until}, supprimé par {by}",
        "Roster: {who}, {part}, from {since} until {until}, removed by {by}",
    ),
}

#: How the station is, as ``GET health`` says it.
HEALTH: Mapping[str, tuple[str, str]] = {
    "ok": ("bon", "good"),
    "degraded": ("dégradé", "degraded"),
    "failed": ("en panne", "failed"),
}
#: What somebody found out about their headset.
SOUND: Mapping[str, tuple[str, str]] = {
    "well": ("son et micro bons", "sound and microphone well"),
    "not_heard": ("son non entendu", "sound not heard"),
    "no_microphone": ("micro non mesuré", "microphone not measured"),
    "too_quiet": ("micro trop faible", "microphone too quiet"),
}
#: What somebody is on the roster for.
PARTS: Mapping[str, tuple[str, str]] = {
    "operator": ("opérateur en poste", "operator at the desk"),
    "technician": ("technicien d'astreinte", "duty technician"),
    "supervisor": ("chef de salle", "supervisor"),
}

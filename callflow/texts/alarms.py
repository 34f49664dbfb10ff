"""What the logbook says of the path of an alarm: {entry kind: (French, English)}.

``{name}`` is taken from the entry's data.
"""

from collections.abc import Mapping

ENTRIES: Mapping[str, tuple[str, str]] = {
    "signal": (
        "Message {code} zone {zone} reçu ({format}) : {label}",
        "Signal {code} zone {zone} received ({format}): {label}",
    ),
    "incident_opened": (
        "Alarme ouverte : {alarm}, priorité {priority}, consigne {plan}",
        "Incident opened: {alarm}, priority {priority}, plan {plan}",
    ),
    "told_by_person": ("Signalé à {by} : {text}", "Told to {by}: {text}"),
    "incident_reopened": (
        "Nouvelle alarme : l'alarme est rouverte, la consigne reprend au début",
        "New alarm: the incident is open again, the plan starts over",
    ),
    "incident_confirmed": (
        "Intrusion confirmée : une deuxième zone a déclenché",
        "Intrusion confirmed: a second zone triggered",
    ),
    "runaway": (
        "Transmetteur {account} emballé : ses messages sont seulement comptés",
        "Panel {account} runs away: its signals are only counted",
    ),
    "storm_grew": ("Sites touchés : {sites}", "Sites affected: {sites}"),
    "in_storm": (
        "Fait partie d'un défaut général : sa consigne attend jusqu'à {until}",
        "Part of a storm: its plan waits until {until}",
    ),
    "storm_left": (
        "Toujours en alarme après le délai du défaut général : sa consigne se déroule",
        "Still in alarm after the storm's delay: its own plan runs",
    ),
    "restored": ("Fin d'alarme zone {zone}", "Zone {zone} restored"),
    "step": ("Étape : {step} ({why})", "Step: {step} ({why})"),
    "call_requested": (
        "Appel demandé : {who} ({to}), tentative {attempt}",
        "Call requested: {who} ({to}), attempt {attempt}",
    ),
    "call_cancelled": ("Appel annulé : {to}", "Call cancelled: {to}"),
    "call_placed": ("Appel émis vers {to}", "Call placed to {to}"),
    "call_incoming": ("Appel reçu de {to} {name}", "Call received from {to} {name}"),
    "call_answered": ("{to} a décroché", "{to} answered"),
    "call_result": ("Réponse de {to} : {result}", "Answer of {to}: {result}"),
    "call_ended": ("Fin de l'appel vers {to} : {outcome}", "Call to {to} ended: {outcome}"),
    "no_number": (
        "{who} n'a pas de numéro : personne n'a été appelé",
        "{who} has no number: nobody was called",
    ),
    "dial_refused": (
        "Numéro refusé ({to}) : {reason}",
        "Number refused ({to}): {reason}",
    ),
    "human": (
        "Remis à un opérateur : {reason} — {text}",
        "Handed to an operator: {reason} — {text}",
    ),
    "bridging": (
        "{who} attend un opérateur en ligne : le poste {to} est appelé",
        "{who} waits on the line for an operator: desk {to} is called",
    ),
    "queue_call": (
        "Alarme non prise après le délai : le poste {to} est appelé",
        "Unclaimed past its target: desk {to} is called",
    ),
    "queue_silent": (
        "Alarme non prise et aucun poste de permanence n'est configuré",
        "Unclaimed past its target, and no desk phone is configured",
    ),
    "queue_stuck": (
        "Alarme non prise : le poste {to} ne peut pas être appelé, la téléphonie est muette",
        "Unclaimed: desk {to} can't be called, telephony is silent",
    ),
    "desk_taken": ("Le poste {to} prend en charge", "Desk {to} takes it"),
    "claimed": ("Prise en charge par {by}", "Taken by {by}"),
    "taken_over": (
        "{by} reprend l'appel en cours avec {to}",
        "{by} takes over the live call with {to}",
    ),
    "released": ("Rendue à la file par {by}", "Released to the queue by {by}"),
    "parked": ("Mise en attente par {by} jusqu'à {until}", "Parked by {by} until {until}"),
    "reminder": ("À rappeler : {note}", "Reminder: {note}"),
    "unparked": ("Fin de la mise en attente. {note}", "No longer parked. {note}"),
    "undone": ("{by} annule son acte : {undone}", "{by} takes back their act: {undone}"),
    "password_right": (
        "Mot de passe de {who} : juste, entendu par {by}",
        "Password of {who}: right, heard by {by}",
    ),
    "password_wrong": (
        "Mot de passe de {who} : faux, entendu par {by}",
        "Password of {who}: wrong, heard by {by}",
    ),
    "password_revealed": (
        "Mot de passe de {who} affiché à {by}. Motif : {reason}",
        "Password of {who} shown to {by}. Reason: {reason}",
    ),
    "transferred": ("Transférée de {by} à {to}", "Transferred from {by} to {to}"),
    "resumed": ("Consigne rendue à l'automate par {by}", "Plan handed back to the machine by {by}"),
    "note": ("{note}", "{note}"),
    "corrected": (
        "Rectificatif de l'écriture du {since} : {note}",
        "Correction of the entry of {since}: {note}",
    ),
    "closed": ("Acquittée, code : {resolution}. {text}", "Handled, code: {resolution}. {text}"),
    "awaiting_normal": (
        "En attente du retour à la normale : {zones}",
        "Awaiting back to normal: {zones}",
    ),
    "awaiting_arming": (
        "En attente de remise en marche, partition {partition} : à l'arrêt depuis {since} {by}",
        "Awaiting that it is armed, partition {partition}: disarmed since {since} {by}",
    ),
    "awaiting_lift": (
        "En attente de la levée de la mesure conservatoire : {note}",
        "Awaiting that the protective measure is lifted: {note}",
    ),
    "awaiting_reference": (
        "En attente de la référence donnée par la police",
        "Awaiting the reference that the police gave",
    ),
    "closing_asked": (
        "Clôture demandée par {by}, code : {resolution}. {text} À valider par une deuxième"
        " personne, l'une des deux étant superviseur. {note}",
        "{by} asks to close it, code: {resolution}. {text} A second person signs it, one of both a"
        " supervisor. {note}",
    ),
    "closing_signed": (
        "Clôture demandée par {who}, validée par {by}. Motif : {reason}",
        "Closing asked for by {who}, signed by {by}. Reason: {reason}",
    ),
    "filed": ("Classée : le site est revenu à la normale", "Filed: the site is back to normal"),
    "filed_by_hand": (
        "Classée par {by}, le site n'étant pas revenu à la normale : {note}",
        "Filed by {by} though the site is not back to normal: {note}",
    ),
    "opened_for_help": (
        "L'alarme est rouverte : quelqu'un demande un opérateur",
        "The incident is open again: somebody needs an operator",
    ),
    "goes_on": ("{by} continue de la traiter", "{by} goes on with it"),
    "came_back": (
        "Sans acte de {by} dans le délai : l'alarme revient dans la file",
        "No act of {by} in time: the incident comes back to the queue",
    ),
    "overdue": (
        "Pas de retour à la normale dans le délai",
        "Not back to normal in time",
    ),
    "recording": (
        "Enregistrement rattaché, {duration} s, SHA-256 {sha256}",
        "Recording attached, {duration} s, SHA-256 {sha256}",
    ),
    "recording_problem": ("Enregistrement : {problem}", "Recording: {problem}"),
    "arrival_awaited": (
        "Ouverture du compte {account} : « bien arrivé » attendu avant {until}",
        'Account {account} opened: "arrived well" is expected by {until}',
    ),
    "arrived": ("« Bien arrivé » : compte {account} {by}", "Arrived well: account {account} {by}"),
    "device_tied": (
        "L’appel de {to} est celui de cette alarme",
        "The call from {to} is about this alarm",
    ),
    "hushed": (
        "Alarme agression sur le site : l’automate ne dit plus rien à {to}, un opérateur prend la"
        " ligne",
        "Personal alarm at the site: the machine says no more to {to}, an operator takes the line",
    ),
    "opening_answer": (
        "Question conventionnelle, réponse : {answer}",
        "Conventional question, answered: {answer}",
    ),
    "personal_path": (
        "Réponse fausse ou absente : traitée comme une agression, rien ne sonne plus sur place",
        "Wrong answer or none: handled as a personal alarm, nothing rings on site any more",
    ),
    "test_set": (
        "En essai par {by} jusqu'à {until}, zones : {zones}. Motif : {reason} {contact}",
        "On test by {by} until {until}, zones: {zones}. Reason: {reason} {contact}",
    ),
    "test_extended": (
        "Essai prolongé par {by} jusqu'à {until}",
        "Test extended by {by} until {until}",
    ),
    "test_ended": (
        "Fin de l'essai ({by}) ; messages encore en alarme, traités à présent : {live}",
        "Test over ({by}); signals still in alarm, handled from now on: {live}",
    ),
    "station": ("{text}", "{text}"),
}

"""What an incident's report says, in French and English."""

from collections.abc import Mapping

from callflow.core.records.reports.lines import Milestone

Words = Mapping[str, tuple[str, str]]

#: An entry of the logbook as a client and a maintenance firm read it, by what they may see of it
#: (``callflow.core.records.reports.widths``).
SENTENCES: Words = {
    "incident_opened": ("Alarme ouverte : {alarm}", "Alarm opened: {alarm}"),
    "incident_confirmed": (
        "Intrusion confirmée : une deuxième zone a déclenché",
        "Intrusion confirmed: a second zone triggered",
    ),
    "incident_reopened": (
        "Nouvelle alarme : l'alarme est rouverte",
        "New alarm: it is open again",
    ),
    "runaway": (
        "Transmetteur emballé : ses messages sont seulement comptés",
        "The panel runs away: its signals are only counted",
    ),
    "technician_accepted": ("{who} accepte l'intervention", "{who} accepts to come"),
    "technician_on_site": ("{who} : technicien sur place", "{who}: the technician is on site"),
    "technician_left": ("{who} : technicien reparti", "{who}: the technician has left"),
    "test_set": (
        "Site en essai jusqu'à {until}, zones : {zones}",
        "Site on test until {until}, zones: {zones}",
    ),
    "test_extended": ("Essai prolongé jusqu'à {until}", "Test extended until {until}"),
    "test_ended": ("Fin de l'essai", "Test over"),
    "closed": ("Alarme clôturée : {resolution}. {text}", "Alarm closed: {resolution}. {text}"),
    "awaiting_normal": (
        "En attente du retour à la normale : {zones}",
        "Awaiting back to normal: {zones}",
    ),
    "awaiting_arming": (
        "En attente de la remise en marche du site",
        "Awaiting that the site is armed again",
    ),
    "overdue": (
        "Pas de retour à la normale dans le délai",
        "Not back to normal in time",
    ),
    "filed": (
        "Dossier classé : le site est revenu à la normale",
        "Filed: the site is back to normal",
    ),
    "filed_by_hand": ("Dossier classé", "Filed"),
    "human": ("Alarme présentée aux opérateurs", "Alarm shown to the operators"),
    "claimed": ("Prise en charge par un opérateur", "Taken by an operator"),
    "desk_taken": ("Prise en charge par un opérateur", "Taken by an operator"),
    "resumed": ("Consigne reprise par l'automate", "The plan goes on by itself"),
    "verification": (
        "Levée de doute : {means}, {finding}. {person} {note}",
        "Verification: {means}, {finding}. {person} {note}",
    ),
    "service_asked": ("Appel des {service}", "Call to the {service}"),
    "service_report": (
        "Réponse des {service} : {answer}, référence {reference}",
        "Answer of the {service}: {answer}, reference {reference}",
    ),
    "counter_order": ("Contre-ordre donné aux {service}", "Counter-order given to the {service}"),
    "guard_by_hand": (
        "Agent d'intervention demandé à {who}",
        "A guard is asked of {who}",
    ),
    "guard_accepted": (
        "{who} accepte l'intervention, attendu avant {until}",
        "{who} accepts the intervention, expected by {until}",
    ),
    "guard_on_site": ("{who} : agent sur place", "{who}: the guard is on site"),
    "guard_report": (
        "Compte rendu de {who} : {outcome} ({where}), {armed}. {note}",
        "Report of {who}: {outcome} ({where}), {armed}. {note}",
    ),
    "guard_left": ("{who} : agent reparti", "{who}: the guard has left"),
    "guard_recalled": ("{who} : intervention annulée", "{who}: intervention called off"),
    "guard_asks_police": (
        "{who} demande les forces de l'ordre",
        "{who} asks for the police",
    ),
    "measure_opened": (
        "Mesure conservatoire jusqu'à {until} : {note}",
        "Protective measure until {until}: {note}",
    ),
    "measure_lifted": ("Mesure conservatoire levée : {note}", "Protective measure lifted: {note}"),
    "measure_report": ("Compte rendu de « {note} » : {text}", "Report of “{note}”: {text}"),
    "measure_extended": (
        "Mesure conservatoire « {note} » jusqu'au {until} : {text}",
        "Protective measure “{note}” until {until}: {text}",
    ),
    "measure_over": (
        "Mesure conservatoire arrivée à son terme : {note}",
        "The time of the protective measure is over: {note}",
    ),
    "reopened": (
        "Alarme rouverte après son classement",
        "Opened again after it was filed",
    ),
    "fault_began": (
        "Défaut établi, zone {zone} : {note}",
        "Fault established, zone {zone}: {note}",
    ),
    "fault_changed": (
        "Défaut zone {zone}, {note}. Cause : {cause}. Mainteneur : {who}. Rendez-vous : {until}",
        "Fault of zone {zone}, {note}. Cause: {cause}. Firm: {who}. Appointment: {until}",
    ),
    "fault_ended": ("Fin du défaut zone {zone}, {note}", "Fault of zone {zone} over, {note}"),
    "message_sent": ("Message remis ({channel})", "Message delivered ({channel})"),
    "arrived": ("« Bien arrivé » reçu", "“Arrived well” received"),
}

#: What is measured.
MILESTONES: Words = {
    Milestone.SHOWN: ("Présentation aux opérateurs", "Shown to the operators"),
    Milestone.CLAIMED: ("Prise en charge", "Taken by an operator"),
    Milestone.FIRST_CALL: ("Premier appel", "First call"),
    Milestone.REACHED: ("Première personne jointe", "First person reached"),
    Milestone.VERIFIED: ("Levée de doute", "Verification"),
    Milestone.SERVICE: ("Service de secours informé", "Emergency service told"),
    Milestone.ON_SITE: ("Arrivée sur place", "On site"),
    Milestone.CLOSED: ("Clôture", "Closed"),
}

#: A contact's part, as it stands beside their name.
ROLES: Words = {
    "premises": ("site", "premises"),
    "keyholder": ("dépositaire", "keyholder"),
    "guard": ("société d'intervention", "guard firm"),
    "device": ("appareil rappelé", "device called back"),
    "maintenance": ("mainteneur", "maintenance firm"),
    "manager": ("responsable d'astreinte", "duty manager"),
    "listen_in": ("écoute du site", "listening in"),
}

STATES: Words = {
    "open": ("en cours de traitement", "being handled"),
    "handled": ("acquittée", "handled"),
    "awaiting_normal": ("en attente du retour à la normale", "awaiting back to normal"),
    "filed": ("classée", "filed"),
}

PRIORITIES: Words = {
    "1": ("vitale", "vital"),
    "2": ("haute", "high"),
    "3": ("moyenne", "medium"),
    "4": ("basse", "low"),
}

MEASURES: Words = {
    "guard_on_site": ("agent sur site", "guard on site"),
    "patrol": ("ronde de surveillance", "surveillance patrol"),
    "keys_moved": ("clés déplacées", "keys moved"),
    "zone_out_of_service": ("zone hors service", "zone out of service"),
    "other": ("autre mesure", "other measure"),
}

#: The page's own words.
LABELS: Words = {
    "title": ("Rapport d’alarme", "Alarm report"),
    "for_client": ("À l’attention du client", "For the client"),
    "for_firm": ("À l’attention du mainteneur", "For the maintenance firm"),
    "for_full": ("Rapport complet – usage interne", "Complete report – internal use"),
    "exercise": (
        "EXERCICE : aucune alarme réelle, aucun service de secours n’a été sollicité.",
        "EXERCISE: no real alarm, no emergency service was asked.",
    ),
    "station": ("Station de télésurveillance", "Monitoring station"),
    "of_station": ("Alarme de la station", "Alarm of the station"),
    "unknown_site": ("Abonné non déclaré", "Undeclared account"),
    "client": ("Client", "Client"),
    "account": ("Abonné", "Account"),
    "reference": ("Référence", "Reference"),
    "priority": ("Priorité", "Priority"),
    "summary": ("En bref", "In short"),
    "received": ("Reçue le", "Received"),
    "closed": ("Clôturée le", "Closed"),
    "state": ("État", "State"),
    "handled_in": ("Durée du traitement", "Handled in"),
    "conclusion": ("Conclusion", "Conclusion"),
    "zones": ("Zones", "Zones"),
    "plan": ("Consigne", "Plan"),
    "figures": ("Délais de traitement", "Response times"),
    "figures_from": (
        "Comptés depuis la réception du premier message.",
        "Counted from the receipt of the first signal.",
    ),
    "figure": ("Étape", "Step"),
    "at": ("Heure", "Time"),
    "after": ("Délai", "After"),
    "target": ("Objectif", "Target"),
    "late": ("dépassé", "missed"),
    "kept": ("tenu", "kept"),
    "timeline": ("Chronologie", "Timeline"),
    "what": ("Événement", "Event"),
    "who": ("Par", "By"),
    "machine": ("Automate", "Machine"),
    "operator": ("Opérateur {}", "Operator {}"),
    "panel": ("Centrale", "Panel"),
    "signal": ("Message reçu : {}", "Signal received: {}"),
    "restored": ("Retour à la normale : {}", "Back to normal: {}"),
    "in_zone": ("{}, zone {}", "{}, zone {}"),
    "call_to": ("Appel à {}", "Call to {}"),
    "call_from": ("Appel reçu de {}", "Call from {}"),
    "call_service": ("Appel d’un service de secours", "Call to an emergency service"),
    "calls_in_vain": (
        "{} appels sans joindre personne ({}), jusqu’à {}",
        "{} calls that reached nobody ({}), until {}",
    ),
    "somebody": ("un correspondant", "somebody"),
    "attempt": ("{}ᵉ essai", "attempt {}"),
    "under_way": ("en cours", "under way"),
    "withdrawn": ("annulé avant l’appel", "withdrawn before it was placed"),
    "calls": ("Appels téléphoniques", "Telephone calls"),
    "person": ("Correspondant", "Person"),
    "number": ("Numéro", "Number"),
    "rang": ("Sonnerie", "Rang"),
    "talked": ("Conversation", "Talked"),
    "outcome": ("Issue", "Outcome"),
    "recording": ("Enregistrement (SHA-256)", "Recording (SHA-256)"),
    "checks": ("Levée de doute", "Verification"),
    "means": ("Moyen", "Means"),
    "finding": ("Résultat", "Result"),
    "weight": ("Preuve", "Evidence"),
    "spoken_to": ("Personne", "Person"),
    "note": ("Observations", "Remarks"),
    "services": ("Services de secours", "Emergency services"),
    "service": ("Service", "Service"),
    "answer": ("Réponse", "Answer"),
    "service_reference": ("Référence donnée", "Reference given"),
    "countermanded": ("contre-ordre", "counter-order"),
    "interventions": ("Interventions sur place", "Interventions on site"),
    "intervener": ("Intervenant", "Who"),
    "asked": ("Demandée", "Asked"),
    "accepted": ("Acceptée", "Accepted"),
    "on_site": ("Sur place", "On site"),
    "left": ("Départ", "Left"),
    "report": ("Compte rendu", "Report"),
    "guard": ("agent d’intervention", "guard"),
    "technician": ("technicien", "technician"),
    "measures": ("Mesures conservatoires", "Protective measures"),
    "measure": ("Mesure", "Measure"),
    "from": ("Début", "From"),
    "until": ("Fin", "Until"),
    "planned": ("(prévue)", "(planned)"),
    "faults": ("Défauts", "Faults"),
    "fault": ("Défaut", "Fault"),
    "cause": ("Cause", "Cause"),
    "appointment": ("Rendez-vous", "Appointment"),
    "over": ("Terminé", "Over"),
    "still_open": ("Reste ouvert", "Still open"),
    "open_what": ("Objet", "What"),
    "since": ("Depuis", "Since"),
    "before": ("Échéance", "Before"),
    "images": ("Images", "Images"),
    "clip": ("Séquence vidéo, non imprimée", "Video clip, not printed"),
    "picture": ("Image de la caméra {}, {}", "Image of the camera {}, {}"),
    "gone": (
        "Image effacée : sa durée de conservation est passée",
        "Image deleted: the time it is kept for is over",
    ),
    "signals": ("Messages de la centrale", "Signals of the panel"),
    "code": ("Code", "Code"),
    "kind": ("Nature", "Kind"),
    "zone": ("Zone", "Zone"),
    "partition": ("Partition", "Partition"),
    "text": ("Texte transmis", "Text sent"),
    "by_path": ("Voie", "Path"),
    "panel_time": ("heure de la centrale", "panel’s time"),
    "encrypted": ("chiffré", "encrypted"),
    "user": ("utilisateur", "user"),
    "more": ("… et {} de plus, non imprimés.", "… and {} more, not printed."),
    "none": ("aucun", "none"),
    "proof": ("Intégrité", "Integrity"),
    "proof_text": (
        "Ce rapport dit l’état du dossier au {at}. Il est tiré de la main courante de la station, "
        "dont les entrées sont chaînées et scellées ; dernière entrée de cette alarme : {head}.",
        "This report says how the file stood on {at}. It is made from the station’s logbook, whose "
        "entries are chained and sealed; last entry of this alarm: {head}.",
    ),
    "as_of": (
        "Ce rapport dit l’état du dossier au {}, d’après la main courante de la station.",
        "This report says how the file stood on {}, after the station’s logbook.",
    ),
    "times": (
        "Les heures sont celles du site ({zone}, {offset}).",
        "Times are the site’s ({zone}, {offset}).",
    ),
    "page": ("page", "page"),
    "yes": ("oui", "yes"),
}

#: What a verification found, where it was no offence that was looked for.
FINDINGS: Words = {
    "confirmed": ("danger confirmé", "danger confirmed"),
    "doubt": ("un doute demeure", "doubt remains"),
    "nothing": ("rien à signaler", "nothing found"),
    "no_answer": ("sans réponse", "no answer"),
}
#: The answer of a service to what was asked of it.
ASKED: Words = {"accepted": ("acceptée", "accepted"), "declined": ("refusée", "declined")}
#: The first numbers in words.
NUMBERS: Words = {
    "2": ("Deux", "Two"),
    "3": ("Trois", "Three"),
    "4": ("Quatre", "Four"),
    "5": ("Cinq", "Five"),
    "6": ("Six", "Six"),
    "7": ("Sept", "Seven"),
    "8": ("Huit", "Eight"),
    "9": ("Neuf", "Nine"),
}

#: The summary's sentences, one after the other as far as they are true.
SUMMARY: Words = {
    "opened": (
        "Le {day} à {time}, la station a reçu une alarme « {alarm} »{zones} du site {site}.",
        "On {day} at {time} the station received a “{alarm}” alarm{zones} from {site}.",
    ),
    "opened_nowhere": (
        "Le {day} à {time}, la station a reçu une alarme « {alarm} »{zones}.",
        "On {day} at {time} the station received a “{alarm}” alarm{zones}.",
    ),
    "zones": (" ({})", " ({})"),
    "confirmed": (
        "Une deuxième zone l’a confirmée.",
        "A second zone confirmed it.",
    ),
    "claimed": (
        "Un opérateur l’a prise en charge en {}.",
        "An operator took it within {}.",
    ),
    "called_one": ("Un appel a été passé", "One call was made"),
    "called": ("{} appels ont été passés", "{} calls were made"),
    "reached_none": (", sans joindre personne.", ", nobody was reached."),
    "reached_all": (", et a abouti.", ", and was answered."),
    "reached_one": (", un a abouti.", ", one was answered."),
    "reached": (", {} ont abouti.", ", {} were answered."),
    "verified": ("Levée de doute par {means} : {finding}.", "Verified by {means}: {finding}."),
    "service": (
        "Demande d’intervention transmise aux {service} à {time} : {answer}.",
        "The {service} was asked to come at {time}: {answer}.",
    ),
    "guard": ("{who} est arrivé sur place à {time}.", "{who} arrived on site at {time}."),
    "guard_outcome": (
        "{who} est arrivé sur place à {time} : {outcome}.",
        "{who} arrived on site at {time}: {outcome}.",
    ),
    "measure": (
        "Mesure conservatoire : {what} jusqu’au {until}.",
        "Protective measure: {what} until {until}.",
    ),
    "closed": (
        "L’alarme a été clôturée à {time} : {resolution}.",
        "The alarm was closed at {time}: {resolution}.",
    ),
    "closed_later": (
        "L’alarme a été clôturée le {day} à {time} : {resolution}.",
        "The alarm was closed on {day} at {time}: {resolution}.",
    ),
    "closed_untold": (
        "L’alarme a été clôturée le {day} à {time}.",
        "The alarm was closed on {day} at {time}.",
    ),
    "open": (
        "Elle est en cours de traitement à la date de ce rapport.",
        "It is being handled as this report is made.",
    ),
}

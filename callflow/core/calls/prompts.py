"""What is said on the phone, in French and English, and how names, numbers and times are spoken.

Pure. ``spoken(key, values, language)`` gives the sentence for the voice. Whatever comes from
outside (site and zone names, panel text, caller names) goes through ``harmless`` first: the voice
gets words only, no markup of its own, no control characters, nothing endless.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from string import Formatter

from callflow.core.interventions.law import Service
from callflow.core.signals.signal import Kind

LANGUAGES = ("fr", "en")
#: Longest text from outside that is spoken: about twelve seconds.
LONGEST = 160
#: Places in the queue that may be recorded, each as a whole sentence.
_PLACES = range(2, 21)

TEXTS: Mapping[str, Mapping[str, str]] = {
    # --- what somebody said after the tone: it is played, and words only where nothing sounds ---
    "voice": {"fr": "Vos mots, {voice}.", "en": "Your words, {voice}."},
    # --- verification ---
    "greeting": {
        "fr": "Bonjour, ici la télésurveillance {station}.",
        "en": "Hello, this is the monitoring station {station}.",
    },
    "exercise": {
        "fr": "Ceci est un exercice.",
        "en": "This is an exercise.",
    },
    "recognition": {
        "fr": "Mot de reconnaissance : {word}.",
        "en": "Recognition word: {word}.",
    },
    "ask_code": {
        "fr": "Tapez votre code, puis dièse. "
        "Sans code, tapez 2 pour de l'aide, 0 pour un opérateur.",
        "en": "Please type your code, then hash. "
        "Without a code, press 2 for help, 0 for an operator.",
    },
    "ask_code_again": {
        "fr": "Votre code, puis dièse, ou 0 pour un opérateur.",
        "en": "Your code, then hash, or 0 for an operator.",
    },
    "code_ok": {"fr": "Merci, code reconnu.", "en": "Thank you, code accepted."},
    "code_wrong": {
        "fr": "Ce code n'est pas reconnu.",
        "en": "This code was not recognised.",
    },
    "code_wrong_last": {
        "fr": "Ce code n'est pas reconnu non plus.",
        "en": "This code was not recognised either.",
    },
    "situation": {"fr": "{kind}.", "en": "{kind}."},
    "site": {"fr": "{site}.", "en": "{site}."},
    "address": {"fr": "{address}.", "en": "{address}."},
    "zone": {"fr": "Zone {zone}.", "en": "Zone {zone}."},
    "zone_named": {"fr": "Zone {zone}, {name}.", "en": "Zone {zone}, {name}."},
    "at": {"fr": "À {at}.", "en": "At {at}."},
    "others": {
        "fr": "Cet appel vaut aussi pour {count} de plus.",
        "en": "This call is also about {count} more.",
    },
    "offer_false_alarm": {
        "fr": "Fausse alarme, tapez 1.",
        "en": "For a false alarm, press 1.",
    },
    "offer_help": {"fr": "Pour demander de l'aide, tapez 2.", "en": "To ask for help, press 2."},
    "offer_going": {"fr": "Si vous y allez, tapez 3.", "en": "If you are going there, press 3."},
    "offer_send_guard": {
        "fr": "Pour envoyer l'agent, tapez 4.",
        "en": "For us to send the guard, press 4.",
    },
    "offer_next_person": {
        "fr": "Pour appeler la personne suivante, tapez 5.",
        "en": "For us to call the next person, press 5.",
    },
    "offer_known_cause": {"fr": "Cause connue, tapez 6.", "en": "For a known cause, press 6."},
    "offer_call_back": {
        "fr": "Pour être rappelé dans dix minutes, tapez 7.",
        "en": "To be called again in ten minutes, press 7.",
    },
    "offer_operator": {"fr": "Un opérateur, tapez 0.", "en": "For an operator, press 0."},
    "key_false_alarm": {
        "fr": "Vous avez tapé 1, fausse alarme. C'est noté.",
        "en": "You pressed 1, false alarm. This is noted.",
    },
    "key_no_authority": {
        "fr": "Vous avez tapé 1, fausse alarme. Vous n'avez pas l'autorité pour annuler cette"
        " alarme : elle reste en cours, et nous continuons à la vérifier.",
        "en": "You pressed 1, false alarm. You have not the authority to cancel this alarm: it goes"
        " on, and we go on checking it.",
    },
    "key_help": {
        "fr": "Vous avez demandé de l'aide.",
        "en": "You asked for help.",
    },
    "key_going": {
        "fr": "Vous avez tapé 3, vous y allez. C'est noté.",
        "en": "You pressed 3, you are going there. This is noted.",
    },
    "key_send_guard": {
        "fr": "Vous avez tapé 4, envoi de l'agent. C'est noté.",
        "en": "You pressed 4, send the guard. This is noted.",
    },
    "key_next_person": {
        "fr": "Vous avez tapé 5. Nous appelons la personne suivante.",
        "en": "You pressed 5. We are calling the next person.",
    },
    "key_known_cause": {
        "fr": "Vous avez tapé 6, cause connue. C'est noté.",
        "en": "You pressed 6, known cause. This is noted.",
    },
    "key_call_back": {
        "fr": "Vous avez tapé 7. Rappel dans dix minutes, sauf si tout est réglé avant.",
        "en": "You pressed 7. You get another call in ten minutes, unless it is settled before.",
    },
    "key_operator": {
        "fr": "Vous avez demandé un opérateur.",
        "en": "You asked for an operator.",
    },
    "bad_key": {
        "fr": "Cette touche n'est pas proposée.",
        "en": "This key is not available.",
    },
    "nothing_heard": {
        "fr": "Nous n'avons rien reçu.",
        "en": "We did not receive anything.",
    },
    "silent_person": {
        "fr": "Nous n'avons pas compris votre réponse.",
        "en": "We did not understand your answer.",
    },
    "nobody": {
        "fr": "Nous n'avons reçu aucune réponse.",
        "en": "We did not receive any answer.",
    },
    # --- what a plan asks or tells ---
    "plan_text": {"fr": "{text}.", "en": "{text}."},
    "offer_answer": {"fr": "{answer}, tapez {key}.", "en": "{answer}, press {key}."},
    "offer_acknowledge": {
        "fr": "Pour confirmer le message, tapez 1.",
        "en": "To acknowledge the message, press 1.",
    },
    "offer_accept": {
        "fr": "Si vous acceptez l'intervention, tapez 1.",
        "en": "To accept the intervention, press 1.",
    },
    "offer_decline": {"fr": "Si vous refusez, tapez 2.", "en": "If you have to decline, press 2."},
    "answer_noted": {"fr": "Votre réponse est notée.", "en": "Your answer is noted."},
    "message_noted": {
        "fr": "Votre confirmation du message est enregistrée.",
        "en": "Your confirmation of the message is recorded.",
    },
    "guard_accepted": {
        "fr": "Merci, votre agent est attendu sur place.",
        "en": "Thank you, your guard is expected on site.",
    },
    "guard_declined": {
        "fr": "Entendu, une autre société sera appelée.",
        "en": "Understood, another firm will be called.",
    },
    # --- desk ---
    "desk_work": {
        "fr": "Callflow : {count} en attente. La plus urgente : {kind}, {site}.",
        "en": "Callflow: {count} waiting. The most urgent one: {kind}, {site}.",
    },
    "desk_person": {
        "fr": "Callflow : une personne attend au téléphone. {kind}, {site}.",
        "en": "Callflow: a person is waiting on the phone. {kind}, {site}.",
    },
    "desk_call_backs": {
        "fr": "Callflow : appels manqués à rappeler : {callers}.",
        "en": "Callflow: missed calls to return: {callers}.",
    },
    "desk_service": {
        "fr": "Callflow : vous avez demandé {service}, pour {site}.",
        "en": "Callflow: you asked for the {service}, for {site}.",
    },
    "offer_dial": {
        "fr": "Pour que ce service soit appelé, tapez 1.",
        "en": "To have that service called, press 1.",
    },
    "offer_take": {"fr": "Pour vous en charger, tapez 1.", "en": "To take charge of it, press 1."},
    "offer_connect": {"fr": "Pour lui parler, tapez 1.", "en": "To talk to them, press 1."},
    "ask_peer_code": {
        "fr": "Tapez le code convenu entre nos deux stations, puis dièse.",
        "en": "Please type the code agreed between our two stations, then hash.",
    },
    "peer_calls": {
        "fr": "À appeler : {name}, {number}.",
        "en": "To be called: {name}, {number}.",
    },
    "desk_taken": {"fr": "Vous avez tapé 1, je prends.", "en": "You pressed 1, taken."},
    "desk_not_taken": {
        "fr": "Non prise. Nous appelons la suite.",
        "en": "Not taken. We are calling others.",
    },
    # --- incoming ---
    "welcome": {
        "fr": "Bonjour, télésurveillance {station}.",
        "en": "Hello, monitoring station {station}.",
    },
    "known_fault": {
        "fr": "Un défaut général est connu de nos services, nous y travaillons.",
        "en": "A widespread fault is known to us, and we are working on it.",
    },
    # --- the menu: who is it? ---
    "ask_account": {
        "fr": "Tapez votre numéro d'abonné, puis dièse. "
        "Pour de l'aide, tapez 2, pour un opérateur, 0.",
        "en": "Please type your account number, then hash. For help, press 2, for an operator, 0.",
    },
    "ask_account_again": {
        "fr": "Votre numéro d'abonné, puis dièse, ou 0 pour un opérateur.",
        "en": "Your account number, then hash, or 0 for an operator.",
    },
    "codes_locked": {
        "fr": "Pour votre sécurité, les codes ne sont pas acceptés en ce moment.",
        "en": "For your safety, codes are not accepted at the moment.",
    },
    # --- the menu of a client ---
    "menu_cancel": {
        "fr": "Pour annuler l'alarme en cours, tapez 1.",
        "en": "To cancel the alarm in progress, press 1.",
    },
    "menu_other": {"fr": "Pour autre chose, tapez 9.", "en": "For something else, press 9."},
    "menu_state": {
        "fr": "État du site et derniers événements, tapez 3.",
        "en": "For the state of the site and its last events, press 3.",
    },
    "menu_test": {"fr": "Mise en essai, tapez 4.", "en": "To put it on test, press 4."},
    "menu_end_test": {"fr": "Fin de l'essai, tapez 4.", "en": "To end the test, press 4."},
    "menu_late": {
        "fr": "Fermeture tardive ce soir, tapez 5.",
        "en": "To close late tonight, press 5.",
    },
    "menu_new_code": {
        "fr": "Pour changer votre code, tapez 7.",
        "en": "To change your code, press 7.",
    },
    "menu_call_list": {"fr": "Votre liste d'appel, tapez 8.", "en": "For your call list, press 8."},
    "cancel_why": {
        "fr": "Quelle est la cause de cette alarme ?",
        "en": "What is the cause of this alarm?",
    },
    "cancel_error": {
        "fr": "Erreur de manipulation, tapez 1.",
        "en": "For an operating error, press 1.",
    },
    "cancel_works": {
        "fr": "Travaux ou entretien, tapez 2.",
        "en": "For works or maintenance, press 2.",
    },
    "cancel_known": {
        "fr": "Une autre cause connue, tapez 3.",
        "en": "For another known cause, press 3.",
    },
    "cancel_done": {
        "fr": "L'alarme en cours est annulée, c'est enregistré.",
        "en": "The alarm in progress is cancelled, this is recorded.",
    },
    "cancel_nothing": {
        "fr": "Aucune alarme n'est en cours sur ce site.",
        "en": "There is no alarm in progress at this site.",
    },
    "cancel_to_human": {
        "fr": "C'est noté. Cette alarme ne s'annule pas par téléphone, un opérateur va vérifier.",
        "en": "This is noted. This alarm can't be cancelled by phone, an operator will check.",
    },
    "state_armed": {"fr": "Le site est en service.", "en": "The site is armed."},
    "state_disarmed": {"fr": "Le site est hors service.", "en": "The site is disarmed."},
    "state_partly": {
        "fr": "Le site est en service en partie.",
        "en": "The site is armed in part.",
    },
    "state_unknown": {
        "fr": "L'état de mise en service n'est pas connu.",
        "en": "Whether it is armed is not known.",
    },
    "state_alarm": {"fr": "En cours : {kind}.", "en": "In progress: {kind}."},
    "state_test": {"fr": "En essai jusqu'à {at}.", "en": "On test until {at}."},
    "state_events": {"fr": "Derniers événements.", "en": "Last events."},
    "state_no_events": {"fr": "Aucun événement récent.", "en": "No recent event."},
    "state_event": {"fr": "{day}, {at}, {kind}.", "en": "{day}, {at}, {kind}."},
    "test_which": {"fr": "Que met-on en essai ?", "en": "What is put on test?"},
    "test_whole": {
        "fr": "Le site dans son ensemble, tapez 1.",
        "en": "For the site as a whole, press 1.",
    },
    "test_one_zone": {"fr": "Une seule zone, tapez 2.", "en": "For one zone only, press 2."},
    "ask_zone": {
        "fr": "Tapez le numéro de la zone, puis dièse.",
        "en": "Please type the zone's number, then hash.",
    },
    "ask_hours": {
        "fr": "Pour combien d'heures ? Tapez de 1 à 4.",
        "en": "For how many hours? Press 1 to 4.",
    },
    "test_set": {
        "fr": "C'est enregistré : le site est en essai jusqu'à {at}.",
        "en": "This is recorded: the site is on test until {at}.",
    },
    "test_zone_set": {
        "fr": "C'est enregistré : la zone {zone} est en essai jusqu'à {at}.",
        "en": "This is recorded: zone {zone} is on test until {at}.",
    },
    "test_in_alarm": {
        "fr": "Un site en alarme ne se met pas en essai par téléphone.",
        "en": "A site in alarm can't be put on test by phone.",
    },
    "test_ended": {
        "fr": "L'essai est terminé, les alarmes sont de nouveau traitées.",
        "en": "The test is over, alarms are handled again.",
    },
    "no_such_zone": {"fr": "Ce site n'a pas cette zone.", "en": "This site has no such zone."},
    "not_allowed": {
        "fr": "Vous n'êtes pas autorisé à demander cela.",
        "en": "You are not authorised to ask for this.",
    },
    "not_possible": {
        "fr": "Cela n'est pas possible par téléphone.",
        "en": "This is not possible by phone.",
    },
    "ask_closing_time": {
        "fr": "À quelle heure fermez-vous ? Tapez quatre chiffres : deux pour l'heure, deux pour "
        "les minutes.",
        "en": "At what time do you close? Type four digits: two for the hour, two for the minutes.",
    },
    "late_set": {
        "fr": "C'est enregistré : la fermeture est attendue à {at}.",
        "en": "This is recorded: closing is expected at {at}.",
    },
    # --- a provisional instruction ---
    "menu_instruct": {
        "fr": "Consigne provisoire, tapez 6.",
        "en": "For a provisional instruction, press 6.",
    },
    "instruct_absent": {
        "fr": "Pour signaler que vous serez injoignable, tapez 1.",
        "en": "To tell us that you can't be reached, press 1.",
    },
    "instruct_number": {
        "fr": "Pour être joint à un autre numéro, tapez 2.",
        "en": "To be reached at another number, press 2.",
    },
    "instruct_note": {
        "fr": "Pour dicter toute autre demande, tapez 3.",
        "en": "To dictate any other request, press 3.",
    },
    "ask_other_number": {
        "fr": "Tapez le numéro où vous joindre, puis dièse.",
        "en": "Please type the number where you can be reached, then hash.",
    },
    "bad_number": {
        "fr": "Ce numéro ne peut pas servir.",
        "en": "That number can't be used.",
    },
    "number_typed": {"fr": "Vous avez tapé : {number}.", "en": "You typed: {number}."},
    "number_right": {
        "fr": "Si ce numéro est exact, tapez 1.",
        "en": "If that number is right, press 1.",
    },
    "number_again": {
        "fr": "Pour corriger ce numéro, tapez 2.",
        "en": "To correct that number, press 2.",
    },
    "from_now": {
        "fr": "Si elle commence tout de suite, tapez 1.",
        "en": "If it begins immediately, press 1.",
    },
    "from_later": {
        "fr": "Si elle commence plus tard, tapez 2.",
        "en": "If it begins later, press 2.",
    },
    "ask_first_day": {
        "fr": "Date du début : deux chiffres pour le jour, deux pour le mois.",
        "en": "Date of the beginning: two digits for the day, two for the month.",
    },
    "ask_first_hour": {
        "fr": "Heure du début, en quatre chiffres, minutes comprises.",
        "en": "Hour of the beginning, in four digits, minutes included.",
    },
    "ask_last_day": {
        "fr": "Jusqu'à quelle date ? Tapez le jour sur deux chiffres, puis le mois.",
        "en": "Until which date? Type the day with two digits, then the month.",
    },
    "ask_last_hour": {
        "fr": "Et jusqu'à quelle heure de ce jour-là ? Quatre chiffres.",
        "en": "And until what time that day? Four digits.",
    },
    "bad_moment": {
        "fr": "Il n'existe pas de telle date ou de telle heure.",
        "en": "There is no such date or hour.",
    },
    "moment_past": {
        "fr": "Ce moment appartient déjà au passé.",
        "en": "That moment lies in the past already.",
    },
    "moment_order": {
        "fr": "La fin doit venir après le début.",
        "en": "The end must come after the beginning.",
    },
    "moment_far": {
        "fr": "Une consigne provisoire dure trente et un jours au plus.",
        "en": "A provisional instruction lasts for thirty-one days at most.",
    },
    "ask_speak": {
        "fr": "Dites votre demande après le signal sonore, puis tapez dièse.",
        "en": "Say your request after the tone, then press hash.",
    },
    "you_said": {"fr": "Voici ce que nous avons entendu.", "en": "Here is what we heard."},
    "absent_between": {
        "fr": "Vous ne serez pas appelé, du {day} à {at}, jusqu'au {last_day} à {last_at}.",
        "en": "You will not be called from {day} at {at} until {last_day} at {last_at}.",
    },
    "number_between": {
        "fr": "Vous serez appelé au {number}, du {day} à {at}, jusqu'au {last_day} à {last_at}.",
        "en": "You will be called at {number} from {day} at {at} until {last_day} at {last_at}.",
    },
    "note_between": {
        "fr": "Cela vaudrait du {day} à {at}, jusqu'au {last_day} à {last_at}.",
        "en": "This would hold from {day} at {at} until {last_day} at {last_at}.",
    },
    "confirm_it": {
        "fr": "Pour valider votre consigne, tapez 1.",
        "en": "To confirm your instruction, press 1.",
    },
    "say_again": {"fr": "Pour dicter à nouveau, tapez 2.", "en": "To dictate it again, press 2."},
    "dates_again": {
        "fr": "Si les dates sont à refaire, tapez 2.",
        "en": "To correct the dates that you typed, press 2.",
    },
    "instruct_done": {
        "fr": "Votre consigne provisoire est en place.",
        "en": "Your provisional instruction is in place.",
    },
    "instruct_waits": {
        "fr": "Nous avons reçu votre consigne. Elle ne comptera qu'une fois contresignée par la "
        "station.",
        "en": "We received your instruction. It will only count once the station countersigned it.",
    },
    "bad_time": {
        "fr": "Cette heure n'est pas acceptée.",
        "en": "This time is not accepted.",
    },
    "ask_new_code": {
        "fr": "Tapez votre nouveau code, de 4 à 8 chiffres, puis dièse.",
        "en": "Please type your new code, 4 to 8 digits, then hash.",
    },
    "ask_new_code_again": {
        "fr": "Tapez ce nouveau code encore une fois, puis dièse.",
        "en": "Please type this new code once more, then hash.",
    },
    "code_changed": {"fr": "Votre code est changé.", "en": "Your code is changed."},
    "code_differs": {
        "fr": "Les deux saisies diffèrent, votre code reste le même.",
        "en": "The two differ, your code stays as it is.",
    },
    "bad_code": {
        "fr": "Ce code ne peut pas être choisi, le vôtre reste le même.",
        "en": "This code can't be chosen, yours stays as it is.",
    },
    "call_list_person": {"fr": "Numéro {rank}, {name}.", "en": "Number {rank}, {name}."},
    "call_list_empty": {
        "fr": "Personne n'est sur votre liste d'appel.",
        "en": "Nobody is on your call list.",
    },
    "menu_guard_stays": {
        "fr": "Pour faire rester l'agent qui est chez vous, tapez 6.",
        "en": "To have the guard who is at your place stay, press 6.",
    },
    "ask_stay_hours": {
        "fr": "Combien d'heures doit-il garder les lieux ? Tapez de 1 à 9."
        " Ces heures sont facturées.",
        "en": "How many hours is the guard to stay? Press 1 to 9. These hours are charged for.",
    },
    "guard_kept": {
        "fr": "L'agent garde les lieux jusqu'à {at}.",
        "en": "The guard keeps the premises until {at}.",
    },
    # --- the menus of technicians and guards ---
    "ask_site": {
        "fr": "De quel site s'agit-il ? Tapez son numéro de transmetteur, puis dièse.",
        "en": "Which site is it about? Type the number of its transmitter, then hash.",
    },
    "site_not_yours": {
        "fr": "Votre société n'intervient pas sur ce transmetteur.",
        "en": "Your firm does not look after this transmitter.",
    },
    "menu_station": {
        "fr": "Pour réécouter l'état de la station, tapez 1.",
        "en": "To hear the station again, press 1.",
    },
    "menu_station_here": {
        "fr": "État de la station, tapez 8.",
        "en": "For the state of the station, press 8.",
    },
    "menu_a_site": {
        "fr": "Pour un site de votre société, tapez 9.",
        "en": "For a site of yours, press 9.",
    },
    "station_well": {
        "fr": "Tout est en ordre à la station.",
        "en": "All is well at the station.",
    },
    "organ_ill": {"fr": "{organ} : {why}.", "en": "{organ}: {why}."},
    "organ_ill_for": {
        "fr": "{organ} : {why}, depuis {lasting}.",
        "en": "{organ}: {why}, for {lasting}.",
    },
    "organs_more": {"fr": "Et {more} autres.", "en": "And {more} others."},
    "menu_another_site": {
        "fr": "Pour changer de site, tapez 9.",
        "en": "For another site, press 9.",
    },
    "menu_accept_visit": {
        "fr": "Si vous acceptez cette intervention technique, tapez 1.",
        "en": "To accept this technical visit, press 1.",
    },
    "menu_accept_guard": {
        "fr": "Si vous partez pour cette mission, tapez 1.",
        "en": "If you leave for this mission, press 1.",
    },
    "menu_on_site": {
        "fr": "Si vous êtes arrivé sur place, tapez 1.",
        "en": "If you have arrived on site, press 1.",
    },
    "menu_leave": {
        "fr": "Si vous quittez les lieux, tapez 1.",
        "en": "If you are leaving the premises, press 1.",
    },
    "menu_report": {
        "fr": "Pour donner votre compte rendu, tapez 1.",
        "en": "To give your report, press 1.",
    },
    "menu_refuse": {
        "fr": "Si vous refusez la mission, tapez 3.",
        "en": "To refuse the mission, press 3.",
    },
    "menu_round": {
        "fr": "Si votre ronde est faite et que tout est calme, tapez 4.",
        "en": "If you have made your round and all is quiet, press 4.",
    },
    "round_noted": {
        "fr": "Votre passage est inscrit.",
        "en": "Your round is written down.",
    },
    "menu_keys_taken": {
        "fr": "Si vous emportez un jeu de clés, tapez 5.",
        "en": "If you take a set of keys with you, press 5.",
    },
    "menu_keys_back": {
        "fr": "Pour rendre les clés de ce site, tapez 5.",
        "en": "To give back the keys of this site, press 5.",
    },
    "keys_noted": {
        "fr": "Ces clés sont sous votre garde, rapportez-les dès que possible.",
        "en": "These keys are in your care, bring them back as soon as you can.",
    },
    "keys_returned": {
        "fr": "Le retour des clés est inscrit.",
        "en": "The return of the keys is written down.",
    },
    "menu_comment": {
        "fr": "Pour ajouter un commentaire parlé, tapez 6.",
        "en": "To add a spoken comment, press 6.",
    },
    "say_comment": {
        "fr": "Dites ce que vous avez vu et fait, puis tapez dièse.",
        "en": "Say what you saw and did, then press hash.",
    },
    "comment_kept": {
        "fr": "Vos paroles sont conservées dans la main courante.",
        "en": "Your words are kept in the logbook.",
    },
    "menu_police": {
        "fr": "S'il faut les forces de l'ordre, tapez 7.",
        "en": "If the police are needed, press 7.",
    },
    "menu_walk": {
        "fr": "Pour essayer les détecteurs un par un, tapez 4.",
        "en": "To walk test the detectors, press 4.",
    },
    "menu_walk_on": {
        "fr": "Pour écouter l'essai qui est en cours, tapez 4.",
        "en": "To listen to the test that is running, press 4.",
    },
    "menu_fault": {"fr": "Zones en défaut, tapez 5.", "en": "For zones at fault, press 5."},
    "menu_fault_open": {
        "fr": "Si une zone est hors d'usage, tapez 1.",
        "en": "If a zone is out of order, press 1.",
    },
    "menu_fault_close": {
        "fr": "Si une zone est réparée, tapez 2.",
        "en": "If a zone is repaired, press 2.",
    },
    "menu_walk_end": {
        "fr": "Quand le test de passage est fini, tapez 1.",
        "en": "When the walk test is finished, press 1.",
    },
    "walk_listening": {
        "fr": "Déclenchez vos détecteurs, chaque message reçu est annoncé.",
        "en": "Trip your detectors, each signal that comes is announced.",
    },
    "walk_signal": {"fr": "Reçu : {kind}.", "en": "Received: {kind}."},
    "walk_idle": {
        "fr": "Plus rien n'est arrivé depuis dix minutes.",
        "en": "Nothing more has come for ten minutes.",
    },
    "walk_over": {
        "fr": "La durée prévue est écoulée, ce site n'est plus en essai.",
        "en": "The time agreed has passed, this site is no longer on test.",
    },
    "walk_count": {"fr": "Messages reçus : {count}.", "en": "Signals received: {count}."},
    "walk_unheard": {
        "fr": "Zones qui n'ont rien envoyé : {count}.",
        "en": "Zones that sent nothing: {count}.",
    },
    "walk_mailed": {
        "fr": "Le détail vous parvient par courrier électronique.",
        "en": "You will get the details by electronic mail.",
    },
    "walk_unsent": {
        "fr": "Sans adresse électronique connue, demandez le détail à un opérateur.",
        "en": "We know no mail address of yours, ask an operator for the details.",
    },
    "ask_days": {
        "fr": "Pendant combien de jours au plus ? Tapez de 1 à 9.",
        "en": "For how many days at most? Press 1 to 9.",
    },
    "fault_opened": {
        "fr": "C'est enregistré : la zone {zone} est déclarée en défaut.",
        "en": "This is recorded: zone {zone} is declared at fault.",
    },
    "fault_closed": {
        "fr": "C'est enregistré : la zone {zone} n'est plus en défaut.",
        "en": "This is recorded: zone {zone} is at fault no more.",
    },
    "zone_not_at_fault": {
        "fr": "Aucun défaut n'est déclaré pour elle.",
        "en": "No fault is declared for that one.",
    },
    "all_well": {
        "fr": "Ceci est un contrôle pour votre sécurité.",
        "en": "This is a check for your own safety.",
    },
    "offer_well": {
        "fr": "Si vous allez bien, tapez 1.",
        "en": "If you are well, press 1.",
    },
    "visit_accepted": {
        "fr": "Merci d'intervenir, prévenez-nous à votre arrivée.",
        "en": "Thank you for coming, tell us when you arrive.",
    },
    "visit_on_site": {
        "fr": "Votre présence sur place est notée.",
        "en": "Your presence on site is noted.",
    },
    "visit_left": {"fr": "Votre départ est noté.", "en": "Your departure is noted."},
    "moot": {
        "fr": "Cette mission n'est plus d'actualité.",
        "en": "This mission is no longer wanted.",
    },
    "police_asked": {
        "fr": "Votre demande de renfort part à l'instant.",
        "en": "Your request for support goes out right now.",
    },
    "report_where": {
        "fr": "Quels lieux avez-vous contrôlés ?",
        "en": "Which places have you checked?",
    },
    "report_inside": {"fr": "À l'intérieur seulement, tapez 1.", "en": "For inside only, press 1."},
    "report_outside": {
        "fr": "Tout le tour du bâtiment, tapez 2.",
        "en": "For all the way round the building, press 2.",
    },
    "report_both": {"fr": "Les deux ensemble, tapez 3.", "en": "For both of them, press 3."},
    "report_clear": {
        "fr": "Si rien d'anormal n'est constaté, tapez 1.",
        "en": "If nothing unusual was found, press 1.",
    },
    "report_found": {
        "fr": "S'il y a des traces d'effraction, tapez 2.",
        "en": "If there are traces of a break-in, press 2.",
    },
    "report_rearmed": {
        "fr": "Si l'alarme est remise en marche, tapez 1.",
        "en": "If the alarm system is armed again, press 1.",
    },
    "report_not_rearmed": {
        "fr": "Si elle reste à l'arrêt, tapez 2.",
        "en": "If it stays disarmed, press 2.",
    },
    "report_kept": {
        "fr": "Votre compte rendu est transmis.",
        "en": "Your report has been passed on.",
    },
    # --- while somebody waits ---
    "position": {
        "fr": "Vous êtes numéro {position} dans la file d'attente. Merci de patienter.",
        "en": "You are number {position} in the queue. Thank you for waiting.",
    },
    "position_next": {
        "fr": "C'est bientôt à vous. Restez en ligne, nous arrivons.",
        "en": "It is your turn next. Please stay with us.",
    },
    # Somebody in a lift, a lone worker: they are no number in a queue.
    "not_alone": {
        "fr": "Restez en ligne, nous savons où vous êtes. Une personne va vous parler.",
        "en": "Stay on the line, we know where you are. A person will talk to you.",
    },
    # --- everywhere ---
    "goodbye": {
        "fr": "Nous vous remercions, au revoir.",
        "en": "Thank you for your call, goodbye.",
    },
    "hold_the_line": {
        "fr": "Ne raccrochez pas, un opérateur va vous répondre.",
        "en": "Please hold the line, an operator will answer you.",
    },
    "connecting": {"fr": "Vous êtes en ligne.", "en": "You are connected."},
    "pardon": {"fr": "Pardon pour cette coupure.", "en": "Pardon me, we go on."},
    "one_moment": {"fr": "Un instant, s'il vous plaît.", "en": "One moment, please."},
}

SERVICES: Mapping[Service, Mapping[str, str]] = {
    Service.POLICE: {"fr": "les forces de l'ordre", "en": "police"},
    Service.FIRE: {"fr": "les sapeurs-pompiers", "en": "fire service"},
    Service.MEDICAL: {"fr": "les secours médicaux", "en": "medical service"},
}

KINDS: Mapping[Kind, Mapping[str, str]] = {
    Kind.INTRUSION: {"fr": "alarme intrusion", "en": "intrusion alarm"},
    Kind.HOLD_UP: {"fr": "alarme agression", "en": "hold-up alarm"},
    Kind.PANIC: {"fr": "alarme panique", "en": "panic alarm"},
    Kind.DURESS: {"fr": "alarme sous contrainte", "en": "duress alarm"},
    Kind.FIRE: {"fr": "alarme incendie", "en": "fire alarm"},
    Kind.MEDICAL: {"fr": "alarme médicale", "en": "medical alarm"},
    Kind.GAS: {"fr": "alarme gaz", "en": "gas alarm"},
    Kind.FLOOD: {"fr": "alarme inondation", "en": "flood alarm"},
    Kind.LIFT: {"fr": "appel d'ascenseur", "en": "lift call"},
    Kind.TAMPER: {"fr": "alarme autoprotection", "en": "tamper alarm"},
    Kind.TECHNICAL: {"fr": "alarme technique", "en": "technical alarm"},
    Kind.POWER: {"fr": "défaut secteur", "en": "mains failure"},
    Kind.BATTERY: {"fr": "défaut batterie", "en": "battery failure"},
    Kind.LINE: {"fr": "défaut de transmission", "en": "transmission failure"},
    Kind.TEST: {"fr": "test de transmission", "en": "transmission test"},
    Kind.OPENING: {"fr": "mise hors service", "en": "disarming"},
    Kind.CLOSING: {"fr": "mise en service", "en": "arming"},
    Kind.BYPASS: {"fr": "zone inhibée", "en": "bypassed zone"},
    Kind.CANCEL: {"fr": "annulation", "en": "cancellation"},
    Kind.RESTORE: {"fr": "fin d'alarme", "en": "restore"},
    Kind.UNENCRYPTED: {"fr": "transmission non chiffrée", "en": "unencrypted transmission"},
    Kind.UNPROVED: {"fr": "transmission non authentifiée", "en": "unproven transmission"},
    Kind.MISSING_POLL: {"fr": "transmetteur muet", "en": "silent panel"},
    Kind.MISSING_TEST: {"fr": "test non reçu", "en": "missing test"},
    Kind.PATHS_LOST: {"fr": "perte des transmissions", "en": "loss of all transmission"},
    Kind.LATE_TO_CLOSE: {"fr": "absence de mise en service", "en": "late arming"},
    Kind.OFF_HOURS: {"fr": "mise hors service hors horaires", "en": "off-hours disarming"},
    Kind.PANEL_USER: {"fr": "utilisateur non autorisé", "en": "unauthorised user"},
    Kind.BANK_OPENING: {"fr": "ouverture d'agence", "en": "bank opening"},
    Kind.MISMATCH: {"fr": "transmission inattendue", "en": "unexpected transmission"},
    Kind.ON_TEST: {"fr": "fin d'essai", "en": "end of test"},
    Kind.TERMINATED: {"fr": "message d'un contrat résilié", "en": "message of an ended contract"},
    Kind.RUNAWAY: {"fr": "transmetteur emballé", "en": "runaway panel"},
    Kind.SWINGER: {"fr": "déclenchements répétés", "en": "repeated triggers"},
    Kind.STORM: {"fr": "défaut général", "en": "widespread fault"},
    Kind.RECEIVER: {"fr": "récepteur perdu", "en": "receiver lost"},
    Kind.TRUNK: {"fr": "trunk SIP en défaut", "en": "trunk fault"},
    Kind.PEER: {"fr": "alarme d'une autre station", "en": "alarm of another station"},
    Kind.ORGAN: {"fr": "panne à la station", "en": "failure at the station"},
    Kind.DEAD_MAN: {"fr": "opérateur sans réponse", "en": "operator not answering"},
    Kind.GUESSING: {"fr": "codes essayés en série", "en": "codes being guessed"},
    Kind.LOGBOOK: {"fr": "main courante altérée", "en": "logbook tampered with"},
    Kind.UNATTENDED: {"fr": "station sans personne en poste", "en": "nobody on shift"},
    Kind.UNKNOWN: {"fr": "alarme", "en": "alarm"},
}


def recordable(key: str, values: Mapping[str, object]) -> str:
    """The name under which a studio may record this sentence; "" where a site's data is in it.

    The station's own name is recorded with it; each kind of alarm is a recording of its own.
    """
    match sorted(values.keys() - {"written"}):
        case [] | ["station"]:
            return key
        case ["kind"] if isinstance(kind := values["kind"], Kind):
            return f"{key}-{kind.value}"
        case ["position"] if (position := values["position"]) in _PLACES:
            return f"{key}-{position}"
    return ""


@lru_cache(maxsize=1)
def recordable_keys() -> Mapping[str, Mapping[str, str]]:
    """Every announcement that a studio may record: its name, and what the voice says for it."""
    return {
        name: {lang: spoken(key, values, lang) for lang in LANGUAGES}
        for name, (key, values) in recordable_phrases().items()
    }


@lru_cache(maxsize=1)
def recordable_phrases() -> Mapping[str, tuple[str, Mapping[str, object]]]:
    """Every announcement that a studio may record: its name, its key and its values."""
    said: dict[str, tuple[str, Mapping[str, object]]] = {}
    for key in TEXTS:
        fields = {field for _, field, _, _ in Formatter().parse(TEXTS[key]["en"]) if field}
        choices: Iterable[Mapping[str, object]] = (dict.fromkeys(fields, "…"),)
        if fields == {"kind"}:
            choices = ({"kind": kind} for kind in Kind)
        elif fields == {"position"}:
            choices = ({"position": place} for place in _PLACES)
        for values in choices:
            if name := recordable(key, values):
                said[name] = (key, values)
    return said


def language(wanted: str) -> str:
    """The language to speak with somebody whose language is ``wanted`` ("fr", "fr-BE", "de")."""
    base = wanted.lower().replace("_", "-").partition("-")[0]
    return base if base in LANGUAGES else "en" if base else "fr"


def spoken(key: str, values: Mapping[str, object], wanted: str) -> str:
    """The sentence of ``key``, ready for the voice. Raises KeyError for an unknown key: our bug.

    ``values["written"]`` is the language of the site's names: their abbreviations are that one's.
    """
    lang = language(wanted)
    written = language(str(values.get("written") or wanted))
    words = {name: _value(name, value, lang, written) for name, value in values.items()}
    sentence = TEXTS[key][lang].format_map(words)
    said = re.sub(r"\s+([.,])", r"\1", sentence).strip(" .,:;")
    return _upper_first(said if said.endswith(("?", "!")) else f"{said}.")


def _value(name: str, value: object, lang: str, written: str) -> str:
    if isinstance(value, Kind):
        return KINDS[value][lang]
    if isinstance(value, Service):
        return SERVICES[value][lang]
    if isinstance(value, datetime):
        return time_of_day(value, lang)
    if isinstance(value, date):
        return day(value, lang)
    if name == "count" and isinstance(value, int):
        return count_of_alarms(value, lang)
    if name == "address":
        return address(str(value), written)
    if name in _SPOKEN_AS:
        return _SPOKEN_AS[name](str(value))
    return name_of(str(value), written)


# --- spoken forms ---------------------------------------------------------------------------------


def time_of_day(at: datetime, lang: str) -> str:
    """``at`` in its own time zone: "14 heures 32", "2 32 p.m."."""
    if lang == "fr":
        if at.minute == 0 and at.hour in (0, 12):
            return "minuit" if at.hour == 0 else "midi"
        hours = "1 heure" if at.hour == 1 else f"{at.hour} heures"
        hours = "0 heure" if at.hour == 0 else hours
        return hours if at.minute == 0 else f"{hours} {at.minute}"
    half = "a m" if at.hour < 12 else "p m"
    hour = at.hour % 12 or 12
    if at.minute == 0:
        return f"{hour} {half}"
    return f"{hour} {at.minute} {half}" if at.minute > 9 else f"{hour} oh {at.minute} {half}"


_MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "en": "January February March April May June July August September October November December",
}
_DAYS = {
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
}


def day(at: date, lang: str) -> str:
    """A day, or ``at``'s in its own time zone: "mardi premier avril", "Tuesday 1 April"."""
    number = "premier" if lang == "fr" and at.day == 1 else str(at.day)
    return f"{_DAYS[lang].split()[at.weekday()]} {number} {_MONTHS[lang].split()[at.month - 1]}"


def count_of_alarms(count: int, lang: str) -> str:
    """ "une alarme", "12 alarmes"; "one alarm", "12 alarms"."""
    if lang == "fr":
        return "une alarme" if count == 1 else f"{count} alarmes"
    return "one alarm" if count == 1 else f"{count} alarms"


def zone_number(zone: str) -> str:
    """A zone as people say it: "007" is "7"; "A12" stays."""
    zone = harmless(zone, 12)
    return str(int(zone)) if zone.isascii() and zone.isdigit() else zone


def digit_by_digit(number: str) -> str:
    """As it is typed, in pairs: "0 6, 3 9, 9 8"."""
    digits = "".join(c for c in number if c.isascii() and c.isdigit())
    if number.startswith("+33") and len(digits) == 11:
        digits = "0" + digits[2:]
    return ", ".join(" ".join(digits[i : i + 2]) for i in range(0, len(digits), 2))


_SPOKEN_AS = {"zone": zone_number, "number": digit_by_digit}

#: Abbreviations of French and English names and addresses, as whole words, with or without a dot.
_LONG_FORMS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "fr": (
        (r"bd|boul|blvd|bld", "boulevard"),
        (r"av|ave", "avenue"),
        (r"pl", "place"),
        (r"r(?=\.)", "rue"),
        (r"rte", "route"),
        (r"imp", "impasse"),
        (r"all", "allée"),
        (r"ch|chem", "chemin"),
        (r"sq", "square"),
        (r"fg|fbg", "faubourg"),
        (r"za", "zone d'activités"),
        (r"zi", "zone industrielle"),
        (r"zac", "zone d'aménagement concerté"),
        (r"rdc", "rez-de-chaussée"),
        (r"bât|bat", "bâtiment"),
        (r"esc", "escalier"),
        (r"ét|etg", "étage"),
        (r"st", "saint"),
        (r"ste", "sainte"),
        (r"sts", "saints"),
        (r"mme", "madame"),
        (r"mlle", "mademoiselle"),
        (r"mr|m(?=\.)", "monsieur"),
        (r"mm(?=\.)", "messieurs"),
        (r"dr", "docteur"),
        (r"me(?=\.)", "maître"),
        (r"gal", "général"),
        (r"mal(?=\.)", "maréchal"),
        (r"cdt", "commandant"),
        (r"ets|éts", "établissements"),
        (r"cie", "compagnie"),
        (r"sté", "société"),
        (r"n°|nº", "numéro"),
        (r"tél(?=\.)|tel(?=\.)", "téléphone"),
        (r"1er", "premier"),
        (r"1[èe]?re", "première"),
        (r"(\d{1,2})(?:e|è|ème|eme|ième)", r"\1 ième"),
        (r"cedex", "cédex"),
    ),
    "en": (
        (r"ave|av", "avenue"),
        (r"blvd", "boulevard"),
        (r"rd", "road"),
        (r"ln", "lane"),
        (r"sq", "square"),
        (r"apt", "apartment"),
        (r"bldg", "building"),
        (r"mr", "mister"),
        (r"mrs", "missus"),
        (r"dr", "doctor"),
        (r"ltd", "limited"),
        (r"no(?=\.)|n°|nº", "number"),
    ),
}

_SIGNS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "fr": ((" & ", " et "), ("%", " pour cent "), ("+", " plus "), ("=", " égale "), ("@", " at ")),
    "en": ((" & ", " and "), ("%", " percent "), ("+", " plus "), ("=", " equals "), ("@", " at ")),
}


@lru_cache(maxsize=4096)  # some forty expressions a name, said several times in a dialogue
def name_of(text: str, lang: str) -> str:
    """A site's, zone's or person's name as it is said, harmless."""
    said = harmless(_long_forms(harmless(text), lang), 2 * LONGEST)
    # Capitals only are a way of writing, not an acronym: "BOULANGERIE" must not be spelt.
    return re.sub(
        r"\b[^\W\d_]{5,}\b", lambda m: m[0].capitalize() if m[0].isupper() else m[0], said
    )


def address(text: str, lang: str) -> str:
    """An address as it is said."""
    said = name_of(text, lang)
    if lang == "en":
        return re.sub(r"\bst\.?(?=\s*(?:,|$))", "street", said, flags=re.IGNORECASE)
    said = re.sub(r"\b(\d+)(bis|ter)\b", r"\1 \2", said, flags=re.IGNORECASE)
    return re.sub(r"\b0(\d{4})\b", r"zéro \1", said)  # the voice would drop a postcode's zero


def _long_forms(text: str, lang: str) -> str:
    for short, long in _LONG_FORMS[lang]:
        text = re.sub(rf"(?<![\w'])(?:{short})(?!\w)\.?", long, text, flags=re.IGNORECASE)
    for sign, word in _SIGNS[lang]:
        text = text.replace(sign, word)
    return text


def harmless(text: str, longest: int = LONGEST) -> str:
    """Words only: no markup, control or invisible characters, cut at a word near ``longest``.

    ``<``, ``>`` and ``\\`` would be commands to the voice (it takes ``<volume level="…">``);
    braces, quotes and the rest of punctuation say nothing and are dropped.
    """
    text = unicodedata.normalize("NFKC", text[: 8 * longest])
    kept = "".join(c if _speakable(c) else " " for c in text)
    kept = re.sub(r"([.,:;!?'’°\-])\1+", r"\1", kept)
    # The voice fails on endless numbers and takes for ever over endless words.
    kept = re.sub(r"\d{10,}", lambda run: " ".join(re.findall(r"\d{1,3}", run[0])), kept)
    kept = re.sub(r"\w{31,}", lambda run: " ".join(re.findall(r"\w{1,30}", run[0])), kept)
    kept = " ".join(kept.split())
    if len(kept) <= longest:
        return kept
    return kept[:longest].rpartition(" ")[0] or kept[:longest]


def _speakable(c: str) -> bool:
    if c in ".,:;!?'’-°&%+=@/()":
        return True
    # Letters with their accents and digits, of the scripts that the voices can read.
    return unicodedata.category(c)[0] in "LN" and ord(c) < 0x250


def _upper_first(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]

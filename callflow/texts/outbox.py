"""What the logbook says of mail, SMS, webhooks and images: {entry kind: (French, English)}."""

from collections.abc import Mapping

ENTRIES: Mapping[str, tuple[str, str]] = {
    "message_shadowed": (
        "Message ({channel}) à {to} conservé, non envoyé : double commande, un autre système agit",
        "Message ({channel}) to {to} kept and not sent: in shadow, another system acts",
    ),
    "message_posted": (
        "Message à envoyer : {channel} à {to} — {text}",
        "Message to send: {channel} to {to} — {text}",
    ),
    "message_sent": ("{channel} remis à {to} — {said}", "{channel} delivered to {to} — {said}"),
    "message_delivered": (
        "{channel} à {to} : bien arrivé — {said}",
        "{channel} to {to}: it has arrived — {said}",
    ),
    "letter_stamped": (
        "{by} a affranchi et posté la lettre à {to} — {said}",
        "{by} stamped and posted the letter to {to} — {said}",
    ),
    "message_delayed": (
        "{channel} à {to} : premier essai sans succès, d'autres suivront ({fault}) — {text}",
        "{channel} to {to}: the first try failed, others will follow ({fault}) — {text}",
    ),
    "fax_tried": (
        "Fax à {to} : échec de l'essai {attempt} ({fault}) — {text} ; nouvel essai à {until}",
        "Fax to {to}: try {attempt} failed ({fault}) — {text}; tried again at {until}",
    ),
    "message_failed": (
        "{channel} à {to} non remis, abandonné : {fault} — {text}",
        "{channel} to {to} not delivered, given up: {fault} — {text}",
    ),
    "message_withheld": (
        "{channel} à {to} non envoyé : alarme agression, rien ne doit parvenir au site",
        "{channel} to {to} not sent: personal alarm, nothing may reach the site",
    ),
    "message_withdrawn": (
        "{channel} à {to} non envoyé : plus personne ne l'attend",
        "{channel} to {to} not sent: nobody waits for it any more",
    ),
    "document_made": ("{by} établit : {paper} ({name})", "{by} makes: {paper} ({name})"),
    "document_opened": ("{by} ouvre : {paper} ({name})", "{by} opens: {paper} ({name})"),
    "report_seen": ("{by} consulte : {paper}", "{by} reads: {paper}"),
    "images_asked": ("Images demandées : {cameras}", "Images asked for: {cameras}"),
    "images_bounded": (
        "Trop d'images demandées en une minute : {cameras:image|images} de moins",
        "Too many images asked for in a minute: {cameras} fewer",
    ),
    "link_asked": ("{by} va chercher {link}", "{by} fetches {link}"),
    "clip_fetched": (
        "Séquence reçue : {camera}, {since} à {until}",
        "Clip received: {camera}, {since} to {until}",
    ),
    "link_fetched": ("Reçu de {camera} : {link}", "Received from {camera}: {link}"),
    "no_cameras": (
        "Aucune caméra déclarée : pas d'image",
        "No camera is declared: no image",
    ),
    "image_fetched": ("Image reçue : {camera}", "Image received: {camera}"),
    "images_seen": ("{by} voit les images de l'alarme", "{by} sees the alarm's images"),
    "image_opened": ("{by} ouvre l'image de {camera}", "{by} opens the image of {camera}"),
    "clip_played": (
        "{by} regarde la séquence de {camera}",
        "{by} plays the clip of {camera}",
    ),
    "image_failed": (
        "Pas d'image de {camera} : {fault} — {text}",
        "No image of {camera}: {fault} — {text}",
    ),
}

#: What a document is.
PAPERS: Mapping[str, tuple[str, str]] = {
    "report_client": ("rapport pour le client", "report for the client"),
    "report_firm": ("rapport pour le mainteneur", "report for the maintenance firm"),
    "report_full": ("rapport complet", "complete report"),
    "letter": ("courrier", "letter"),
    "letterhead": ("en-tête des documents", "documents' letterhead"),
    "evidence": ("dossier de preuve", "evidence file"),
    "statistics": ("statistiques", "statistics"),
    "fax_cover": ("page de garde", "cover page"),
    "check": ("preuve d'un contrôle", "proof of a check"),
    "audit": ("rapport annuel pour l'auditeur", "yearly report for the auditor"),
}
#: What a message goes out on.
CHANNELS: Mapping[str, tuple[str, str]] = {
    "mail": ("courriel", "mail"),
    "sms": ("SMS", "SMS"),
    "webhook": ("webhook", "webhook"),
    "images": ("image", "image"),
    "print": ("impression", "printing"),
    "fax": ("fax", "fax"),
    "post": ("lettre", "letter"),
}

#: Why a message brings an incident in front of a human.
REASONS: Mapping[str, tuple[str, str]] = {
    "undelivered": ("message non remis", "a message was not delivered"),
    "from_backup": (
        "ouverte avant la remise en service de la station restaurée",
        "opened before the restored station was released",
    ),
}

#: What a way out lacks, by the setting that it is missing in.
SET_UP: Mapping[str, tuple[str, str]] = {
    "CALLFLOW_SMTP_HOST": ("serveur de courrier", "mail server"),
    "CALLFLOW_SMS_URL": ("passerelle de SMS", "SMS gateway"),
    "CALLFLOW_WEBHOOK_SECRET": ("secret des webhooks", "webhooks' secret"),
    "CALLFLOW_PRINTERS": ("imprimantes", "printers"),
    "CALLFLOW_CAMERA_NETWORKS": ("réseaux des caméras", "cameras' networks"),
    "CALLFLOW_LINK_NETWORKS, CALLFLOW_LINK_HOSTS": (
        "réseaux et hôtes des liens",
        "networks and hosts of links",
    ),
}
#: Why a try failed.
FAULTS: Mapping[str, tuple[str, str]] = {
    "not_set_up": ("envoi non configuré", "this way out is not set up"),
    "wrong_address": ("adresse invalide", "wrong address"),
    "forbidden": ("destination interdite à l'automate", "forbidden to the machine"),
    "refused": ("refusé par le destinataire", "refused by the far end"),
    "gone": (
        "la caméra ou le document n'existe plus",
        "the camera or the document is no longer there",
    ),
    "returned": ("renvoyé par le destinataire", "sent back by the far end"),
    "too_large": ("image ou séquence trop grande", "the image, or the clip, is too large"),
    "no_decoder": (
        "ffmpeg n'est pas installé sur la machine de la station",
        "ffmpeg is not installed on the station's machine",
    ),
    "not_recorded": (
        "rien d'enregistré de cette caméra à ce moment",
        "nothing of that time is recorded of this camera",
    ),
    "busy": ("destinataire momentanément indisponible", "the far end can't take it now"),
    "unreachable": ("injoignable", "unreachable"),
    "timeout": ("sans réponse à temps", "no answer in time"),
    "no_line": ("aucun trunk SIP n'a transmis l'appel", "no trunk carried the call"),
    "bad_line": (
        "le fax n'est pas passé en entier : mauvaise ligne, ou pas un fax",
        "not each page passed: a bad line, or no fax machine",
    ),
    "unknown": ("sort inconnu : il est peut-être arrivé", "its fate is unknown: it may be there"),
    "no_image": ("la réponse n'est pas une image", "the answer is no image"),
    "disk": ("écriture impossible", "it can't be written"),
    "internal": ("erreur interne", "internal error"),
    "held": (
        "retenu par la station restaurée, périmé depuis",
        "held back by the restored station, too late by now",
    ),
}

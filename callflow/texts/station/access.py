"""What the logbook says of people who log in: {entry kind: (French, English)}."""

from collections.abc import Mapping

#: What let somebody in, or was added to let them in.
FACTORS: Mapping[str, tuple[str, str]] = {
    "password": ("mot de passe", "password"),
    "totp": ("code d'une application", "code of an authenticator"),
    "passkey": ("clé d'accès", "passkey"),
    "recovery": ("code de secours", "recovery code"),
    "oidc": ("annuaire de l'entreprise", "company's directory"),
}
#: Who acts by the commands of the machine itself: no user.
BY_COMMAND = "cli"
CONSOLE = ("console système", "system console")

ENTRIES: Mapping[str, tuple[str, str]] = {
    "user_added": (
        "Utilisateur {name} ajouté, rôle {role}",
        "User {name} added, role {role}",
    ),
    "user_role": (
        "Rôle de {name} changé : {before} → {role} ; ses sessions sont closes",
        "Role of {name} changed: {before} → {role}; their sessions are ended",
    ),
    "user_changed": ("Fiche de {name} modifiée : {what}", "Record of {name} changed: {what}"),
    "user_disabled": (
        "Utilisateur {name} désactivé, ses sessions sont closes",
        "User {name} disabled, their sessions are ended",
    ),
    "user_enabled": ("Utilisateur {name} réactivé", "User {name} enabled again"),
    "password_changed": (
        "Mot de passe de connexion de {name} changé, autres sessions closes : {ended}",
        "Log-in password of {name} changed, other sessions ended: {ended}",
    ),
    "logged_in": (
        "Connexion depuis {address} ({factor})",
        "Logged in from {address} ({factor})",
    ),
    "logged_out": ("Déconnexion de {address}", "Logged out at {address}"),
    "session_ended": (
        "Session de {name} depuis {address} close",
        "Session of {name} from {address} ended",
    ),
    "login_blocked": (
        "Trop d'essais de connexion au nom de {name} depuis {address} : refusés pour un temps",
        "Too many attempts to log in as {name} from {address}: refused for a while",
    ),
    "factor_added": (
        "Second facteur de {name} ajouté : {factor}",
        "Second factor of {name} added: {factor}",
    ),
    "factor_removed": (
        "Second facteur de {name} retiré : {factor}",
        "Second factor of {name} removed: {factor}",
    ),
    "factors_reset": (
        "Second facteur de {name} remis à zéro, ses sessions sont closes",
        "Second factor of {name} reset, their sessions are ended",
    ),
    "recovery_codes": (
        "Nouveaux codes de secours de {name}",
        "New recovery codes of {name}",
    ),
    "recovery_code_used": (
        "{name} s'est servi d'un code de secours, il en reste {left}",
        "{name} used a recovery code, {left} left",
    ),
    "token_created": (
        "Jeton {name} créé par {by}, rôle {role}, sans fin",
        "Token {name} made by {by}, role {role}, without an end",
    ),
    "token_created_until": (
        "Jeton {name} créé par {by}, rôle {role}, jusqu'au {until}",
        "Token {name} made by {by}, role {role}, until {until}",
    ),
    "token_revoked": (
        "Jeton {name}, rôle {role}, révoqué par {by}",
        "Token {name}, role {role}, revoked by {by}",
    ),
    "site_seen": ("{by} consulte le site", "{by} looks at the site"),
    "sites_read": (
        "{by} lit tous les sites, avec leurs contacts, par l'API",
        "{by} reads all sites, with their contacts, by the API",
    ),
    "audit_read": ("{by} consulte l'audit", "{by} reads the audit"),
}

#: What a person or a program is.
ROLES: Mapping[str, tuple[str, str]] = {
    "panel": ("transmetteur (programme)", "panel (program)"),
    "gateway": ("passerelle (programme)", "gateway (program)"),
    "screen": ("écran de salle", "room's screen"),
    "reader": ("lecteur", "reader"),
    "technician": ("technicien", "technician"),
    "operator": ("opérateur", "operator"),
    "supervisor": ("chef de salle", "supervisor"),
    "administrator": ("administrateur", "administrator"),
}

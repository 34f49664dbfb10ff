"""Closed vocabularies of sites and of what is around them, in French and English."""

from collections.abc import Mapping

#: What a contract is (D2).
CONTRACTS: Mapping[str, tuple[str, str]] = {
    "commissioning": ("en mise en service", "commissioning"),
    "active": ("actif", "active"),
    "suspended": ("suspendu", "suspended"),
    "terminated": ("résilié", "terminated"),
}
#: The part that somebody plays for a site.
ROLES: Mapping[str, tuple[str, str]] = {
    "premises": ("site", "premises"),
    "keyholder": ("dépositaire", "keyholder"),
    "guard": ("agent d'intervention", "guard"),
    "device": ("appareil rappelé", "device called back"),
    "maintenance": ("société de maintenance", "maintenance firm"),
    "manager": ("responsable d'astreinte", "duty manager"),
    "listen_in": ("numéro d'écoute", "listening-in number"),
}
#: An emergency service.
SERVICES: Mapping[str, tuple[str, str]] = {
    "police": ("forces de l'ordre", "police"),
    "fire": ("sapeurs-pompiers", "fire service"),
    "medical": ("secours médicaux", "medical service"),
}

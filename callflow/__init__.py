"""Callflow: the telephony-centred call-handling system of an alarm monitoring station."""

__version__ = "0.1.0"

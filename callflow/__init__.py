"""Callflow: the telephony-centred call-handling system of an alarm monitoring station."""

from __future__ import annotations

__version__ = "0.1.0"

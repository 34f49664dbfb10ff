"""The telephony process of one node: rows to calls, events to rows, dialogues, recordings."""

from ivr.telephony.process import one_moment, serve

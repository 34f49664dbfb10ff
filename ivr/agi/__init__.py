"""FastAGI: the server, and the dialogues that it runs."""

from ivr.agi.protocol import BadCommand, BadHeader, Gone, NotPlayed, Session
from ivr.agi.runner import Dialogues, DialogueStore, Mute, fixed_sentences, own_sentences
from ivr.agi.server import AgiServer, Handler

"""How a call ended, from what the network and our own side said: one table
(docs/explanation/telephony.md).

The order of the rules is the decision: a result of the dialogue wins over everything, an answer
over any cause, our own side's failure over the network's words. Reason of OriginateResponse says
nothing (0 for 486, 404, 503 and 403 alike): only Hangup's Cause and TechCause count.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from callflow.core.calls.call import Outcome

#: What the far end's network answered (SIP status). RFC 3261 §21; Q.850 by RFC 3398 §8.
BY_SIP: Mapping[int, Outcome] = {
    400: Outcome.UNREACHABLE,  # the network can't make sense of the number or of us
    401: Outcome.TRUNK_FAILURE,  # our credentials: nobody was asked
    402: Outcome.TRUNK_FAILURE,  # our credit with the carrier
    403: Outcome.REFUSED,  # forbidden: barred, or the called party declines callers like us
    404: Outcome.UNREACHABLE,  # no such number
    406: Outcome.UNREACHABLE,
    407: Outcome.TRUNK_FAILURE,  # our credentials
    408: Outcome.NO_ANSWER,  # from a server: the phone rang too long (none came: see below)
    410: Outcome.UNREACHABLE,  # number changed
    480: Outcome.NO_ANSWER,  # switched off, out of coverage, or rang in vain
    484: Outcome.UNREACHABLE,  # number incomplete
    486: Outcome.BUSY,
    487: Outcome.NO_ANSWER,  # we withdrew the call: it rang long enough
    488: Outcome.UNREACHABLE,  # no common codec
    500: Outcome.UNREACHABLE,
    502: Outcome.UNREACHABLE,
    503: Outcome.UNREACHABLE,  # an answered INVITE: the network is there, and full
    504: Outcome.UNREACHABLE,
    600: Outcome.BUSY,  # busy everywhere
    603: Outcome.REFUSED,  # decline
    604: Outcome.UNREACHABLE,
    606: Outcome.UNREACHABLE,
    607: Outcome.REFUSED,  # unwanted: the person blocks our number (RFC 8197)
    608: Outcome.REFUSED,  # the network blocks it as spam (RFC 8688)
}

#: Where no SIP status came: the Q.850 cause that Asterisk gives.
BY_CAUSE: Mapping[int, Outcome] = {
    1: Outcome.UNREACHABLE,  # unallocated number
    2: Outcome.UNREACHABLE,  # no route to the transit network
    3: Outcome.UNREACHABLE,  # no route to the destination
    16: Outcome.NO_ANSWER,  # normal clearing before an answer: we withdrew it
    17: Outcome.BUSY,
    18: Outcome.TRUNK_FAILURE,  # no user responding: the trunk never answered our INVITE
    19: Outcome.NO_ANSWER,  # alerted, no answer
    20: Outcome.TRUNK_FAILURE,  # subscriber absent: our own trunk isn't registered, not qualified
    21: Outcome.REFUSED,
    22: Outcome.UNREACHABLE,  # number changed
    23: Outcome.UNREACHABLE,  # a 302 elsewhere, where we call nobody
    26: Outcome.NO_ANSWER,  # answered elsewhere: not by the person we speak with
    27: Outcome.UNREACHABLE,  # destination out of order
    28: Outcome.UNREACHABLE,  # number format
    29: Outcome.REFUSED,  # facility rejected
    31: Outcome.UNREACHABLE,
    34: Outcome.UNREACHABLE,  # congestion, said by the network
    38: Outcome.TRUNK_FAILURE,  # network out of order: here, our link to it
    41: Outcome.UNREACHABLE,  # temporary failure over there
    42: Outcome.UNREACHABLE,  # congestion in the network's switch
    44: Outcome.UNREACHABLE,
    50: Outcome.TRUNK_FAILURE,  # we did not subscribe to the facility
    52: Outcome.TRUNK_FAILURE,  # outgoing calls barred on our line
    57: Outcome.REFUSED,  # bearer capability not authorised
    58: Outcome.UNREACHABLE,
    65: Outcome.UNREACHABLE,
    88: Outcome.UNREACHABLE,
    102: Outcome.NO_ANSWER,  # a timer ran out
    127: Outcome.UNREACHABLE,  # interworking
}

#: What a trunk says of itself and not of the called number: another one may carry the call (RFC
#: 3263 §4.3 for 503; 500 and 504 are its own servers').
_TRUNK_S_OWN_SIP = frozenset({500, 503, 504})
#: The same where no SIP status came: congestion, and failures over there.
_TRUNK_S_OWN = frozenset({34, 41, 42})

#: Q.850 causes whose SIP status, if any, was made up by our own side.
_OWN_SIDE = frozenset({20})


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """What is known of a call whose channel is gone, or never came to be.

    ``placed``: a channel existed, so an INVITE may have left. ``cause`` is Q.850 (0: none given),
    ``tech_cause`` the SIP status (None: none came), ``rang`` and ``answered`` how far it came,
    ``timed_out``: our own ring time ended it. ``early_media``: something could be heard before an
    answer (183). ``result`` is what the dialogue concluded.
    """

    cause: int = 0
    tech_cause: int | None = None
    placed: bool = True
    rang: bool = False
    answered: bool = False
    timed_out: bool = False
    early_media: bool = False
    result: Outcome | None = None


def outcome(ending: Ending) -> Outcome:
    """The one outcome of this call. Total: every ending has one."""
    if ending.result is not None:
        return ending.result
    if ending.answered:
        return Outcome.HUNG_UP  # a dialogue without result, whoever hung up
    if not ending.placed:
        return Outcome.TRUNK_FAILURE  # Originate refused, no such endpoint, out of channels
    if ending.cause in _OWN_SIDE and not ending.rang:
        return Outcome.TRUNK_FAILURE
    said = _said(ending)
    if ending.timed_out and said not in (Outcome.BUSY, Outcome.REFUSED):
        # It rang in vain, or the network went on setting up for the whole ring time.
        return Outcome.NO_ANSWER if ending.rang or _network_answered(ending) else _silent(ending)
    if ending.rang and said is Outcome.TRUNK_FAILURE:
        return Outcome.NO_ANSWER  # it rang: the trunk had done its part
    return said


def not_carried(ending: Ending) -> bool:
    """True where this trunk failed and nobody was asked, so that another one may carry the call.

    Never after a ring, nor after a 183, in which a ring may have been heard: no phone rings twice.
    """
    if ending.result is not None or ending.answered or ending.rang or ending.early_media:
        return False
    if outcome(ending) is Outcome.TRUNK_FAILURE:
        return True
    if ending.timed_out:
        return False
    if ending.tech_cause is not None and ending.tech_cause >= 400:
        return ending.tech_cause in _TRUNK_S_OWN_SIP
    return ending.cause in _TRUNK_S_OWN


def _said(ending: Ending) -> Outcome:
    if ending.tech_cause is not None and ending.tech_cause >= 400:
        if ending.tech_cause == 408 and not ending.rang:
            return Outcome.TRUNK_FAILURE  # Asterisk's own verdict on an INVITE nobody answered
        return BY_SIP.get(ending.tech_cause, Outcome.UNREACHABLE)
    if ending.cause == 0:
        return Outcome.NO_ANSWER if ending.rang else Outcome.TRUNK_FAILURE
    return BY_CAUSE.get(ending.cause, Outcome.UNREACHABLE)


def _network_answered(ending: Ending) -> bool:
    return ending.tech_cause is not None


def _silent(ending: Ending) -> Outcome:
    """Our ring time ended a call that never rang and got no status: nobody said anything."""
    return Outcome.TRUNK_FAILURE if ending.cause in (0, 18, 20, 38) else Outcome.NO_ANSWER

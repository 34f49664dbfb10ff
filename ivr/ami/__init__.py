"""The adapter over AMI (through panoramisk): one link, typed events, errors that say what is safe.

Every hazard of docs/explanation/telephony.md's table is dealt with here; nothing else in Callflow
speaks AMI.
"""

from ivr.ami.events import (
    AmiError,
    Answered,
    BadValue,
    Ended,
    Event,
    Faxed,
    LinkDown,
    LoginRefused,
    MaybePlaced,
    NotPlaced,
    OriginateFailed,
    Placed,
    Refused,
    Ringing,
)
from ivr.ami.link import Account, AmiLink, Timing
from ivr.ami.values import dial_digits, is_call_id, is_channel_id

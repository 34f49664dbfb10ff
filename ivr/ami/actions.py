"""The actions that Callflow may take, as fields. Pure; each value is checked (BadValue)."""

from callflow.core.calls.phones import CALLED
from ivr.ami.values import (
    checked_address,
    checked_call_id,
    checked_channel_id,
    checked_key,
    checked_phone,
    checked_trunk,
    dial_digits,
    is_call_id,
)

Action = dict[str, str]


def login(user: str, secret: str, *, dtmf: bool, proofs: bool = False) -> Action:
    """With only the classes of events that are read; ``proofs``: who proved a password."""
    mask = "system,call,user,dtmf" if dtmf else "system,call"
    mask += ",security" if proofs else ""
    return {"Action": "Login", "Username": user, "Secret": secret, "Events": mask}


def originate(
    call_id: str,
    number: str,
    caller: str,
    ring_time: float,
    *,
    trunk: str,
    context: str,
    ours: bool = False,
) -> Action:
    """``number`` and ``caller`` in E.164, ``ring_time`` in seconds; ``ours``: by our Asterisk.

    No Variable (a comma sets a second one) and no Application: the dialplan knows both. The
    channel's id is all that the dialogue needs.
    """
    endpoint = checked_trunk(trunk)
    way = f"{endpoint}{CALLED}/{endpoint}" if ours else endpoint
    return {
        "Action": "Originate",
        "Channel": f"PJSIP/{dial_digits(number)}@{way}",
        "ChannelId": checked_call_id(call_id),
        "Context": context,
        "Exten": "s",
        "Priority": "1",
        "CallerID": f"<{dial_digits(caller)}>",
        "Timeout": str(int(ring_time * 1000)),
        "Async": "true",
    }


def ring(
    call_id: str, phone: str, caller: str, ring_time: float, *, context: str, at: str = ""
) -> Action:
    """An operator's phone; a desk phone shows ``caller`` (E.164). ``ring_time`` in seconds.

    ``at`` is the address that our own Asterisk calls, never whatever was registered; "": somebody
    else's PBX knows where its phones are. The caller's name is the call's id: the page behind a
    softphone knows the rest by it.
    """
    endpoint = checked_phone(phone)
    way = f"@{endpoint}{CALLED}/{checked_address(at, endpoint)}" if at else endpoint
    return {
        "Action": "Originate",
        "Channel": f"PJSIP/{way}",
        "ChannelId": checked_call_id(call_id),
        "Context": context,
        "Exten": "s",
        "Priority": "1",
        "CallerID": f'"{checked_call_id(call_id)}" <{dial_digits(caller)}>',
        "Timeout": str(int(ring_time * 1000)),
        "Async": "true",
    }


def hangup(call_id: str, cause: int) -> Action:
    """``cause`` is Q.850."""
    return {"Action": "Hangup", "Channel": checked_channel_id(call_id), "Cause": str(int(cause))}


def redirect(call_id: str, *, context: str) -> Action:
    """To the ``s`` extension of another context of ours; its recording goes on."""
    channel = checked_channel_id(call_id)
    return {
        "Action": "Redirect",
        "Channel": channel,
        "Context": context,
        "Exten": "s",
        "Priority": "1",
    }


def status(call_id: str) -> Action:
    """Of this one channel."""
    return {"Action": "Status", "Channel": checked_channel_id(call_id)}


def conference_mute(room: str, channel: str, *, on: bool) -> Action:
    """Nobody in the conference hears this channel (named, not by its id), or again."""
    return {
        "Action": "ConfbridgeMute" if on else "ConfbridgeUnmute",
        "Conference": checked_call_id(room) if is_call_id(room) else checked_channel_id(room),
        "Channel": channel,
    }


def press(call_id: str, key: str) -> Action:
    """One key, sent to the far end of this call."""
    channel = checked_channel_id(call_id)
    return {"Action": "PlayDTMF", "Channel": channel, "Digit": checked_key(key)}


def mute(call_id: str, *, on: bool) -> Action:
    """Silence the person's side of a recording, or not any more; the station's is kept."""
    state = "1" if on else "0"
    channel = checked_channel_id(call_id)
    return {"Action": "MixMonitorMute", "Channel": channel, "Direction": "read", "State": state}

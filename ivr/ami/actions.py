"""The actions that Callflow may take, as fields. Pure; each value is checked (BadValue)."""

from __future__ import annotations

from ivr.ami.values import checked_call_id, checked_channel_id, checked_trunk, dial_digits

Action = dict[str, str]


def login(user: str, secret: str, *, dtmf: bool) -> Action:
    """With only the classes of events that are read."""
    mask = "system,call,user,dtmf" if dtmf else "system,call"
    return {"Action": "Login", "Username": user, "Secret": secret, "Events": mask}


def originate(
    call_id: str, number: str, caller: str, ring_time: float, *, trunk: str, context: str
) -> Action:
    """``number`` and ``caller`` in E.164, ``ring_time`` in seconds.

    No Variable (a comma sets a second one) and no Application: the dialplan knows both. The
    channel's id is all that the dialogue needs.
    """
    return {
        "Action": "Originate",
        "Channel": f"PJSIP/{dial_digits(number)}@{checked_trunk(trunk)}",
        "ChannelId": checked_call_id(call_id),
        "Context": context,
        "Exten": "s",
        "Priority": "1",
        "CallerID": f"<{dial_digits(caller)}>",
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


def mute(call_id: str, *, on: bool) -> Action:
    """Silence the person's side of a recording, or not any more; the station's is kept."""
    state = "1" if on else "0"
    channel = checked_channel_id(call_id)
    return {"Action": "MixMonitorMute", "Channel": channel, "Direction": "read", "State": state}

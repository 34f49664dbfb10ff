"""What happens to an alarm, from its storage to its filing (design.md, The path of an alarm).

Each function takes the transaction it works in, writes its own logbook entry there, and returns.
"""

from callflow.handling.calling import (
    CallActionOrder,
    CallOrder,
    LiveCall,
    call_action_done,
    call_answered,
    call_ended,
    call_lost,
    call_ringing,
    claim_call_actions,
    claim_calls,
    live_calls,
)
from callflow.handling.deciding import ask_hang_up, decide
from callflow.handling.dialogues import (
    DialogueCall,
    dialogue_bridge,
    dialogue_check_code,
    dialogue_conclude,
    dialogue_load,
    dialogue_save,
    incoming_call,
)
from callflow.handling.operating import (
    Held,
    NotFound,
    Refused,
    claim,
    close_incident,
    note,
    park,
    release,
    request_contact_call,
    resume_plan,
    transfer,
)
from callflow.handling.policy import Policy, load_policy, save_policy
from callflow.handling.queueing import bridge, clock_went_back, escalate_queue
from callflow.handling.receiving import correlate, heard, signal_id, store_signals
from callflow.handling.siting import BadSite, e164, get_site, publish_first, publish_plan, put_site
from callflow.handling.station import (
    health,
    process_beat,
    recorded_hashes,
    recording_finished,
    seal_logbook,
    telephony_watch,
    verify_logbook,
)
from callflow.handling.telling import station_event

__all__ = [
    "BadSite",
    "CallActionOrder",
    "CallOrder",
    "DialogueCall",
    "Held",
    "LiveCall",
    "NotFound",
    "Policy",
    "Refused",
    "ask_hang_up",
    "bridge",
    "call_action_done",
    "call_answered",
    "call_ended",
    "call_lost",
    "call_ringing",
    "claim",
    "claim_call_actions",
    "claim_calls",
    "clock_went_back",
    "close_incident",
    "correlate",
    "decide",
    "dialogue_bridge",
    "dialogue_check_code",
    "dialogue_conclude",
    "dialogue_load",
    "dialogue_save",
    "e164",
    "escalate_queue",
    "get_site",
    "health",
    "heard",
    "incoming_call",
    "live_calls",
    "load_policy",
    "note",
    "park",
    "process_beat",
    "publish_first",
    "publish_plan",
    "put_site",
    "recorded_hashes",
    "recording_finished",
    "release",
    "request_contact_call",
    "resume_plan",
    "save_policy",
    "seal_logbook",
    "signal_id",
    "station_event",
    "store_signals",
    "telephony_watch",
    "transfer",
    "verify_logbook",
]

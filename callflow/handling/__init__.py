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
from callflow.handling.delivering import (
    claim_messages,
    image_fetched,
    message_failed,
    message_sent,
)
from callflow.handling.dialogues import (
    dialogue_begin,
    dialogue_bridge,
    dialogue_check_code,
    dialogue_conclude,
    dialogue_save,
    incoming_call,
    site_facts,
)
from callflow.handling.hardware import known_receivers, note_receivers
from callflow.handling.line_health import Line, Lines, Panel, Stranger, Trouble, lines, skews
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
    take_over_call,
    transfer,
)
from callflow.handling.outbox import fetch_images, post
from callflow.handling.policy import Policy, load_policy, save_policy
from callflow.handling.queueing import bridge, clock_went_back, escalate_queue
from callflow.handling.receiving import correlate, heard
from callflow.handling.site_rules import BadSite
from callflow.handling.siting import e164, get_site, publish_first, publish_plan, put_site
from callflow.handling.station import (
    BEAT_WITHIN,
    StoreOutage,
    health,
    process_beat,
    recorded_hashes,
    recording_finished,
    seal_logbook,
    store_was_away,
    telephony_watch,
    verify_logbook,
)
from callflow.handling.storing import is_vital, signal_id, store_signals
from callflow.handling.telling import station_event

__all__ = [
    "BEAT_WITHIN",
    "BadSite",
    "CallActionOrder",
    "CallOrder",
    "Held",
    "Line",
    "Lines",
    "LiveCall",
    "NotFound",
    "Panel",
    "Policy",
    "Refused",
    "StoreOutage",
    "Stranger",
    "Trouble",
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
    "claim_messages",
    "clock_went_back",
    "close_incident",
    "correlate",
    "decide",
    "dialogue_begin",
    "dialogue_bridge",
    "dialogue_check_code",
    "dialogue_conclude",
    "dialogue_save",
    "e164",
    "escalate_queue",
    "fetch_images",
    "get_site",
    "health",
    "heard",
    "image_fetched",
    "incoming_call",
    "is_vital",
    "known_receivers",
    "lines",
    "live_calls",
    "load_policy",
    "message_failed",
    "message_sent",
    "note",
    "note_receivers",
    "park",
    "post",
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
    "site_facts",
    "skews",
    "station_event",
    "store_signals",
    "store_was_away",
    "take_over_call",
    "telephony_watch",
    "transfer",
    "verify_logbook",
]

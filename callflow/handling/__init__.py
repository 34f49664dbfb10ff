"""What happens to an alarm, from its storage to its filing (ARCHITECTURE.md#the-path-of-an-alarm).

Each function takes the transaction it works in, writes its own logbook entry there, and returns.
"""

from callflow.handling.alarms.acting import ask_hang_up
from callflow.handling.alarms.completing import complete_task, overdue_tasks
from callflow.handling.alarms.deadlines import decide_due
from callflow.handling.alarms.deciding import decide
from callflow.handling.alarms.evidence import evidence_of
from callflow.handling.alarms.image_requests import fetch_again, fetch_link
from callflow.handling.alarms.operating import (
    TOGETHER,
    act_together,
    claim,
    close_incident,
    go_on,
    note,
    park,
    release,
    request_contact_call,
    resume_plan,
    take_over_call,
    transfer,
)
from callflow.handling.alarms.receiving import correlate, heard
from callflow.handling.alarms.rehearsing import rehearse
from callflow.handling.alarms.undoing import UNDO_WITHIN, offered, take_back
from callflow.handling.base.policy import Policy, load_policy, save_policy
from callflow.handling.base.refusals import Held, NotFound, Refused
from callflow.handling.base.storing import is_vital, signal_id, store_signals
from callflow.handling.base.telling import station_event
from callflow.handling.callers.call_backs import call_back
from callflow.handling.callers.deeds import perform as perform_deed
from callflow.handling.calls.calling import (
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
from callflow.handling.calls.dialogues import (
    dialogue_begin,
    dialogue_bridge,
    dialogue_check_code,
    dialogue_conclude,
    dialogue_save,
    incoming_call,
    site_facts,
)
from callflow.handling.calls.lost_ends import call_end_failed
from callflow.handling.calls.phones import (
    Credentials,
    Endpoint,
    desk_phone,
    end_orphans,
    endpoints,
    phone_dropped,
    phone_of,
)
from callflow.handling.calls.trunking import trunk_health, trunks_changed, watch_trunks
from callflow.handling.desks.queueing import (
    announcing,
    bridge,
    clock_went_back,
    escalate_queue,
    find_forgotten,
)
from callflow.handling.interventions.directory import get_directory, put_directory, reveal_line
from callflow.handling.interventions.firms import guard_firms, put_firm
from callflow.handling.interventions.guards import (
    guard_event,
    guard_left,
    guard_report,
    guard_stays,
    recall_guard,
)
from callflow.handling.interventions.measures import lift_measure
from callflow.handling.interventions.members import firm_members, put_member, remove_member
from callflow.handling.interventions.services import (
    NotAllowed,
    ShortNumber,
    competent_line,
    record_verification,
    report_service,
    service_call,
    service_gate,
)
from callflow.handling.messages.delivery import (
    camera_of,
    claim_messages,
    image_fetched,
    message_failed,
    message_sent,
)
from callflow.handling.messages.images import fetch_images
from callflow.handling.messages.outbox import post
from callflow.handling.plans.plans import publish_first, publish_plan, publish_standard_plans
from callflow.handling.sites.contacts import e164
from callflow.handling.sites.passwords import heard_last, password_heard, reveal_password
from callflow.handling.sites.rules import BadSite
from callflow.handling.sites.sites import get_site, get_sites, put_site, with_revision
from callflow.handling.watch.health import (
    BEAT_WITHIN,
    DOOR_REFUSED,
    SIP_REFUSED,
    StoreOutage,
    health,
    recorded_elsewhere,
    recorded_hashes,
    recording_finished,
    seal_logbook,
    store_was_away,
    verify_logbook,
    vouch_for_old,
)
from callflow.handling.watch.lines import Line, Lines, Panel, Stranger, Trouble, lines, skews
from callflow.handling.watch.receivers import known_receivers, note_receivers
from callflow.storage.people.users import process_beat

__all__ = [
    "BEAT_WITHIN",
    "DOOR_REFUSED",
    "SIP_REFUSED",
    "TOGETHER",
    "UNDO_WITHIN",
    "BadSite",
    "CallActionOrder",
    "CallOrder",
    "Credentials",
    "Endpoint",
    "Held",
    "Line",
    "Lines",
    "LiveCall",
    "NotAllowed",
    "NotFound",
    "Panel",
    "Policy",
    "Refused",
    "ShortNumber",
    "StoreOutage",
    "Stranger",
    "Trouble",
    "act_together",
    "announcing",
    "ask_hang_up",
    "bridge",
    "call_action_done",
    "call_answered",
    "call_back",
    "call_end_failed",
    "call_ended",
    "call_lost",
    "call_ringing",
    "camera_of",
    "claim",
    "claim_call_actions",
    "claim_calls",
    "claim_messages",
    "clock_went_back",
    "close_incident",
    "competent_line",
    "complete_task",
    "correlate",
    "decide",
    "decide_due",
    "desk_phone",
    "dialogue_begin",
    "dialogue_bridge",
    "dialogue_check_code",
    "dialogue_conclude",
    "dialogue_save",
    "e164",
    "end_orphans",
    "endpoints",
    "escalate_queue",
    "evidence_of",
    "fetch_again",
    "fetch_images",
    "fetch_link",
    "find_forgotten",
    "firm_members",
    "get_directory",
    "get_site",
    "get_sites",
    "go_on",
    "guard_event",
    "guard_firms",
    "guard_left",
    "guard_report",
    "guard_stays",
    "health",
    "heard",
    "heard_last",
    "image_fetched",
    "incoming_call",
    "is_vital",
    "known_receivers",
    "lift_measure",
    "lines",
    "live_calls",
    "load_policy",
    "message_failed",
    "message_sent",
    "note",
    "note_receivers",
    "offered",
    "overdue_tasks",
    "park",
    "password_heard",
    "perform_deed",
    "phone_dropped",
    "phone_of",
    "post",
    "process_beat",
    "publish_first",
    "publish_plan",
    "publish_standard_plans",
    "put_directory",
    "put_firm",
    "put_member",
    "put_site",
    "recall_guard",
    "record_verification",
    "recorded_elsewhere",
    "recorded_hashes",
    "recording_finished",
    "rehearse",
    "release",
    "remove_member",
    "report_service",
    "request_contact_call",
    "resume_plan",
    "reveal_line",
    "reveal_password",
    "save_policy",
    "seal_logbook",
    "service_call",
    "service_gate",
    "signal_id",
    "site_facts",
    "skews",
    "station_event",
    "store_signals",
    "store_was_away",
    "take_back",
    "take_over_call",
    "transfer",
    "trunk_health",
    "trunks_changed",
    "verify_logbook",
    "vouch_for_old",
    "watch_trunks",
    "with_revision",
]

"""The tables. Text ids; instants in UTC; JSON for what is only read whole."""

from callflow.storage.schema.alarms import (
    call,
    call_action,
    incident,
    recording,
    signal,
    spoken,
    undo,
)
from callflow.storage.schema.base import UtcDateTime, metadata
from callflow.storage.schema.charges import charge, charge_price
from callflow.storage.schema.contracts import contract_change, former_contact, removed_part
from callflow.storage.schema.disclosures import disclosure
from callflow.storage.schema.distribution import call_back
from callflow.storage.schema.documents import document, letter
from callflow.storage.schema.drawings import site_drawing
from callflow.storage.schema.erasure import erasure
from callflow.storage.schema.figures import (
    follower,
    incident_figure,
    monthly_report,
    operator_figure,
    report_subscription,
    trunk_figure,
)
from callflow.storage.schema.interventions import (
    calendar_feed,
    firm_member,
    guard_firm,
    measure,
    measure_report,
    visit,
)
from callflow.storage.schema.law import (
    service_call,
    service_line,
    service_report,
    verification,
)
from callflow.storage.schema.logbook import chain_head, logbook, logbook_index, mnemonic, seal
from callflow.storage.schema.open_ends import bypass, fault, promise, signature
from callflow.storage.schema.outbox import (
    image,
    outbox,
    proof,
    subscription,
    subscription_lane,
)
from callflow.storage.schema.people import instruction
from callflow.storage.schema.plans import plan, plan_draft, plan_withdrawal
from callflow.storage.schema.retention import doomed_file, legal_hold, retention
from callflow.storage.schema.staff import phone, presence, roster, shift
from callflow.storage.schema.station import (
    api_token,
    challenge,
    passkey,
    process,
    recovery_code,
    session,
    setting,
    user,
)
from callflow.storage.schema.tasks import task
from callflow.storage.schema.uploads import file_mapping, site_upload
from callflow.storage.schema.watch.backups import backup_run
from callflow.storage.schema.watch.canaries import canary
from callflow.storage.schema.watch.checks import check_done, station_check
from callflow.storage.schema.watch.organs import organ, organ_care, organ_point, probe, reading
from callflow.storage.schema.watch.peers import peer_notice
from callflow.storage.schema.watch.shadow import comparison, comparison_difference, site_move
from callflow.storage.schema.world import (
    account,
    client,
    code_guess,
    contact,
    event_override,
    event_rule,
    on_test,
    own_day,
    panel_user,
    partition,
    site,
    site_contact,
    zone,
    zone_trips,
)

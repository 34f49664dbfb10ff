"""Who changed what, and who saw what is confidential: the logbook's entries of it. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

#: Kinds of entries that are no news at the desks: somebody saw a site, all of them, an alarm's
#: images.
QUIET = ("site_seen", "sites_read", "images_seen", "operator_figures_seen")
#: Kinds of entries that a page left open makes, with nobody in front of it: an image comes by
#: itself.
UNATTENDED = ("images_seen",)
#: Kinds of entries that tell of a change, by what was changed.
CHANGES: Mapping[str, tuple[str, ...]] = {
    "sites": (
        *("site_created", "site_changed", "sites_imported", "code_changed"),
        *("drawing_added", "drawing_removed", "zone_placed", "zone_taken_off"),
        *("site_moved", "site_moved_in_spite", "site_moved_back"),
        *("contract_changed", "contract_planned", "contract_dropped"),
        *("contact_closed", "contact_restored", "part_removed", "part_restored"),
        *("guard_firm_changed", "firm_member_changed", "firm_member_removed", "directory_changed"),
        *("firm_closed", "firm_reopened", "client_renamed"),
    ),
    "plans": (
        *("plan_draft_begun", "plan_draft_saved", "plan_draft_taken_over", "plan_draft_dropped"),
        *("plan_published", "plan_accepted"),
        *("plan_withdrawn", "plan_brought_back"),
    ),
    "instructions": (
        *("instruction_note", "instruction_plan", "instruction_absent", "instruction_number"),
        *("instruction_signed", "instruction_withdrawn", "instruction_heard"),
        *("test_set", "test_extended"),
    ),
    "people": (
        *("user_added", "user_role", "user_changed", "user_disabled", "user_enabled"),
        *("password_changed", "factor_added", "factor_removed", "factors_reset", "recovery_codes"),
        *("recovery_code_used", "session_ended", "desk_phone_given"),
        *("token_created", "token_created_until", "token_revoked"),
        *("calendar_made", "calendar_revoked"),
    ),
    "rosters": (
        *("roster_added", "roster_removed", "duties_imported", "absences_imported"),
        *("own_days_set", "own_day_forgotten"),
    ),
    "settings": (
        *(
            "trunk_tested",
            "retention_set",
            "event_rule_set",
            "mnemonic_set",
            "hold_placed",
            "hold_lifted",
            "purged",
            "station_restored",
            "station_released",
            "shadow_begun",
            "shadow_over",
            "comparison_columns_set",
        ),
        *("subscription_made", "subscription_changed", "subscription_secret"),
        *("subscription_paused", "subscription_resumed", "subscription_replayed"),
        *("subscription_removed", "report_subscribed", "report_unsubscribed"),
        *("letter_set", "letter_reset"),
        *("checks_begun", "check_added", "check_changed", "check_retired"),
        *("file_mapping_saved", "file_mapping_removed"),
        *("announcement_recorded", "announcement_removed", "announcement_tried"),
        *("price_set", "charge_added", "charge_corrected"),
    ),
    "erasures": ("erasure_begun", "erasure_done"),
}
#: Kinds of entries that tell who saw or heard what is confidential, by what it was.
LOOKS: Mapping[str, tuple[str, ...]] = {
    "recordings": ("recording_heard", "spoken_heard"),
    "images": ("images_seen", "image_opened", "clip_played"),
    "passwords": ("password_revealed",),
    "numbers": ("line_revealed",),
    "conversations": ("listened_in", "whispered", "barged_in"),
    "personal": (
        *("personal_data_exported", "operator_figures_seen"),
        *("evidence_asked", "evidence_made", "evidence_taken"),
    ),
    "exports": (
        "configuration_exported",
        "sites_exported",
        "sites_read",
        "report_seen",
        "document_opened",
        "logbook_exported",
    ),
    "seen": ("site_seen",),
    "audit": ("audit_read",),
}
#: What may be asked for: everything, all of one sort, or one group of it.
CHANGED, LOOKED = "changed", "looked"
GROUPS: Mapping[str, tuple[str, ...]] = {
    "": tuple(kind for of in (*CHANGES.values(), *LOOKS.values()) for kind in of),
    CHANGED: tuple(kind for of in CHANGES.values() for kind in of),
    **CHANGES,
    LOOKED: tuple(kind for of in LOOKS.values() for kind in of),
    **LOOKS,
}


def differences(data: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any] | tuple[str]]:
    """What an entry's ``data`` says was changed: (field, before, after); of a secret the field."""
    for path, values in data.get("fields", {}).items():
        yield (path,) if values is None else (path, values[0], values[1])
    if "before" in data and "role" in data:
        yield "role", data["before"], data["role"]

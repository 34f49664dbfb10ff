"""What a site is left with after its alarm is followed to its end (mission 5.1 to 5.4)."""

import sqlalchemy as sa
from alembic import op

from callflow.storage.schema import UtcDateTime

revision = "2026_12_02_4_open_ends"
down_revision = "2026_12_02_3_document"
branch_labels = None
depends_on = None


def _instant(name: str, *, null: bool = True) -> sa.Column[object]:
    return sa.Column(name, UtcDateTime(timezone=True), nullable=null)


def _text(name: str, *, empty: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default="" if empty else None)


def _reference(name: str, target: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(64), sa.ForeignKey(target), nullable=null)


def _id() -> sa.Column[str]:
    return sa.Column("id", sa.String(64), primary_key=True)


def upgrade() -> None:
    op.create_table(
        "bypass",
        sa.Column("account", sa.String(16), primary_key=True),
        sa.Column("zone", sa.String(16), primary_key=True),
        _reference("site_id", "site.id"),
        _instant("since", null=False),
        sa.Column("panel_user", sa.String(16), nullable=False),
    )
    op.create_index("ix_bypass_site_id", "bypass", ["site_id"])
    op.create_table(
        "promise",
        _id(),
        _reference("incident_id", "incident.id"),
        sa.Column("kind", sa.String(16), nullable=False),
        *(_text("text"), _text("who"), _text("noted_by")),
        *(_instant("at", null=False), _instant("due_at"), _instant("ended_at")),
        *(_text("ended_by", empty=True), _text("ended_because", empty=True)),
    )
    op.create_index("ix_promise_incident_id", "promise", ["incident_id"])
    op.create_table(
        "signature",
        _id(),
        _reference("incident_id", "incident.id"),
        sa.Column("what", sa.String(32), nullable=False),
        _text("name"),
        sa.Column("signals", sa.Integer(), nullable=False),
        *(_text("by"), _text("identity")),
        sa.Column("supervises", sa.Boolean(), nullable=False),
        *(_text("reason"), _instant("at", null=False)),
        *(_text("second", empty=True), _text("second_reason", empty=True)),
        _instant("signed_at"),
    )
    op.create_index("ix_signature_incident_id", "signature", ["incident_id"])
    _faults()


def _faults() -> None:
    op.create_table(
        "fault",
        _id(),
        _reference("site_id", "site.id"),
        _reference("incident_id", "incident.id", null=True),
        sa.Column("account", sa.String(16), nullable=False),
        sa.Column("zone", sa.String(16), nullable=False),
        *(_text("text"), _text("cause", empty=True)),
        sa.Column("firm_id", sa.String(64), nullable=True),
        *(_text("quote", empty=True), _instant("quoted_at"), _instant("appointment_at")),
        *(_text("opened_by"), _instant("began_at", null=False), _instant("remind_at")),
        sa.Column("reminders", sa.Integer(), nullable=False, server_default="0"),
        _instant("ended_at"),
        *(_text("ended_by", empty=True), _text("ended_because", empty=True)),
    )
    op.create_index("ix_fault_site_id", "fault", ["site_id"])
    op.create_index("ix_fault_incident_id", "fault", ["incident_id"])
    op.create_index("ix_fault_open", "fault", ["ended_at", "remind_at"])
    dated = sa.text("appointment_at IS NOT NULL")
    op.create_index(
        "ix_fault_appointment",
        "fault",
        ["appointment_at"],
        sqlite_where=dated,
        postgresql_where=dated,
    )

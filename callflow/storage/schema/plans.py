"""Call plans: what is published, and what is being written."""

from sqlalchemy import JSON, Column, Integer, String, Table, Text

from callflow.storage.schema.base import instant, metadata

plan = Table(
    "plan",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("body", JSON, nullable=False),
    Column("published_by", Text, nullable=False),
    instant("published_at", null=False),
    Column("why", Text, nullable=False, server_default=""),
    # The warnings that it was published with, and why they were accepted.
    Column("accepted", JSON, nullable=False, server_default="[]"),
    Column("accepted_why", Text, nullable=False, server_default=""),
)

#: Published and followed by nobody any more; whoever brings one back deletes its row.
plan_withdrawal = Table(
    "plan_withdrawal",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("withdrawn_by", Text, nullable=False),
    instant("withdrawn_at", null=False),
    Column("because", Text, nullable=False),
)

#: What is being written and not in use: one draft a plan.
plan_draft = Table(
    "plan_draft",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("body", JSON, nullable=False),
    Column("based_on", Integer, nullable=False),  # the version it began from; 0: none
    Column("revision", String(64), nullable=False, server_default=""),  # another after each change
    Column("changed_by", Text, nullable=False),
    instant("changed_at", null=False),
)

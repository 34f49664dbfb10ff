"""${message}"""

from alembic import op

from callflow.storage.migrations.columns import ID, INSTANT, add, index, keys, of, reference
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}

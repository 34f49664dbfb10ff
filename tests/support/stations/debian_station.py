"""The station in a bare Debian: what its administrator does to it, and the version after this."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
from pathlib import Path

from alembic.script import ScriptDirectory

from tests.support.stations.bare_debian import BareDebian, until
from tests.support.stations.installed import Installed

MODULES = "usr/lib/callflow/lib/python3.13/site-packages"
SERVICES = ("callflow-asterisk", "callflow")
#: Of a later version: its schema has one column more.
_MIGRATION = '''"""A client has a colour."""
import sqlalchemy as sa
from alembic import op

revision = "2030_01_01_colour"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("client", sa.Column("colour", sa.String(8), nullable=True))
'''


class DebianStation(Installed):
    """Its services are ``callflow`` and ``callflow-asterisk``, which systemd runs."""

    def __init__(self, debian: BareDebian, trusted: Path | None = None) -> None:
        super().__init__(trusted)
        self.debian = debian
        self.data = debian.root / "var/lib/callflow"
        self.database = self.data / "callflow.db"

    def configure(self, **more: object) -> None:
        """In an editor."""
        settings = {**self.settings, **more}
        trunks = settings.pop("trunks")
        lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
        for trunk in trunks:
            lines += ["[[trunks]]", *(f"{name} = {json.dumps(v)}" for name, v in trunk.items())]
        with (self.debian.root / "etc/callflow/callflow.toml").open("a") as file:
            file.write("\n".join([*lines, ""]))

    async def starts(self) -> None:
        """`systemctl start callflow`; returns when it answers."""
        await self.debian.run("systemctl", "start", "callflow")
        await until(self.is_there)

    async def stops(self) -> None:
        """`systemctl stop callflow`, which must end by itself."""
        await self.debian.run("systemctl", "stop", "callflow")
        result, status = await self.debian.service("callflow", "Result", "ExecMainStatus")
        assert (result, status) == ("success", "0")

    async def lets_in_a_program(self) -> None:
        told = await self.debian.run(
            "callflow", "token", "create", "--role", "administrator", "--json"
        )
        self.lets_in(told)

    async def process(self) -> int:
        """The service's; 0 while there is none."""
        (pid,) = await self.debian.service("callflow", "MainPID")
        return int(pid)

    @property
    def copies(self) -> list[Path]:
        """Of its database, made before an upgrade changed the schema."""
        return sorted((self.data / "snapshots").glob("schema-*.db"))

    def asterisk(self) -> str:
        """Its process."""
        return (self.data / "asterisk/station/callflow.pid").read_text()


def dialogue(database: Path) -> str:
    """How far the only call's was, as it was committed there."""
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as rows:
        ((state,),) = rows.execute("SELECT progress ->> 'state' FROM call")
        return str(state)


def later(deb: Path, folder: Path) -> Path:
    """The version after that."""
    tree = folder / "later"
    subprocess.run(["dpkg-deb", "-R", str(deb), str(tree)], check=True)
    control = tree / "DEBIAN" / "control"
    control.write_text(control.read_text().replace("Version: 0.1.0", "Version: 0.1.1"))
    migrations = tree / MODULES / "callflow/storage/migrations"
    head = ScriptDirectory(str(migrations)).get_current_head()
    migration = migrations / "versions" / "2030_01_01_colour.py"
    migration.write_text(_MIGRATION.format(head=head))
    made = folder / "callflow_0.1.1.deb"
    subprocess.run(["dpkg-deb", "-Znone", "-b", str(tree), str(made)], check=True)
    return made

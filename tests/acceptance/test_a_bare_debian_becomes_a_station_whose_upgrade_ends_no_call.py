"""Of Debian's own Python and our packages, a station: installed, upgraded under a call that goes
on, gone back, and removed but for what the law is about."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
from collections.abc import AsyncIterator
from os.path import normpath
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from alembic.script import ScriptDirectory

from tests.support.rows import sites
from tests.support.sip.sip_players import Player, Players
from tests.support.sip.trunks import ONE_CALL
from tests.support.stations.bare_debian import BareDebian, bare, until
from tests.support.stations.station import give_base, take_base

pytestmark = [
    pytest.mark.deep,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(1200),
]

ROOT = Path(__file__).parents[2]
SILENCE = b"\xd5"  # in A-law
MODULES = "usr/lib/callflow/lib/python3.13/site-packages"
CALLED = "+33639981177"
#: A later version: its schema has one column more.
MIGRATION = '''"""A client has a colour."""
import sqlalchemy as sa
from alembic import op

revision = "2030_01_01_colour"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("client", sa.Column("colour", sa.String(8), nullable=True))
'''


@pytest.fixture(scope="module")
def packages() -> list[Path]:
    """Ours and Asterisk's, of this checkout: minutes, which the first test pays."""
    folder = ROOT / "var" / "package"
    for old in folder.glob("*.deb"):
        old.unlink()
    subprocess.run([ROOT / "run", "package", "--no-image"], check=True)
    return sorted(folder.glob("*.deb"), key=lambda deb: deb.name.startswith("callflow-"))


def files_of(deb: Path) -> dict[str, str]:
    """{each of a package's files, from the root: where it leads, if it is a link}."""
    told = subprocess.run(
        ["dpkg-deb", "-c", str(deb)], stdout=subprocess.PIPE, text=True, check=True
    )
    found = {}
    for line in told.stdout.splitlines():
        name, _, to = line.split(maxsplit=5)[5].removeprefix("./").partition(" -> ")
        found[name] = normpath(f"{name}/../{to}") if to else ""
    return found


def later(deb: Path, folder: Path) -> Path:
    """The version after that."""
    tree = folder / "later"
    subprocess.run(["dpkg-deb", "-R", str(deb), str(tree)], check=True)
    control = tree / "DEBIAN" / "control"
    control.write_text(control.read_text().replace("Version: 0.1.0", "Version: 0.1.1"))
    migrations = tree / MODULES / "callflow/storage/migrations"
    head = ScriptDirectory(str(migrations)).get_current_head()
    migration = migrations / "versions" / "2030_01_01_colour.py"
    migration.write_text(MIGRATION.format(head=head))
    made = folder / "callflow_0.1.1.deb"
    subprocess.run(["dpkg-deb", "-Znone", "-b", str(tree), str(made)], check=True)
    return made


class Installed:
    """The station there, and what its administrator does."""

    def __init__(self, debian: BareDebian, base: int) -> None:
        self.debian, self.base = debian, base
        self.data = debian.root / "var/lib/callflow"
        self.api = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{base}/api/v1", trust_env=False, timeout=None
        )
        self._serving: asyncio.subprocess.Process | None = None

    def configure(self) -> None:
        """In an editor."""
        file = self.debian.root / "etc/callflow/callflow.toml"
        room = self.base - self.base % 4000
        with file.open("a") as opened:
            opened.write(
                f"port_base = {self.base}\nrtp_start = {room + 2000}\nother_target = 86400\n"
                '[[trunks]]\nname = "carrier"\nchannels = 10\nreserved = 2\n'
                f'address = "127.0.0.1:{self.base + 82}"\n'
            )

    async def serve(self) -> None:
        """`systemctl start callflow`; returns when it answers."""
        self._serving = await self.debian.begins("callflow")
        await until(self._answers)

    async def stop(self) -> None:
        """`systemctl stop callflow`."""
        assert self._serving is not None
        pid = (self.data / "run" / "serve.lock").read_text().strip()
        await self.debian.run("sh", "-c", f"kill -TERM {int(pid)}")
        assert await self._serving.wait() == 0

    async def _answers(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            health = await self.api.get(f"http://127.0.0.1:{self.base}/readyz")
            return health.is_success
        return False

    async def calls(self) -> list[dict[str, object]]:
        """Of the only incident."""
        (incident,) = (await self.api.get("/incidents", params={"account": "1001"})).json()["items"]
        return list((await self.api.get(f"/incidents/{incident['id']}")).json()["calls"])

    def asterisk(self) -> str:
        """Its process."""
        return (self.data / "asterisk/station/callflow.pid").read_text()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def station(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Installed]:
    base = take_base()
    async with BareDebian(bare(tmp_path_factory.mktemp("debian"))) as debian:
        installed = Installed(debian, base)
        yield installed
        await installed.api.aclose()
    give_base(base)


async def heard(phone: Player, since: int) -> None:
    """Somebody speaks."""
    await until(lambda: any(packet.sound.strip(SILENCE) for packet in phone.heard[since:]))


async def test_the_package_brings_what_people_look_for(packages: list[Path]) -> None:
    files = await asyncio.to_thread(files_of, packages[0])
    for link, brought in (
        ("usr/share/doc/callflow/manual", "web/manual/index.html"),
        ("usr/share/callflow/monitoring", "callflow/monitoring/callflow.rules.yaml"),
        ("usr/share/callflow/monitoring", "callflow/monitoring/grafana-dashboard.json"),
    ):
        assert files[link] == f"{MODULES}/{brought.rpartition('/')[0]}"
        assert f"{MODULES}/{brought}" in files


async def test_from_the_package_to_its_end(
    station: Installed, packages: list[Path], tmp_path: Path
) -> None:
    ours, asterisk = packages
    debian = station.debian
    said = await debian.installs(ours, asterisk)
    assert "does not run yet" in said
    listed = await debian.run(
        "stat", "-c", "%a %U:%G", "/etc/callflow/callflow.toml", "/var/lib/callflow"
    )
    assert listed.splitlines() == ["640 root:callflow", "750 callflow:callflow"]
    assert (await debian.run("which", "-a", "python3", "pip", "uv", codes=(1,))).split() == [
        "/usr/bin/python3",
        "/bin/python3",
    ]

    station.configure()
    async with Players(station.base + 82, station.base + 3000) as network:
        await debian.begins("callflow-asterisk")
        await station.serve()
        token = await debian.run("callflow", "token", "create", "--role", "administrator", "--json")
        station.api.headers["Authorization"] = f"Bearer {json.loads(token)['token']}"
        before = station.asterisk()

        # Whoever is called waits for less than a busy machine takes to unpack it.
        await debian.installs(later(ours, tmp_path))
        await an_alarm_calls(station)
        await until(lambda: CALLED in network.calls)
        phone = network.calls[CALLED]
        await heard(phone, 0)
        since = len(phone.heard)
        await station.stop()
        await station.serve()
        assert not phone.over.is_set(), "the upgrade ended the call"
        assert station.asterisk() == before
        await heard(phone, since)
        for keys in ("2580#", "1"):
            await phone.types(keys, pause_s=0.2)
            await heard(phone, len(phone.heard))
        await until(phone.over.is_set)
        await until(lambda: outcome_is(station, "verified_ok"))
        assert network.invited == [CALLED]

        await goes_back(station, ours)
        assert network.invited == [CALLED], "the copy called once more"
    await is_removed(debian, station.data)


async def an_alarm_calls(station: Installed) -> None:
    for path, body in (
        (f"/plans/{ONE_CALL['id']}", ONE_CALL),
        (
            "/sites/1001",
            sites.site("1001", sites.premises("1001", CALLED), plans={"*": "one-call"}),
        ),
    ):
        answer = await station.api.put(path, json=body)
        assert answer.is_success, answer.text
    alarm = {"account": "1001", "code": "BA", "zone": "3", "text": "test"}
    answer = await station.api.post("/signals", json=alarm)
    assert answer.status_code == 201, answer.text


async def outcome_is(station: Installed, outcome: str) -> bool:
    return [call["outcome"] for call in await station.calls()] == [outcome]


async def is_refused(station: Installed) -> bool:
    """A second call was asked for, and never placed."""
    found = await station.calls()
    return len(found) > 1 and all(c["ended_at"] and not c["placed_at"] for c in found[1:])


async def goes_back(station: Installed, ours: Path) -> None:
    """The version before refuses what it does not know, and says where its own is."""
    debian = station.debian
    (copy,) = (station.data / "snapshots").glob("schema-*.db")
    await station.stop()
    await debian.installs(ours, more=("--allow-downgrades",))
    refused = await debian.run("callflow", "serve", codes=(1,))
    assert "2030_01_01_colour" in refused
    assert f"/var/lib/callflow/snapshots/{copy.name}" in refused
    await debian.run("callflow", "db", "rollback", "--yes")
    await station.serve()
    # The copy was made before that call was over: its fate is unknown there, and whoever would be
    # called once more for it is not.
    assert (await station.api.get("/health")).json()["held"]
    await until(lambda: is_refused(station))
    await station.stop()
    assert (station.data / "callflow.db").stat().st_mode & 0o077 == 0


async def is_removed(debian: BareDebian, data: Path) -> None:
    said = await debian.run("apt-get", "-y", "-q", "purge", "callflow", "callflow-asterisk")
    assert "Kept: /var/lib/callflow" in said
    for gone in (
        "usr/lib/callflow",
        "usr/bin/callflow",
        "etc/callflow",
        "etc/logrotate.d/callflow",
    ):
        assert not (debian.root / gone).exists(), gone
    assert (data / "callflow.db").exists()

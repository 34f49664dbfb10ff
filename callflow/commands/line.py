"""The command line, put together."""

import sys

import typer

from callflow.commands.base import console
from callflow.commands.calls import announcements, playing
from callflow.commands.demo import demonstration
from callflow.commands.plans import proving
from callflow.commands.records import evidence, logbook, person, statistics
from callflow.commands.signals import receivers, signals
from callflow.commands.sites import site_files
from callflow.commands.station import (
    administration,
    backup,
    certificate,
    configuration,
    doctor,
    mirror,
    releasing,
    shadow,
    station,
    webhooks,
)
from callflow.core.plans.call_plan import PlanError
from callflow.core.station.backups import Unusable as BackupUnusable
from callflow.core.station.mirroring import MirrorRefused
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import Refused
from callflow.probes.panel import NoAnswerError
from callflow.settings.config import BadSettings
from callflow.storage import SqlError, StoreUnavailable
from ivr.asterisk.configuration import UnsafeSetting
from ivr.asterisk.process import AsteriskFailed
from ivr.asterisk.tree import AsteriskUnavailable

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.command()(station.serve)
app.command("demo")(demonstration.demo_command)
app.command()(doctor.doctor)
app.command()(backup.backup)
app.command()(backup.restore)
app.command()(releasing.release)
app.command()(mirror.promote)
app.command()(mirror.demote)
app.add_typer(mirror.mirror, name="mirror")
app.add_typer(station.asterisk, name="asterisk")
app.add_typer(administration.db, name="db")
app.add_typer(certificate.certificate, name="certificate")
app.add_typer(administration.user, name="user")
app.add_typer(administration.token, name="token")
app.add_typer(proving.group, name="plan")
app.add_typer(administration.site, name="site")
app.add_typer(site_files.sites, name="sites")
app.add_typer(administration.phone, name="phone")
app.add_typer(signals.panel, name="signal")
app.add_typer(receivers.hardware, name="receiver")
app.add_typer(logbook.book, name="logbook")
app.add_typer(webhooks.webhooks, name="webhooks")
app.add_typer(evidence.evidence, name="evidence")
app.add_typer(person.person, name="person")
app.add_typer(configuration.configuration, name="configuration")
app.add_typer(statistics.statistics, name="statistics")
app.add_typer(shadow.shadow, name="shadow")
app.add_typer(shadow.commissioning, name="commissioning")
announcements.ivr.command()(playing.play)
app.add_typer(announcements.ivr, name="ivr")

#: What a person can act on: said in one line, exit 1.
_SAID = (
    AsteriskFailed,
    AsteriskUnavailable,
    BackupUnusable,
    BadField,
    BadSettings,
    MirrorRefused,
    NoAnswerError,
    OSError,
    PlanError,
    Refused,
    StoreUnavailable,
    TimeoutError,
    UnsafeSetting,
)


def main() -> None:
    """Run the command line."""
    try:
        app(prog_name="callflow")
    except _SAID as error:
        said = str(error)
        if type(error) is StoreUnavailable:
            said = f"the database failed: {error.reason}"
        console.print(f"callflow: {said}", style="red", markup=False)
        sys.exit(1)
    except SqlError as error:
        # Its other lines are the statement, which nobody here wrote.
        first = str(error).splitlines()[0]
        console.print(f"callflow: the database failed: {first}", style="red", markup=False)
        sys.exit(1)

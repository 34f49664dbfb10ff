"""``receiver``: a hardware receiver, for tests and demonstrations."""

import asyncio
import json
from typing import Annotated

import typer

from callflow.commands.base import AsJson, group, settings_of_this_run
from callflow.probes.receiver import ANSWER_WITHIN, NotAcknowledgedError, ReceiverClient
from callflow.settings.config import Settings

hardware = group("A hardware receiver.")


@hardware.callback()
def _group() -> None:
    """Keeps the command's name although it is the only one."""


@hardware.command("simulate")
def receiver_simulate(
    account: Annotated[str, typer.Argument(help="Leave it out to send heartbeats only.")] = "",
    code: Annotated[str, typer.Argument(help="SIA (BA) or Contact ID (1130)")] = "",
    zone: Annotated[str, typer.Argument()] = "",
    text: Annotated[str, typer.Argument()] = "",
    protocol: Annotated[str, typer.Option(help="surgard or dc07")] = "surgard",
    connect: Annotated[
        str, typer.Option(help="host:port of the station; without it, this station's.")
    ] = "",
    listen: Annotated[int, typer.Option(help="Wait at this port for the station to call.")] = 0,
    number: Annotated[str, typer.Option(help="The receiver's number.")] = "01",
    heartbeat: Annotated[
        float, typer.Option(help="Seconds between heartbeats: it keeps running. 0: one event.")
    ] = 0.0,
    wait: Annotated[float, typer.Option(help="Seconds to wait for an answer.")] = ANSWER_WITHIN,
    json_: AsJson = False,
) -> None:
    """Send one event as a receiver does, and print the acknowledgement.

    Without an acknowledgement the exit status is 1.
    """
    if protocol not in ("surgard", "dc07"):
        raise typer.BadParameter(f"a receiver speaks surgard or dc07, not {protocol!r}")
    if bool(account) != bool(code):
        raise typer.BadParameter("an account and a code, or neither")
    settings = settings_of_this_run()
    host, port = _address(settings, protocol, connect, listen)
    receiver = ReceiverClient(
        "surgard" if protocol == "surgard" else "dc07",
        host,
        port,
        listen=listen > 0,
        receiver=number,
        answer_within=wait,
    )

    def told(answer: str) -> None:
        print(json.dumps({"reply": answer}) if json_ else answer, flush=True)

    async def simulate() -> None:
        async with receiver:
            if account:
                told(await receiver.send(account, code, zone, text))
            elif not heartbeat:
                told(await receiver.beat())
            if heartbeat:
                await receiver.keep_beating(heartbeat, told)

    try:
        asyncio.run(simulate())
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    except NotAcknowledgedError as error:
        told(str(error))
        raise typer.Exit(1) from None


def _address(settings: Settings, protocol: str, connect: str, listen: int) -> tuple[str, int]:
    if listen:
        return settings.reached_at(protocol), listen
    if not connect:
        ports = settings.ports
        host = settings.reached_at(protocol)
        return host, ports.surgard if protocol == "surgard" else ports.dc07
    host, _, port = connect.rpartition(":")
    if not host or not port.isdigit():
        raise typer.BadParameter(f"--connect takes host:port, not {connect!r}")
    return host, int(port)

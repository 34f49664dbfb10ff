"""``signal``: a panel, for tests and demonstrations."""

import asyncio
import json
from typing import Annotated

import typer

from callflow.commands.base import AsJson, group, settings_of_this_run
from callflow.core.signals.panel import Reply
from callflow.probes.panel import PanelClient

panel = group("A panel.")


@panel.command("send")
def signal_send(
    account: str,
    code: Annotated[str, typer.Argument(help="SIA (BA) or Contact ID (1130)")],
    zone: Annotated[str, typer.Argument()] = "",
    text: Annotated[str, typer.Argument()] = "",
    key: Annotated[str | None, typer.Option(help="AES key (hex) of an encrypted panel.")] = None,
    format_: Annotated[str, typer.Option("--format", help="SIA-DCS or ADM-CID")] = "SIA-DCS",
    udp: Annotated[bool, typer.Option("--udp")] = False,
    host: str = "",
    port: int = 0,
    json_: AsJson = False,
) -> None:
    """Send one event as a panel does, and wait for the acknowledgement."""
    settings = settings_of_this_run()

    async def send() -> Reply:
        async with PanelClient(
            host or settings.reached_at("dc09"),
            port or settings.ports.dc09,
            account,
            bytes.fromhex(key) if key else None,
            transport="udp" if udp else "tcp",
            format="ADM-CID" if format_ == "ADM-CID" else "SIA-DCS",
        ) as client:
            return await client.send(code, zone, text)

    try:
        reply = asyncio.run(send())
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    acknowledged = reply.kind == "ACK"
    print(json.dumps({"reply": reply.kind}) if json_ else reply.kind)
    raise typer.Exit(0 if acknowledged else 1)

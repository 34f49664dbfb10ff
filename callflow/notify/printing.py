"""Print: a document to a printer of the station's, by CUPS or a printer itself over IPP.

Two steps: the printer takes the job, then it is asked until the sheets are out. A job that was sent
by somebody who died before writing that down is found again by its name, so that nothing is printed
twice.
"""

import httpx

from callflow.core.messages import ipp
from callflow.core.messages.ipp import JobState, Printed
from callflow.core.messages.outbox import Claimed, Fault, Undelivered
from callflow.core.messages.proof import Receipt, Stage
from callflow.notify import enclosures
from callflow.notify.http import accepted, exchange
from callflow.settings.config import Settings

#: Bytes of a printer's answer: some thousand jobs.
_LONGEST = 1_000_000


async def send(settings: Settings, client: httpx.AsyncClient, message: Claimed) -> Receipt:
    """Print it, or see what became of it. Raises Undelivered."""
    name, printer = _printer(settings, message.to)
    if message.reference:
        return await _state(client, name, printer, int(message.reference))
    if message.attempts > 1:
        job = await _job_called(client, printer, _job_name(message))
        if job is not None:
            return await _state(client, name, printer, job)
    content = await enclosures.read(settings, message)
    language = message.enclosed.language if message.enclosed else "fr"
    asked = ipp.print_job(printer, _job_name(message), content, language=language)
    answer = await _ask(client, printer, asked)
    job_id = answer.groups[0].get("job-id") if answer.groups else None
    if not isinstance(job_id, int):
        raise Undelivered(Fault.REFUSED, "the printer named no job")
    return Receipt(text=f"{name}: job {job_id}", reference=str(job_id), final=False)


async def probe(client: httpx.AsyncClient, printer: str) -> str:
    """What is wrong with a printer; "" where it takes jobs."""
    try:
        answer = await _ask(client, printer, ipp.get_printer(printer))
    except Undelivered as failure:
        return str(failure)
    accepting = answer.groups[0].get("printer-is-accepting-jobs") if answer.groups else None
    return "it takes no jobs" if accepting == 0 else ""


def _printer(settings: Settings, named: str) -> tuple[str, str]:
    if not settings.printers:
        raise Undelivered(Fault.NOT_SET_UP, "CALLFLOW_PRINTERS")
    name = named or next(iter(settings.printers))
    if name not in settings.printers:
        raise Undelivered(Fault.WRONG_ADDRESS, f"{name}: not of CALLFLOW_PRINTERS")
    return name, settings.printers[name]


def _job_name(message: Claimed) -> str:
    """For who stands at the printer; its end finds the job again."""
    return f"{message.subject[:60]} {message.id}".strip()


async def _state(client: httpx.AsyncClient, name: str, printer: str, job: int) -> Receipt:
    answer = await _ask(client, printer, ipp.get_job(printer, job))
    found = answer.groups[0] if answer.groups else {}
    state, reasons = found.get("job-state"), found.get("job-state-reasons", "")
    why = ", ".join(reasons) if isinstance(reasons, tuple) else str(reasons)
    said = f"{name}: job {job}, {_named(state)}"
    if why and why != "none":
        said += f" ({why})"
    if state in (JobState.CANCELED, JobState.ABORTED):
        raise Undelivered(Fault.REFUSED, said)
    if state != JobState.COMPLETED:
        return Receipt(text=said, reference=str(job), final=False)
    pages = found.get("job-impressions-completed")
    if isinstance(pages, int) and pages > 0:
        said += f", {pages} p."
    return Receipt(stage=Stage.DELIVERED, text=said, reference=str(job))


def _named(state: object) -> str:
    known = {member.value: member.name.lower() for member in JobState}
    return known.get(state, f"state {state}") if isinstance(state, int) else "unknown"


async def _job_called(client: httpx.AsyncClient, printer: str, name: str) -> int | None:
    """The job of that name, of ``all``: one that just ends is, in CUPS, neither completed nor not.

    Whoever asks does so when the claim of who died is over, half a minute later (outbox.LEASE).
    """
    try:
        jobs = (await _ask(client, printer, ipp.get_jobs(printer, "all"))).groups
    except Undelivered as failure:
        if failure.fault is not Fault.REFUSED:
            raise
        waiting = await _ask(client, printer, ipp.get_jobs(printer, "not-completed"))
        over = await _ask(client, printer, ipp.get_jobs(printer, "completed"))
        jobs = waiting.groups + over.groups
    numbers = (job.get("job-id") for job in jobs if job.get("job-name") == name)
    return next((number for number in numbers if isinstance(number, int)), None)


async def _ask(client: httpx.AsyncClient, printer: str, asked: bytes) -> Printed:
    """One exchange. Raises Undelivered."""
    headers = {"Content-Type": "application/ipp"}
    url = ipp.http_address(printer)
    request = client.build_request("POST", url, content=asked, headers=headers)
    got = await exchange(client, request, most=_LONGEST)
    accepted(got)
    try:
        answer = ipp.read(bytes(got.body))
    except ipp.NoIpp as error:
        raise Undelivered(Fault.REFUSED, str(error)) from None
    if not answer.well:
        fault = Fault.BUSY if answer.busy else Fault.REFUSED
        raise Undelivered(fault, f"IPP {answer.status:#06x}")
    return answer

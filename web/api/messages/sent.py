"""``incidents/{id}/messages``: what left the station for an alarm, with its proof of delivery."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from callflow.core.messages.outbox import Channel, MessageState
from callflow.core.messages.proof import Stage
from callflow.handling.base.fields import Identifier
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from web.access.bearer import Reader
from web.kit.problems import NOT_FOUND, RESPONSES, not_found
from web.pages.alarms import sent_views
from web.pages.alarms.sent_views import Sent
from web.station import Here

router = APIRouter(tags=["incidents"], responses=RESPONSES)


class ProofOut(BaseModel):
    """What somebody else said of it. `who`: the person; empty: the far end."""

    at: datetime
    stage: Stage
    text: str
    reference: str = Field(description="What the far end calls it")
    who: str


class MessageOut(BaseModel):
    """One message to one address; of a webhook only the host is shown."""

    id: str
    channel: Channel
    to: str
    subject: str
    state: MessageState
    created_at: datetime
    ended_at: datetime | None
    attempts: int
    last_error: str
    document: str | None = Field(description="What goes with it")
    sha256: str | None = Field(description="The document's")
    proofs: list[ProofOut]


class MessagesOut(BaseModel):
    """All of an alarm, oldest first."""

    items: list[MessageOut]
    next: None = None


@router.get("/incidents/{incident_id}/messages", responses=NOT_FOUND)
async def list_messages(incident_id: Identifier, caller: Reader, station: Here) -> MessagesOut:
    """Mail, SMS, fax, letters and prints of an alarm."""

    def read(tx: Tx) -> list[Sent] | None:
        if incidents.get(tx, incident_id) is None:
            return None
        return sent_views.of_incident(tx, incident_id)

    found = await station.store.read(read)
    if found is None:
        raise not_found("incident")
    return MessagesOut(items=[_out(one) for one in found])


def _out(one: Sent) -> MessageOut:
    message = one.message
    return MessageOut(
        id=message.id,
        channel=message.channel,
        to=one.to,
        subject=message.subject,
        state=message.state,
        created_at=message.created_at,
        ended_at=message.ended_at,
        attempts=message.attempts,
        last_error=message.last_error,
        document=message.document_id,
        sha256=one.document.sha256 if one.document else None,
        proofs=[
            ProofOut(at=p.at, stage=p.stage, text=p.text, reference=p.reference, who=p.who)
            for p in one.proofs
        ],
    )

"""What left the station for an alarm, or waits to: each message with its proof of delivery."""

from collections.abc import Sequence
from dataclasses import dataclass

from callflow.core.messages.outbox import Channel, Message, MessageState, shown
from callflow.core.messages.proof import Proof, Stage
from callflow.core.records.documents import Document
from callflow.storage import Tx
from callflow.storage.messages import proofs
from callflow.storage.records import documents


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """One message, what goes with it, and what was said of it, oldest first."""

    message: Message
    document: Document | None
    proofs: Sequence[Proof]

    @property
    def to(self) -> str:
        """Where it goes; of a webhook only the host."""
        return shown(self.message.channel, self.message.to)

    @property
    def fault(self) -> str:
        """Why the last try failed; "" where none did."""
        return self.message.last_error.partition(": ")[0]

    @property
    def detail(self) -> str:
        """What the far end said of that."""
        return self.message.last_error.partition(": ")[2]

    @property
    def to_stamp(self) -> bool:
        """True where it is a letter that lies in the folder."""
        lies = self.message.channel is Channel.POST and self.message.state is MessageState.SENT
        return lies and all(proof.stage is not Stage.POSTED for proof in self.proofs)


def of_incident(tx: Tx, incident_id: str) -> list[Sent]:
    """What was to be told of an alarm, oldest first."""
    return with_proofs(tx, proofs.messages_of(tx, [incident_id]))


def with_proofs(tx: Tx, messages: Sequence[Message]) -> list[Sent]:
    """These messages, with what goes with them and was said of them."""
    if not messages:
        return []
    said = proofs.of_messages(tx, [message.id for message in messages])
    wanted = {message.document_id for message in messages if message.document_id}
    kept = {one: documents.get(tx, one) for one in wanted}
    return [
        Sent(
            message=message,
            document=kept.get(message.document_id or ""),
            proofs=said.get(message.id, ()),
        )
        for message in messages
    ]

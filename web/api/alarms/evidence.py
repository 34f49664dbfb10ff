"""``POST incidents/{id}/evidence``: an alarm's evidence file, for whoever asks; and the station's
key, by which others know that it is the station's."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from callflow.core.records.disclosure import Asked, Include
from callflow.core.records.masking import Requester, Third
from callflow.disclosure import verify
from callflow.handling.base.fields import Line, Long
from callflow.handling.records import disclosures
from web.access.bearer import Reader, Supervisor
from web.api.shapes import Body
from web.kit.problems import CONFLICT, NOT_FOUND, RESPONSES
from web.pages.records.evidence import answer, files_of
from web.station import Here

router = APIRouter(tags=["evidence"], responses=RESPONSES)


class EvidenceIn(Body):
    """Who asks, why and by what reference; what goes in."""

    requester: Requester
    name: Annotated[Line, Field(min_length=3, description="The service or firm, and who there")]
    reason: Annotated[Long, Field(min_length=3, description="And the legal ground")]
    reference: Annotated[Line, Field(min_length=3, description="The requisition, letter, claim")]
    recordings: Include = Include.RULE
    images: Include = Include.RULE
    also: list[Third] = Field(
        default_factory=list, max_length=5, description="Whose data is shown beyond the rule"
    )
    words: list[Line] = Field(
        default_factory=list, max_length=100, description="Names and words to mask as well"
    )


class KeyOut(BaseModel):
    """The key that evidence files are signed with, in hexadecimal."""

    algorithm: str
    key: str
    fingerprint: str


@router.post(
    "/incidents/{incident_id}/evidence",
    response_class=StreamingResponse,
    responses={
        **NOT_FOUND,
        **CONFLICT,
        200: {
            "content": {"application/zip": {}},
            "description": "report.pdf, recordings/, images/, signals.jsonl, logbook.jsonl,"
            " manifest.json with its signature, verify.py",
        },
    },
)
async def make_evidence(
    incident_id: str, body: EvidenceIn, caller: Supervisor, station: Here, request: Request
) -> StreamingResponse:
    """The evidence file, masked for whoever asks; who asked and why is written down first.
    `python3 verify.py` in it exits 0, or 1 and names the first wrong thing."""
    now = station.clock()
    asked = Asked(**{**body.model_dump(), "also": tuple(body.also), "words": tuple(body.words)})
    made = await station.store.write(
        lambda tx: disclosures.ask(tx, incident_id, asked, caller.name, now)
    )
    file = await files_of(request).made(made, caller.name)
    later = station.clock()
    await station.store.write(lambda tx: disclosures.taken(tx, made, caller.name, later))
    return answer(file)


@router.get("/evidence/key")
async def get_evidence_key(caller: Reader, station: Here) -> KeyOut:
    """The public key of evidence files: publish its fingerprint where others can look it up."""
    public = station.vault.public_key
    return KeyOut(algorithm="Ed25519", key=public.hex(), fingerprint=verify.fingerprint(public))

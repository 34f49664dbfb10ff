"""A plan as the API takes and gives it: JSON by the schema of the vocabulary, or YAML.

What a step may have is checked by ``call_plan`` alone; here only what no database could keep.
"""

import asyncio
import json
from datetime import datetime
from typing import Annotated, Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from callflow.core.plans import text as plan_text
from callflow.core.plans.call_plan import Level, Plan, json_schema, to_json
from callflow.handling.base.fields import Identifier, Line, every_text_storable
from web.api.shapes import Body
from web.kit.problems import ProblemError

#: Media types under which a plan is text.
YAML = frozenset({"application/yaml", "text/yaml", "application/x-yaml", "text/x-yaml"})
_SCHEMA = json_schema()


class PlanIn(Body):
    """A plan to publish, or to keep as a draft; its steps are as `callflow plan schema` says."""

    id: Identifier
    version: int | None = Field(None, ge=1, description="Given by the station")
    name: Line = ""
    steps: Annotated[list[dict[str, Any]], AfterValidator(every_text_storable)] = Field(
        min_length=1, max_length=100
    )

    def fields(self) -> dict[str, Any]:
        """What ``call_plan`` reads."""
        return self.model_dump(mode="json", exclude_unset=True)


class PlanOut(BaseModel):
    """One version of a plan."""

    id: str
    version: int
    name: str
    steps: list[dict[str, Any]] = Field(
        json_schema_extra={"items": _SCHEMA["properties"]["steps"]["items"]}
    )


class FindingOut(BaseModel):
    """Something found in a plan; `site` is empty where it is so at any site."""

    code: str = Field(description="Stable")
    level: Level
    step: str
    site: str
    field: str
    fr: str
    en: str


class Findings(BaseModel):
    """What a plan's validation found; `publishable`: nothing of it is an error."""

    publishable: bool
    findings: list[FindingOut]


class DraftOut(BaseModel):
    """What is being written, and from which version it goes on (0: a new plan)."""

    plan: PlanOut
    based_on: int
    changed_by: str
    changed_at: datetime


class VersionOut(BaseModel):
    """Who published a version when and why, and with which warnings."""

    model_config = ConfigDict(from_attributes=True)

    version: int
    published_by: str
    published_at: datetime
    why: str
    accepted: list[FindingOut]
    accepted_why: str


class ChangeOut(BaseModel):
    """One difference between two versions, in words in `fr` and `en`."""

    code: str
    step: str
    name: str
    before: str
    after: str
    fr: str
    en: str


class PublishIn(Body):
    """Why, and why the warnings don't keep it from being published."""

    why: Line = Field(min_length=1)
    accept_warnings: Line = ""


class RollBackIn(Body):
    """To which version, and why."""

    version: int = Field(ge=1, le=10**6)
    why: Line = Field(min_length=1)


class WhyIn(Body):
    """Why a plan is withdrawn, or brought back: it stands in the audit."""

    why: Line = Field(min_length=1)


# --- what is sent -------------------------------------------------------------------------

#: For OpenAPI: what ``sent_plan`` takes.
REQUEST: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": _SCHEMA},
            "application/yaml": {"schema": {"type": "string"}},
        },
    }
}
#: For OpenAPI: a plan comes as text where ``Accept`` asks for it.
AS_TEXT: dict[str, Any] = {"content": {"application/yaml": {"schema": {"type": "string"}}}}


async def sent_plan(request: Request) -> PlanIn:
    """Dependency: the plan in a request's body. Raises RequestValidationError, PlanError."""
    body = await request.body()
    kind = request.headers.get("content-type", "application/json").split(";")[0].strip().lower()
    if kind in YAML:
        fields: Any = await asyncio.to_thread(_from_text, body)
    elif kind == "application/json":
        fields = _from_json(body)
    else:
        raise ProblemError(415, f"a plan is application/json or application/yaml, not {kind}")
    try:
        return PlanIn.model_validate(fields)
    except ValidationError as error:
        raise RequestValidationError(
            [{**item, "loc": ("body", *item["loc"])} for item in error.errors()]
        ) from error


def _from_text(body: bytes) -> dict[str, Any]:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProblemError(422, f"the text is not UTF-8: byte {error.start}") from error
    return to_json(plan_text.parse(text).plan)


def _from_json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RequestValidationError(
            [{"type": "json_invalid", "loc": ("body",), "msg": f"this is no JSON: {error}"}]
        ) from error


def wants_text(request: Request) -> bool:
    """True where the answer is to be YAML."""
    accept = request.headers.get("accept", "")
    return any(part.split(";")[0].strip().lower() in YAML for part in accept.split(","))


def out(plan: Plan) -> PlanOut:
    """The plan as it is given."""
    return PlanOut.model_validate(to_json(plan))

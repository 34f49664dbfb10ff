"""Errors as RFC 9457 problems that name the field at fault."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from callflow.core.alarms.filing import Act, What
from callflow.core.plans.call_plan import PlanError
from callflow.handling.alarms.ends import filing
from callflow.handling.base.fields import bad_field
from callflow.handling.base.refusals import Changed
from callflow.handling.interventions.services import NotAllowed
from callflow.handling.plans.plans import Faulty
from callflow.handling.sites.contacts import SharedContact
from callflow.texts.law import GATE_REASONS

MEDIA_TYPE = "application/problem+json"


class FieldError(BaseModel):
    """One field of the request that can't be accepted."""

    field: str = Field(description="Its path, such as `contacts.0.code` or `query.since`")
    detail: str


class StillOpen(BaseModel):
    """One thing that keeps an incident from being filed."""

    what: What
    name: str = Field(description="The zone, the partition, the measure's words, the police's line")
    since: datetime
    who: str = Field(description="Who disarmed, opened the measure, called the police; or empty")
    key: str = Field("", description="What a signature names it by")
    due: datetime | None = Field(None, description="Its deadline")
    next: list[Act] = Field(default_factory=list, description="What would end it")


class Problem(BaseModel):
    """RFC 9457; `errors` names every field at fault, `holder` who has the incident (409).

    Where the law forbids a call, `reason` says why, `said` in words by language, and `missing`
    which verifications would open the gate. `open` is what keeps an incident from being filed, or
    what a supervisor is to see before signing (403). `findings` are what keeps a plan from being
    published. `sites` are the others, {id: name}, that a contact is changed for without `shared`.
    """

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    field: str | None = None
    errors: list[FieldError] | None = None
    holder: str | None = None
    reason: str | None = None
    said: dict[str, str] | None = None
    missing: list[str] | None = None
    findings: list[dict[str, str]] | None = None
    open: list[StillOpen] | None = None
    sites: dict[str, str] | None = None


class ProblemError(Exception):
    """Ends a request with a problem. ``field`` is the path of the one at fault; ``about``: what a
    page says behind the detail, in nobody's language."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        field: str | None = None,
        holder: str | None = None,
        headers: Mapping[str, str] | None = None,
        about: str = "",
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.field, self.holder = status, detail, field, holder
        self.about = about
        self.headers = dict(headers or {})


def not_found(what: str) -> ProblemError:
    """404 for something that isn't there."""
    return ProblemError(404, f"there is no {what} of this id")


def response(
    status: int,
    detail: str = "",
    *,
    errors: Sequence[FieldError] = (),
    field: str | None = None,
    holder: str | None = None,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> JSONResponse:
    """The problem as an answer; ``more`` are the fields of a Problem that few have."""
    if field is not None and not errors:
        errors = [FieldError(field=field, detail=detail)]
    problem = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        field=errors[0].field if errors else None,
        errors=list(errors) or None,
        holder=holder,
        **more,
    )
    return JSONResponse(
        problem.model_dump(mode="json", exclude_none=True),
        status,
        headers=dict(headers or {}),
        media_type=MEDIA_TYPE,
    )


def of_error(error: ProblemError) -> JSONResponse:
    """The answer for a ProblemError."""
    return response(
        error.status, error.detail, field=error.field, holder=error.holder, headers=error.headers
    )


def of_validation(error: RequestValidationError) -> JSONResponse:
    """422 with every field at fault; what was sent is not repeated (it may be a secret)."""
    errors = [_field_error(item) for item in error.errors()]
    named = ", ".join(dict.fromkeys(e.field for e in errors if e.field))
    first = errors[0].detail if errors else ""
    return response(422, f"{named}: {first}" if named else first, errors=errors)


def _field_error(item: Mapping[str, Any]) -> FieldError:
    wrong = bad_field(item)
    where = wrong.field if item["type"] != "json_invalid" else ""
    field = where.removeprefix("body").removeprefix(".")
    return FieldError(field=field or "body", detail=wrong.said)


def of_gate(error: NotAllowed) -> JSONResponse:
    """409 for a call that the law forbids as things stand, with what to do."""
    said = dict(zip(("fr", "en"), GATE_REASONS[error.gate.reason], strict=True))
    missing = [means.value for means in error.gate.missing]
    return response(409, str(error), reason=error.gate.reason.value, said=said, missing=missing)


def of_open(error: filing.StillOpen | filing.NeedsSupervisor) -> JSONResponse:
    """409 for what can't be filed as things stand, 403 for what takes a supervisor beside."""
    status = 403 if isinstance(error, filing.NeedsSupervisor) else 409
    found = [StillOpen.model_validate(one, from_attributes=True) for one in error.open]
    return response(status, str(error), open=found)


def of_plan(error: PlanError) -> JSONResponse:
    """422 for a plan that can't be used; its message says where."""
    return response(422, str(error), field=error.field)


def of_faulty(error: Faulty) -> JSONResponse:
    """422 for a plan that can't be published, with everything that keeps it from it."""
    errors = [FieldError(field=f.field, detail=f.said()) for f in error.findings]
    found = [finding.to_json() for finding in error.findings]
    return response(422, str(error), errors=errors, findings=found)


def of_shared(error: SharedContact) -> JSONResponse:
    """409 with the other sites whose contact it is."""
    return response(409, str(error), field=error.field, sites=error.sites)


def of_changed(error: Changed) -> JSONResponse:
    """412 for a draft that somebody else changed meanwhile, with its present ETag."""
    headers = {"ETag": f'"{error.revision}"'} if error.revision else None
    return response(412, str(error), headers=headers)


def _documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {s: {"model": Problem, "description": HTTPStatus(s).phrase} for s in statuses}


#: What operations may answer, for OpenAPI.
RESPONSES = _documented(400, 401, 403, 413, 422, 503)
NOT_FOUND = _documented(404)
CONFLICT = _documented(409)
TOO_MANY = _documented(429)
PRECONDITION = _documented(412, 428)

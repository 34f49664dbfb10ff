"""The schema of a plan, made from the vocabulary: for people, for OpenAPI and for editors."""

from collections.abc import Iterator, Mapping
from typing import Any

from callflow.core.plans.call_plan.plan import DEFAULTS, ENUMS, FLAGS, LISTS, WHOLE
from callflow.core.plans.call_plan.soundness import (
    LONGEST_CODE,
    LONGEST_ID,
    LONGEST_NAME,
    LONGEST_TEXT,
    MOST_STEPS,
)
from callflow.core.plans.call_plan.vocabulary import (
    BOUNDS,
    CALLING,
    CONTINUE,
    ENDS,
    FIELDS,
    LIMITS,
    NORMAL_BOUNDS,
    WHO,
    StepKind,
)
from callflow.core.sites.site import Authority, Role

#: What each kind of step does.
KINDS: Mapping[StepKind, str] = {
    StepKind.COUNTER_CALL: "calls the premises, a little apart",
    StepKind.CALL_LIST: "calls people until one settles it",
    StepKind.QUESTION: "calls people and asks a question that is answered by a key",
    StepKind.MESSAGE: "calls people, says a message and has it acknowledged by a key",
    StepKind.VOICE_FIRST: "calls the device back and brings a human at once",
    StepKind.SEND_GUARD: "asks guard firms in order: accepted, on site, report",
    StepKind.HAND_TO_OPERATOR: "an operator takes it; without outcomes the plan ends there",
    StepKind.EMERGENCY_SERVICE: "an operator calls police, fire or medical",
    StepKind.ACT_ON_PANEL: "an operator acts on the panel, the panel confirms",
    StepKind.LISTEN_IN: "an operator listens to the site",
    StepKind.FETCH_IMAGES: "fetches stills of the declared cameras",
    StepKind.NOTIFY: "sends a mail, an SMS, a fax or a webhook; prints or posts the alarm's report",
    StepKind.WAIT: "waits for a restore, so many seconds, or until an hour",
    StepKind.SET_ON_TEST: "sets zones on test",
    StepKind.PROTECTIVE_MEASURE: "opens a protective measure, with an end",
    StepKind.GO_TO: "goes back to an earlier step, so many times in one alarm",
    StepKind.CLOSE: "closes with a resolution code: only after an answer that justifies it",
}

#: What each setting means.
MEANINGS: Mapping[str, str] = {
    "id": "the step's identifier, once in the plan; outcomes lead to it",
    "kind": "what the step does",
    "name": "what people call the step; left out: by what it does",
    "text": "what the operator is told, or what is said on the phone, or written",
    "outcomes": "the step that follows each end; left out: an operator, or the next person",
    "limit_s": "seconds that the step may last; then its outcome is overdue",
    "who": "whom to call, in order: {role: …}, {authority: …} or {contact: …}",
    "mode": "whether people are called one after the other",
    "attempts": "how often each person is called",
    "delay_s": "seconds between two attempts to one person",
    "ring_s": "seconds that a phone rings; left out: the station's setting",
    "stop": "when the list is done: first_valid, n_valid (so many must agree) or all",
    "valid": "people who must agree, where stop is n_valid",
    "call_back": "whether people may ask, once, to be called again in ten minutes",
    "identify": "whether a code is asked before anything is said",
    "answers": "what the keys mean, key 1 first",
    "checklist": "what the operator must tick off",
    "accept_s": "seconds within which a firm accepts, or the next is asked",
    "arrive_s": "seconds within which the guard is on site, once accepted",
    "report_s": "seconds within which the guard reports, once on site",
    "service": "which service is called",
    "command": "what is done at the panel",
    "zones": "which zones; left out: all",
    "channel": "how it goes out",
    "to": "an address (printed: a printer, or the first; posted: or the site's), or the step that a"
    " go_to goes back to",
    "subject": "of a mail",
    "report": "the alarm's report that goes with a mail or a fax, is printed or posted",
    "confirm": "whether the plan waits until it is delivered",
    "until": "an hour of the site, such as 08:00",
    "restore": "whether the wait ends when every zone is restored",
    "minutes": "how long what it opens lasts",
    "measure": "which protective measure; the site's first guard firm keeps watch and goes round",
    "report_every": "minutes between two reports of it; 0: none is asked for",
    "times": "how often it may be taken in one alarm; then its outcome is exhausted",
    "code": "the resolution code",
}


def settings(kind: StepKind) -> tuple[str, ...]:
    """Every setting of a step of ``kind``, in the order in which it is written."""
    return ("id", "kind", "name", "text", *FIELDS[kind], *(("outcomes",) if ENDS[kind] else ()))


def json_schema() -> dict[str, Any]:
    """JSON Schema of a plan, complete in itself; every kind with its settings and outcomes."""
    steps = [step_schema(kind) for kind in StepKind]
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["id", "steps"],
        "properties": {
            "id": {"type": "string", "minLength": 1, "maxLength": LONGEST_ID},
            "version": {"type": "integer", "minimum": 1, "description": "Given by the station"},
            "name": {"type": "string", "maxLength": 200},
            "normal_s": {
                "type": ["number", "null"],
                "minimum": NORMAL_BOUNDS[0],
                "maximum": NORMAL_BOUNDS[1],
                "description": "Seconds that a treated site has to be normal; left out: the"
                " station's setting",
            },
            "steps": {
                "type": "array",
                "minItems": 1,
                "maxItems": MOST_STEPS,
                "items": {"oneOf": steps},
            },
        },
    }


def step_schema(kind: StepKind) -> dict[str, Any]:
    """JSON Schema of a step of ``kind``."""
    return {
        "title": kind.value,
        "description": KINDS[kind],
        "type": "object",
        "additionalProperties": False,
        "required": ["id", "kind"],
        "properties": {name: _property(kind, name) for name in settings(kind)},
    }


def _property(kind: StepKind, name: str) -> dict[str, Any]:
    return {**_type(kind, name), "description": MEANINGS[name]}


def _type(kind: StepKind, name: str) -> dict[str, Any]:
    if name == "kind":
        return {"const": kind.value}
    if name == "outcomes":
        ends = {str(end): {"type": "string"} for end in sorted(ENDS[kind])}
        return {"type": "object", "additionalProperties": False, "properties": ends}
    if name == "who":
        return {"type": "array", "items": {"oneOf": _selectors()}}
    if name in ENUMS:
        return {"enum": [word.value for word in ENUMS[name]]}
    if name in FLAGS:
        return {"type": "boolean"}
    if name in LISTS:
        return {"type": "array", "items": {"type": "string"}}
    if name in BOUNDS:
        least, most = BOUNDS[name]
        of = "integer" if name in WHOLE else "number"
        null = [] if DEFAULTS[name] is not None else ["null"]
        return {"type": [of, *null] if null else of, "minimum": least, "maximum": most}
    longest = _LONGEST.get(name)
    return {"type": "string"} if longest is None else {"type": "string", "maxLength": longest}


#: Characters of a text, where it has a bound of its own.
_LONGEST: Mapping[str, int] = {
    "id": LONGEST_ID,
    "name": LONGEST_NAME,
    "code": LONGEST_CODE,
    "text": LONGEST_TEXT,
}


def _selectors() -> list[dict[str, Any]]:
    values: dict[str, dict[str, Any]] = {
        "role": {"enum": [role.value for role in Role]},
        "authority": {"enum": [authority.value for authority in Authority]},
        "contact": {"type": "string", "maxLength": LONGEST_ID},
    }
    return [
        {
            "type": "object",
            "additionalProperties": False,
            "required": [name],
            "properties": {name: value},
        }
        for name, value in values.items()
    ]


# --- as people read it ------------------------------------------------------------------------


def described() -> str:
    """The schema as text: every kind of step, its settings with bounds and defaults, its ends."""
    return "\n".join(
        [
            "A plan is YAML or JSON: id, name, steps. A run begins at the first step; every step",
            "ends with one outcome, which leads to another step, or to an operator.",
            "Only a go_to leads back. A closure needs an answer that justifies it.",
            "",
            *(line for kind in StepKind for line in _described(kind)),
        ]
    )


def _described(kind: StepKind) -> Iterator[str]:
    yield f"{kind}: {KINDS[kind]}"
    for name in settings(kind):
        if name not in ("id", "kind", "outcomes"):
            yield f"  {name:<10} {MEANINGS[name]}{_bounds(kind, name)}"
    if ENDS[kind]:
        yield f"  {'outcomes':<10} {', '.join(sorted(ENDS[kind]))}"
    if kind in CALLING:
        yield f"  {'':<10} (each may lead to {CONTINUE}, but exhausted, nobody_available, overdue)"
    yield ""


def _bounds(kind: StepKind, name: str) -> str:
    if name in ENUMS:
        said = ", ".join(ENUMS[name])
    elif name in BOUNDS:
        said = "{:g} to {:g}".format(*BOUNDS[name])
    else:
        said = "true or false" if name in FLAGS else ""
    default = _default(kind, name)
    parts = [part for part in (said, f"default {default}" if default else "") if part]
    return f" [{'; '.join(parts)}]" if parts else ""


def _default(kind: StepKind, name: str) -> str:
    if name == "limit_s" and kind in LIMITS:
        return f"{LIMITS[kind]:g}"
    if name == "who":
        return f"{{role: {WHO[kind]}}}" if kind in WHO else ""
    value = DEFAULTS[name]
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value) if value not in (None, "", ()) else ""

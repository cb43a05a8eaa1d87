"""Schemathesis over the whole API: whatever is asked, well formed or not, is answered as documented and never by a 500.

The run is deterministic: a failure seen once is seen each time, and its report holds the request as a curl command.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from receipts import BODIES, Handed, drafts_of, hand_in_at_every_stage
from schemathesis.engine import events, from_schema
from schemathesis.python.asgi import shutdown_lifespans
from starlette.testclient import TestClient

from service_catalog.app import create_app
from service_catalog.appeals.rulebook import REGISTERS
from service_catalog.kernel.database import make_engine
from service_catalog.settings import Settings

pytestmark = pytest.mark.strictest_only

NOW = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)
BEHIND_A_KEY = 3
"""So many examples are enough where all are answered by 401; what is asked with a key stands in tests of its own."""
ACCEPTED = ["2xx", "3xx", "401", "403", "404", "409"]
CHECKS = {
    # A 500 is what this run is for; but no 5xx at all is right here, 501 and 503 included.
    "not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx"]},
    "positive_data_acceptance": {"expected-statuses": ACCEPTED},
    # Left as they are: status codes, content types, schemas and headers of answers, refusal of what the schema
    # forbids, 405 with Allow for other methods. The checks of credentials have nothing to look at: all routes are public.
}
ALSO_RIGHT = {
    # Any string may be asked as a code; which ones can be read is more than a schema can say (422 code-unreadable),
    # and a guide that ended answers 410.
    "^/v1/guides": ["410", "422"],
    # The check digit of a number, a region or an item that does not exist, a file that is none of those taken, words that
    # hint at an emergency: more than a schema can say.
    "^/v1/appeals": ["422"],
    # Whatever comes after in a list of numbers is one.
    "^/v1/questions$": ["422"],
    # A place in the feed that is older than tombstones are kept, or ahead of the log; kinds are words of a list.
    "^/v1/feed": ["410", "422"],
    "^/v1/(snapshot|digest)$": ["422"],
    # Figures are of the league and its banners, and of years that are over.
    "^/v1/public/appeal-figures": ["422"],
    # A draft is any object; what is wrong in it as a whole is said by 422, element by element by 200.
    "/check$": ["422"],
}
KINDS = {
    "/v1/regions/{code}": "region",
    "/v1/agencies/{code}": "agency",
    "/v1/public/agencies/{code}": "agency",
    "/v1/implementations/{code}": "implementation",
    "/v1/guides/{code}": "guide",
    "/v1/codes/{code}": "guide",
    "/problems/{name}": "problem",
    "/v1/calendars/{year}": "year",
    "/v1/appeal-rules/{name}": "rules",
    "/v1/questions/{number}": "question",
    "/v1/snapshots/{name}": "snapshot",
    "/v1/public/appeal-figures region": "banner",
    "basic_code": "item",
    "region": "region",
    "within": "region",
    "/v1/regions parent": "region",
    "/v1/agencies parent": "agency",
    "agency": "agency",
    "as_of": "day",
}
"""Which real values a parameter takes: by its path, its path and name, or its name."""
STEPS = {f"/v1/appeals/{{number}}{f'/{step}' if step else ''}": step for step in ("", *BODIES)}
KINDS |= {f"{path} number": f"number {step}" for path, step in STEPS.items()}
KINDS |= {f"{path} Query-Code": f"code {step}" for path, step in STEPS.items()}
IN_BODIES = {
    path: {"body.region": "region", "body.item": "implementation"} for path in ("/v1/appeals", "/v1/appeals/preview")
}
RATES: dict[str, Any] = {
    name: "1000000/hour" for name in Settings.model_fields if name.endswith(("_per_address", "_per_key", "_codes"))
}
"""Nobody is held up: 429 is for who asks too often, and what this run is for would hide behind it."""


class Run:
    """What was asked and answered in one run over an application, and what was wrong."""

    def __init__(self, schema: schemathesis.BaseSchema) -> None:
        self.answered: dict[str, set[int]] = defaultdict(set)
        self.phases: dict[str, set[str]] = defaultdict(set)
        self.faults: list[str] = []
        for event in from_schema(schema).execute():
            if isinstance(event, events.NonFatalError):
                self.faults.append(f"{event.label}: {event.value}\n{event.info.code_sample or ''}")
            elif isinstance(event, events.FatalError):
                raise event.exception
            elif isinstance(event, events.ScenarioFinished):
                self._take(event)

    def _take(self, event: events.ScenarioFinished) -> None:
        recorder = event.recorder
        for number, exchange in recorder.interactions.items():
            operation = recorder.cases[number].value.operation.label
            if exchange.response is not None:
                self.answered[operation].add(exchange.response.status_code)
                self.phases[operation].add(event.phase.value)
        for checks in recorder.checks.values():
            for check in checks:
                if check.failure_info is not None:
                    failure = check.failure_info.failure
                    said = f"{failure.operation}: {check.name}: {failure.title}\n{failure.message}"
                    self.faults.append(f"{said}\n{check.failure_info.code_sample}\n")


def kind_of(path: str, name: str) -> str | None:
    prefix = path.partition("}")[0] + "}"
    return KINDS.get(f"{path} {name}") or KINDS.get(name) or (KINDS.get(prefix) if f"{{{name}}}" in path else None)


def real_values(seeded: TestClient) -> dict[str, list[Any]]:
    """Codes of the seeded catalogue, so that the requests get past the first 404."""

    def column(address: str, key: str) -> list[str]:
        return [line[key] for line in seeded.get(f"{address}?limit=500").json()["items"]]

    implementations = column("/v1/implementations", "implementation_code")[::10]
    return {
        "region": ["152921110201", "152921", "152921110", *column("/v1/regions", "code")[::10]],
        "agency": column("/v1/agencies", "code")[::10],
        "item": ["150709001000", *column("/v1/basic-items", "basic_code")[::3]],
        "implementation": implementations,
        "guide": [*implementations, *(f"{code}01" for code in implementations[::3])],
        "problem": ["invalid-request", "no-such-item", "guide-ended", "code-split", "unheard-of"],
        "day": ["2026-06-01", "2026-01-01", "2027-01-01", "1949-10-01", "2999-12-31"],
        "banner": ["152900000000", "152921000000", "152921", "152921110"],
        "year": [2026, 2025, 2027],
        "rules": [*REGISTERS, "unheard-of"],
    }


def what_people_hold(handed: Handed) -> dict[str, list[Any]]:
    """Numbers and query codes for each step; a code stands where its number stands, for it opens no other."""
    values: dict[str, list[Any]] = {"question": [handed.question, handed.question + 1]}
    for step, receipts in handed.receipts.items():
        values[f"number {step}"] = [receipt.number for receipt in receipts]
        values[f"code {step}"] = [receipt.query_code for receipt in receipts]
    return values


def with_real_values(document: dict[str, Any], values: dict[str, list[Any]], drafts: list[Any]) -> dict[str, Any]:
    """The contract with examples: the first two phases start from them, the first of each parameter together, and so on."""
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                if kind := kind_of(path, parameter["name"]):
                    parameter["examples"] = _examples(values[kind][:5])
                if parameter["name"] == "File-Name":
                    parameter["examples"] = _examples(["note.txt"])
            for body in operation.get("requestBody", {}).get("content", {}).values():
                if path.endswith("/check"):
                    body["examples"] = _examples(drafts)
                    body["schema"] = {"anyOf": [_elements(document), body["schema"]]}
                elif path in IN_BODIES:
                    body["examples"] = _examples(drafts_of(values["implementation"][0]))
                elif path in STEPS:
                    body["examples"] = _examples([BODIES[STEPS[path]]])
    return document


def _examples(values: Sequence[Any]) -> dict[str, Any]:
    return {str(place): {"value": value} for place, value in enumerate(values)}


def _elements(document: dict[str, Any]) -> dict[str, Any]:
    """Drafts of single elements, as an agency tries them; availability and entrusting are judged as a whole, before all."""
    schema = dict(document["components"]["schemas"]["LocalContent"])
    whole = {"availability", "entrusting_agency", "power_source"}
    schema["properties"] = {name: one for name, one in schema["properties"].items() if name not in whole}
    del schema["required"]
    return schema


def is_shadowed(path: str, paths: Collection[str]) -> bool:
    """Tell whether other methods of an address belong to one with a parameter, as GET /appeals/preview to /appeals/{number}."""
    parent = path.rpartition("/")[0]
    return "{" not in path and any(other.startswith(f"{parent}/{{") and other.endswith("}") for other in paths)


def configuration(document: dict[str, Any], values: dict[str, list[Any]], examples: int) -> schemathesis.Config:
    operations: list[dict[str, Any]] = []
    for path, methods in document["paths"].items():
        named = [(one["in"], one["name"]) for operation in methods.values() for one in operation.get("parameters", ())]
        kinds = {f"{place}.{name}": kind for place, name in named if (kind := kind_of(path, name))}
        bound = {
            name: {"dictionary": kind, "probability": 0.7}
            for name, kind in (kinds | IN_BODIES.get(path, {})).items()
            if kind in values
        }
        operations.append({"include-path": path, "parameters": bound})
        if all(operation.get("security") for operation in methods.values()):
            operations[-1] |= {
                "generation": {"max-examples": BEHIND_A_KEY}, "phases": {"coverage": {"enabled": False}}
            }  # fmt: skip
        if is_shadowed(path, document["paths"]):
            operations[-1] |= {"checks": {"allow_header_conformance": {"enabled": False}}}
    for pattern, statuses in ALSO_RIGHT.items():
        also = {"positive_data_acceptance": {"expected-statuses": ACCEPTED + statuses}}
        operations.append({"include-path-regex": pattern, "checks": also})
    return schemathesis.Config.from_dict(
        {
            "seed": 1,
            "continue-on-failure": True,
            "request-timeout": 60,  # the others on the same machine are busy, too
            "generation": {"deterministic": True, "max-examples": examples, "database": "none"},
            "checks": CHECKS,
            "dictionaries": {name: {"values": listed} for name, listed in values.items()},
            "operations": operations,
        }
    )


@pytest.fixture(scope="module")
def run(seeded: TestClient, own_seeded_url: str) -> Iterator[Run]:
    """One run over the seeded catalogue at noon of 2026-06-01, with appeals at every stage; some thousands of requests."""
    values = real_values(seeded)
    settings = Settings(database_url=own_seeded_url, feed_longest_wait_seconds=0, **RATES)
    engine = make_engine(own_seeded_url)
    with TestClient(create_app(settings, clock=lambda: NOW)) as client:
        values["snapshot"] = [client.get("/v1/snapshot").headers["content-location"].rpartition("/")[2], "unheard-of"]
        values |= what_people_hold(hand_in_at_every_stage(client, engine, values["implementation"][0], NOW))
    engine.dispose()
    drafts = [seeded.get(f"/v1/implementations/{code}").json()["local"] for code in values["implementation"][:40:4]]
    document = with_real_values(seeded.get("/openapi.json").json(), values, drafts)
    config = configuration(document, values, examples=10)
    schema = schemathesis.openapi.from_dict(document, config=config)
    schema.app = create_app(settings, clock=lambda: NOW)
    yield Run(schema)
    shutdown_lifespans()


def test_whatever_is_asked_is_answered_as_documented(run: Run) -> None:
    kinds = dict.fromkeys("\n".join(fault.splitlines()[:3]) for fault in run.faults)
    assert not run.faults, "\n".join([f"{len(run.faults)} faults", *kinds, "", *run.faults[:10]])


def test_every_address_was_asked_rightly_and_wrongly(seeded: TestClient, run: Run) -> None:
    operations = {
        f"{method.upper()} {path}": operation
        for path, methods in seeded.get("/openapi.json").json()["paths"].items()
        for method, operation in methods.items()
    }
    asked_rightly = {
        name: {401} if operation.get("security") else {int(status) for status in operation["responses"] if status < "3"}
        for name, operation in operations.items()
    }
    asked_wrongly = {name: {401} if operation.get("security") else {404, 422} for name, operation in operations.items()}

    assert set(run.answered) == set(operations)
    assert {name for name, expected in asked_rightly.items() if not run.answered[name] & expected} == set()
    assert {name for name, expected in asked_wrongly.items() if not run.answered[name] & expected} == set()
    expected = {
        name: {"fuzzing"} if operation.get("security") else {"coverage", "fuzzing"}
        for name, operation in operations.items()
    }
    assert {name for name, phases in run.phases.items() if not phases >= expected[name]} == set()


def test_such_a_run_finds_a_500_and_an_undocumented_answer() -> None:
    app = FastAPI()

    @app.get("/halves/{number}")
    def halve(number: int) -> dict[str, float]:
        return {"half": 1 / number}

    @app.get("/doors/{number}", response_model=dict[str, int])
    def open_door(number: int) -> Response:
        return JSONResponse({"door": "open"}, 200 if number > 0 else 409)

    schema = schemathesis.openapi.from_dict(app.openapi(), config=configuration(app.openapi(), {}, examples=20))
    schema.app = app

    faults = "\n".join(Run(schema).faults)

    assert "GET /halves/{number}: division by zero" in faults
    assert "GET /doors/{number}: response_schema_conformance" in faults
    assert "GET /doors/{number}: status_code_conformance" in faults

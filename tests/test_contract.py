"""schemas/ is the published contract: up to date, valid, kept by the seeds and by what the API answers."""

import json
from collections.abc import Iterator
from datetime import date, time
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from builders import SEED_DATA
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from service_catalog.contract import DIALECT, DOCUMENTS, as_text, contract
from service_catalog.kernel.patching import merged
from service_catalog.kernel.problems import MEDIA_TYPE

SCHEMAS = Path(__file__).parent.parent / "schemas"
GACHA, RESIDENCE_PERMIT = "152921110201", "150709001000"
PROBLEMS = {
    "/v1/guides?basic_code=150709001000&region=999999": (404, "no-such-region"),
    "/v1/guides?basic_code=150799999999&region=152921": (404, "no-such-item"),
    "/v1/guides/nonsense": (422, "code-unreadable"),
    "/v1/regions?limit=0": (422, "invalid-request"),
    "/v1/agencies/000000000000000000": (404, "no-such-agency"),
    "/v2": (404, "not-found"),
}


def committed(name: str) -> Any:
    return json.loads((SCHEMAS / name).read_text(encoding="utf-8"))


@cache
def generated() -> dict[str, dict[str, Any]]:
    return contract()


def as_json(value: Any) -> Any:
    """What YAML read, as JSON would have it."""
    if isinstance(value, dict):
        return {str(key): as_json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_json(inner) for inner in value]
    return value.isoformat() if isinstance(value, date | time) else value


def closed(schema: Any) -> Any:
    """The same schema, refusing members it does not name: shows what is answered but not documented."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    parts = {key: closed(part) for key, part in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        parts["additionalProperties"] = schema.get("additionalProperties", False)
    return parts


def faults(schema: Any, document: Any) -> list[str]:
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(document)]


def yaml_files(folder: str) -> Iterator[tuple[str, Any]]:
    for path in sorted((SEED_DATA / folder).glob("*.yaml")):
        yield path.name, yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def seeded_documents(kind: str) -> Iterator[tuple[str, Any]]:
    """Every document of a kind that the seeds hold, with words to find it again."""
    if kind == "item-content":
        for name, row in yaml_files("basic_items"):
            yield name, row["content"]
            for number, edition in enumerate(row.get("later_editions", ()), start=2):
                yield f"{name} edition {number}", merged(row["content"], edition.get("changes", {}))
    elif kind == "agency-facts":
        for name, file in yaml_files("agencies"):
            yield from ((f"{name} {row['code']}", row["facts"]) for row in file["agencies"])
    else:
        for name, file in yaml_files("implementations"):
            for row in file["implementations"]:
                yield f"{name} {row['agency_code']} {row['basic_code']}", row["content"]


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in generated()["openapi.json"]["paths"].items():
        yield from ((f"{method.upper()} {path}", operation) for method, operation in methods.items())


def test_the_committed_contract_is_what_the_code_says() -> None:
    assert {path.name for path in SCHEMAS.iterdir()} == set(generated()), "run `make contract`"
    stale = [
        name for name, file in generated().items() if (SCHEMAS / name).read_text(encoding="utf-8") != as_text(file)
    ]
    assert not stale, f"{', '.join(stale)} changed: run `make contract`, and look at the difference before publishing"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_schema_is_valid_draft_2020_12(name: str) -> None:
    schema = committed(f"{name}.json")

    Draft202012Validator.check_schema(schema)

    assert (schema["$schema"], schema["$id"]) == (DIALECT, f"{name}.json")
    assert schema["title"]


@pytest.mark.parametrize(("kind", "at_least"), [("item-content", 80), ("local-content", 1000), ("agency-facts", 300)])
def test_what_the_seeds_say_is_right_by_the_published_schema(kind: str, at_least: int) -> None:
    schema = committed(f"{kind}.json")

    checked = {words: faults(schema, as_json(document)) for words, document in seeded_documents(kind)}

    assert {words: found for words, found in checked.items() if found} == {}
    assert len(checked) >= at_least


@pytest.mark.parametrize("kind", ["item-content", "local-content", "agency-facts"])
def test_a_misspelt_element_is_refused_by_the_published_schema(kind: str) -> None:
    _, document = next(seeded_documents(kind))

    assert faults(committed(f"{kind}.json"), as_json(document) | {"materails": []})


def test_the_guides_of_every_item_say_what_is_documented_and_no_more(seeded: TestClient) -> None:
    schema = closed(committed("guide.json"))
    codes: dict[str, str] = {}
    page = seeded.get("/v1/implementations?limit=500").json()
    while True:
        codes |= {line["basic_code"]: line["implementation_code"] for line in page["items"]}
        if page["next"] is None:
            break
        page = seeded.get(page["next"]).json()

    found = {code: faults(schema, seeded.get(f"/v1/guides/{code}").json()) for code in codes.values()}

    assert {code: wrong for code, wrong in found.items() if wrong} == {}
    assert len(found) >= 80


@pytest.mark.parametrize("region", [GACHA, "152921110", "152921", "152923", "1529"])
def test_the_nearest_guide_says_what_is_documented_and_no_more(seeded: TestClient, region: str) -> None:
    address = f"/v1/guides?basic_code={RESIDENCE_PERMIT}&region={region.ljust(6, '0')}"

    answer = seeded.get(address)

    assert answer.status_code == 200, answer.text
    assert faults(closed(committed("nearest-guide.json")), answer.json()) == []


@pytest.mark.parametrize("profile", ["catalogue", "vectors"])
@pytest.mark.parametrize(
    "code", [RESIDENCE_PERMIT, "11152921DM130003485150709001000", "11152921DM13000348515070900100001", "汉字", "0" * 24]
)
def test_an_explained_code_says_what_is_documented_and_no_more(seeded: TestClient, code: str, profile: str) -> None:
    answer = seeded.get(f"/v1/codes/{code}?profile={profile}")

    assert answer.status_code == 200
    assert faults(closed(committed("explained-code.json")), answer.json()) == []


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("address", PROBLEMS)
def test_a_refusal_is_a_problem_as_published(seeded: TestClient, address: str, language: str) -> None:
    answer = seeded.get(address, headers={"Accept-Language": language})

    problem = answer.json()
    status, name = PROBLEMS[address]
    assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA_TYPE)
    assert faults(committed("problem.json"), problem) == []
    assert (problem["status"], problem["type"]) == (status, f"/problems/{name}")


def test_refusals_of_method_and_size_are_problems_as_published(seeded: TestClient) -> None:
    schema = committed("problem.json")
    code = "11152921DM130003485150709001000"
    wrong_method = seeded.delete(f"/v1/guides/{code}")
    too_large = seeded.post(f"/v1/implementations/{code}/check", json={"local_notes": "长" * 500_000})

    assert (wrong_method.status_code, too_large.status_code) == (405, 413)
    assert faults(schema, wrong_method.json()) == []
    assert faults(schema, too_large.json()) == []


def test_every_operation_is_described_named_and_sorted() -> None:
    names = [operation["operationId"] for _, operation in operations()]
    bare = [
        address
        for address, operation in operations()
        if not (operation.get("summary") and operation.get("description") and operation.get("tags"))
    ]

    assert bare == []
    assert len(set(names)) == len(names) >= 15


def test_every_operation_documents_its_refusals_as_problems() -> None:
    for address, operation in operations():
        refusals = {status: answer for status, answer in operation["responses"].items() if status[0] in "45"}
        assert "422" in refusals, address
        for status, answer in refusals.items():
            assert answer.get("description"), f"{address} {status}"
            assert list(answer.get("content", {})) == [MEDIA_TYPE], f"{address} {status}"
            assert answer["content"][MEDIA_TYPE]["schema"] == {"$ref": "#/components/schemas/Problem"}, address


def test_the_frameworks_own_error_shape_is_nowhere() -> None:
    text = as_text(generated()["openapi.json"])

    assert "ValidationError" not in text
    assert committed("openapi.json")["components"]["schemas"]["Problem"]["required"]


def test_what_is_served_is_the_contract(seeded: TestClient) -> None:
    assert seeded.get("/openapi.json").json() == generated()["openapi.json"]

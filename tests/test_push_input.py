"""Pushes that are no batch at all, or that no office would send: refused as a whole, or row by row, never with a 500."""

import json
from datetime import datetime
from typing import Any

import pytest
from builders import BANNER, BANNER_BUREAU, ITEM
from callers import key_for
from pushing import IMPLEMENTATIONS, OFFERED
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.actors import Role

pytestmark = pytest.mark.strictest_only

CODE = BANNER_BUREAU + "4" + ITEM
GOOD = {"record_id": "1", "implementation_code": CODE, "local": OFFERED}


@pytest.fixture
def office(session: Session, now: datetime) -> dict[str, str]:
    made = key_for(session, Role.COUNTY_OFFICE, region=BANNER, at=now)
    return made | {"Idempotency-Key": "batch-0001", "Content-Type": "application/json"}


def nested(levels: int) -> bytes:
    deep = b"[" * levels + b"1" + b"]" * levels
    return b'{"rows": [{"record_id": "1", "implementation_code": "%s", "local": {"x": %s}}]}' % (CODE.encode(), deep)


@pytest.mark.parametrize(
    ("body", "headers", "status", "pointer"),
    [
        (b"", {}, 422, ""),
        (b"{", {}, 422, ""),
        (b"[]", {}, 422, "/rows"),
        (b'{"rows": {}}', {}, 422, "/rows"),
        (b'{"rows": []}', {}, 422, "/rows"),
        (b'{"rows": [{}], "more": 1}', {}, 422, "/rows"),
        (json.dumps({"rows": [GOOD] * 10_001}).encode(), {}, 422, "/rows"),
        (b'{"rows": [NaN]}', {}, 422, ""),
        (b"\xff\xfe", {}, 422, ""),
        (nested(500), {}, 422, ""),
        (b"\n\n", {"Content-Type": "application/x-ndjson"}, 422, "/rows"),
        (b'{"rows": [{}]}', {"Content-Type": "text/plain"}, 422, "/header/Content-Type"),
        (b'{"rows": [{}]}', {"Idempotency-Key": "short"}, 422, "/header/Idempotency-Key"),
        (b'{"rows": [{}]}', {"Idempotency-Key": ""}, 422, "/header/Idempotency-Key"),
        (b'{"rows": [{}]}', {"Authorization": ""}, 401, None),
        (b'{"rows": [' + b" " * 40_000_000 + b"{}]}", {}, 413, None),
    ],
)
def test_what_is_no_batch_is_refused_as_a_whole(
    client: TestClient, office: dict[str, str], body: bytes, headers: dict[str, str], status: int, pointer: str | None
) -> None:
    answer = client.post(IMPLEMENTATIONS, content=body, headers=office | headers)

    assert answer.status_code == status, answer.text[:300]
    assert answer.headers["content-type"] == "application/problem+json"
    if pointer is not None:
        assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("row", "element"),
    [
        (GOOD | {"local": {"x": 1e300}}, "/local/x"),
        (GOOD | {"record_id": "a\0b"}, "/record_id"),
        (GOOD | {"record_id": ""}, "/record_id"),
        (GOOD | {"record_id": 7}, "/record_id"),
        (GOOD | {"local": []}, "/local"),
        (GOOD | {"local": OFFERED | {"local_notes": "a\0b"}}, "/local/local_notes"),
        (GOOD | {"local": OFFERED | {"a/b~c": 1}}, "/local/a~1b~0c"),
        (GOOD | {"local": OFFERED | {"materials": ["x"]}}, "/local/materials/0"),
        (GOOD | {"local": OFFERED | {"materials": [{"key": ["x"]}]}}, "/local/materials/0"),
        (GOOD | {"local": OFFERED | {"materials": {"key": "x"}}}, "/local/materials"),
        (GOOD | {"local": OFFERED | {"agency_code": "x"}}, "/local/agency_code"),
        (GOOD | {"local": OFFERED | {"effective_from": "2026-04-01"}}, "/local/effective_from"),
        (GOOD | {"seen": {"edition": 0}}, "/seen/edition"),
        (GOOD | {"seen": {"edition": 10**30}}, "/seen/edition"),
        (GOOD | {"seen": {"change_number": -1}}, "/seen/change_number"),
        (GOOD | {"seen": None}, "/seen"),
        (GOOD | {"implementation_code": CODE[:-1]}, "/implementation_code"),
        (GOOD | {"effective_from": "9999-12-31"}, "/effective_from"),
        (GOOD | {"local": OFFERED | {"consultation_channels": [{"way": "pigeon", "value": "x"}]}}, "/local/consultation_channels/0/way"),
        (7, ""),
        (None, ""),
    ],
)  # fmt: skip
def test_a_row_that_nobody_would_send_gets_its_receipt(
    client: TestClient, office: dict[str, str], row: Any, element: str
) -> None:
    answer = client.post(IMPLEMENTATIONS, content=json.dumps({"rows": [row]}), headers=office)

    assert answer.status_code == 207, answer.text[:300]
    [receipt] = answer.json()["receipts"]
    assert (receipt["outcome"], receipt["faults"][0]["element"]) == ("refused", element), receipt["faults"]
    page = client.get(f"/v1/push/{answer.json()['batch']}", headers=office)
    assert page.json()["items"] == [receipt]


def test_a_row_as_deep_as_can_be_read_is_answered(client: TestClient, office: dict[str, str]) -> None:
    answer = client.post(IMPLEMENTATIONS, content=nested(190), headers=office)

    assert answer.status_code == 207
    assert answer.json()["receipts"][0]["outcome"] == "refused"
    assert client.get(f"/v1/push/{answer.json()['batch']}", headers=office).status_code == 200


def test_a_number_that_no_json_can_hold_costs_its_row_alone(client: TestClient, office: dict[str, str]) -> None:
    body = b'{"rows": [{"record_id": "1", "local": {"x": 1e999}}, %s]}' % json.dumps(GOOD).encode()

    answer = client.post(IMPLEMENTATIONS, content=body, headers=office)

    assert [one["outcome"] for one in answer.json()["receipts"]] == ["refused", "drafted"]


@pytest.mark.parametrize("query", ["dry_run=maybe", "whole=2"])
def test_a_query_that_says_nothing_is_refused(client: TestClient, office: dict[str, str], query: str) -> None:
    answer = client.post(f"{IMPLEMENTATIONS}?{query}", content=json.dumps({"rows": [GOOD]}), headers=office)

    assert answer.status_code == 422


def test_receipts_are_asked_for_by_a_record_and_pages_by_a_place(client: TestClient, office: dict[str, str]) -> None:
    client.post(IMPLEMENTATIONS, content=json.dumps({"rows": [GOOD]}), headers=office)

    asked = [
        "/v1/push/receipts", "/v1/push/receipts?record_id=", "/v1/push/receipts?record_id=%00",
        "/v1/push/receipts?record_id=1&limit=0", "/v1/push/xyz",
    ]  # fmt: skip

    assert [client.get(address, headers=office).status_code for address in asked] == [422] * 5
    assert client.get("/v1/push/receipts?record_id=2", headers=office).json() == []
    assert len(client.get("/v1/push/receipts?record_id=1", headers=office).json()) == 1

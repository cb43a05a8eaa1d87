"""Appeals with their receipts, at each stage at which a person still has something to do."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from builders import TOWNSHIP
from httpx2 import Response
from sqlalchemy import Engine
from starlette.testclient import TestClient
from upkeeping import DESK, answer, ask, begin, vault_of

from service_catalog.appeals import publicity
from service_catalog.kernel.database import unit_of_work

OF_EACH = 3
"""Some of each: one that was rated, answered or taken back is done with."""
SMALL_FILE = "窗口的告示：本周五不办公。"


class Receipt(NamedTuple):
    """What a person keeps."""

    number: str
    query_code: str


class Handed(NamedTuple):
    """What was handed in, by what can be done to it."""

    receipts: Mapping[str, Sequence[Receipt]]
    """Step of the person (empty: to look) → receipts of appeals at which it can be taken."""
    question: int
    """Number of a published question."""


def drafts_of(implementation: str) -> list[dict[str, Any]]:
    """Return good appeals of several kinds."""
    return [
        {"kind": "help", "text": "窗口不收我的材料，请帮忙。", "item": implementation, "consents_to_publication": True},
        {"kind": "consultation", "text": "请问周六办不办？", "region": TOWNSHIP, "contact": {"phone": "13904831234"}},
        {"kind": "complaint", "text": "窗口多要一份复印件。", "item": implementation, "element": "/materials"},
        {"kind": "suggestion", "text": "建议延长办公时间。", "place": "巴彦浩特镇", "theme": "010"},
    ]


BODIES: Mapping[str, Any] = {
    "supplement": {"text": "三月一日受理的。"},
    "attachments": SMALL_FILE,
    "rating": {"grade": 1, "text": "谢谢"},
    "withdrawal": {"text": "已经解决"},
}
"""What is sent with each step."""


def hand_in_at_every_stage(client: TestClient, engine: Engine, implementation: str, at: datetime) -> Handed:
    """Hand in over HTTP, and bring some to where they wait for more or are answered."""
    vault, draft = vault_of(engine), drafts_of(implementation)[0]
    steps = ["", *BODIES]
    receipts = {step: [_receipt(client.post("/v1/appeals", json=draft)) for _ in range(OF_EACH)] for step in steps}
    for number in (receipt.number for step in ("supplement", "rating") for receipt in receipts[step]):
        begin(engine, vault, number, at)
    for receipt in receipts["supplement"]:
        ask(engine, vault, receipt.number, at, days=5)
    for receipt in receipts["rating"]:
        answer(engine, vault, receipt.number, at)
    with unit_of_work(engine) as session:
        shown = publicity.publish(
            session, vault, receipts["rating"][0].number, question="材料齐不齐怎么看？", answer="请看办事指南。",
            everywhere=False, by=DESK, at=at,
        )  # fmt: skip
        assert shown.id is not None
        return Handed(receipts, shown.id)


def _receipt(handed_in: Response) -> Receipt:
    assert handed_in.status_code == 201, handed_in.text
    return Receipt(handed_in.json()["number"], handed_in.json()["query_code"])

"""The rules of a push by themselves: what a conflict says, and how much of a body is read. No database."""

from datetime import date
from typing import Any

import pytest

from service_catalog.implementations.content import Offer
from service_catalog.implementations.gathering import Here
from service_catalog.implementations.tables import ImplementationEdition
from service_catalog.kernel.errors import InvalidRequest
from service_catalog.lifecycle.states import EditionKind, ItemState, WorkState
from service_catalog.push import rows
from service_catalog.push.conflicts import conflict_of
from service_catalog.push.rows import JSON, NDJSON, read_batch
from service_catalog.push.schemas import ImplementationRow

CODE = "11152921MB0000001X" + "4" + "150709001000"
TODAY = date(2026, 3, 10)


def edition(number: int, state: WorkState, holds: date | None = None) -> ImplementationEdition:
    return ImplementationEdition(
        implementation_code=CODE, number=number, state=state, kind=EditionKind.CHANGE, content={},
        availability=Offer.OFFERED, based_on_edition=1, drafted_by="李四",
        effective_from=holds, authors=[],
    )  # fmt: skip


def said(seen: dict[str, Any], *live: ImplementationEdition) -> str | None:
    """What a row that has seen this is told in Chinese."""
    row = ImplementationRow.model_validate({"record_id": "1", "implementation_code": CODE, "seen": seen, "local": {}})
    here = Here(None, None, live, len(live), 9, ItemState.IN_FORCE)
    conflict = conflict_of(row, here, TODAY, lambda author: author == "本办")
    return conflict.line.zh if conflict else None


def test_a_conflict_says_in_one_chinese_sentence_what_stands_in_the_way() -> None:
    third = edition(3, WorkState.PUBLISHED, date(2026, 1, 1))

    assert said({}, third) == "上报前未读取过本事项；现为第 3 版，未作改动"
    assert said({"edition": 2}, third) == "上次读取的是第 2 版，此处现为第 3 版，未作改动"
    assert said({"edition": 2}) == "上次读取的是第 2 版，此处没有已发布的版本，未作改动"
    assert said({"change_number": 5}, third) == "上次读取到变更号 5，此后又有变更（现为 9），未作改动"
    assert said({"edition": 3}, third) is None


@pytest.mark.parametrize(
    ("work", "words"),
    [
        (edition(4, WorkState.DRAFT), "第 4 版正在编制（李四，草稿），未作改动"),
        (edition(4, WorkState.SUBMITTED), "第 4 版正在编制（李四，待审核），未作改动"),
        (edition(4, WorkState.APPROVED), "第 4 版已批准，待发布，未作改动"),
        (edition(4, WorkState.APPROVED, date(2026, 4, 1)), "第 4 版已批准，2026-04-01 起生效，未作改动"),
    ],
)
def test_what_is_in_work_or_approved_for_a_later_day_is_said_in_chinese(
    work: ImplementationEdition, words: str
) -> None:
    assert said({"edition": 3}, edition(3, WorkState.PUBLISHED, date(2026, 1, 1)), work) == words


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (b"[]\n" * 20_001, NDJSON, "最多 10000 行"),
        (b"\n" * 20_001, NDJSON, "最多 10000 行"),
        (b"[]\n\n" * 10_001, NDJSON, "最多 10000 行"),
        (b"[" + b"[]," * 2_000_000 + b"[]]", NDJSON, "最多 4000000 个"),
        (b'{"rows":[' + b"[]," * 2_000_000 + b"[]]}", JSON, "最多 4000000 个"),
    ],
)
def test_a_body_of_too_many_rows_or_values_is_refused_before_it_is_read(
    body: bytes, kind: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*_: object, **__: object) -> None:
        raise AssertionError("it was read")

    monkeypatch.setattr(rows, "from_json", read)

    with pytest.raises(InvalidRequest) as refused:
        read_batch(body, kind, ImplementationRow)

    assert words in refused.value.faults[0].said.zh

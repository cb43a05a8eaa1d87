"""Handbook, elements §1 and §2: what the standard of a type must say, and what it has no place for."""

from datetime import datetime
from typing import Any

import pytest
from builders import (
    BANNER_BUREAU,
    EDITOR,
    FOUNDED,
    IN_FORCE_SINCE,
    REVIEWER,
    decision,
    item_content,
    item_plain,
    publish_item,
    publish_local,
)
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.basic_items import editing
from service_catalog.basic_items.content import ItemContent
from service_catalog.basic_items.drafts import read_draft
from service_catalog.basic_items.records import GUIDE_ELEMENTS, MAY_BE_EMPTY, has_guides
from service_catalog.coding import allocation
from service_catalog.kernel.errors import InvalidRequest

PENALTY = "150209001000"
GUIDE_BEARING = ["01", "05", "07", "08", "09", "10", "20"]
OF_TYPE: dict[str, dict[str, Any]] = {
    "02": {"punishment_method": "警告，并处二百元以上一千元以下罚款"},
    "03": {},
    "04": {"collect_type": "草原植被恢复费", "permits_reduction": False, "statutory_limit_explanation": "法律未规定"},
    "06": {},
}
"""What each type with a reduced record says of its own."""


def reduced(**changes: Any) -> dict[str, Any]:
    """A record of something that a body does without being asked."""
    whole = item_plain()
    kept = (
        "legal_basis", "exercise_levels", "guiding_department", "power_sources_by_level", "service_objects",
        "rights_and_duties",
    )  # fmt: skip
    return {"name": "对未按规定登记居住信息的处罚"} | {element: whole[element] for element in kept} | changes


def missing(content: dict[str, Any] | ItemContent, item_type: str) -> list[str]:
    return [fault.pointer for fault in read_draft(content, item_type).missing]


@pytest.mark.parametrize("item_type", GUIDE_BEARING)
@pytest.mark.parametrize("element", GUIDE_ELEMENTS)
def test_what_people_apply_for_must_say_everything_that_a_guide_shows(element: str, item_type: str) -> None:
    without = {name: value for name, value in item_plain().items() if name != element}

    assert missing(without, item_type) == [f"/{element}"]


@pytest.mark.parametrize(
    "element", sorted(set(GUIDE_ELEMENTS) & {"acceptance_conditions", "steps", "results", "channels"})
)
def test_what_must_be_said_is_not_said_by_an_empty_list(element: str) -> None:
    assert missing(item_plain(**{element: []}), "07") == [f"/{element}"]
    assert missing(item_content(**{element: []}), "07") == [f"/{element}"]


def test_an_item_may_need_no_paper() -> None:
    assert frozenset({"materials"}) == MAY_BE_EMPTY
    assert missing(item_plain(materials=[], handling_items=[]), "07") == []


def test_a_whole_standard_lacks_nothing() -> None:
    for item_type in GUIDE_BEARING:
        assert missing(item_plain(), item_type) == missing(item_content(), item_type) == []


def test_what_a_draft_does_not_say_is_still_missing_when_it_is_read_back() -> None:
    unfinished = read_draft({name: value for name, value in item_plain().items() if name != "is_charged"}, "07")
    from_document = read_draft(
        ItemContent.model_validate({name: value for name, value in item_plain().items() if name != "is_charged"}), "07"
    )

    assert missing(unfinished.plain, "07") == missing(from_document.plain, "07") == ["/is_charged"]


def test_where_the_law_sets_no_limit_the_standard_says_so() -> None:
    assert missing(item_plain(statutory_limit=None), "07") == ["/statutory_limit_explanation"]
    assert missing(item_plain(statutory_limit=None, statutory_limit_explanation="法律未规定"), "07") == []


@pytest.mark.parametrize(("item_type", "own"), OF_TYPE.items(), ids=OF_TYPE.keys())
def test_what_nobody_applies_for_has_a_reduced_record(item_type: str, own: dict[str, Any]) -> None:
    assert not has_guides(item_type)
    assert missing(reduced(**own), item_type) == []
    assert read_draft(reduced(**own), item_type).content is not None


@pytest.mark.parametrize(
    ("item_type", "elements"),
    [
        ("02", ["/punishment_method"]),
        ("03", []),
        ("04", ["/collect_type", "/permits_reduction", "/statutory_limit_explanation"]),
        ("06", []),
    ],
)
def test_each_type_says_what_is_its_own(item_type: str, elements: list[str]) -> None:
    assert missing(reduced(), item_type) == elements


@pytest.mark.parametrize(
    ("item_type", "content", "pointers"),
    [
        ("07", item_plain(punishment_method="罚款"), ["/punishment_method"]),
        ("02", reduced(punishment_method="罚款", collect_type="水资源费"), ["/collect_type"]),
        ("06", reduced(promised_limit={"amount": 5, "unit": "working_day"}, case_kind="2"), ["/promised_limit", "/case_kind"]),
        ("03", reduced(materials=item_plain()["materials"]), ["/materials"]),
    ],
)  # fmt: skip
def test_what_a_type_has_no_place_for_is_refused_by_name(
    item_type: str, content: dict[str, Any], pointers: list[str]
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_draft(content, item_type)

    assert [fault.pointer for fault in refused.value.faults] == pointers


def test_a_standard_that_lacks_what_its_type_must_say_is_not_reviewed(session: Session, now: datetime) -> None:
    allocation.register_basic_code(session, PENALTY, document_number="一号", by=EDITOR, at=now)
    editing.establish(session, PENALTY, parent_basic_code=None, decision=decision(now.date()), by=EDITOR, at=now)
    editing.draft(session, PENALTY, reduced(), by=EDITOR, at=now)

    with pytest.raises(editing.StandardIncomplete) as refused:
        editing.submit(session, PENALTY, by=EDITOR, at=now)

    assert [(row["rule"], row["pointer"]) for row in refused.value.facts["findings"]] == [
        ("missing", "/punishment_method")
    ]


def test_a_penalty_stands_in_the_list_of_duties_and_has_no_guide(session: Session, client: TestClient) -> None:
    record = ItemContent.model_validate(reduced(**OF_TYPE["02"]))
    publish_item(session, PENALTY, record, at=FOUNDED, effective_from=IN_FORCE_SINCE)
    code = publish_local(session, BANNER_BUREAU, "4", basic_code=PENALTY, power_source="1")
    session.commit()

    duties = client.get(f"/v1/agencies/{BANNER_BUREAU}/duties").json()["items"]
    standard = client.get(f"/v1/basic-items/{PENALTY}").json()["standard"]
    by_code = client.get(f"/v1/guides/{code}")
    by_place = client.get("/v1/guides", params={"basic_code": PENALTY, "region": "152921"})

    assert [(row["item_type"], row["implementation_code"]) for row in duties] == [("02", code)]
    assert (standard["punishment_method"], standard["promised_limit"]) == (OF_TYPE["02"]["punishment_method"], None)
    for answer in (by_code, by_place):
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/no-guide-of-this-type")
        assert (answer.json()["code"], answer.json()["agency_code"]) == (code, BANNER_BUREAU)
    assert client.get(f"/guides/{code}").status_code == 404


def test_a_penalty_can_be_revised_and_published_anew(session: Session, now: datetime) -> None:
    publish_item(session, PENALTY, ItemContent.model_validate(reduced(**OF_TYPE["02"])), effective_from=IN_FORCE_SINCE)

    stored = editing.SHELF.on(session, PENALTY, now.date())
    assert stored is not None
    editing.draft(session, PENALTY, stored.content | {"punishment_method": "警告"}, by=EDITOR, at=now)
    editing.submit(session, PENALTY, by=EDITOR, at=now)

    assert editing.approve(session, PENALTY, by=REVIEWER, at=now).standard.punishment_method == "警告"

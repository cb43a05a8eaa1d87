"""GET /v1/codes/{code}: any string explained, by the catalogue or by the published vectors alone."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from builders import (
    BANNER,
    BANNER_BUREAU,
    EDITOR,
    ITEM,
    LEAGUE_BUREAU,
    REVIEWER,
    agency_facts,
    credit_code,
    decision,
    item_content,
    publish_item,
    publish_local,
)
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.agencies.register import find_agency, state_facts
from service_catalog.basic_items import editing
from service_catalog.coding import aliases, allocation
from service_catalog.implementations import claiming

if TYPE_CHECKING:
    from conftest import Clock

VECTORS = Path(__file__).parent / "data" / "code_vectors.json"
TODAY = date(2026, 3, 10)
NOBODY = credit_code(BANNER, 900077)


def explain(client: TestClient, code: str, **query: str) -> dict[str, Any]:
    answer = client.get("/v1/codes/" + quote(code, safe=""), params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]


def findings(client: TestClient, code: str) -> list[str]:
    return explain(client, code)["findings"]  # type: ignore[no-any-return]


def test_the_published_vectors_are_explained_as_stated(client: TestClient) -> None:
    document = json.loads(VECTORS.read_text(encoding="utf-8"))
    vectors = document["vectors"] if isinstance(document, dict) else document
    compared = ("kind", "valid", "parts", "findings")
    wrong = []
    for vector in vectors:
        said = explain(client, vector["code"], profile="vectors")
        stated = {name: vector[name] for name in compared if name in vector}
        if {name: said[name] for name in stated} != stated:
            wrong.append((vector["code"], stated, {name: said[name] for name in stated}))

    assert len(vectors) > 20
    assert wrong == []


def test_a_code_is_explained_part_by_part_in_both_languages(session: Session, client: TestClient) -> None:
    code = publish_local(session, BANNER_BUREAU, "4")
    session.commit()

    said = explain(client, code + "01")

    assert (said["code"], said["kind"], said["valid"], said["findings"]) == (code + "01", "handling_item", True, [])
    assert (said["name"], said["profile"]) == ("居住证申领", "catalogue")
    assert said["parts"] == {
        "agency_code": BANNER_BUREAU,
        "exercise_level": "4",
        "basic_code": ITEM,
        "namespace": "15",
        "item_type": "07",
        "department": "09",
        "main_item": "001",
        "sub_item": "000",
        "implementation_code": code,
        "handling_serial": "01",
    }
    explained = {part["name"]: part for part in said["explained_parts"]}
    assert explained["agency_code"]["meaning_zh"] == "阿拉善左旗公安局"
    assert (explained["agency_code"]["positions"], explained["exercise_level"]["positions"]) == ("1-18", "19")
    assert (explained["namespace"]["positions"], explained["handling_serial"]["positions"]) == ("20-21", "32-33")
    assert (explained["item_type"]["zh"], explained["item_type"]["en"]) == ("事项类型", "item type")
    assert explained["item_type"]["meaning_zh"] == "行政确认"
    for part in explained.values():
        first, _, last = part["positions"].partition("-")
        assert said["code"][int(first) - 1 : int(last or first)] == part["value"]


def test_a_basic_code_counts_its_positions_from_its_own_beginning(client: TestClient) -> None:
    said = explain(client, ITEM)

    assert (said["kind"], said["valid"], said["name"]) == ("basic_item", True, "居住证申领")
    assert {part["name"]: part["positions"] for part in said["explained_parts"]} == {
        "namespace": "1-2",
        "item_type": "3-4",
        "department": "5-6",
        "main_item": "7-9",
        "sub_item": "10-12",
    }


def test_what_the_catalogue_does_not_know_is_found(session: Session, client: TestClient) -> None:
    publish_local(session, BANNER_BUREAU, "4", power_source="1")
    session.commit()

    assert findings(client, f"{NOBODY}4{ITEM}") == ["agency_unknown"]
    assert findings(client, BANNER_BUREAU + "4150709777000") == ["basic_code_unknown"]
    assert "parent_missing" in findings(client, "150709777001")
    assert findings(client, f"{BANNER_BUREAU}2{ITEM}") == ["level_not_in_standard"]
    assert findings(client, f"{BANNER_BUREAU}4{ITEM}77") == ["serial_unknown"]
    for code in (f"{NOBODY}4{ITEM}", f"{BANNER_BUREAU}2{ITEM}", f"{BANNER_BUREAU}4{ITEM}77"):
        assert explain(client, code)["valid"] is False
        assert explain(client, code, profile="vectors")["valid"] is True, "the vectors look into no catalogue"


def test_a_level_unlike_that_of_the_agency_is_a_warning_where_the_power_is_its_own(
    session: Session, client: TestClient
) -> None:
    own = publish_local(session, LEAGUE_BUREAU, "4", power_source="1")
    entrusted = publish_local(session, BANNER_BUREAU, "5", power_source="5", entrusting_agency="阿拉善盟公安局")
    session.commit()

    said = explain(client, own)

    assert (said["findings"], said["valid"]) == (["level_differs_from_agency"], True)
    assert said["explained_findings"][0]["severity"] == "warning"
    assert findings(client, entrusted) == []


def test_a_sub_item_whose_main_item_is_established_has_its_parent(
    session: Session, client: TestClient, now: datetime
) -> None:
    allocation.register_basic_code(session, "150709001001", document_number="一号", by=EDITOR, at=now)
    editing.establish(session, "150709001001", parent_basic_code=ITEM, decision=decision(TODAY), by=EDITOR, at=now)
    session.commit()

    assert findings(client, "150709001001") == []


def test_a_retired_code_is_a_notice_with_its_paper(session: Session, client: TestClient, now: datetime) -> None:
    editing.cancel(session, ITEM, decision(TODAY, "国发〔2026〕7号"), by=REVIEWER, at=now)
    aliases.replace_code(
        session, "150709009000", [ITEM], act_kind="merge", valid_from=TODAY, document_number="二号", by=EDITOR, at=now
    )
    session.commit()

    cancelled, replaced = explain(client, ITEM), explain(client, "150709009000")

    assert cancelled["findings"] == ["code_retired"]
    assert cancelled["explained_findings"][0]["severity"] == "notice"
    assert "国发〔2026〕7号" in cancelled["explained_findings"][0]["zh"]
    assert "code_retired" in replaced["findings"]
    assert [row["code"] for row in replaced["successors"]] == [ITEM]


def test_the_code_of_a_cancelled_implementation_is_a_notice_with_its_paper(
    session: Session, client: TestClient, now: datetime
) -> None:
    code = publish_local(session, BANNER_BUREAU, "4")
    other = publish_local(session, LEAGUE_BUREAU, "3")
    claiming.cancel(session, code, decision(TODAY, "阿左机编〔2026〕3号"), by=REVIEWER, at=now)
    session.commit()

    for cancelled in (explain(client, code), explain(client, code + "01")):
        assert (cancelled["findings"], cancelled["valid"]) == (["code_retired"], True)
        assert cancelled["explained_findings"][0]["severity"] == "notice"
        assert "阿左机编〔2026〕3号" in cancelled["explained_findings"][0]["zh"]
    assert findings(client, other) == findings(client, ITEM) == []


def test_an_agency_is_explained_by_the_name_it_bears_today(
    session: Session, client: TestClient, clock: "Clock", now: datetime
) -> None:
    bureau, renamed = find_agency(session, BANNER_BUREAU), agency_facts("阿左旗公安局")
    state_facts(session, bureau, renamed, effective_from=date(2026, 4, 1), by=EDITOR, at=now)
    session.commit()

    names = []
    for clock.at in (now, datetime(2026, 3, 31, 16, tzinfo=UTC)):
        parts = explain(client, f"{BANNER_BUREAU}4{ITEM}")["explained_parts"]
        names.append(parts[0]["meaning_zh"])

    assert names == ["阿拉善左旗公安局", "阿左旗公安局"]


def test_a_retired_serial_is_no_longer_in_the_standard(session: Session, client: TestClient, now: datetime) -> None:
    code = publish_local(session, BANNER_BUREAU, "4")
    kept = item_content().model_dump(mode="json", exclude_none=True)["handling_items"]
    publish_item(session, ITEM, item_content(handling_items=kept[:1]), at=now, effective_from=TODAY)
    session.commit()

    assert findings(client, code + "02") == ["serial_unknown"]


@pytest.mark.parametrize("profile", ["catalogue", "vectors"])
def test_what_cannot_be_read_is_explained_with_name_and_place(client: TestClient, profile: str) -> None:
    unreadable = {
        "": ("code_length", 1),
        " ": ("code_length", 2),
        "\n": ("code_length", 2),
        "阿拉善": ("code_length", 4),
        "a/b": ("code_length", 4),
        "//": ("code_length", 3),
        "\x00": ("code_length", 2),
        "15070900100": ("code_length", 12),
        ITEM + "\n": ("code_length", 14),
        " " + ITEM[1:]: ("code_charset", 1),
        ITEM[:11] + "\n": ("code_charset", 12),
        ITEM[:5] + "/" + ITEM[6:]: ("code_charset", 6),
        ITEM[:5] + "阿" + ITEM[6:]: ("code_charset", 6),
        "１" + ITEM[1:]: ("code_charset", 1),
        "²" + ITEM[1:]: ("code_charset", 1),
        ITEM[:6] + "a01" + ITEM[9:]: ("code_charset", 7),
        "A5" + ITEM[2:]: ("code_digits", 1),
        BANNER_BUREAU + "X" + ITEM: ("code_digits", 19),
        BANNER_BUREAU + "4" + ITEM + "0A": ("code_digits", 33),
        "9" * 300: ("code_length", 34),
    }

    said = {code: explain(client, code, profile=profile) for code in unreadable}

    assert {code: (each["parse_error"]["name"], each["parse_error"]["position"]) for code, each in said.items()} == (
        unreadable
    )
    for code, each in said.items():
        assert (each["code"], each["valid"], each["parts"]) == (code, False, {})
        assert each["parse_error"]["zh"]
        assert each["parse_error"]["en"]


def test_a_string_without_end_and_an_unknown_profile_are_refused_by_name(client: TestClient) -> None:
    for url, pointer in (("/v1/codes/" + "9" * 301, "/path/code"), (f"/v1/codes/{ITEM}?profile=x", "/query/profile")):
        answer = client.get(url)

        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request")
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_a_case_number_is_cut_and_its_day_looked_at(session: Session, client: TestClient) -> None:
    code = publish_local(session, BANNER_BUREAU, "4")
    session.commit()

    good, bad = explain(client, code + "202603100001"), explain(client, code + "202602300001")

    assert (good["kind"], good["valid"]) == ("case_number", True)
    assert good["parts"] == {"implementation_code": code, "date": "20260310", "serial": "0001"}
    assert (bad["valid"], bad["findings"]) == (False, ["case_date"])


def test_a_known_foreign_layout_is_named_and_not_repaired(client: TestClient) -> None:
    said = explain(client, "511A0100100000-511600000000-000-11511600008743028W-1-00")

    assert (said["kind"], said["layout"], said["valid"]) == ("foreign", "sichuan", False)

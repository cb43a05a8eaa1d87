"""/guides/{code} where there is no guide to show: what went wrong, and what a person can do."""

from datetime import date, datetime
from urllib.parse import quote

import pytest
from builders import (
    BANNER_BUREAU,
    ITEM,
    LEAGUE_BUREAU,
    REVIEWER,
    TOWNSHIP_STATION,
    decision,
    item_content,
    publish_item,
    publish_local,
)
from reading_pages import read
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.coding import aliases
from service_catalog.implementations import claiming

TODAY = date(2026, 3, 10)
CHECK_THE_CODE = "对照手里的材料再核对一遍编码"


@pytest.fixture
def code(session: Session) -> str:
    """A guide of the banner, in force since the first of January."""
    made = publish_local(session, BANNER_BUREAU, "4")
    session.commit()
    return made


def test_a_code_that_cannot_be_read_is_shown_with_what_to_do(client: TestClient) -> None:
    page = read(client, "/guides/abc", 422)

    assert page.all("h1")[0].text == "编码无法识读"
    assert "您要找的编码：abc" in page.text
    assert CHECK_THE_CODE in page.part("next")
    assert (page.links["首页"], page.links["12345"]) == ("/", "tel:12345")
    assert "错误代码422" in page.text


def test_a_code_that_nobody_has_is_named_once(client: TestClient, code: str) -> None:
    unknown = f"{code[:18]}5{ITEM}"

    page = read(client, f"/guides/{unknown}", 404)

    assert page.all("h1")[0].text == "没有这个实施事项"
    assert page.text.replace(f"implementation{unknown}", "").count(unknown) == 1
    assert CHECK_THE_CODE in page.part("next")


def test_a_basic_code_alone_asks_for_the_place(client: TestClient) -> None:
    assert "请同时给出区划" in read(client, f"/guides/{ITEM}", 422).text


@pytest.mark.parametrize("asked", ["<script>alert(1)<script>", "\u202eabc\u2066", '"><b>', "a" * 33, "{{7*7}}"])
def test_a_hostile_code_is_shown_as_text_that_disturbs_nothing_around_it(client: TestClient, asked: str) -> None:
    page = read(client, f"/guides/{quote(asked, safe='')}?as_of=2026-03-01", 422)

    shown = page.all("bdi")
    assert [element.text for element in shown] == ["".join(asked.split())]
    assert not page.all("script")


def test_a_cancelled_item_says_since_when_why_and_by_which_document(
    session: Session, client: TestClient, now: datetime, code: str
) -> None:
    claiming.cancel(session, code, decision(TODAY, "阿署发〔2026〕7号", "国务院取消"), by=REVIEWER, at=now)
    session.commit()

    page = read(client, f"/guides/{code}", 410)

    assert page.all("h1")[0].text == "事项已取消"
    assert "事项已于2026-03-10取消：国务院取消（阿署发〔2026〕7号）。" in page.text
    assert CHECK_THE_CODE not in page.text, "the code was right"
    assert read(client, f"/guides/{code}?as_of=2026-03-09").all("h1")[0].text == "居住证申领"


def test_a_code_that_was_split_leads_to_all_that_follow(
    session: Session, client: TestClient, now: datetime, code: str
) -> None:
    new = [publish_local(session, LEAGUE_BUREAU, "3"), publish_local(session, TOWNSHIP_STATION, "5")]
    claiming.cancel(session, code, decision(TODAY, reason="拆分"), by=REVIEWER, at=now)
    aliases.replace_code(
        session, code, new, act_kind="split", valid_from=TODAY, document_number="阿机编〔2026〕2号", by=REVIEWER, at=now
    )
    session.commit()

    page = read(client, f"/guides/{code}", 300)

    assert page.all("h1")[0].text == "编码已拆分为多个"
    assert [page.links[successor] for successor in new] == [f"/guides/{successor}" for successor in new]
    assert CHECK_THE_CODE not in page.text


def test_a_day_before_the_first_edition_leads_to_the_guide_of_today(client: TestClient, code: str) -> None:
    page = read(client, f"/guides/{code}?as_of=2025-01-01", 404)

    assert "在2025-01-01没有已发布的办事指南" in page.text
    assert page.links["看今天的办事指南"] == f"/guides/{code}"
    assert CHECK_THE_CODE not in page.text


def test_a_day_that_is_none_names_the_parameter(client: TestClient, code: str) -> None:
    page = read(client, f"/guides/{code}?as_of=yesterday", 422)

    assert "as_of：应为日期，如2026-01-31" in page.text
    assert page.links["看今天的办事指南"] == f"/guides/{code}"


def test_an_item_that_will_end_has_a_page_until_its_last_day(
    session: Session, client: TestClient, now: datetime, code: str
) -> None:
    publish_item(session, ITEM, item_content(), at=now, effective_from=TODAY, effective_until=date(2026, 4, 1))
    session.commit()

    read(client, f"/guides/{code}?as_of=2026-03-31")
    ended = read(client, f"/guides/{code}?as_of=2026-04-01", 410)

    assert "到期终止" in ended.text


def test_the_api_keeps_its_own_shape_of_error(client: TestClient) -> None:
    assert client.get("/v1/guides/abc").headers["content-type"] == "application/problem+json"
    assert client.get("/guides/abc").headers["content-language"] == "zh-CN"

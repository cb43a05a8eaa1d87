"""GET /guides/{code}, and what is true of every page: what a person reads, without a browser."""

from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

import pytest
from builders import (
    BANNER_BUREAU,
    EDITOR,
    GACHA_COMMITTEE,
    ITEM,
    LEAGUE_BUREAU,
    REVIEWER,
    TOWNSHIP,
    TOWNSHIP_STATION,
    add_agency,
    agency_facts,
    credit_code,
    decision,
    item_content,
    publish_item,
    publish_local,
)
from reading_pages import Reading, read, squeezed
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.agencies.register import find_agency, state_facts
from service_catalog.coding import aliases
from service_catalog.implementations import claiming
from service_catalog.portal import wording
from service_catalog.portal.instead import MOST

pytestmark = pytest.mark.sqlite_is_enough

TODAY = date(2026, 3, 10)
PERMIT = "11152921DM130003485150709001000"
"""居住证 at the police station of 巴彦浩特."""
NOT_HERE: dict[str, Any] = {"availability": {"status": "not_offered", "reason": "没有制证设备"}}
HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)">{{ 7 * 7 }}'


@pytest.fixture
def code(session: Session) -> str:
    """A guide of the banner, in force since the first of January."""
    made = publish_local(session, BANNER_BUREAU, "4")
    session.commit()
    return made


def test_a_page_says_what_the_guide_says(seeded: TestClient) -> None:
    said = seeded.get(f"/v1/guides/{PERMIT}").json()
    window, page = said["service_locations"][0], read(seeded, f"/guides/{PERMIT}")

    assert page.all("h1")[0].text == said["name"] == "居住证申领"
    for words in (window["name"], window["hall"], window["address"], window["phone"], "周一至周六", "09:00—12:00"):
        assert squeezed(words) in page.part("where"), words
    for paper in said["materials"]:
        assert squeezed(paper["name"]) in page.part("papers")
    for step in said["steps"]:
        for words in (step["name"], step["action"], step["outcome"]):
            assert squeezed(words) in page.part("flow")
    for basis in said["legal_basis"]:
        assert squeezed(basis["law"] + basis["article"]) in page.part("law")
        assert squeezed(basis["text"]) in page.part("law")
    for row in said["questions"]:
        assert squeezed(row["question"] + row["answer"]) in page.part("questions")
    assert [said["promised_limit"]["zh"] in page.part("time"), said["statutory_limit"]["zh"] in page.part("time")]
    assert said["fees"][0]["standard"] in page.part("fees")
    assert said["results"][0]["name"] in page.part("results")
    assert said["remedies"]["court"] in page.part("rights")
    for row in said["handling_items"]:
        words = wording.HANDLING_KINDS[row["kind"]] + row["name"] + row["promised_limit"]["zh"] + (row["notes"] or "")
        assert page.links[squeezed(words)] == f"/guides/{row['code']}"


def test_every_seeded_item_reads_well(seeded: TestClient) -> None:
    rows = seeded.get("/v1/implementations", params={"limit": 200}).json()["items"]
    one_of_each = {row["basic_code"]: row["implementation_code"] for row in rows}

    for code in one_of_each.values():
        page = read(seeded, f"/guides/{code}")
        ids = [element.attributes["id"] for element in page.elements if "id" in element.attributes]
        places = {f"#{name}" for name in ids}
        levels = [int(element.tag[1]) for element in page.elements if element.tag in ("h1", "h2", "h3", "h4")]

        assert len(ids) == len(set(ids)), "a name stands once"
        assert {link for link in page.links.values() if link.startswith("#")} <= places
        assert all(f"#{element.attributes.get('aria-labelledby', ids[0])}" in places for element in page.elements)
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))
        assert not [words for words in ("None", "Undefined", "[]", "{}") if words in page.text], code
    assert len(one_of_each) > 15


@pytest.mark.parametrize("address", ["/", f"/guides/{PERMIT}", "/guides/abc", "/docs"])
def test_a_page_takes_everything_from_here(seeded: TestClient, address: str) -> None:
    response = seeded.get(address)
    page = Reading(response)

    policy = response.headers["content-security-policy"]
    taken = [
        element.attributes[name]
        for element in page.elements
        for name in ("src", "srcset")
        if name in element.attributes
    ]
    taken += [element.attributes["href"] for element in page.all("link")]
    assert "default-src 'none'" in policy
    assert "http" not in policy
    assert "unsafe-eval" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert all(where.startswith("/") and not where.startswith("//") for where in taken)
    assert all(seeded.get(where).status_code == 200 for where in taken)
    assert not any(name.startswith("on") or name == "style" for element in page.elements for name in element.attributes)
    assert all(element.attributes.get("src") and not element.text for element in page.all("script"))
    if address != "/docs":
        assert not page.all("script")
        assert "script-src" not in policy
    assert response.headers["cache-control"] == ("no-cache" if response.status_code == 200 else "no-store")


def test_hostile_text_stays_text(session: Session, client: TestClient, now: datetime) -> None:
    publish_item(
        session, ITEM, item_content(name=HOSTILE, acceptance_conditions=[HOSTILE]), at=now, effective_from=TODAY
    )
    facts = agency_facts(HOSTILE, consultation_channels=[{"way": "web", "value": "javascript:alert(3)"}])
    state_facts(session, find_agency(session, BANNER_BUREAU), facts, effective_from=TODAY, by=EDITOR, at=now)
    code = publish_local(
        session, BANNER_BUREAU, "4",
        local_notes=HOSTILE, aliases=[HOSTILE],
        service_locations=[{"key": "hall", "name": HOSTILE, "address": HOSTILE, "phone": '"><script>'}],
        questions=[{"question": HOSTILE, "answer": HOSTILE}],
    )  # fmt: skip
    session.commit()

    page, home = read(client, f"/guides/{code}"), read(client, "/")

    assert page.all("h1")[0].text == squeezed(HOSTILE)
    assert page.text.count(squeezed(HOSTILE)) >= 7
    assert "49" not in page.all("h1")[0].text
    assert squeezed(HOSTILE) in home.text
    for reading in (page, home):
        assert not reading.all("script")
        assert [image.attributes["src"] for image in reading.all("img")] == ["/static/icon.svg"]
        assert not [link for link in reading.links.values() if "javascript" in link]


def test_what_a_body_tightens_is_shown_as_its_own(session: Session, client: TestClient) -> None:
    code = publish_local(
        session, BANNER_BUREAU, "4",
        promised_limit={"amount": 8, "unit": "working_day"},
        materials=[{"key": "photo", "dropped": True}, {"key": "lease", "filling_notes": "平房写明院号"}],
        fees=[{"key": "card", "amount": "10.00", "document_number": "阿发改〔2026〕3号", "valid_from": "2026-01-01"}],
        on_site_visits=0, service_flags={"postal": True}, local_notes="停车请走北门。",
    )  # fmt: skip
    session.commit()

    page = read(client, f"/guides/{code}")

    assert "8个工作日本机构的承诺" in page.part("time")
    assert "在这里不用交近期免冠相片：全盟标准要求，阿拉善左旗公安局免收。" in page.part("papers")
    assert "本地说明：平房写明院号" in page.part("papers")
    assert "10元/证" in page.part("fees")
    assert "阿发改〔2026〕3号，自2026年1月1日起" in page.part("fees")
    assert "不用跑现场" in page.part("flow")
    assert "可以邮寄" in page.part("flow")
    assert "停车请走北门。" in page.part("where")


def test_a_local_value_that_gave_way_to_a_new_standard_is_explained(
    session: Session, client: TestClient, now: datetime
) -> None:
    code = publish_local(session, BANNER_BUREAU, "4", promised_limit={"amount": 8, "unit": "working_day"})
    faster = item_content(promised_limit={"amount": 5, "unit": "working_day"}, steps=item_content().steps[:2])
    publish_item(session, ITEM, faster, at=now, effective_from=TODAY)
    session.commit()

    page = read(client, f"/guides/{code}")

    assert "5个工作日全盟统一的承诺" in page.part("time")
    assert "承诺办结时限：本地原来的内容已经不比现行标准更优，按标准显示。" in page.part("about")


def test_a_handling_item_has_a_page_that_leads_to_the_whole(client: TestClient, code: str) -> None:
    page = read(client, f"/guides/{code}02")

    current = [element for element in page.all("a") if "aria-current" in element.attributes]
    assert "办理项：签注" in page.text
    assert "当场办结" in page.part("time")
    assert "近期免冠相片" not in page.part("papers")
    assert page.links["看“居住证申领”的完整指南"] == f"/guides/{code}"
    assert [element.attributes["href"] for element in current] == [f"/guides/{code}02"]


def test_a_page_of_another_day_says_so_and_keeps_to_that_day(
    session: Session, client: TestClient, now: datetime, code: str
) -> None:
    publish_item(session, ITEM, item_content(name="居住证办理"), at=now, effective_from=TODAY)
    session.commit()

    before, today = read(client, f"/guides/{code}?as_of=2026-03-09"), read(client, f"/guides/{code}")

    assert (before.all("h1")[0].text, today.all("h1")[0].text) == ("居住证申领", "居住证办理")
    assert "这是2026年3月9日有效的内容" in before.text
    assert "有效的内容" not in today.text
    assert before.links["看今天的办事指南"] == f"/guides/{code}"
    assert before.links["JSON"] == f"/v1/guides/{code}?as_of=2026-03-09"
    assert f"/guides/{code}02?as_of=2026-03-09" in before.links.values()


def test_a_suspended_service_says_why_and_who_does_it_meanwhile(
    session: Session, client: TestClient, code: str
) -> None:
    league = publish_local(session, LEAGUE_BUREAU, "3")
    claiming.suspend(
        session,
        code,
        decision(TODAY, "阿署发〔2026〕5号", "系统升级"),
        by=REVIEWER,
        at=datetime(2026, 3, 1, tzinfo=UTC),
    )
    session.commit()

    page = read(client, f"/guides/{code}")

    assert page.part("suspended") == "这件事暂停办理自2026年3月10日起暂停。原因：系统升级（阿署发〔2026〕5号）"
    assert page.links["阿拉善盟公安局"] == f"/guides/{league}"
    assert "只咨询，不办理" in page.part("where")


def test_a_body_that_does_not_do_it_names_the_next_that_does(session: Session, client: TestClient, code: str) -> None:
    here = publish_local(session, TOWNSHIP_STATION, "5", **NOT_HERE)
    session.commit()

    whole, one = read(client, f"/guides/{here}"), read(client, f"/guides/{here}01")

    assert whole.part("not-here") == "巴彦浩特镇派出所不办这件事原因：没有制证设备"
    assert whole.links["阿拉善左旗公安局"] == f"/guides/{code}"
    assert one.links["阿拉善左旗公安局"] == f"/guides/{code}01", "for the same handling item"
    assert "供您提前准备" in whole.text


def test_a_body_that_names_another_leads_there(session: Session, client: TestClient, code: str) -> None:
    named = {"status": "offered_by_other", "reason": "划转", "agency_code": BANNER_BUREAU}
    here = publish_local(session, LEAGUE_BUREAU, "3", availability=named)
    session.commit()

    page = read(client, f"/guides/{here}")

    assert page.part("not-here") == "阿拉善盟公安局不办这件事由其他机构办理。原因：划转"
    assert page.part("instead") == "请到这里办阿拉善左旗公安局（阿拉善左旗）"
    assert page.links["阿拉善左旗公安局"] == f"/guides/{code}"


def test_a_body_that_is_named_is_called_as_it_was_on_the_day(
    session: Session, client: TestClient, now: datetime, code: str
) -> None:
    named = {"status": "offered_by_other", "reason": "划转"}
    to_banner = publish_local(session, LEAGUE_BUREAU, "3", availability=named | {"agency_code": BANNER_BUREAU})
    to_station = publish_local(session, GACHA_COMMITTEE, "6", availability=named | {"agency_code": TOWNSHIP_STATION})
    for agency, name in ((BANNER_BUREAU, "阿左旗公安局"), (TOWNSHIP_STATION, "巴镇派出所")):
        facts = agency_facts(name)
        state_facts(session, find_agency(session, agency), facts, effective_from=TODAY, by=EDITOR, at=now)
    session.commit()

    def who(here: str, day: str) -> str:
        return read(client, f"/guides/{here}?as_of={day}").part("instead").removeprefix("请到这里办")

    assert who(to_banner, "2026-03-09") == "阿拉善左旗公安局（阿拉善左旗）"
    assert who(to_banner, "2026-03-10") == "阿左旗公安局（阿拉善左旗）"
    assert who(to_station, "2026-03-09") == "巴彦浩特镇派出所（巴彦浩特镇）", "it has no guide of its own"
    assert who(to_station, "2026-03-10") == "巴镇派出所（巴彦浩特镇）"


def test_where_many_do_it_below_some_are_named(session: Session, client: TestClient) -> None:
    below = {"status": "offered_below", "reason": "就近办理"}
    here = publish_local(session, BANNER_BUREAU, "4", availability=below)
    for number in range(MOST + 1):
        station = add_agency(session, credit_code(TOWNSHIP, 900100 + number), TOWNSHIP, f"第{number}派出所")
        publish_local(session, station, "5")
    session.commit()

    named = read(client, f"/guides/{here}").part("instead")

    assert named.count("派出所") == MOST
    assert f"还有其他机构，这里只列出{MOST}个" in named


def test_where_nobody_does_it_a_person_is_told_whom_to_ring(session: Session, client: TestClient) -> None:
    here = publish_local(session, TOWNSHIP_STATION, "5", **NOT_HERE)
    session.commit()

    page = read(client, f"/guides/{here}")

    assert not page.part("instead")
    assert "目录里还查不到可以代替它办理的机构。请拨打政务服务便民热线12345" in page.text


def test_an_old_code_opens_what_took_its_place(session: Session, client: TestClient, now: datetime, code: str) -> None:
    new = publish_local(session, LEAGUE_BUREAU, "3")
    claiming.cancel(session, code, decision(TODAY, reason="上收"), by=REVIEWER, at=now)
    aliases.replace_code(
        session,
        code,
        [new],
        act_kind="transfer",
        valid_from=TODAY,
        document_number="阿机编〔2026〕2号",
        by=REVIEWER,
        at=now,
    )
    session.commit()

    page = read(client, f"/guides/{code}")

    assert f"您查的编码{code}自2026年3月10日起已经更换（阿机编〔2026〕2号），这是接替它的办事指南。" in page.text
    assert "阿拉善盟公安局" in page.part("where")
    assert page.links["JSON"] == f"/v1/guides/{new}"

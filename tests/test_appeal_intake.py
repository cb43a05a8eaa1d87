"""Before and at the door, over HTTP: routing with its reason, previews, kiosks that retry, canned answers, publication."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from appealing import COMPLAINT, ELSEWHERE, GOOD_ANSWER, Person, Town, good, open_town, pointers, post, refused
from builders import (
    BANNER,
    BANNER_BUREAU,
    GACHA,
    ITEM,
    LEAGUE,
    LEAGUE_BUREAU,
    REVIEWER,
    TOWNSHIP,
    TOWNSHIP_STATION,
    add_agency,
    credit_code,
    decision,
)
from callers import OPERATOR
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, event, func, select
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.agencies.tables import Agency
from service_catalog.appeals.matter import About
from service_catalog.appeals.preview import FEWEST_PAIRS, likeness, newest_about, pairs_of
from service_catalog.appeals.rulebook import find_register, load_register
from service_catalog.appeals.tables import Appeal
from service_catalog.implementations import claiming

if TYPE_CHECKING:
    from conftest import Clock

MARKET = credit_code(BANNER, 900077)
BUSES = "班次问题：请问三路公交从巴彦浩特镇南站发车，冬天最后一班几点收车，周末是否照常运行？"


@pytest.fixture
def town(session: Session, client: TestClient, clock: "Clock") -> Town:
    add_agency(session, MARKET, BANNER, "阿拉善左旗市场监督管理局")
    return open_town(session, client, clock)


def routed(person: Person) -> tuple[str | None, str, str]:
    """Who has it, by which rule, on whose desk."""
    receipt = person.receipt
    return receipt["responsible"]["agency_code"], receipt["rule"], receipt["responsible"]["desk_region"]


# Routing


@pytest.mark.parametrize(
    ("draft", "agency", "rule", "reason"),
    [
        ({"kind": "consultation", "item": ITEM, "region": GACHA}, TOWNSHIP_STATION, "item", "在当地由巴彦浩特镇派出所实施"),
        ({"kind": "complaint", "item": ITEM, "region": GACHA}, BANNER_BUREAU, "item", "在当地由阿拉善左旗公安局实施"),
        ({"text": "超市卖假货", "region": TOWNSHIP}, MARKET, "route:shops", "反映消费和市场秩序"),
        ({"text": "身份证办了很久", "place": "阿拉善左旗巴彦浩特镇的窗口"}, BANNER_BUREAU, "route:police", "反映户籍证件"),
        ({"text": "拖欠工资半年", "region": TOWNSHIP}, None, "desk", "阿拉善左旗诉求受理台"),
        ({"text": ELSEWHERE, "place": "说不清在哪里"}, None, "desk", "阿拉善盟诉求受理台"),
    ],
    ids=["item", "complaint about an item", "words", "place in words", "no such body", "nobody knows where"],
)  # fmt: skip
def test_the_receipt_says_who_has_it_and_why(
    town: Town, draft: dict[str, Any], agency: str | None, rule: str, reason: str
) -> None:
    person = town.hand_in(**{"item": None, "kind": "help"} | draft)

    assert routed(person)[:2] == (agency, rule)
    assert reason in person.receipt["reason"]["zh"]


def test_a_complaint_goes_up_and_never_to_a_body_below_the_one_complained_of(town: Town) -> None:
    person = town.hand_in(item=town.guides[BANNER_BUREAU], region=TOWNSHIP)
    about_the_league = town.hand_in(item=None, region=TOWNSHIP, text="身份证办了很久", against=LEAGUE_BUREAU)

    assert routed(person) == (LEAGUE_BUREAU, "item", BANNER)
    assert routed(about_the_league) == (None, "desk", BANNER)


def test_fees_that_are_not_as_the_guide_says_are_routed_by_the_element(town: Town) -> None:
    draft: dict[str, Any] = {
        "text": "工本费多收了十元",
        "element": "/fees/card",
        "item": town.guides[LEAGUE_BUREAU],
        "region": GACHA,
    }
    person = town.hand_in(**draft)
    other = town.hand_in(**draft, against=TOWNSHIP_STATION)

    assert routed(person) == (None, "desk", BANNER)  # the guide is the league's: no body of the banner judges it
    assert routed(other)[:2] == (LEAGUE_BUREAU, "item")


def test_a_report_never_goes_by_its_item(town: Town) -> None:
    about: dict[str, Any] = {"item": town.guides[TOWNSHIP_STATION], "text": "工作人员收好处", "region": TOWNSHIP}
    complaint, report = town.hand_in(**about), town.hand_in(kind="report", **about)

    assert routed(complaint)[1] == "item"
    assert routed(report) == (None, "desk", BANNER)
    assert report.receipt["is_report"]


def test_nobody_gets_the_complaint_against_themselves(town: Town) -> None:
    person = town.hand_in(item=None, region=TOWNSHIP, text="超市卖假货，一直没人管", against=MARKET)

    assert routed(person) == (None, "desk", BANNER)
    assert "是被投诉单位" in person.receipt["reason"]["zh"]


def test_a_complaint_never_goes_to_a_body_whose_part_was_cancelled_or_is_suspended(
    town: Town, session: Session, now: datetime
) -> None:
    against_the_station: dict[str, Any] = {"item": town.guides[TOWNSHIP_STATION], "region": TOWNSHIP}
    claiming.suspend(session, town.guides[BANNER_BUREAU], decision(now.date()), by=REVIEWER, at=now)
    session.commit()
    while_suspended = town.hand_in(**against_the_station)
    claiming.cancel(session, town.guides[LEAGUE_BUREAU], decision(now.date()), by=REVIEWER, at=now)
    session.commit()
    cancelled_too = town.hand_in(**against_the_station)

    assert routed(while_suspended)[:2] == (LEAGUE_BUREAU, "item")
    assert routed(cancelled_too) == (None, "desk", BANNER)


def test_a_complaint_never_goes_to_a_body_that_answers_to_the_one_complained_of(town: Town, session: Session) -> None:
    bureau = credit_code(LEAGUE, 900078)
    add_agency(session, bureau, LEAGUE, "阿拉善盟市场监督管理总局")
    session.get_one(Agency, LEAGUE_BUREAU).parent_code = bureau
    session.commit()
    about: dict[str, Any] = {"item": town.guides[BANNER_BUREAU], "region": TOWNSHIP}

    complaint = town.hand_in(**about, against=bureau)
    good(post(town.league_desk, complaint, "acceptance"))
    dispatched = post(town.league_desk, complaint, "dispatch", agency_code=LEAGUE_BUREAU, reason="由盟公安局办理")

    assert routed(town.hand_in(**about))[:2] == (LEAGUE_BUREAU, "item")
    assert routed(complaint)[:2] == (None, "desk")
    assert refused(dispatched) == (409, "body-complained-of")


@pytest.mark.parametrize(
    ("region", "name", "desk"),
    [
        (TOWNSHIP, "巴彦浩特镇人民政府", BANNER),
        (BANNER, "阿拉善左旗人民政府", LEAGUE),
        (LEAGUE, "阿拉善盟行政公署", LEAGUE),
    ],
)
def test_a_complaint_against_a_government_lies_on_the_desk_above_it(
    town: Town, session: Session, region: str, name: str, desk: str
) -> None:
    government = add_agency(session, credit_code(region, 900079), region, name)
    session.commit()

    person = town.hand_in(item=None, region=GACHA, text="超市卖假货，一直没人管", against=government)

    assert routed(person) == ((MARKET, "route:shops", desk) if region == TOWNSHIP else (None, "desk", desk))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("派出所办身份证态度差", "desk"),
        ("身份证办了很久", "desk"),
        ("超市卖假货", "route:shops"),
        ("举报了超市卖假货，市监局不管", "desk"),
        ("超市卖假货，阿拉善左旗市场监督管理局不管", "desk"),
    ],
)
def test_words_never_send_a_complaint_to_the_body_that_it_names(town: Town, text: str, rule: str) -> None:
    assert routed(town.hand_in(item=None, region=TOWNSHIP, text=text))[1] == rule


def test_a_report_goes_by_rules_for_reports_only(town: Town, session: Session, now: datetime) -> None:
    report: dict[str, Any] = {"kind": "report", "item": None, "region": TOWNSHIP, "text": "超市卖假货"}
    assert routed(town.hand_in(**report)) == (None, "desk", BANNER)

    rules = find_register(session, "routes").document
    rule = {"id": "reports", "report": True, "words": ["假货"], "body": "市场监督管理局", "zh": "举报", "en": "reports"}
    load_register(session, "routes", rules | {"routes": [rule, *rules["routes"]]}, by=OPERATOR, at=now)
    session.commit()

    assert routed(town.hand_in(**report))[:2] == (MARKET, "route:reports")
    assert routed(town.hand_in(**report | {"kind": "help"}))[:2] == (MARKET, "route:shops")


def test_praise_is_an_opinion_and_hints_refuse_nothing(town: Town) -> None:
    person = town.ask(kind="praise", text="法院门口的窗口服务好")

    assert person.receipt["kind"] == "opinion"
    assert [one["code"] for one in person.receipt["elsewhere"] if one["is_hinted"]] == ["litigation"]


def test_an_emergency_is_told_whom_to_call_before_it_is_taken(town: Town) -> None:
    draft = {"kind": "help", "text": "着火了，快来", "region": TOWNSHIP}
    first = town.send(draft)

    assert refused(first) == (409, "looks-like-emergency")
    assert "119" in first.json()["detail"]
    assert "如果不是紧急情况，请确认后再次提交" in first.json()["detail"]
    assert first.json()["confirm_with"] == "not_an_emergency"
    assert town.send(draft | {"not_an_emergency": True}).status_code == 201
    assert town.send(draft | {"channel": "hotline"}, by=town.banner_desk).status_code == 201  # the officer has heard it


@pytest.mark.parametrize(
    "text", ["去年出过车祸，想问救助金", "骆驼走失后怎么登记", "被困扰很久的停车问题", "以前有人受伤的路口没有灯"]
)
def test_what_was_once_is_no_emergency(town: Town, text: str) -> None:
    assert town.send({"kind": "help", "text": text, "region": TOWNSHIP}).status_code == 201


# Preview


def preview(town: Town, **draft: Any) -> dict[str, Any]:
    return good(town.client.post("/v1/appeals/preview", json={"kind": "consultation", "region": TOWNSHIP} | draft))


def test_a_preview_says_who_would_have_it_and_shows_alike_ones_without_their_words(town: Town) -> None:
    town.ask(text=BUSES)
    for kind in ("report", "complaint"):
        town.ask(kind=kind, text=BUSES)

    found = preview(town, text=BUSES.replace("请问", "想问"))

    assert (found["rule"], found["limit"], found["is_emergency"]) == ("desk", "3个工作日", False)
    [similar] = found["similar"]
    assert (similar["kind"], similar["stage"]) == ("consultation", "registered")
    assert "公交" not in str(found)
    assert preview(town, text="有人落水了")["is_emergency"]


@pytest.mark.parametrize(
    "tried",
    [
        "斯琴高娃", "13900001111", "我叫斯琴高娃，电话13900001111", "我叫斯琴高娃，电话13900001111，家里老人行动不便",
        BUSES[: len(BUSES) // 2], "公交" * 30,
    ],
)  # fmt: skip
def test_nobody_finds_out_what_another_wrote_by_trying_a_part_of_it(town: Town, tried: str) -> None:
    text = f"{BUSES}我叫斯琴高娃，电话13900001111，家里老人行动不便。"
    town.ask(text=text)

    assert preview(town, text=tried)["similar"] == []
    assert len(preview(town, text=text.replace("请问", "想问"))["similar"]) == 1


def test_a_preview_reads_by_indexes_and_not_every_appeal_ever_taken(engine: Engine, now: datetime) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("the plan of PostgreSQL depends on how much there is")
    asked: list[tuple[str, Any]] = []
    event.listen(engine, "before_cursor_execute", lambda *about: asked.append((about[2], about[3])))
    with Session(engine) as session:
        session.scalars(newest_about(About(TOWNSHIP, place_is_known=True, basic_code=ITEM), now))
        statement, values = asked[-1]
        plan = str(list(session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)))

    assert "SCAN appeal" not in plan
    indexes = ("ix_appeal_desk_received", "ix_appeal_region_received", "ix_appeal_item_received")
    assert [index for index in indexes if index not in plan] == []


def test_what_is_alike_by_item_or_place_is_shown_once(town: Town) -> None:
    town.ask(text=BUSES, item=ITEM)

    assert len(preview(town, text=BUSES, item=ITEM)["similar"]) == 1
    assert len(preview(town, text=BUSES, item=ITEM, region=BANNER)["similar"]) == 1
    assert len(preview(town, text=BUSES, region=GACHA)["similar"]) == 0


def test_the_likest_stands_first_and_nobody_learns_how_like_it_is(town: Town) -> None:
    town.ask(text=BUSES + "谢谢你们。")
    town.ask(text=BUSES, kind="help")

    found = preview(town, text=BUSES)["similar"]

    assert [one["kind"] for one in found] == ["help", "consultation"]
    assert {name for one in found for name in one} == {"kind", "stage", "received_on", "basic_code"}


def test_what_was_handed_in_as_a_complaint_stays_out_of_previews(town: Town) -> None:
    person = town.ask(kind="complaint", text=BUSES)
    good(town.banner_desk("POST", person.at("kind"), {"kind": "help", "reason": "应为求助"}))

    assert preview(town, text=BUSES)["similar"] == []


@given(st.text("公交收车请问几点", max_size=80), st.text("公交收车请问几点", max_size=80))
def test_likeness_is_the_same_both_ways_and_none_of_what_is_short(one: str, other: str) -> None:
    pairs = pairs_of(one), pairs_of(other)

    assert likeness(*pairs) == likeness(*reversed(pairs))
    assert likeness(pairs[0], pairs[0]) == (100 if len(pairs[0]) >= FEWEST_PAIRS else 0)
    assert 0 <= likeness(*pairs) <= 100


def test_a_preview_writes_nothing_and_offers_published_answers(town: Town, session: Session) -> None:
    published(town, text="办居住证要带户口本吗")
    before = session.execute(select(func.count()).select_from(Appeal)).scalar_one()

    found = preview(town, text="居住证要不要带户口本", item=ITEM)

    assert [one["answer"] for one in found["answers"]] == [GOOD_ANSWER]
    session.rollback()
    assert session.execute(select(func.count()).select_from(Appeal)).scalar_one() == before


# Kiosks


def test_a_kiosk_that_retries_gets_the_same_receipt(town: Town) -> None:
    draft = {"kind": "complaint", "text": COMPLAINT, "region": GACHA, "channel": "kiosk"}
    first = good(town.send(draft, by=town.kiosk, key="retry-0001"))
    again = good(town.send(dict(reversed(draft.items())), by=town.kiosk, key="retry-0001"))
    town.clock.at = town.clock.at.replace(hour=5)

    assert first == again == good(town.send(draft, by=town.kiosk, key="retry-0001"))
    other = town.send(draft | {"text": "另一件事"}, by=town.kiosk, key="retry-0001")
    assert refused(other) == (422, "idempotency-key-reused")
    assert other.json()["pointer"] == "/header/Idempotency-Key"
    assert good(town.send(draft, by=town.kiosk, key="retry-0002"))["number"] != first["number"]


def test_two_callers_never_meet_under_one_key(town: Town) -> None:
    draft = {"kind": "complaint", "text": COMPLAINT, "region": GACHA}

    assert good(town.send(draft, key="same-key-1"))["number"] != good(
        town.send(draft, by=town.kiosk, key="same-key-1")
    ).get("number")


def test_of_two_requests_at_once_one_appeal_is_made(town: Town, session: Session) -> None:
    draft = {"kind": "complaint", "text": COMPLAINT, "region": GACHA, "channel": "kiosk"}
    at_once = Barrier(4)

    def send() -> tuple[int, str]:
        at_once.wait()
        answer = town.send(draft, by=town.kiosk, key="at-once-01")
        told = answer.json()
        return answer.status_code, told.get("number") or told["type"]

    with ThreadPoolExecutor(4) as pool:
        told = {job.result() for job in [pool.submit(send) for _ in range(4)]}

    again = good(town.send(draft, by=town.kiosk, key="at-once-01"))
    assert told <= {(201, again["number"]), (409, "/problems/request-running")}
    assert (201, again["number"]) in told
    assert session.execute(select(func.count()).select_from(Appeal)).scalar_one() == 1


# Canned answers


def test_canned_answers_are_those_of_the_rulebook_and_of_one_s_own_body(town: Town) -> None:
    mine = {"agency_code": BANNER_BUREAU, "title": "窗口时间", "text": "窗口每天九点到十二点办理。"}
    assert town.bureau("POST", "/v1/canned-answers", mine).status_code == 201
    assert refused(town.station("POST", "/v1/canned-answers", mine)) == (403, "not-allowed")

    def titles(query: str = "") -> list[str]:
        answer = town.bureau("GET", f"/v1/canned-answers{query}")
        return [one["title"] for one in answer.json()]

    assert "窗口时间" in titles(f"?agency={BANNER_BUREAU}")
    assert "窗口时间" not in titles(f"?agency={LEAGUE_BUREAU}")
    assert "已核实并纠正" in titles()


def test_a_body_retires_its_own_canned_answer_and_nobody_else_s(town: Town) -> None:
    mine = {"agency_code": BANNER_BUREAU, "title": "窗口时间", "text": "窗口每天九点到十二点办理。"}
    made = good(town.bureau("POST", "/v1/canned-answers", mine))
    address = f"/v1/canned-answers/{made['id']}"

    assert refused(town.station("DELETE", address)) == (403, "not-allowed")
    assert [town.bureau("DELETE", address).status_code for _ in range(2)] == [204, 204]
    offered = town.bureau("GET", f"/v1/canned-answers?agency={BANNER_BUREAU}").json()
    assert [one for one in offered if one["id"] is not None] == []
    assert refused(town.bureau("DELETE", "/v1/canned-answers/999")) == (404, "no-such-canned-answer")


def test_a_channel_that_the_site_calls_a_machine_needs_an_idempotency_key(
    town: Town, session: Session, now: datetime
) -> None:
    channels = find_register(session, "channels").document
    machine = {"code": "robot", "zh": "机器人", "en": "robot", "open": True, "machine": True}
    load_register(session, "channels", channels | {"channels": [*channels["channels"], machine]}, by=OPERATOR, at=now)
    session.commit()
    draft = {"kind": "complaint", "text": COMPLAINT, "region": GACHA, "channel": "robot"}

    assert pointers(town.send(draft, by=town.kiosk)) == ["/header/Idempotency-Key"]
    assert town.send(draft, by=town.kiosk, key="robot-0001").status_code == 201


# Publication


def published(town: Town, **draft: Any) -> Person:
    """A question of somebody who agreed, answered and published."""
    person = consented(town, **draft)
    body = {"question": "办居住证要带户口本吗", "answer": GOOD_ANSWER}
    good(town.banner_desk("POST", person.at("publication"), body))
    return person


def consented(town: Town, **draft: Any) -> Person:
    person = town.ask(**{"item": ITEM, "consents_to_publication": True} | draft)
    town.to_handling(person, town.station)
    answer = {"text": GOOD_ANSWER, "guide_code": town.guides[TOWNSHIP_STATION]}
    good(town.station("POST", person.at("answer"), answer))
    return person


def test_a_machine_proposes_and_a_person_confirms_what_is_published(town: Town) -> None:
    contact = {"name": "斯琴高娃", "phone": "13900001111"}
    person = consented(town, text="我叫斯琴高娃，电话139 0000 1111，办居住证要带户口本吗", contact=contact)

    found = good(town.banner_desk("GET", person.at("publication")))

    assert "斯琴高娃" not in found["question"]
    assert "0000" not in found["question"]
    assert {mark["text"] for mark in found["marks"]} >= {"斯琴高娃", "139 0000 1111"}
    left = {"question": "斯琴高娃问：办居住证要带户口本吗", "answer": GOOD_ANSWER + "请打１３９００００１１１１"}
    assert pointers(town.banner_desk("POST", person.at("publication"), left)) == ["/question", "/answer"]
    assert town.client.get("/v1/questions").json()["items"] == []
    made = good(
        town.banner_desk("POST", person.at("publication"), {"question": found["question"], "answer": GOOD_ANSWER})
    )
    assert good(town.client.get(f"/v1/questions/{made['id']}"))["answer"] == GOOD_ANSWER
    again = town.banner_desk("POST", person.at("publication"), {"question": "问什么", "answer": GOOD_ANSWER})
    assert refused(again) == (409, "nothing-to-publish")


def test_published_questions_are_searched_and_can_be_taken_back(town: Town) -> None:
    person = published(town, text="办居住证要带户口本吗")
    for query, count in (
        ("?words=户口本", 1),
        ("?words=户口本 护照", 0),
        (f"?basic_code={ITEM}&region=152921", 1),
        ("", 1),
    ):
        assert len(good(town.client.get(f"/v1/questions{query}"))["items"]) == count, query
    for after in ("abc", "99999999999999999999"):
        assert pointers(town.client.get(f"/v1/questions?after={after}")) == ["/query/after"]

    good(town.banner_desk("DELETE", person.at("publication"), {"reason": "答复有变"}))

    assert good(town.client.get("/v1/questions"))["items"] == []
    assert refused(town.client.get("/v1/questions/1")) == (404, "no-such-question")


def test_complaints_and_what_nobody_agreed_to_are_never_published(town: Town) -> None:
    body = {"question": "问什么", "answer": "答什么"}
    silent = consented(town, consents_to_publication=False)
    complaint = town.hand_in(consents_to_publication=True)
    town.to_handling(complaint, town.bureau)
    good(town.bureau("POST", complaint.at("answer"), {"text": GOOD_ANSWER}))
    good(town.bureau_second("POST", complaint.at("answer/check"), {"approve": True}))

    assert refused(town.banner_desk("POST", silent.at("publication"), body)) == (403, "not-consented")
    assert refused(town.banner_desk("POST", complaint.at("publication"), body)) == (409, "not-published-one-by-one")
    assert refused(town.banner_desk("GET", complaint.at("publication"))) == (409, "not-published-one-by-one")
    unanswered = town.ask(consents_to_publication=True)
    assert refused(town.banner_desk("POST", unanswered.at("publication"), body)) == (409, "move-not-legal")

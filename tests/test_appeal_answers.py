"""Answers and what follows them: what counts as one, who reads it, who is told why it was rated bad, what is reopened."""

import signal
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from appealing import GOOD_ANSWER, Town, after, good, open_town, pointers, post, refused
from builders import BANNER_BUREAU, LEAGUE_BUREAU, SEED_DATA
from sqlmodel import Session
from starlette.testclient import TestClient
from yaml import safe_load

from service_catalog.appeals.quality import substance
from service_catalog.appeals.rules import Answers

if TYPE_CHECKING:
    from conftest import Clock

RULES = Answers.model_validate(safe_load((SEED_DATA / "appeals" / "answers.yaml").read_text(encoding="utf-8")))


@pytest.fixture
def town(session: Session, client: TestClient, clock: "Clock") -> Town:
    return open_town(session, client, clock)


@pytest.mark.parametrize(
    "words",
    [
        "您好，您反映的问题已转相关部门处理，请耐心等待，感谢您的来信。祝您生活愉快！",
        "已转相关部门。" * 8,
        "您好！您反映的情况已收悉，我局已将您的诉求转交旗公安局办理，相关部门会尽快与您联系，如有疑问请再联系我们。",
        "收到。正在办理，请耐心等待。我们会尽快处理您反映的问题！谢谢您的理解和支持",
        "您反映的问题我单位高度重视，将依法依规认真研究处理，切实维护群众合法权益，确保事事有回音、件件有着落……下一步将不断提升服务水平。",
        "您反映的情况我们已反馈给物业公司，将抓紧督促整改。您的诉求已上报。我局将加大监管力度，努力让群众满意。",
    ],
)
def test_courtesies_and_having_passed_it_on_are_no_answer(town: Town, words: str) -> None:
    assert substance(RULES, words) == ""
    person = town.hand_in()
    town.to_handling(person, town.bureau)

    assert pointers(post(town.bureau, person, "answer", text=words)) == ["/text"]


def test_what_came_of_it_is_an_answer_though_it_was_passed_on_first() -> None:
    words = "已转交旗公安局，旗公安局于3月5日到现场核实，证实窗口多收材料属实，当天已退还。"

    assert substance(RULES, words) == "旗公安局于3月5日到现场核实证实窗口多收材料属实当天已退还"
    assert len(substance(RULES, GOOD_ANSWER)) > RULES.min_characters["complaint"]  # type: ignore[index]


@pytest.mark.parametrize(
    "words",
    [
        "您的养老保险关系已转移到阿拉善左旗社保中心，可以正常缴费。",
        "经核查，您的医保关系已转入左旗，系统今日已恢复，可正常刷卡结算。",
        "您的户口已转到巴彦浩特镇派出所。",
        "该路段已报自治区交通厅批准，4月开工。",
        "案件已移交检察院，将于4月开庭。",
        "拖欠的工资已转账到您的工资卡，核查结果已反馈给您。",
    ],
)
def test_what_was_moved_or_approved_is_a_result_and_not_passed_on(words: str) -> None:
    assert len(substance(RULES, words)) == sum(character not in "，。" for character in words)


@pytest.mark.parametrize(
    "words", ["依法依规" * 2_000 + "x", "将" * 8_000, "已转" * 4_000, "已将" + "转交部门处理并" * 1_000, "局" * 8_000]
)
def test_the_judging_of_an_answer_comes_to_its_end_whatever_the_words(
    words: str,
) -> None:
    """A pattern that tries everything takes hours for these; the others take a hundredth of a second."""

    def endless(*_: object) -> None:
        raise AssertionError("a minute, and no end")

    before = signal.signal(signal.SIGVTALRM, endless)
    signal.setitimer(signal.ITIMER_VIRTUAL, 60)
    try:
        substance(RULES, words)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def test_an_answer_that_others_read_too_names_nobody(town: Town) -> None:
    first = town.hand_in(contact={"name": "欧阳其其格", "phone": "13900001111"})
    town.clock.at += timedelta(hours=1)
    later = town.hand_in()
    good(post(town.banner_desk, later, "merger", into=first.number, reason="同一件事"))
    town.to_handling(first, town.bureau)

    named = post(town.bureau, first, "answer", text=f"欧阳其其格您好，已电话13900001111与您核对。{GOOD_ANSWER}")
    good(post(town.bureau, first, "answer", text=GOOD_ANSWER))
    good(post(town.bureau_second, first, "answer/check", approve=True))

    assert pointers(named) == ["/text"]
    assert later.sees()["answer"]["text"] == GOOD_ANSWER
    assert first.number not in later.look().text


def test_who_is_merged_into_a_reopened_appeal_does_not_read_what_was_answered_before(town: Town) -> None:
    first = town.hand_in(contact={"name": "欧阳其其格", "phone": "13900001111"})
    town.to_handling(first, town.bureau)
    good(post(town.bureau, first, "answer", text=f"欧阳其其格您好，已电话13900001111与您核对。{GOOD_ANSWER}"))
    good(post(town.bureau_second, first, "answer/check", approve=True))
    good(first.do("rating", grade=5))
    good(post(town.banner_desk, first, "call-back", text="确有遗漏"))
    good(post(town.banner_desk, first, "reopening", reason="群众不满意"))
    town.clock.at += timedelta(hours=1)
    later = town.hand_in()

    good(post(town.banner_desk, later, "merger", into=first.number, reason="同一件事"))

    assert later.sees()["answer"] is None
    good(post(town.bureau, first, "answer", text=GOOD_ANSWER))
    good(post(town.bureau_second, first, "answer/check", approve=True))
    assert (later.sees()["answer"]["text"], later.sees()["answer"]["is_of_main"]) == (GOOD_ANSWER, True)


def test_who_calls_back_reads_why_it_was_rated_bad(town: Town) -> None:
    person = town.hand_in()
    town.to_handling(person, town.bureau)
    good(post(town.bureau, person, "answer", text=GOOD_ANSWER))
    good(post(town.bureau_second, person, "answer/check", approve=True))
    good(person.do("rating", grade=5, text="窗口还在要，我叫欧阳其其格"))

    desk = good(town.banner_desk("GET", person.at("case")))["rating"]
    watching = good(town.supervisor("GET", person.at("case")))["rating"]

    assert (desk["grade"], desk["text"]) == (5, "窗口还在要，我叫欧阳其其格")
    assert desk["call_back_by"] == str(after(town.today, 1))
    assert watching["text"] == "窗口还在要，我叫〔姓名〕"


def test_what_the_desk_answered_itself_is_reopened_at_the_desk(town: Town) -> None:
    person = town.ask()
    assert refused(post(town.banner_desk, person, "reopening", reason="还没答")) == (409, "move-not-legal")
    good(post(town.banner_desk, person, "acceptance"))
    good(post(town.banner_desk, person, "answer", text=GOOD_ANSWER, no_guide="与事项无关"))

    case = good(post(town.banner_desk, person, "reopening", code="said_otherwise", reason="群众说没有讲清楚"))

    assert (case["stage"], case["reopens"]) == ("accepted", 1)
    assert person.sees()["answer"]["text"] == GOOD_ANSWER


def test_a_body_that_gets_it_late_may_return_it_in_the_first_half_of_what_is_left(town: Town) -> None:
    person = town.hand_in()
    start = town.today
    town.go_to(after(start, 9))
    good(post(town.banner_desk, person, "transfer", agency_code=LEAGUE_BUREAU, reason="属盟局职责"))
    why = {"rule": "“三定”规定第三条", "reason": "不归我局管"}

    town.go_to(after(start, 12))
    late = post(town.league_bureau, person, "return", **why)
    town.go_to(after(start, 11))
    early = good(post(town.league_bureau, person, "return", **why))

    assert refused(late) == (409, "return-too-late")
    assert early["stage"] == "returned"
    assert "“三定”规定第三条" in early["events"][-1]["text"]


def test_an_appeal_is_given_to_an_officer_who_is_known(town: Town) -> None:
    person = town.hand_in()
    town.to_handling(person, town.bureau)
    prefix = town.bureau_second.headers["Authorization"].split("alxa_")[1][:8]

    unknown = post(town.bureau, person, "assignment", officer="王五")
    good(post(town.bureau, person, "assignment", officer=prefix))
    mine = good(town.bureau_second("GET", "/v1/appeal-queue?mine=true"))["items"]

    assert pointers(unknown) == ["/officer"]
    assert [row["number"] for row in mine] == [person.number]


def test_a_lead_that_turns_out_to_be_complained_of_loses_it_also_while_the_person_is_asked(town: Town) -> None:
    person = town.hand_in()
    town.to_handling(person, town.bureau)
    good(post(town.bureau, person, "question", question="哪个窗口？", answer_by=str(after(town.today, 3))))
    good(post(town.banner_desk, person, "accused", agency_code=BANNER_BUREAU, reason="投诉的就是旗公安局"))

    seen = good(person.do("supplement", text="旗公安局的户籍窗口"))

    assert seen["stage"] == "returned"
    assert seen["responsible"]["agency_code"] is None

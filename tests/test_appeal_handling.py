"""What desks and bodies do to an appeal, over HTTP: each step as an officer would try it, the forbidden ones too."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from appealing import ELSEWHERE, GOOD_ANSWER, Person, Town, after, good, open_town, pointers, post, refused
from builders import BANNER, BANNER_BUREAU, ITEM, LEAGUE_BUREAU, TOWNSHIP, TOWNSHIP_STATION
from callers import OPERATOR
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.actors import Actor, ActorKind
from service_catalog.appeals import afterwards
from service_catalog.appeals.rulebook import find_register, load_register
from service_catalog.kernel.database import make_engine, unit_of_work
from service_catalog.settings import Settings
from service_catalog.vault import open_vault

if TYPE_CHECKING:
    from conftest import Clock

TUESDAY = date(2026, 3, 10)
WHY = {"rule": "“三定”规定第三条", "reason": "不归我局管"}
HOUSEKEEPER = Actor("夜间整理", ActorKind.SYSTEM, ())


@pytest.fixture
def town(session: Session, client: TestClient, clock: "Clock") -> Town:
    return open_town(session, client, clock)


def lapse(url: str, town: Town, person: Person) -> bool:
    engine = make_engine(url)
    with unit_of_work(engine) as session:
        closed = afterwards.lapse(session, open_vault(Settings()), person.number, by=HOUSEKEEPER, at=town.clock.at)
    engine.dispose()
    return closed


# Merging


def test_each_person_of_a_merged_appeal_gets_the_answer_and_rates_it(town: Town) -> None:
    first = town.ask()
    town.clock.at += timedelta(hours=1)
    later = town.ask()
    for one in (first, later):
        good(post(town.banner_desk, one, "acceptance"))
    case = good(post(town.banner_desk, later, "merger", into=first.number, reason="同一件事"))
    assert (case["stage"], case["main_number"]) == ("merged", first.number)
    assert good(town.banner_desk("GET", first.at("case")))["merged"] == [later.number]

    good(post(town.banner_desk, first, "answer", text=GOOD_ANSWER, no_guide="不是办事事项"))

    for one in (first, later):
        assert one.sees()["answer"]["text"] == GOOD_ANSWER
        assert good(one.do("rating", grade=1))["grade"] == 1
    assert later.sees()["answer"]["is_of_main"] is True
    assert first.number not in later.look().text


def test_only_into_an_earlier_open_appeal_can_be_merged(town: Town) -> None:
    first = town.ask()
    town.clock.at += timedelta(hours=1)
    second = town.ask()
    for into, of in ((second, first), (first, first)):
        assert refused(post(town.banner_desk, of, "merger", into=into.number, reason="同一件事")) == (
            409,
            "not-to-be-merged",
        )

    good(first.do("withdrawal"))

    assert refused(post(town.banner_desk, second, "merger", into=first.number, reason="同")) == (
        409,
        "not-to-be-merged",
    )


def test_an_appeal_that_others_were_merged_into_does_not_end_without_an_answer(town: Town, small_url: str) -> None:
    main = town.ask()
    town.clock.at += timedelta(hours=1)
    other = town.ask()
    good(post(town.banner_desk, other, "merger", into=main.number, reason="同一件事"))

    assert refused(main.do("withdrawal")) == (409, "others-wait")
    assert refused(post(town.banner_desk, main, "refusal", code="litigation")) == (409, "others-wait")
    good(post(town.banner_desk, main, "question", question="是哪条线路？", answer_by="2026-03-12"))
    town.go_to(date(2026, 3, 13))
    assert not lapse(small_url, town, main)

    assert main.sees()["stage"] == "registered"
    assert main.sees()["deadline"]["due_on"] == str(
        after(TUESDAY, 3, standing=[date(2026, 3, n) for n in (10, 11, 12)])
    )


# Triage


def test_a_transfer_takes_it_to_another_body_and_the_clock_runs_on(town: Town) -> None:
    person = town.hand_in()
    town.to_handling(person, town.bureau)
    good(post(town.bureau, person, "answer", text=GOOD_ANSWER))

    case = good(post(town.banner_desk, person, "transfer", agency_code=LEAGUE_BUREAU, reason="盟局牵头"))

    assert (case["stage"], case["responsible"]["agency_code"], case["officer"]) == ("dispatched", LEAGUE_BUREAU, None)
    assert case["deadline"]["due_on"] == person.receipt["deadline"]["due_on"]
    assert case["answer"] is None
    assert refused(post(town.bureau, person, "signature")) == (403, "not-allowed")
    town.to_handling(person, town.league_bureau)
    approving = post(town.league_second, person, "answer/check", approve=True)
    assert refused(approving) == (409, "nothing-proposed")


def test_a_body_never_leads_the_complaint_against_itself(town: Town) -> None:
    person = town.hand_in()
    against = {"agency_code": TOWNSHIP_STATION, "reason": "由派出所办理"}

    assert refused(post(town.banner_desk, person, "transfer", **against)) == (409, "body-complained-of")
    good(post(town.bureau, person, "return", **WHY))
    assert refused(post(town.banner_desk, person, "dispatch", **against)) == (409, "body-complained-of")


def test_naming_the_body_complained_of_takes_it_from_that_body_and_from_those_below(town: Town) -> None:
    person = town.ask(kind="complaint")
    good(post(town.banner_desk, person, "acceptance"))
    good(post(town.banner_desk, person, "dispatch", agency_code=TOWNSHIP_STATION, reason="就近办理"))
    helper = {"agency_code": BANNER_BUREAU, "due_on": str(TUESDAY), "text": "请提供情况"}
    town.to_handling(person, town.station)
    good(post(town.station, person, "joint", **helper))
    accused = {"agency_code": BANNER_BUREAU, "reason": "经电话核实，投诉的是旗公安局"}
    assert refused(post(town.station, person, "accused", **accused)) == (403, "not-allowed")
    unknown = post(town.banner_desk, person, "accused", **accused | {"agency_code": "1" * 18})
    assert pointers(unknown) == ["/agency_code"]

    case = good(post(town.banner_desk, person, "accused", **accused))

    assert (case["stage"], case["responsible"]["agency_code"], case["officer"]) == ("returned", None, None)
    assert case["deadline"]["due_on"] == person.receipt["deadline"]["due_on"]
    assert case["events"][-1]["facts"] == {"lead_taken_from": TOWNSHIP_STATION, "joint_ended": [BANNER_BUREAU]}
    assert "name_accused" not in [step["step"] for step in person.sees()["steps"]]
    for code in (BANNER_BUREAU, TOWNSHIP_STATION):
        again = post(town.banner_desk, person, "dispatch", agency_code=code, reason="由其办理")
        assert refused(again) == (409, "body-complained-of")
    good(post(town.banner_desk, person, "dispatch", agency_code=LEAGUE_BUREAU, reason="由上级办理"))
    late = post(town.bureau, person, "joint-opinion", agency_code=BANNER_BUREAU, text="无此事")
    assert pointers(late) == ["/agency_code"]


def test_naming_the_body_complained_of_leaves_a_complaint_where_another_body_has_it(town: Town) -> None:
    person, waiting = town.hand_in(), town.ask(kind="complaint")
    town.to_handling(person, town.bureau)

    named = [
        good(post(town.banner_desk, one, "accused", agency_code=TOWNSHIP_STATION, reason="核实"))
        for one in (person, waiting)
    ]

    assert [case["stage"] for case in named] == ["handling", "registered"]
    assert [case["responsible"]["agency_code"] for case in named] == [BANNER_BUREAU, None]


def test_the_body_complained_of_and_who_lies_below_it_do_not_help(town: Town) -> None:
    person = town.ask(kind="complaint", against=BANNER_BUREAU)
    good(post(town.banner_desk, person, "acceptance"))
    good(post(town.banner_desk, person, "dispatch", agency_code=LEAGUE_BUREAU, reason="由上级办理"))

    for code in (BANNER_BUREAU, TOWNSHIP_STATION):
        asked = post(town.league_bureau, person, "joint", agency_code=code, due_on=str(TUESDAY), text="请协助")
        assert refused(asked) == (409, "body-complained-of")


def test_the_desk_refuses_merges_and_corrects_what_a_rule_dispatched_at_once(town: Town) -> None:
    earlier = town.hand_in()
    town.go_to(TUESDAY, 10)
    again, foreign, wrong = town.hand_in(), town.hand_in(), town.hand_in()
    good(post(town.bureau, wrong, "signature"))

    merged = good(post(town.banner_desk, again, "merger", into=earlier.number, reason="同一件事"))
    gone = good(post(town.banner_desk, foreign, "refusal", code="litigation"))
    corrected = good(post(town.banner_desk, wrong, "kind", kind="opinion", reason="实为意见"))

    assert [case["stage"] for case in (merged, gone, corrected)] == ["merged", "refused", "signed"]
    assert [case["responsible"]["agency_code"] for case in (merged, gone, corrected)] == [None, None, BANNER_BUREAU]
    left = good(town.bureau("GET", "/v1/appeal-queue"))["items"]
    assert {one["number"] for one in left} == {earlier.number, wrong.number}


def test_a_corrected_kind_counts_from_the_original_receipt(town: Town) -> None:
    person = town.ask(kind="suggestion")
    town.go_to(date(2026, 3, 12))

    case = good(post(town.banner_desk, person, "kind", kind="help", reason="实为求助"))

    assert case["deadline"]["due_on"] == str(after(TUESDAY, 3))
    assert (case["kind"], case["kind_before"]) == ("help", "suggestion")
    again = post(town.banner_desk, person, "kind", kind="opinion", reason="又改")
    assert refused(again) == (409, "kind-corrected-already")


def test_a_report_stays_a_complaint(town: Town) -> None:
    person = town.hand_in(kind="report", item=None, region=TOWNSHIP, text=ELSEWHERE)

    assert pointers(post(town.banner_desk, person, "kind", kind="opinion", reason="实为意见")) == ["/kind"]


def test_what_belongs_elsewhere_is_refused_with_the_place_where_it_goes(town: Town) -> None:
    person = town.ask()
    assert pointers(post(town.banner_desk, person, "refusal", code="whatever")) == ["/code"]

    good(post(town.banner_desk, person, "refusal", code="litigation", text="已有判决"))

    last = person.sees()["steps"][-1]
    assert "人民法院" in last["facts"]["where_zh"]
    assert person.sees()["stage"] == "refused"


EXTENSION = {"basis": "第五条", "reason": "调取监控"}


def test_an_extension_comes_once_before_expiry_and_is_no_longer_than_the_limit(town: Town) -> None:
    person, late = town.hand_in(), town.hand_in(text="另一件事：窗口不收现金")
    for one in (person, late):
        town.to_handling(one, town.bureau)
    too_long = post(town.banner_desk, person, "extension", amount=14, **EXTENSION)
    assert refused(too_long) == (409, "extension-not-possible")

    town.go_to(after(TUESDAY, 13), hour=23)
    case = good(post(town.banner_desk, person, "extension", amount=13, **EXTENSION))
    assert case["deadline"]["due_on"] == str(after(TUESDAY, 26))
    assert refused(post(town.banner_desk, person, "extension", amount=1, **EXTENSION))[0] == 409

    town.go_to(after(TUESDAY, 13) + timedelta(days=1), hour=0)
    assert refused(post(town.banner_desk, late, "extension", amount=1, **EXTENSION)) == (409, "extension-not-possible")


def test_the_rules_say_how_long_one_extension_may_be(town: Town, session: Session) -> None:
    person = town.hand_in()
    town.to_handling(person, town.bureau)
    rules = find_register(session, "limits").document
    complaints = [row | {"longest_extension": 5} if row["kind"] == "complaint" else row for row in rules["limits"]]
    load_register(session, "limits", rules | {"limits": complaints}, by=OPERATOR, at=town.clock.at)
    session.commit()

    too_long = post(town.banner_desk, person, "extension", amount=6, **EXTENSION)

    assert (refused(too_long), too_long.json()["most"]) == ((409, "extension-not-possible"), 5)
    case = good(post(town.banner_desk, person, "extension", amount=5, **EXTENSION))
    assert case["deadline"]["due_on"] == str(after(TUESDAY, 18))


def test_what_is_urgent_is_due_the_same_day_and_never_extended(town: Town) -> None:
    text = "停水三天，派出所旁居民楼"
    person = town.hand_in(
        by=town.banner_desk, channel="hotline", urgency="urgent", kind="help", region=BANNER, item=None, text=text
    )
    town.to_handling(person, town.bureau)

    assert person.receipt["deadline"]["due_on"] == str(TUESDAY)
    assert refused(post(town.banner_desk, person, "extension", amount=1, **EXTENSION)) == (
        409,
        "extension-not-possible",
    )

    town.go_to(TUESDAY, hour=18)
    evening = town.hand_in(
        by=town.banner_desk, channel="hotline", urgency="urgent", kind="help", region=BANNER, item=None, text=text
    )
    assert evening.receipt["deadline"]["due_on"] == str(after(TUESDAY, 1))


# What a body does


def test_whoever_returns_says_so_in_the_first_half_of_the_limit(town: Town) -> None:
    person = town.hand_in()

    town.go_to(after(TUESDAY, 8))
    late = post(town.bureau, person, "return", **WHY)

    assert refused(late) == (409, "return-too-late")
    assert late.json()["most"] == 7
    town.go_to(after(TUESDAY, 7))
    assert good(post(town.bureau, person, "return", **WHY))["stage"] == "returned"


def test_a_body_to_which_it_was_dispatched_last_counts_its_days_from_then(town: Town) -> None:
    person = town.hand_in()
    good(post(town.banner_desk, person, "transfer", agency_code=LEAGUE_BUREAU, reason="属盟局职责"))
    town.go_to(after(TUESDAY, 6))
    good(post(town.league_bureau, person, "return", **WHY))
    town.go_to(after(TUESDAY, 7))
    good(post(town.banner_desk, person, "dispatch", agency_code=BANNER_BUREAU, reason="属于职责范围"))

    town.go_to(after(TUESDAY, 8))

    assert good(post(town.bureau, person, "return", **WHY))["returns"] == 2


def test_after_the_last_return_only_the_league_sends_it_and_then_it_stays(town: Town) -> None:
    person = town.hand_in()
    to_bureau = {"agency_code": BANNER_BUREAU, "reason": "属于职责范围"}
    for returned in (1, 2):
        assert good(post(town.bureau, person, "return", **WHY))["returns"] == returned
        if returned == 1:
            good(post(town.banner_desk, person, "dispatch", **to_bureau))

    assert refused(post(town.banner_desk, person, "dispatch", **to_bureau)) == (403, "not-allowed")
    assert good(post(town.league_desk, person, "dispatch", **to_bureau))["decided_by_league"]
    assert refused(post(town.bureau, person, "return", **WHY)) == (409, "returns-used-up")
    assert refused(post(town.banner_desk, person, "transfer", **to_bureau)) == (403, "not-allowed")


def test_the_second_officer_is_told_who_has_it_and_can_be_given_it(town: Town) -> None:
    person = town.hand_in()
    good(post(town.bureau, person, "signature"))

    assert refused(post(town.bureau_second, person, "signature")) == (409, "already-taken")
    mine = "/v1/appeal-queue?mine=true"
    assert [len(good(office("GET", mine))["items"]) for office in (town.bureau, town.bureau_second)] == [1, 0]
    good(post(town.bureau_second, person, "assignment"))
    assert [len(good(office("GET", mine))["items"]) for office in (town.bureau, town.bureau_second)] == [0, 1]


def test_all_questions_together_let_the_clock_stand_for_ten_working_days(town: Town) -> None:
    person = town.hand_in()
    town.to_handling(person, town.bureau)
    ask = {"question": "哪个窗口？"}
    assert pointers(post(town.bureau, person, "question", answer_by=str(TUESDAY), **ask)) == ["/answer_by"]
    assert refused(post(town.bureau, person, "question", answer_by="2026-03-24", **ask)) == (409, "pause-too-long")

    good(post(town.bureau, person, "question", answer_by="2026-03-16", **ask))
    town.go_to(date(2026, 3, 16))
    good(person.do("supplement", text="三号窗口"))

    assert person.sees()["deadline"]["due_on"] == str(
        after(TUESDAY, 13, standing=[date(2026, 3, n) for n in range(10, 17)])
    )
    assert refused(person.do("supplement", text="还有")) == (409, "move-not-legal")
    town.go_to(date(2026, 3, 17))
    assert refused(post(town.bureau, person, "question", answer_by="2026-03-24", **ask)) == (409, "pause-too-long")
    good(post(town.bureau, person, "question", answer_by="2026-03-23", **ask))


def test_who_does_not_answer_a_question_lapses_on_the_day_after(town: Town, small_url: str) -> None:
    person = town.hand_in()
    town.to_handling(person, town.bureau)
    good(post(town.bureau, person, "question", question="哪个窗口？", answer_by="2026-03-12"))
    town.go_to(date(2026, 3, 12), hour=23)
    assert not lapse(small_url, town, person)

    town.go_to(date(2026, 3, 13), hour=0)

    assert lapse(small_url, town, person)
    assert person.sees()["stage"] == "closed"
    assert refused(person.do("rating", grade=5)) == (409, "nothing-to-rate")


def test_a_question_to_the_person_does_not_hide_that_it_is_overdue(town: Town) -> None:
    late, in_time = town.hand_in(), town.hand_in(text="另一件事：窗口不收现金")
    due_on = after(TUESDAY, 13)
    for person in (late, in_time):
        town.to_handling(person, town.bureau)
    town.go_to(due_on)
    assert late.sees()["deadline"]["state"] == "running"
    until = str(after(due_on, 3))
    good(post(town.bureau, in_time, "question", question="哪个窗口？", answer_by=until))

    town.go_to(due_on + timedelta(days=1))
    before = late.sees()["deadline"]
    case = good(post(town.bureau, late, "question", question="哪个窗口？", answer_by=until))

    overdue = {"state": "overdue", "due_on": str(due_on), "overdue_since": str(due_on + timedelta(days=1))}
    for told in (before, late.sees()["deadline"], case["deadline"]):
        assert told | overdue == told
    told = in_time.sees()["deadline"]
    assert (told["state"], told["overdue_since"]) == ("paused", None)


@pytest.mark.parametrize("ending", ["lapse", "withdrawal", "refusal"])
def test_what_ends_after_its_deadline_without_an_answer_counts_as_overdue(
    town: Town, small_url: str, ending: str
) -> None:
    late, in_time = town.hand_in(), town.hand_in(text="另一件事：窗口不收现金")
    due_on = after(TUESDAY, 13)
    town.go_to(due_on)
    end(town, small_url, in_time, ending)
    town.go_to(due_on + timedelta(days=1))
    assert figures(town)["overdue"] == 1

    end(town, small_url, late, ending)

    counted = figures(town)
    assert [counted[name] for name in ("received", "open", "answered", "overdue")] == [2, 0, 0, 1]


def end(town: Town, url: str, person: Person, ending: str) -> None:
    """Let it end without an answer; what lapses was asked about on the day and stays unanswered."""
    if ending == "withdrawal":
        good(person.do("withdrawal"))
    elif ending == "refusal":
        good(post(town.banner_desk, person, "refusal", code="litigation"))
    else:
        town.to_handling(person, town.bureau)
        asked_on, until = town.today, after(town.today, 2)
        good(post(town.bureau, person, "question", question="哪个窗口？", answer_by=str(until)))
        town.go_to(until + timedelta(days=1))
        assert lapse(url, town, person)
        town.go_to(asked_on)


def figures(town: Town) -> dict[str, Any]:
    """Return what the statistics say of all."""
    (line,) = good(town.supervisor("GET", "/v1/supervision/statistics"))["lines"]
    found: dict[str, Any] = line["figures"]
    return found


def test_a_body_that_helps_has_a_day_within_the_deadline_and_does_not_answer_the_person(town: Town) -> None:
    person = town.hand_in()
    town.to_handling(person, town.bureau)
    joint = {"agency_code": LEAGUE_BUREAU, "text": "请提供规定"}

    assert pointers(post(town.bureau, person, "joint", due_on=str(after(TUESDAY, 14)), **joint)) == ["/due_on"]
    good(post(town.bureau, person, "joint", due_on=str(after(TUESDAY, 13)), **joint))
    assert refused(post(town.bureau, person, "joint", due_on=str(TUESDAY), **joint)) == (409, "joint-already")
    assert [one["number"] for one in good(town.league_bureau("GET", "/v1/appeal-queue"))["items"]] == [person.number]

    uninvited = post(town.station, person, "joint-opinion", agency_code=TOWNSHIP_STATION, text="我们的意见")
    assert pointers(uninvited) == ["/agency_code"]
    assert refused(post(town.league_bureau, person, "notes", text="您好", to_the_person=True)) == (403, "not-allowed")
    good(post(town.league_bureau, person, "joint-opinion", agency_code=LEAGUE_BUREAU, text="规定如此"))
    assert good(town.league_bureau("GET", "/v1/appeal-queue"))["items"] == []  # it has nothing left to do
    assert good(town.league_bureau("GET", person.at("case")))["relation"] == "joint"
    assert [step["step"] for step in person.sees()["steps"]] == ["register", "dispatch", "sign", "start"]
    assert person.sees()["deadline"]["due_on"] == person.receipt["deadline"]["due_on"]


@pytest.mark.parametrize(
    "text",
    [
        "已转相关部门处理。",
        "您好，您反映的问题已转交公安局办理。",
        "收到",
        "已阅",
        "谢谢反映",
        "经核实，〔问题〕属实，〔单位〕已于〔日期〕改正，给您造成不便，我们诚恳致歉，请您继续监督我们的工作。",
    ],
)
def test_having_passed_it_on_is_no_answer_to_a_complaint(town: Town, text: str) -> None:
    person = town.hand_in()
    town.to_handling(person, town.bureau)

    assert pointers(post(town.bureau, person, "answer", text=text)) == ["/text"]
    assert person.sees()["stage"] == "handling"


def test_an_answer_to_a_consultation_names_the_guide_or_says_why_there_is_none(town: Town) -> None:
    person = town.ask(text="居住证怎么办，要带什么", item=ITEM)
    town.to_handling(person, town.station)
    words = "您好！请带身份证和相片到窗口办理。"

    assert pointers(post(town.station, person, "answer", text=words)) == ["/guide_code"]
    assert pointers(post(town.station, person, "answer", text=words, guide_code="1" * 31)) == ["/guide_code"]
    good(post(town.station, person, "answer", text=words, guide_code=town.guides[TOWNSHIP_STATION]))
    assert person.sees()["answer"]["guide_code"] == town.guides[TOWNSHIP_STATION]

"""What the desk decides, and what follows for bodies, helpers and officers: kinds, who is complained of, merging, assigning."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from appealing import GOOD_ANSWER, Town, after, good, open_town, pointers, post, refused
from builders import BANNER_BUREAU, LEAGUE_BUREAU, TOWNSHIP_STATION
from callers import key_for
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.actors import Actor, ActorKind, Grant, Role
from service_catalog.appeals import handling
from service_catalog.settings import Settings
from service_catalog.vault import open_vault

if TYPE_CHECKING:
    from conftest import Clock

TUESDAY = date(2026, 3, 10)
EXTENSION = {"basis": "第五条", "reason": "调取监控"}
CONTACT = {"name": "欧阳其其格", "phone": "13900001111"}


@pytest.fixture
def town(session: Session, client: TestClient, clock: "Clock") -> Town:
    return open_town(session, client, clock)


def figures(town: Town) -> dict[str, Any]:
    """Return what the statistics say of all."""
    (line,) = good(town.supervisor("GET", "/v1/supervision/statistics"))["lines"]
    found: dict[str, Any] = line["figures"]
    return found


def prefix_of(headers: dict[str, str]) -> str:
    return headers["Authorization"].split("alxa_")[1][:8]


def test_the_body_of_a_guide_answers_what_was_no_complaint_about_it_after_all(town: Town) -> None:
    person, named = town.hand_in(contact=CONTACT), town.hand_in(against=LEAGUE_BUREAU)
    to_consultation = {"kind": "consultation", "reason": "实为咨询"}

    case = good(post(town.banner_desk, person, "kind", **to_consultation))
    good(post(town.banner_desk, person, "transfer", agency_code=TOWNSHIP_STATION, reason="由派出所解答"))
    town.to_handling(person, town.station)

    assert case["events"][-1]["facts"]["no_longer_against"] == TOWNSHIP_STATION
    assert good(post(town.station, person, "identity", why="回电解答"))["contact"]["phone"] == CONTACT["phone"]
    left = good(post(town.banner_desk, named, "kind", **to_consultation))
    assert left["against_agency"] == LEAGUE_BUREAU, "the person named it, and not the guide"


def test_the_body_of_a_guide_loses_what_turns_out_to_be_a_complaint_about_it(town: Town) -> None:
    person = town.hand_in(kind="opinion")
    assert person.receipt["responsible"]["agency_code"] == TOWNSHIP_STATION
    good(post(town.station, person, "signature"))

    case = good(post(town.banner_desk, person, "kind", kind="complaint", reason="实为投诉派出所"))

    assert (case["kind"], case["stage"], case["officer"]) == ("complaint", "returned", None)
    assert (case["against_agency"], case["responsible"]["agency_code"]) == (TOWNSHIP_STATION, None)
    assert [event["step"] for event in case["events"]][-2:] == ["correct_kind", "name_accused"]
    assert "name_accused" not in [step["step"] for step in person.sees()["steps"]]
    assert refused(town.station("GET", person.at("case"))) == (403, "not-allowed")
    good(post(town.banner_desk, person, "dispatch", agency_code=BANNER_BUREAU, reason="由上级办理"))


@pytest.mark.parametrize("accused", [TOWNSHIP_STATION, BANNER_BUREAU])
def test_a_body_that_had_the_complaint_reads_no_more_of_it_once_it_is_named(town: Town, accused: str) -> None:
    person = town.ask(kind="complaint")
    good(post(town.banner_desk, person, "acceptance"))
    good(post(town.banner_desk, person, "dispatch", agency_code=TOWNSHIP_STATION, reason="就近办理"))
    town.to_handling(person, town.station)

    good(post(town.banner_desk, person, "accused", agency_code=accused, reason="经电话核实"))

    assert refused(town.station("GET", person.at("case"))) == (403, "not-allowed")
    assert refused(post(town.station, person, "notes", text="我们没有错")) == (403, "not-allowed")


def test_who_only_watches_writes_no_notes(town: Town) -> None:
    person = town.hand_in()
    good(post(town.bureau, person, "return", rule="“三定”规定第三条", reason="不归我局管"))

    for office in (town.bureau, town.supervisor):
        assert good(office("GET", person.at("case")))["relation"] == "watching"
        assert refused(post(office, person, "notes", text="备注")) == (403, "not-allowed")
    good(post(town.banner_desk, person, "notes", text="备注"))


def test_what_was_late_when_it_was_merged_stays_late(town: Town) -> None:
    main = town.hand_in()
    town.clock.at += timedelta(hours=1)
    late = town.ask()
    town.to_handling(main, town.bureau)
    town.go_to(after(TUESDAY, 4))

    good(post(town.banner_desk, late, "merger", into=main.number, reason="同一件事"))
    before = figures(town)
    good(post(town.bureau, main, "answer", text=GOOD_ANSWER))
    good(post(town.bureau_second, main, "answer/check", approve=True))

    assert late.sees()["answer"]["text"] == GOOD_ANSWER
    assert [before[name] for name in ("answered", "overdue")] == [0, 1]
    assert [figures(town)[name] for name in ("answered", "in_time", "overdue")] == [2, 1, 1]


def test_an_appeal_is_given_only_to_who_may_handle_it(town: Town, session: Session) -> None:
    person = town.hand_in()
    expiring = key_for(session, Role.APPEALS_OFFICER, agency=BANNER_BUREAU, at=town.clock.at, days=1)
    town.go_to(after(TUESDAY, 2))
    town.to_handling(person, town.bureau)
    ours, rival = prefix_of(town.bureau_second.headers), prefix_of(town.league_bureau.headers)
    supervisor = f"supervisor 机 ({prefix_of(town.supervisor.headers)})"

    for nobody in (rival, prefix_of(expiring), f"appeals_officer 机 ({rival})", supervisor):
        assert pointers(post(town.bureau, person, "assignment", officer=nobody)) == ["/officer"]
    case = good(post(town.bureau, person, "assignment", officer=ours))
    assert case["officer"] == f"appeals_officer 机 ({ours})"
    good(post(town.bureau, person, "assignment", officer=prefix_of(town.banner_desk.headers)))


def test_a_person_is_given_what_belongs_to_the_body_for_which_they_have_signed(town: Town, session: Session) -> None:
    first, second = town.hand_in(), town.hand_in(text="另一件事：窗口不收现金")
    grants = (Grant(Role.APPEALS_OFFICER, agency_code=BANNER_BUREAU),)
    officer = Actor("巴图 (7)", ActorKind.PERSON, grants, subject="https://sso.example.cn 7")
    handling.sign(session, open_vault(Settings()), first.number, by=officer, at=town.clock.at)
    session.commit()
    good(post(town.bureau, second, "signature"))

    case = good(post(town.bureau, second, "assignment", officer=officer.identity))
    good(post(town.banner_desk, second, "transfer", agency_code=LEAGUE_BUREAU, reason="盟局牵头"))
    town.to_handling(second, town.league_bureau)

    assert case["officer"] == officer.name
    assert pointers(post(town.league_bureau, second, "assignment", officer=officer.identity)) == ["/officer"]


def test_after_a_corrected_kind_it_may_be_extended_anew(town: Town) -> None:
    person = town.hand_in()
    town.to_handling(person, town.bureau)
    good(post(town.banner_desk, person, "extension", amount=5, **EXTENSION))
    good(post(town.banner_desk, person, "transfer", agency_code=LEAGUE_BUREAU, reason="盟局牵头"))

    corrected = good(post(town.banner_desk, person, "kind", kind="opinion", reason="实为意见"))
    town.to_handling(person, town.league_bureau)
    again = good(post(town.banner_desk, person, "extension", amount=5, **EXTENSION))

    assert (corrected["extensions"], corrected["deadline"]["due_on"]) == (0, str(after(TUESDAY, 13)))
    assert (again["extensions"], again["deadline"]["due_on"]) == (1, str(after(TUESDAY, 18)))


def test_a_body_that_helps_and_then_leads_is_no_helper_of_its_own(town: Town) -> None:
    person = town.hand_in()
    town.to_handling(person, town.bureau)
    helping = {"due_on": str(after(TUESDAY, 3)), "text": "请提供规定"}
    good(post(town.bureau, person, "joint", agency_code=LEAGUE_BUREAU, **helping))

    case = good(post(town.banner_desk, person, "transfer", agency_code=LEAGUE_BUREAU, reason="盟局牵头"))

    assert (case["responsible"]["agency_code"], case["joint"]) == (LEAGUE_BUREAU, [])

"""After the answer, and lists, over HTTP: reopening, closing, late ratings, withdrawal, what waits for whom."""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from appealing import GOOD_ANSWER, Person, Town, after, good, open_town, pointers, post, refused
from builders import BANNER, BANNER_BUREAU
from sqlalchemy import Engine, event
from sqlmodel import Session
from starlette.datastructures import URL
from starlette.testclient import TestClient

from service_catalog.actors import Actor, ActorKind, Grant, Role
from service_catalog.appeals.queues import queue
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.paging import Walk

if TYPE_CHECKING:
    from conftest import Clock

TUESDAY = date(2026, 3, 10)


@pytest.fixture
def town(session: Session, client: TestClient, clock: "Clock") -> Town:
    return open_town(session, client, clock)


def answered(town: Town, **changes: Any) -> Person:
    """A complaint that the bureau has answered."""
    person = town.hand_in(**changes)
    town.to_handling(person, town.bureau)
    good(post(town.bureau, person, "answer", text=GOOD_ANSWER))
    good(post(town.bureau_second, person, "answer/check", approve=True))
    return person


def test_it_is_reopened_with_a_new_clock_twice_and_only_after_the_call(town: Town) -> None:
    person = answered(town)
    for again in (1, 2):
        assert good(person.do("rating", grade=5))["may_rate"] is False
        assert refused(post(town.banner_desk, person, "reopening", reason="群众不满意")) == (409, "call-back-pending")
        good(post(town.banner_desk, person, "call-back", text="确有遗漏"))
        town.go_to(date(2026, 3, 16 + again))
        case = good(post(town.banner_desk, person, "reopening", reason="群众不满意"))
        assert (case["stage"], case["reopens"]) == ("handling", again)
        assert case["deadline"]["due_on"] == str(after(town.today, 13))
        assert person.sees()["answer"]["text"] == GOOD_ANSWER, "the earlier answer stays readable"
        assert person.sees()["may_rate"] is False
        good(post(town.bureau, person, "answer", text=GOOD_ANSWER))
        good(post(town.bureau_second, person, "answer/check", approve=True))

    assert refused(post(town.banner_desk, person, "reopening", reason="再来")) == (409, "reopened-too-often")
    assert refused(post(town.banner_desk, person, "call-back", text="回访")) == (409, "no-bad-rating")


@pytest.mark.parametrize("grade", [1, None])
def test_without_a_bad_rating_it_is_reopened_only_for_a_reason_that_the_rules_know(
    town: Town, grade: int | None
) -> None:
    person = answered(town)
    if grade is not None:
        good(person.do("rating", grade=grade))
    why = {"reason": "答复里的第二项至今没有办"}

    bare = post(town.banner_desk, person, "reopening", **why)
    unknown = post(town.banner_desk, person, "reopening", code="whatever", **why)
    case = good(post(town.banner_desk, person, "reopening", code="not_carried_out", **why))

    assert (refused(bare), pointers(unknown)) == ((409, "no-reason-to-reopen"), ["/code"])
    assert case["events"][-1]["facts"]["code"] == "not_carried_out"
    assert person.sees()["steps"][-1]["facts"]["zh"] == "答复承诺的事项没有落实"


def test_without_a_rating_it_is_closed_after_five_working_days(town: Town) -> None:
    person = answered(town)

    town.go_to(after(TUESDAY, 5), hour=23)
    assert refused(post(town.banner_desk, person, "closing")) == (409, "waiting-for-rating")
    town.go_to(after(TUESDAY, 5) + timedelta(days=1), hour=0)
    assert good(post(town.banner_desk, person, "closing"))["stage"] == "closed"


def test_a_bad_rating_after_the_closing_is_called_back_too(town: Town) -> None:
    person = answered(town)
    town.go_to(date(2026, 3, 20))
    good(post(town.banner_desk, person, "closing"))
    assert good(town.banner_desk("GET", "/v1/appeal-queue"))["items"] == []

    good(person.do("rating", grade=4))

    [line] = good(town.banner_desk("GET", "/v1/appeal-queue"))["items"]
    assert line["step_due_on"] == str(after(town.today, 1))
    good(post(town.banner_desk, person, "call-back", text="已说明"))
    assert good(town.banner_desk("GET", "/v1/appeal-queue"))["items"] == []


def test_a_person_takes_it_back_while_it_is_open(town: Town) -> None:
    person, done = town.hand_in(), answered(town)

    good(person.do("withdrawal", text="已解决"))

    assert person.sees()["stage"] == "withdrawn"
    assert refused(post(town.bureau, person, "signature")) == (409, "move-not-legal")
    assert refused(done.do("withdrawal")) == (409, "move-not-legal")


# Queues


def test_the_queue_is_cut_by_body_kind_light_and_deadline(town: Town) -> None:
    soon, later, led = town.ask(), town.ask(kind="opinion"), town.hand_in()
    withdrawn = town.ask()
    good(withdrawn.do("withdrawal"))
    town.go_to(date(2026, 3, 12))

    def listed(office: Any, **how: Any) -> list[str]:
        found, address = [], "/v1/appeal-queue?limit=1" + "".join(f"&{key}={value}" for key, value in how.items())
        while address:
            page = good(office("GET", address))
            found += [line["number"] for line in page["items"]]
            address = page["next"]
        return found

    by_deadline = [soon.number, *sorted([later.number, led.number])]
    assert listed(town.banner_desk) == listed(town.league_desk) == listed(town.supervisor) == by_deadline
    assert listed(town.bureau) == listed(town.banner_desk, agency=BANNER_BUREAU) == [led.number]
    assert listed(town.banner_desk, kind="opinion") == [later.number]
    assert listed(town.banner_desk, light="yellow") == [soon.number]
    town.go_to(date(2026, 3, 14))
    assert listed(town.banner_desk, light="red") == [soon.number]
    assert listed(town.banner_desk, light="green") == sorted([later.number, led.number])
    assert listed(town.banner_desk, stage="withdrawn") == [withdrawn.number]
    assert listed(town.station) == []
    assert refused(town.kiosk("GET", "/v1/appeal-queue")) == (403, "not-allowed")

    elsewhere = town.ask(region="152900")
    good(post(town.league_desk, elsewhere, "acceptance"))
    good(post(town.league_desk, elsewhere, "dispatch", agency_code=BANNER_BUREAU, reason="由旗公安局办理"))
    assert elsewhere.number in listed(town.banner_desk)  # on the league's desk, but led by a body of the banner


@pytest.mark.parametrize(
    ("wanted", "indexes"),
    [({"agency": BANNER_BUREAU}, {"ix_appeal_lead_queue", "ix_joint_agency_agency_code"}),
     ({"mine": True}, {"ix_appeal_officer_queue"})],
)  # fmt: skip
def test_a_desk_finds_the_appeals_of_a_body_or_an_officer_by_their_own_indexes(
    engine: Engine, now: datetime, wanted: dict[str, Any], indexes: set[str]
) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("the plan of PostgreSQL depends on how much there is")
    asked: list[tuple[str, Any]] = []
    event.listen(engine, "before_cursor_execute", lambda *about: asked.append((about[2], about[3])))
    desk = Actor("受理乙", ActorKind.MACHINE, (Grant(Role.APPEALS_OFFICER, region_code=BANNER),))

    with Session(engine) as session:
        queue(session, Walk(None, 50, URL("/")), by=desk, today=civil_day(now), **wanted)
        statement, values = asked[-1]
        plan = str(list(session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)))

    assert {name for name in indexes if name in plan} == indexes

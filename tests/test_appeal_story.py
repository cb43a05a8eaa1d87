"""One complaint from the kiosk to its closing, over HTTP, across the make-up days of two years; an independent calendar counts."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from appealing import GOOD_ANSWER, Person, Town, after, good, moment, open_town, refused, works
from builders import BANNER_BUREAU, GACHA, LEAGUE_BUREAU, TOWNSHIP_STATION, found_small_catalogue
from databases import Server
from sqlalchemy import Engine
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.app import create_app
from service_catalog.appeals.tables import Appeal
from service_catalog.kernel.database import make_engine, unit_of_work
from service_catalog.migrations.upgrading import upgrade
from service_catalog.settings import Settings

if TYPE_CHECKING:
    from conftest import Clock

SINCE = date(2025, 1, 1)
FOUNDED_THEN = datetime(2024, 12, 10, 1, 0, tzinfo=UTC)
STARTS = [
    *(date(2025, 1, day) for day in (10, 17, 24, 26, 29)),  # Spring Festival 01-28…02-04; 01-26 and 02-08 work
    *(date(2025, 9, day) for day in (12, 19, 26, 28)),  # October 10-01…10-08; 09-28 and 10-11 work
    date(2025, 10, 4),
    *(date(2026, 2, day) for day in (2, 6, 13, 14, 20)),  # Spring Festival 02-15…02-23; 02-14 and 02-28 work
    *(date(2026, 9, day) for day in (11, 18, 20, 25, 30)),  # October 10-01…10-07; 09-20 and 10-10 work
]
LIMIT, EXTENDED_BY = 13, 5


def _found_early(engine: Engine) -> None:
    upgrade(engine)
    with unit_of_work(engine) as session:
        found_small_catalogue(session, at=FOUNDED_THEN, in_force_since=SINCE)


@pytest.fixture
def town(server: Server, clock: "Clock", start: date) -> Iterator[Town]:
    """The small catalogue as it would have been in 2025, with keys handed out on the day of the story."""
    with server.copy_of(server.template("early", _found_early)) as url:
        engine = make_engine(url)
        clock.at = moment(start)
        with TestClient(create_app(Settings(database_url=url), clock=clock)) as client:
            with Session(engine.execution_options(catalog_writes=True), expire_on_commit=False) as session:
                town = open_town(session, client, clock, since=SINCE)
            yield town
        engine.dispose()


class Watcher:
    """Reads the deadline wherever it is shown."""

    def __init__(self, town: Town, person: Person) -> None:
        self.town, self.person = town, person

    def deadlines(self) -> set[str | None]:
        """As the person, the desk and the lists show it."""
        case = good(self.town.league_desk("GET", self.person.at("case")))
        return {self.person.sees()["deadline"]["due_on"], case["deadline"]["due_on"]}

    def line(self) -> dict[str, Any]:
        [line] = good(self.town.league_desk("GET", "/v1/appeal-queue"))["items"]
        return dict(line)


@pytest.mark.parametrize("start", STARTS, ids=str)
def test_a_kiosk_complaint_goes_its_whole_way_and_every_date_is_right(town: Town, start: date) -> None:
    def on(days: int) -> date:
        town.go_to(start + timedelta(days=days))
        return start + timedelta(days=days)

    on(0)
    person = town.hand_in(by=town.kiosk, channel="kiosk", region=GACHA, element="/materials/id-card", contact=None)
    watch = Watcher(town, person)
    received_and_routed(town, person, watch, start)

    returned_once_and_decided_by_the_league(town, person, watch, on(1))
    joined_by_a_second_body(town, person, on(2))

    asked, answered = on(3), start + timedelta(days=6)
    standing = supplemented(town, person, watch, start, asked, answered)
    extended_once(town, person, watch, after(start, LIMIT, standing=standing), on(7))
    due = after(start, LIMIT + EXTENDED_BY, standing=standing)
    assert watch.deadlines() == {str(due)}

    answered_by_two(town, person, due)
    rated_bad_called_back_and_closed(town, person, watch, on((town.today - start).days + 1))

    with Session(town.client.app.state.engine) as session:  # type: ignore[attr-defined]
        row = session.get_one(Appeal, person.number)
        assert (row.in_time, row.working_days) == (True, LIMIT + EXTENDED_BY)


def received_and_routed(town: Town, person: Person, watch: Watcher, start: date) -> None:
    receipt = person.receipt
    due = after(start, LIMIT)

    assert (receipt["responsible"]["agency_code"], receipt["rule"]) == (BANNER_BUREAU, "item")
    assert "在当地由阿拉善左旗公安局实施" in receipt["reason"]["zh"]
    assert "巴彦浩特镇派出所是被投诉单位" in receipt["reason"]["zh"]
    assert receipt["deadline"]["due_on"] == str(due)
    assert watch.deadlines() == {str(due)}
    line = watch.line()
    assert (line["deadline_on"], line["step_due_on"], line["light"]) == (str(due), str(after(start, 1)), "green")
    case = good(town.league_desk("GET", person.at("case")))
    assert (case["is_anonymous"], case["against_agency"]) == (True, TOWNSHIP_STATION)
    assert case["seen"]["code"] == town.guides[TOWNSHIP_STATION]


def returned_once_and_decided_by_the_league(town: Town, person: Person, watch: Watcher, today: date) -> None:
    why = {"rule": "“三定”规定第三条", "competent": LEAGUE_BUREAU, "reason": "居住证由盟局统一管理"}
    good(town.bureau("POST", person.at("return"), why))
    assert watch.line()["step_due_on"] == str(after(today, 1))
    decided = {"agency_code": LEAGUE_BUREAU, "reason": "由盟公安局承办", "final": True}
    assert refused(town.banner_desk("POST", person.at("dispatch"), decided)) == (403, "not-allowed")
    case = good(town.league_desk("POST", person.at("dispatch"), decided))
    assert (case["returns"], case["decided_by_league"]) == (1, True)
    assert watch.line()["step_due_on"] == str(after(today, 1))
    assert watch.line()["deadline_on"] == person.receipt["deadline"]["due_on"]
    assert refused(town.league_bureau("POST", person.at("return"), why)) == (409, "returns-used-up")


def joined_by_a_second_body(town: Town, person: Person, today: date) -> None:
    town.to_handling(person, town.league_bureau)
    due_on = after(today, 3)
    joint = {"agency_code": BANNER_BUREAU, "due_on": str(due_on), "text": "请提供窗口的情况"}
    case = good(town.league_bureau("POST", person.at("joint"), joint))
    assert [(one["agency_code"], one["due_on"]) for one in case["joint"]] == [(BANNER_BUREAU, str(due_on))]
    opinion = {"agency_code": BANNER_BUREAU, "text": "窗口确实多收了材料"}
    assert good(town.bureau("POST", person.at("joint-opinion"), opinion))["relation"] == "joint"
    assert refused(town.bureau("POST", person.at("answer"), {"text": GOOD_ANSWER})) == (403, "not-allowed")


def supplemented(
    town: Town, person: Person, watch: Watcher, start: date, asked: date, answered: date
) -> frozenset[date]:
    answer_by = asked + timedelta(days=5)
    question = {"question": "请问是哪个窗口，哪一天？", "answer_by": str(answer_by)}
    good(town.league_bureau("POST", person.at("question"), question))
    told = person.sees()
    assert (told["deadline"]["state"], told["question"]) == ("paused", question["question"])
    assert told["answer_by"] == str(answer_by)
    assert watch.line()["deadline_on"] is None
    town.go_to(answered)
    good(person.do("supplement", text="三号窗口，上周五"))
    standing = frozenset(asked + timedelta(days=n) for n in range((answered - asked).days + 1))
    due = after(start, LIMIT, standing=standing)
    assert watch.deadlines() == {str(due)}
    assert watch.line()["deadline_on"] == str(due)
    return standing


def extended_once(town: Town, person: Person, watch: Watcher, due: date, today: date) -> None:
    extension = {"amount": EXTENDED_BY, "basis": "办理办法第五条", "reason": "需要调取监控"}
    assert refused(town.league_bureau("POST", person.at("extension"), extension)) == (403, "not-allowed")
    good(town.league_desk("POST", person.at("extension"), extension))
    told = person.sees()["steps"][-1]
    assert (told["step"], told["text"]) == ("extend", "需要调取监控\n依据：办理办法第五条")
    assert told["facts"]["was_due_on"] == str(due)
    assert told["facts"]["due_on"] == watch.line()["deadline_on"]
    assert refused(town.league_desk("POST", person.at("extension"), extension)) == (409, "extension-not-possible")
    assert today <= due


def answered_by_two(town: Town, person: Person, due: date) -> None:
    town.go_to(due, hour=23)
    good(town.league_bureau("POST", person.at("answer"), {"text": GOOD_ANSWER}))
    assert person.sees()["answer"] is None
    same = town.league_bureau("POST", person.at("answer/check"), {"approve": True})
    assert refused(same) == (403, "answer-needs-another")
    good(town.league_second("POST", person.at("answer/check"), {"approve": True}))
    told = person.sees()
    assert (told["stage"], told["answer"]["text"]) == ("answered", GOOD_ANSWER)


def rated_bad_called_back_and_closed(town: Town, person: Person, watch: Watcher, today: date) -> None:
    good(person.do("rating", grade=4, text="还是没有人给我打电话"))
    assert refused(person.do("rating", grade=1)) == (409, "rated-already")
    assert watch.line()["step_due_on"] == str(after(today, 1))
    assert refused(town.league_desk("POST", person.at("closing"), {})) == (409, "call-back-pending")
    town.go_to(after(today, 1))
    good(town.league_desk("POST", person.at("call-back"), {"text": "已致歉，群众表示理解"}))
    assert good(town.league_desk("POST", person.at("closing"), {}))["stage"] == "closed"
    assert person.sees()["stage"] == "closed"
    assert good(town.league_desk("GET", "/v1/appeal-queue"))["items"] == []


def test_the_start_days_meet_holidays_and_make_up_days() -> None:
    crossed = [{start + timedelta(days=n) for n in range(25)} for start in STARTS]

    assert all(any(works(day) and day.weekday() >= 5 for day in days) for days in crossed)
    assert all(any(not works(day) and day.weekday() < 5 for day in days) for days in crossed)

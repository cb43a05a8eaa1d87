"""Appeals over HTTP in tests: the offices that handle them, the people who bring them, and an independent calendar."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import chinese_calendar
from builders import (
    BANNER,
    BANNER_BUREAU,
    LEAGUE,
    LEAGUE_BUREAU,
    TOWNSHIP,
    TOWNSHIP_STATION,
    publish_local,
)
from callers import key_for
from httpx2 import Response
from offices import Office
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.actors import Role
from service_catalog.kernel.dates import SHANGHAI

if TYPE_CHECKING:
    from conftest import Clock

GOOD_ANSWER = "您好！经核实，您反映的情况属实。窗口已经改正，不再要求提供户口本复印件，我们向您道歉，欢迎继续监督。"
ELSEWHERE = "请问巴彦浩特镇的公交几点收车"
"""Words that no rule of routing knows."""
COMPLAINT = "窗口要我交户口本复印件，办事指南里没有写这一项"


def works(day: date) -> bool:
    """Tell whether offices work, by the package chinesecalendar and not by our registers."""
    return bool(chinese_calendar.is_workday(day))


def after(day: date, working_days: int, *, standing: Collection[date] = ()) -> date:
    """Return the day that is so many working days later; days on which the clock stands do not count."""
    while working_days:
        day += timedelta(days=1)
        working_days -= works(day) and day not in standing
    return day


def moment(day: date, hour: int = 9) -> datetime:
    """Return a full hour of a day in Alxa."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=SHANGHAI)


@dataclass
class Town:
    """Everybody around an appeal, each a client with a key of their own, and the clock on the wall."""

    client: TestClient
    clock: "Clock"
    kiosk: Office
    banner_desk: Office
    league_desk: Office
    bureau: Office
    bureau_second: Office
    league_bureau: Office
    league_second: Office
    station: Office
    supervisor: Office
    guides: dict[str, str]
    """Implementation codes of the one item, by the agency."""
    serials: "count[int]" = field(default_factory=lambda: count(1))

    @property
    def today(self) -> date:
        """The day in Alxa."""
        return self.clock.at.astimezone(SHANGHAI).date()

    def go_to(self, day: date, hour: int = 9) -> None:
        """Move the clock."""
        self.clock.at = moment(day, hour)

    def send(self, draft: dict[str, Any], *, by: Office | None = None, key: str | None = None) -> Response:
        """Hand something in as it is."""
        headers = (by.headers if by else {}) | ({"Idempotency-Key": key} if key else {})
        return self.client.post("/v1/appeals", json=draft, headers=headers)

    def hand_in(self, *, by: Office | None = None, **changes: Any) -> "Person":
        """Hand in a good one: a complaint about the guide of the township's station, unless told otherwise."""
        draft = {"kind": "complaint", "text": COMPLAINT, "item": self.guides[TOWNSHIP_STATION], "channel": "portal"}
        draft = {name: value for name, value in (draft | changes).items() if value is not None}
        key = f"kiosk-{next(self.serials):08}" if draft.get("channel") == "kiosk" else None
        answer = self.send(draft, by=by, key=key)
        assert answer.status_code == 201, answer.text
        return Person(self.client, answer.json())

    def ask(self, **changes: Any) -> "Person":
        """Hand in a consultation that no rule routes: it lies on the desk of the banner."""
        return self.hand_in(**{"kind": "consultation", "text": ELSEWHERE, "item": None, "region": TOWNSHIP} | changes)

    def to_handling(self, person: "Person", officer: Office) -> None:
        """Sign for it and begin."""
        for step in ("signature", "start"):
            good(officer("POST", person.at(step)))


@dataclass
class Person:
    """Who brought an appeal: has the receipt, and nothing else."""

    client: TestClient
    receipt: dict[str, Any]

    @property
    def number(self) -> str:
        """The receipt number."""
        return str(self.receipt["number"])

    def at(self, step: str) -> str:
        """Return the address of a step."""
        return f"/v1/appeals/{self.number}/{step}"

    def do(self, step: str, *, code: str | None = None, **body: Any) -> Response:
        """Do something with the query code."""
        return self.client.post(self.at(step), json=body, headers=self._opening(code))

    def look(self, code: str | None = None) -> Response:
        """Ask where it stands."""
        return self.client.get(f"/v1/appeals/{self.number}", headers=self._opening(code))

    def _opening(self, code: str | None) -> dict[bytes, bytes]:
        return {b"Query-Code": (self.receipt["query_code"] if code is None else code).encode()}

    def sees(self) -> dict[str, Any]:
        """Return what the person reads."""
        return good(self.look())


def post(office: Office, person: Person, step: str, /, **body: Any) -> Response:
    """Take a step as an officer."""
    return office("POST", person.at(step), body)


def good(answer: Response) -> dict[str, Any]:
    """Return what was answered; it must not be a refusal."""
    assert answer.is_success, f"{answer.status_code} {answer.text[:500]}"
    found: dict[str, Any] = answer.json()
    return found


def refused(answer: Response) -> tuple[int, str]:
    """Return status and name of a refusal."""
    return answer.status_code, str(answer.json()["type"]).rpartition("/")[2]


def pointers(answer: Response) -> list[str]:
    """Return which fields a refusal names."""
    assert answer.status_code == 422, answer.text
    return [fault["pointer"] for fault in answer.json().get("errors", [])]


def open_town(session: Session, client: TestClient, clock: "Clock", *, since: date | None = None) -> Town:
    """Publish the guides and hand out the keys."""
    dates: dict[str, Any] = {"at": moment(since) - timedelta(days=10), "effective_from": since} if since else {}
    guides = {
        agency: publish_local(session, agency, level, **dates)
        for agency, level in ((TOWNSHIP_STATION, "5"), (BANNER_BUREAU, "4"), (LEAGUE_BUREAU, "3"))
    }

    def office(role: Role = Role.APPEALS_OFFICER, **place: str) -> Office:
        return Office(client, key_for(session, role, at=clock.at, days=60, **place))

    return Town(
        client, clock,
        kiosk=office(Role.KIOSK, region=TOWNSHIP),
        banner_desk=office(region=BANNER), league_desk=office(region=LEAGUE),
        bureau=office(agency=BANNER_BUREAU), bureau_second=office(agency=BANNER_BUREAU),
        league_bureau=office(agency=LEAGUE_BUREAU), league_second=office(agency=LEAGUE_BUREAU),
        station=office(agency=TOWNSHIP_STATION), supervisor=office(Role.SUPERVISOR, region=BANNER),
        guides=guides,
    )  # fmt: skip

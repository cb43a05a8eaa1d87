"""One story end to end: real databases, a real socket, and the clock moved by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import uvicorn
from builders import (
    BANNER,
    BANNER_BUREAU,
    EDITOR,
    GACHA,
    LEAGUE_BUREAU,
    OTHER_GACHA,
    REVIEWER,
    TOWNSHIP_STATION,
    add_agency,
    credit_code,
    decision,
    item_content,
)
from sqlalchemy import Engine

from service_catalog.app import create_app
from service_catalog.basic_items import editing
from service_catalog.coding import aliases, allocation
from service_catalog.implementations import claiming
from service_catalog.implementations.inheritance import LocalRefused
from service_catalog.kernel.database import unit_of_work
from service_catalog.kernel.dates import civil_day
from service_catalog.lifecycle.edition import ApprovedByAuthor
from service_catalog.settings import Settings

if TYPE_CHECKING:
    from conftest import Clock

APRIL, MAY, JUNE = date(2026, 4, 1), date(2026, 5, 1), date(2026, 6, 1)
STEPS = item_content().model_dump(mode="json")["steps"]


class Started(uvicorn.Server):
    """A server that says when it listens, and where."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = Event()
        self.address = ""

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        self.address = f"http://{host}:{port}"
        self.listening.set()


@contextmanager
def served(app: Any) -> Iterator[httpx.Client]:
    server = Started(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    thread = Thread(target=server.run)
    thread.start()
    try:
        assert server.listening.wait(timeout=20)
        with httpx.Client(base_url=server.address, timeout=20) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(timeout=20)


@pytest.fixture
def public(small_url: str, clock: "Clock") -> Iterator[httpx.Client]:
    with served(create_app(Settings(database_url=small_url), clock=clock)) as client:
        yield client


def day(on: date) -> datetime:
    """Nine in the morning in Alxa."""
    return datetime(on.year, on.month, on.day, 1, tzinfo=UTC)


def test_an_item_lives_from_its_establishment_to_its_end(
    engine: Engine, public: httpx.Client, clock: "Clock", now: datetime
) -> None:
    def guide(code: str, **query: str) -> dict[str, Any]:
        answer = public.get(f"/v1/guides/{code}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()  # type: ignore[no-any-return]

    # the league establishes an item and writes its standard; it is sent back once
    with unit_of_work(engine) as session:
        item = allocation.allocate_basic_code(
            session, namespace="15", item_type="01", department="20", allocatable=frozenset({"15"}),
            document_number="阿署发〔2026〕11号", by=EDITOR, at=now,
        )  # fmt: skip
        editing.establish(session, item, parent_basic_code=None, decision=decision(civil_day(now)), by=EDITOR, at=now)
        editing.draft(session, item, item_content(name="草原征占用审核"), by=EDITOR, at=now)
        editing.submit(session, item, by=EDITOR, at=now)
        editing.send_back(session, item, "名称应与省级目录一致", by=REVIEWER, at=now)
        editing.revise(session, item, item_content(name="临时占用草原审批"), by=EDITOR, at=now)
        editing.submit(session, item, by=EDITOR, at=now)
    with pytest.raises(ApprovedByAuthor), unit_of_work(engine) as session:
        editing.approve(session, item, by=EDITOR, at=now)
    assert public.get(f"/v1/basic-items/{item}").status_code == 404
    with unit_of_work(engine) as session:
        editing.approve(session, item, by=REVIEWER, at=now)
        editing.publish(session, item, by=REVIEWER, at=now)
    assert public.get(f"/v1/basic-items/{item}").json()["name"] == "临时占用草原审批"

    # the banner and the league claim it; the township asks too much and is refused, then says it does not do it
    codes = {}
    with unit_of_work(engine) as session:
        for agency, level in ((LEAGUE_BUREAU, "3"), (BANNER_BUREAU, "4"), (TOWNSHIP_STATION, "5")):
            codes[level] = claiming.claim(
                session, agency_code=agency, exercise_level=level, basic_code=item, by=EDITOR, at=now
            ).implementation_code
    local: dict[str, dict[str, Any]] = {
        "3": {"availability": {"status": "offered"}},
        "4": {"availability": {"status": "offered"}, "promised_limit": {"amount": 8, "unit": "working_day"}},
        "5": {"availability": {"status": "not_offered", "reason": "由旗林草局办理"}},
    }
    with pytest.raises(LocalRefused) as refused, unit_of_work(engine) as session:
        claiming.draft(
            session, codes["5"], local["3"] | {"materials": [{"key": "deed", "name": "草原证"}]}, by=EDITOR, at=now
        )
    assert [row["element"] for row in refused.value.facts["refusals"]] == ["materials"]
    with unit_of_work(engine) as session:
        for level, code in codes.items():
            claiming.draft(session, code, local[level], by=EDITOR, at=now)
            claiming.submit(session, code, by=EDITOR, at=now)
            claiming.approve(session, code, by=REVIEWER, at=now)
            claiming.publish(session, code, by=REVIEWER, at=now)

    # a herder in a gacha asks
    asked = {"basic_code": item, "region": GACHA}
    found = public.get("/v1/guides", params=asked).json()
    assert (found["implementation_code"], found["promised_limit"]["amount"]) == (codes["4"], 8)
    assert [step["outcome"] for step in found["nearest"]["walk"]] == ["unclaimed", "not_offered", "answered"]
    assert found["name"] == guide(codes["3"])["name"] == guide(codes["4"])["name"] == "临时占用草原审批"
    etag = public.get(f"/v1/guides/{codes['4']}").headers["etag"]
    assert public.get(f"/v1/guides/{codes['4']}", headers={"if-none-match": etag}).status_code == 304

    # the standard is changed for April: nobody need do anything on the day
    faster = item_content(name="临时占用草原审批", promised_limit={"amount": 5, "unit": "working_day"}, steps=STEPS[:2])
    with unit_of_work(engine) as session:
        editing.draft(session, item, faster, by=EDITOR, at=now)
        editing.submit(session, item, by=EDITOR, at=now)
        editing.approve(session, item, by=REVIEWER, at=now)
        editing.publish(session, item, effective_from=APRIL, by=REVIEWER, at=now)
    assert guide(codes["3"])["promised_limit"]["amount"] == 10
    clock.at = day(APRIL)
    assert [guide(codes[level])["promised_limit"]["amount"] for level in ("3", "4")] == [5, 5]
    assert guide(codes["4"])["gave_way"] == ["promised_limit"]
    assert public.get(f"/v1/guides/{codes['4']}", headers={"if-none-match": etag}).status_code == 200
    assert guide(codes["4"], as_of="2026-03-31")["promised_limit"]["amount"] == 8

    # in May the banner's powers go to another bureau; the old code still leads people on
    clock.at = day(MAY) - timedelta(days=3)
    with unit_of_work(engine) as session:
        hall = add_agency(session, credit_code(BANNER, 900050), BANNER, "阿拉善左旗行政审批和政务服务局")
        new = claiming.claim(
            session, agency_code=hall, exercise_level="4", basic_code=item, by=EDITOR, at=clock.at
        ).implementation_code
        claiming.draft(session, new, local["3"], by=EDITOR, at=clock.at)
        claiming.submit(session, new, by=EDITOR, at=clock.at)
        claiming.approve(session, new, by=REVIEWER, at=clock.at)
        claiming.publish(session, new, effective_from=MAY, by=REVIEWER, at=clock.at)
        transfer = decision(MAY, "阿左机编〔2026〕2号", "划转行政审批局")
        claiming.cancel(session, codes["4"], transfer, by=REVIEWER, at=clock.at)
        aliases.replace_code(
            session, codes["4"], [new], act_kind="transfer", valid_from=MAY, document_number="阿左机编〔2026〕2号",
            by=REVIEWER, at=clock.at,
        )  # fmt: skip
    assert guide(codes["4"])["alias"] is None
    clock.at = day(MAY)
    led_on = guide(codes["4"] + "01")
    assert (led_on["code"], led_on["alias"]["document_number"]) == (new + "01", "阿左机编〔2026〕2号")
    assert public.get("/v1/guides", params=asked).json()["implementation_code"] == new
    assert "code_retired" in public.get(f"/v1/codes/{codes['4']}").json()["findings"]

    # the State Council abolishes it: from that day every guide says so, and yesterday stays readable
    with unit_of_work(engine) as session:
        editing.cancel(session, item, decision(JUNE, "国发〔2026〕20号", "国务院决定取消"), by=REVIEWER, at=clock.at)
    assert guide(new)["state"]["code"] == "1"
    clock.at = day(JUNE)
    for code in (new, codes["3"], codes["4"], new + "02"):
        ended = public.get(f"/v1/guides/{code}")
        assert (ended.status_code, ended.json()["document_number"]) == (410, "国发〔2026〕20号")
    assert public.get("/v1/guides", params=asked | {"region": OTHER_GACHA}).status_code == 410
    assert guide(new, as_of="2026-05-31")["name"] == "临时占用草原审批"
    assert item not in [row["basic_code"] for row in public.get("/v1/basic-items").json()["items"]]

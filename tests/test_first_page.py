"""GET /: what runs here, without a browser."""

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from builders import (
    BANNER_BUREAU,
    GACHA_COMMITTEE,
    LEAGUE_BUREAU,
    REVIEWER,
    TOWNSHIP_STATION,
    decision,
    publish_local,
)
from reading_pages import Reading, read
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.app import create_app
from service_catalog.coding import aliases
from service_catalog.implementations import claiming
from service_catalog.settings import Settings

if TYPE_CHECKING:
    from conftest import Clock

TODAY, APRIL = date(2026, 3, 10), date(2026, 4, 1)
NOT_HERE: dict[str, Any] = {"availability": {"status": "not_offered", "reason": "没有制证设备"}}


@pytest.fixture
def code(session: Session) -> str:
    """A guide of the banner, in force since the first of January."""
    made = publish_local(session, BANNER_BUREAU, "4")
    session.commit()
    return made


def figures(home: Reading) -> dict[str, str]:
    names, numbers = home.all("dt"), home.all("dd")
    return {name.text: number.text for name, number in zip(names, numbers, strict=True)}


def test_the_first_page_counts_what_can_be_read_today(session: Session, client: TestClient) -> None:
    publish_local(session, BANNER_BUREAU, "4")
    publish_local(session, TOWNSHIP_STATION, "5")
    publish_local(session, GACHA_COMMITTEE, "6", **NOT_HERE)
    ended = publish_local(session, LEAGUE_BUREAU, "3")
    claiming.cancel(session, ended, decision(TODAY), by=REVIEWER, at=datetime(2026, 3, 1, tzinfo=UTC))
    session.commit()

    home = read(client, "/")

    counted = figures(home)
    changes = counted.pop("最新变更编号")
    assert counted == {
        "区划": "5",
        "实施主体": "4",
        "基本目录事项": "1",
        "实施清单": "3",
        "其中本级办理": "2",
        "办到苏木镇（街道）": "1个",
        "办到嘎查村（社区）": "0个",
    }
    assert int(changes) > 10
    assert "2026年3月10日" in home.text
    assert "嘎查村（社区）1条，本级办理0条" in home.text


def test_an_old_code_is_not_counted_beside_the_one_that_took_its_place(
    session: Session, client: TestClient, clock: "Clock", now: datetime, code: str
) -> None:
    new = publish_local(session, LEAGUE_BUREAU, "3")
    aliases.replace_code(
        session,
        code,
        [new],
        act_kind="transfer",
        valid_from=APRIL,
        document_number="阿机编〔2026〕2号",
        by=REVIEWER,
        at=now,
    )
    session.commit()

    before = read(client, "/")
    clock.at = datetime(2026, 4, 1, 1, tzinfo=UTC)
    after = read(client, "/")

    assert (figures(before)["实施清单"], figures(after)["实施清单"]) == ("2", "1")
    assert f"/guides/{code}" not in after.links.values()


def test_the_first_page_shows_only_guides_of_who_does_it_today(session: Session, client: TestClient) -> None:
    open_one = publish_local(session, BANNER_BUREAU, "4")
    suspended = publish_local(session, TOWNSHIP_STATION, "5")
    publish_local(session, GACHA_COMMITTEE, "6", **NOT_HERE)
    claiming.suspend(session, suspended, decision(TODAY), by=REVIEWER, at=datetime(2026, 3, 1, tzinfo=UTC))
    session.commit()

    links = read(client, "/").links

    assert [link for link in links.values() if link.startswith("/guides/")] == [f"/guides/{open_one}"]


def test_an_empty_catalogue_has_a_first_page_too(empty_url: str, clock: "Clock") -> None:
    with TestClient(create_app(Settings(database_url=empty_url), clock=clock)) as client:
        home = read(client, "/")

    assert figures(home)["实施清单"] == "0"
    assert "还没有已发布的办事指南" in home.text
    assert not home.all("figure")


def test_a_newcomer_finds_figures_three_guides_a_request_and_the_documentation(seeded: TestClient) -> None:
    home = read(seeded, "/")

    guides = [link for link in home.links.values() if link.startswith("/guides/")]
    command = home.all("code")[0].text
    found = seeded.get(command.partition("http://testserver")[2].rstrip("'"))
    assert int(figures(home)["实施清单"].replace(",", "")) >= 800
    assert len({link[-12:] for link in guides}) == 3, "three different items"
    assert all("要带什么" in read(seeded, link).text for link in guides)
    assert found.json()["name"] in home.text
    assert found.json()["nearest"]["why_zh"]
    assert seeded.get(home.links["接口文档"]).status_code == 200
    assert seeded.get(home.links["接口描述文件"]).json()["openapi"].startswith("3.1")

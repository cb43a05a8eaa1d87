"""GET /sync: who is how far behind, as somebody reads it with and without a browser."""

import re
import shutil
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from builders import BANNER, EDITOR, LEAGUE, TOWNSHIP
from callers import key_for
from live import listening
from looking import cut_off, texts, walk_by_keyboard
from playwright.sync_api import HttpCredentials, Page, sync_playwright
from reading_pages import Reading, read
from sqlalchemy import Engine
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.actors import Role
from service_catalog.app import create_app
from service_catalog.changes import log
from service_catalog.changes.tables import Subject
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.portal.pages import POLICY
from service_catalog.portal.sync_page import lines_of, totals
from service_catalog.portal.wording import length_in_words
from service_catalog.settings import Settings
from service_catalog.sync.reader_schemas import ReaderView
from service_catalog.sync.tables import Reader, ReaderKind

pytestmark = pytest.mark.sqlite_is_enough

AT = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


@pytest.fixture
def changed(engine: Engine) -> int:
    """The catalogue was changed 400, 90 and 20 minutes ago; returns the number of the last change before that."""
    with reading(engine) as session:
        head = log.last_number(session)
    for ago in (400, 90, 20):
        with unit_of_work(engine) as session:
            log.record(session, Subject.CODE, "150709001000", by=EDITOR, at=AT - minutes(ago))
    return head


@pytest.fixture
def watched(engine: Engine, changed: int) -> None:
    """Seven readers: some have everything, some are behind, two have fallen silent."""

    def heard(name: str, kind: ReaderKind, region: str | None, missing: int, ago: int, **more: Any) -> Reader:
        return Reader(
            name=name, kind=kind, region_code=region, credential=more.pop("credential", "甲"),
            change_number=changed + 3 - missing, seen_at=AT - minutes(ago), **more,
        )  # fmt: skip

    with unit_of_work(engine) as session:
        session.add_all(
            [
                heard("replica-bayanhot", ReaderKind.REPLICA, None, 0, 1),
                heard("kiosk-hall-1", ReaderKind.KIOSK, TOWNSHIP, 1, 2),
                heard("kiosk-hall-2", ReaderKind.KIOSK, TOWNSHIP, 2, 5, waiting_appeals=3),
                heard("kiosk-border", ReaderKind.KIOSK, BANNER, 3, 400, waiting_appeals=12),
                heard("左旗政务服务局业务系统 (abcdefgh)", ReaderKind.OFFICE, BANNER, 3, 120),
                heard("盟政务服务局业务系统", ReaderKind.OFFICE, LEAGUE, 0, 4000),
                heard("<script>alert(1)</script>&\"'", ReaderKind.KIOSK, BANNER, 0, 3),
            ]
        )


def names(page: Reading) -> list[str]:
    return [one.text for one in page.all("th") if one.attributes.get("scope") == "row"]


def cells(page: Reading) -> list[str]:
    return [one.text for one in page.all("td")]


@pytest.fixture
def supervisor(session: Session) -> dict[str, str]:
    return key_for(session, Role.SUPERVISOR, region=LEAGUE, at=AT)


def as_a_browser_sends(key: dict[str, str]) -> dict[str, str]:
    """Return a key as the password for which a browser has asked."""
    sent = f"me:{key['Authorization'].removeprefix('Bearer ')}"
    return {"Authorization": f"Basic {b64encode(sent.encode()).decode()}"}


@pytest.fixture
def client(client: TestClient, supervisor: dict[str, str]) -> TestClient:
    """Somebody who may watch all readers."""
    client.headers.update(as_a_browser_sends(supervisor))
    return client


@pytest.mark.usefixtures("watched")
def test_whoever_asks_sees_how_many_and_never_which(client: TestClient) -> None:
    del client.headers["authorization"]

    page = Reading(client.get("/sync"))

    assert [one.text for one in page.all("dd")] == ["7个", "2个", "2个", "15件"]
    assert page.links["查看各终端的名称和情况"] == "/sync/readers"
    assert names(page) == cells(page) == []
    assert [told for told in ("kiosk-", "replica-", "业务系统", "6小时") if told in page.response.text] == []


@pytest.mark.usefixtures("watched")
def test_the_browser_asks_for_the_key_of_who_wants_to_know_which(client: TestClient, session: Session) -> None:
    del client.headers["authorization"]
    kiosk = key_for(session, Role.KIOSK, region=BANNER, at=AT)
    wrong = {"Authorization": f"Bearer alxa_abcdefgh_{'A' * 43}"}

    for headers, status in (
        ({}, 401),
        (as_a_browser_sends(wrong), 401),
        (as_a_browser_sends(kiosk), 403),
        (kiosk, 403),
    ):
        page = Reading(client.get("/sync/readers", headers=headers))

        assert page.response.status_code == status
        assert page.response.headers.get("www-authenticate", "Basic").startswith("Basic")
        assert "kiosk-" not in page.response.text


def test_a_password_lets_nobody_write(client: TestClient) -> None:
    said = {"reader": "kiosk-1", "kind": "kiosk", "region": None, "change_number": 0, "confirmed_at": None}

    assert client.get("/v1/readers").status_code == 200
    assert client.post("/v1/readers/reports", json=said).status_code == 401
    assert client.delete("/v1/readers/kiosk-1").status_code == 401


@pytest.mark.usefixtures("watched")
def test_a_banner_sees_the_readers_of_its_own_places(client: TestClient, session: Session) -> None:
    page = Reading(client.get("/sync/readers", headers=key_for(session, Role.ADMINISTRATOR, region=TOWNSHIP, at=AT)))

    assert [name.partition("自助")[0] for name in names(page)] == ["kiosk-hall-2", "kiosk-hall-1"]
    assert page.response.headers["cache-control"] == "no-store"


@pytest.mark.usefixtures("watched")
def test_silent_readers_stand_on_top_then_who_is_furthest_behind(client: TestClient) -> None:
    page = read(client, "/sync/readers")

    assert [name.partition("，")[0] for name in names(page)] == [
        "盟政务服务局业务系统失联silent旗县系统", "kiosk-border失联silent自助终端", "左旗政务服务局业务系统旗县系统",
        "kiosk-hall-2自助终端", "kiosk-hall-1自助终端", "<script>alert(1)</script>&\"'自助终端", "replica-bayanhot副本",
    ]  # fmt: skip
    assert cells(page)[4:8] == [cells(page)[4], "3条6小时", "6小时前2026年3月10日02:20", "12"]
    assert cells(page)[-3] == "最新"
    assert [one.attributes["width"] for one in page.all("rect")] == ["100.0", "100.0", "22.5", "5.0"]


@pytest.mark.usefixtures("watched")
def test_the_figures_add_up_the_lines_and_the_page_says_how_old_it_is(client: TestClient) -> None:
    page = read(client, "/sync/readers")

    figures = [one.text for one in page.all("dd")]
    assert figures == ["7个", "2个", "2个", "15件"]
    assert "本页生成于2026年3月10日09:00" in page.text
    assert "副本1小时，旗县系统1天，自助终端1小时。" in page.text
    assert read(client, "/sync").response.headers["cache-control"] == "no-cache"


@pytest.mark.usefixtures("watched")
def test_the_page_shows_no_key_runs_nothing_and_takes_names_for_text(client: TestClient) -> None:
    page = read(client, "/sync/readers")

    assert "abcdefgh" not in page.response.text
    assert page.response.headers["content-security-policy"] == POLICY
    assert page.all("script") == []
    assert "&lt;script&gt;" in page.response.text
    assert [one for one in page.elements if "style" in one.attributes] == []
    assert page.response.text.count("<svg") == page.response.text.count('role="img"') == 4
    assert "左旗政务服务局业务系统落后6小时" in re.findall(r"<desc[^>]*>([^<]+)</desc>", page.response.text)


@pytest.mark.usefixtures("watched")
def test_one_kind_is_chosen_by_a_link(client: TestClient) -> None:
    page = read(client, "/sync/readers")

    kiosks = read(client, page.links["自助终端"])

    assert len(names(kiosks)) == 4
    assert [one.text for one in kiosks.all("a") if one.attributes.get("aria-current")] == ["自助终端"]
    assert kiosks.all("dd")[0].text == "4个"
    assert client.get("/sync/readers?kind=printer").status_code == 422
    assert read(client, "/supervision").links["同步情况"] == "/sync"


def test_a_catalogue_that_nobody_reads_says_so(client: TestClient) -> None:
    page = read(client, "/sync/readers")

    assert "尚无终端同步" in page.text
    assert [one.text for one in page.all("dd")] == ["0个", "0个", "0个", "0件"]


@pytest.mark.usefixtures("changed")
def test_a_page_with_more_readers_than_it_shows_says_how_many_and_keeps_the_worst(
    engine: Engine, client: TestClient
) -> None:
    with unit_of_work(engine) as session:
        for number in range(303):
            late = number == 302
            session.add(
                Reader(
                    name=f"kiosk-{number}", kind=ReaderKind.KIOSK, credential="甲", change_number=0,
                    seen_at=AT - minutes(600 if late else 1),
                )
            )  # fmt: skip

    page = read(client, "/sync/readers")

    assert names(page)[0].startswith("kiosk-302失联")
    assert len(names(page)) == 300
    assert "还有3个同步终端没有列出" in page.text


def view(name: str, *, behind: int = 0, ago: int = 0, silent: bool = False) -> ReaderView:
    return ReaderView(
        name=name, kind=ReaderKind.KIOSK, region_code=None, region_name=None, change_number=9, behind=behind,
        behind_since=AT - minutes(ago) if behind else None, confirmed_at=None, seen_at=AT, silent=silent,
        waiting_appeals=1, software=None,
    )  # fmt: skip


def test_the_longest_lag_has_the_whole_bar_and_who_is_up_to_date_none() -> None:
    lines = lines_of([view("甲"), view("乙", behind=1, ago=30), view("丙", behind=9, ago=120)], AT)

    assert [(line.name, line.length, line.lag) for line in lines] == [
        ("丙", 100.0, "2小时"), ("乙", 25.0, "30分钟"), ("甲", 0.0, ""),
    ]  # fmt: skip


def test_who_is_silent_is_not_up_to_date_whatever_it_had() -> None:
    counted = totals([view("甲"), view("乙", silent=True), view("丙", behind=1)])

    assert counted == (3, 1, 1, 3)


@pytest.mark.parametrize(
    ("length", "words"),
    [(0, "1分钟"), (59, "59分钟"), (60, "1小时"), (1439, "23小时"), (1440, "1天"), (-5, "1分钟")],
)
def test_a_length_is_said_in_its_largest_unit(length: int, words: str) -> None:
    assert length_in_words(minutes(length)) == words


@pytest.fixture
def opened(small_url: str, watched: None, supervisor: dict[str, str]) -> Iterator[tuple[Page, str]]:
    app = create_app(Settings(database_url=small_url), clock=lambda: AT)
    with listening(app) as (host, port), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        shown: HttpCredentials = {
            "username": "me", "password": supervisor["Authorization"].removeprefix("Bearer "),
        }  # fmt: skip
        yield browser.new_page(http_credentials=shown), f"http://{host}:{port}/sync"
        browser.close()


@pytest.mark.browser
@pytest.mark.parametrize("server", ["sqlite"], indirect=True, scope="session")
def test_the_page_fits_a_telephone_a_desk_and_paper(opened: tuple[Page, str]) -> None:
    page, address = opened
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(address)
        page.click("text=查看各终端的名称和情况")
        assert cut_off(page) == []
        assert [text for text, contrast, size in texts(page) if contrast < 4.5 or size < 15] == []
    walked = walk_by_keyboard(page)
    page.set_viewport_size({"width": 680, "height": 1009})  # A4 within its margins
    page.emulate_media(media="print")

    assert [at["words"] for at in walked if at["ring"] < 2 or at["contrast"] < 3 or not at["inView"]] == []
    assert cut_off(page) == []
    assert page.locator("nav.choose").first.is_hidden()
    assert page.locator(".readers thead").is_visible()
    assert complaints == []

"""GET /supervision: the public figures in charts, as somebody reads them with and without a browser."""

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from builders import BANNER_BUREAU, GACHA, ITEM, LEAGUE, LEAGUE_BUREAU, TOWNSHIP_STATION
from live import listening
from looking import cut_off, texts, walk_by_keyboard
from playwright.sync_api import Page, sync_playwright
from reading_pages import Reading, read
from sqlalchemy import Engine
from starlette.testclient import TestClient
from supervising import row

from service_catalog.app import create_app
from service_catalog.appeals.stages import AppealKind, Stage
from service_catalog.kernel.database import unit_of_work
from service_catalog.portal import charts
from service_catalog.portal.pages import POLICY
from service_catalog.portal.supervision_page import Order, sorted_by
from service_catalog.settings import Settings
from service_catalog.supervision.schemas import PublicFigures, PublicLine

pytestmark = pytest.mark.sqlite_is_enough

AT = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def body(name: str, received: int | None, median: float | None, satisfaction: float | None) -> PublicLine:
    figures = PublicFigures(
        received=received, answered=received, in_time=received, overdue=0, open=0, median_working_days=median,
        grades=[0] * 5, satisfaction=satisfaction,
    )  # fmt: skip
    return PublicLine(key=name, name_zh=name, name_en=name, figures=figures)


def answered(number: int, **columns: Any) -> Any:
    plain = {
        "stage": Stage.ANSWERED, "answered_at": AT, "in_time": number % 4 > 0, "working_days": number % 9,
        "grade": number % 3 + 1, "kind": AppealKind.CONSULTATION, "basic_code": ITEM,
    }  # fmt: skip
    return row(f"26{number:010}", AT - timedelta(days=number), **plain | columns)


@pytest.fixture
def busy(engine: Engine) -> None:
    """A hundred answered appeals of two bodies over four months, and one of a third body that was badly rated."""
    with unit_of_work(engine) as session:
        for number in range(100):
            session.add(answered(number, lead_agency=BANNER_BUREAU if number % 4 else LEAGUE_BUREAU))
        session.add(answered(100, lead_agency=TOWNSHIP_STATION, grade=5, kind=AppealKind.COMPLAINT, region_code=GACHA))
        session.add(
            row("269999999999", AT, deadline_on=date(2026, 3, 9), lead_agency=BANNER_BUREAU, kind=AppealKind.OPINION)
        )


def figures(page: Reading) -> dict[str, str]:
    return {name.text: number.text for name, number in zip(page.all("dt"), page.all("dd"), strict=True)}


def of_bodies(page: Reading) -> dict[str, list[str]]:
    names = [one.text for one in page.all("th") if one.attributes.get("scope") == "row"]
    cells = [one.text for one in page.all("td")]
    return {name: cells[place * 5 : place * 5 + 5] for place, name in enumerate(names)}


@pytest.mark.usefixtures("busy")
def test_the_page_says_what_the_public_figures_say(client: TestClient) -> None:
    said = client.get("/v1/public/appeal-figures").json()["total"]

    shown = figures(read(client, "/supervision"))

    assert shown["收到"] == f"{said['received']}件" == "102件"
    assert shown["超期"] == f"{said['overdue']}件"
    assert shown["办理时间中位数"] == "4个工作日"
    assert shown["满意"] == "—"  # the one that was not satisfied would follow


@pytest.mark.usefixtures("busy")
def test_nobody_is_found_by_a_small_figure(client: TestClient) -> None:
    page = read(client, "/supervision")

    assert of_bodies(page)["巴彦浩特镇派出所"] == ["—"] * 5
    assert of_bodies(page)["阿拉善盟公安局"] == ["—"] * 5  # the next smallest, or the other would follow from the sum
    assert of_bodies(page)["阿拉善左旗公安局"][0] == "76"
    assert not re.search(r"(?<!\d)[12] ?件", page.text)


@pytest.mark.usefixtures("busy")
def test_every_chart_says_in_words_what_it_shows(client: TestClient) -> None:
    text = read(client, "/supervision").response.text

    described = dict(re.findall(r'<desc id="([^"]+)">([^<]+)</desc>', text))
    assert described["months-text"].count("；") == 11
    assert "2026年3月收到" in described["months-text"]
    assert "非常满意" in described["grades-text"]
    assert "居住证申领100件" in described["asked-text"]
    assert text.count("<svg") == text.count('role="img"')


@pytest.mark.usefixtures("busy")
def test_the_page_runs_nothing_and_writes_no_styles(client: TestClient) -> None:
    page = read(client, "/supervision")

    assert page.response.headers["content-security-policy"] == POLICY
    assert page.all("script") == []
    assert [one for one in page.elements if "style" in one.attributes] == []


@pytest.mark.usefixtures("busy")
def test_a_region_and_an_order_are_chosen_by_links(client: TestClient) -> None:
    page = read(client, "/supervision")
    links = {one.text: one.attributes["href"] for one in page.all("a")}

    banner = read(client, links["阿拉善左旗"])
    quickest = read(client, links["办得最快"].partition("#")[0])
    elsewhere = read(client, f"/supervision?region={LEAGUE}&year=2025")

    assert links["诉求办理公开"] == "/supervision"
    assert "阿拉善左旗，2025年4月至2026年3月" in banner.text
    assert [one.text for one in quickest.all("a") if one.attributes.get("aria-current") == "true"] == ["办得最快"]
    assert links["2025年"] == "/supervision?year=2025&order=received"
    assert links["最近十二个月"] == "/supervision?order=received"
    assert "阿拉善盟，2025年收到的" in elsewhere.text
    assert f"/v1/public/appeal-figures?region={LEAGUE}&year=2025" in [
        one.attributes.get("href") for one in elsewhere.all("a")
    ]


def test_a_wrong_region_or_year_is_explained_as_a_page(client: TestClient) -> None:
    missing, wrong = client.get("/supervision?region=159999"), client.get("/supervision?year=2026")

    assert (missing.status_code, wrong.status_code) == (404, 422)
    assert missing.headers["content-type"].startswith("text/html")
    assert "159999" in missing.text


def test_a_year_without_any_appeal_is_said_kindly(client: TestClient) -> None:
    page = read(client, "/supervision")

    assert figures(page)["收到"] == "0件"
    assert "这段时间没有收到诉求" in page.text


def test_bodies_are_sorted_by_what_was_asked_and_the_unpublished_come_last() -> None:
    lines = [
        body("甲", 9, 5.0, 80.0),
        body("乙", None, None, None),
        body("丙", 12, 2.5, 75.0),
        body("丁", 3, 9.0, 100.0),
    ]

    orders = {order: "".join(line.name_zh for line in sorted_by(order, lines)) for order in Order}

    assert orders[Order.RECEIVED] == "丙甲丁乙"
    assert orders[Order.MEDIAN] == "丙甲丁乙"
    assert orders[Order.SATISFACTION] == "丁甲丙乙"
    assert orders[Order.OVERDUE][:1] != "乙"


def test_the_longest_bar_is_as_wide_as_the_picture_and_the_unpublished_have_none() -> None:
    chart = charts.handled("x", "题", [body("甲", 8, 1, 1), body("乙", 4, 1, 1), body("丙", None, 1, 1)])

    assert [[rect.length for rect in line.rects] for line in chart.rows] == [[320, 320], [160, 160], []]
    assert chart.rows[2].words == "— / — / 0"
    assert chart.height == 3 * charts.ROW


@pytest.fixture
def opened(small_url: str, busy: None) -> Iterator[tuple[Page, str]]:
    app = create_app(Settings(database_url=small_url), clock=lambda: AT)
    with listening(app) as (host, port), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser.new_page(), f"http://{host}:{port}/supervision"
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
        assert cut_off(page) == []
        assert [text for text, contrast, size in texts(page) if contrast < 4.5 or size < 15] == []
    walked = walk_by_keyboard(page)
    page.set_viewport_size({"width": 680, "height": 1009})  # A4 within its margins
    page.emulate_media(media="print")

    assert [at["words"] for at in walked if at["ring"] < 2 or at["contrast"] < 3 or not at["inView"]] == []
    assert cut_off(page) == []
    assert page.locator("nav.choose").first.is_hidden()
    assert page.locator(".bodies thead").is_visible()
    assert complaints == []

"""The pages in a real browser, served over a real socket: how they look on a desk, on a telephone and on paper."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from live import listening
from looking import cut_off, texts, walk_by_keyboard
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from service_catalog.app import create_app
from service_catalog.settings import Settings

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("server", ["sqlite"], indirect=True, scope="session"),  # a page looks alike on both
]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PERMIT = "/guides/11152921DM130003485150709001000"
"""居住证 at the police station of 巴彦浩特."""
GRASSLAND = "/guides/11152900DM1001077P3150132001000"
"""Use of grassland: a fee, branches in the flow, times that do not count."""
NOT_HERE = "/guides/54152921DM1500191J6152020012000"
MISSING = "/guides/11152900DM1001077P3150132001999"
PAGES = ["/", "/supervision", "/sync", PERMIT, PERMIT + "02", GRASSLAND, NOT_HERE, MISSING]


@dataclass
class Visit:
    """One person at one screen."""

    address: str
    page: Page
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        self.page.goto(self.address + path)
        return self.page

    def hosts(self) -> set[str]:
        return {urlsplit(url).netloc for url in self.asked if not url.startswith(("data:", "blob:"))}

    def note_request(self, request: Request) -> None:
        self.asked.append(request.url)

    def note_message(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def note_error(self, error: Any) -> None:
        self.complaints.append(str(error))


@pytest.fixture(scope="module")
def address(seeded_url: str) -> Iterator[str]:
    app = create_app(Settings(database_url=seeded_url), clock=lambda: datetime(2026, 6, 1, 4, 0, tzinfo=UTC))
    with listening(app) as (host, port):
        yield f"http://{host}:{port}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


def visit_of(browser: Browser, address: str, width: int, height: int, **options: Any) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN", **options)
    visit = Visit(address, context.new_page())
    visit.page.on("request", visit.note_request)
    visit.page.on("console", visit.note_message)
    visit.page.on("pageerror", visit.note_error)
    yield visit
    context.close()


@pytest.fixture
def desk(browser: Browser, address: str) -> Iterator[Visit]:
    yield from visit_of(browser, address, 1280, 900)


@pytest.fixture
def phone(browser: Browser, address: str) -> Iterator[Visit]:
    yield from visit_of(browser, address, 360, 740)


@pytest.fixture
def without_scripts(browser: Browser, address: str) -> Iterator[Visit]:
    yield from visit_of(browser, address, 1280, 900, java_script_enabled=False)


def test_the_first_page_shows_figures_and_three_guides_to_follow(desk: Visit) -> None:
    page = desk.open("/")
    figures = page.locator(".figures dd").all_inner_texts()
    names = page.locator(".cards strong").all_inner_texts()

    followed = []
    for name in names:
        page.get_by_role("link", name=name).click()
        followed.append(page.locator("h1").inner_text())
        page.go_back()

    assert len(figures) == 8
    assert all(re.match(r"[1-9][\d,]*", number) for number in figures)
    assert page.get_by_role("img", name="各级的实施清单").is_visible()
    assert followed == names
    assert len(set(names)) == 3
    assert desk.hosts() == {urlsplit(desk.address).netloc}
    assert desk.complaints == []


def test_the_documentation_shows_the_whole_api_and_asks_no_foreign_host(desk: Visit) -> None:
    contract = httpx.get(f"{desk.address}/openapi.json").json()
    described = {
        (method.upper(), path)
        for path, verbs in contract["paths"].items()
        for method in verbs
        if method in ("get", "post", "put", "patch", "delete")
    }

    page = desk.open("/")
    page.get_by_role("main").get_by_role("link", name="接口文档").click()
    page.locator(".opblock").first.wait_for()
    methods = page.locator(".opblock-summary-method").all_inner_texts()
    paths = [
        path or "" for path in page.locator(".opblock-summary-path").evaluate_all("all => all.map(e => e.dataset.path)")
    ]

    assert set(zip(methods, paths, strict=True)) == described
    assert ("GET", "/v1/guides/{code}") in described
    assert desk.hosts() == {urlsplit(desk.address).netloc}
    assert desk.complaints == []
    page.get_by_role("link", name="返回首页").click()
    assert page.locator("h1").inner_text() == "一件事，全盟一个标准"


def test_an_address_can_be_tried_in_the_documentation(desk: Visit) -> None:
    page = desk.open("/docs")
    operation = page.locator(".opblock", has=page.locator("[data-path='/v1/codes/{code}']"))

    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.locator("tr[data-param-name=code] input").fill("150709001000")
    operation.get_by_role("button", name="Execute").click()
    answer = operation.locator(".live-responses-table .response-col_description .highlight-code")
    answer.wait_for()

    assert "居住证" in answer.inner_text()
    assert desk.complaints == []


def test_a_guide_shows_window_papers_steps_and_days(desk: Visit) -> None:
    said = httpx.get(f"{desk.address}/v1{PERMIT}").json()

    page = desk.open(PERMIT)

    window = page.locator(".window").first.inner_text()
    assert "户籍和居住证窗口" in window
    assert said["service_locations"][0]["phone"] in window
    papers = [words.lstrip("0123456789 ") for words in page.get_by_role("rowheader").all_inner_texts()]
    steps = page.locator(".step h3").all_inner_texts()
    assert papers == [paper["name"] for paper in said["materials"]]
    assert [words.partition(" ")[0] for words in steps] == [step["name"] for step in said["steps"]]
    assert said["promised_limit"]["zh"] in page.locator(".promise").inner_text()
    assert desk.complaints == []


def test_a_branch_leads_to_its_step_and_the_index_to_its_part(desk: Visit) -> None:
    page = desk.open(GRASSLAND)

    page.get_by_role("link", name="转到第1步").click()
    assert page.locator("#step-1:target").count() == 1
    page.get_by_role("navigation", name="本页内容").get_by_role("link", name="要带什么").click()
    top = page.locator("#papers").evaluate("heading => heading.getBoundingClientRect().top")

    assert abs(top) < 40


def test_a_guide_reads_the_same_without_scripts(without_scripts: Visit, desk: Visit) -> None:
    assert without_scripts.open(PERMIT).inner_text("main") == desk.open(PERMIT).inner_text("main")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_a_telephone_without_pushing_sideways(phone: Visit, path: str) -> None:
    page = phone.open(path)

    small = [(text, size) for text, _, size in texts(page) if size < 15]
    assert cut_off(page) == []
    assert small == []
    assert page.locator("main p").first.evaluate("element => parseFloat(getComputedStyle(element).fontSize)") >= 18


@pytest.mark.parametrize("path", PAGES)
def test_every_text_stands_out_from_its_ground(desk: Visit, path: str) -> None:
    read = texts(desk.open(path))

    faint = [(text, round(contrast, 2)) for text, contrast, _ in read if contrast < 4.5]
    assert len(read) > 15
    assert faint == []


@pytest.mark.parametrize("path", ["/", PERMIT, NOT_HERE])
def test_a_page_can_be_walked_by_keyboard_with_the_place_in_sight(desk: Visit, path: str) -> None:
    page = desk.open(path)
    links = page.locator("a").count()

    walked = walk_by_keyboard(page)

    assert len(walked) == links
    assert walked[0]["words"] == "跳到正文"
    assert [at["words"] for at in walked if at["ring"] < 2 or at["contrast"] < 3 or not at["inView"]] == []


def test_a_reader_who_cannot_see_hears_names_and_an_order(desk: Visit) -> None:
    for path in PAGES:
        page = desk.open(path)
        levels = page.locator("h1, h2, h3, h4").evaluate_all("all => all.map(e => Number(e.tagName[1]))")
        pictures = page.locator("img, svg").evaluate_all(
            "all => all.map(e => e.tagName === 'IMG' ? e.hasAttribute('alt')"
            " : e.getAttribute('aria-labelledby').split(' ').every(id => document.getElementById(id).textContent))"
        )

        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
        assert all(pictures)
        assert "" not in page.locator("a").evaluate_all("all => all.map(e => e.textContent.trim())")
        assert page.locator("html").get_attribute("lang") == "zh-CN"
        assert page.get_by_role("main").count() == 1


@pytest.mark.parametrize("path", [PERMIT, GRASSLAND, NOT_HERE])
def test_a_guide_prints_what_a_person_needs_and_nothing_else(desk: Visit, path: str) -> None:
    page = desk.open(path)
    page.set_viewport_size({"width": 680, "height": 1009})  # A4 within its margins
    page.emulate_media(media="print")

    hidden = ["footer.site", ".skip", "nav", ".home img", "a[href^='/v1/']"]
    needed = ["h1", ".window", ".papers", ".promise", ".step >> nth=0", "#rights", ".about"]
    sheets = page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n")
    assert [name for name in hidden if page.locator(name).first.is_visible()] == []
    assert [name for name in needed if not page.locator(name).first.is_visible()] == []
    assert cut_off(page) == []
    assert [text for text, contrast, size in texts(page) if contrast < 4.5 or size < 12] == []
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgba(0, 0, 0, 0)"
    assert 3 <= sheets <= 9

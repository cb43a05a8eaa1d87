"""Readers of the feed as tests need them: one page, a whole walk, what a reader has at the end."""

from typing import Any
from urllib.parse import urlsplit

from builders import BANNER, EDITOR, LEAGUE, add_agency, credit_code
from httpx2 import Response
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.regions.mapping import add_region
from service_catalog.regions.tables import Region
from service_catalog.regions.tree import RegionKind, RegionLevel

OTHER_BANNER, THIRD_BANNER = "152922000000", "152923000000"
MOVED = credit_code(BANNER, 900021)

Item = dict[str, Any]
Key = tuple[str, str]


def add_banner(session: Session, code: str, name: str, at: Any) -> None:
    region = Region(code=code, name=name, level=RegionLevel.BANNER, kind=RegionKind.DIVISION, parent_code=LEAGUE)
    add_region(session, region, by=EDITOR, at=at)


def add_moving_body(session: Session, at: Any) -> None:
    """Two more banners, and a body in ours that may move to one of them."""
    add_banner(session, OTHER_BANNER, "阿拉善右旗", at)
    add_banner(session, THIRD_BANNER, "额济纳旗", at)
    add_agency(session, MOVED, BANNER, "阿拉善左旗政务服务局", at=at)


def ask(client: TestClient, after: int = 0, **query: Any) -> Response:
    """One page; `true` and `false` as the address has them."""
    plain = {name: str(value).lower() if isinstance(value, bool) else value for name, value in query.items()}
    return client.get("/v1/feed", params={"afterChangeNumber": after, **plain})


def follow(client: TestClient, address: str) -> Response:
    """What stands at the address that a page names as the next."""
    parts = urlsplit(address)
    return client.get(f"{parts.path}?{parts.query}")


class Walked:
    """All pages from a change number to the last one, as a reader goes that follows `next` and nothing else."""

    def __init__(self, client: TestClient, after: int = 0, **query: Any) -> None:
        answer = ask(client, after, **query)
        self.pages: list[list[Item]] = []
        while True:
            assert answer.status_code == 200, answer.text
            page = answer.json()
            if not page["items"]:
                break
            self.pages.append(page["items"])
            answer = follow(client, page["next"])
        self.last = answer
        self.head = int(answer.headers["change-number"])
        self.items = [item for page in self.pages for item in page]

    @property
    def keys(self) -> set[Key]:
        return {(item["kind"], item["id"]) for item in self.items}

    @property
    def there(self) -> set[Key]:
        return {(item["kind"], item["id"]) for item in self.items if item["state"] == "updated"}

    @property
    def gone(self) -> set[Key]:
        return {(item["kind"], item["id"]) for item in self.items if item["state"] == "deleted"}

    def of(self, kind: str) -> dict[str, Any]:
        return {item["id"]: item.get("data") for item in self.items if item["kind"] == kind}

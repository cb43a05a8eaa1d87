"""The offices of the small catalogue as clients over HTTP, each with its own key."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from builders import BANNER, BANNER_BUREAU, LEAGUE
from callers import key_for
from httpx2 import Response
from sqlmodel import Session
from starlette.testclient import TestClient

from service_catalog.actors import Role

Asked = Callable[..., Response]


class Office(NamedTuple):
    """Somebody with a credential."""

    client: TestClient
    headers: dict[str, str]

    def __call__(self, method: str, address: str, body: Any = None, *, seen: str | None = None) -> Response:
        headers = self.headers | ({"If-Match": seen} if seen else {})
        return self.client.request(method, address, json=body, headers=headers)


class Offices(NamedTuple):
    """Everybody who works on the small catalogue."""

    league_editor: Office
    league_reviewer: Office
    league_publisher: Office
    banner_editor: Office
    banner_reviewer: Office
    banner_publisher: Office


def open_offices(session: Session, client: TestClient, at: datetime) -> Offices:
    """Hand out the keys."""
    made = [
        key_for(session, Role.EDITOR, region=LEAGUE, at=at),
        key_for(session, Role.REVIEWER, region=LEAGUE, at=at),
        key_for(session, Role.PUBLISHER, region=LEAGUE, at=at),
        key_for(session, Role.EDITOR, agency=BANNER_BUREAU, at=at),
        key_for(session, Role.REVIEWER, region=BANNER, at=at),
        key_for(session, Role.PUBLISHER, region=BANNER, at=at),
    ]
    return Offices(*(Office(client, headers) for headers in made))


def name_of(answer: Response) -> str:
    """The name of the problem."""
    return str(answer.json()["type"]).rpartition("/")[2]


def paper(effective_on: str, number: str = "阿署发〔2026〕8号") -> dict[str, str]:
    """The document behind an act."""
    return {
        "document_number": number, "title": "关于调整事项的通知", "issuing_body": "阿拉善盟行政公署",
        "effective_on": effective_on, "reason": "依法调整",
    }  # fmt: skip

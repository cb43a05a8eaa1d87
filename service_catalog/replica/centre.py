"""The centre, as a replica speaks to it: a few requests, an answer or none."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

import httpx

from service_catalog.kernel.errors import Said, Unavailable
from service_catalog.kernel.problems import MEDIA_TYPE
from service_catalog.settings import Settings

NO_HEADERS: Mapping[str, str] = MappingProxyType({})
TIMEOUT = httpx.Timeout(30, connect=5)
"""Seconds without a byte; a long letter on a thin line may take longer as a whole."""


class CentreAway(Unavailable):
    """The centre does not answer; what it alone knows has to wait."""

    title = Said("暂时连接不上中心", "The centre cannot be reached")

    def __init__(self, *, reached: bool = False) -> None:
        super().__init__(
            "线路中断，暂时连接不上盟级平台，请稍后再试。您已提交的诉求不会丢失，受理编号和查询码一直有效。",
            "The line to the centre is down; try again later. What you have handed in is not lost, and its number and "
            "code stay good.",
        )
        self.reached = reached
        """It may have got the request, or a part of it."""


class Answered(NamedTuple):
    """What the centre answered."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def document(self) -> dict[str, Any] | None:
        """The JSON object that it holds; None where it is none, as from a gateway in between."""
        if not self.is_json:
            return None
        try:
            found = httpx.Response(200, content=self.content).json()
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    @property
    def is_json(self) -> bool:
        """Tell whether it comes from the product and not from something on the way."""
        return self.headers.get("content-type", "").partition(";")[0] in ("application/json", MEDIA_TYPE)


class Centre(Protocol):
    """Whoever answers for the centre; both raise CentreAway where nobody does."""

    @property
    def address(self) -> str:
        """Which centre it is."""

    def get(self, path: str, *, headers: Mapping[str, str] = NO_HEADERS) -> Answered:
        """Ask for something."""

    def post(self, path: str, content: bytes, *, headers: Mapping[str, str] = NO_HEADERS) -> Answered:
        """Hand something in."""


class HttpCentre:
    """The centre over HTTP, with the replica's key."""

    def __init__(self, settings: Settings) -> None:
        assert settings.replica_of is not None
        self.address = settings.replica_of.rstrip("/")
        key = settings.replica_key
        self._client = httpx.Client(
            base_url=self.address, timeout=TIMEOUT,
            headers={"Authorization": f"Bearer {key.get_secret_value()}"} if key else None,
            limits=httpx.Limits(max_keepalive_connections=0),  # a line that was down leaves dead ones behind
        )  # fmt: skip

    def get(self, path: str, *, headers: Mapping[str, str] = NO_HEADERS) -> Answered:
        """Ask for something."""
        return self._answered("GET", path, None, headers)

    def post(self, path: str, content: bytes, *, headers: Mapping[str, str] = NO_HEADERS) -> Answered:
        """Hand something in."""
        return self._answered("POST", path, content, headers)

    def _answered(self, method: str, path: str, content: bytes | None, headers: Mapping[str, str]) -> Answered:
        try:
            answer = self._client.request(method, path, content=content, headers=dict(headers))
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise CentreAway from error
        except httpx.TransportError as error:
            raise CentreAway(reached=True) from error
        return Answered(answer.status_code, answer.headers, answer.content)

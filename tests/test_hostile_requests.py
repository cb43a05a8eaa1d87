"""What fuzzers do not think of, sent over a real socket: nothing is answered by a 5xx, and refusals are problems."""

import json
import re
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPResponse
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fastapi import FastAPI
from jsonschema import Draft202012Validator
from live import listening
from starlette.testclient import TestClient

from service_catalog.app import LARGEST_BODY, create_app
from service_catalog.kernel import problems
from service_catalog.kernel.problems import MEDIA_TYPE
from service_catalog.settings import Settings

PROBLEM = json.loads((Path(__file__).parent.parent / "schemas" / "problem.json").read_text(encoding="utf-8"))
CODE = "11152921DM130003485150709001000"
GUIDE, NEAREST = f"/v1/guides/{CODE}", "/v1/guides?basic_code=150709001000&region=152921110201"
CHECK = f"/v1/implementations/{CODE}/check"
DEEP = 100_000

ADDRESSES = [
    *(f"{place}{text}"
      for place in ("/v1/guides/", "/v1/codes/", "/v1/regions/", "/v1/agencies?name=", "/v1/regions?after=", "/problems/",
                    "/v1/guides?region=152921&basic_code=", "/v1/guides?basic_code=150709001000&region=")
      for text in ("%FF%FE", "%C3%28", "%ED%A0%80", "%00", "a%00b", "%0A", "%", "%zz", "%E2%80%AF", "%F0%9F%98%80",
                   "%D9%A1%D9%A5%D9%A2%D9%A9%D9%A2%D9%A1", "..%2f..", "%25", "_", "'--", "")),
    *(f"{place}as_of={day}"
      for place in (f"{GUIDE}?", f"{NEAREST}&")
      for day in ("0001-01-01", "9999-12-31", "1949-10-01", "2999-12-31", "2026-02-30", "-2026-01-01", "10000-01-01",
                  "NaN", "1e400", "%00", "2026-06-01&as_of=x", "2026-06-01%00", "")),
    *(f"/v1/regions?limit={limit}" for limit in ("1&limit=2", "9" * 30, "9" * 5000, "1e3", "NaN", "%D9%A3", "1.0", "")),
    "/v1/regions?level=banner&level=x", "/v1/regions?%FF=1", "/v1/guides?basic_code=150709001000&basic_code=x&region=152921",
    f"{NEAREST}&region=x", "/v1/regions?" + "&".join(f"a{number}=1" for number in range(5000)),
    "/v1/regions/152921%0A", "/v1/agencies/11152921DM13000348%0A", "/v1/basic-items/150709001000%0A",
    "/v1/codes/" + "A" * 60_000, "/v1/guides/" + "A" * 60_000, "/v1/regions?name=" + "A" * 60_000,
    "//v1/regions", "/v1/../v1/regions", "/static/..%2fpages.py", "/static/%00", "/static/a%FFb", "/static/" + "a" * 300,
    "http://elsewhere.example/v1/nothing", "*",
]  # fmt: skip
HEADERS = {
    "If-None-Match": ["garbage", "*", "W/", '"', ",,,", "\xff", "a" * 8000],
    "If-Modified-Since": [
        "garbage", "0", "", "1" * 5000, "Thu, 99 Zzz 2026 99:99:99 GMT", "Wed, 25 Nov 99999 00:00:00 GMT",
        "Mon, 01 Jan 0001 00:00:00 +1400", "Fri, 31 Dec 9999 23:59:59 -1400", "Thu, 01 Jan 2026 00:00:00 +9999",
        "Thu, 01 Jan 2026 00:00:00 +99999999999999999999",
    ],
    "Accept-Encoding": ["garbage", ";;;", "gzip;q=NaN", "gzip;q=", ",", "gzip;" * 2000, "\xff", "identity;q=0, *;q=0"],
    "Accept-Language": ["garbage", ";;;", "en;q=NaN", "en;q=1e999", "en;q=-1", "*", "\xff", "en," * 4000, "en;q=\u00b2"],
    "Accept": ["text/plain", "garbage", ""],
    "Range": ["bytes=0-1", "bytes=-1", "bytes=999999999999-", "bytes=0-0,1-1", "garbage"],
    "Content-Type": ["garbage/;;;", "application/json; charset=utf-7", "\xff"],
    "Authorization": ["Bearer", "garbage", "Basic \xff", "Bearer " + "x" * 8000],
    "Cookie": ["=;=;=", "\xff"],
    "Expect": ["garbage"],
    "Host": ["\xff", "a" * 5000, "x:99999999", "x:abc", "[::1", ""],
    "Upgrade": ["websocket", "h2c"],
    "X-Forwarded-For": ["garbage"],
    "X-Large": ["x" * 60_000],
}  # fmt: skip
DRAFTS = {
    "nothing": b"",
    "brackets without end": b"[" * DEEP,
    "objects without end": b'{"a":' * DEEP,
    "brackets that close": b'{"a":' + b"[" * DEEP + b"]" * DEEP + b"}",
    **{f"{deep} objects in each other": b'{"a":' * deep + b"1" + b"}" * deep for deep in (60, 200, 300, 900, 960)},
    **{f"{deep} rows in each other": b'{"materials":' + b"[" * deep + b"]" * deep + b"}" for deep in (60, 300, 900, 960)},
    **{
        f"{number} as {place}": place.replace("?", number).encode()
        for number in ("NaN", "Infinity", "-Infinity", "1e999", "-0.0", "9" * 300, "9" * 5000)
        for place in (
            '{"on_site_visits": ?}', '{"x": ?}', '{"promised_limit": {"amount": ?, "unit": "working_day"}}',
            '{"fees": [{"key": "a", "amount": ?}]}',
            '{"service_locations": [{"key": "a", "name": "b", "address": "c", "longitude": ?}]}',
        )
    },
    "not a number in words": b'{"fees": [{"key": "a", "amount": "sNaN"}]}',
    "half of a surrogate pair": b'{"local_notes": "\\ud800"}',
    "half of a surrogate pair as a name": b'{"x": [{"\\udfff": 1}]}',
    "NUL": b'{"local_notes": "\\u0000"}',
    "NUL as a name": b'{"\\u0000": 1}',
    "NUL as an agency": b'{"availability": {"status": "offered_by_other", "reason": "x", "agency_code": "\\u0000"}}',
    "invalid UTF-8": b'{"local_notes": "\xff"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"a": 1}',
    "the same name twice": b'{"on_site_visits": 1, "on_site_visits": 9}',
    **{f"only {text}": text.encode() for text in ("1", "null", "true", "[]", '"x"', "{} {}", "{'a': 1}", "a=1&b=2")},
    "any bytes": bytes(range(256)),
    "a name with pointer signs": b'{"a~/b": {"~1": 1}}',
    "a day of the year 1": b'{"fees": [{"key": "a", "valid_from": "0001-01-01", "valid_until": "9999-12-31"}]}',
    "a time with an offset": b'{"service_hours": {"weekly": [{"days": [1], "opens": "09:00Z", "closes": "10:00"}]}}',
    "a limit of ages": b'{"promised_limit": {"amount": 9999, "unit": "working_day"}}',
    "a region and a line end": b'{"service_area": ["152921110201\\n"]}',
    "many unknown elements": b"{" + b",".join(b'"k%d":1' % number for number in range(20_000)) + b"}",
    "many rows": b'{"materials":[' + b",".join(b'{"key":"k%d"}' % number for number in range(20_000)) + b"]}",
    "nearly too large": b'{"local_notes": "' + b"x" * (LARGEST_BODY - 100) + b'"}',
    "too large": b'{"local_notes": "' + b"x" * LARGEST_BODY + b'"}',
}  # fmt: skip
NOT_HTTP = {
    "noise": b"\x00\xff\x16\x03\x01\r\n\r\n",
    "TLS": b"\x16\x03\x01\x00" + b"x" * 100 + b"\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP of the future": b"GET / HTTP/9.9\r\n\r\n",
    "a method nobody knows": b"BREW /v1/regions HTTP/1.1\r\nHost: x\r\n\r\n",
    "a space in the address": b"GET /v1/reg ions HTTP/1.1\r\nHost: x\r\n\r\n",
    "bare Chinese in the address": "GET /v1/codes/汉字 HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
    "bare NUL in the address": b"GET /v1/codes/a\x00b HTTP/1.1\r\nHost: x\r\n\r\n",
    "a header without a name": b"GET / HTTP/1.1\r\nHost: x\r\n: x\r\n\r\n",
    "a header without a colon": b"GET / HTTP/1.1\r\nHost x\r\n\r\n",
    "a negative length": b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "a length that is no number": b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a length and pieces": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a piece without a size": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "an address too long for any server": b"GET /v1/regions?name=" + b"A" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
}  # fmt: skip


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body, in JSON as the standard has it: without NaN and Infinity."""

        def refuse(constant: str) -> Any:
            raise ValueError(f"{constant} is no JSON")

        return json.loads(self.body, parse_constant=refuse)


class Caller:
    """Sends bytes as they are, one connection for each request."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address

    def send(self, request: bytes, *, method: str = "GET") -> Answer:
        with socket.create_connection(self.address, timeout=30) as connection:
            connection.sendall(request)
            response = HTTPResponse(connection, method=method)
            response.begin()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers, response.read())

    def ask(
        self, address: str, *, method: str = "GET", headers: dict[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        lines = [f"{method} {address} HTTP/1.1"]
        named = {"Host": "localhost", "Connection": "close"} | (headers or {})
        if body is not None:
            named["Content-Length"] = str(len(body))
        lines += [f"{name}: {value}" for name, value in named.items()]
        head = "\r\n".join(lines).encode("latin-1")
        return self.send(head + b"\r\n\r\n" + (body or b""), method=method)


@pytest.fixture(scope="module")
def caller(seeded_url: str) -> Iterator[Caller]:
    app = create_app(Settings(database_url=seeded_url), clock=lambda: datetime(2026, 6, 1, 4, 0, tzinfo=UTC))
    with listening(app) as address:
        yield Caller(address)


def is_answered_properly(answer: Answer) -> bool:
    """Answered, or refused by a problem as published."""
    assert answer.status < 500, answer.body
    if answer.status >= 400:
        assert answer.headers["content-type"] == MEDIA_TYPE, answer
        assert [error.message for error in Draft202012Validator(PROBLEM).iter_errors(answer.json())] == []
        assert answer.json()["status"] == answer.status
    elif answer.headers.get("content-type") == "application/json" and "content-encoding" not in answer.headers:
        answer.json()
    return True


def short(value: str) -> str:
    return re.sub(r"[^ -~]", "?", value if len(value) < 60 else value[:50] + "…")


@pytest.mark.parametrize("address", ADDRESSES, ids=short)
def test_a_strange_address_is_answered_or_refused(caller: Caller, address: str) -> None:
    assert is_answered_properly(caller.ask(address))


@pytest.mark.parametrize(
    "day", ["2026-06-01T00:00:00", "0", "86400", "1780272000", "20260601", "2026-6-1", "٢٠٢٦-٠٦-٠١"]
)
def test_what_is_not_written_as_a_day_is_not_taken_for_one(caller: Caller, day: str) -> None:
    escaped = "".join(f"%{byte:02X}" for byte in day.encode())

    answer = caller.ask(f"{GUIDE}?as_of={escaped}")

    assert (answer.status, answer.json()["errors"][0]["pointer"]) == (422, "/query/as_of")
    assert "应为日期" in answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize("address", [GUIDE, NEAREST, "/v1/regions?limit=0", "/v1/nothing"])
@pytest.mark.parametrize("name", HEADERS)
def test_a_strange_header_is_answered_or_refused(caller: Caller, name: str, address: str) -> None:
    for value in HEADERS[name]:
        assert is_answered_properly(caller.ask(address, headers={name: value})), value


@pytest.mark.parametrize("draft", DRAFTS.values(), ids=[short(name) for name in DRAFTS])
def test_a_strange_draft_is_judged_or_refused(caller: Caller, draft: bytes) -> None:
    answer = caller.ask(CHECK, method="POST", headers={"Content-Type": "application/json"}, body=draft)

    assert is_answered_properly(answer)
    assert answer.status in (200, 404, 413, 422)


@pytest.mark.parametrize(
    "media_type",
    [
        "",
        "text/plain",
        "application/xml",
        "garbage",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "\xff",
    ],
    ids=short,
)
def test_a_draft_of_another_media_type_is_refused(caller: Caller, media_type: str) -> None:
    answer = caller.ask(CHECK, method="POST", headers={"Content-Type": media_type}, body=b"{}")

    assert is_answered_properly(answer)
    assert answer.status in (415, 422)


def test_a_body_in_many_pieces_is_bounded_too(caller: Caller) -> None:
    head = f"POST {CHECK} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    pieces = (b"10000\r\n" + b"x" * 65_536 + b"\r\n") * (LARGEST_BODY // 65_536 + 1)

    answer = caller.send(head.encode() + pieces + b"0\r\n\r\n", method="POST")

    assert is_answered_properly(answer)
    assert answer.status == 413


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "QUERY"])
def test_a_method_that_is_not_offered_is_refused_and_named(caller: Caller, method: str) -> None:
    for address in (GUIDE, "/v1/regions", CHECK):
        answer = caller.ask(address, method=method)

        assert is_answered_properly(answer)
        assert (answer.status, answer.headers["allow"]) == (405, "POST" if address == CHECK else "GET")


@pytest.mark.parametrize("address", [GUIDE, NEAREST, "/v1/regions", "/v1/nothing", "/"])
def test_head_says_what_get_says_without_the_body(caller: Caller, address: str) -> None:
    got, asked = caller.ask(address), caller.ask(address, method="HEAD")

    assert asked.body == b""
    assert asked.status == got.status
    assert {**asked.headers, "date": ""} == {**got.headers, "date": ""}


@pytest.mark.parametrize("bytes_sent", NOT_HTTP.values(), ids=list(NOT_HTTP))
def test_what_is_not_http_is_refused_before_it_reaches_the_catalogue(caller: Caller, bytes_sent: bytes) -> None:
    assert caller.send(bytes_sent).status == 400


def test_a_refused_method_names_all_that_the_address_takes() -> None:
    app = FastAPI()
    problems.install(app)

    @app.get("/doors")
    @app.post("/doors")
    def door() -> str:
        return "open"

    answer = TestClient(app).delete("/doors")

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


def test_whoever_hangs_up_in_the_middle_disturbs_nobody(caller: Caller) -> None:
    head = f"POST {CHECK} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    with socket.create_connection(caller.address, timeout=30) as connection:
        connection.sendall(head.encode() + b'{"on_site')

    assert caller.ask(GUIDE).status == 200

"""What readers are served: every case, the servers that answer, and the ratios of one run."""

import http.client
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import Engine

from benchmarks import bare, catalogue, naive, naive_rows
from benchmarks.asking import Ask, Case
from benchmarks.bars import Bars
from benchmarks.catalogue import Answer
from benchmarks.processes import Server, cores, serving
from benchmarks.rounds import Outcome, run_rounds

LIST = "/v1/implementations?limit=50"
OURS = "service_catalog.serving:make_app"
NAIVE_GUIDES = 200
FAST, SLOW = 0.5, 1.2
"""Seconds of a turn."""


def measure_reading(engine: Engine, folder: Path, bars: Bars) -> list[Outcome]:
    """Start every server over the seeded catalogue, ask in rounds, return the lines of the table."""
    by_code, by_place = catalogue.guides_by_code(engine, bars), catalogue.guides_by_place(engine, bars)
    typical = sorted(by_code, key=lambda answer: len(answer.body))[len(by_code) // 2]
    address = naive_rows.fill(folder / "naive.db", [answer.view for answer in by_code])
    where, ours = cores(), {"CATALOG_DATABASE_URL": str(engine.url)}
    applications = {
        "ready": (OURS, ours),
        "cold": (OURS, ours | {"CATALOG_GUIDE_CACHE_ENTRIES": "0"}),
        "naive": ("benchmarks.naive:make_app", {naive.DATABASE: address}),
    }
    with _all_serving(applications, where.server) as servers:
        page = _get(servers["ready"], LIST)
        bodies = _files(folder / "bare", {"guide": typical.body, "list": page})
        with serving("benchmarks.bare:make_app", {bare.FOLDER: str(bodies)}, where.server) as server:
            servers["bare"] = server
            cases = _cases(typical, by_code, by_place, len(page))
            cases.append(_naive_case(servers["naive"], by_code[:NAIVE_GUIDES]))
            return run_rounds(cases, servers, where.client, bars)


def _cases(typical: Answer, by_code: Sequence[Answer], by_place: Sequence[Answer], page: int) -> list[Case]:
    once, again = _ask(typical), Ask(typical.path, 304, 0, (("if-none-match", typical.etag),))
    return [
        Case("bare_guide", "bare", ("", ""), (Ask("/guide", 200, once.length),), FAST),
        Case("bare_list", "bare", ("", ""), (Ask("/list", 200, page),), FAST),
        Case("guide_cached_200", "ready", ("按编码读指南，已备好", "by code, kept ready"), (once,), FAST, "bare_guide"),
        Case("guide_304", "ready", ("读者手里的仍有效", "unchanged since read"), (again,), FAST, "bare_guide"),
        Case("guide_cold", "cold", ("按编码读指南，现算", "by code, nothing kept"), _asks(by_code), SLOW, "bare_guide"),
        Case(
            "guide_nearest", "ready", ("按嘎查就近找", "nearest body of a gacha"), _asks(by_place), SLOW, "bare_guide"
        ),
        Case("list_page", "ready", ("实施清单一页 50 条", "a page of 50"), (Ask(LIST, 200, page),), SLOW, "bare_list"),
    ]


def _naive_case(server: Server, guides: Sequence[Answer]) -> Case:
    paths = [f"/guides/{guide.view.code}" for guide in guides]
    asks = tuple(Ask(path, 200, len(_get(server, path))) for path in paths)
    return Case("naive_guide", "naive", ("常见写法，逐表拼装", "the usual way, from rows"), asks, SLOW, "bare_guide")


def _ask(answer: Answer) -> Ask:
    return Ask(answer.path, 200, len(answer.body))


def _asks(answers: Sequence[Answer]) -> tuple[Ask, ...]:
    return tuple(_ask(answer) for answer in answers)


@contextmanager
def _all_serving(
    applications: Mapping[str, tuple[str, dict[str, str]]], core: int | None
) -> Iterator[dict[str, Server]]:
    with ExitStack() as running:
        yield {name: running.enter_context(serving(*one, core)) for name, one in applications.items()}


def _files(folder: Path, bodies: Mapping[str, bytes]) -> Path:
    folder.mkdir()
    for name, body in bodies.items():
        (folder / name).write_bytes(body)
    return folder


def _get(server: Server, path: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status} {body!r}")
    return body

"""Findings over HTTP: who sees what, how they open and close by themselves, acceptance, counts, CSV, runs on demand."""

import csv
import io
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from builders import (
    BANNER,
    BANNER_BUREAU,
    ITEM,
    LEAGUE,
    LEAGUE_BUREAU,
    TOWNSHIP,
    TOWNSHIP_STATION,
    publish_local,
)
from callers import key_for
from examining import all_rows, examine, findings, follow, only
from sqlalchemy import Engine, text
from sqlmodel import Session, col
from starlette.testclient import TestClient

from service_catalog.actors import Role
from service_catalog.changes.tables import Subject
from service_catalog.findings import demanding
from service_catalog.findings.keeping import keep
from service_catalog.findings.rules import Broken, Strictness, Thing
from service_catalog.findings.tables import Finding
from service_catalog.kernel.database import unit_of_work
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.errors import Said
from service_catalog.kernel.sheets import cell

if TYPE_CHECKING:
    from conftest import Clock

CODE = BANNER_BUREAU + "4" + ITEM
WRONG_LINK = {"computer": "http://a.gov.cn/"}
Headers = dict[str, str]


@pytest.fixture
def examined(session: Session, engine: Engine, now: datetime) -> Engine:
    """A banner, a league and a township that do the item, the banner with a link in plain http; judged once."""
    publish_local(session, BANNER_BUREAU, "4", online_urls=WRONG_LINK)
    publish_local(session, LEAGUE_BUREAU, "3")
    publish_local(session, TOWNSHIP_STATION, "5", online_urls={"mobile": "zwfw"})
    session.commit()
    examine(engine, now)
    return engine


@pytest.fixture
def key(session: Session, now: datetime) -> Callable[..., Headers]:
    return lambda role, **place: key_for(session, role, at=now, days=900, **place)


@pytest.fixture
def supervisor(key: Callable[..., Headers]) -> Headers:
    return key(Role.SUPERVISOR, region=LEAGUE)


def walk(client: TestClient, headers: Headers, query: str = "", limit: int = 3) -> list[dict[str, Any]]:
    address: str | None = f"/v1/findings?limit={limit}&{query}"
    rows: list[dict[str, Any]] = []
    while address:
        answer = client.get(address, headers=headers)
        assert answer.status_code == 200, answer.text
        rows += answer.json()["items"]
        address = answer.json()["next"]
    return rows


def mended(session: Session, now: datetime, **content: Any) -> None:
    publish_local(session, BANNER_BUREAU, "4", at=now, effective_from=civil_day(now), **content)
    session.commit()


def accept(client: TestClient, headers: Headers, number: int | None, until: date, reason: str = "系统正在改造") -> Any:
    body = {"reason": reason, "until": str(until)}
    return client.post(f"/v1/findings/{number}/acceptance", json=body, headers=headers)


def name_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


def test_a_finding_closes_by_itself_is_kept_and_opens_anew(session: Session, examined: Engine, now: datetime) -> None:
    first = next(found for found in findings(examined, "link_looks_wrong") if found.code == CODE)
    tomorrow = now + timedelta(days=1)
    mended(session, now)
    follow(examined, now)
    gone = [found.code for found in findings(examined, "link_looks_wrong")]
    mended(session, tomorrow, online_urls=WRONG_LINK)
    follow(examined, tomorrow)

    session.expire_all()
    [before, after] = [row for row in all_rows(session) if (row.rule, row.code) == ("link_looks_wrong", CODE)]
    assert CODE not in gone
    assert (before.id, before.closed_at, before.opened_at) == (first.id, now, now)
    assert (after.closed_at, after.opened_at, after.since) == (None, tomorrow, tomorrow)


def test_values_that_change_keep_the_finding_and_its_first_day(
    session: Session, examined: Engine, now: datetime
) -> None:
    mended(session, now, online_urls={"computer": "http://b.gov.cn/"})

    follow(examined, now + timedelta(hours=1))

    found = next(found for found in findings(examined, "link_looks_wrong") if found.code == CODE)
    assert (found.local_value, found.since, found.opened_at) == ("http://b.gov.cn/", now, now)


def test_the_list_shows_names_values_and_age(
    examined: Engine, client: TestClient, clock: "Clock", supervisor: Headers
) -> None:
    clock.at += timedelta(days=5)

    [shown] = walk(client, supervisor, f"rule=link_looks_wrong&agency={BANNER_BUREAU}")

    assert (shown["agency_name"], shown["region_name"], shown["item_name"]) == (
        "阿拉善左旗公安局",
        "阿拉善左旗",
        "居住证申领",
    )
    assert (shown["element"], shown["local_value"], shown["standard_value"]) == (
        "/online_urls/computer",
        "http://a.gov.cn/",
        None,
    )
    assert (shown["severity"], shown["state"], shown["age_days"], shown["acceptance"]) == ("warning", "open", 5, None)
    assert shown["title_zh"] == "网址可能有误"


def test_the_list_is_walked_and_filtered(examined: Engine, client: TestClient, supervisor: Headers) -> None:
    every = walk(client, supervisor)

    assert [row["id"] for row in every] == [found.id for found in findings(examined)]
    for query, wanted in (
        (f"region={TOWNSHIP}", lambda row: row["region_code"] == TOWNSHIP),
        (f"region={BANNER[:6]}", lambda row: row["region_code"] != LEAGUE),
        (f"agency={BANNER_BUREAU}", lambda row: row["agency_code"] == BANNER_BUREAU),
        (f"basic_code={ITEM}", lambda row: row["basic_code"] == ITEM),
        ("rule=translation_missing", lambda row: row["rule"] == "translation_missing"),
        ("severity=notice", lambda row: row["severity"] == "notice"),
    ):
        expected = [row["id"] for row in every if wanted(row)]  # type: ignore[no-untyped-call]
        assert [row["id"] for row in walk(client, supervisor, query)] == expected
        assert 0 < len(expected) <= len(every)
    assert walk(client, supervisor, "state=closed") == walk(client, supervisor, "state=accepted") == []


def test_everyone_sees_what_lies_in_their_place(
    examined: Engine, client: TestClient, key: Callable[..., Headers]
) -> None:
    def codes(headers: Headers) -> set[str]:
        return {row["region_code"] for row in walk(client, headers)}

    league, banner = key(Role.SUPERVISOR, region=LEAGUE), key(Role.REVIEWER, region=BANNER)
    township, bureau = key(Role.SUPERVISOR, region=TOWNSHIP), key(Role.EDITOR, agency=BANNER_BUREAU)

    assert codes(league) == {LEAGUE, BANNER, TOWNSHIP}
    assert codes(banner) == {BANNER, TOWNSHIP}
    assert codes(township) == {TOWNSHIP}
    assert {row["agency_code"] for row in walk(client, bureau)} == {BANNER_BUREAU}
    assert walk(client, township, f"region={BANNER}") == walk(client, township)


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("GET", "/v1/findings"), ("GET", "/v1/findings/counts?by=rule"), ("GET", "/v1/findings.csv"),
        ("POST", "/v1/findings/1/acceptance"), ("DELETE", "/v1/findings/1/acceptance"), ("POST", "/v1/findings/runs"),
    ],
)  # fmt: skip
def test_findings_are_for_staff(
    examined: Engine, client: TestClient, key: Callable[..., Headers], method: str, address: str
) -> None:
    body = {"agency": BANNER_BUREAU} if address.endswith("runs") else {"reason": "由", "until": "2027-01-01"}
    sent: dict[str, Any] = {"json": body} if method == "POST" else {}

    nobody = client.request(method, address, **sent)
    kiosk = client.request(method, address, headers=key(Role.KIOSK, region=LEAGUE), **sent)

    assert name_of(nobody) == (401, "sign-in-first")
    assert name_of(kiosk) == (403, "not-allowed")


@pytest.mark.parametrize("query", ["region=152999", f"agency={'0' * 18}", "basic_code=150799999999"])
def test_filters_name_what_exists(examined: Engine, client: TestClient, supervisor: Headers, query: str) -> None:
    for address in ("/v1/findings?", "/v1/findings.csv?", "/v1/findings/counts?by=rule&"):
        assert client.get(address + query, headers=supervisor).status_code == 404


@pytest.mark.parametrize("query", ["after=x", "after=-1", "after=99999999999", "rule=A", "severity=bad", "state=x"])
def test_malformed_questions_are_refused(examined: Engine, client: TestClient, supervisor: Headers, query: str) -> None:
    assert name_of(client.get(f"/v1/findings?{query}", headers=supervisor)) == (422, "invalid-request")


def test_who_accepts_a_finding_answers_for_it_until_a_day(
    examined: Engine, client: TestClient, clock: "Clock", key: Callable[..., Headers], now: datetime
) -> None:
    headers = key(Role.REVIEWER, region=BANNER)
    number = next(found.id for found in findings(examined, "link_looks_wrong") if found.code == CODE)
    until = civil_day(now) + timedelta(days=10)

    accepted = accept(client, headers, number, until).json()
    examine(examined, now)
    listed = walk(client, headers, "state=accepted")
    clock.at += timedelta(days=10)

    assert (accepted["state"], accepted["acceptance"]["until"]) == ("accepted", str(until))
    assert accepted["acceptance"]["reason"] == "系统正在改造"
    assert accepted["acceptance"]["by"].startswith("reviewer 机")
    assert [row["id"] for row in listed] == [number]
    assert number in [row["id"] for row in walk(client, headers)], "it counts again once its end has come"
    assert walk(client, headers, "state=accepted") == []


def test_an_acceptance_ends_when_the_values_change_and_is_kept_with_the_old_ones(
    session: Session, examined: Engine, client: TestClient, supervisor: Headers, now: datetime
) -> None:
    number = next(found.id for found in findings(examined, "link_looks_wrong") if found.code == CODE)
    accept(client, supervisor, number, date(2027, 1, 1))
    mended(session, now, online_urls={"computer": "http://b.gov.cn/"})

    follow(examined, now)

    [new] = walk(client, supervisor, f"rule=link_looks_wrong&agency={BANNER_BUREAU}")
    [old] = walk(client, supervisor, f"state=closed&agency={BANNER_BUREAU}")
    assert (new["local_value"], new["acceptance"], new["id"] != number) == ("http://b.gov.cn/", None, True)
    assert (old["id"], old["local_value"], old["acceptance"]["reason"]) == (number, "http://a.gov.cn/", "系统正在改造")


def test_taking_an_acceptance_back_makes_it_count_again_and_says_who_did(
    examined: Engine, client: TestClient, supervisor: Headers
) -> None:
    number = only(examined, "unclaimed_in_villages").id
    accept(client, supervisor, number, date(2027, 1, 1))

    first = client.delete(f"/v1/findings/{number}/acceptance", headers=supervisor)
    second = client.delete(f"/v1/findings/{number}/acceptance", headers=supervisor)
    again = accept(client, supervisor, number, date(2027, 2, 1), "再等一等")

    assert (first.json()["state"], first.json()) == ("open", second.json())
    assert first.json()["acceptance"]["withdrawn_by"].startswith("supervisor 机")
    assert (again.json()["state"], again.json()["acceptance"]["withdrawn_by"]) == ("accepted", None)


def test_acceptances_that_cannot_be_are_refused_and_change_nothing(
    session: Session, examined: Engine, client: TestClient, key: Callable[..., Headers], now: datetime
) -> None:
    supervisor, elsewhere = key(Role.SUPERVISOR, region=LEAGUE), key(Role.SUPERVISOR, region=TOWNSHIP)
    editor = key(Role.EDITOR, agency=BANNER_BUREAU)
    number = next(found.id for found in findings(examined, "link_looks_wrong") if found.code == CODE)
    later = date(2027, 1, 1)

    assert name_of(accept(client, supervisor, number, civil_day(now))) == (422, "acceptance-ended")
    assert name_of(accept(client, supervisor, 999_999, later)) == (404, "no-such-finding")
    assert name_of(accept(client, elsewhere, number, later)) == (403, "not-allowed")
    assert name_of(accept(client, editor, number, later)) == (403, "not-allowed")
    assert name_of(accept(client, supervisor, number, later, reason="")) == (422, "invalid-request")
    assert walk(client, supervisor, "state=accepted") == []
    mended(session, now)
    follow(examined, now)
    assert name_of(accept(client, supervisor, number, later)) == (409, "finding-closed")


def test_findings_are_counted_by_rule_agency_and_region_with_all_below(
    examined: Engine, client: TestClient, supervisor: Headers
) -> None:
    number = next(found.id for found in findings(examined, "link_looks_wrong") if found.code == CODE)
    accept(client, supervisor, number, date(2027, 1, 1))

    def counts(by: str, query: str = "") -> dict[str, tuple[int, ...]]:
        answer = client.get(f"/v1/findings/counts?by={by}&limit=500{query}", headers=supervisor)
        assert answer.status_code == 200, answer.text
        names = ("errors", "warnings", "notices", "accepted")
        return {line["key"]: tuple(line[name] for name in names) for line in answer.json()["items"]}

    every = findings(examined)
    assert counts("rule")["link_looks_wrong"] == (0, 1, 0, 1)
    assert counts("agency")[BANNER_BUREAU][-1] == 1
    assert counts("rule", "&state=open") == counts("rule", "&state=accepted") == counts("rule")
    league = counts("region")[LEAGUE]
    assert (sum(league), league[-1]) == (len(every), 1)
    banner = [found for found in every if found.region_code != LEAGUE]
    assert sum(counts("region")[BANNER]) == len(banner)
    assert counts("region")[TOWNSHIP] == counts("region", f"&region={TOWNSHIP}")[TOWNSHIP]


def test_counts_are_walked_and_cut_to_the_callers_places(
    examined: Engine, client: TestClient, key: Callable[..., Headers]
) -> None:
    banner, bureau = key(Role.REVIEWER, region=BANNER), key(Role.EDITOR, agency=BANNER_BUREAU)

    def keys(headers: Headers, by: str) -> list[str]:
        address, found = f"/v1/findings/counts?by={by}&limit=1", []
        while address:
            answer = client.get(address, headers=headers).json()
            found += [line["key"] for line in answer["items"]]
            address = answer["next"]
        return found

    assert keys(banner, "region") == [BANNER, TOWNSHIP], "of the league only a part would be counted"
    assert keys(bureau, "region") == [BANNER]
    assert keys(banner, "agency") == sorted([BANNER_BUREAU, TOWNSHIP_STATION])
    assert keys(banner, "rule") == sorted(keys(banner, "rule"))


def rows_of(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


def test_the_csv_says_what_the_list_says(
    examined: Engine, client: TestClient, supervisor: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service_catalog.findings.sheet.AT_ONCE", 2)

    answer = client.get(f"/v1/findings.csv?region={BANNER}", headers=supervisor)

    rows = rows_of(answer)
    listed = walk(client, supervisor, f"region={BANNER}")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "findings.csv" in answer.headers["content-disposition"]
    assert [(row["编号 id"], row["规则 rule"], row["说明 zh"]) for row in rows] == [
        (str(row["id"]), row["rule"], row["zh"]) for row in listed
    ]
    assert {row["程度 severity"] for row in rows} <= {"错误", "警告", "提示"}
    assert rows[0]["发现时间 opened_at"] == "2026-03-10 09:00:00"


def test_no_cell_of_the_csv_begins_to_compute(
    session: Session, examined: Engine, client: TestClient, supervisor: Headers, now: datetime
) -> None:
    mended(session, now, online_urls={"computer": "=HYPERLINK(1)", "mobile": "＝cmd"})
    follow(examined, now)

    rows = rows_of(client.get("/v1/findings.csv?rule=link_looks_wrong", headers=supervisor))

    assert {"'=HYPERLINK(1)", "'＝cmd"} <= {row["本地值 local_value"] for row in rows}
    assert [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@", "＝"))] == []


@pytest.mark.parametrize("text_", ["=1", "+1", "-1", "@a", "\t=1", "  =1", "＝1", "\r1"])
def test_a_cell_that_would_compute_is_marked_as_text(text_: str) -> None:
    assert cell(text_) == f"'{text_}"
    assert (cell("a=1"), cell(None), cell(date(2026, 1, 2))) == ("a=1", "", "2026-01-02")


def test_staff_have_their_place_judged_on_demand(
    session: Session, examined: Engine, client: TestClient, key: Callable[..., Headers], now: datetime
) -> None:
    editor, banner = key(Role.EDITOR, agency=BANNER_BUREAU), key(Role.SUPERVISOR, region=BANNER)
    league = key(Role.SUPERVISOR, region=LEAGUE)
    mended(session, now)

    def run(headers: Headers, **scope: str) -> Any:
        return client.post("/v1/findings/runs", json=scope, headers=headers)

    own = run(editor, agency=BANNER_BUREAU).json()

    assert (own["kind"], own["implementations"], own["closed"]) == ("scoped", 1, 1)
    assert own["by"].startswith("editor 机")
    assert run(banner, region=BANNER).json()["implementations"] == 2
    assert run(league, item=ITEM).json()["places"] == 3
    assert name_of(run(editor, agency=LEAGUE_BUREAU)) == (403, "not-allowed")
    assert name_of(run(editor, region=BANNER)) == (403, "not-allowed")
    assert name_of(run(banner, item=ITEM)) == (403, "not-allowed")
    assert name_of(run(banner)) == (422, "one-scope-only")
    assert name_of(run(banner, region=BANNER, agency=BANNER_BUREAU)) == (422, "one-scope-only")
    assert name_of(run(banner, region="152999000000")) == (404, "no-such-region")


def test_a_run_too_large_for_a_request_is_refused_and_says_the_command(
    examined: Engine, client: TestClient, supervisor: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demanding, "MOST", 1)

    answer = client.post("/v1/findings/runs", json={"region": LEAGUE}, headers=supervisor)

    assert name_of(answer) == (409, "run-too-large")
    assert "service-catalog findings run" in answer.json()["detail"]


def test_findings_stand_in_no_change_feed(session: Session, engine: Engine, now: datetime) -> None:
    publish_local(session, BANNER_BUREAU, "4", online_urls=WRONG_LINK)
    session.commit()
    number = text("SELECT number FROM change_head")
    before = session.execute(number).scalar_one()
    session.commit()

    examine(engine, now)

    assert session.execute(number).scalar_one() == before


def test_an_acceptance_and_a_run_at_once_do_not_lose_each_other(
    session: Session, examined: Engine, client: TestClient, supervisor: Headers, now: datetime
) -> None:
    number = next(found.id for found in findings(examined, "link_looks_wrong") if found.code == CODE)
    mended(session, now, online_urls={"computer": "http://b.gov.cn/"})

    with ThreadPoolExecutor(2) as pool:
        run = pool.submit(follow, examined, now)
        answer = pool.submit(accept, client, supervisor, number, date(2027, 1, 1)).result()
        run.result()

    [shown] = [found for found in findings(examined, "link_looks_wrong") if found.code == CODE]
    assert shown.local_value == "http://b.gov.cn/"
    if shown.id == number:  # the run came first: what was accepted is the new value
        assert (answer.status_code, answer.json()["local_value"]) == (200, "http://b.gov.cn/")
    else:  # the acceptance came first: it closed with the value it was about
        assert shown.accepted_by is None


def test_an_element_longer_than_its_column_is_cut_and_still_told_apart(
    session: Session, engine: Engine, now: datetime
) -> None:
    examine(engine, now)
    thing = Thing(Subject.BASIC_ITEM, ITEM, LEAGUE, basic_code=ITEM)
    long: Sequence[tuple[Thing, Broken]] = [
        (thing, Broken("link_looks_wrong", "/" + "长" * 300 + end, Said("甲", "a"))) for end in "ab"
    ]

    with unit_of_work(engine) as writing:
        judged = col(Finding.rule) == "link_looks_wrong"
        moved = keep(writing, judged, long, Strictness(), run_id=1, at=now)
        again = keep(writing, judged, long, Strictness(), run_id=1, at=now)

    assert (moved.opened, again.opened, again.closed) == (2, 0, 0)
    assert {len(found.element) for found in findings(engine, "link_looks_wrong")} == {200}

"""Statistics of appeals: what is counted, for whom, and what the public may see of it."""

import csv
import io
import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from builders import (
    BANNER,
    BANNER_BUREAU,
    GACHA,
    ITEM,
    LEAGUE,
    LEAGUE_BUREAU,
    OTHER_GACHA,
    TOWNSHIP,
    TOWNSHIP_STATION,
    add_agency,
    credit_code,
)
from callers import key_for
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event
from sqlmodel import Session
from starlette.testclient import TestClient
from supervising import row

from service_catalog.actors import Role
from service_catalog.appeals.stages import BAD, OPEN, AppealKind, Stage, Step
from service_catalog.appeals.tables import AppealEvent
from service_catalog.kernel.database import unit_of_work
from service_catalog.supervision.figures import COUNTED, Figures, median_of
from service_catalog.supervision.public import shown_lines
from service_catalog.supervision.statistics import By, Wanted, count_appeals
from service_catalog.supervision.suppressing import LEAST, shown_parts
from service_catalog.supervision.tables import AppealSignal, SignalRule, SignalState

TODAY = date(2026, 3, 10)
AT = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)
PLACES = {
    LEAGUE: [LEAGUE],
    BANNER: [BANNER, LEAGUE],
    TOWNSHIP: [TOWNSHIP, BANNER, LEAGUE],
    GACHA: [GACHA, TOWNSHIP, BANNER, LEAGUE],
    OTHER_GACHA: [OTHER_GACHA, TOWNSHIP, BANNER, LEAGUE],
}
"""Each region with all it lies in."""
BODIES = [LEAGUE_BUREAU, BANNER_BUREAU, TOWNSHIP_STATION]
COUNTS = st.integers(0, 2)
NOT_SEEN = "not seen"
"""Of whom an overdue appeal was, where no watcher has come by."""


@st.composite
def columns(draw: st.DrawFn) -> dict[str, Any]:
    """What may stand in the row of an appeal."""
    stage = draw(st.sampled_from([stage for stage in Stage if stage is not Stage.MERGED]))
    leads = stage in (Stage.DISPATCHED, Stage.SIGNED, Stage.HANDLING) or draw(st.booleans())
    answered = stage is Stage.ANSWERED or (stage is Stage.CLOSED and draw(st.booleans()))
    runs = stage in OPEN and stage is not Stage.NEED_INFO
    return {
        "stage": stage,
        "kind": draw(st.sampled_from(AppealKind)),
        "channel": draw(st.sampled_from(["portal", "kiosk", "hotline"])),
        "desk_region": draw(st.sampled_from([LEAGUE, BANNER])),
        "region_code": draw(st.sampled_from([None, *PLACES])),
        "lead_agency": draw(st.sampled_from(BODIES)) if leads else None,
        "basic_code": draw(st.sampled_from([None, ITEM])),
        "received_month": draw(st.sampled_from(["2026-01", "2026-02", "2026-03"])),
        "deadline_on": TODAY + timedelta(days=draw(st.integers(-2, 2))) if runs else None,
        "deadline_is_certain": draw(st.booleans()),
        "answered_at": AT if answered else None,
        "in_time": draw(st.sampled_from([True, False, None])) if answered else None,
        "working_days": draw(st.one_of(st.none(), st.integers(0, 30))) if answered else None,
        "grade": draw(st.one_of(st.none(), st.integers(1, 5))),
        "closed_at": AT if stage is Stage.CLOSED else None,
        "returns": draw(COUNTS),
        "reopens": draw(COUNTS),
        "extensions": draw(COUNTS),
        "was_extended": draw(st.booleans()),
        "was_late": draw(st.sampled_from([True, False, None])),
        "was_called": draw(st.sampled_from([True, False, None])),
        "was_returned_by": draw(st.sampled_from(BODIES)),
        "was_overdue_at": draw(st.sampled_from([NOT_SEEN, None, *BODIES])),
    }


def write(session: Session, appeals: Sequence[dict[str, Any]]) -> None:
    for number, appeal in enumerate(appeals):
        kept = {name: value for name, value in appeal.items() if not name.startswith("was_")}
        session.add(row(f"26{number:010}", AT, **kept))
    session.flush()
    for number, appeal in enumerate(appeals):
        if appeal["was_overdue_at"] != NOT_SEEN:
            session.add(overdue(f"26{number:010}", appeal["was_overdue_at"]))
        steps: list[tuple[Step, dict[str, Any]]] = [(Step.RETURN, {})] * appeal["returns"]
        if appeal["reopens"] and appeal["was_extended"]:
            steps.append((Step.EXTEND, {}))
        if appeal["was_late"] is not None:
            steps.append((Step.ANSWER, {"in_time": not appeal["was_late"]}))
        if appeal["was_called"] is not None:
            steps.append((Step.CALL_BACK, {"in_time": appeal["was_called"]}))
        session.add_all(
            AppealEvent(
                number=f"26{number:010}", sequence=sequence, step=step, at=AT, by="甲", to_stage=Stage.HANDLING,
                is_public=True, facts=facts, agency_code=appeal["was_returned_by"],
            )
            for sequence, (step, facts) in enumerate(steps, 1)
        )  # fmt: skip
    session.flush()


def overdue(number: str, agency: str | None) -> AppealSignal:
    return AppealSignal(
        rule=SignalRule.OVERDUE, number=number, period="0.1", region_code=BANNER, agency_code=agency, raised_at=AT,
        put_right_by=TODAY, evidence={}, state=SignalState.OPEN,
    )  # fmt: skip


def naive(appeals: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Count one by one."""
    every = [
        {
            "received": True,
            "answered": one["answered_at"] is not None,
            "in_time": one["in_time"] is True,
            "overdue": one["in_time"] is False
            or (one["reopens"] > 0 and one["was_late"] is True)
            or (one["deadline_on"] is not None and one["deadline_on"] < TODAY and one["deadline_is_certain"]),
            "open": one["stage"] in OPEN,
            "returned": one["returns"] > 0,
            "reopened": one["reopens"] > 0,
            "extended": one["extensions"] > 0 or (one["reopens"] > 0 and one["was_extended"]),
            "withdrawn": one["stage"] is Stage.WITHDRAWN,
            "refused": one["stage"] is Stage.REFUSED,
            "called_back_in_time": one["grade"] in BAD and one["was_called"] is True,
        }
        for one in appeals
    ]
    days = [one["working_days"] for one in appeals if one["working_days"] is not None]
    grades = Counter(one["grade"] for one in appeals if one["grade"])
    rated = grades.total()
    good = sum(grades[grade] for grade in (1, 2, 3))
    return {name: sum(one[name] for one in every) for name in COUNTED} | {
        "median": statistics.median(days) if days else None,
        "grades": {grade: times for grade, times in grades.items() if times},
        "satisfaction": round(100 * good / rated, 1) if rated else None,
    }


def said(figures: Figures) -> dict[str, Any]:
    return {name: figures.counts[name] for name in COUNTED} | {
        "median": figures.median_working_days,
        "grades": {grade: times for grade, times in figures.grades.items() if times},
        "satisfaction": figures.satisfaction,
    }


KEYS: dict[By, Any] = {
    By.REGION: lambda one: PLACES[one["region_code"] or one["desk_region"]],
    By.AGENCY: lambda one: [one["body"]],
    By.KIND: lambda one: [one["kind"].value],
    By.ITEM: lambda one: [one["basic_code"]],
    By.CHANNEL: lambda one: [one["channel"]],
    By.MONTH: lambda one: [one["received_month"]],
}
DIMENSIONS = st.lists(st.sampled_from(By), max_size=2, unique=True)
WANTED = st.builds(
    Wanted, st.sampled_from([None, BANNER, TOWNSHIP]), st.sampled_from([None, BANNER_BUREAU]),
    st.sampled_from([None, "2026-02"]), st.sampled_from([None, "2026-02"]),
)  # fmt: skip


def of_body(one: dict[str, Any], name: str) -> dict[str, Any]:
    """Say for which body a figure counts an appeal."""
    body = one["lead_agency"]
    if name == "returned":
        body = one["was_returned_by"]
    elif name == "overdue" and one["was_overdue_at"] != NOT_SEEN:
        body = one["was_overdue_at"]
    return one | {"body": body}


def is_wanted(one: dict[str, Any], wanted: Wanted) -> bool:
    return (
        (wanted.region is None or wanted.region in PLACES[one["region_code"] or one["desk_region"]])
        and (wanted.agency is None or one["body"] == wanted.agency)
        and (wanted.first_month or "") <= one["received_month"] <= (wanted.last_month or "9999")
    )


@given(appeals=st.lists(columns(), max_size=25), dimensions=DIMENSIONS, wanted=WANTED)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_figures_are_what_one_would_count_by_hand(
    engine: Engine, appeals: list[dict[str, Any]], dimensions: list[By], wanted: Wanted
) -> None:
    expected = {key: naive(group) for key, group in grouped(appeals, dimensions, wanted, "received").items()}
    if By.AGENCY in dimensions or wanted.agency:
        for line in expected.values():
            line.update(returned=0, overdue=0)
        for name in ("returned", "overdue"):
            for key, group in grouped(appeals, dimensions, wanted, name).items():
                if naive(group)[name]:
                    expected.setdefault(key, naive([]))[name] = naive(group)[name]

    with Session(engine.execution_options(catalog_writes=True)) as session:
        write(session, appeals)
        lines = count_appeals(session, wanted, dimensions, TODAY, by=None)
        session.rollback()

    assert {key: said(figures) for key, figures in lines} == expected


def grouped(
    appeals: Sequence[dict[str, Any]], dimensions: Sequence[By], wanted: Wanted, name: str
) -> dict[tuple[str | None, ...], list[dict[str, Any]]]:
    """Return what a figure counts on each line."""
    groups: dict[tuple[str | None, ...], list[dict[str, Any]]] = defaultdict(list)
    for one in (one for one in (of_body(one, name) for one in appeals) if is_wanted(one, wanted)):
        keys: list[tuple[str | None, ...]] = [()]
        for dimension in dimensions:
            within = [key for key in KEYS[dimension](one) if dimension is not By.REGION or is_below(key, wanted.region)]
            keys = [(*before, key) for before in keys for key in within]
        for key in keys:
            groups[key].append(one)
    if not dimensions:
        groups.setdefault((), [])
    return groups


def is_below(key: str, region: str | None) -> bool:
    return region is None or region in PLACES[key]


@given(st.lists(st.integers(0, 30), max_size=40))
def test_a_median_from_a_histogram_is_the_median(values: list[int]) -> None:
    assert median_of(Counter(values)) == (statistics.median(values) if values else None)


def test_a_comparison_is_as_many_statements_however_many_bodies_there_are(engine: Engine) -> None:
    with unit_of_work(engine) as session:
        for number in range(30):
            code = credit_code(BANNER, 800000 + number)
            add_agency(session, code, BANNER, f"第{number}单位")
            session.add(row(f"26{number:010}", AT, lead_agency=code))
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *about: asked.append(about[2]))

    with Session(engine) as session:
        lines = count_appeals(session, Wanted(), [By.AGENCY, By.MONTH], TODAY, by=None)

    assert len(lines) == 30
    assert (
        len([statement for statement in asked if statement.startswith("SELECT")]) == 3
    )  # what was returned and what was overdue are others


def test_a_body_answers_for_what_it_has_returned_and_let_run_late_whoever_has_it_now(engine: Engine) -> None:
    with unit_of_work(engine) as session:
        session.add(row("260000000001", AT, lead_agency=LEAGUE_BUREAU, returns=1))
        session.add(row("260000000002", AT, lead_agency=LEAGUE_BUREAU, deadline_on=TODAY - timedelta(days=1)))
        session.flush()
        session.add(
            AppealEvent(
                number="260000000001", sequence=1, step=Step.RETURN, at=AT, by="甲", to_stage=Stage.RETURNED,
                is_public=False, agency_code=BANNER_BUREAU,
            )
        )  # fmt: skip
        session.add(overdue("260000000002", BANNER_BUREAU))

    with Session(engine) as session:
        lines = count_appeals(session, Wanted(), [By.AGENCY], TODAY, by=None)
        ((_, of_banner),) = count_appeals(session, Wanted(agency=BANNER_BUREAU), [], TODAY, by=None)

    counts = {key: [figures.counts[name] for name in ("received", "returned", "overdue")] for (key,), figures in lines}
    assert counts == {BANNER_BUREAU: [0, 1, 1], LEAGUE_BUREAU: [2, 0, 0]}
    assert (of_banner.counts["returned"], of_banner.counts["overdue"]) == (1, 1)


def test_a_merged_appeal_stands_with_the_body_that_has_the_main_one(engine: Engine) -> None:
    with unit_of_work(engine) as session:
        session.add(row("260000000001", AT, lead_agency=LEAGUE_BUREAU))
        session.flush()
        merged = {"stage": Stage.MERGED, "main_number": "260000000001", "lead_agency": None}
        session.add(row("260000000002", AT, **merged))

    with Session(engine) as session:
        ((key, figures),) = count_appeals(session, Wanted(), [By.AGENCY], TODAY, by=None)

    assert (key, figures.counts["received"]) == ((LEAGUE_BUREAU,), 2)


@given(st.lists(st.integers(0, 12), max_size=8), st.sets(st.integers(0, 7), max_size=2))
def test_no_small_count_is_shown_nor_found_by_taking_the_others_from_the_sum(counts: list[int], also: set[int]) -> None:
    also = {place for place in also if place < len(counts)}

    parts = shown_parts(counts, also)

    hidden = [count for count, part in zip(counts, parts, strict=True) if part is None]
    small = [count for count in counts if 0 < count < LEAST]
    assert [part for part in parts if part in (1, 2)] == []
    assert all(part in (None, count) for part, count in zip(parts, counts, strict=True))
    assert len(hidden) >= len(small)
    if small and sum(counts) >= LEAST:
        assert sum(hidden) >= LEAST
        assert len(hidden) >= 2
    if not small and not also:
        assert hidden == []


def test_of_fewer_than_three_appeals_nothing_is_published() -> None:
    two, five, ten = Figures(), Figures(), Figures()
    two.counts.update(received=2, answered=2, in_time=2)
    five.counts.update(received=5, answered=5, in_time=5)
    ten.counts.update(received=10, answered=10, in_time=9, overdue=1)
    ten.days.update({3: 10})
    ten.grades.update({1: 9, 5: 1})

    nothing, next_to_it, most = shown_lines([two, five, ten])

    assert nothing.grades == [None] * 5
    assert nothing.received is None
    assert next_to_it == nothing  # the sum is public, and so would be the two
    assert most.received == 10
    assert most.in_time is None  # the one that was late would follow
    assert most.overdue is None
    assert most.satisfaction is None  # nine of ten would say that one was not satisfied
    assert most.median_working_days == 3


@pytest.fixture
def counted(engine: Engine) -> None:
    """Six appeals in the banner, four of them of the bureau, and three on the desk of the league."""
    with unit_of_work(engine) as session:
        for number in range(9):
            in_banner, of_bureau = number < 6, number < 4
            session.add(
                row(
                    f"26{number:010}", AT, desk_region=BANNER if in_banner else LEAGUE, stage=Stage.ANSWERED,
                    region_code=GACHA if of_bureau else None, lead_agency=BANNER_BUREAU if of_bureau else None,
                    kind=AppealKind.CONSULTATION if of_bureau else AppealKind.OPINION, answered_at=AT, in_time=True,
                    working_days=number, grade=1, basic_code=ITEM if number else None, element="/fees" if number < 2 else None,
                )
            )  # fmt: skip


def lines_of(client: TestClient, headers: dict[str, str], query: str) -> dict[str | None, int]:
    answered = client.get(f"/v1/supervision/statistics{query}", headers=headers)
    assert answered.status_code == 200, answered.text
    return {line["keys"][0]["key"]: line["figures"]["received"] for line in answered.json()["lines"]}


@pytest.mark.usefixtures("counted")
def test_statistics_are_cut_to_the_places_of_who_asks(session: Session, client: TestClient, now: datetime) -> None:
    league = key_for(session, Role.SUPERVISOR, region=LEAGUE, at=now)
    banner = key_for(session, Role.SUPERVISOR, region=BANNER, at=now)
    officer = key_for(session, Role.APPEALS_OFFICER, agency=BANNER_BUREAU, at=now)

    assert lines_of(client, league, "?by=region") == {LEAGUE: 9, BANNER: 6, TOWNSHIP: 4, GACHA: 4}
    assert lines_of(client, banner, "?by=region") == {BANNER: 6, TOWNSHIP: 4, GACHA: 4}
    assert lines_of(client, banner, f"?by=region&region={TOWNSHIP}") == {TOWNSHIP: 4, GACHA: 4}
    assert lines_of(client, officer, "?by=agency") == {BANNER_BUREAU: 4}
    assert lines_of(client, league, "?by=agency") == {BANNER_BUREAU: 4, None: 5}
    assert lines_of(client, banner, "?by=month&from=2026-04") == {}


@pytest.mark.usefixtures("counted")
def test_a_line_names_what_it_counts(session: Session, client: TestClient, now: datetime) -> None:
    league = key_for(session, Role.SUPERVISOR, region=LEAGUE, at=now)

    answered = client.get("/v1/supervision/statistics?by=kind&by=item", headers=league).json()

    named = [[key["name_zh"] for key in line["keys"]] for line in answered["lines"]]
    assert named == [["咨询", "居住证申领"], ["咨询", "未指明事项"], ["意见", "居住证申领"]]
    assert answered["lines"][0]["figures"]["median_working_days"] == 2.0
    assert answered["lines"][0]["figures"]["grades"] == [3, 0, 0, 0, 0]
    assert answered["lines"][0]["figures"]["satisfaction"] == 100.0


@pytest.mark.usefixtures("counted")
def test_statistics_as_csv_open_in_a_spreadsheet_and_compute_nothing(
    session: Session, client: TestClient, now: datetime
) -> None:
    with unit_of_work(client.app.state.engine) as other:  # type: ignore[attr-defined]
        bad = add_agency(other, credit_code(BANNER, 777777), BANNER, "=1+1单位")
        other.add(row("269999999999", AT, lead_agency=bad))
    league = key_for(session, Role.SUPERVISOR, region=LEAGUE, at=now)

    answered = client.get("/v1/supervision/statistics.csv?by=agency&by=month", headers=league)

    assert answered.headers["content-type"] == "text/csv; charset=utf-8"
    assert answered.content.startswith(b"\xef\xbb\xbf")
    header, *rows = csv.reader(io.StringIO(answered.text.removeprefix("\ufeff")))
    assert header[:5] == [
        "办理单位 agency",
        "办理单位名称 agency_name",
        "月份 month",
        "月份名称 month_name",
        "收到 received",
    ]
    assert {line[1]: line[4] for line in rows} == {"阿拉善左旗公安局": "4", "'=1+1单位": "1", "诉求受理台": "5"}
    assert all(len(line) == len(header) for line in rows)


@pytest.mark.usefixtures("counted")
def test_the_items_asked_about_most_name_the_elements_that_are_wrong(
    session: Session, client: TestClient, now: datetime
) -> None:
    league = key_for(session, Role.SUPERVISOR, region=LEAGUE, at=now)

    (asked,) = client.get("/v1/supervision/asked-most", headers=league).json()

    assert asked == {
        "basic_code": ITEM, "item_name": "居住证申领", "asked": 3, "consultations": 3, "corrections": 1,
        "elements": [{"element": "/fees", "times": 1}],
    }  # fmt: skip


@pytest.mark.usefixtures("counted")
@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("by=weather", "/query/by/0"), ("by=kind&by=item&by=month", "/query/by"), ("from=2026-13", "/query/from"),
        ("from=2026-03&to=2026-02", "/query/from"),
    ],
)  # fmt: skip
def test_a_wrong_question_is_refused_with_its_place(
    session: Session, client: TestClient, now: datetime, query: str, pointer: str
) -> None:
    league = key_for(session, Role.SUPERVISOR, region=LEAGUE, at=now)

    answered = client.get(f"/v1/supervision/statistics?{query}", headers=league)

    assert answered.status_code == 422
    assert [fault["pointer"] for fault in answered.json()["errors"]] == [pointer]


@pytest.mark.usefixtures("counted")
def test_everybody_may_see_figures_of_a_year_but_no_small_ones(client: TestClient) -> None:
    shown = client.get("/v1/public/appeal-figures").json()

    assert (shown["region_name"], shown["first_month"], shown["last_month"]) == ("阿拉善盟", "2025-04", "2026-03")
    assert len(shown["months"]) == 12
    assert shown["total"]["received"] == 9
    assert {line["name_zh"]: line["figures"]["received"] for line in shown["kinds"]} == {"咨询": 4, "意见": 5}
    assert {line["name_zh"]: line["figures"]["received"] for line in shown["agencies"]} == {
        "阿拉善左旗公安局": 4,
        "诉求受理台": 5,
    }
    assert shown["asked_most"] == [{"basic_code": ITEM, "item_name": "居住证申领", "asked": 3}]
    in_banner = client.get(f"/v1/public/appeal-figures?region={BANNER}").json()
    assert {line["name_zh"]: line["figures"]["received"] for line in in_banner["agencies"]} == {
        "阿拉善左旗公安局": None,
        "诉求受理台": None,
    }
    assert in_banner["total"]["received"] == 6


def test_a_year_that_is_over_is_published_as_a_whole(engine: Engine, client: TestClient) -> None:
    with unit_of_work(engine) as session:
        for number in range(8):
            in_december = datetime(2025, 12, 30, 1, 0, tzinfo=UTC)
            session.add(row(f"25{number:010}", in_december if number < 5 else AT))

    shown = client.get("/v1/public/appeal-figures?year=2025").json()

    assert (shown["year"], shown["first_month"], shown["last_month"]) == (2025, "2025-01", "2025-12")
    assert shown["total"]["received"] == 5
    assert len(shown["months"]) == 12


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        (f"region={TOWNSHIP}", "/query/region"), (f"region={GACHA}", "/query/region"), ("year=2026", "/query/year"),
        ("year=1999", "/query/year"), ("year=x", "/query/year"),
    ],
)  # fmt: skip
def test_only_whole_years_of_the_league_and_its_banners_are_published(
    client: TestClient, query: str, pointer: str
) -> None:
    answered = client.get(f"/v1/public/appeal-figures?{query}")

    assert answered.status_code == 422
    assert [fault["pointer"] for fault in answered.json()["errors"]] == [pointer]


@pytest.mark.usefixtures("counted")
def test_no_month_can_be_cut_out_of_the_public_figures(client: TestClient) -> None:
    whole, cut = (client.get(f"/v1/public/appeal-figures{query}") for query in ("", "?from=2026-01&to=2026-02"))

    assert cut.json() == whole.json()


def test_a_place_that_is_not_there_is_refused(client: TestClient) -> None:
    assert client.get("/v1/public/appeal-figures?region=159999").status_code == 404

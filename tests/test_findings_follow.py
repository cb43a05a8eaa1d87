"""Following the log: only what a change touches is judged, dates are not forgotten, and runs at once take turns."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest
from builders import (
    BANNER,
    BANNER_BUREAU,
    EDITOR,
    GACHA_COMMITTEE,
    ITEM,
    LEAGUE,
    LEAGUE_BUREAU,
    OTHER_GACHA,
    REVIEWER,
    SEED_DATA,
    TOWNSHIP,
    TOWNSHIP_STATION,
    agency_facts,
    decision,
    item_content,
    publish_item,
    publish_local,
)
from examining import ENGINE, examine, findings, follow, judged, picture, places
from sqlalchemy import Engine, func, select, text
from sqlmodel import Session, col
from typer.testing import CliRunner

from service_catalog.agencies.register import find_agency, state_facts
from service_catalog.basic_items import editing
from service_catalog.cli import app
from service_catalog.findings import runs
from service_catalog.findings.rules import Strictness
from service_catalog.findings.runs import begin
from service_catalog.findings.scope import Scope
from service_catalog.findings.tables import Finding, FindingFollower, FindingRun, RunKind
from service_catalog.implementations import claiming
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.kernel.dates import civil_day
from service_catalog.registers.loading import load_matrix

OTHER_ITEM, THIRD_ITEM = "150709002000", "150709003000"
NOW = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)
NEXT_DAY = datetime(2026, 3, 11, 1, 0, tzinfo=UTC)
TODAY = civil_day(NOW)
A_PROMISE = {"amount": 8, "unit": "working_day"}


@pytest.fixture
def examined(session: Session, engine: Engine) -> Engine:
    """Two items, implementations at every level, judged once."""
    publish_item(session, OTHER_ITEM, item_content(name="暂住登记"))
    for agency, level in ((LEAGUE_BUREAU, "3"), (BANNER_BUREAU, "4"), (TOWNSHIP_STATION, "5"), (GACHA_COMMITTEE, "6")):
        publish_local(session, agency, level)
    publish_local(session, BANNER_BUREAU, "4", basic_code=OTHER_ITEM)
    session.commit()
    examine(engine, NOW)
    return engine


def agrees_with_a_full_run(engine: Engine, at: datetime) -> bool:
    """Tell whether looking at everything finds nothing that following had missed, and closes nothing it had kept."""
    followed = picture(engine)
    full = examine(engine, at)
    return (full.opened, full.closed) == (0, 0) and picture(engine) == followed


def test_without_a_change_nothing_is_judged_and_no_run_recorded(examined: Engine) -> None:
    assert follow(examined, NOW) is None


def test_the_first_time_everything_is_judged(session: Session, engine: Engine) -> None:
    publish_local(session, BANNER_BUREAU, "4")
    session.commit()

    run = follow(engine, NOW)

    assert run is not None
    assert run.kind is RunKind.FOLLOWING
    assert (run.items, run.implementations, run.agencies) == (1, 1, 4)
    assert agrees_with_a_full_run(engine, NOW)


def test_a_changed_implementation_touches_itself_and_the_coverage_of_its_item_in_its_region(
    session: Session, examined: Engine
) -> None:
    publish_local(
        session, BANNER_BUREAU, "4", at=NOW, effective_from=TODAY, online_urls={"computer": "http://a.gov.cn/"}
    )
    session.commit()

    run = follow(examined, NOW)

    assert judged(run) == {"implementations": 1, "places": 1}
    assert places(examined, "link_looks_wrong") == [(BANNER_BUREAU + "4" + ITEM, "/online_urls/computer")]
    assert agrees_with_a_full_run(examined, NOW)


def test_a_changed_standard_touches_its_implementations_and_no_others(session: Session, examined: Engine) -> None:
    publish_item(session, ITEM, item_content(quantity_limit="每年100件"), at=NOW, effective_from=TODAY)
    session.commit()

    run = follow(examined, NOW)

    assert judged(run) == {"implementations": 4, "items": 1, "places": 3}
    assert {code[19:] for code, _ in places(examined, "outdated_basis")} == {ITEM}
    assert len(findings(examined, "outdated_basis")) == 4
    assert agrees_with_a_full_run(examined, NOW)


def test_a_changed_body_touches_itself_and_its_implementations(session: Session, examined: Engine) -> None:
    facts = agency_facts("阿拉善左旗公安局", complaint_channels=[{"way": "web", "value": "https://localhost/"}])
    state_facts(session, find_agency(session, BANNER_BUREAU), facts, effective_from=TODAY, by=EDITOR, at=NOW)
    session.commit()

    run = follow(examined, NOW)

    assert judged(run) == {"implementations": 2, "agencies": 1}
    assert [code for code, _ in places(examined, "link_looks_wrong")] == [BANNER_BUREAU]
    assert agrees_with_a_full_run(examined, NOW)


def test_the_first_claim_of_an_item_opens_its_gaps_everywhere_and_the_last_end_closes_them(
    session: Session, examined: Engine
) -> None:
    publish_item(session, THIRD_ITEM, item_content(name="身份证申领"), at=NOW, effective_from=TODAY)
    session.commit()
    follow(examined, NOW)
    nobody = places(examined, "claimed_by_nobody")
    code = publish_local(session, BANNER_BUREAU, "4", basic_code=THIRD_ITEM, at=NOW, effective_from=TODAY)
    session.commit()
    follow(examined, NOW)
    gaps = {region for region, element in places(examined, "unclaimed_here") if element.endswith(THIRD_ITEM)}
    matched = agrees_with_a_full_run(examined, NOW)
    claiming.cancel(session, code, decision(TODAY), by=REVIEWER, at=NOW)
    session.commit()

    follow(examined, NOW)

    assert nobody == [(THIRD_ITEM, "")]
    assert (gaps, matched) == ({LEAGUE, TOWNSHIP}, True)
    assert [element for _, element in places(examined, "unclaimed_here") if element.endswith(THIRD_ITEM)] == []
    assert places(examined, "claimed_by_nobody") == nobody
    assert agrees_with_a_full_run(examined, NOW)


def test_a_gacha_that_claims_moves_the_finding_of_its_township(session: Session, examined: Engine) -> None:
    publish_local(session, BANNER_BUREAU, "4", at=NOW, effective_from=TODAY, service_area=[OTHER_GACHA])
    session.commit()

    follow(examined, NOW)

    gathered = [found.element for found in findings(examined, "unclaimed_in_villages")]
    assert gathered == [f"/basic_items/{OTHER_ITEM}"]
    assert agrees_with_a_full_run(examined, NOW)


def test_an_item_that_gets_the_name_of_another_concerns_both_and_whoever_uses_the_name(
    session: Session, examined: Engine
) -> None:
    publish_local(session, LEAGUE_BUREAU, "3", at=NOW, effective_from=TODAY, aliases=["办身份证"])
    session.commit()
    follow(examined, NOW)
    publish_item(session, OTHER_ITEM, item_content(name="办身份证"), at=NOW, effective_from=TODAY)
    session.commit()
    follow(examined, NOW)
    named_here = places(examined, "same_name_another_code")
    publish_item(session, OTHER_ITEM, item_content(name="居住证申领"), at=NOW, effective_from=TODAY)
    session.commit()

    follow(examined, NOW)

    assert named_here == [(LEAGUE_BUREAU + "3" + ITEM, "/aliases/办身份证")]
    assert places(examined, "same_name_another_code") == [(ITEM, "/name"), (OTHER_ITEM, "/name")]
    assert agrees_with_a_full_run(examined, NOW)


def test_a_local_code_that_comes_up_elsewhere_concerns_whoever_had_it_before(
    session: Session, examined: Engine
) -> None:
    ours = [{"scheme": "盟系统", "code": "A-1"}]
    first = publish_local(session, LEAGUE_BUREAU, "3", at=NOW, effective_from=TODAY, local_codes=ours)
    session.commit()
    follow(examined, NOW)
    alone = places(examined, "same_code_another_name")
    second = publish_local(
        session, BANNER_BUREAU, "4", basic_code=OTHER_ITEM, at=NOW, effective_from=TODAY, local_codes=ours
    )
    session.commit()
    follow(examined, NOW)
    both = [code for code, _ in places(examined, "same_code_another_name")]
    publish_local(session, BANNER_BUREAU, "4", basic_code=OTHER_ITEM, at=NOW, effective_from=TODAY)
    session.commit()

    follow(examined, NOW)

    assert (alone, both) == ([], sorted([first, second]))
    assert places(examined, "same_code_another_name") == []
    assert agrees_with_a_full_run(examined, NOW)


def test_what_the_calendar_makes_due_is_judged_without_any_change(session: Session, examined: Engine) -> None:
    publish_item(
        session,
        OTHER_ITEM,
        item_content(name="暂住登记", quantity_limit="一"),
        at=NOW,
        effective_from=civil_day(NEXT_DAY),
    )
    session.commit()
    follow(examined, NOW)
    before = places(examined, "outdated_basis")

    run = follow(examined, NEXT_DAY)

    assert before == []
    assert judged(run) == {"implementations": 1, "items": 1, "places": 3}
    assert [code[19:] for code, _ in places(examined, "outdated_basis")] == [OTHER_ITEM]
    assert agrees_with_a_full_run(examined, NEXT_DAY)


def test_a_review_that_falls_due_is_found_on_its_day(examined: Engine) -> None:
    eve, day = datetime(2026, 12, 31, 4, tzinfo=UTC), datetime(2027, 1, 1, 4, tzinfo=UTC)
    quiet = follow(examined, eve)

    due = follow(examined, day)

    assert judged(quiet) == {}
    assert judged(due) == {"implementations": 5, "items": 2}
    assert len(findings(examined, "review_overdue")) == 7
    assert agrees_with_a_full_run(examined, day)


def test_a_cancellation_by_date_closes_what_was_said_of_the_item(session: Session, examined: Engine) -> None:
    editing.cancel(session, OTHER_ITEM, decision(civil_day(NEXT_DAY)), by=REVIEWER, at=NOW)
    session.commit()
    follow(examined, NOW)
    still = [found for found in findings(examined) if found.basic_code == OTHER_ITEM]

    follow(examined, NEXT_DAY)

    assert still
    assert [found for found in findings(examined) if found.basic_code == OTHER_ITEM] == []
    assert agrees_with_a_full_run(examined, NEXT_DAY)


def test_a_changed_register_and_changed_rules_make_everything_new(session: Session, examined: Engine) -> None:
    load_matrix(session, SEED_DATA / "inheritance_matrix.json", document=None, by=EDITOR, at=NOW)
    session.commit()

    after_register = judged(follow(examined, NOW))
    after_rules = judged(follow(examined, NOW, review_after_months=6))

    assert after_register == after_rules == {"implementations": 5, "items": 2, "agencies": 4, "places": 6}
    assert follow(examined, NOW, review_after_months=6) is None


def test_a_run_of_an_agency_or_an_item_does_not_pretend_to_have_followed_the_log(
    session: Session, examined: Engine
) -> None:
    publish_local(session, BANNER_BUREAU, "4", at=NOW, effective_from=TODAY, promised_limit=A_PROMISE)
    session.commit()
    with reading(examined) as looking:
        before = looking.scalars(select(col(FindingFollower.change_number))).one()

    agency = examine(examined, NOW, Scope(agency=LEAGUE_BUREAU))
    item = examine(examined, NOW, Scope(item=OTHER_ITEM))
    region = examine(examined, NOW, Scope(region=TOWNSHIP))

    assert judged(agency) == {"implementations": 1, "agencies": 1}
    assert judged(item) == {"implementations": 1, "items": 1, "places": 3}
    assert judged(region) == {"implementations": 2, "agencies": 2, "places": 2}
    with reading(examined) as looking:
        assert looking.scalars(select(col(FindingFollower.change_number))).one() == before
    assert judged(follow(examined, NOW)) == {"implementations": 1, "places": 1}


def test_a_scoped_run_leaves_the_findings_of_others_alone(examined: Engine) -> None:
    before = picture(examined)

    for scope in (Scope(agency=BANNER_BUREAU), Scope(item=ITEM), Scope(region=BANNER)):
        run = examine(examined, NOW, scope)
        assert (run.opened, run.closed) == (0, 0)

    assert picture(examined) == before


def test_many_batches_find_the_same_as_one(session: Session, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    for agency, level in ((LEAGUE_BUREAU, "3"), (BANNER_BUREAU, "4"), (TOWNSHIP_STATION, "5"), (GACHA_COMMITTEE, "6")):
        publish_local(session, agency, level, online_urls={"computer": "zwfw"})
    session.commit()
    examine(engine, NOW)
    at_once = picture(engine)
    session.execute(text("DELETE FROM finding"))
    session.commit()

    monkeypatch.setattr("service_catalog.findings.running.BATCH", 1)
    monkeypatch.setattr("service_catalog.findings.keeping.AT_ONCE", 1)
    examine(engine, NOW)

    assert picture(engine) == at_once


def at_once(engine: Engine, runs_at_once: int) -> list[FindingRun]:
    start = Barrier(runs_at_once)

    def one() -> FindingRun:
        start.wait()
        return runs.run(engine, Strictness(), by=ENGINE, clock=lambda: NOW)

    with ThreadPoolExecutor(runs_at_once) as pool:
        return [job.result() for job in [pool.submit(one) for _ in range(runs_at_once)]]


def test_runs_at_once_open_each_finding_once(session: Session, engine: Engine) -> None:
    for agency, level in ((LEAGUE_BUREAU, "3"), (BANNER_BUREAU, "4"), (TOWNSHIP_STATION, "5"), (GACHA_COMMITTEE, "6")):
        publish_local(session, agency, level, online_urls={"computer": "zwfw", "mobile": "http://a.gov.cn/"})
    session.commit()

    made = at_once(engine, 4)

    with reading(engine) as looking:
        rows = looking.execute(select(func.count()).select_from(Finding)).scalar_one()
    assert rows == len(findings(engine)) == sum(run.opened for run in made) > 8
    assert sum(run.closed for run in made) == 0
    assert agrees_with_a_full_run(engine, NOW)


def test_whoever_looks_later_knows_more_than_a_run_that_began_before_the_change(
    session: Session, examined: Engine
) -> None:
    slow = begin(examined, Strictness(), RunKind.FULL, Scope(), by=ENGINE, at=NOW, progress=lambda *told: None)
    slow.judge_implementations(Scope(), 5)
    publish_item(session, ITEM, item_content(quantity_limit="每年100件"), at=NOW, effective_from=TODAY)
    session.commit()
    follow(examined, NOW)
    found = places(examined, "outdated_basis")

    slow.judge_implementations(Scope(), 5)
    runs.finish(slow, followed=True, at=NOW)

    assert len(found) == 4
    assert places(examined, "outdated_basis") == found
    assert follow(examined, NOW) is None, "the slow run did not move the follower back"


def test_a_run_that_was_killed_leaves_whole_batches_and_the_log_is_followed_from_where_it_was(
    session: Session, examined: Engine
) -> None:
    publish_local(session, BANNER_BUREAU, "4", at=NOW, effective_from=TODAY, online_urls={"computer": "zwfw"})
    session.commit()
    begin(examined, Strictness(), RunKind.FULL, Scope(), by=ENGINE, at=NOW, progress=lambda *told: None)

    run = follow(examined, NOW)

    assert judged(run) == {"implementations": 1, "places": 1}
    with reading(examined) as looking:
        unfinished = select(col(FindingRun.kind)).where(col(FindingRun.finished_at).is_(None))
        assert looking.scalars(unfinished).all() == [RunKind.FULL]


def test_a_writer_does_not_wait_for_a_whole_run(examined: Engine) -> None:
    slow = begin(examined, Strictness(), RunKind.FULL, Scope(), by=ENGINE, at=NOW, progress=lambda *told: None)
    slow.judge_implementations(Scope(), 5)

    with unit_of_work(examined) as writer:
        publish_local(writer, BANNER_BUREAU, "4", at=NOW, effective_from=TODAY, promised_limit=A_PROMISE)

    assert judged(follow(examined, NOW)) == {"implementations": 1, "places": 1}


def test_the_command_line_runs_and_follows(
    session: Session, examined: Engine, small_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATALOG_DATABASE_URL", small_url)
    session.close()

    full = CliRunner().invoke(app, ["findings", "run"])
    scoped = CliRunner().invoke(app, ["findings", "run", "--agency", BANNER_BUREAU])
    quiet = CliRunner().invoke(app, ["findings", "follow", "--once"])
    two = CliRunner().invoke(app, ["findings", "run", "--agency", BANNER_BUREAU, "--item", ITEM])
    nowhere = CliRunner().invoke(app, ["findings", "run", "--region", "152999000000"])

    assert (full.exit_code, scoped.exit_code, quiet.exit_code) == (0, 0, 0), full.output + scoped.output + quiet.output
    assert "implementations 5" in full.output
    assert "implementations 2" in scoped.output
    assert quiet.output == ""
    assert (two.exit_code, nowhere.exit_code) == (8, 4)


def test_a_misspelt_rule_in_the_settings_is_said_by_the_command(
    monkeypatch: pytest.MonkeyPatch, small_url: str
) -> None:
    monkeypatch.setenv("CATALOG_DATABASE_URL", small_url)
    monkeypatch.setenv("CATALOG_FINDING_SEVERITIES", '{"outdated_bases": "off"}')

    said = CliRunner().invoke(app, ["findings", "run"])

    assert said.exit_code == 2
    assert "outdated_bases" in said.output

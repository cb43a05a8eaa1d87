"""Electronic supervision: what is raised when, whom it reminds, and what came of it."""

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from builders import (
    BANNER,
    BANNER_BUREAU,
    LEAGUE,
    LEAGUE_BUREAU,
    TOWNSHIP,
    TOWNSHIP_STATION,
    add_agency,
    credit_code,
    publish_local,
)
from callers import key_for
from sqlalchemy import Engine, delete, select
from sqlmodel import Session, col
from starlette.testclient import TestClient
from supervising import (
    DESK,
    OFFICER,
    answer,
    call_back,
    hand_in,
    messages,
    rate,
    reopen,
    signals,
    start,
    vault_of,
)
from typer.testing import CliRunner

from service_catalog.actors import Role
from service_catalog.agencies.tables import Agency
from service_catalog.appeals import handling, triage
from service_catalog.appeals.calendars import issue_calendar
from service_catalog.appeals.opening import events_of
from service_catalog.appeals.stages import Stage, Step
from service_catalog.appeals.tables import Appeal
from service_catalog.cli import app as commands
from service_catalog.kernel.database import unit_of_work
from service_catalog.kernel.dates import civil_day
from service_catalog.registers.tables import CalendarYear, RegisterVersion
from service_catalog.supervision.settling import NoSuchSignal, SignalSettled, settle
from service_catalog.supervision.statistics import Wanted, count_appeals
from service_catalog.supervision.tables import AppealSignal, SignalRule, SignalState
from service_catalog.supervision.watching import Watched, watch
from service_catalog.vault import Vault

if TYPE_CHECKING:
    from conftest import Clock

R = SignalRule
DAY = timedelta(days=1)


@pytest.fixture
def vault(engine: Engine) -> Vault:
    return vault_of(engine)


@pytest.fixture(autouse=True)
def bureau(engine: Engine) -> None:
    """The banner's bureau does the item, so that it gets what is about it."""
    with unit_of_work(engine) as session:
        publish_local(session, BANNER_BUREAU, "4")


def given(engine: Engine, vault: Vault, at: datetime, **changes: Any) -> str:
    """An appeal that the bureau has begun to handle."""
    with unit_of_work(engine) as session:
        number = hand_in(session, vault, at, **changes).row.number
        start(session, vault, number, at)
        return number


def raised(engine: Engine) -> list[tuple[SignalRule, str]]:
    return [(signal.rule, signal.period) for signal in signals(engine)]


def look(engine: Engine, clock: "Clock", at: datetime | None = None) -> Watched:
    clock.at = at or clock.at
    return watch(engine, clock=clock)


def test_a_help_of_three_days_is_warned_of_then_overdue_then_gravely_overdue(
    engine: Engine, vault: Vault, clock: "Clock", now: datetime
) -> None:
    given(engine, vault, now)  # Tuesday; due on Friday the 13th

    seen = []
    for days in range(9):
        look(engine, clock, now + days * DAY)
        seen.append([rule for rule, _ in raised(engine)])

    assert seen[1] == []
    assert seen[2:4] == [[R.DUE_SOON], [R.DUE_SOON]]
    assert seen[4] == [R.DUE_SOON, R.OVERDUE]
    assert seen[7] == [R.DUE_SOON, R.OVERDUE, R.LONG_OVERDUE]
    assert seen[8] == seen[7]


def test_on_its_last_day_an_appeal_is_not_late(engine: Engine, vault: Vault, clock: "Clock", now: datetime) -> None:
    given(engine, vault, now)

    look(engine, clock, now + 3 * DAY)

    assert raised(engine) == [(R.DUE_SOON, "0.3")]


def test_a_signal_says_what_was_seen_and_by_when_to_put_it_right(
    engine: Engine, vault: Vault, clock: "Clock", now: datetime
) -> None:
    number = given(engine, vault, now)

    look(engine, clock, now + 4 * DAY)

    (signal,) = signals(engine)
    assert (signal.rule, signal.number, signal.period, signal.state) == (R.OVERDUE, number, "0.3", SignalState.OPEN)
    assert (signal.region_code, signal.agency_code) == (BANNER, BANNER_BUREAU)
    assert signal.evidence["deadline_on"] == "2026-03-13"
    assert signal.evidence["stage"] == "handling"
    assert signal.put_right_by == date(2026, 4, 3)  # fifteen working days after the 14th


def test_the_body_is_reminded_at_once_and_the_desk_above_it_a_working_day_later(
    engine: Engine, vault: Vault, clock: "Clock", now: datetime
) -> None:
    number = given(engine, vault, now, text="我叫巴特尔，电话13900001111，窗口不收我的材料。")

    look(engine, clock, now + 3 * DAY)
    first = messages(engine)
    look(engine, clock, now + 4 * DAY)
    look(engine, clock, now + 6 * DAY)

    assert [(m.kind, m.agency_code, m.region_code) for m in first] == [("appeal.due_soon", BANNER_BUREAU, None)]
    assert [(m.kind, m.agency_code, m.region_code) for m in messages(engine)[1:]] == [
        ("appeal.overdue", BANNER_BUREAU, None),
        ("appeal.overdue", None, BANNER),
    ]
    assert first[0].once == f"due_soon:{number}:0.3:{BANNER_BUREAU}"
    assert first[0].facts["deadline_on"] == "2026-03-13"
    assert "阿拉善左旗公安局" in first[0].body
    assert "整改期限" not in first[0].body  # nothing is late yet
    assert first[0].subject.startswith("提醒：诉求")
    assert messages(engine)[1].subject.startswith("督办：诉求")
    assert "整改期限：2026-04-03" in messages(engine)[1].body
    for message in messages(engine):
        said = f"{message.subject}{message.body}{message.facts}"
        assert "巴特尔" not in said
        assert "13900001111" not in said
        assert number in said


def test_a_body_with_a_superior_has_it_told_unless_the_complaint_is_about_the_superior(
    engine: Engine, vault: Vault, clock: "Clock", now: datetime
) -> None:
    with unit_of_work(engine) as session:
        bureau = session.get(Agency, BANNER_BUREAU)
        assert bureau is not None
        bureau.parent_code = LEAGUE_BUREAU
    given(engine, vault, now)
    against = given(engine, vault, now)
    with unit_of_work(engine) as session:
        session.get_one(Appeal, against).against_agency = LEAGUE_BUREAU

    look(engine, clock, now + 4 * DAY)
    look(engine, clock, now + 6 * DAY)

    above = [m for m in messages(engine) if m.facts["to_superior"]]
    assert sorted((m.agency_code or "", m.region_code or "") for m in above) == [("", BANNER), (LEAGUE_BUREAU, "")]


def test_what_was_answered_or_settled_meanwhile_is_not_passed_up(
    engine: Engine, vault: Vault, clock: "Clock", now: datetime
) -> None:
    answered, settled = given(engine, vault, now), given(engine, vault, now)
    look(engine, clock, now + 4 * DAY)

    with unit_of_work(engine) as session:
        answer(session, vault, answered, clock.at)
        (open_one,) = session.scalars(select(AppealSignal).where(col(AppealSignal.number) == settled)).all()
        assert open_one.id is not None
        settle(session, open_one.id, state=SignalState.EXPLAINED, reason="已说明", by=OFFICER, at=clock.at)
    watched = look(engine, clock, now + 6 * DAY)

    assert watched.passed_up == 0
    assert [m for m in messages(engine) if m.facts["to_superior"]] == []


def test_while_the_person_is_asked_nothing_is_raised_and_nothing_passed_up(
    engine: Engine, vault: Vault, clock: "Clock", now: datetime
) -> None:
    number = given(engine, vault, now)
    look(engine, clock, now + 3 * DAY)
    with unit_of_work(engine) as session:
        handling.ask(
            session, vault, number, question="是哪个窗口？", answer_by=date(2026, 3, 20), by=OFFICER, at=clock.at
        )

    for days in range(4, 10):
        look(engine, clock, now + days * DAY)

    assert raised(engine) == [(R.DUE_SOON, "0.3")]
    assert [m for m in messages(engine) if m.facts["to_superior"]] == []


def test_before_an_extended_deadline_there_is_another_reminder(
    engine: Engine, vault: Vault, clock: "Clock", now: datetime
) -> None:
    number = given(engine, vault, now)  # Tuesday; due on Friday the 13th
    look(engine, clock, now + 3 * DAY)
    with unit_of_work(engine) as session:
        triage.extend(session, vault, number, amount=3, basis="办法第九条", reason="须会商", by=DESK, at=clock.at)

    for days in range(3, 9):  # due on Wednesday the 18th
        look(engine, clock, now + days * DAY)

    assert raised(engine) == [(R.DUE_SOON, "0.3"), (R.DUE_SOON, "0.6")]
    assert [message.facts["deadline_on"] for message in messages(engine) if not message.facts["to_superior"]] == [
        "2026-03-13", "2026-03-18",
    ]  # fmt: skip


def test_who_gets_an_appeal_shortly_before_its_deadline_is_reminded_too(
    engine: Engine, vault: Vault, clock: "Clock", now: datetime
) -> None:
    number = given(engine, vault, now)
    look(engine, clock, now + 2 * DAY)
    with unit_of_work(engine) as session:
        triage.transfer(session, vault, number, agency_code=LEAGUE_BUREAU, reason="由盟局办理", by=DESK, at=clock.at)

    look(engine, clock)
    look(engine, clock, now + 3 * DAY)

    reminded = [m.agency_code for m in messages(engine) if m.kind == "appeal.due_soon" and not m.facts["to_superior"]]
    assert reminded == [BANNER_BUREAU, LEAGUE_BUREAU]


def test_a_body_that_helps_and_says_nothing_by_its_day_is_told_and_then_its_superior(
    engine: Engine, vault: Vault, clock: "Clock", now: datetime
) -> None:
    with unit_of_work(engine) as session:
        session.get_one(Agency, TOWNSHIP_STATION).parent_code = LEAGUE_BUREAU
    number = given(engine, vault, now, kind="suggestion")
    with unit_of_work(engine) as session:
        for body, days in ((LEAGUE_BUREAU, 1), (TOWNSHIP_STATION, 2), (credit_code(BANNER, 111111), 1)):
            if session.get(Agency, body) is None:
                add_agency(session, body, BANNER, "答得快的单位")
            day = civil_day(now) + days * DAY
            handling.ask_joint(session, vault, number, agency_code=body, due_on=day, words="请协办", by=OFFICER, at=now)
            session.flush()
        assert session.get_one(Appeal, number).joint_due_on == civil_day(now) + DAY
        handling.joint_opinion(session, vault, number, agency_code=body, words="同意", by=OFFICER, at=now)

    look(engine, clock, now + DAY)
    on_the_day = raised(engine)
    look(engine, clock, now + 2 * DAY)
    first = raised(engine)
    look(engine, clock, now + 3 * DAY)
    look(engine, clock, now + 6 * DAY)

    assert (on_the_day, first) == ([], [(R.NOT_HELPED, f"0.{LEAGUE_BUREAU}")])
    assert raised(engine)[1:] == [(R.NOT_HELPED, f"0.{TOWNSHIP_STATION}")]
    assert [m.agency_code or m.region_code for m in messages(engine)] == [
        LEAGUE_BUREAU, TOWNSHIP_STATION, BANNER, LEAGUE_BUREAU,
    ]  # fmt: skip
    assert messages(engine)[0].subject.endswith("协办逾期未提意见")
    assert "协办时限：2026-03-11" in messages(engine)[0].body


def test_who_has_given_an_opinion_is_waited_for_no_longer_and_nobody_is_after_the_answer(
    engine: Engine, vault: Vault, clock: "Clock", now: datetime
) -> None:
    said, answered = (given(engine, vault, now, kind="suggestion") for _ in range(2))
    with unit_of_work(engine) as session:
        for number in (said, answered):
            due_on = civil_day(now) + DAY
            handling.ask_joint(
                session, vault, number, agency_code=LEAGUE_BUREAU, due_on=due_on, words="请协办", by=OFFICER, at=now
            )
    look(engine, clock, now + 2 * DAY)
    with unit_of_work(engine) as session:
        handling.joint_opinion(session, vault, said, agency_code=LEAGUE_BUREAU, words="同意", by=OFFICER, at=clock.at)
        answer(session, vault, answered, clock.at)
        days = [session.get_one(Appeal, number).joint_due_on for number in (said, answered)]
    passed_up = look(engine, clock, now + 3 * DAY).passed_up

    assert (days, passed_up) == ([None, None], 0)


def test_each_body_that_does_not_sign_is_warned_and_a_second_yellow_card_makes_a_red_one(
    engine: Engine, vault: Vault, clock: "Clock", now: datetime
) -> None:
    with unit_of_work(engine) as session:
        number = hand_in(session, vault, now, kind="suggestion").row.number
    look(engine, clock, now + 2 * DAY)
    with unit_of_work(engine) as session:
        triage.transfer(session, vault, number, agency_code=LEAGUE_BUREAU, reason="由盟局办理", by=DESK, at=clock.at)
    look(engine, clock)
    first = raised(engine)

    look(engine, clock, now + 6 * DAY)

    assert first == [(R.NOT_SIGNED, "0.3")]
    assert raised(engine)[1:] == [(R.NOT_SIGNED, "0.4"), (R.LONG_OVERDUE, "0")]
    assert signals(engine)[2].evidence["yellow_cards"] == 2
    assert [signal.agency_code for signal in signals(engine)] == [BANNER_BUREAU, LEAGUE_BUREAU, LEAGUE_BUREAU]


def test_a_desk_that_does_not_dispatch_has_a_yellow_card_once_until_it_comes_back(
    engine: Engine, vault: Vault, clock: "Clock", now: datetime
) -> None:
    with unit_of_work(engine) as session:
        number = hand_in(session, vault, now, kind="suggestion", item=None, text="请问公交几点收车").row.number
    look(engine, clock, now + DAY)
    on_the_last_day = raised(engine)
    look(engine, clock, now + 2 * DAY)
    with unit_of_work(engine) as session:
        triage.accept(session, vault, number, by=DESK, at=clock.at)
    look(engine, clock, now + 6 * DAY)
    once = raised(engine)
    with unit_of_work(engine) as session:
        triage.dispatch(
            session, vault, number, agency_code=BANNER_BUREAU, reason="属其职责", final=False, by=DESK, at=clock.at
        )
        handling.return_(
            session, vault, number, rule="三定规定", competent=None, reason="不属我局", by=OFFICER, at=clock.at
        )
    look(engine, clock, now + 9 * DAY)

    assert on_the_last_day == []
    assert once == [(R.NOT_DISPATCHED, "0.0")]
    assert raised(engine)[1:] == [(R.NOT_DISPATCHED, "0.4"), (R.LONG_OVERDUE, "0")]
    assert {signal.agency_code for signal in signals(engine)} == {None}
    assert messages(engine)[0].region_code == BANNER
    assert "逾期未派单（黄牌）" in messages(engine)[0].body


def test_who_gets_an_overdue_appeal_is_told_and_the_superior_of_who_had_it_is_not(
    engine: Engine, vault: Vault, clock: "Clock", now: datetime
) -> None:
    with unit_of_work(engine) as session:
        session.get_one(Agency, BANNER_BUREAU).parent_code = LEAGUE_BUREAU
    number = given(engine, vault, now)
    look(engine, clock, now + 4 * DAY)
    with unit_of_work(engine) as session:
        triage.transfer(
            session, vault, number, agency_code=TOWNSHIP_STATION, reason="由派出所办理", by=DESK, at=clock.at
        )
    look(engine, clock)
    look(engine, clock, now + 6 * DAY)

    assert raised(engine) == [(R.OVERDUE, "0.3"), (R.OVERDUE, "0.6")]  # one card: it is overdue once
    assert [(m.agency_code, m.region_code) for m in messages(engine)] == [
        (BANNER_BUREAU, None), (TOWNSHIP_STATION, None), (None, BANNER),
    ]  # fmt: skip


def test_what_was_overdue_when_the_person_was_asked_stays_overdue(
    engine: Engine, vault: Vault, clock: "Clock", now: datetime, client: TestClient, session: Session
) -> None:
    number = given(engine, vault, now)  # due on Friday the 13th
    with unit_of_work(engine) as other:
        before = other.get_one(Appeal, number).grave_on
        late = now + 6 * DAY
        handling.ask(other, vault, number, question="哪天？", answer_by=date(2026, 3, 20), by=OFFICER, at=late)
    look(engine, clock, now + 9 * DAY)
    headers = key_for(session, Role.SUPERVISOR, region=LEAGUE, at=now)

    (line,) = client.get("/v1/supervision/statistics", headers=headers).json()["lines"]
    row = session.get_one(Appeal, number)
    assert (row.stage, row.deadline_on, row.grave_on) == (Stage.NEED_INFO, date(2026, 3, 13), before)
    assert raised(engine) == [(R.OVERDUE, "0.3"), (R.LONG_OVERDUE, "0")]
    assert {signal.agency_code for signal in signals(engine)} == {BANNER_BUREAU}
    assert line["figures"]["overdue"] == 1


def test_an_answer_that_was_late_counts_after_reopening_too_and_so_does_a_call_in_time(
    engine: Engine, vault: Vault, now: datetime
) -> None:
    number = given(engine, vault, now)
    late = now + 6 * DAY
    with unit_of_work(engine) as session:
        answer(session, vault, number, late)
        rate(session, vault, number, 4, late)
        reopen(session, vault, number, late)
        ((_, reopened),) = count_appeals(session, Wanted(), (), civil_day(late), by=None)
        answer(session, vault, number, late)
        ((_, again),) = count_appeals(session, Wanted(), (), civil_day(late), by=None)

    for figures in (reopened, again):
        assert (figures.counts["overdue"], figures.counts["called_back_in_time"]) == (1, 1)
    assert (again.counts["in_time"], again.counts["reopened"]) == (1, 1)


def test_a_bad_rating_that_nobody_calls_about_is_the_desks_yellow_card(
    engine: Engine, vault: Vault, clock: "Clock", now: datetime
) -> None:
    called, not_called = given(engine, vault, now), given(engine, vault, now)
    with unit_of_work(engine) as session:
        for number in (called, not_called):
            answer(session, vault, number, now)
            rate(session, vault, number, 5, now)
        call_back(session, vault, called, now)

    look(engine, clock, now + DAY)
    in_time = raised(engine)
    look(engine, clock, now + 2 * DAY)
    look(engine, clock, now + 3 * DAY)

    assert in_time == []
    assert [(s.rule, s.number, s.agency_code) for s in signals(engine)] == [(R.NOT_CALLED_BACK, not_called, None)]
    assert [(m.agency_code, m.region_code) for m in messages(engine)] == [(None, BANNER), (None, LEAGUE)]


def test_bad_again_after_reopening_is_a_red_card_on_the_same_day(
    engine: Engine, vault: Vault, clock: "Clock", now: datetime
) -> None:
    number = given(engine, vault, now)
    with unit_of_work(engine) as session:
        answer(session, vault, number, now)
        rate(session, vault, number, 4, now)
        reopen(session, vault, number, now)
        answer(session, vault, number, now)
    look(engine, clock)
    before = raised(engine)

    with unit_of_work(engine) as session:
        rate(session, vault, number, 5, clock.at)
        call_back(session, vault, number, clock.at)
    look(engine, clock)

    assert before == []
    assert raised(engine) == [(R.BAD_AGAIN, "1")]


def test_a_reopened_appeal_has_signals_of_its_own(engine: Engine, vault: Vault, clock: "Clock", now: datetime) -> None:
    number = given(engine, vault, now)
    look(engine, clock, now + 4 * DAY)
    with unit_of_work(engine) as session:
        answer(session, vault, number, clock.at)
        rate(session, vault, number, 4, clock.at)
        reopen(session, vault, number, clock.at)

    look(engine, clock, now + 14 * DAY)

    assert (R.OVERDUE, "0.3") in raised(engine)
    assert (R.OVERDUE, "1.3") in raised(engine)


def test_nobody_is_late_in_a_year_whose_calendar_has_not_been_issued(
    engine: Engine, vault: Vault, clock: "Clock", now: datetime
) -> None:
    with unit_of_work(engine) as session:
        session.execute(delete(CalendarYear).where(col(CalendarYear.year) == 2026))
        session.execute(RegisterVersion.__table__.update().values(number=RegisterVersion.number + 1))  # type: ignore[attr-defined]
    given(engine, vault, now)

    for days in range(1, 20):
        look(engine, clock, now + days * DAY)

    (signal,) = signals(engine)
    assert signal.rule is R.DUE_SOON
    assert signal.evidence["deadline_is_certain"] is False
    assert "此为最早可能的日期" in messages(engine)[0].body


def test_nobody_gets_a_card_for_an_inner_limit_that_runs_into_a_year_without_calendar(
    engine: Engine, vault: Vault, clock: "Clock"
) -> None:
    last_day = datetime(2026, 12, 31, 2, 0, tzinfo=UTC)
    with unit_of_work(engine) as session:
        number = hand_in(session, vault, last_day, kind="suggestion").row.number  # to be signed for in one working day

    looked = [look(engine, clock, last_day + days * DAY).appeals for days in range(1, 4)]
    before = raised(engine)
    issue_calendar(
        engine, vault, 2027, "date,is_working,name\n2027-01-01,0,元旦\n".encode(), document="通知", by=DESK, clock=clock
    )
    look(engine, clock, last_day + 4 * DAY)
    on_monday = raised(engine)
    look(engine, clock, last_day + 5 * DAY)

    assert (looked, before, on_monday) == ([0, 0, 0], [], [])
    assert [(signal.rule, signal.evidence["step_due_on"]) for signal in signals(engine)] == [
        (R.NOT_SIGNED, "2027-01-04")
    ]
    with Session(engine) as session:
        (event,) = [event for event in events_of(session, number) if event.step is Step.RECOMPUTE]
    assert (event.facts["step_was_not_before"], event.facts["step_due_on"]) == ("2027-01-01", "2027-01-04")


def test_an_appeal_that_nobody_has_to_look_at_is_not_touched_again(
    engine: Engine, vault: Vault, clock: "Clock", now: datetime
) -> None:
    given(engine, vault, now)

    counts = [look(engine, clock, now + 3 * DAY).appeals, look(engine, clock).appeals]

    assert counts == [1, 0]
    with Session(engine) as session:
        (row,) = session.scalars(select(Appeal)).all()
        assert row.next_alert_on == date(2026, 3, 14)
        assert row.next_alert_on > civil_day(clock.at)


def test_a_supervisor_says_once_what_came_of_a_signal(
    engine: Engine, vault: Vault, session: Session, client: TestClient, clock: "Clock", now: datetime
) -> None:
    given(engine, vault, now)
    look(engine, clock, now + 4 * DAY)
    of_banner = key_for(session, Role.SUPERVISOR, region=BANNER, at=now)
    (listed,) = client.get("/v1/supervision/signals", headers=of_banner).json()["items"]
    address = f"/v1/supervision/signals/{listed['id']}/settlement"

    settled = client.post(address, json={"state": "rectified", "reason": "已答复并约谈"}, headers=of_banner)
    again = client.post(address, json={"state": "waived", "reason": "误报"}, headers=of_banner)
    reopened = client.post(address, json={"state": "open", "reason": "误报"}, headers=of_banner)
    missing = client.post(
        "/v1/supervision/signals/77/settlement", json={"state": "waived", "reason": "误"}, headers=of_banner
    )

    assert listed["rule_zh"] == "超期未办结（黄牌）"
    assert listed["agency_name"] == "阿拉善左旗公安局"
    assert settled.json()["state"] == "rectified"
    assert settled.json()["settled_by"]
    assert (again.status_code, again.json()["type"]) == (409, "/problems/signal-settled")
    assert reopened.status_code == 422
    assert (missing.status_code, missing.json()["type"]) == (404, "/problems/no-such-signal")
    assert client.get("/v1/supervision/signals", headers=of_banner).json()["items"] == []
    done = client.get("/v1/supervision/signals?state=rectified", headers=of_banner).json()["items"]
    assert [one["reason"] for one in done] == ["已答复并约谈"]


def test_settling_names_what_is_wrong(session: Session, now: datetime) -> None:
    with pytest.raises(NoSuchSignal, match="no signal 5"):
        settle(session, 5, state=SignalState.WAIVED, reason="误报", by=OFFICER, at=now)


def test_signals_are_cut_to_the_places_and_filters_of_who_asks(
    engine: Engine, vault: Vault, session: Session, client: TestClient, clock: "Clock", now: datetime
) -> None:
    given(engine, vault, now)
    with unit_of_work(engine) as other:
        hand_in(other, vault, now, region=LEAGUE, item=None, text="盟里的意见，请研究。")
    look(engine, clock, now + 4 * DAY)

    def seen(role: Role, query: str = "", **place: str) -> list[str]:
        headers = key_for(session, role, at=now, **place)  # type: ignore[arg-type]
        answered = client.get(f"/v1/supervision/signals{query}", headers=headers)
        return sorted(f"{one['rule']} {one['region_code'][:6]}" for one in answered.json()["items"])

    of_the_desk = ["long_overdue 152900", "not_dispatched 152900", "overdue 152900"]
    assert seen(Role.SUPERVISOR, region=LEAGUE) == sorted([*of_the_desk, "overdue 152921"])
    assert seen(Role.SUPERVISOR, region=BANNER) == ["overdue 152921"]
    assert seen(Role.SUPERVISOR, region=TOWNSHIP) == []
    assert seen(Role.APPEALS_OFFICER, agency=BANNER_BUREAU) == ["overdue 152921"]
    assert seen(Role.SUPERVISOR, "?rule=due_soon", region=LEAGUE) == []
    assert seen(Role.SUPERVISOR, f"?region={BANNER}", region=LEAGUE) == ["overdue 152921"]
    assert seen(Role.SUPERVISOR, f"?agency={LEAGUE_BUREAU}", region=LEAGUE) == []


def test_the_same_settlement_by_two_at_once_is_taken_from_one(
    engine: Engine, vault: Vault, clock: "Clock", now: datetime
) -> None:
    given(engine, vault, now)
    look(engine, clock, now + 4 * DAY)
    number = signals(engine)[0].id
    assert number is not None

    with unit_of_work(engine) as session:
        settle(session, number, state=SignalState.WAIVED, reason="误报", by=OFFICER, at=now)
    with unit_of_work(engine) as session, pytest.raises(SignalSettled):
        settle(session, number, state=SignalState.WAIVED, reason="误报", by=DESK, at=now)


def test_the_command_says_what_it_has_raised(
    engine: Engine, vault: Vault, small_url: str, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    given(engine, vault, now)  # long ago, by the clock of the machine
    monkeypatch.setenv("CATALOG_DATABASE_URL", small_url)

    looks = [CliRunner().invoke(commands, ["supervision", "watch", "--once"]) for _ in range(2)]

    assert [look.exit_code for look in looks] == [0, 0]
    assert "超期未办结（黄牌） overdue (yellow card): 1" in looks[0].output
    assert "looked at 0" in looks[1].output

"""How a row finds what it means, what it may do, and what it does to drafts that are there already."""

from datetime import datetime
from typing import Any

import pytest
from builders import (
    BANNER,
    BANNER_BUREAU,
    EDITOR,
    ITEM,
    LEAGUE_BUREAU,
    REVIEWER,
    TOWNSHIP_STATION,
    decision,
    item_content,
    publish_item,
    publish_local,
)
from county import Sheets, editions, workbook_of
from sqlalchemy import Engine
from sqlmodel import Session

from service_catalog.actors import Actor, Grant, Role
from service_catalog.exchange.import_schemas import ImportView, RowLine
from service_catalog.exchange.importing import HandIn, ReportNotSeen, RowsRefused, apply, dry_run
from service_catalog.exchange.workbook import read_workbook
from service_catalog.implementations import claiming

CODE = BANNER_BUREAU + "4" + ITEM
MINE = {"事项名称": "居住证申领", "实施主体编码": BANNER_BUREAU}


def handed(sheets: Sheets, agency: str | None = None) -> HandIn:
    content = workbook_of(sheets)
    return HandIn(content, read_workbook(content), agency)


def tried(session: Session, row: dict[str, Any], now: datetime, *, by: Actor = EDITOR, **parts: Any) -> RowLine:
    """What a dry run says of one row."""
    return report_of(session, {"实施清单": [row], **parts}, now, by=by).rows[0]


def report_of(
    session: Session, sheets: Sheets, now: datetime, *, by: Actor = EDITOR, agency: str | None = None
) -> ImportView:
    return dry_run(session, handed(sheets, agency), by=by, at=now)


def received(session: Session, sheets: Sheets, now: datetime, *, by: Actor = EDITOR, **options: Any) -> ImportView:
    """Dry run and apply."""
    one = handed(sheets)
    return apply(session, one, digest=dry_run(session, one, by=by, at=now).digest, by=by, at=now, **options)


def verdicts(row: RowLine) -> dict[str, str]:
    return {line.element: line.verdict.value for line in row.elements}


def test_a_promise_too_long_is_told_the_shortest_bound_at_its_cell(session: Session, now: datetime) -> None:
    law, promise = ({"amount": amount, "unit": "calendar_day"} for amount in (30, 20))
    content = item_content(statutory_limit=law, promised_limit=promise)
    publish_item(session, ITEM, content, at=now, effective_from=now.date())

    row = tried(session, MINE | {"承诺办结时限": 60, "承诺办结时限单位": "自然日"}, now)

    [line] = [line for line in row.elements if line.element == "promised_limit"]
    assert (line.verdict, line.standard_value) == ("looser", promise)
    assert "标准为20个自然日" in line.zh


@pytest.mark.parametrize(
    ("cells", "matched_by"),
    [
        ({"实施编码": CODE}, "code"),
        ({"基本编码": ITEM, "实施主体编码": BANNER_BUREAU}, "code"),
        ({"基本编码": "ALS-0017", "事项名称": "居住证申领", "实施主体编码": BANNER_BUREAU}, "name"),
        ({"事项名称": " 居住证 申领　", "实施主体": "阿拉善左旗公安局"}, "name"),
    ],
)
def test_an_item_is_found_by_code_then_by_name(
    session: Session, now: datetime, cells: dict[str, Any], matched_by: str
) -> None:
    row = tried(session, cells | {"办件类型": "2"}, now)

    assert (row.outcome, row.matched_by, row.implementation_code) == ("acceptable", matched_by, CODE)


def test_likeness_only_makes_proposals(session: Session, now: datetime) -> None:
    row = tried(session, {"事项名称": "居住证的申领", "实施主体编码": BANNER_BUREAU, "办件类型": "2"}, now)

    assert row.outcome == "needs_a_person"
    assert row.implementation_code is None
    assert [(one.basic_code, one.score >= 75) for one in row.candidates] == [(ITEM, True)]


def test_a_list_may_say_once_whose_it_is(session: Session, now: datetime) -> None:
    report = report_of(
        session, {"Sheet1": [{"事项名称": "居住证申领", "办件类型": "2", "办理形式": "1"}]}, now, agency=BANNER_BUREAU
    )

    assert report.rows[0].implementation_code == CODE


def test_what_equals_the_standard_is_not_stored_and_what_is_tighter_is(session: Session, now: datetime) -> None:
    row = tried(
        session,
        MINE
        | {
            "办件类型": "承诺件",
            "承诺办结时限": 8,
            "承诺办结时限单位": "工作日",
            "备注说明": "周一人多",
            "受理条件": "在居住地居住半年以上。",
        },
        now,
    )

    assert row.outcome == "acceptable"
    assert verdicts(row) == {"promised_limit": "tighter", "local_notes": "local", "availability": "local"}
    assert {"case_kind", "name", "acceptance_conditions"} <= set(row.equal)
    limit = next(line for line in row.elements if line.element == "promised_limit")
    assert (limit.standard_value["amount"], limit.local_value["amount"]) == (10, 8)


def test_a_looser_value_is_refused_with_both_values(session: Session, now: datetime) -> None:
    row = tried(session, MINE | {"办件类型": "2", "承诺办结时限": 12, "承诺办结时限单位": "工作日"}, now)

    refused = next(line for line in row.elements if line.element == "promised_limit")
    assert (row.outcome, refused.verdict, refused.cell) == ("refused", "looser", "实施清单!D2")
    assert (refused.standard_value["amount"], refused.local_value["amount"]) == (10, 12)


def test_a_column_that_is_not_there_leaves_alone_what_is_stored_and_a_blank_cell_takes_it_away(
    engine: Engine, session: Session, now: datetime
) -> None:
    publish_local(session, BANNER_BUREAU, "4", on_site_visits=0, local_notes="周一人多", aliases=["暂住证"])
    session.commit()

    received(session, {"实施清单": [MINE | {"日常用语": "", "通办范围": "3"}]}, now)
    session.commit()

    number, state, content = editions(engine)[CODE][-1]
    assert (number, state) == (2, "draft")
    assert content == {
        "availability": {"status": "offered"}, "on_site_visits": 0, "local_notes": "周一人多", "cross_area_scope": "3",
    }  # fmt: skip


def test_a_row_of_the_standard_that_is_not_named_stays_as_it_is_stored(
    engine: Engine, session: Session, now: datetime
) -> None:
    publish_local(session, BANNER_BUREAU, "4", materials=[{"key": "photo", "dropped": True}])
    session.commit()

    received(
        session,
        {"实施清单": [{**MINE, "序号": 1}], "材料": [{"序号": 1, "材料名称": "住址证明", "复印件份数": 1}]},
        now,
    )
    session.commit()

    assert editions(engine)[CODE][-1][2]["materials"] == [
        {"key": "lease", "photo_copies": 1}, {"key": "photo", "dropped": True},
    ]  # fmt: skip


def test_a_row_that_says_what_is_published_changes_nothing(engine: Engine, session: Session, now: datetime) -> None:
    publish_local(session, BANNER_BUREAU, "4", on_site_visits=0, channels=["2", "1"])
    session.commit()
    before = editions(engine)

    report = received(session, {"实施清单": [MINE | {"到办事现场次数": 0, "办理形式": "1^2"}]}, now)
    session.commit()

    assert (report.counts.unchanged, report.counts.received) == (1, 0)
    assert editions(engine) == before


def test_what_was_imported_is_a_draft_and_may_be_handed_in_for_review_at_once(
    engine: Engine, session: Session, now: datetime
) -> None:
    other = MINE | {"实施主体编码": TOWNSHIP_STATION, "行使层级": "5"}
    received(session, {"实施清单": [MINE | {"办件类型": "2"}]}, now)
    received(session, {"实施清单": [other | {"办件类型": "2"}]}, now, submit=True)
    session.commit()

    states = {code: [state for _, state, _ in found] for code, found in editions(engine).items()}
    assert states == {CODE: ["draft"], TOWNSHIP_STATION + "5" + ITEM: ["submitted"]}


def test_ones_own_draft_is_revised_and_another_persons_is_not(engine: Engine, session: Session, now: datetime) -> None:
    received(session, {"实施清单": [MINE | {"到办事现场次数": 1}]}, now)

    other = tried(session, MINE | {"到办事现场次数": 0}, now, by=Actor("别人"))
    received(session, {"实施清单": [MINE | {"到办事现场次数": 0}]}, now)
    session.commit()

    assert other.outcome == "needs_a_person"
    assert [line.rule for line in other.elements if line.element == "row"] == ["edition_in_work"]
    assert [(number, content.get("on_site_visits")) for number, _, content in editions(engine)[CODE]] == [(1, 0)]


def test_a_draft_under_review_is_left_alone(session: Session, now: datetime) -> None:
    received(session, {"实施清单": [MINE | {"到办事现场次数": 1}]}, now, submit=True)

    row = tried(session, MINE | {"到办事现场次数": 0}, now)

    assert row.outcome == "needs_a_person"


def test_nobody_applies_what_they_have_not_seen(engine: Engine, session: Session, now: datetime) -> None:
    one = handed({"实施清单": [MINE | {"到办事现场次数": 0}]})
    seen = dry_run(session, one, by=EDITOR, at=now).digest
    publish_local(session, BANNER_BUREAU, "4")
    session.commit()

    with pytest.raises(ReportNotSeen):
        apply(session, one, digest=seen, by=EDITOR, at=now)
    with pytest.raises(ReportNotSeen):
        apply(session, handed({"实施清单": [MINE | {"到办事现场次数": 1}]}), digest=seen, by=EDITOR, at=now)
    session.rollback()

    assert len(editions(engine)[CODE]) == 1


def test_one_bad_row_refuses_the_whole_file(engine: Engine, session: Session, now: datetime) -> None:
    rows: list[dict[str, Any]] = [
        MINE | {"到办事现场次数": 0},
        {"事项名称": "没有的事项", "实施主体编码": LEAGUE_BUREAU},
    ]

    with pytest.raises(RowsRefused) as refused:
        received(session, {"实施清单": rows}, now)
    session.commit()

    assert refused.value.facts["counts"]["needs_a_person"] == 1
    assert [row["cell"] for row in refused.value.facts["rows"]] == ["实施清单!A3"]
    assert editions(engine) == {}


def test_two_rows_of_one_implementation_both_need_a_person(session: Session, now: datetime) -> None:
    report = report_of(session, {"实施清单": [MINE | {"到办事现场次数": 0}, MINE | {"到办事现场次数": 1}]}, now)

    assert [row.outcome for row in report.rows] == ["needs_a_person"] * 2


def test_a_paper_that_belongs_to_no_item_is_reported_not_dropped(session: Session, now: datetime) -> None:
    report = report_of(
        session,
        {"实施清单": [MINE | {"序号": 1, "办件类型": "2"}], "材料": [{"序号": 9, "材料名称": "居民身份证"}]},
        now,
    )

    assert [(row.cell, row.outcome) for row in report.rows] == [("实施清单!A2", "acceptable"), ("材料!A2", "refused")]


def test_papers_may_name_their_item_by_its_code_alone(engine: Engine, session: Session, now: datetime) -> None:
    received(
        session,
        {"实施清单": [MINE | {"办件类型": "2"}], "材料": [{"实施编码": CODE, "材料名称": "住址证明", "复印件份数": 1}]},
        now,
    )
    session.commit()

    assert editions(engine)[CODE][0][2]["materials"] == [{"key": "lease", "photo_copies": 1}]


def test_a_row_of_an_agency_outside_the_callers_place_is_refused_and_shows_nothing_of_it(
    session: Session, now: datetime
) -> None:
    publish_local(session, LEAGUE_BUREAU, "3", local_notes="内部说明")
    office = Actor("左旗", grants=(Grant(Role.COUNTY_OFFICE, region_code=BANNER),))
    theirs = {"事项名称": "居住证申领", "实施主体编码": LEAGUE_BUREAU, "备注说明": "x"}

    report = report_of(session, {"实施清单": [MINE | {"备注说明": "y"}, theirs]}, now, by=office)

    assert [row.outcome for row in report.rows] == ["acceptable", "refused"]
    assert [(line.rule, line.cell) for line in report.rows[1].elements] == [("not-allowed", "实施清单!B3")]
    assert "内部说明" not in report.model_dump_json()


def test_a_cancelled_implementation_takes_no_import(session: Session, now: datetime) -> None:
    code = publish_local(session, LEAGUE_BUREAU, "3")
    claiming.cancel(session, code, decision(now.date()), by=REVIEWER, at=now)

    row = tried(session, {"事项名称": "居住证申领", "实施主体编码": LEAGUE_BUREAU, "办件类型": "1"}, now)

    assert (row.outcome, row.elements[-1].rule) == ("refused", "already-cancelled")


def test_rows_in_the_shape_of_the_national_tables_are_understood(
    engine: Engine, session: Session, now: datetime
) -> None:
    sheets: dict[str, list[dict[str, Any]]] = {
        "up_task_general_basic": [{
            "row_guid": "a-1", "cd_operation": "I", "task_code": CODE, "catalog_code": ITEM, "task_name": "居住证申领",
            "task_type": "07", "use_level": "4", "dept_code": BANNER_BUREAU, "dept_name": "阿拉善左旗公安局",
            "by_law": "《居住证暂行条例》第九条", "server_type": "1", "anticipate_day": 15, "anticipate_type": "工作日",
            "promise_day": 8, "promise_type": "工作日", "project_type": "2", "limit_scene_num": 1, "handle_type": "1^2",
            "is_fee": "1", "transact_addr": "巴彦浩特镇政务大厅", "transact_time": "工作日上午", "link_way": "0483-8300009",
            "supervise_way": "12345", "link_addr": "https://zwfw.example.cn/1", "local_task_code": "ALS-001",
            "power_source": "1", "dept_type": "1", "user_topic_type": "010", "colour": "红",
        }],
        "up_task_general_extend": [{"task_guid": "a-1", "is_entry_center": "1", "is_online": "0", "is_express": "1"}],
        "up_task_general_material": [
            {"task_guid": "a-1", "material_name": "居民身份证", "is_need": "1", "page_num": 1, "order_num": 1},
            {"task_guid": "a-1", "material_name": "住址证明", "is_need": "3", "source_type": "10", "order_num": 2},
        ],
        "up_task_general_fee_project": [{"task_guid": "a-1", "fee_name": "工本费", "fee_stand": "每证20元", "by_law": "x"}],
        "up_task_general_questions": [{"task_guid": "a-1", "question": "周末办吗？", "answer": "周六上午办。"}],
    }  # fmt: skip

    report = received(session, sheets, now)
    session.commit()

    assert [row.outcome for row in report.rows] == ["received"], report.rows[0].elements
    assert editions(engine)[CODE][0][2] == {
        "availability": {"status": "offered"},
        "agency_nature": "1",
        "power_source": "1",
        "promised_limit": {"amount": 8, "unit": "working_day"},
        "channels": ["1", "2"],
        "service_flags": {"postal": True},
        "materials": [{"key": "lease", "necessity": "3"}],
        "questions": [{"question": "周末办吗？", "answer": "周六上午办。"}],
        "local_codes": [{"scheme": "地方实施编码", "code": "ALS-001"}],
        "service_locations": [{"key": "window-1", "name": "办理地点", "address": "巴彦浩特镇政务大厅"}],
        "service_hours": {"notes": "工作日上午"},
        "consultation_channels": [{"way": "telephone", "value": "0483-8300009"}],
        "complaint_channels": [{"way": "telephone", "value": "12345"}],
        "online_urls": {"computer": "https://zwfw.example.cn/1"},
    }
    unused = {(line.sheet, line.column): line.zh for line in report.not_used}
    assert unused["up_task_general_basic", "colour"] == "不认识的列，没有导入"
    assert unused["up_task_general_basic", "cd_operation"] == "同步字段"
    assert ("up_task_general_fee_project", "by_law") in unused


def test_a_national_row_that_departs_from_the_standard_is_refused_at_its_field(session: Session, now: datetime) -> None:
    row = {"row_guid": "1", "task_code": CODE, "task_name": "居住证申领", "promise_day": 30, "promise_type": "工作日"}

    report = report_of(session, {"up_task_public_basic": [row]}, now)

    assert [(line.cell, line.verdict) for line in report.rows[0].elements if line.element == "promised_limit"] == [
        ("up_task_public_basic!D2", "looser")
    ]


def test_the_region_of_the_league_bureau_gives_its_level(session: Session, now: datetime) -> None:
    row = tried(session, {"事项名称": "居住证申领", "实施主体编码": LEAGUE_BUREAU, "办件类型": "2"}, now)

    assert row.implementation_code == LEAGUE_BUREAU + "3" + ITEM

"""The template: what an agency has now, in a form in which it may be handed in again."""

import io
import zipfile
from datetime import datetime
from typing import Any

import pytest
from builders import (
    BANNER,
    BANNER_BUREAU,
    EDITOR,
    GACHA_COMMITTEE,
    ITEM,
    LEAGUE,
    LEAGUE_BUREAU,
    TOWNSHIP_STATION,
    decision,
    publish_local,
)
from county import editions
from inheriting import LOCAL
from sqlalchemy import Engine
from sqlmodel import Session

from service_catalog.access.rights import NotAllowed
from service_catalog.actors import Actor, Grant, Role
from service_catalog.coding import aliases
from service_catalog.exchange.importing import HandIn, apply, dry_run
from service_catalog.exchange.intake import take_in
from service_catalog.exchange.sheets import OURS, seen_edition
from service_catalog.exchange.template import empty_template, filled_template
from service_catalog.exchange.workbook import read_workbook
from service_catalog.implementations import claiming

HOURS = {
    "weekly": [
        {"days": [1, 2, 3, 4, 5], "opens": "09:00:00", "closes": "12:00:00", "season": "夏季"},
        {"days": [6], "opens": "09:00:00", "closes": "11:30:00"},
    ],
    "exceptions": [{"on": "2026-05-01", "closed": True, "notes": "劳动节"}],
    "notes": "午间^不休息",
}


DOCUMENT = {"document_number": "阿发改〔2026〕3号", "valid_from": "2026-01-01"}
EVERYTHING: dict[str, Any] = {
    "power_source": "1",
    "promised_limit": {"amount": 8, "unit": "working_day", "explanation": "材料齐全之日起"},
    "on_site_visits": 0,
    "channels": ["2", "1", "4"],
    "online_depth": ["1", "2"],
    "cross_area_scope": "3",
    "service_flags": {"online": True, "postal": True, "kiosk": True, "appointment": True},
    "materials": [
        {"key": "id-card", "photo_copies": 0, "forms_accepted": "3"},
        {"key": "photo", "dropped": True},
        {"key": "lease", "necessity": "3", "source": "20", "filling_notes": "写^明",
         "sample": {"name": "样表", "path": "a.png"}},
    ],
    "steps": [
        {"key": "receive", "responsible_unit": "户政科", "responsible_person": "巴图"},
        {"key": "review", "limit": {"amount": 2, "unit": "working_day"}},
    ],
    "fees": [{"key": "card", "standard": "每证10元", "amount": "10.00", **DOCUMENT, "valid_until": "2026-12-31",
              "reductions": [{"text": "低保对象免收", "basis": "阿政办发〔2026〕1号"}]}],
    "results": [{"key": "card", "delivery": ["window", "post"], "sample": {"name": "票面", "text": "本旗样"}}],
    "handling_items": [{"serial": "02", "offered": False, "reason": "设备在盟里"}],
    "intermediary_services": [{"name": "翻译", "dropped": True}],
    "questions": [{"question": "周末办吗？", "answer": "周六上午办。"}],
    **{element: LOCAL[element] for element in (
        "agency_nature", "entrusting_agency", "joint_agencies", "local_codes", "service_area", "complaint_channels",
        "appointment_rule", "online_urls", "local_themes", "aliases", "local_notes",
    )},
    "service_hours": HOURS,
    "service_locations": [{"key": "hall-2", "name": "二楼3号", "address": "镇上", "longitude": 105.7, "hours": HOURS}],
    "remedies": {"review_body": "阿拉善左旗人民政府", "court": "阿拉善左旗人民法院", "court_phone": "0483-8300002"},
    "consultation_channels": [{"way": "telephone", "value": "0483-8300009", "notes": "上班时间"}],
}  # fmt: skip
"""A local part that says something of nearly every element."""


def handed(content: bytes) -> HandIn:
    return HandIn(content, read_workbook(content))


def test_a_filled_template_handed_in_as_it_is_changes_nothing(engine: Engine, session: Session, now: datetime) -> None:
    publish_local(session, BANNER_BUREAU, "4", **EVERYTHING)
    publish_local(session, TOWNSHIP_STATION, "5")
    publish_local(session, GACHA_COMMITTEE, "6", availability={"status": "offered_below", "reason": "由苏木镇受理"})
    claiming.claim(session, agency_code=LEAGUE_BUREAU, exercise_level="3", basic_code=ITEM, by=EDITOR, at=now)
    claiming.draft(
        session,
        LEAGUE_BUREAU + "3" + ITEM,
        {"availability": {"status": "offered"}, "aliases": ["a^b"]},
        by=EDITOR,
        at=now,
    )
    session.commit()
    before = editions(engine)

    content = filled_template(session, region_code=LEAGUE, by=EDITOR, at=now)
    report = dry_run(session, handed(content), by=EDITOR, at=now)
    applied = apply(session, handed(content), digest=report.digest, by=EDITOR, at=now)
    session.commit()

    lines = [(row.implementation_code, line) for row in report.rows for line in row.elements]
    assert report.counts.unchanged == 4, [line for line in lines if line[1].local_value != line[1].stored_value]
    assert applied.counts.received == 0
    assert report.not_used == []
    assert editions(engine) == before


def test_a_filled_template_leaves_out_what_has_ended_and_what_nobody_has_written(
    engine: Engine, session: Session, now: datetime
) -> None:
    kept = publish_local(session, BANNER_BUREAU, "4")
    cancelled = publish_local(session, TOWNSHIP_STATION, "5")
    replaced = publish_local(session, GACHA_COMMITTEE, "6")
    claiming.claim(session, agency_code=LEAGUE_BUREAU, exercise_level="3", basic_code=ITEM, by=EDITOR, at=now)
    claiming.cancel(session, cancelled, decision(now.date()), by=EDITOR, at=now)
    aliases.replace_code(
        session, replaced, [kept], act_kind="transfer", valid_from=now.date(), document_number="阿署发〔2026〕3号",
        by=EDITOR, at=now,
    )  # fmt: skip
    session.commit()
    before = editions(engine)

    content = filled_template(session, region_code=LEAGUE, by=EDITOR, at=now)
    report = dry_run(session, handed(content), by=EDITOR, at=now)
    apply(session, handed(content), digest=report.digest, by=EDITOR, at=now)
    session.commit()

    assert [(row.implementation_code, row.outcome) for row in report.rows] == [(kept, "unchanged")]
    assert editions(engine) == before


def test_a_filled_template_says_in_a_hidden_column_which_edition_holds_and_a_copied_row_says_nothing(
    session: Session, now: datetime
) -> None:
    code = publish_local(session, BANNER_BUREAU, "4", local_notes="一")
    publish_local(session, BANNER_BUREAU, "4", at=now, effective_from=now.date(), local_notes="二")
    claiming.draft(session, code, {"availability": {"status": "offered"}, "local_notes": "三"}, by=EDITOR, at=now)

    content = filled_template(session, agency_code=BANNER_BUREAU, by=EDITOR, at=now)

    sheet = read_workbook(content).sheets[0]
    said = sheet.rows[0].cells[sheet.header.cells.index("取出时版本")]
    assert (seen_edition(said, code), seen_edition(said, code.replace("4", "5", 1))) == (2, None)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert 'hidden="1"' in archive.read("xl/worksheets/sheet1.xml").decode()


@pytest.mark.parametrize("text", ["", "3", "x/3", "CODE/", "CODE/0", "CODE/三", "CODE/-1", "CODE/9999999999"])
def test_what_is_no_mark_of_this_row_says_no_edition(text: str) -> None:
    assert seen_edition(text, "CODE") is None


def test_a_row_that_was_emptied_is_no_row(session: Session, now: datetime) -> None:
    publish_local(session, BANNER_BUREAU, "4")
    book = read_workbook(filled_template(session, agency_code=BANNER_BUREAU, by=EDITOR, at=now))
    first = book.sheets[0]
    row = first.rows[0]
    emptied = row._replace(number=row.number + 1, cells=["" for _ in row.cells[:-1]] + row.cells[-1:])

    intake = take_in(book._replace(sheets=[first._replace(rows=[row, emptied])]))

    assert row.cells[-1]
    assert [one.number for one in intake.rows] == [row.number]


def test_the_template_has_a_sheet_for_each_kind_of_row_with_frozen_headers_and_lists(
    session: Session, now: datetime
) -> None:
    content = empty_template(session, at=now)

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        first = archive.read("xl/worksheets/sheet1.xml").decode()
        book = archive.read("xl/workbook.xml").decode()
        notes = archive.read("xl/comments1.xml").decode()
    assert [sheet.name for sheet in read_workbook(content).sheets] == [
        *(form.name for form in OURS),
        "代码表",
        "填写说明",
    ]
    assert 'state="frozen"' in first
    assert first.count('<dataValidation type="list"') >= 15
    assert 'name="代码表" sheetId="8" state="hidden"' in book
    assert "统一标准规定，不得修改" in notes
    assert "只可收紧" in notes
    assert "<f>" not in first


def test_a_template_of_one_agency_shows_nothing_of_others(session: Session, now: datetime) -> None:
    publish_local(session, BANNER_BUREAU, "4")
    publish_local(session, TOWNSHIP_STATION, "5")

    book = read_workbook(filled_template(session, agency_code=BANNER_BUREAU, by=EDITOR, at=now))

    assert [row.cells[1] for row in book.sheets[0].rows] == [BANNER_BUREAU + "4" + ITEM]


def test_a_template_shows_what_is_inherited_and_what_is_ones_own(session: Session, now: datetime) -> None:
    publish_local(session, BANNER_BUREAU, "4", promised_limit={"amount": 8, "unit": "working_day"})

    sheet = read_workbook(filled_template(session, agency_code=BANNER_BUREAU, by=EDITOR, at=now)).sheets[0]
    row = dict(zip(sheet.header.cells, sheet.rows[0].cells, strict=False))

    assert (row["法定办结时限"], row["承诺办结时限"], row["承诺办结时限单位"]) == ("15", "8", "工作日")
    assert (row["办件类型"], row["是否办理"]) == ("2 承诺件", "offered 本级办理")


def test_a_template_is_filled_for_ones_own_place_only(session: Session, now: datetime) -> None:
    office = Actor("左旗", grants=(Grant(Role.COUNTY_OFFICE, region_code=BANNER),))

    filled_template(session, region_code=BANNER, by=office, at=now)

    with pytest.raises(NotAllowed):
        filled_template(session, region_code=LEAGUE, by=office, at=now)
    with pytest.raises(NotAllowed):
        filled_template(session, agency_code=LEAGUE_BUREAU, by=office, at=now)

"""Valid things with defaults; each test names only what matters to it."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlmodel import Session

from service_catalog import seeding
from service_catalog.actors import Actor
from service_catalog.agencies.facts import AgencyFacts
from service_catalog.agencies.register import register_agency
from service_catalog.agencies.tables import AgencyKind
from service_catalog.appeals import rulebook
from service_catalog.basic_items import editing
from service_catalog.basic_items.content import ItemContent
from service_catalog.basic_items.limits import TimeLimit, TimeUnit
from service_catalog.basic_items.tables import BasicItem
from service_catalog.coding import allocation
from service_catalog.coding.credit_codes import check_character, organisation_check_character
from service_catalog.coding.judging import PROFILE_VECTORS
from service_catalog.implementations import claiming
from service_catalog.implementations.tables import Implementation
from service_catalog.kernel.patching import merged
from service_catalog.lifecycle.standing import Decision
from service_catalog.regions.mapping import add_region
from service_catalog.regions.tables import Region
from service_catalog.regions.tree import RegionKind, RegionLevel

EDITOR, REVIEWER = Actor("编辑甲"), Actor("审核乙")
FOUNDED = datetime(2025, 12, 20, 1, 0, tzinfo=UTC)
IN_FORCE_SINCE = date(2026, 1, 1)

LEAGUE, BANNER, TOWNSHIP = "152900000000", "152921000000", "152921110000"
GACHA, OTHER_GACHA = "152921110201", "152921110202"
ITEM = "150709001000"
SEED_DATA = Path(__file__).parent.parent / "seed_data"


def credit_code(region: str, number: int, prefix: str = "11") -> str:
    """A credit code with right check characters that nobody has."""
    eight = f"DM{number:06}"
    seventeen = prefix + region[:6] + eight + organisation_check_character(eight)
    return seventeen + check_character(seventeen)


LEAGUE_BUREAU = credit_code(LEAGUE, 900001)
BANNER_BUREAU = credit_code(BANNER, 900002)
TOWNSHIP_STATION = credit_code(BANNER, 900003)
GACHA_COMMITTEE = credit_code(BANNER, 900004, "54")


def workdays(amount: int) -> TimeLimit:
    return TimeLimit(amount=amount, unit=TimeUnit.WORKING_DAY)


def calendar_days(amount: int) -> TimeLimit:
    return TimeLimit(amount=amount, unit=TimeUnit.CALENDAR_DAY)


def item_plain(**changes: Any) -> dict[str, Any]:
    """A small but whole standard as plain data: essential, optional and deferrable papers, a fee, two handling items."""
    document: dict[str, Any] = {
        "name": "居住证申领",
        "legal_basis": [
            {
                "law": "居住证暂行条例",
                "document_number": "国务院令第663号",
                "article": "第九条",
                "text": "申领居住证，应当提交材料。",
                "issuing_body": "国务院",
            }
        ],
        "exercise_levels": ["3", "4", "5", "6"],
        "guiding_department": "公安",
        "power_sources_by_level": {"3": ["1"], "4": ["1", "2"], "5": ["1", "5"], "6": ["5"]},
        "service_objects": ["1"],
        "acceptance_conditions": ["在居住地居住半年以上。"],
        "statutory_limit": {"amount": 15, "unit": "working_day"},
        "promised_limit": {"amount": 10, "unit": "working_day"},
        "case_kind": "2",
        "materials": [
            {
                "key": "id-card",
                "name": "居民身份证",
                "type": "1",
                "forms_accepted": "1",
                "necessity": "1",
                "source": "20",
                "original_copies": 1,
                "photo_copies": 1,
            },
            {
                "key": "photo",
                "name": "近期免冠相片",
                "type": "3",
                "forms_accepted": "3",
                "necessity": "2",
                "necessity_case": "系统中没有相片的",
                "source": "10",
                "original_copies": 2,
            },
            {
                "key": "lease",
                "name": "住址证明",
                "type": "1",
                "forms_accepted": "3",
                "necessity": "1",
                "may_defer": True,
                "source": "10",
                "photo_copies": 2,
                "filling_notes": "写明门牌",
            },
        ],
        "steps": [
            {
                "key": "receive",
                "kind": "receive",
                "name": "受理",
                "who": "窗口",
                "action": "查验材料",
                "limit": {"amount": 1, "unit": "working_day"},
                "outcome": "受理回执",
            },
            {
                "key": "review",
                "kind": "review",
                "name": "核查",
                "who": "派出所",
                "action": "核对信息",
                "limit": {"amount": 3, "unit": "working_day"},
                "outcome": "核查意见",
            },
            {
                "key": "decide",
                "kind": "decide",
                "name": "签发",
                "who": "旗公安局",
                "action": "审批制证",
                "limit": {"amount": 2, "unit": "working_day"},
                "outcome": "签发或者书面说明理由",
            },
        ],
        "is_charged": True,
        "fees": [
            {
                "key": "card",
                "name": "工本费",
                "standard": "每证20元",
                "amount": "20.00",
                "unit": "证",
                "basis": "价格文件",
            }
        ],
        "results": [
            {
                "key": "card",
                "kind": "10",
                "name": "居住证",
                "delivery": ["window"],
                "sample": {"name": "票面", "text": "姓名等"},
            }
        ],
        "on_site_visits": 1,
        "on_site_reason": "核对本人",
        "channels": ["1"],
        "online_depth": ["1"],
        "cross_area_scope": "4",
        "service_flags": {
            "in_service_hall": True,
            "online": False,
            "online_payment": False,
            "postal": False,
            "appointment": False,
            "kiosk": False,
        },
        "intermediary_services": [{"name": "翻译", "basis": "外文材料须译", "paid_by": "申请人"}],
        "natural_person_themes": ["010"],
        "rights_and_duties": {
            "rights": ["享受公共服务"],
            "duties": ["如实提供材料"],
            "review_and_appeal": "六十日内可以申请行政复议，六个月内可以起诉。",
        },
        "questions": [{"question": "要本人去吗？", "answer": "首次申领要本人去。"}],
        "handling_items": [
            {"serial": "01", "name": "首次申领", "kind": "new"},
            {
                "serial": "02",
                "name": "签注",
                "kind": "renewal",
                "materials": ["id-card"],
                "promised_limit": {"unit": "immediate"},
            },
        ],
    }
    return merged(document, changes)  # type: ignore[no-any-return]


def item_content(**changes: Any) -> ItemContent:
    """A small but whole standard."""
    return ItemContent.model_validate(item_plain(**changes))


def agency_facts(name: str = "阿拉善左旗公安局", **changes: Any) -> AgencyFacts:
    """What an agency says of itself."""
    document = {
        "name": name,
        "short_name": name[-3:],
        "address": "巴彦浩特镇",
        "service_locations": [
            {"key": "hall-1", "name": f"{name}窗口", "address": "巴彦浩特镇", "phone": "0483-8300001"}
        ],
        "service_hours": {"weekly": [{"days": [1, 2, 3, 4, 5], "opens": "09:00", "closes": "12:00"}]},
        "consultation_channels": [{"way": "telephone", "value": "0483-8300001"}],
        "complaint_channels": [{"way": "telephone", "value": "12345"}],
    }
    return AgencyFacts.model_validate(merged(document, changes))


def decision(effective_on: date, document_number: str = "阿署发〔2026〕1号", reason: str = "依法调整") -> Decision:
    return Decision(document_number, "关于调整事项的通知", "阿拉善盟行政公署", effective_on, reason)


def found_small_catalogue(session: Session, *, at: datetime = FOUNDED, in_force_since: date = IN_FORCE_SINCE) -> None:
    """Registers, a league with one banner, one township, two gachas; an agency at each level; one published item."""
    seeding.load_registers(session, SEED_DATA)
    rulebook.load_folder(session, SEED_DATA / "appeals", by=EDITOR, at=at)
    for code, name, level, parent in (
        (LEAGUE, "阿拉善盟", RegionLevel.LEAGUE, None),
        (BANNER, "阿拉善左旗", RegionLevel.BANNER, LEAGUE),
        (TOWNSHIP, "巴彦浩特镇", RegionLevel.TOWNSHIP, BANNER),
        (GACHA, "巴彦霍德嘎查", RegionLevel.VILLAGE, TOWNSHIP),
        (OTHER_GACHA, "格日勒图嘎查", RegionLevel.VILLAGE, TOWNSHIP),
    ):
        add_region(
            session,
            Region(code=code, name=name, level=level, kind=RegionKind.DIVISION, parent_code=parent),
            by=EDITOR,
            at=at,
        )
    for code, name, region in (
        (LEAGUE_BUREAU, "阿拉善盟公安局", LEAGUE),
        (BANNER_BUREAU, "阿拉善左旗公安局", BANNER),
        (TOWNSHIP_STATION, "巴彦浩特镇派出所", TOWNSHIP),
        (GACHA_COMMITTEE, "巴彦霍德嘎查委员会", GACHA),
    ):
        add_agency(session, code, region, name, at=at)
    publish_item(session, ITEM, item_content(), at=at, effective_from=in_force_since)


def add_agency(session: Session, code: str, region: str, name: str, *, at: datetime = FOUNDED, **facts: Any) -> str:
    """Register an agency with facts in force since the founding."""
    register_agency(
        session, code=code, kind=AgencyKind.ORGAN, nature="1", region_code=region, parent_code=None,
        facts=agency_facts(name, **facts), effective_from=at.date(), rules=PROFILE_VECTORS, by=EDITOR, at=at,
    )  # fmt: skip
    return code


def publish_item(
    session: Session,
    basic_code: str,
    content: ItemContent,
    *,
    at: datetime = FOUNDED,
    effective_from: date = IN_FORCE_SINCE,
    effective_until: date | None = None,
) -> None:
    """Establish an item if need be, and publish the next edition of its standard."""
    if session.get(BasicItem, basic_code) is None:
        allocation.register_basic_code(session, basic_code, document_number="阿署发〔2025〕1号", by=EDITOR, at=at)
        editing.establish(
            session, basic_code, parent_basic_code=None, decision=decision(effective_from), by=EDITOR, at=at
        )
    editing.draft(session, basic_code, content, by=EDITOR, at=at)
    editing.submit(session, basic_code, by=EDITOR, at=at)
    editing.approve(session, basic_code, by=REVIEWER, at=at)
    editing.publish(
        session, basic_code, effective_from=effective_from, effective_until=effective_until, by=REVIEWER, at=at
    )


def publish_local(
    session: Session,
    agency_code: str,
    level: str,
    *,
    basic_code: str = ITEM,
    at: datetime = FOUNDED,
    effective_from: date = IN_FORCE_SINCE,
    effective_until: date | None = None,
    **content: Any,
) -> str:
    """Claim an item if need be, and publish the next edition of its local part; returns the implementation code."""
    code = agency_code + level + basic_code
    if session.get(Implementation, code) is None:
        claiming.claim(session, agency_code=agency_code, exercise_level=level, basic_code=basic_code, by=EDITOR, at=at)
    claiming.draft(session, code, {"availability": {"status": "offered"}} | content, by=EDITOR, at=at)
    claiming.submit(session, code, by=EDITOR, at=at)
    claiming.approve(session, code, by=REVIEWER, at=at)
    claiming.publish(session, code, effective_from=effective_from, effective_until=effective_until, by=REVIEWER, at=at)
    return code

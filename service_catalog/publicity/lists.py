"""The rows of the public lists, in the order in which people read them."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from pydantic import BaseModel
from sqlalchemy import and_, func, select
from sqlmodel import Session, col

from service_catalog.agencies.register import find_agency
from service_catalog.basic_items.editing import SHELF as STANDARDS
from service_catalog.basic_items.limits import TimeLimit
from service_catalog.basic_items.tables import BasicItemEdition
from service_catalog.changes.tables import Subject
from service_catalog.coding.aliases import not_replaced
from service_catalog.coding.codes import BASIC
from service_catalog.implementations.claiming import SHELF as LOCALS
from service_catalog.implementations.tables import Implementation, ImplementationEdition
from service_catalog.implementations.tightening import in_words
from service_catalog.kernel.dates import civil_day, starts_at
from service_catalog.lifecycle.standing import not_cancelled, standings_on
from service_catalog.lifecycle.states import ActKind, WorkState
from service_catalog.lifecycle.tables import Act, ReviewNote, ReviewStep
from service_catalog.registers.registers import Registers, registers_of

ACTS = {
    ActKind.ESTABLISH: "新增",
    ActKind.CHANGE: "变更",
    ActKind.SUSPEND: "暂停",
    ActKind.RESUME: "恢复",
    ActKind.CANCEL: "取消",
    ActKind.DELEGATE: "下放",
    ActKind.TAKE_OVER: "承接",
    ActKind.TAKE_BACK: "上收",
    ActKind.TRANSFER: "划转",
    ActKind.MERGE: "合并",
    ActKind.SPLIT: "拆分",
    ActKind.ENTRUST: "委托",
}
_AT_ONCE = 500


class CatalogueRow(BaseModel):
    """One item of 政务服务事项目录."""

    basic_code: str
    name: str
    item_type: str
    guiding_department: str
    exercise_levels: str
    service_objects: str
    legal_basis: str
    statutory_limit: str
    promised_limit: str
    state: str
    edition: int
    effective_from: date


class DutyRow(BaseModel):
    """One item of an agency's 权责清单."""

    item_type: str
    name: str
    basic_code: str
    implementation_code: str
    exercise_level: str
    availability: str
    legal_basis: str


class RecentRow(BaseModel):
    """One thing that was decided or published lately."""

    recorded_on: date
    what: str
    act: str
    code: str
    name: str
    document_number: str | None
    title: str | None
    issuing_body: str | None
    effective_on: date | None
    edition: int | None


CATALOGUE_HEADER = (
    "基本编码", "事项名称", "事项类型", "业务指导部门", "行使层级", "服务对象", "设定依据", "法定办结时限", "承诺办结时限", "事项状态",
    "版本", "生效日期",
)  # fmt: skip
DUTY_HEADER = ("事项类型", "事项名称", "基本编码", "实施编码", "行使层级", "是否办理", "设定依据")
RECENT_HEADER = ("登记日期", "类别", "行为代码", "编码", "名称", "文号", "文件标题", "发文机关", "生效日期", "版本")


def catalogue(session: Session, day: date) -> Iterator[CatalogueRow]:
    """Yield every item in force on `day`, by code, without holding all documents at once."""
    registers = registers_of(session)
    query = (
        select(BasicItemEdition)
        .where(
            STANDARDS.current(day),
            not_cancelled(Subject.BASIC_ITEM, col(BasicItemEdition.basic_code), day),
            not_replaced(day, col(BasicItemEdition.basic_code)),
        )
        .order_by(col(BasicItemEdition.basic_code))
    )
    for editions in session.scalars(query.execution_options(yield_per=_AT_ONCE)).partitions():
        states = standings_on(session, Subject.BASIC_ITEM, [edition.basic_code for edition in editions], day)
        for edition in editions:
            yield _catalogue_row(edition, registers, states[edition.basic_code].value)
        session.expunge_all()


def _catalogue_row(edition: BasicItemEdition, registers: Registers, state: str) -> CatalogueRow:
    content, code = edition.content, edition.basic_code
    assert edition.effective_from is not None
    return CatalogueRow(
        basic_code=code,
        name=edition.name,
        item_type=registers.label("item_types", code[2:4], code[:2]).zh,
        guiding_department=content["guiding_department"],
        exercise_levels=_labels(registers, "exercise_levels", content["exercise_levels"]),
        service_objects=_labels(registers, "service_objects", content["service_objects"]),
        legal_basis=_bases(content),
        statutory_limit=_limit(content.get("statutory_limit")),
        promised_limit=_limit(content.get("promised_limit")),
        state=registers.label("item_states", state).zh,
        edition=edition.number,
        effective_from=edition.effective_from,
    )


def duties(session: Session, agency_code: str, day: date) -> Iterator[DutyRow]:
    """Yield an agency's items in force on `day`, by type, item and level; raises NoSuchAgency."""
    find_agency(session, agency_code)
    registers = registers_of(session)
    query = (
        select(Implementation, col(ImplementationEdition.availability), BasicItemEdition)
        .join(
            ImplementationEdition,
            col(ImplementationEdition.implementation_code) == col(Implementation.implementation_code),
        )
        .join(BasicItemEdition, col(BasicItemEdition.basic_code) == col(Implementation.basic_code))
        .where(
            col(Implementation.agency_code) == agency_code,
            LOCALS.current(day),
            STANDARDS.current(day),
            not_cancelled(Subject.IMPLEMENTATION, col(Implementation.implementation_code), day),
            not_cancelled(Subject.BASIC_ITEM, col(Implementation.basic_code), day),
            not_replaced(day, col(Implementation.implementation_code), col(Implementation.basic_code)),
        )
        .order_by(
            func.substr(col(Implementation.basic_code), 3, 2), col(Implementation.basic_code),
            col(Implementation.exercise_level),
        )
    )  # fmt: skip
    for implementation, offer, edition in session.execute(query.execution_options(yield_per=_AT_ONCE)):
        code = implementation.basic_code
        yield DutyRow(
            item_type=registers.label("item_types", code[2:4], code[:2]).zh,
            name=edition.name,
            basic_code=code,
            implementation_code=implementation.implementation_code,
            exercise_level=registers.label("exercise_levels", implementation.exercise_level).zh,
            availability=registers.label("availability", offer.value).zh,
            legal_basis=_bases(edition.content),
        )


def recent(session: Session, today: date, days: int) -> list[RecentRow]:
    """Return what was decided about items and bodies' parts, and which standards were published, in the last days.

    The newest moment stands first; a publication that only follows an act of the same day is listed beside it. What was
    withdrawn before it took effect was never in force, and is left out.
    """
    since = starts_at(today - timedelta(days=days - 1))
    acts = session.scalars(select(Act).where(col(Act.at) >= since).order_by(col(Act.at), col(Act.id))).all()
    notes = session.execute(
        select(ReviewNote, col(BasicItemEdition.effective_from))
        .join(
            BasicItemEdition,
            and_(
                col(BasicItemEdition.basic_code) == col(ReviewNote.code),
                col(BasicItemEdition.number) == col(ReviewNote.edition),
            ),
        )
        .where(
            col(ReviewNote.at) >= since,
            col(ReviewNote.step) == ReviewStep.PUBLISH,
            col(ReviewNote.subject) == Subject.BASIC_ITEM,
            col(BasicItemEdition.state) != WorkState.WITHDRAWN,
        )
        .order_by(col(ReviewNote.at), col(ReviewNote.id))
    ).all()
    names = _names(session, {_basic(act.code) for act in acts} | {note.code for note, _ in notes})
    rows = [
        (act.at, RecentRow(
            recorded_on=civil_day(act.at), what=ACTS[act.kind], act=act.kind.value, code=act.code,
            name=names.get(_basic(act.code), ""), document_number=act.document_number, title=act.title,
            issuing_body=act.issuing_body, effective_on=act.effective_on, edition=None,
        ))
        for act in acts
    ]  # fmt: skip
    rows += [
        (note.at, RecentRow(
            recorded_on=civil_day(note.at), what="发布标准", act="publish", code=note.code, name=names.get(note.code, ""),
            document_number=None, title=None, issuing_body=None, effective_on=effective_from,
            edition=note.edition,
        ))
        for note, effective_from in notes
    ]  # fmt: skip
    return [row for _, row in sorted(rows, key=lambda one: (one[0], one[1].code, one[1].act), reverse=True)]


def _names(session: Session, codes: set[str]) -> dict[str, str]:
    """Return the newest published name of each item; one that was withdrawn was never its name."""
    query = (
        select(col(BasicItemEdition.basic_code), col(BasicItemEdition.name))
        .where(
            col(BasicItemEdition.basic_code).in_(codes),
            col(BasicItemEdition.published_at).is_not(None),
            col(BasicItemEdition.state) != WorkState.WITHDRAWN,
        )
        .order_by(col(BasicItemEdition.number))
    )
    return {code: name for code, name in session.execute(query)}  # noqa: C416 - rows are no pairs to a type checker


def _basic(code: str) -> str:
    return code[19:31] if len(code) > BASIC else code


def _labels(registers: Registers, list_name: str, codes: Sequence[str]) -> str:
    return "、".join(registers.label(list_name, code).zh for code in codes)


def _bases(content: dict[str, Any]) -> str:
    return "；".join(f"《{basis['law']}》{basis['article']}" for basis in content["legal_basis"])


def _limit(limit: dict[str, Any] | None) -> str:
    return in_words(TimeLimit.model_validate(limit)).zh if limit else ""

"""Explaining any string as a code: parts, findings, successors."""

from datetime import date

from sqlmodel import Session

from service_catalog.agencies.register import facts_on
from service_catalog.agencies.tables import Agency
from service_catalog.basic_items.editing import SHELF
from service_catalog.basic_items.tables import BasicItem
from service_catalog.changes.tables import Subject
from service_catalog.coding import aliases, foreign
from service_catalog.coding.codes import (
    BASIC,
    HANDLING_ITEM,
    IMPLEMENTATION,
    BasicCode,
    Code,
    HandlingItemCode,
    ImplementationCode,
    parse,
    parse_faults,
)
from service_catalog.coding.judging import PROFILE_VECTORS, CodeFinding, CodeRules, judge, rules_from
from service_catalog.coding.tables import IssuedCode
from service_catalog.implementations.claiming import SHELF as LOCALS
from service_catalog.kernel.errors import Said
from service_catalog.lifecycle.standing import gravest_standing
from service_catalog.lifecycle.states import ItemState
from service_catalog.lookup.schemas import (
    CodeKind,
    ExplainedCode,
    FindingView,
    ParseErrorView,
    PartView,
    SuccessorView,
)
from service_catalog.regions.tables import Region
from service_catalog.regions.tree import EXERCISE_LEVEL
from service_catalog.registers.registers import Label, Registers, registers_of

CASE_NUMBER = 43
_KINDS: dict[int, CodeKind] = {
    BASIC: "basic_item",
    IMPLEMENTATION: "implementation",
    HANDLING_ITEM: "handling_item",
    CASE_NUMBER: "case_number",
}
_NAMES = {
    "agency_code": Label("实施主体编码", "agency code"),
    "exercise_level": Label("行使层级", "exercise level"),
    "basic_code": Label("基本编码", "basic code"),
    "namespace": Label("命名空间", "namespace"),
    "item_type": Label("事项类型", "item type"),
    "department": Label("主管部门", "department in charge"),
    "main_item": Label("主项", "main item"),
    "sub_item": Label("子项", "sub-item"),
    "implementation_code": Label("实施编码", "implementation code"),
    "handling_serial": Label("业务办理项序号", "serial of the handling item"),
    "date": Label("受理日期", "day of acceptance"),
    "serial": Label("流水号", "serial"),
}


def explain_alone(text: str, registers: Registers) -> ExplainedCode:
    """Explain a code by the rules of the published vectors, without looking into the catalogue."""
    return _explain(text, PROFILE_VECTORS, registers, None, date.min)


def explain(session: Session, text: str, day: date, *, village_level_services_only: bool) -> ExplainedCode:
    """Explain a code by the registers of this site, and by what the catalogue knows of it on `day`."""
    registers = registers_of(session)
    rules = rules_from(registers, village_level_services_only=village_level_services_only)
    return _explain(text, rules, registers, session, day)


def _explain(text: str, rules: CodeRules, registers: Registers, session: Session | None, day: date) -> ExplainedCode:
    case = foreign.case_number_parts(text) if len(text) == CASE_NUMBER else None
    readable = case["implementation_code"] if case else text
    faults = parse_faults(readable)
    code = None if faults else parse(readable)
    findings: list[CodeFinding] = []
    if code is not None:
        findings += judge(code, rules)
        findings += _in_catalogue(session, code, day) if session is not None else []
    if case:  # about a case, only what is wrong with its item matters, not what is worth knowing of it
        findings = [finding for finding in findings if finding.severity == "error"]
    if case and not foreign.is_a_day(case["date"]):
        findings.append(
            CodeFinding("case_date", "error", Said("受理日期不是有效日期", "the date is no day of the calendar"))
        )
    parts = case or (_parts(code) if code is not None else {})
    first = faults[0] if faults else None
    layout = foreign.layout_of(text)
    return ExplainedCode(
        code=text,
        kind="case_number"
        if case
        else "foreign"
        if len(text) not in _KINDS or len(text) == CASE_NUMBER
        else _KINDS[len(text)],
        valid=not faults and not any(finding.severity == "error" for finding in findings),
        parts=parts,
        findings=[fault.name for fault in faults] + [finding.rule for finding in findings],
        profile="vectors" if session is None else "catalogue",
        explained_parts=_explained(text, parts, registers, session, day),
        explained_findings=[
            FindingView(rule=f.rule, severity=f.severity, zh=f.said.zh, en=f.said.en) for f in findings
        ],
        parse_error=None
        if first is None
        else ParseErrorView(name=first.name, position=first.position, zh=first.said.zh, en=first.said.en),
        layout=layout.name if layout else None,
        name=_name(session, code, day) if session is not None and code is not None else None,
        successors=_successors(session, readable, day) if session is not None and code is not None else [],
    )


def _parts(code: Code) -> dict[str, str]:
    if isinstance(code, BasicCode):
        return {
            "namespace": code.namespace,
            "item_type": code.item_type,
            "department": code.department,
            "main_item": code.main_item,
            "sub_item": code.sub_item,
        }
    if isinstance(code, ImplementationCode):
        own = {"agency_code": code.agency_code, "exercise_level": code.exercise_level, "basic_code": str(code.basic)}
        return own | _parts(code.basic)
    return _parts(code.implementation) | {
        "implementation_code": str(code.implementation),
        "handling_serial": code.serial,
    }


def _explained(
    text: str, parts: dict[str, str], registers: Registers, session: Session | None, day: date
) -> list[PartView]:
    starts = {
        "agency_code": 1,
        "exercise_level": 19,
        "basic_code": 20,
        "implementation_code": 1,
        "handling_serial": 32,
        "date": 32,
        "serial": 40,
    }
    inner = 20 if len(text) > BASIC else 1
    starts |= {
        "namespace": inner,
        "item_type": inner + 2,
        "department": inner + 4,
        "main_item": inner + 6,
        "sub_item": inner + 9,
    }
    views = []
    for name, value in parts.items():
        start, label = starts[name], _NAMES[name]
        if name == "agency_code":
            meaning = _agency(session, value, day) if session is not None else None
        else:
            meaning = _meaning(name, value, parts, registers)
        views.append(
            PartView(
                name=name, positions=f"{start}-{start + len(value) - 1}" if len(value) > 1 else str(start), value=value,
                zh=label.zh, en=label.en, meaning_zh=meaning.zh if meaning else None, meaning_en=meaning.en if meaning else None,
            )
        )  # fmt: skip
    return views


def _agency(session: Session, code: str, day: date) -> Label | None:
    agency, edition = session.get(Agency, code), facts_on(session, code, day)
    if agency is None:
        return None
    name = edition.facts.name if edition else agency.name
    return Label(name, name)


def _meaning(name: str, value: str, parts: dict[str, str], registers: Registers) -> Label | None:
    if name == "sub_item":
        return Label("主项本身，未分子项", "the main item itself") if value == "000" else None
    lists = {
        "exercise_level": "exercise_levels",
        "namespace": "namespaces",
        "item_type": "item_types",
        "department": "departments",
    }
    if name not in lists:
        return None
    label = registers.label(lists[name], value, parts.get("namespace", ""))
    return None if label == Label(value, value) else label


def _in_catalogue(session: Session, code: Code, day: date) -> list[CodeFinding]:
    findings = []
    implementation = code.implementation if isinstance(code, HandlingItemCode) else code
    basic = implementation if isinstance(implementation, BasicCode) else implementation.basic
    agency = session.get(Agency, implementation.agency_code) if isinstance(implementation, ImplementationCode) else None
    if isinstance(implementation, ImplementationCode) and agency is None:
        findings.append(_error("agency_unknown", "没有登记这个实施主体", "no such agency is registered"))
    item = session.get(BasicItem, str(basic))
    if item is None:
        findings.append(_error("basic_code_unknown", "目录中没有这个基本编码", "the catalogue has no such basic code"))
    if not basic.is_main_item and session.get(BasicItem, str(basic)[:9] + "000") is None:
        parent = item.parent_basic_code if item else None
        if parent is None or session.get(BasicItem, parent) is None:
            findings.append(_error("parent_missing", "目录中没有它的主项", "the catalogue has no main item for it"))
    edition = SHELF.on(session, str(basic), day) if item else None
    if isinstance(implementation, ImplementationCode) and edition is not None:
        levels = edition.content["exercise_levels"]
        if implementation.exercise_level not in levels:
            findings.append(
                _error(
                    "level_not_in_standard",
                    f"标准规定的层级为 {'、'.join(levels)}",
                    f"the standard provides for levels {', '.join(levels)}",
                )
            )
        findings += _level_of_agency(session, implementation, agency, day)
    if isinstance(code, HandlingItemCode) and edition is not None:
        serials = {row["serial"] for row in edition.content.get("handling_items", [])}
        if code.serial not in serials:
            findings.append(
                _error("serial_unknown", "标准中没有这个业务办理项", "the standard has no such handling item")
            )
    return findings + _retired(session, code, day)


def _level_of_agency(session: Session, code: ImplementationCode, agency: Agency | None, day: date) -> list[CodeFinding]:
    edition = LOCALS.on(session, str(code), day)
    if agency is None or edition is None or edition.content.get("power_source") != "1":
        return []
    region = session.get(Region, agency.region_code)
    if region is None or EXERCISE_LEVEL[region.level] == code.exercise_level:
        return []
    said = Said(
        "行使层级与实施主体所在层级不同，而权力来源是法定本级行使",
        "the level differs from that of the agency although the power is its own by law",
    )
    return [CodeFinding("level_differs_from_agency", "warning", said)]


def _retired(session: Session, code: Code, day: date) -> list[CodeFinding]:
    """Say how a code ended: it was replaced, its implementation or its item was cancelled, or its number retired."""
    implementation = code.implementation if isinstance(code, HandlingItemCode) else code
    basic = implementation if isinstance(implementation, BasicCode) else implementation.basic
    after = aliases.successors_of(session, str(code), day)
    if after:
        codes = "、".join(replacement.new_code for replacement in after)
        paper = after[0].document_number
        return [_notice(f"已由 {codes} 代替（{paper}）", f"replaced by {codes} ({paper})")]
    things = [(Subject.BASIC_ITEM, str(basic)), (Subject.IMPLEMENTATION, str(implementation))]
    standing = gravest_standing(session, things, day)
    if standing.state is ItemState.CANCELLED:
        return [_ended(standing.since, standing.document_number)]
    issued = session.get(IssuedCode, str(basic))
    if issued is not None and issued.retired_on is not None and issued.retired_on <= day:
        return [_ended(issued.retired_on, issued.retired_by_document)]
    return []


def _ended(since: date | None, paper: str | None) -> CodeFinding:
    return _notice(f"已于 {since} 停用（{paper}）", f"retired on {since} ({paper})")


def _notice(zh: str, en: str) -> CodeFinding:
    return CodeFinding("code_retired", "notice", Said(zh, en))


def _error(rule: str, zh: str, en: str) -> CodeFinding:
    return CodeFinding(rule, "error", Said(zh, en))


def _name(session: Session, code: Code, day: date) -> str | None:
    implementation = code.implementation if isinstance(code, HandlingItemCode) else code
    basic = implementation if isinstance(implementation, BasicCode) else implementation.basic
    edition = SHELF.on(session, str(basic), day)
    return edition.name if edition else None


def _successors(session: Session, code: str, day: date) -> list[SuccessorView]:
    return [
        SuccessorView(
            code=alias.new_code,
            valid_from=alias.valid_from,
            document_number=alias.document_number,
            act_kind=alias.act_kind,
        )
        for alias in aliases.successors_of(session, code, day)
    ]

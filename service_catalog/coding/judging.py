"""Findings about a code that can be read: rules of the code itself, without a catalogue; pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from service_catalog.coding import credit_codes
from service_catalog.coding.codes import BasicCode, Code, HandlingItemCode, ImplementationCode
from service_catalog.kernel.errors import Said
from service_catalog.registers.registers import Registers

Severity = Literal["error", "warning", "notice"]
PUBLIC_SERVICE = "20"


class CodeFinding(NamedTuple):
    """One rule that a readable code breaks, or something its reader should know."""

    rule: str
    severity: Severity
    said: Said


@dataclass(frozen=True)
class CodeRules:
    """What a site declares about codes. None means: not enforced."""

    schemes: tuple[re.Pattern[str], ...] = ()
    item_types: frozenset[str] = frozenset()
    item_type_variants: frozenset[tuple[str, str]] = frozenset()
    """(namespace, type) where the namespace gives the type another meaning, or extends the list."""
    namespaces: frozenset[str] | None = None
    departments: frozenset[tuple[str, str]] | None = None
    village_level_services_only: bool = False
    public_service_types: dict[str, str] = field(default_factory=dict)
    """Namespace → its own type for public services, where it is not 20."""


NATIONAL_TYPES = frozenset({"01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "20"})
PROFILE_VECTORS = CodeRules(
    schemes=(re.compile(r"TE[0-9]{6}[0-9A-Z]{10}"),),
    item_types=NATIONAL_TYPES,
    item_type_variants=frozenset({("44", "20"), ("44", "21")}),
    public_service_types={"44": "21"},
)
"""How the published vectors are judged (handbook, codes §7): TE declared, no department table, no database."""


def rules_from(registers: Registers, *, village_level_services_only: bool) -> CodeRules:
    """Return the rules that the registers of this site make."""
    scoped = {key: codes for key, codes in registers.lists.items() if key[1]}
    variants = {
        (namespace, code) for (name, namespace), codes in scoped.items() if name == "item_types" for code in codes
    }
    departments = {
        (namespace, code) for (name, namespace), codes in scoped.items() if name == "departments" for code in codes
    }
    services = {
        namespace: code
        for (name, namespace), codes in scoped.items()
        if name == "item_types"
        for code, label in codes.items()
        if label == registers.label("item_types", PUBLIC_SERVICE) or label.en == "public service"
    }
    return CodeRules(
        schemes=tuple(re.compile(scheme.pattern) for scheme in registers.schemes),
        item_types=frozenset(registers.codes("item_types")),
        item_type_variants=frozenset(variants),
        namespaces=frozenset(registers.codes("namespaces")),
        departments=frozenset(departments),
        village_level_services_only=village_level_services_only,
        public_service_types=services,
    )


def judge(code: Code, rules: CodeRules) -> list[CodeFinding]:
    """Return every finding about `code`, in the order of its positions."""
    findings: list[CodeFinding] = []
    implementation = code.implementation if isinstance(code, HandlingItemCode) else code
    if isinstance(implementation, ImplementationCode):
        findings += judge_agency(implementation.agency_code, rules)
        findings += _level(implementation, rules)
        return findings + list(_basic(implementation.basic, rules))
    assert isinstance(code, BasicCode)
    return list(_basic(code, rules))


def judge_agency(agency_code: str, rules: CodeRules) -> list[CodeFinding]:
    """Judge positions 1 to 18; a declared placeholder scheme decides before the check character does."""
    if any(scheme.fullmatch(agency_code) for scheme in rules.schemes):
        return [
            CodeFinding(
                "agency_placeholder",
                "warning",
                Said(
                    "无统一社会信用代码主体的占位码，不校验校验位",
                    "a placeholder for a body without a credit code; its check character is not evaluated",
                ),
            )
        ]
    wrong = credit_codes.outside_alphabet(agency_code)
    if wrong:
        places = "、".join(map(str, wrong))
        return [
            CodeFinding(
                "agency_charset",
                "error",
                Said(
                    f"第 {places} 位出现统一社会信用代码不使用的字符（I、O、S、V、Z）",
                    f"position {', '.join(map(str, wrong))}: a character that GB 32100 leaves out (I, O, S, V, Z)",
                ),
            )
        ]
    if credit_codes.is_right(agency_code):
        return []
    expected = credit_codes.check_character(agency_code[:17])
    inner = credit_codes.organisation_part_is_right(agency_code)
    hint = (
        Said(
            "其中组织机构代码正确，可能错在第 18 位或前 8 位",
            "the organisation code inside is right: look at position 18 or 1 to 8",
        )
        if inner
        else Said(
            "其中组织机构代码（第 9 至 17 位）也不正确", "the organisation code inside (positions 9 to 17) is wrong too"
        )
    )
    return [
        CodeFinding(
            "agency_check_digit",
            "error",
            Said(
                f"第 18 位校验码应为 {expected}，实际为 {agency_code[17]}；{hint.zh}",
                f"check character should be {expected}, is {agency_code[17]}; {hint.en}",
            ),
        )
    ]


def _level(code: ImplementationCode, rules: CodeRules) -> Iterator[CodeFinding]:
    if code.exercise_level not in "123456":
        yield CodeFinding(
            "level_out_of_range",
            "error",
            Said(
                f"行使层级 {code.exercise_level} 不在 1 至 6 之间",
                f"exercise level {code.exercise_level} is not 1 to 6",
            ),
        )
    service = rules.public_service_types.get(code.basic.namespace, PUBLIC_SERVICE)
    if rules.village_level_services_only and code.exercise_level == "6" and code.basic.item_type != service:
        yield CodeFinding(
            "village_level_type",
            "warning",
            Said("嘎查（村、社区）级只办理公共服务事项", "the village level is for public services only"),
        )


def _basic(code: BasicCode, rules: CodeRules) -> Iterator[CodeFinding]:
    namespace, item_type = code.namespace, code.item_type
    if rules.namespaces is not None and namespace not in rules.namespaces:
        yield CodeFinding(
            "namespace_unknown",
            "warning",
            Said(f"命名空间 {namespace} 未登记", f"namespace {namespace} is not registered"),
        )
    if (namespace, item_type) in rules.item_type_variants:
        yield CodeFinding(
            "item_type_local_variant",
            "notice",
            Said(
                f"事项类型 {item_type} 在命名空间 {namespace} 中另有含义",
                f"type {item_type} has a meaning of its own in namespace {namespace}",
            ),
        )
    elif item_type not in rules.item_types:
        yield CodeFinding(
            "item_type_unregistered",
            "error",
            Said(f"事项类型 {item_type} 未登记", f"item type {item_type} is not registered"),
        )
    if rules.departments is not None and (namespace, code.department) not in rules.departments:
        yield CodeFinding(
            "department_unregistered",
            "warning",
            Said(
                f"命名空间 {namespace} 中没有部门 {code.department}",
                f"no department {code.department} in namespace {namespace}",
            ),
        )

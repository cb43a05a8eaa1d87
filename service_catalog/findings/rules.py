"""The rules of the engine: their severity, what they are called, and how strict a site takes them; pure."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, NamedTuple

from service_catalog.basic_items.findings import Severities
from service_catalog.changes.tables import Subject
from service_catalog.findings.tables import Severity
from service_catalog.kernel.errors import Said
from service_catalog.settings import Settings

LINT = "lint_"
"""How the rules of the lint are called here: `lint_` and their own name."""


class Rule(NamedTuple):
    """How bad it is where the site says nothing else, and what it is called."""

    severity: Severity
    title: Said


class Broken(NamedTuple):
    """One rule that one element breaks, before it is known whose element it is."""

    rule: str
    element: str
    """JSON pointer; rows are named by their key."""
    said: Said
    standard_value: Any = None
    local_value: Any = None
    since: date | None = None
    """The first day on which it was so, where a date says."""
    severity: Severity | None = None
    """Where the rule itself leaves it open: the lint says its own."""


class Thing(NamedTuple):
    """What a finding is about, and where that belongs."""

    subject: Subject
    code: str
    region_code: str
    agency_code: str | None = None
    basic_code: str | None = None


Found = tuple[Thing, Broken]


def _error(zh: str, en: str) -> Rule:
    return Rule(Severity.ERROR, Said(zh, en))


def _warning(zh: str, en: str) -> Rule:
    return Rule(Severity.WARNING, Said(zh, en))


def _notice(zh: str, en: str) -> Rule:
    return Rule(Severity.NOTICE, Said(zh, en))


RULES: Mapping[str, Rule] = {
    "same_code_another_name": _warning("同一编码对应不同事项", "the same code stands for another item"),
    "same_name_another_code": _warning("同一名称对应不同编码", "the same name under another code"),
    "agency_check_digit": _error("实施主体编码校验位不符", "an agency code with a wrong check character"),
    "agency_charset": _error("实施主体编码含不使用的字符", "an agency code with characters it must not have"),
    "agency_placeholder": _notice("实施主体使用占位码", "a body without a credit code"),
    "item_type_unregistered": _error("事项类型未登记", "an unregistered item type"),
    "item_type_local_variant": _notice("事项类型在该命名空间另有含义", "the type means something else in this namespace"),
    "namespace_unknown": _warning("命名空间未登记", "an unregistered namespace"),
    "department_unregistered": _warning("部门代码未登记", "an unregistered department"),
    "village_level_type": _warning("嘎查（村）级办理非公共服务", "no public service, at village level"),
    "level_not_in_standard": _error("行使层级不在标准之内", "a level that the standard does not provide for"),
    "level_differs_from_agency": _warning("行使层级与实施主体层级不同", "the level differs from that of the body"),
    "claimed_by_nobody": _warning("没有任何地方认领", "claimed by nobody"),
    "unclaimed_here": _warning("其他地方已认领，此处未认领", "claimed elsewhere, unclaimed here"),
    "unclaimed_in_villages": _notice("所辖嘎查（村、社区）未认领", "unclaimed in gachas of this township"),
    "outdated_basis": _warning("依据的标准版本已过时", "based on an edition of the standard that is out of date"),
    "limit_beyond_law": _error("时限超过法定时限", "a limit beyond the law"),
    "limit_beyond_standard": _error("时限超过标准", "a limit beyond the standard"),
    "breaks_standard": _error("本地内容与标准相抵触，已按标准展示", "contradicts the standard; guides show the standard"),
    "row_gone_from_standard": _notice("本地内容所指的标准条目已不存在", "speaks of a row that the standard no longer has"),
    "translation_missing": _notice("缺少已审定的蒙古文译文", "texts without a checked Mongolian translation"),
    "link_looks_wrong": _warning("网址可能有误", "a link that looks wrong"),
    "review_overdue": _notice("超过复核日期", "older than its review date"),
    "delegated_not_taken_over": _error("下放后到期未承接", "delegated, and not taken over by its date"),
    "scheduled_publication_failed": _error("已批准的版本不能生效", "an approved edition that can no longer take effect"),
    "asked_often": _notice("群众反复咨询或者纠错", "asked about again and again"),
    "calendar_missing": _warning("工作日历尚未加载", "the working-day calendar of a coming year is missing"),
    "local_part_unreadable": _error("本地内容无法识读", "a local part that cannot be read"),
}  # fmt: skip
LINT_TITLE = Said("文本检查", "what the lint says of the text")


def title_of(rule: str) -> Said:
    """Return what a rule is called; one that no longer exists is called by its name."""
    if rule.startswith(LINT):
        return LINT_TITLE
    known = RULES.get(rule)
    return known.title if known else Said(rule, rule)


@dataclass(frozen=True)
class Strictness:
    """What a site makes of the rules."""

    severities: Mapping[str, str] = field(default_factory=dict)
    """Rule → error, warning, notice or off; others keep their own."""
    lint_severities: Severities = field(default_factory=dict)
    lint_words: Mapping[str, Sequence[str]] = field(default_factory=dict)
    review_after_months: int = 12
    """0: texts have no review date."""
    village_level_services_only: bool = False

    def __post_init__(self) -> None:
        unknown = [rule for rule in self.severities if rule not in RULES and not rule.startswith(LINT)]
        if unknown:
            raise ValueError(f"no such rule: {', '.join(sorted(unknown))}; known: {', '.join(RULES)}, {LINT}…")

    @classmethod
    def of(cls, settings: Settings) -> "Strictness":
        """Return what the settings say; raises ValueError for a rule that does not exist."""
        return cls(
            settings.finding_severities, settings.lint_severities, settings.lint_words, settings.review_after_months,
            settings.village_level_services_only,
        )  # fmt: skip

    def severity_of(self, broken: Broken) -> Severity | None:
        """Return how bad it is here; None where the site has switched the rule off."""
        said = self.severities.get(broken.rule)
        if said == "off":
            return None
        if said is not None:
            return Severity(said)
        return broken.severity or RULES[broken.rule].severity

    @property
    def digest(self) -> str:
        """Return what tells two sets of rules apart."""
        own = [sorted(RULES), asdict(self)]
        return hashlib.sha256(json.dumps(own, sort_keys=True).encode()).hexdigest()

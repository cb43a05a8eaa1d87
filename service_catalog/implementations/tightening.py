"""The tightening rules, one function each (handbook, inheritance §3); pure.

A rule answers None when it passes, else the sentence that says why not. Which element follows which
rule is data (the inheritance matrix); what a rule means is written here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from service_catalog.basic_items.content import Fee, ItemContent, Material, Step
from service_catalog.basic_items.limits import LongestRun, TimeLimit, TimeUnit, Verdict, is_not_longer, together_longer
from service_catalog.implementations.content import LocalContent, LocalFee
from service_catalog.kernel.errors import Said


@dataclass(frozen=True)
class Case:
    """What a rule may look at besides the two values."""

    content: ItemContent
    local: LocalContent
    level: str
    worst: LongestRun
    row: Any = None
    """The row of the standard, for columns of rows."""


Rule = Callable[[Any, Any, str, Case], Said | None]


def obeys(rule: str | None, local: Any, standard: Any, case: Case) -> Said | None:
    """Apply a rule of the matrix, written `name` or `name:argument`; an unknown rule lets nothing pass."""
    if rule is None:
        return None
    name, _, argument = rule.partition(":")
    function = RULES.get(name)
    if function is None:
        return Said(f"矩阵中的规则“{rule}”不被识别，拒绝修改", f"the matrix names an unknown rule {rule!r}")
    return function(local, standard, argument, case)


def _lte(local: Any, standard: Any, argument: str, case: Case) -> Said | None:
    if local <= (standard or 0):
        return None
    return Said(
        f"只能减少：标准为 {standard or 0}，填报为 {local}",
        f"may only be fewer: the standard says {standard or 0}, not {local}",
    )


def _code_lte(local: Any, standard: Any, argument: str, case: Case) -> Said | None:
    if standard is None or int(local) <= int(standard):
        return None
    return Said(
        f"只能扩大范围：标准为 {standard}，填报为 {local}",
        f"may only be wider (a smaller code): {standard}, not {local}",
    )


def _superset(local: Any, standard: Any, argument: str, case: Case) -> Said | None:
    if not isinstance(local, tuple) or not isinstance(standard, tuple):
        return _inapplicable("superset")
    missing = [value for value in standard if value not in local]
    if not missing:
        return None
    shown = "、".join(map(str, missing))
    return Said(f"标准已有的不得取消：{shown}", f"what the standard offers stays: {shown}")


def _inapplicable(rule: str) -> Said:
    return Said(f"规则“{rule}”不适用于此内容，拒绝修改", f"rule {rule!r} cannot be applied here")


def _more_forms(local: Any, standard: Any, argument: str, case: Case) -> Said | None:
    forms = {"1": {"1"}, "2": {"2"}, "3": {"1", "2"}}
    if forms[standard] <= forms[local]:
        return None
    return Said("标准接受的材料形式不得取消", "a form that the standard accepts stays accepted")


def _adds_no_demand(local: Any, standard: Any, argument: str, case: Case) -> Said | None:
    return None


def _only_from(local: Any, standard: Any, argument: str, case: Case) -> Said | None:
    words = {True: "yes", False: "no"}
    before, _, after = argument.partition("_to_")
    if words.get(standard, standard) == before and words.get(local, local) == after:
        return None
    return Said(f"只能由 {before} 改为 {after}", f"may only go from {before} to {after}")


def _order(local: Any, standard: Any, argument: str, case: Case) -> Said | None:
    order = argument.split(">")
    row: Material = case.row
    if local not in order or standard not in order:
        return _inapplicable(f"order:{argument}")
    if order.index(local) < order.index(standard):
        return Said("材料必要性只能放宽要求", "a paper may only become less demanded")
    if not row.may_defer:
        return Said("标准未允许该材料容缺或改为非必要", "the standard does not let this paper be deferred")
    if local == "2" and row.necessity_case is None:
        return Said("标准未写明非必要时的办理情形", "the standard states no case in which this paper is needed")
    return None


def _member_of(local: Any, standard: Any, argument: str, case: Case) -> Said | None:
    allowed: Any = getattr(case.content, argument, ())
    if isinstance(allowed, Mapping):
        allowed = allowed.get(case.level, ())
    if local in allowed:
        return None
    shown = "、".join(allowed) or "无"
    return Said(f"标准允许的取值为：{shown}", f"the standard allows: {', '.join(allowed) or 'none'}")


def _not_longer_than(local: TimeLimit, standard: Any, argument: str, case: Case) -> Said | None:
    if any(element not in ItemContent.model_fields for element in _bounds(argument)):
        return _inapplicable(f"not_longer_than:{argument}")
    bound = _broken_bound(local, argument, case)
    return _compare(local, bound, case.worst) if bound is not None else None


def _bounds(argument: str) -> list[str]:
    return [name.strip().removeprefix("standard.") for name in argument.split(",")]


def _broken_bound(local: TimeLimit, argument: str, case: Case) -> TimeLimit | None:
    """Return the shortest of the bounds that a limit does not keep: whoever keeps that one is not refused again.

    Of two that cannot be compared the later one counts: the law is named first, the standard's own promise after it.
    """
    binding: TimeLimit | None = None
    for element in _bounds(argument):
        bound: TimeLimit | None = getattr(case.content, element)
        if bound is None or is_not_longer(local, bound, case.worst) is Verdict.YES:
            continue
        if binding is None or is_not_longer(bound, binding, case.worst) is not Verdict.NO:
            binding = bound
    return binding


def held_against(rule: str | None, local: Any, standard: Any, case: Case) -> Any:
    """Return the value of the standard that a refusal by this rule speaks of: the bound broken, else the element's own."""
    name, _, argument = (rule or "").partition(":")
    if name != "not_longer_than" or any(element not in ItemContent.model_fields for element in _bounds(argument)):
        return standard
    return _broken_bound(local, argument, case) or standard


def _compare(local: TimeLimit, bound: TimeLimit, worst: LongestRun) -> Said | None:
    verdict = is_not_longer(local, bound, worst)
    if verdict is Verdict.YES:
        return None
    if verdict is Verdict.NO:
        return Said(
            f"时限只能缩短：标准为{in_words(bound).zh}，填报为{in_words(local).zh}",
            f"may only be shorter: the standard allows {in_words(bound).en}, not {in_words(local).en}",
        )
    return Said(
        f"不能证明{in_words(local).zh}不长于{in_words(bound).zh}，请用同一单位表述",
        f"{in_words(local).en} is not provably within {in_words(bound).en}; state both in one unit",
    )


def _step_limit(local: TimeLimit, standard: TimeLimit | None, argument: str, case: Case) -> Said | None:
    return _compare(local, standard, case.worst) if standard is not None else None


def _lower_with_document(local: LocalFee, standard: Fee, argument: str, case: Case) -> Said | None:
    waived = local.amount == 0
    if local.amount is not None and not waived and (standard.amount is None or local.amount > standard.amount):
        return Said(
            f"收费只能降低：标准为 {standard.amount} 元", f"a fee may only be lower: the standard is {standard.amount}"
        )
    lowered = local.amount is not None and local.amount != standard.amount
    reworded = local.standard is not None and local.standard != standard.standard
    if reworded and not lowered:
        return Said("改写收费标准须同时写明更低的金额", "other words for a fee need a lower amount beside them")
    if lowered and not (_is_written(local.document_number) and local.valid_from):
        return Said("降低或免收费用须有文号和起始日期", "a lower or waived fee needs a document number and a first day")
    if local.document_number is not None and not _is_written(local.document_number):
        return Said("文号不能为空白", "the document number is blank")
    if local.valid_from and local.valid_until and local.valid_from > local.valid_until:
        return Said("起始日期不得晚于终止日期", "the first day lies after the last day")
    return None


def _is_written(words: str | None) -> bool:
    return words is not None and bool(words.strip())


def _may_switch_on(local: Mapping[str, bool], standard: Any, argument: str, case: Case) -> Said | None:
    off = [flag for flag, value in local.items() if not value and getattr(case.content.service_flags, flag)]
    if not off:
        return None
    return Said(f"标准已提供的服务不得关闭：{'、'.join(off)}", f"what the standard offers stays on: {', '.join(off)}")


def _droppable(local: Any, standard: Any, argument: str, case: Case) -> Said | None:
    row: Material = case.row
    if row.necessity == "2":
        return None
    return Said(f"“{row.name}”是必要材料，不得取消", f"{row.name} is essential and stays")


def _with_reason(local: Any, standard: Any, argument: str, case: Case) -> Said | None:
    return None if local.offered or local.reason else Said("不办理须说明理由", "leaving it out needs a reason")


def _always(local: Any, standard: Any, argument: str, case: Case) -> Said | None:
    return None


RULES: dict[str, Rule] = {
    "lte": _lte,
    "code_lte": _code_lte,
    "superset": _superset,
    "member_of": _member_of,
    "not_longer_than": _not_longer_than,
    "lte_and_sum_not_longer_than": _step_limit,
    "lte_with_document": _lower_with_document,
    "may_switch_on": _may_switch_on,
    "subset": _always,
    "subset_by_standard_row": _droppable,
    "subset_with_reason": _with_reason,
    "order": _order,
    "only_from_2_to_1": lambda local, standard, argument, case: _only_from(local, standard, "2_to_1", case),
    "only_from_10_to_20": lambda local, standard, argument, case: _only_from(local, standard, "10_to_20", case),
    "only_from_yes_to_no": lambda local, standard, argument, case: _only_from(local, standard, "yes_to_no", case),
    "within_standard": _always,
}
"""`within_standard` (dates) is checked when an edition is published, `subset` by the row having been found."""

FORMS_RULE: Rule = _more_forms


def steps_exceed(steps: tuple[Step, ...], promise: TimeLimit, worst: LongestRun) -> Said | None:
    """Say so when all steps together take provably longer than the promise."""
    if not together_longer([step.limit for step in steps if step.limit is not None], promise, worst):
        return None
    words = in_words(promise)
    named = [(step.name, in_words(step.limit)) for step in steps if step.limit is not None]
    zh = "、".join(f"{name}{limit.zh}" for name, limit in named)
    en = ", ".join(f"{name} {limit.en}" for name, limit in named)
    return Said(
        f"各环节（{zh}）合计超过承诺时限{words.zh}",
        f"the steps together ({en}) take longer than the promise of {words.en}",
    )


_UNITS = {
    TimeUnit.HOUR: Said("小时", "hour"),
    TimeUnit.WORKING_DAY: Said("个工作日", "working day"),
    TimeUnit.CALENDAR_DAY: Said("个自然日", "calendar day"),
    TimeUnit.WEEK: Said("周", "week"),
    TimeUnit.MONTH: Said("个月", "month"),
    TimeUnit.YEAR: Said("年", "year"),
}


def says_as_long(one: TimeLimit | None, other: TimeLimit | None) -> bool:
    """Tell whether two limits are the same amount of the same unit; how they are explained makes no difference."""
    if one is None or other is None:
        return one is other
    return (one.amount, one.unit) == (other.amount, other.unit)


def in_words(limit: TimeLimit) -> Said:
    """Say a limit: 10个工作日, 10 working days."""
    if limit.amount is None:
        return Said("当场办结", "on the spot")
    unit = _UNITS[limit.unit]
    return Said(f"{limit.amount}{unit.zh}", f"{limit.amount} {unit.en}{'' if limit.amount == 1 else 's'}")

"""Cross-field rules that a well-written standard keeps (handbook, inheritance §6); pure.

Rules 7 (phones) and 15 (names within an agency) speak of things that a standard alone does not hold;
`implementations/lint.py` holds the local part against these rules. Of an item that nobody applies for
(`records`) only the texts are looked at.
"""

from collections.abc import Iterator
from typing import Any

from service_catalog.basic_items.content import ItemContent, OnlineDepth, StepKind
from service_catalog.basic_items.findings import LintFinding as LintFinding
from service_catalog.basic_items.findings import Severities as Severities
from service_catalog.basic_items.findings import as_severe_as as as_severe_as
from service_catalog.basic_items.limits import LongestRun, TimeUnit, Verdict, is_not_longer, together_longer
from service_catalog.basic_items.records import has_guides
from service_catalog.basic_items.wording import HANDBOOK, Wording

NO_LONGEST_RUN: LongestRun = lambda n: None  # noqa: E731 - a named constant reads better than a function here


def lint(
    content: ItemContent,
    item_type: str,
    worst: LongestRun = NO_LONGEST_RUN,
    severities: Severities | None = None,
    wording: Wording = HANDBOOK,
) -> list[LintFinding]:
    """Return every rule that `content` breaks, in the order of the rules, as severe as the site takes it."""
    found = sorted(_findings(content, item_type, worst, wording), key=lambda finding: finding.rule)
    return as_severe_as(severities or {}, found)


def _findings(c: ItemContent, item_type: str, worst: LongestRun, wording: Wording) -> Iterator[LintFinding]:
    if has_guides(item_type):
        yield from _promise_and_case_kind(c)
        yield from _result_kinds(c)
        yield from _visits(c)
        yield from _charges(c)
        yield from _themes(c)
        yield from _licence_flow(c, item_type)
        yield from _result_samples(c)
        yield from _limits(c, worst)
    yield from _texts(c, wording)


def _promise_and_case_kind(c: ItemContent) -> Iterator[LintFinding]:
    promise = c.promised_limit
    if promise is not None and c.case_kind != ("1" if promise.unit is TimeUnit.IMMEDIATE else "2"):
        yield LintFinding(
            1, "case_kind_mismatch", "error", "/case_kind",
            "承诺时限为“即时”时办件类型必须是即办件，否则是承诺件",
            "an immediate promise goes with case kind 1, every other promise with 2",
        )  # fmt: skip


def _result_kinds(c: ItemContent) -> Iterator[LintFinding]:
    for index, result in enumerate(c.results):
        expected = "10" if result.name.endswith("证") else "20" if result.name.endswith(("文", "批复")) else None
        if expected and result.kind != expected:
            yield LintFinding(
                2, "result_kind_mismatch", "warning", f"/results/{index}/kind",
                f"结果名称“{result.name}”与结果类型 {result.kind} 不符，应为 {expected}",
                f"a result named {result.name} should be of kind {expected}",
            )  # fmt: skip


def _visits(c: ItemContent) -> Iterator[LintFinding]:
    if (c.on_site_visits > 0) != (c.on_site_reason is not None):
        yield LintFinding(
            3, "on_site_reason_mismatch", "warning", "/on_site_reason",
            "到现场次数不为 0 须说明原因，为 0 时不得填写原因",
            "visits other than 0 need a reason; 0 visits have none",
        )  # fmt: skip
    if c.on_site_visits == 0 and not c.service_flags.online and not c.service_flags.postal:
        yield LintFinding(
            4, "no_way_without_visit", "warning", "/service_flags/postal",
            "零跑动且不能网办时，必须提供邮寄办理",
            "without visits and without online handling, post must be offered",
        )  # fmt: skip
    if c.on_site_visits > 0 and is_entirely_online(c.online_depth):
        yield LintFinding(
            5, "visits_although_online", "error", "/on_site_visits",
            "全程网办的事项，到现场次数应为 0", "what is handled entirely online (grade IV) needs no visit",
        )  # fmt: skip


def is_entirely_online(depth: "tuple[OnlineDepth, ...]") -> bool:
    """Tell whether an item is of online grade IV (全程网办): accepted and decided on the internet."""
    return {"4", "5"} <= set(depth)


def _charges(c: ItemContent) -> Iterator[LintFinding]:
    complete = bool(c.fees) if c.is_charged else not c.fees and not c.service_flags.online_payment
    if not complete:
        yield LintFinding(
            6, "charge_incomplete", "error", "/fees",
            "收费事项须有收费项目、标准和依据；不收费事项不得有收费项目和网上支付",
            "a charged item has fee rows; an uncharged one has neither fee rows nor online payment",
        )  # fmt: skip


def _themes(c: ItemContent) -> Iterator[LintFinding]:
    serves = {
        "natural_person_themes": "1" in c.service_objects,
        "legal_person_themes": bool(set(c.service_objects) - {"1"}),
    }
    for element, served in serves.items():
        if served != bool(getattr(c, element)):
            yield LintFinding(
                8, "themes_mismatch", "warning", f"/{element}",
                "主题分类与服务对象不一致", "themes and service objects do not agree",
            )  # fmt: skip


def _licence_flow(c: ItemContent, item_type: str) -> Iterator[LintFinding]:
    if item_type != "01":
        return
    missing = [kind.value for kind in StepKind if kind not in {step.kind for step in c.steps}]
    if missing:
        yield LintFinding(
            9, "licence_flow_incomplete", "warning", "/steps",
            "行政许可的流程至少包括受理、审核、审批、办结、送达", f"steps missing: {', '.join(missing)}",
        )  # fmt: skip
    if not c.questions:
        yield LintFinding(
            9, "licence_without_question", "warning", "/questions",
            "行政许可至少有一个常见问题", "a licence has at least one question",
        )  # fmt: skip


def _result_samples(c: ItemContent) -> Iterator[LintFinding]:
    for index, result in enumerate(c.results):
        if result.kind != "40" and result.sample is None:
            yield LintFinding(
                10, "result_without_sample", "warning", f"/results/{index}/sample",
                f"结果“{result.name}”没有样本", f"{result.name} has no sample",
            )  # fmt: skip


def _limits(c: ItemContent, worst: LongestRun) -> Iterator[LintFinding]:
    pairs = [("/promised_limit", c.promised_limit, c.statutory_limit)]
    for index, item in enumerate(c.handling_items):
        if item.promised_limit is not None or item.statutory_limit is not None:
            promised, bound = item.promised_limit or c.promised_limit, item.statutory_limit or c.statutory_limit
            pairs.append((f"/handling_items/{index}/promised_limit", promised, bound))
    for pointer, promise, bound in pairs:
        if promise is not None and bound is not None and is_not_longer(promise, bound, worst) is not Verdict.YES:
            yield LintFinding(
                11, "promise_not_within_law", "error", pointer,
                "承诺时限不能证明不超过法定时限（请用同一单位表述）",
                "the promise is not provably within the legal limit; state both in one unit",
            )  # fmt: skip
    steps = [step.limit for step in c.steps if step.limit]
    if c.promised_limit is not None and together_longer(steps, c.promised_limit, worst):
        yield LintFinding(
            16, "steps_exceed_promise", "warning", "/steps",
            "各环节时限之和超过承诺时限", "the steps together take longer than the promise",
        )  # fmt: skip


def _texts(c: ItemContent, wording: Wording) -> Iterator[LintFinding]:
    for pointer, text in walk_texts(c.model_dump(mode="json", exclude={"translations"})):
        if wording.is_unfinished(text):
            yield LintFinding(
                12, "unfinished_text", "warning", pointer, f"未完成的文字：{text[:40]}", "unfinished text"
            )  # fmt: skip
    for index, paper in enumerate(c.materials):
        if wording.catches_all(paper.name):
            yield LintFinding(
                13, "catch_all_material", "warning", f"/materials/{index}/name",
                f"兜底材料：{paper.name}", "a catch-all material",
            )  # fmt: skip
        if paper.filling_notes and wording.asks_for_papers(paper.filling_notes):
            yield LintFinding(
                14, "hidden_demand", "warning", f"/materials/{index}/filling_notes",
                "填报须知中隐含新的材料要求", "the filling notes ask for something more",
            )  # fmt: skip


def walk_texts(value: Any, pointer: str = "") -> Iterator[tuple[str, str]]:
    """Yield (JSON pointer, text) for every string inside a plain JSON value."""
    if isinstance(value, str):
        yield pointer, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from walk_texts(inner, f"{pointer}/{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from walk_texts(inner, f"{pointer}/{index}")

"""The rules for one implementation in force, one function each; pure but for the document of an older standard."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from service_catalog.agencies.facts import ContactWay
from service_catalog.basic_items.findings import LintFinding
from service_catalog.basic_items.limits import Verdict, is_not_longer
from service_catalog.basic_items.translations import Translation, TranslationState, texts_of
from service_catalog.coding.codes import IMPLEMENTATION
from service_catalog.findings.dates import due_on
from service_catalog.findings.knowledge import Behind, Knowledge
from service_catalog.findings.links import link_fault
from service_catalog.findings.marks import mark_of_code
from service_catalog.findings.rules import LINT, Broken
from service_catalog.findings.tables import Severity
from service_catalog.implementations.content import LocalContent
from service_catalog.implementations.inheritance import ROWS, Refusal, Standard, weigh
from service_catalog.implementations.lint import lint_local
from service_catalog.kernel.errors import Said
from service_catalog.kernel.names import normalised
from service_catalog.kernel.problems import pointer_to
from service_catalog.regions.tree import EXERCISE_LEVEL


@dataclass
class Case:
    """One implementation in force, and what it is held against."""

    basic_code: str
    level: str
    region_code: str
    edition: int
    based_on: int
    effective_from: date
    local: LocalContent
    plain: Mapping[str, Any]
    """The local part as it is stored."""
    standard: Standard
    known: Knowledge
    shared: Mapping[str, frozenset[str]]
    """Mark → the items whose local parts carry it."""
    behind: Callable[[int], Behind]
    """Edition of the standard → how it differs from the one in force."""

    @cached_property
    def refusals(self) -> list[Refusal]:
        """What gave way to the standard."""
        registers = self.known.registers
        worst = registers.calendar.longest_run
        return weigh(self.local, self.standard, self.level, registers.matrix, worst)[1]


def code_stands_elsewhere(case: Case) -> Iterator[Broken]:
    """The same local code for different items; or a local code that is the code of another item."""
    for own in case.local.local_codes:
        others = set(case.shared.get(mark_of_code(own.scheme, own.code), ()))
        others.add(own.code[19:] if len(own.code) == IMPLEMENTATION else own.code)
        known = [code for code in sorted(others - {case.basic_code}) if code in case.known.items]
        if known:
            names = "、".join(case.known.items[code].name for code in known)
            said = Said(
                f"地方编码 {own.code} 在别处用于“{names}”",
                f"local code {own.code} stands for {', '.join(known)} elsewhere",
            )
            pointer = pointer_to(("local_codes", own.scheme, own.code))
            yield Broken(
                "same_code_another_name", pointer, said, case.standard.content.name,
                {"scheme": own.scheme, "code": own.code, "items": _named(case.known, known)},
            )  # fmt: skip


def everyday_name_is_another_item(case: Case) -> Iterator[Broken]:
    """An everyday name here is the very name of another item."""
    for alias in case.local.aliases:
        others = [code for code in case.known.by_name.get(normalised(alias), ()) if code != case.basic_code]
        if others:
            said = Said(
                f"日常用语“{alias}”是事项 {'、'.join(others)} 的名称", f"{alias} is the name of {', '.join(others)}"
            )
            yield Broken(
                "same_name_another_code", pointer_to(("aliases", alias)), said, case.standard.content.name,
                {"alias": alias, "items": _named(case.known, others)},
            )  # fmt: skip


def _named(known: Knowledge, codes: list[str]) -> list[dict[str, str]]:
    return [{"basic_code": code, "name": known.items[code].name} for code in codes]


def level_is_provided_for(case: Case) -> Iterator[Broken]:
    """Position 19 is one of the levels of the standard in force."""
    levels = case.standard.content.exercise_levels
    if case.level not in levels:
        said = Said(f"标准规定的层级为 {'、'.join(levels)}", f"the standard provides for levels {', '.join(levels)}")
        yield Broken("level_not_in_standard", "/exercise_level", said, list(levels), case.level)


def level_is_that_of_the_body(case: Case) -> Iterator[Broken]:
    """Power that is a body's own by law is exercised at its own level."""
    place = case.known.places.get(case.region_code)
    if case.local.power_source != "1" or place is None or EXERCISE_LEVEL[place.level] == case.level:
        return
    said = Said(
        "行使层级与实施主体所在层级不同，而权力来源是法定本级行使",
        "the level differs from that of the body although the power is its own by law",
    )
    yield Broken("level_differs_from_agency", "/exercise_level", said, EXERCISE_LEVEL[place.level], case.level)


def village_does_services_only(case: Case) -> Iterator[Broken]:
    """Where the site says so: level 6 is for public services."""
    rules = case.known.code_rules
    service = rules.public_service_types.get(case.basic_code[:2], "20")
    if rules.village_level_services_only and case.level == "6" and case.basic_code[2:4] != service:
        said = Said("嘎查（村、社区）级只办理公共服务事项", "the village level is for public services only")
        yield Broken("village_level_type", "/exercise_level", said, service, case.basic_code[2:4])


def basis_is_the_standard_in_force(case: Case) -> Iterator[Broken]:
    """The edition of the standard that it was last checked against is still the one in force."""
    if case.based_on >= case.standard.edition:
        return
    changed, first_on = case.behind(case.based_on)
    shown = "、".join(changed) or "无"
    said = Said(
        f"依据标准第 {case.based_on} 版，现行为第 {case.standard.edition} 版；改动的要素：{shown}",
        f"based on edition {case.based_on}, in force is {case.standard.edition}; changed: {', '.join(changed) or 'none'}",
    )
    yield Broken(
        "outdated_basis", "/based_on_edition", said,
        {"edition": case.standard.edition, "changed_elements": changed}, {"based_on_edition": case.based_on},
        since=max(first_on, case.effective_from),
    )  # fmt: skip


def nothing_gives_way_to_the_standard(case: Case) -> Iterator[Broken]:
    """No stored local value loosens the standard in force (it would not be shown)."""
    for refusal in case.refusals:
        yield Broken(
            _rule_of(refusal, case), by_key(refusal.pointer, case.local), refusal.said, refusal.standard_value,
            refusal.local_value,
        )  # fmt: skip


def _rule_of(refusal: Refusal, case: Case) -> str:
    if refusal.element not in ("promised_limit", "steps.limit"):
        return "breaks_standard"
    law, promise = case.standard.content.statutory_limit, case.local.promised_limit
    worst = case.known.registers.calendar.longest_run
    if refusal.element == "promised_limit" and law is not None and promise is not None:
        return "limit_beyond_standard" if is_not_longer(promise, law, worst) is Verdict.YES else "limit_beyond_law"
    return "limit_beyond_standard"


def by_key(pointer: str, local: LocalContent) -> str:
    """Return a pointer that names a row by its key, so that it stays the same when rows are put in front of it."""
    element, _, rest = pointer[1:].partition("/")
    index, slash, column = rest.partition("/")
    if element == "questions" and index.isdigit():
        return pointer_to((element, local.questions[int(index)].question)) + slash + column
    if element not in ROWS or not index.isdigit():
        return pointer
    return pointer_to((element, getattr(getattr(local, element)[int(index)], ROWS[element]))) + slash + column


def rows_are_those_of_the_standard(case: Case) -> Iterator[Broken]:
    """A local row speaks of a row that the standard in force has."""
    for element, name in ROWS.items():
        known = {getattr(row, name) for row in getattr(case.standard.content, element)}
        for row in getattr(case.local, element):
            key = getattr(row, name)
            if key not in known:
                said = Said(f"标准中已没有“{key}”这一行", f"the standard no longer has a row {key}")
                yield Broken("row_gone_from_standard", pointer_to((element, key)), said, sorted(known), key)


def lint_has_nothing_to_say(case: Case) -> Iterator[Broken]:
    """The cross-field rules hold for standard and local part together, as severely as the site takes them."""
    known = case.known
    findings = lint_local(
        case.local, case.standard, None, has_sub_items=case.basic_code in known.parents,
        severities=known.strictness.lint_severities, wording=known.wording,
    )  # fmt: skip
    for finding in findings:
        yield of_lint(finding, by_key(finding.pointer, case.local))


def of_lint(finding: LintFinding, pointer: str) -> Broken:
    """Return what the lint found as a finding of ours."""
    said = Said(finding.zh, finding.en)
    return Broken(LINT + finding.name, pointer, said, severity=Severity(finding.severity))


def texts_are_translated(case: Case) -> Iterator[Broken]:
    """Every Chinese text has a checked translation of the text as it stands."""
    yield from untranslated(case.plain, case.local.translations)


def untranslated(document: Mapping[str, Any], translations: Sequence[Translation]) -> Iterator[Broken]:
    """Yield one finding for a document, with how many of its texts have no checked translation, or an outdated one."""
    texts = texts_of(document)
    states = [row.beside(texts).state for row in translations if row.path in texts]
    checked = states.count(TranslationState.CHECKED)
    if checked < len(texts):
        stale = states.count(TranslationState.STALE)
        said = Said(
            f"{len(texts)} 处文字中 {len(texts) - checked} 处没有已审定的蒙古文译文（其中 {stale} 处原文已变）",
            f"{len(texts) - checked} of {len(texts)} texts have no checked Mongolian translation ({stale} outdated)",
        )
        yield Broken("translation_missing", "/translations", said, len(texts), {"checked": checked, "stale": stale})


def links_look_right(case: Case) -> Iterator[Broken]:
    """Addresses for handling online, and web addresses for asking and complaining."""
    urls, links = case.local.online_urls, []
    if urls is not None:
        links += [("/online_urls/computer", urls.computer), ("/online_urls/mobile", urls.mobile)]
    for element in ("consultation_channels", "complaint_channels"):
        contacts = [contact for contact in getattr(case.local, element) if contact.way is ContactWay.WEB]
        links += [(pointer_to((element, contact.value)), contact.value) for contact in contacts]
    for pointer, link in links:
        yield from wrong_link(pointer, link)


def wrong_link(pointer: str, link: Any) -> Iterator[Broken]:
    """Yield what looks wrong about a link, if there is one."""
    said = link_fault(link) if isinstance(link, str) else None
    if said is not None:
        yield Broken("link_looks_wrong", pointer, said, None, link)


def review_is_not_overdue(case: Case) -> Iterator[Broken]:
    """A text in force is looked at again within the months that the site gives."""
    yield from overdue(case.effective_from, case.known)


def overdue(effective_from: date, known: Knowledge) -> Iterator[Broken]:
    """Yield a finding where a text in force since a day should have been looked at again."""
    months = known.strictness.review_after_months
    if not months:
        return
    due = due_on(effective_from, months)
    if due <= known.day:
        said = Said(
            f"自 {effective_from} 起生效，应于 {due} 前复核",
            f"in force since {effective_from}, due for review on {due}",
        )
        yield Broken("review_overdue", "/effective_from", said, str(due), str(effective_from), since=due)


LOCAL_RULES: tuple[Callable[[Case], Iterator[Broken]], ...] = (
    code_stands_elsewhere, everyday_name_is_another_item, level_is_provided_for, level_is_that_of_the_body,
    village_does_services_only, basis_is_the_standard_in_force, nothing_gives_way_to_the_standard,
    rows_are_those_of_the_standard, lint_has_nothing_to_say, texts_are_translated, links_look_right,
    review_is_not_overdue,
)  # fmt: skip

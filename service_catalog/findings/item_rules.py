"""The rules for one standard in force, one function each."""

from collections.abc import Callable, Collection, Iterator

from sqlmodel import Session, col

from service_catalog.appeals.tables import Appeal
from service_catalog.basic_items.lint import lint
from service_catalog.changes.tables import Subject
from service_catalog.coding.codes import parse_basic
from service_catalog.coding.judging import judge
from service_catalog.findings.asked import asked_often
from service_catalog.findings.coverage import is_claimed_anywhere
from service_catalog.findings.knowledge import ItemNow, Knowledge
from service_catalog.findings.local_rules import of_lint, overdue, untranslated, wrong_link
from service_catalog.findings.rules import Broken, Found, Thing
from service_catalog.findings.scheduled import standard_editions_can_take_effect
from service_catalog.implementations.inheritance import Standard
from service_catalog.kernel.errors import Said
from service_catalog.kernel.names import normalised
from service_catalog.kernel.problems import pointer_to


def judge_items(session: Session, known: Knowledge, codes: Collection[str]) -> Iterator[Found]:
    """Yield what is wrong with these items; one that is not in force can only fail to come into force."""
    asked = asked_often(session, codes, col(Appeal.basic_code), known.day)
    for code in codes:
        thing = Thing(Subject.BASIC_ITEM, code, known.league, basic_code=code)
        item, standard = known.items.get(code), known.standard(session, code)
        if item is not None and standard is not None:
            for rule in ITEM_RULES:
                for broken in rule(item, standard, known):
                    yield thing, broken
            for broken in somebody_claims_it(session, known, code):
                yield thing, broken
            if code in asked:
                yield thing, asked[code]
        for broken in standard_editions_can_take_effect(session, known, code):
            yield thing, broken


def name_is_its_own(item: ItemNow, standard: Standard, known: Knowledge) -> Iterator[Broken]:
    """No other item in force has the same name, whatever the brackets and blanks."""
    others = [code for code in known.by_name.get(normalised(item.name), ()) if code != item.basic_code]
    if others:
        said = Said(f"与事项 {'、'.join(others)} 同名", f"the same name as {', '.join(others)}")
        shown = [{"basic_code": code, "name": known.items[code].name} for code in others]
        yield Broken("same_name_another_code", "/name", said, item.name, shown)


def code_keeps_the_rules(item: ItemNow, standard: Standard, known: Knowledge) -> Iterator[Broken]:
    """Namespace, type and department are registered."""
    for finding in judge(parse_basic(item.basic_code), known.code_rules):
        yield Broken(finding.rule, "/basic_code", finding.said, None, item.basic_code)


def lint_has_nothing_to_say(item: ItemNow, standard: Standard, known: Knowledge) -> Iterator[Broken]:
    """The cross-field rules hold for the standard in force, as severely as the site takes them."""
    worst = known.registers.calendar.longest_run
    for finding in lint(
        standard.content, item.item_type, worst, known.strictness.lint_severities, known.wording
    ):  # fmt: skip
        yield of_lint(finding, finding.pointer)


def texts_are_translated(item: ItemNow, standard: Standard, known: Knowledge) -> Iterator[Broken]:
    """Every text of the standard has a checked translation of the text as it stands."""
    yield from untranslated(standard.plain, standard.content.translations)


def links_of_the_law_look_right(item: ItemNow, standard: Standard, known: Knowledge) -> Iterator[Broken]:
    """Links to the texts of the law can be followed, by their looks."""
    for basis in standard.content.legal_basis:
        yield from wrong_link(pointer_to(("legal_basis", basis.law, basis.article, "link")), basis.link)


def standard_is_reviewed(item: ItemNow, standard: Standard, known: Knowledge) -> Iterator[Broken]:
    """A standard in force is looked at again within the months that the site gives."""
    yield from overdue(item.effective_from, known)


def somebody_claims_it(session: Session, known: Knowledge, basic_code: str) -> Iterator[Broken]:
    """An item in force is claimed somewhere; who is missing elsewhere is said of the regions (coverage)."""
    if not is_claimed_anywhere(session, basic_code, known.day):
        standard = known.standard(session, basic_code)
        levels = list(standard.content.exercise_levels) if standard else []
        said = Said("没有任何实施主体认领", "no body has claimed it")
        yield Broken("claimed_by_nobody", "", said, levels, None)


ITEM_RULES: tuple[Callable[[ItemNow, Standard, Knowledge], Iterator[Broken]], ...] = (
    name_is_its_own, code_keeps_the_rules, lint_has_nothing_to_say, texts_are_translated,
    links_of_the_law_look_right, standard_is_reviewed,
)  # fmt: skip

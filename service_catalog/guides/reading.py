"""Loading what a guide is computed from, for one implementation and one day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlmodel import Session, col

from service_catalog.agencies.facts import AgencyFacts
from service_catalog.agencies.register import facts_on
from service_catalog.agencies.tables import Agency
from service_catalog.basic_items.editing import SHELF as STANDARDS
from service_catalog.basic_items.editing import find_item
from service_catalog.basic_items.tables import BasicItem
from service_catalog.changes.tables import Subject
from service_catalog.coding import aliases
from service_catalog.coding.aliases import Replacement
from service_catalog.implementations.claiming import SHELF as LOCALS
from service_catalog.implementations.claiming import NoSuchImplementation
from service_catalog.implementations.content import LocalContent
from service_catalog.implementations.inheritance import Standard
from service_catalog.implementations.standards import standard_of
from service_catalog.implementations.tables import Implementation
from service_catalog.kernel.dates import civil_day, starts_at
from service_catalog.kernel.errors import Ambiguous, Gone, NotFound, Said
from service_catalog.lifecycle.standing import StandingOn, gravest_standing, standing_on
from service_catalog.lifecycle.states import ItemState
from service_catalog.questions.asking import of_guide
from service_catalog.questions.tables import PublishedQuestion
from service_catalog.regions.tables import Region


class NotInForceYet(NotFound):
    """The item is claimed, but nothing about it was in force and published on that day."""

    title = Said("当日没有已发布的办事指南", "No guide was in force on that day")


class NoSuchHandlingItem(NotFound):
    """The standard has no handling item of this serial."""

    title = Said("没有这个业务办理项", "No such handling item")


class GuideEnded(Gone):
    """The item has been cancelled or has ended; the facts say since when, by which document, and what follows."""

    title = Said("事项已取消", "The item has ended")


class SuccessorNotInForce(NotFound):
    """The code was replaced, and what stands in its place has no guide in force; the facts name it and the document."""

    title = Said("替代事项尚无办事指南", "What replaced it has no guide in force")

    def __init__(self, replacement: Replacement, day: date) -> None:
        old, new, document = replacement.old_code, replacement.new_code, replacement.document_number
        super().__init__(
            f"{old} 已由 {new} 代替（{document}），后者在 {day} 没有已发布的办事指南",
            f"{old} was replaced by {new} ({document}), which had no guide in force on {day}",
            asked_code=old, successor=new, document_number=document,
            valid_from=str(replacement.valid_from), act_kind=replacement.act_kind,
        )  # fmt: skip


class CodeSplit(Ambiguous):
    """The code was split: several codes follow it."""

    title = Said("编码已拆分为多个", "The code was split into several")


@dataclass(frozen=True)
class GuideParts:
    """Everything one guide is computed from."""

    implementation: Implementation
    agency: Agency
    region: Region
    standard: Standard
    standard_published_at: datetime
    local: LocalContent
    local_number: int
    local_effective_from: date
    local_published_at: datetime
    based_on_standard: int
    facts: AgencyFacts
    facts_number: int
    facts_since: datetime
    standing: StandingOn
    day: date | None = None
    asked: Sequence[PublishedQuestion] = ()
    """What was published of what people asked, newest first."""
    asked_changed_at: datetime | None = None
    """When such a question was last published or withdrawn."""

    def last_modified(self) -> datetime:
        """Return when the guide last changed: by a publication, or by an edition taking effect."""
        moments = [
            self.standard_published_at,
            starts_at(self.standard.effective_from),
            self.local_published_at,
            starts_at(self.local_effective_from),
            self.facts_since,
        ]
        moments += [moment for moment in (self.standing.changed_at, self.asked_changed_at) if moment is not None]
        return max(moments)


def resolve(session: Session, code: str, day: date) -> tuple[str, Replacement | None]:
    """Return the code that stands for `code` on `day`, and what replaced it; raises CodeSplit."""
    successors = aliases.successors_of(session, code, day)
    if len(successors) > 1:
        codes = [alias.new_code for alias in successors]
        raise CodeSplit(
            f"编码 {code} 已拆分为 {'、'.join(codes)}（{successors[0].document_number}）",
            f"code {code} was split into {', '.join(codes)} ({successors[0].document_number})",
            code=code, successors=codes, document_number=successors[0].document_number,
        )  # fmt: skip
    return (successors[0].new_code, successors[0]) if successors else (code, None)


def parts_of(session: Session, implementation_code: str, day: date) -> GuideParts:
    """Load the parts; raises NoSuchImplementation, NotInForceYet, GuideEnded."""
    implementation, agency, region, item = _places(session, implementation_code)
    standard_edition = STANDARDS.on(session, implementation.basic_code, day)
    local_edition = LOCALS.on(session, implementation_code, day)
    facts = facts_on(session, implementation.agency_code, day)
    if standard_edition is None or local_edition is None or facts is None:
        raise NotInForceYet(
            f"{implementation_code} 在 {day} 没有已发布的办事指南",
            f"no guide of {implementation_code} was in force on {day}",
            code=implementation_code,
        )
    things = [(Subject.BASIC_ITEM, implementation.basic_code), (Subject.IMPLEMENTATION, implementation_code)]
    standing = gravest_standing(session, things, day)
    _refuse_ended(implementation_code, standing, [standard_edition.effective_until, local_edition.effective_until], day)
    assert standard_edition.effective_from is not None
    assert standard_edition.published_at is not None
    assert local_edition.effective_from is not None
    assert local_edition.published_at is not None
    asked = of_guide(session, implementation.basic_code, implementation_code, day)
    return GuideParts(
        implementation, agency, region,
        standard_of(session, item, standard_edition),
        standard_edition.published_at,
        local_edition.local, local_edition.number, local_edition.effective_from, local_edition.published_at,
        local_edition.based_on_edition,
        facts.facts, facts.number, max(facts.recorded_at, starts_at(facts.effective_from)), standing, day,
        asked.shown, asked.changed_at,
    )  # fmt: skip


def levels_on(session: Session, basic_code: str, day: date) -> Sequence[str]:
    """Return the levels that may exercise an item on `day`; raises NoSuchItem, NotInForceYet, GuideEnded."""
    item = find_item(session, basic_code)
    edition = STANDARDS.on(session, basic_code, day)
    if edition is None:
        raise NotInForceYet(
            f"事项 {basic_code} 在 {day} 没有已生效的标准",
            f"item {basic_code} had no standard in force on {day}",
            code=basic_code,
        )
    standing = standing_on(session, Subject.BASIC_ITEM, basic_code, day)
    _refuse_ended(basic_code, standing, [edition.effective_until], day)
    return standard_of(session, item, edition).content.exercise_levels


def _places(session: Session, implementation_code: str) -> tuple[Implementation, Agency, Region, BasicItem]:
    row = session.execute(
        select(Implementation, Agency, Region, BasicItem)
        .join(Agency, col(Agency.code) == col(Implementation.agency_code))
        .join(Region, col(Region.code) == col(Implementation.region_code))
        .join(BasicItem, col(BasicItem.basic_code) == col(Implementation.basic_code))
        .where(col(Implementation.implementation_code) == implementation_code)
    ).first()
    if row is None:
        raise NoSuchImplementation(
            f"没有实施编码为 {implementation_code} 的事项",
            f"there is no implementation {implementation_code}",
            code=implementation_code,
        )
    return row


def _refuse_ended(code: str, standing: StandingOn, ends: Sequence[date | None], day: date) -> None:
    if standing.state is ItemState.CANCELLED:
        raise GuideEnded(
            f"事项已于 {standing.since} 取消：{standing.reason}（{standing.document_number}）",
            f"cancelled on {standing.since}: {standing.reason} ({standing.document_number})",
            code=code, since=str(standing.since), reason=standing.reason, document_number=standing.document_number,
        )  # fmt: skip
    over = [end for end in ends if end is not None and end <= day]
    if over:
        raise GuideEnded(
            f"事项已于 {min(over)} 到期终止", f"ended on {min(over)}",
            code=code, since=str(min(over)), reason=None, document_number=None,
        )  # fmt: skip


def read_day(now: datetime, as_of: date | None) -> date:
    """Return the day a guide is read for."""
    return as_of or civil_day(now)

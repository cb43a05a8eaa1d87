"""What of a local part needs other elements or other rows: the agency's facts, other bodies, regions, items."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import exists, or_, select, union
from sqlmodel import Session, col

from service_catalog.agencies.facts import AgencyFacts
from service_catalog.agencies.register import facts_on, find_agency
from service_catalog.basic_items.findings import LintFinding, Severities
from service_catalog.basic_items.tables import BasicItem
from service_catalog.basic_items.wording import wording_of
from service_catalog.implementations.content import LocalContent, Offer
from service_catalog.implementations.lint import lint_local, number_of
from service_catalog.implementations.refusals import Standard
from service_catalog.implementations.tables import Implementation
from service_catalog.kernel.errors import Fault, Invalid, InvalidRequest, Said
from service_catalog.regions.mapping import find_region
from service_catalog.regions.tables import Region, RegionLine, ZoneMember
from service_catalog.regions.tree import RegionLevel


class EntrustingAgencyMissing(Invalid):
    """Entrusted power (权力来源 5、6) names who entrusts it."""

    title = Said("委托行使须写明委托部门", "Entrusted power names the entrusting body")


class ServiceAreaElsewhere(Invalid):
    """A body serves its own region, its neighbours in the same banner, and its zones; more only by an act."""

    title = Said("服务区域超出本机构的辖区", "The service area lies outside the region of the agency")


class LocalContentFaulty(Invalid):
    """The local part breaks a rule that this site takes for an error; the facts name every one."""

    title = Said("本地内容有须先改正的问题，不能提交", "The local content has errors and cannot be submitted")

    def __init__(self, findings: Sequence[LintFinding]) -> None:
        super().__init__(
            "；".join(f"{finding.pointer} {finding.zh}" for finding in findings),
            "; ".join(f"{finding.pointer} {finding.en}" for finding in findings),
            findings=[{"rule": f.name, "pointer": f.pointer, "zh": f.zh, "en": f.en} for f in findings],
        )


def refuse_incoherent(
    session: Session,
    implementation: Implementation,
    standard: Standard,
    local: LocalContent,
    facts_of: Callable[[], AgencyFacts | None],
) -> None:
    """Raise what is wrong with a local part as a whole; `facts_of` is asked what the agency says of itself, if need be.

    Raises EntrustingAgencyMissing, NoSuchAgency, NoSuchRegion, ServiceAreaElsewhere, InvalidRequest.
    """
    if local.power_source in ("5", "6") and local.entrusting_agency is None:
        raise EntrustingAgencyMissing(
            "权力来源为委托的，须填写委托部门",
            "power sources 5 and 6 need entrusting_agency",
            element="entrusting_agency",
        )
    if local.availability.status is Offer.OFFERED_BY_OTHER and local.availability.agency_code:
        find_agency(session, local.availability.agency_code)
    facts = facts_of() if local.consultation_channels or local.complaint_channels else None
    faults = [
        *_names_itself(implementation, local),
        *_offers_nothing(standard, local),
        *_complains_to_itself(local, facts),
    ]
    if faults:
        raise InvalidRequest(faults)
    _refuse_area_elsewhere(session, implementation, local.service_area)


def _names_itself(implementation: Implementation, local: LocalContent) -> Iterator[Fault]:
    if local.availability.agency_code == implementation.agency_code:
        said = Said("由其他机构办理的，不能填写本机构", "the other body that does it cannot be this one")
        yield Fault("/availability/agency_code", said)


def _offers_nothing(standard: Standard, local: LocalContent) -> Iterator[Fault]:
    serials = {item.serial for item in standard.content.handling_items}
    gone = {row.serial for row in local.handling_items if not row.offered}
    if local.availability.status is Offer.OFFERED and serials and serials <= gone:
        said = Said(
            "业务办理项都不办理的，应将事项写为不办理",
            "where no handling item is offered, the item is not offered",
        )
        yield Fault("/availability/status", said)


def _complains_to_itself(local: LocalContent, facts: AgencyFacts | None) -> Iterator[Fault]:
    """Complaints go elsewhere than questions, in the guide as it will be read."""
    consultation = local.consultation_channels or (facts.consultation_channels if facts else ())
    complaint = local.complaint_channels or (facts.complaint_channels if facts else ())
    if {number_of(row) for row in consultation} & {number_of(row) for row in complaint}:
        written = "complaint_channels" if local.complaint_channels else "consultation_channels"
        said = Said("投诉方式须与咨询方式不同", "complaint channels must differ from consultation channels")
        yield Fault(f"/{written}", said)


def _refuse_area_elsewhere(session: Session, implementation: Implementation, area: Sequence[str]) -> None:
    served = {find_region(session, region_code).code for region_code in area}
    if implementation.act_id is not None or served <= {implementation.region_code}:
        return
    lines = select(col(RegionLine.descendant)).where(
        or_(
            col(RegionLine.ancestor).in_(_own_regions(implementation.region_code)),
            col(RegionLine.ancestor).in_(_own_banner(implementation.region_code)) & (col(RegionLine.distance) > 0),
        )
    )
    elsewhere = served - set(session.scalars(lines.where(col(RegionLine.descendant).in_(served))))
    if elsewhere:
        outside = sorted(elsewhere)
        raise ServiceAreaElsewhere(
            f"服务区域 {'、'.join(outside)} 不在本机构的辖区之内",
            f"{', '.join(outside)} lies outside the region of the agency",
            element="service_area", local_value=outside,
        )  # fmt: skip


def _own_regions(region_code: str) -> Any:
    """Select the roots of what a body in a region may serve: the region, the zones it governs, members of all these."""
    zones = select(col(Region.code)).where(or_(col(Region.code) == region_code, col(Region.governed_by) == region_code))
    members = select(col(ZoneMember.region_code)).where(col(ZoneMember.zone_code).in_(zones))
    return union(zones, members)


def _own_banner(region_code: str) -> Any:
    """Select the banner that a region lies in: a police station may stand in one township and serve the next one, too."""
    return (
        select(col(RegionLine.ancestor))
        .join(Region, col(Region.code) == col(RegionLine.ancestor))
        .where(col(RegionLine.descendant) == region_code, col(Region.level) == RegionLevel.BANNER)
    )


def findings_of(
    session: Session,
    implementation: Implementation,
    standard: Standard,
    local: LocalContent,
    day: date,
    *,
    severities: Severities | None = None,
    words: Mapping[str, Sequence[str]] | None = None,
) -> list[LintFinding]:
    """Return what a clerk should look at again, as severe as the site takes it."""
    sub_items = select(exists().where(col(BasicItem.parent_basic_code) == implementation.basic_code))
    return lint_local(
        local, standard, facts_of_agency(session, implementation, day),
        has_sub_items=bool(session.scalar(sub_items)), severities=severities, wording=wording_of(words or {}),
    )  # fmt: skip


def refuse_faulty(
    session: Session,
    implementation: Implementation,
    standard: Standard,
    local: LocalContent,
    day: date,
    *,
    severities: Severities | None = None,
    words: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Raise LocalContentFaulty if a rule is broken that the site takes for an error."""
    found = findings_of(session, implementation, standard, local, day, severities=severities, words=words)
    errors = [finding for finding in found if finding.severity == "error"]
    if errors:
        raise LocalContentFaulty(errors)


def facts_of_agency(session: Session, implementation: Implementation, day: date) -> AgencyFacts | None:
    """Return what the agency of an implementation says of itself on a day."""
    edition = facts_on(session, implementation.agency_code, day)
    return edition.facts if edition else None

"""The nearest body that does an item for a person in a region: gacha, township, banner, league; zones on the way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import or_, select
from sqlmodel import Session, col

from service_catalog.agencies.tables import Agency
from service_catalog.changes.tables import Subject
from service_catalog.guides.reading import levels_on
from service_catalog.guides.schemas import Nearest, WalkStep
from service_catalog.implementations.claiming import SHELF
from service_catalog.implementations.content import Offer
from service_catalog.implementations.tables import Implementation, ImplementationEdition, ServedRegion
from service_catalog.kernel.errors import NotFound, Said
from service_catalog.lifecycle.standing import not_cancelled
from service_catalog.regions.mapping import find_region, way_up
from service_catalog.regions.schemas import RegionLink
from service_catalog.regions.tables import Region
from service_catalog.regions.tree import EXERCISE_LEVEL


class NoBodyOffersIt(NotFound):
    """No body from the region up to the league offers the item; the facts show the way that was walked."""

    title = Said("没有机构办理此事项", "No body offers this item")


@dataclass(frozen=True)
class Candidate:
    """A body on the way up that has declared whether it does the item."""

    implementation: Implementation
    edition: ImplementationEdition
    agency: Agency
    place: int
    """Index of the region on the way up."""

    @property
    def code(self) -> str:
        return self.implementation.implementation_code

    @property
    def is_offered(self) -> bool:
        return self.edition.availability is Offer.OFFERED


def nearest(session: Session, basic_code: str, region_code: str, day: date) -> tuple[str, Nearest]:
    """Return the implementation that answers for a person in a region, and why; raises NoBodyOffersIt."""
    levels = levels_on(session, basic_code, day)
    asked = find_region(session, region_code)
    way = way_up(session, asked.code)
    candidates = _candidates(session, basic_code, way, day)
    walk: list[WalkStep] = []
    for place, region in enumerate(way):
        here = sorted((c for c in candidates if c.place == place), key=lambda c: (not c.is_offered, c.code))
        if not here:
            walk.append(_nobody(region, levels))
        for candidate in here:
            found = _try(session, candidate, region, day, walk)
            if found is not None:
                also = [c.code for c in here if c.is_offered and c.code != found]
                return found, _explain(asked, region, walk, also)
    raise NoBodyOffersIt(
        f"从{asked.name}到盟级，没有机构办理此事项", f"no body from {asked.name} up to the league offers this item",
        walk=[step.model_dump(mode="json") for step in walk],
    )  # fmt: skip


def _candidates(session: Session, basic_code: str, way: Sequence[Region], day: date) -> list[Candidate]:
    order = {region.code: place for place, region in enumerate(way)}
    serving = select(col(ServedRegion.edition_id)).where(col(ServedRegion.region_code).in_(order))
    query = (
        select(Implementation, ImplementationEdition, Agency)
        .join(
            ImplementationEdition,
            col(ImplementationEdition.implementation_code) == col(Implementation.implementation_code),
        )
        .join(Agency, col(Agency.code) == col(Implementation.agency_code))
        .where(
            col(Implementation.basic_code) == basic_code,
            or_(col(Implementation.region_code).in_(order), col(ImplementationEdition.id).in_(serving)),
            SHELF.current(day),
            not_cancelled(Subject.IMPLEMENTATION, col(Implementation.implementation_code), day),
        )
    )
    candidates = []
    for implementation, edition, agency in session.execute(query):
        place = _place(implementation, edition.content.get("service_area", []), order)
        if place is not None:
            candidates.append(Candidate(implementation, edition, agency, place))
    return candidates


def _place(implementation: Implementation, service_area: Any, order: dict[str, int]) -> int | None:
    """A body that names its service area serves only that area; it is met at its own place, else where it serves."""
    served = [order[code] for code in service_area if code in order]
    if service_area and not served:
        return None
    return order.get(implementation.region_code, min(served, default=None))


def _try(session: Session, candidate: Candidate, region: Region, day: date, walk: list[WalkStep]) -> str | None:
    declared = candidate.edition.content["availability"]
    if candidate.is_offered:
        walk.append(_step(region, candidate, "answered", None))
        return candidate.code
    other = declared.get("agency_code")
    walk.append(_step(region, candidate, candidate.edition.availability.value, declared["reason"], other))
    return _offered_by(session, other, candidate, region, day, walk) if other else None


def _offered_by(
    session: Session, agency_code: str, instead_of: Candidate, region: Region, day: date, walk: list[WalkStep]
) -> str | None:
    query = (
        select(Implementation, ImplementationEdition, Agency, Region)
        .join(
            ImplementationEdition,
            col(ImplementationEdition.implementation_code) == col(Implementation.implementation_code),
        )
        .join(Agency, col(Agency.code) == col(Implementation.agency_code))
        .join(Region, col(Region.code) == col(Implementation.region_code))
        .where(
            col(Implementation.agency_code) == agency_code,
            col(Implementation.basic_code) == instead_of.implementation.basic_code,
            col(ImplementationEdition.availability) == Offer.OFFERED,
            SHELF.current(day),
            not_cancelled(Subject.IMPLEMENTATION, col(Implementation.implementation_code), day),
        )
        .order_by(col(Implementation.exercise_level).desc())
        .limit(1)
    )
    row = session.execute(query).first()
    if row is None:
        return None
    implementation, edition, agency, place = row
    other = Candidate(implementation, edition, agency, instead_of.place)
    walk.append(_step(place, other, "redirected", None))
    return other.code


def _step(
    region: Region, candidate: Candidate, outcome: Any, reason: str | None, referred_to: str | None = None
) -> WalkStep:
    return WalkStep(
        region=RegionLink.of(region), outcome=outcome, implementation_code=candidate.code,
        agency_code=candidate.agency.code, agency_name=candidate.agency.name, reason=reason, referred_to=referred_to,
    )  # fmt: skip


def _nobody(region: Region, levels: Sequence[str]) -> WalkStep:
    outcome: Any = "unclaimed" if EXERCISE_LEVEL[region.level] in levels else "not_at_this_level"
    return WalkStep(
        region=RegionLink.of(region), outcome=outcome, implementation_code=None, agency_code=None,
        agency_name=None, reason=None, referred_to=None,
    )  # fmt: skip


def _explain(asked: Region, region: Region, walk: list[WalkStep], also: list[str]) -> Nearest:
    last = walk[-1]
    zh = [_in_words(step) for step in walk]
    if last.region.code == asked.code:
        why_en = f"{last.agency_name} does it in {asked.name} itself"
    else:
        why_en = f"nearest body on the way from {asked.name} up: {last.agency_name} in {last.region.name}"
    return Nearest(
        region=RegionLink.of(asked),
        answered_at=last.region,
        why_zh="；".join(zh) + "。",
        why_en=why_en,
        walk=walk,
        also_here=also,
    )


def _in_words(step: WalkStep) -> str:
    place, agency = step.region.name, step.agency_name
    words = {
        "unclaimed": f"{place}没有机构认领此事项",
        "not_at_this_level": f"此事项不在{place}这一级办理",
        "answered": f"由{place}的{agency}办理",
        "redirected": f"转由{place}的{agency}办理",
    }
    return words.get(step.outcome) or f"{agency}不办理（{step.reason}）"

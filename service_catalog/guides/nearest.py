"""The nearest body that does an item for a person in a region: gacha, township, banner, league; zones on the way."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Select, or_, select
from sqlmodel import Session, col

from service_catalog.agencies.register import name_on
from service_catalog.agencies.tables import Agency
from service_catalog.changes.tables import Subject
from service_catalog.coding.aliases import not_replaced
from service_catalog.guides.reading import levels_on
from service_catalog.guides.schemas import Nearest, WalkStep
from service_catalog.implementations.claiming import SHELF
from service_catalog.implementations.content import Offer
from service_catalog.implementations.tables import Implementation, ImplementationEdition, ServedRegion
from service_catalog.kernel.errors import NotFound, Said
from service_catalog.lifecycle.standing import not_cancelled, standings_on
from service_catalog.lifecycle.states import ItemState
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
    agency_name: str
    place: int
    """Index of the region on the way up."""
    is_suspended: bool

    @property
    def code(self) -> str:
        return self.implementation.implementation_code

    @property
    def is_offered(self) -> bool:
        return self.edition.availability is Offer.OFFERED


class Offering(NamedTuple):
    """A body that does it, and where it stands."""

    candidate: Candidate
    region: Region
    outcome: str


@dataclass
class Way:
    """What was met on the way up so far."""

    session: Session
    day: date
    walk: list[WalkStep] = field(default_factory=list)
    passed: list[Offering] = field(default_factory=list)
    """Bodies that would do it, but are suspended; the first one answers if nobody else does."""


def nearest(session: Session, basic_code: str, region_code: str, day: date) -> tuple[str, Nearest]:
    """Return the implementation that answers for a person in a region, and why; raises NoBodyOffersIt.

    A body that is suspended answers only where nobody else on the way offers the item.
    """
    levels = levels_on(session, basic_code, day)
    asked = find_region(session, region_code)
    regions = way_up(session, asked.code, day)
    candidates = _candidates(session, basic_code, regions, day)
    way = Way(session, day)
    for place, region in enumerate(regions):
        here = sorted((c for c in candidates if c.place == place), key=lambda c: _turn(c, region))
        if not here:
            way.walk.append(_nobody(region, levels))
        for candidate in here:
            found = _try(way, candidate, region)
            if found is not None:
                also = [c.code for c in here if c.is_offered and not c.is_suspended and c.code != found]
                return found, _explain(asked, way.walk, also)
    if way.passed:
        candidate, region, outcome = way.passed[0]
        way.walk.append(_step(region, candidate, outcome, None))
        return candidate.code, _explain(asked, way.walk, [])
    raise NoBodyOffersIt(
        f"从{asked.name}到盟级，没有机构办理此事项", f"no body from {asked.name} up to the league offers this item",
        walk=[step.model_dump(mode="json") for step in way.walk],
    )  # fmt: skip


def all_offering(session: Session, basic_code: str, way: Sequence[Region], day: date) -> list[str]:
    """Return the implementations on a way up that are offered and not suspended, nearest first."""
    here = [c for c in _candidates(session, basic_code, way, day) if c.is_offered and not c.is_suspended]
    return [c.code for c in sorted(here, key=lambda c: (c.place, _turn(c, way[c.place])))]


def _turn(candidate: Candidate, region: Region) -> tuple[bool, bool, str]:
    """Who sits in a region goes before who only serves it from elsewhere; who does it before who does not."""
    return candidate.implementation.region_code != region.code, not candidate.is_offered, candidate.code


@lru_cache(maxsize=16)  # making the statement costs more than running it
def _declared(day: date) -> Select[Implementation, ImplementationEdition, str]:
    """Select what bodies have declared about items, as of `day`, each with its name."""
    return (
        select(Implementation, ImplementationEdition, name_on(day))
        .join(
            ImplementationEdition,
            col(ImplementationEdition.implementation_code) == col(Implementation.implementation_code),
        )
        .join(Agency, col(Agency.code) == col(Implementation.agency_code))
        .where(
            SHELF.current(day),
            not_cancelled(Subject.IMPLEMENTATION, col(Implementation.implementation_code), day),
            not_replaced(day, col(Implementation.implementation_code)),
        )
    )


def _candidates(session: Session, basic_code: str, way: Sequence[Region], day: date) -> list[Candidate]:
    order = {region.code: place for place, region in enumerate(way)}
    serving = select(col(ServedRegion.edition_id)).where(col(ServedRegion.region_code).in_(order))
    rows = session.execute(
        _declared(day).where(
            col(Implementation.basic_code) == basic_code,
            or_(col(Implementation.region_code).in_(order), col(ImplementationEdition.id).in_(serving)),
        )
    ).all()
    suspended = _suspended(session, [row[0].implementation_code for row in rows], day)
    candidates = []
    for implementation, edition, name in rows:
        place = _place(implementation, edition.content.get("service_area", []), order)
        if place is not None:
            is_suspended = implementation.implementation_code in suspended
            candidates.append(Candidate(implementation, edition, name, place, is_suspended))
    return candidates


def _suspended(session: Session, codes: Sequence[str], day: date) -> set[str]:
    states = standings_on(session, Subject.IMPLEMENTATION, codes, day) if codes else {}
    return {code for code, state in states.items() if state is ItemState.SUSPENDED}


def _place(implementation: Implementation, service_area: Any, order: dict[str, int]) -> int | None:
    """A body that names its service area serves only that area; it is met at its own place, else where it serves."""
    served = [order[code] for code in service_area if code in order]
    if service_area and not served:
        return None
    return order.get(implementation.region_code, min(served, default=None))


def _try(way: Way, candidate: Candidate, region: Region) -> str | None:
    if candidate.is_offered:
        return _take(way, Offering(candidate, region, "answered"))
    declared = candidate.edition.content["availability"]
    other = declared.get("agency_code")
    way.walk.append(_step(region, candidate, candidate.edition.availability.value, declared["reason"], other))
    offering = _offered_by(way, other, candidate) if other else None
    return _take(way, offering) if offering else None


def _take(way: Way, offering: Offering) -> str | None:
    """Let a body answer, or pass it by because it is suspended."""
    candidate, region, outcome = offering
    if candidate.is_suspended:
        way.passed.append(offering)
    way.walk.append(_step(region, candidate, "suspended" if candidate.is_suspended else outcome, None))
    return None if candidate.is_suspended else candidate.code


def _offered_by(way: Way, agency_code: str, instead_of: Candidate) -> Offering | None:
    query = (
        _declared(way.day)
        .add_columns(Region)
        .join(Region, col(Region.code) == col(Implementation.region_code))
        .where(col(Implementation.basic_code) == instead_of.implementation.basic_code)
        .where(col(Implementation.agency_code) == agency_code, col(ImplementationEdition.availability) == Offer.OFFERED)
        .order_by(col(Implementation.exercise_level).desc())
        .limit(1)
    )
    row = way.session.execute(query).first()
    if row is None:
        return None
    implementation, edition, name, region = row
    is_suspended = bool(_suspended(way.session, [implementation.implementation_code], way.day))
    return Offering(Candidate(implementation, edition, name, instead_of.place, is_suspended), region, "redirected")


def _step(
    region: Region, candidate: Candidate, outcome: Any, reason: str | None, referred_to: str | None = None
) -> WalkStep:
    return WalkStep(
        region=RegionLink.of(region), outcome=outcome, implementation_code=candidate.code,
        agency_code=candidate.implementation.agency_code, agency_name=candidate.agency_name, reason=reason,
        referred_to=referred_to,
    )  # fmt: skip


def _nobody(region: Region, levels: Sequence[str]) -> WalkStep:
    outcome: Any = "unclaimed" if EXERCISE_LEVEL[region.level] in levels else "not_at_this_level"
    return WalkStep(
        region=RegionLink.of(region), outcome=outcome, implementation_code=None, agency_code=None,
        agency_name=None, reason=None, referred_to=None,
    )  # fmt: skip


def _explain(asked: Region, walk: list[WalkStep], also: list[str]) -> Nearest:
    last = walk[-1]
    zh = [_in_words(step) for step in walk]
    passed = {step.implementation_code: step.agency_name for step in walk if step.outcome == "suspended"}
    if last.region.code == asked.code:
        why_en = f"{last.agency_name} does it in {asked.name} itself"
    else:
        why_en = f"nearest body on the way from {asked.name} up: {last.agency_name} in {last.region.name}"
    if last.implementation_code in passed:
        zh[-1] = f"没有其他机构办理，仍{zh[-1]}"
        why_en += "; it is suspended, but nobody else offers the item"
    elif passed:
        why_en += f"; passed by because suspended: {', '.join(map(str, passed.values()))}"
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
        "suspended": f"{place}的{agency}暂停办理",
        "answered": f"由{place}的{agency}办理",
        "redirected": f"转由{place}的{agency}办理",
    }
    return words.get(step.outcome) or f"{agency}不办理（{step.reason}）"

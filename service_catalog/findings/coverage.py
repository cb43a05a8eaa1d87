"""Where an item is unclaimed though the standard provides for it, and where a delegation was not taken over.

One finding for an item and a league, banner or township; gachas are gathered into one finding of their township, which has
people who can act on it, while a gacha has none. Nothing is said of an item that nobody at all has claimed: that
is one finding of the item. Zones governed by a banner are that banner's business.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Select, select
from sqlmodel import Session, col

from service_catalog.changes.tables import Subject
from service_catalog.findings.knowledge import Knowledge, Place
from service_catalog.findings.rules import Broken, Found, Thing
from service_catalog.implementations.claiming import SHELF
from service_catalog.implementations.tables import (
    DelegatedRegion,
    Delegation,
    Implementation,
    ImplementationEdition,
    ServedRegion,
)
from service_catalog.kernel.errors import Said
from service_catalog.lifecycle.standing import not_cancelled
from service_catalog.lifecycle.tables import Act
from service_catalog.regions.tree import EXERCISE_LEVEL, RegionLevel


class Covered(NamedTuple):
    """Where somebody has declared something about an item, in force today."""

    sitting: frozenset[tuple[str, str]]
    """(region of the body, exercise level)."""
    served: frozenset[str]
    """Regions that some edition in force names in its service area."""

    def has(self, region_code: str) -> bool:
        """Tell whether somebody in a region, or for it, has declared something."""
        return region_code in self.served or any(region == region_code for region, _ in self.sitting)


def is_claimed_anywhere(session: Session, basic_code: str, day: date, besides: Collection[str] = ()) -> bool:
    """Tell whether any body has an edition in force, besides some implementations."""
    query = _in_force(basic_code, day, col(Implementation.region_code)).limit(1)
    if besides:
        query = query.where(col(Implementation.implementation_code).not_in(besides))
    return session.execute(query).first() is not None


def covered(session: Session, basic_code: str, day: date, only: Collection[str] | None) -> Covered:
    """Read who has declared something, everywhere or in some regions only."""
    sitting = _in_force(basic_code, day, col(Implementation.region_code), col(Implementation.exercise_level)).distinct()
    served = (
        _in_force(basic_code, day, col(ServedRegion.region_code))
        .join(ServedRegion, col(ServedRegion.edition_id) == col(ImplementationEdition.id))
        .distinct()
    )
    if only is not None:
        sitting = sitting.where(col(Implementation.region_code).in_(only))
        served = served.where(col(ServedRegion.region_code).in_(only))
    return Covered(
        frozenset((row.region_code, row.exercise_level) for row in session.execute(sitting)),
        frozenset(session.scalars(served)),
    )


def _in_force(basic_code: str, day: date, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(Implementation)
        .join(
            ImplementationEdition,
            col(ImplementationEdition.implementation_code) == col(Implementation.implementation_code),
        )
        .where(
            col(Implementation.basic_code) == basic_code,
            SHELF.current(day),
            not_cancelled(Subject.IMPLEMENTATION, col(Implementation.implementation_code), day),
        )
    )


def places_of(session: Session, known: Knowledge, basic_code: str) -> list[str]:
    """Return the regions in which the coverage of an item is judged: where the standard or a delegation provides for it."""
    standard = known.standard(session, basic_code)
    levels = standard.content.exercise_levels if standard else ()
    places = {place.code for place in known.places.values() if EXERCISE_LEVEL[place.level] in levels and _counts(place)}
    if EXERCISE_LEVEL[RegionLevel.VILLAGE] in levels:
        villages = {code for code in places if known.places[code].level is RegionLevel.VILLAGE}
        places = (places - villages) | {known.places[code].parent_code or code for code in villages}
    return sorted(places | {region for region, *_ in _delegated(session, basic_code, known.day)})


def judge_places(session: Session, known: Knowledge, basic_code: str, places: Sequence[str]) -> Iterator[Found]:
    """Yield what is unclaimed and what was not taken over in these regions."""
    standard = known.standard(session, basic_code)
    if standard is None:
        return
    looked_at = {inner for place in places for inner in (place, *known.below.get(place, ()))}
    found = covered(session, basic_code, known.day, sorted(looked_at))
    delegated = _delegated(session, basic_code, known.day)
    exists = bool(found.sitting) or is_claimed_anywhere(session, basic_code, known.day)
    for code in places:
        place = known.places[code]
        thing = Thing(Subject.REGION, code, code, basic_code=basic_code)
        if exists:
            for broken in unclaimed(place, found, standard.content.exercise_levels, known, basic_code):
                yield thing, broken
        for broken in not_taken_over(place, found, delegated):
            yield thing, broken


def unclaimed(
    place: Place, found: Covered, levels: Collection[str], known: Knowledge, basic_code: str
) -> Iterator[Broken]:
    """Yield gaps of a region itself, and of the gachas right below it."""
    element = f"/basic_items/{basic_code}"
    level = EXERCISE_LEVEL[place.level]
    if level in levels and place.level is not RegionLevel.VILLAGE and _counts(place) and not found.has(place.code):
        said = Said(f"{place.name}未认领，标准规定该层级可行使", f"unclaimed in {place.code}, though provided for")
        yield Broken("unclaimed_here", element, said, sorted(levels), None)
    if EXERCISE_LEVEL[RegionLevel.VILLAGE] not in levels:
        return
    villages = [
        code for code in known.below.get(place.code, ())
        if known.places[code].level is RegionLevel.VILLAGE and _counts(known.places[code])
    ]  # fmt: skip
    missing = [code for code in villages if not found.has(code)]
    if missing:
        said = Said(
            f"{place.name}所辖 {len(villages)} 个嘎查（村、社区）中 {len(missing)} 个未认领",
            f"unclaimed in {len(missing)} of {len(villages)} gachas of {place.code}",
        )
        yield Broken("unclaimed_in_villages", element, said, len(villages), missing)


def _counts(place: Place) -> bool:
    return place.governed_by is None


Delegated = tuple[str, int, str, date, str]


def _delegated(session: Session, basic_code: str, day: date) -> list[Delegated]:
    """Return region, act, level, day and document of what was to be taken over by `day`."""
    query = (
        select(
            col(DelegatedRegion.region_code),
            col(Delegation.act_id),
            col(Delegation.to_level),
            col(Delegation.effective_on),
            col(Act.document_number),
        )
        .join(Delegation, col(Delegation.act_id) == col(DelegatedRegion.act_id))
        .join(Act, col(Act.id) == col(Delegation.act_id))
        .where(col(Delegation.basic_code) == basic_code, col(Delegation.effective_on) <= day)
        .order_by(col(Delegation.act_id), col(DelegatedRegion.region_code))
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in session.execute(query)]


def not_taken_over(place: Place, found: Covered, delegated: Sequence[Delegated]) -> Iterator[Broken]:
    """Yield delegations to this region whose day has come and that nobody here has taken over or declared upon."""
    for region_code, act_id, level, since, paper in delegated:
        if region_code == place.code and (place.code, level) not in found.sitting:
            said = Said(
                f"{paper} 自 {since} 起下放，{place.name}尚未承接，也未声明不办理",
                f"delegated by {paper} from {since}, neither taken over nor declared in {place.code}",
            )
            yield Broken(
                "delegated_not_taken_over", f"/delegations/{act_id}", said,
                {"document_number": paper, "exercise_level": level, "effective_on": str(since)}, None, since=since,
            )  # fmt: skip

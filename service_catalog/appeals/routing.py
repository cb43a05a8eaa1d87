"""Which body is responsible (分类处置): item and place first, then the rules of the site, else the desk of the region."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from sqlalchemy import and_, or_, select
from sqlmodel import Session, col

from service_catalog.agencies.tables import Agency, AgencyKind
from service_catalog.appeals.rulebook import Rulebook
from service_catalog.appeals.rules import Policy, Route
from service_catalog.appeals.stages import AppealKind
from service_catalog.guides.nearest import all_offering, nearest
from service_catalog.kernel.errors import CatalogError, Said
from service_catalog.regions.mapping import lines_above, way_up, within
from service_catalog.regions.tables import Region
from service_catalog.regions.tree import RegionLevel

BRANCH = "分局"
"""How the name of a league bureau's own body in a banner ends: 阿拉善盟生态环境局阿拉善左旗分局."""

GOVERNMENTS = ("人民政府", "行政公署")
"""How the name of a government ends; the committee of a zone is one too."""


class Matter(NamedTuple):
    """What routing looks at."""

    kind: AppealKind
    is_report: bool
    text: str
    region_code: str
    basic_code: str | None
    implementation_code: str | None
    element: str | None
    theme: str | None
    against_agency: str | None


class Routed(NamedTuple):
    """Where it goes, by which rule, and why in words that the person reads."""

    desk_region: str
    agency_code: str | None
    rule: str
    reason: Said


def route(session: Session, rulebook: Rulebook, matter: Matter, day: date) -> Routed:
    """Return the body responsible; a body never gets the complaint against itself or who stands above it."""
    path = way_up(session, matter.region_code, day)
    against = session.get(Agency, matter.against_agency) if matter.against_agency else None
    desk = desk_of(path if against is None else _not_governed_by(session, path, against), rulebook.policy)
    passed_by = Said("", "")
    for rule, agency, reason in _candidates(session, rulebook, matter, path, day):
        if against is None or not is_or_lies_below(session, agency, against):
            return Routed(desk.code, agency.code, rule, _joined(reason, passed_by))
        passed_by = Said(
            f"；{against.name}是被投诉单位，自己和下级都不承办这件投诉",
            f"; {against.code} is complained of: neither it nor who lies below it handles this complaint",
        )
    reason = Said(
        f"没有规则指明承办单位，由{desk.name}诉求受理台处理", f"no rule names a body: the desk of {desk.code} decides"
    )
    return Routed(desk.code, None, "desk", _joined(reason, passed_by))


def is_or_lies_below(session: Session, agency: Agency, against: Agency) -> bool:
    """Tell whether a body is the one complained of, answers to it, or lies inside its region: nobody judges who stands above.

    A government has the bodies of its own region below it too.
    """
    if against.code in _with_superiors(session, agency):
        return True
    if against.region_code not in [line.ancestor for line in lines_above(session, agency.region_code)]:
        return False
    return is_government(against) or agency.region_code != against.region_code


def is_government(agency: Agency) -> bool:
    """Tell whether a body governs its region, desk and all."""
    return agency.kind is AgencyKind.ZONE_COMMITTEE or agency.name.endswith(GOVERNMENTS)


def _with_superiors(session: Session, agency: Agency) -> list[str]:
    codes, above = [agency.code], agency.parent_code
    while above is not None and above not in codes:
        codes.append(above)
        above = session.get_one(Agency, above).parent_code
    return codes


def _not_governed_by(session: Session, path: list[Region], against: Agency) -> list[Region]:
    """Return the way up without the regions of a government complained of: its own desk does not have it.

    Above the league there is nobody here, so that its desk has what is against the league's government too.
    """
    if not is_government(against):
        return path
    codes = [region.code for region in path]
    inside = select(col(Region.code)).where(col(Region.code).in_(codes), within(col(Region.code), against.region_code))
    governed = set(session.scalars(inside))
    return [region for region in path if region.code not in governed] or path[-1:]


def _joined(first: Said, second: Said) -> Said:
    return Said(first.zh + second.zh, first.en + second.en)


def desk_of(path: Iterable[Region], policy: Policy) -> Region:
    """Return the region on the way up whose desk it lies on; the league has one always."""
    regions = list(path)
    return next((region for region in regions if region.level in policy.desk_levels), regions[-1])


Candidate = tuple[str, Agency, Said]


def _candidates(
    session: Session, rulebook: Rulebook, matter: Matter, path: list[Region], day: date
) -> Iterable[Candidate]:
    if not matter.is_report:  # an informant is not sent to the body that they speak about, whatever the item
        yield from _by_item(session, matter, path, day)
    for rule in rulebook.routes.routes:
        if _holds(rule, matter, path):
            agency = _body(session, rule, path)
            if agency is not None and not _speaks_of(matter, rule, agency):
                yield f"route:{rule.id}", agency, Said(f"{rule.zh}：{agency.name}", f"{rule.en}: {agency.code}")


def _by_item(session: Session, matter: Matter, path: list[Region], day: date) -> Iterable[Candidate]:
    """Yield who implements the item there: the body named, the nearest one, then those further up."""
    codes: list[str] = []
    if matter.implementation_code is not None:
        codes.append(matter.implementation_code)
    elif matter.basic_code is not None:
        codes += _nearest(session, matter.basic_code, matter.region_code, day)
    basic_code = matter.basic_code
    if basic_code is not None and matter.against_agency is not None:
        codes += all_offering(session, basic_code, path, day)
    for code in codes:
        agency = session.get(Agency, code[:18])
        if agency is not None:
            reason = Said(
                f"事项 {basic_code} 在当地由{agency.name}实施",
                f"item {basic_code} is implemented there by {agency.code}",
            )
            yield "item", agency, reason


def _nearest(session: Session, basic_code: str, region_code: str, day: date) -> list[str]:
    try:
        return [nearest(session, basic_code, region_code, day)[0]]
    except CatalogError:  # nobody does it: the rules and the desk decide
        return []


def _holds(rule: Route, matter: Matter, path: list[Region]) -> bool:
    topics = [
        bool(rule.elements) and matter.element is not None and matter.element.startswith(rule.elements),
        bool(rule.themes) and matter.theme in rule.themes,
        bool(rule.words) and any(word in matter.text for word in rule.words),
    ]
    has_topic = bool(rule.elements or rule.themes or rule.words)
    return (
        (not rule.kinds or matter.kind in rule.kinds)
        and rule.report == matter.is_report
        and (rule.region is None or any(region.code == rule.region for region in path))
        and (not has_topic or any(topics))
    )


def _speaks_of(matter: Matter, rule: Route, agency: Agency) -> bool:
    """Tell whether a complaint names the body that a rule leads to: it may well be the one complained of."""
    names = [agency.name, *rule.also_called] + ([rule.body] if rule.body else [])
    return matter.kind is AppealKind.COMPLAINT and any(name in matter.text for name in names)


def _body(session: Session, rule: Route, path: list[Region]) -> Agency | None:
    """Return the body that a rule names: by its code, or from the banner of the place upwards by the end of its name."""
    if rule.agency_code is not None:
        return session.get(Agency, rule.agency_code)
    assert rule.body is not None
    places = [region.code for region in path if region.level in (RegionLevel.BANNER, RegionLevel.LEAGUE)]
    name = col(Agency.name)
    is_branch = and_(name.contains(rule.body, autoescape=True), name.endswith(BRANCH))
    query = select(Agency).where(
        col(Agency.region_code).in_(places), or_(name.endswith(rule.body, autoescape=True), is_branch)
    )
    found = session.scalars(query).all()
    return min(
        found, key=lambda agency: (places.index(agency.region_code), len(agency.name), agency.code), default=None
    )

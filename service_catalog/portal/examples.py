"""Guides and a question to start with, chosen from what is in force today."""

from datetime import date
from typing import NamedTuple

from sqlalchemy import Text, case, cast, func, select
from sqlmodel import Session, col

from service_catalog.agencies.register import name_on
from service_catalog.basic_items.tables import BasicItemEdition
from service_catalog.implementations.content import Offer
from service_catalog.implementations.tables import Implementation, ImplementationEdition
from service_catalog.portal.in_force import in_force, is_open
from service_catalog.regions.tables import Region
from service_catalog.regions.tree import RegionLevel

LIKED = {
    RegionLevel.VILLAGE: "152020011000",  # 牲畜强制免疫
    RegionLevel.TOWNSHIP: "150709001000",  # 居住证
    RegionLevel.BANNER: "152014011000",  # 社保待遇资格认证
}
"""Items that most people here know, by the level to show them at; any other item will do where these are missing."""
TRIED = 8


class Example(NamedTuple):
    """A guide to look at."""

    code: str
    basic_code: str
    name: str
    agency: str
    region_code: str
    level: RegionLevel


class Question(NamedTuple):
    """A thing that a person in a place wants to have done."""

    basic_code: str
    item: str
    region_code: str
    region: str


def examples(session: Session, day: date) -> list[Example]:
    """Return a guide of a village, a township and a banner, as far as there are any."""
    found = [_example(session, level, day) for level in LIKED]
    return [example for example in found if example is not None]


def _example(session: Session, level: RegionLevel, day: date) -> Example | None:
    columns = (
        col(Implementation.implementation_code),
        col(Implementation.basic_code),
        col(BasicItemEdition.name),
        name_on(day),
        col(Region.code),
        col(Region.level),
    )
    query = (
        in_force(day, *columns)
        .where(col(Region.level) == level, col(ImplementationEdition.availability) == Offer.OFFERED)
        .order_by(
            case((col(Implementation.basic_code) == LIKED[level], 0), else_=1),
            func.length(cast(col(ImplementationEdition.content), Text)).desc(),  # who says most of its own
            col(Implementation.implementation_code),
        )
        .limit(TRIED)
    )
    candidates = (Example(*row) for row in session.execute(query))
    return next((example for example in candidates if is_open(session, example.code, day)), None)


def question_about(session: Session, examples: list[Example]) -> Question | None:
    """Return what to ask for the nearest guide: the township's item, for a person in one of its villages."""
    for example in sorted(examples, key=lambda example: example.level is not RegionLevel.TOWNSHIP):
        inside = (col(Region.parent_code) == example.region_code) | (col(Region.code) == example.region_code)
        query = select(col(Region.code), col(Region.name)).where(inside).order_by(col(Region.code).desc()).limit(1)
        return Question(example.basic_code, example.name, *session.execute(query).one())
    return None

"""The seeded catalogue that is measured, and the right answers, computed without a server."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Engine, select
from sqlmodel import Session, col

from benchmarks.bars import Bars
from service_catalog import seeding
from service_catalog.basic_items.tables import BasicItem
from service_catalog.guides.finding import guide_by_code, guide_by_place
from service_catalog.guides.nearest import NoBodyOffersIt
from service_catalog.guides.representation import Representation
from service_catalog.guides.schemas import GuideView
from service_catalog.implementations.tables import Implementation
from service_catalog.kernel.database import make_engine, reading
from service_catalog.migrations.upgrading import upgrade
from service_catalog.regions.tables import Region
from service_catalog.regions.tree import RegionLevel
from service_catalog.settings import Settings

PLACES = 400
"""Questions for the nearest body: gacha and item, drawn with a fixed seed."""


class Answer(NamedTuple):
    """A guide, where it is asked for, and what comes back."""

    path: str
    view: GuideView
    body: bytes
    etag: str


def seeded(path: Path, bars: Bars) -> Engine:
    """Make a catalogue and fill it from the seeds."""
    engine = make_engine(f"sqlite:///{path}")
    upgrade(engine)
    seeding.seed(engine, Settings().seed_data, now=datetime.now(UTC), progress=bars)
    return engine


def guides_by_code(engine: Engine, bars: Bars) -> list[Answer]:
    """Return the guide of every implementation, in random order."""
    with reading(engine) as session:
        codes = list(session.scalars(select(col(Implementation.implementation_code)).order_by("implementation_code")))
        random.Random(1).shuffle(codes)
        return [_by_code(session, code) for code in bars.each("办事指南 guides", codes)]


def guides_by_place(engine: Engine, bars: Bars) -> list[Answer]:
    """Return the nearest guides for people in many gachas, for all sorts of items."""
    with reading(engine) as session:
        villages = select(col(Region.code)).where(col(Region.level) == RegionLevel.VILLAGE).order_by("code")
        items = session.scalars(select(col(BasicItem.basic_code)).order_by("basic_code")).all()
        pairs = [(village, item) for village in session.scalars(villages) for item in items]
        drawn = random.Random(1).sample(pairs, min(2 * PLACES, len(pairs)))
        return _offered(session, drawn, bars)


def _offered(session: Session, pairs: Sequence[tuple[str, str]], bars: Bars) -> list[Answer]:
    answers: list[Answer] = []
    for village, item in pairs:
        try:
            view = guide_by_place(session, item, village, now=datetime.now(UTC), as_of=None)
        except NoBodyOffersIt:
            continue
        answers.append(_answer(f"/v1/guides?basic_code={item}&region={village}", view))
        bars("就近办理 places", len(answers), PLACES)
        if len(answers) == PLACES:
            break
    return answers


def _by_code(session: Session, code: str) -> Answer:
    return _answer(f"/v1/guides/{code}", guide_by_code(session, code, now=datetime.now(UTC), as_of=None))


def _answer(path: str, view: GuideView) -> Answer:
    representation = Representation.of(view)
    return Answer(path, view, representation.body, representation.etag)

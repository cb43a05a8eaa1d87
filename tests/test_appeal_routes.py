"""The shipped rules of routing over the shipped agencies: each leads to a body of the banner itself where there is one."""

from collections.abc import Iterator
from datetime import date

import pytest
import yaml
from builders import SEED_DATA
from sqlalchemy import Engine
from sqlmodel import Session

from service_catalog.agencies.tables import Agency
from service_catalog.appeals.routing import Matter, Routed, route
from service_catalog.appeals.rulebook import rulebook_of
from service_catalog.appeals.rules import Route, Routes
from service_catalog.appeals.stages import AppealKind
from service_catalog.kernel.database import make_engine, reading

DAY = date(2026, 6, 1)
LEAGUE = "152900000000"
BANNERS = ("152921000000", "152922000000", "152923000000")
ZONE = "152971000000"
"""高新区: a banner of its own with three branches of league bureaus, and no other body that a rule names."""
IN_THE_ZONE = {"fees", "environment", "shops", "police"}
ROUTES = Routes.model_validate(
    yaml.safe_load((SEED_DATA / "appeals" / "routes.yaml").read_text(encoding="utf-8"))
).routes


@pytest.fixture(scope="module")
def seeded_engine(seeded_url: str) -> Iterator[Engine]:
    engine = make_engine(seeded_url)
    yield engine
    engine.dispose()


@pytest.fixture
def reader(seeded_engine: Engine) -> Iterator[Session]:
    with reading(seeded_engine) as session:
        yield session


def routed(session: Session, text: str, region: str, kind: AppealKind, element: str | None = None) -> Routed:
    matter = Matter(kind, False, text, region, None, None, element, None, None)
    return route(session, rulebook_of(session), matter, DAY)


def body_by(session: Session, rule: Route, region: str) -> Agency:
    """The body that what the rule speaks of reaches."""
    kind = rule.kinds[0] if rule.kinds else AppealKind.COMPLAINT
    element = f"{rule.elements[0]}/card" if rule.elements else None
    found = routed(session, rule.words[0] if rule.words else "多收了十元", region, kind, element)
    assert found.rule == f"route:{rule.id}"
    agency = session.get(Agency, found.agency_code)
    assert agency is not None
    return agency


@pytest.mark.parametrize("rule", ROUTES, ids=lambda rule: rule.id)
def test_every_rule_reaches_a_body_of_the_banner_itself(reader: Session, rule: Route) -> None:
    reached = {region: body_by(reader, rule, region) for region in (*BANNERS, ZONE)}

    own = {region for region, agency in reached.items() if agency.region_code == region}
    assert own == {*BANNERS, ZONE} if rule.id in IN_THE_ZONE else own == set(BANNERS)
    assert {agency.region_code for region, agency in reached.items() if region not in own} <= {LEAGUE}
    assert all(rule.body and rule.body in agency.name for agency in reached.values())


@pytest.mark.parametrize(
    "text", ["羊绒衫起球了", "消费券怎么领", "大草原旅游", "公路自行车比赛", "公交卡", "社区噪声小", "在医院工作的编制"]
)
def test_words_in_passing_route_nothing(reader: Session, text: str) -> None:
    assert routed(reader, text, BANNERS[0], AppealKind.CONSULTATION).rule == "desk"


def test_no_word_of_a_rule_is_in_a_rule_further_down() -> None:
    """The first that holds decides: a word that contains one from above would never count."""
    seen: list[str] = []
    for rule in ROUTES:
        assert not [word for word in rule.words if any(above in word for above in seen)]
        seen += [] if rule.kinds == (AppealKind.COMPLAINT,) else rule.words

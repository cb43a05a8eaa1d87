"""The seeded catalogue: how much it holds, and that every guide of it is whole."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from builders import SEED_DATA
from sqlalchemy import Engine, func, select
from sqlmodel import Session, col
from starlette.testclient import TestClient

from service_catalog.agencies.tables import Agency
from service_catalog.basic_items.limits import TimeLimit, Verdict, is_not_longer
from service_catalog.basic_items.lint import lint, walk_texts
from service_catalog.basic_items.tables import BasicItem, BasicItemEdition
from service_catalog.coding import credit_codes
from service_catalog.guides.composing import compose_guide
from service_catalog.guides.reading import parts_of
from service_catalog.guides.schemas import GuideView
from service_catalog.implementations.content import Offer
from service_catalog.implementations.tables import Implementation, ImplementationEdition
from service_catalog.kernel.database import make_engine, reading
from service_catalog.lifecycle.states import WorkState
from service_catalog.regions.tables import Region
from service_catalog.regions.tree import RegionLevel
from service_catalog.registers.registers import registers_of
from service_catalog.seeding import SeedUnreadable, load_items, load_regions

DAY = date(2026, 6, 1)
RESIDENCE = "150709001000"
GUIDE_BEARING = {"01", "05", "07", "08", "09", "10", "20"}
HAVE_ARTICLES = ("法", "条例", "办法", "规定", "细则")
"""Notices and opinions have parts, not articles."""
ASKED_FOR = (
    "草原生态保护补助奖励", "临时占用草原", "林草种子", "牲畜耳标", "动物检疫", "居住证", "居民基本养老保险", "社会保障卡",
    "居民基本医疗保险", "最低生活保障", "残疾人证", "老年人优待证", "生育登记", "结婚登记", "宅基地批准书", "个体工商户",
    "食品经营许可", "道路货物运输", "取水许可",
)  # fmt: skip
"""What a herder, a pensioner, a shop owner, a parent and a company in Alxa really ask for."""
SAID_TO_PEOPLE = (
    "acceptance_conditions", "quantity_limit", "materials", "steps", "special_procedures", "results", "rights_and_duties",
    "questions", "handling_items", "intermediary_services",
)  # fmt: skip
OFTEN_THE_SAME = ("name", "who", "legal_basis", "electronic_licence", "review_and_appeal", "blank_form")
"""What the law itself repeats: names, who decides, articles, the ways of appeal, lines of forms."""
LEVELS = {"3": RegionLevel.LEAGUE, "4": RegionLevel.BANNER, "5": RegionLevel.TOWNSHIP, "6": RegionLevel.VILLAGE}


@pytest.fixture(scope="module")
def seeded_engine(seeded_url: str) -> Iterator[Engine]:
    engine = make_engine(seeded_url)
    yield engine
    engine.dispose()


@pytest.fixture
def reader(seeded_engine: Engine) -> Iterator[Session]:
    with reading(seeded_engine) as session:
        yield session


@pytest.fixture(scope="module")
def guides(seeded_engine: Engine) -> list[GuideView]:
    """Every guide of the catalogue, composed without HTTP."""
    with reading(seeded_engine) as session:
        codes = session.scalars(select(col(Implementation.implementation_code))).all()
        registers = registers_of(session)
        return [
            compose_guide(parts_of(session, code, DAY), registers, serial=None, as_of=None, alias=None)
            for code in codes
        ]


@pytest.fixture
def in_force(reader: Session) -> list[BasicItemEdition]:
    query = select(BasicItemEdition).where(col(BasicItemEdition.state) == WorkState.PUBLISHED)
    return list(reader.scalars(query))


def sentences_of(edition: BasicItemEdition) -> Iterator[str]:
    """Yield what the standard tells people in its own words, sentence by sentence."""
    for pointer, text in walk_texts(edition.standard.model_dump(mode="json", include=set(SAID_TO_PEOPLE))):
        if not set(pointer.split("/")) & set(OFTEN_THE_SAME):
            yield from (said for said in re.split(r"[。；？\n]", text) if re.search("[一-鿿]", said))


def limit_of(view: Any) -> TimeLimit:
    return TimeLimit(amount=view.amount, unit=view.unit)


def test_all_regions_of_alxa_are_there(reader: Session) -> None:
    by_level = Counter(reader.scalars(select(col(Region.level))))

    assert by_level == {
        RegionLevel.LEAGUE: 1,
        RegionLevel.BANNER: 4,
        RegionLevel.TOWNSHIP: 39,
        RegionLevel.VILLAGE: 264,
    }


def test_agencies_sit_on_all_four_levels_and_have_right_codes(reader: Session) -> None:
    rows = reader.execute(select(Agency, Region).join(Region, col(Region.code) == col(Agency.region_code))).all()
    agencies = [agency for agency, _ in rows]

    assert len(agencies) >= 60
    assert {region.level for _, region in rows} == set(RegionLevel)
    assert [a.code for a in agencies if not credit_codes.is_right(a.code)] == []
    assert [a.code for a in agencies if not credit_codes.organisation_part_is_right(a.code)] == []
    assert all(agency.demonstration_code for agency in agencies), "nobody has published these codes"
    assert len({agency.name for agency in agencies}) == len(agencies)


def test_items_of_all_types_that_bear_guides_are_there(reader: Session) -> None:
    types = Counter(reader.scalars(select(col(BasicItem.item_type))))

    assert types.total() >= 80
    assert set(types) == GUIDE_BEARING


def test_what_the_people_of_alxa_ask_for_is_there(in_force: list[BasicItemEdition]) -> None:
    names = [edition.standard.name for edition in in_force]

    assert [wanted for wanted in ASKED_FOR if not any(wanted in name for name in names)] == []


def test_implementations_reach_every_banner_and_many_townships_and_gachas(reader: Session) -> None:
    query = (
        select(col(Region.level), func.count(col(Region.code).distinct()), func.count())
        .join(Implementation, col(Implementation.region_code) == col(Region.code))
        .group_by(col(Region.level))
    )
    places = {level: (regions, count) for level, regions, count in reader.execute(query)}
    tightened = reader.scalars(select(col(ImplementationEdition.content)))

    assert sum(count for _, count in places.values()) >= 800
    assert (places[RegionLevel.LEAGUE][0], places[RegionLevel.BANNER][0]) == (1, 4)
    assert places[RegionLevel.TOWNSHIP][0] >= 20
    assert places[RegionLevel.VILLAGE][0] >= 60
    assert sum("promised_limit" in content or "on_site_visits" in content for content in tightened) >= 20


def test_some_bodies_say_that_they_do_not_do_it_and_why(reader: Session) -> None:
    offers = Counter(reader.scalars(select(col(ImplementationEdition.availability))))

    assert offers[Offer.OFFERED] >= 700
    assert offers[Offer.NOT_OFFERED] + offers[Offer.OFFERED_BY_OTHER] + offers[Offer.OFFERED_BELOW] >= 10


def test_every_level_of_an_implementation_is_that_of_its_agency_or_said_to_be_delegated(
    guides: list[GuideView],
) -> None:
    unlike = [
        guide.code
        for guide in guides
        if LEVELS[guide.exercise_level.code] is not guide.agency.region.level
        and (guide.power_source is None or guide.power_source.code == "1")
    ]

    assert unlike == []


def test_every_seeded_guide_is_composed_and_nothing_gives_way(guides: list[GuideView]) -> None:
    assert len(guides) >= 800
    assert [(guide.code, guide.gave_way) for guide in guides if guide.gave_way] == []
    assert {guide.state.code for guide in guides} == {"1"}
    assert [guide.code for guide in guides if not guide.service_locations or not guide.consultation_channels] == []
    assert [guide.code for guide in guides if not guide.complaint_channels] == []


def test_every_coded_value_of_a_guide_has_its_chinese_name(guides: list[GuideView]) -> None:
    nameless = set()
    for guide in guides:
        coded = [guide.item_type, guide.exercise_level, guide.case_kind, *guide.service_objects, *guide.channels]
        coded += [*guide.online_depth, *guide.natural_person_themes, *guide.legal_person_themes, guide.agency.nature]
        coded += [value for value in (guide.power_source, guide.cross_area_scope) if value is not None]
        for paper in guide.materials:
            coded += [paper.type, paper.necessity, paper.forms_accepted, paper.source]
        coded += [result.kind for result in guide.results]
        nameless |= {value.code for value in coded if value.zh == value.code}

    assert nameless == set()


def test_every_promise_keeps_the_law_and_every_flow_keeps_the_promise(guides: list[GuideView], reader: Session) -> None:
    worst = registers_of(reader).calendar.longest_run
    late = []
    for guide in guides:
        promise = limit_of(guide.promised_limit)
        if guide.statutory_limit is not None:
            if is_not_longer(promise, limit_of(guide.statutory_limit), worst) is not Verdict.YES:
                late.append((guide.code, "law"))
        elif guide.statutory_limit_explanation is None:
            late.append((guide.code, "no explanation"))
        late += [
            (guide.code, step.key)
            for step in guide.steps
            if step.limit is not None and is_not_longer(limit_of(step.limit), promise, worst) is Verdict.NO
        ]
        amount = guide.promised_limit.amount
        if amount is not None and not 1 <= amount <= 400:
            late.append((guide.code, f"{amount} {guide.promised_limit.unit}"))

    assert late == []


def test_every_fee_is_sane(guides: list[GuideView]) -> None:
    odd = []
    for guide in guides:
        if guide.is_charged != bool(guide.fees):
            odd.append((guide.code, "charged"))
        for fee in guide.fees:
            if fee.amount is not None and not Decimal(0) <= fee.amount <= Decimal(1000):
                odd.append((guide.code, str(fee.amount)))
            if fee.amount is not None and fee.amount > 0 and not fee.unit:
                odd.append((guide.code, "unit"))

    assert odd == []


def test_every_handling_item_of_every_guide_names_papers_that_exist(guides: list[GuideView]) -> None:
    for guide in guides:
        assert len({paper.key for paper in guide.materials}) == len(guide.materials)
        assert [item.code for item in guide.handling_items] == [
            guide.implementation_code + item.serial for item in guide.handling_items
        ]


def test_every_seeded_standard_in_force_is_without_a_finding(reader: Session, in_force: list[BasicItemEdition]) -> None:
    worst = registers_of(reader).calendar.longest_run
    wrong = [
        (edition.basic_code, finding.name, finding.pointer)
        for edition in in_force
        for finding in lint(edition.standard, edition.basic_code[2:4], worst)
    ]

    assert len(in_force) >= 80
    assert wrong == []


def test_no_two_standards_tell_people_the_same_sentence(in_force: list[BasicItemEdition]) -> None:
    told_by: dict[str, set[str]] = {}
    for edition in in_force:
        for sentence in sentences_of(edition):
            told_by.setdefault(sentence, set()).add(edition.basic_code)

    assert {s: sorted(codes) for s, codes in told_by.items() if len(s) >= 12 and len(codes) > 1} == {}


def test_one_law_is_cited_by_one_number(in_force: list[BasicItemEdition]) -> None:
    numbers: dict[str, set[str | None]] = {}
    for edition in in_force:
        for basis in edition.standard.legal_basis:
            numbers.setdefault(basis.law, set()).add(basis.document_number)

    assert {law: found for law, found in numbers.items() if len(found) > 1} == {}


def test_every_basis_names_its_law_and_its_text_and_what_has_articles_names_one(
    in_force: list[BasicItemEdition],
) -> None:
    vague = [
        (edition.basic_code, basis.law, basis.article)
        for edition in in_force
        for basis in edition.standard.legal_basis
        if (basis.law.endswith(HAVE_ARTICLES) and not basis.article.startswith("第")) or len(basis.text) < 10
    ]

    assert vague == []


def test_the_same_item_is_the_same_on_every_level(guides: list[GuideView]) -> None:
    same = [guide for guide in guides if guide.basic_code == RESIDENCE]
    levels = {guide.agency.region.level for guide in same}

    assert {RegionLevel.LEAGUE, RegionLevel.BANNER, RegionLevel.TOWNSHIP} <= levels
    assert len({guide.implementation_code for guide in same}) == len(same)
    for element in ("name", "basic_code", "item_type", "legal_basis", "acceptance_conditions"):
        assert len({str(getattr(guide, element)) for guide in same}) == 1, element
    asked = {
        tuple(sorted([paper.name for paper in guide.materials] + [paper.name for paper in guide.materials_waived_here]))
        for guide in same
    }
    assert len(asked) == 1


def test_a_person_in_a_gacha_is_told_window_papers_steps_and_days(seeded: TestClient) -> None:
    gachas = seeded.get("/v1/regions", params={"level": "village", "limit": 5}).json()["items"]
    for gacha in gachas:
        guide = seeded.get("/v1/guides", params={"basic_code": RESIDENCE, "region": gacha["code"]}).json()

        assert guide["nearest"]["region"]["code"] == gacha["code"]
        assert guide["nearest"]["why_zh"]
        assert guide["service_locations"][0]["address"]
        assert guide["materials"]
        assert guide["steps"]
        assert guide["promised_limit"]["zh"]


def test_what_was_in_force_in_the_past_is_still_read(seeded: TestClient, reader: Session) -> None:
    changed = select(col(BasicItemEdition.basic_code)).where(col(BasicItemEdition.number) == 2)
    later = reader.scalars(changed).all()
    assert later, "some standards have changed since"
    code = reader.scalars(
        select(col(Implementation.implementation_code)).where(col(Implementation.basic_code).in_(later)).limit(1)
    ).one()

    today = seeded.get(f"/v1/guides/{code}").json()["editions"]
    past = seeded.get(f"/v1/guides/{code}", params={"as_of": "2026-01-05"}).json()["editions"]

    assert past["standard"] == 1
    assert today["standard"] >= past["standard"]


def test_progress_is_told_row_by_row(session: Session, empty_engine: Engine) -> None:
    told: list[tuple[str, int, int]] = []
    with Session(empty_engine.execution_options(catalog_writes=True)) as empty:
        load_regions(empty, SEED_DATA / "regions.csv", lambda *told_now: told.append(told_now))
        empty.rollback()

    assert [done for _, done, _ in told] == list(range(1, 309))
    assert {total for _, _, total in told} == {308}


def test_a_refused_seed_names_its_file(session: Session, tmp_path: Any) -> None:
    (tmp_path / "wrong.yaml").write_text("basic_code: '150709001000'\npublished_on: 2025-12-01\n", encoding="utf-8")

    with pytest.raises(SeedUnreadable, match=r"wrong\.yaml"):
        load_items(session, tmp_path)


def test_the_clock_of_the_seeds_is_settled(reader: Session) -> None:
    for table in (BasicItemEdition, ImplementationEdition):
        due = select(func.count()).select_from(table).where(
            col(table.state) == WorkState.APPROVED, col(table.effective_from) <= DAY
        )  # fmt: skip
        assert reader.execute(due).scalar_one() == 0
    assert datetime(2026, 6, 1, tzinfo=UTC).date() == DAY

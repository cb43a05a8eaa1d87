"""Claiming an item and writing its local part: what an agency may say, and what it may not."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from builders import (
    BANNER,
    BANNER_BUREAU,
    EDITOR,
    FOUNDED,
    GACHA,
    GACHA_COMMITTEE,
    ITEM,
    LEAGUE,
    LEAGUE_BUREAU,
    REVIEWER,
    TOWNSHIP,
    TOWNSHIP_STATION,
    add_agency,
    credit_code,
    decision,
    item_content,
    publish_item,
    publish_local,
)
from sqlalchemy import Engine, func, select
from sqlmodel import Session, col
from starlette.testclient import TestClient

from service_catalog.agencies.register import NoSuchAgency
from service_catalog.basic_items import editing
from service_catalog.changes.tables import Subject
from service_catalog.coding import allocation
from service_catalog.implementations import claiming
from service_catalog.implementations.inheritance import LocalRefused
from service_catalog.implementations.standards import StandardNotInForce, standard_to_implement
from service_catalog.implementations.tables import Implementation, ImplementationEdition, ServedRegion
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.kernel.errors import CatalogError, InvalidRequest
from service_catalog.lifecycle.standing import record_act
from service_catalog.lifecycle.states import ActKind
from service_catalog.regions.mapping import NoSuchRegion, add_region, establish_zone
from service_catalog.regions.tables import Region
from service_catalog.regions.tree import RegionKind, RegionLevel

TODAY, APRIL = date(2026, 3, 10), date(2026, 4, 1)
OFFERED: dict[str, Any] = {"availability": {"status": "offered"}}


@pytest.fixture
def code(session: Session, now: datetime) -> str:
    """The banner has claimed the item."""
    return claim(session, now)


def claim(session: Session, at: datetime, agency: str = BANNER_BUREAU, level: str = "4", basic_code: str = ITEM) -> str:
    return claiming.claim(
        session, agency_code=agency, exercise_level=level, basic_code=basic_code, by=EDITOR, at=at
    ).implementation_code


def write(session: Session, code: str, at: datetime, **content: Any) -> ImplementationEdition:
    return claiming.draft(session, code, OFFERED | content, by=EDITOR, at=at)


def refused(session: Session, code: str, at: datetime, **content: Any) -> list[tuple[str, str, str]]:
    with pytest.raises(LocalRefused) as error:
        write(session, code, at, **content)
    return [(row["element"], row["pointer"], row["rule"]) for row in error.value.facts["refusals"]]


def test_the_code_of_an_implementation_is_computed(session: Session, now: datetime) -> None:
    code = claim(session, now, TOWNSHIP_STATION, "5")

    row = session.get_one(Implementation, code)
    assert code == TOWNSHIP_STATION + "5" + ITEM
    assert (row.region_code, row.claimed_by, row.claimed_at) == ("152921000000"[:6] + "110000", EDITOR.name, now)


@pytest.mark.parametrize(
    ("error", "changed"),
    [
        (claiming.AlreadyClaimed, {}),
        (claiming.LevelNotInStandard, {"level": "2"}),
        (claiming.LevelNotInStandard, {"level": "1"}),
        (NoSuchAgency, {"agency": "11152921DM9999999X"}),
        (editing.NoSuchItem, {"basic_code": "150709777000"}),
    ],
    ids=["twice", "region's level", "nation's level", "nobody", "no item"],
)
def test_a_claim_that_cannot_stand_is_refused_by_name(
    session: Session, now: datetime, code: str, error: type[CatalogError], changed: dict[str, str]
) -> None:
    with pytest.raises(error):
        claim(session, now, **changed)

    assert session.execute(select(func.count()).select_from(Implementation)).scalar_one() == 1


def test_a_refused_level_names_what_the_standard_provides_for(session: Session, now: datetime) -> None:
    with pytest.raises(claiming.LevelNotInStandard) as error:
        claim(session, now, level="2")

    assert error.value.facts == {
        "element": "exercise_level",
        "standard_value": ["3", "4", "5", "6"],
        "local_value": "2",
    }


def test_an_item_without_a_standard_cannot_be_claimed(session: Session, now: datetime) -> None:
    allocation.register_basic_code(session, "150709008000", document_number="一号", by=EDITOR, at=now)
    editing.establish(session, "150709008000", parent_basic_code=None, decision=decision(TODAY), by=EDITOR, at=now)

    with pytest.raises(StandardNotInForce):
        claim(session, now, basic_code="150709008000")


def test_a_cancelled_or_ended_item_cannot_be_claimed(session: Session, now: datetime) -> None:
    editing.cancel(session, ITEM, decision(TODAY), by=REVIEWER, at=now)

    with pytest.raises(StandardNotInForce):
        claim(session, now)


def test_an_announced_standard_can_be_claimed_before_its_day(session: Session) -> None:
    code = publish_local(session, BANNER_BUREAU, "4", at=FOUNDED, effective_from=date(2026, 1, 1))

    assert session.get(Implementation, code) is not None


def test_only_what_differs_is_stored(session: Session, now: datetime, code: str) -> None:
    standard = item_content().model_dump(mode="json")
    equal = ("name", "legal_basis", "steps", "promised_limit", "channels", "handling_items", "questions")

    edition = write(session, code, now, **{name: standard[name] for name in equal}, basic_code=ITEM, on_site_visits=0)

    assert edition.content == OFFERED | {"on_site_visits": 0}
    assert edition.based_on_edition == 1


@pytest.mark.parametrize("element", ["legal_basis", "materials", "steps", "fees", "results", "service_flags"])
def test_what_equals_the_standard_is_accepted_also_without_its_empty_members(
    session: Session, now: datetime, code: str, element: str
) -> None:
    standard = item_content().model_dump(mode="json", exclude_none=True)

    assert write(session, code, now, **{element: standard[element]}).content == OFFERED


def test_what_is_locked_is_refused_with_the_element_and_both_values(session: Session, now: datetime, code: str) -> None:
    with pytest.raises(LocalRefused) as error:
        write(
            session,
            code,
            now,
            name="暂住证",
            acceptance_conditions=["有房"],
            steps=[{"key": "receive", "name": "接件"}],
        )

    rows = {row["element"]: row for row in error.value.facts["refusals"]}
    assert set(rows) == {"name", "acceptance_conditions", "steps.name"}
    assert (rows["name"]["standard_value"], rows["name"]["local_value"]) == ("居住证申领", "暂住证")
    assert error.value.facts["standard_edition"] == 1
    assert "name" in error.value.said.zh
    assert session.execute(select(func.count()).select_from(ImplementationEdition)).scalar_one() == 0


REFUSED: list[tuple[dict[str, Any], list[tuple[str, str, str]]]] = [
    (
        {"materials": [{"key": "deed", "name": "房产证"}]},
        [("materials", "/materials/0", "subset_by_standard_row")],
    ),
    ({"materials": [{"key": "id-card", "dropped": True}]}, [("materials", "/materials/0/dropped", "subset_by_standard_row")]),
    ({"materials": [{"key": "lease", "photo_copies": 3}]}, [("materials.photo_copies", "/materials/0/photo_copies", "lte")]),
    ({"materials": [{"key": "lease", "name": "租约"}]}, [("materials.name", "/materials/0/name", "element_locked")]),
    (
        {"promised_limit": {"amount": 12, "unit": "working_day"}},
        [("promised_limit", "/promised_limit", "not_longer_than:statutory_limit,standard.promised_limit")],
    ),
    (
        {"promised_limit": {"amount": 2, "unit": "week"}},
        [("promised_limit", "/promised_limit", "not_longer_than:statutory_limit,standard.promised_limit")],
    ),
    ({"on_site_visits": 2}, [("on_site_visits", "/on_site_visits", "lte")]),
    ({"cross_area_scope": "5"}, [("cross_area_scope", "/cross_area_scope", "code_lte")]),
    ({"channels": ["2"]}, [("channels", "/channels", "superset")]),
    ({"power_source": "5"}, [("power_source", "/power_source", "member_of:power_sources_by_level")]),
    ({"service_flags": {"in_service_hall": False}}, [("service_flags", "/service_flags", "may_switch_on")]),
    ({"fees": [{"key": "card", "amount": "30"}]}, [("fees.standard", "/fees/0", "lte_with_document")]),
    ({"fees": [{"key": "card", "amount": "10"}]}, [("fees.standard", "/fees/0", "lte_with_document")]),
    ({"handling_items": [{"serial": "03", "offered": True}]}, [("handling_items", "/handling_items/0", "element_locked")]),
    (
        {"handling_items": [{"serial": "02", "offered": False}]},
        [("handling_items.offered", "/handling_items/0", "subset_with_reason")],
    ),
    ({"wish": "长命"}, [("wish", "/wish", "element_unknown")]),
]  # fmt: skip


def test_what_loosens_the_standard_is_refused_by_element_and_rule(session: Session, now: datetime, code: str) -> None:
    for content, expected in REFUSED:
        assert refused(session, code, now, **content) == expected, content


def test_every_refusal_is_told_at_once(session: Session, now: datetime, code: str) -> None:
    everything = {name: value for content, _ in REFUSED for name, value in content.items()}

    assert len(refused(session, code, now, **everything)) == len(everything)


def test_malformed_values_are_named_by_their_place(session: Session, now: datetime, code: str) -> None:
    malformed: dict[str, tuple[Any, str]] = {
        "availability": ({"status": "perhaps"}, "/availability/status"),
        "on_site_visits": (-1, "/on_site_visits"),
        "questions": ([{"question": "？" * 1001, "answer": "一"}], "/questions/0/question"),
        "local_notes": ("有\x00字", "/local_notes"),
        "service_area": (["阿左旗"], "/service_area/0"),
        "promised_limit": ({"amount": 0, "unit": "working_day"}, "/promised_limit/amount"),
    }
    for element, (value, pointer) in malformed.items():
        with pytest.raises(InvalidRequest) as error:
            claiming.draft(session, code, OFFERED | {element: value}, by=EDITOR, at=now)

        assert [fault.pointer for fault in error.value.faults] == [pointer]


def test_a_reason_is_needed_unless_the_item_is_offered(session: Session, now: datetime, code: str) -> None:
    for availability in (
        {"status": "not_offered"},
        {"status": "offered_below"},
        {"status": "offered_by_other", "reason": "划转"},
        {"status": "not_offered", "reason": "无", "agency_code": TOWNSHIP_STATION},
    ):
        with pytest.raises(InvalidRequest):
            claiming.draft(session, code, {"availability": availability}, by=EDITOR, at=now)


def test_a_draft_that_says_nothing_of_availability_is_refused(session: Session, now: datetime, code: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        claiming.draft(session, code, {}, by=EDITOR, at=now)

    assert [fault.pointer for fault in error.value.faults] == ["/availability"]


WHOLE: list[tuple[dict[str, Any], type[CatalogError]]] = [
    ({"power_source": "5"}, claiming.EntrustingAgencyMissing),
    ({"availability": {"status": "offered_by_other", "reason": "划转", "agency_code": "X" * 18}}, NoSuchAgency),
    ({"service_area": ["152999000000"]}, NoSuchRegion),
    ({"implementation_code": "X" * 31}, claiming.ComputedNotTyped),
    ({"agency_code": BANNER_BUREAU}, claiming.ComputedNotTyped),
    ({"exercise_level": "4"}, claiming.ComputedNotTyped),
    (
        {
            "consultation_channels": [{"way": "telephone", "value": "12345"}],
            "complaint_channels": [{"way": "telephone", "value": "12345"}],
        },
        InvalidRequest,
    ),
]


@pytest.mark.parametrize(
    ("local", "pointer"),
    [
        ({"consultation_channels": [{"way": "telephone", "value": "12345"}]}, "/consultation_channels"),
        ({"complaint_channels": [{"way": "telephone", "value": "（0483）830 0001"}]}, "/complaint_channels"),
    ],
)
def test_complaints_go_elsewhere_than_questions_in_the_guide_as_it_will_be_read(
    session: Session, now: datetime, code: str, local: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(InvalidRequest) as error:
        write(session, code, now, **local)

    assert [fault.pointer for fault in error.value.faults] == [pointer]


def test_phones_of_its_own_for_both_need_not_differ_from_those_of_the_agency(
    session: Session, now: datetime, code: str
) -> None:
    swapped = {
        "consultation_channels": [{"way": "telephone", "value": "12345"}],
        "complaint_channels": [{"way": "telephone", "value": "0483-8300001"}],
    }

    assert write(session, code, now, **swapped).content == OFFERED | swapped


def test_the_other_body_that_does_it_is_not_the_body_itself(session: Session, now: datetime, code: str) -> None:
    itself = {"status": "offered_by_other", "reason": "划转", "agency_code": BANNER_BUREAU}

    with pytest.raises(InvalidRequest) as error:
        write(session, code, now, availability=itself)

    assert [fault.pointer for fault in error.value.faults] == ["/availability/agency_code"]


def test_an_item_is_not_offered_where_none_of_its_handling_items_is(session: Session, now: datetime, code: str) -> None:
    gone = [{"serial": serial, "offered": False, "reason": "设备在盟里"} for serial in ("01", "02")]

    with pytest.raises(InvalidRequest) as error:
        write(session, code, now, handling_items=gone)

    assert [fault.pointer for fault in error.value.faults] == ["/availability/status"]
    not_here = {"status": "not_offered", "reason": "设备在盟里"}
    assert write(session, code, now, handling_items=gone, availability=not_here).availability == "not_offered"


def test_a_short_code_of_the_area_served_is_written_down_whole(session: Session) -> None:
    publish_local(session, TOWNSHIP_STATION, "5", service_area=[GACHA[:9]])

    assert session.scalars(select(col(ServedRegion.region_code))).all() == [GACHA[:9] + "000"]


def test_what_needs_other_rows_is_checked_too(session: Session, now: datetime) -> None:
    code = claim(session, now, GACHA_COMMITTEE, "6")
    for content, error in WHOLE:
        with pytest.raises(error):
            write(session, code, now, **content)


def test_the_dry_check_says_what_the_draft_would_say(session: Session, client: TestClient, now: datetime) -> None:
    code = claim(session, now, GACHA_COMMITTEE, "6")
    session.commit()

    for content, _ in WHOLE:
        answer = client.post(f"/v1/implementations/{code}/check", json=content)

        assert answer.status_code != 200 or answer.json()["acceptable"] is False, content


def test_what_is_computed_may_be_sent_when_it_is_right(session: Session, client: TestClient, now: datetime) -> None:
    code = claim(session, now)
    own = {"implementation_code": code, "agency_code": BANNER_BUREAU, "exercise_level": "4"}
    session.commit()

    answer = client.post(f"/v1/implementations/{code}/check", json=own)

    assert write(session, code, now, **own).content == OFFERED
    assert answer.status_code == 200, answer.json()
    assert answer.json()["acceptable"] is True


def test_a_dry_check_writes_nothing_and_names_every_refusal(
    session: Session, client: TestClient, now: datetime
) -> None:
    code = claim(session, now)
    session.commit()
    for content, expected in REFUSED:
        answer = client.post(f"/v1/implementations/{code}/check", json=content).json()

        assert (answer["acceptable"], answer["standard_edition"]) == (False, 1)
        assert [(row["element"], row["pointer"], row["rule"]) for row in answer["refusals"]] == expected

    good = client.post(f"/v1/implementations/{code}/check", json={"on_site_visits": 0, "name": "居住证申领"}).json()
    assert (good["acceptable"], good["refusals"]) == (True, [])
    assert good["would_store"] == OFFERED | {"on_site_visits": 0}
    assert session.execute(select(func.count()).select_from(ImplementationEdition)).scalar_one() == 0


def test_a_dry_check_of_nothing_is_refused_by_name(session: Session, client: TestClient, now: datetime) -> None:
    code = claim(session, now)
    session.commit()
    bodies: list[tuple[dict[str, Any], int, str]] = [
        ({"content": b"{"}, 422, "invalid-request"),
        ({"content": b"[1]"}, 422, "invalid-request"),
        ({"content": b"null"}, 422, "invalid-request"),
        ({"content": b"\xff\xfe"}, 422, "invalid-request"),
        ({"content": b'{"name": ' + b"[" * 3000 + b"]" * 3000 + b"}"}, 422, "invalid-request"),
        ({"json": {"materials": ["photo"]}}, 422, "invalid-request"),
        ({"json": {"availability": {"status": "x"}}}, 422, "invalid-request"),
        ({"content": b'{"name": "' + b"x" * 1_000_001 + b'"}'}, 413, "content-too-large"),
    ]
    for body, status, name in bodies:
        answer = client.post(f"/v1/implementations/{code}/check", headers={"content-type": "application/json"}, **body)

        assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{name}"), str(body)[:40]


def test_values_that_json_can_hold_but_text_cannot_are_answered_without_a_fault_of_ours(
    session: Session, client: TestClient, now: datetime
) -> None:
    url = f"/v1/implementations/{claim(session, now)}/check"
    session.commit()
    reader = TestClient(client.app, raise_server_exceptions=False)
    bodies = (
        rb'{"name": "\ud800"}',
        rb'{"\ud800": 1}',
        rb'{"name": "\u0000"}',
        rb'{"local_notes": "\ud800"}',
        rb'{"local_notes": 1, "\ud800": 1}',
        rb'{"materials": [{"key": "\ud800"}]}',
        b'{"name": NaN}',
        b'{"on_site_visits": 1e999}',
        b'{"on_site_visits": 123456789012345678901234567890}',
        b'{"materials": {"key": 1}}',
        b'{"fees": [{"key": "card", "amount": -Infinity}]}',
    )

    answers = {body: reader.post(url, content=body, headers={"content-type": "application/json"}) for body in bodies}

    assert {body: answer.status_code for body, answer in answers.items() if answer.status_code not in (200, 422)} == {}


@pytest.mark.parametrize(
    ("effective_from", "effective_until", "element"),
    [(TODAY, None, "effective_from"), (APRIL, date(2027, 1, 2), "effective_until")],
)
def test_a_local_part_lives_only_while_its_standard_does(
    session: Session, now: datetime, effective_from: date, effective_until: date | None, element: str
) -> None:
    allocation.register_basic_code(session, "150709008000", document_number="一号", by=EDITOR, at=now)
    publishing = {"effective_from": APRIL, "effective_until": date(2027, 1, 1)}
    editing.establish(session, "150709008000", parent_basic_code=None, decision=decision(APRIL), by=EDITOR, at=now)
    publish_item(session, "150709008000", item_content(), at=now, **publishing)

    with pytest.raises(claiming.OutsideStandardDates) as error:
        publish_local(
            session, BANNER_BUREAU, "4", basic_code="150709008000", at=now, effective_from=effective_from,
            effective_until=effective_until,
        )  # fmt: skip

    assert error.value.facts["element"] == element


def test_a_draft_is_held_once_more_against_the_standard_of_its_first_day(session: Session, now: datetime) -> None:
    code = claim(session, now)
    write(session, code, now, promised_limit={"amount": 8, "unit": "working_day"})
    claiming.submit(session, code, by=EDITOR, at=now)
    claiming.approve(session, code, by=REVIEWER, at=now)
    steps = item_content().model_dump(mode="json")["steps"][:2]
    faster = item_content(promised_limit={"amount": 5, "unit": "working_day"}, steps=steps)
    publish_item(session, ITEM, faster, at=now, effective_from=APRIL)

    with pytest.raises(LocalRefused):
        claiming.publish(session, code, effective_from=APRIL, by=REVIEWER, at=now)
    published = claiming.publish(session, code, effective_from=TODAY, by=REVIEWER, at=now)

    assert published.based_on_edition == 1


def test_a_standard_that_was_rolled_back_is_not_remembered(engine: Engine, now: datetime) -> None:
    for name, kept in (("居住证登记", False), ("居住证办理", True)):
        with unit_of_work(engine) as session:
            publish_item(session, ITEM, item_content(name=name), at=now, effective_from=TODAY)
            claimed = claim(session, now, TOWNSHIP_STATION, "5")
            assert refused(session, claimed, now, name="x") == [("name", "/name", "element_locked")]
            if not kept:
                session.rollback()

    with reading(engine) as session:
        standard = standard_to_implement(session, editing.find_item(session, ITEM), TODAY)
        assert standard.content.name == "居住证办理"


def test_the_area_served_is_written_down_when_it_is_published(session: Session, now: datetime) -> None:
    publish_local(session, TOWNSHIP_STATION, "5", service_area=[GACHA, GACHA])

    assert session.scalars(select(col(ServedRegion.region_code))).all() == [GACHA]


OTHER_BANNER, OTHER_TOWNSHIP, NEIGHBOUR = "152923000000", "152923101000", "152921102000"


def add_places(session: Session, at: datetime) -> None:
    """Another banner with a township, and a second township in the banner."""
    for code, level, parent in (
        (OTHER_BANNER, RegionLevel.BANNER, LEAGUE),
        (OTHER_TOWNSHIP, RegionLevel.TOWNSHIP, OTHER_BANNER),
        (NEIGHBOUR, RegionLevel.TOWNSHIP, BANNER),
    ):
        region = Region(code=code, name=f"区划{code}", level=level, kind=RegionKind.DIVISION, parent_code=parent)
        add_region(session, region, by=EDITOR, at=at)


@pytest.mark.parametrize(
    ("agency", "level", "area", "outside"),
    [
        (BANNER_BUREAU, "4", [BANNER, OTHER_BANNER], [OTHER_BANNER]),
        (BANNER_BUREAU, "4", [OTHER_TOWNSHIP], [OTHER_TOWNSHIP]),
        (BANNER_BUREAU, "4", [LEAGUE], [LEAGUE]),
        (TOWNSHIP_STATION, "5", [TOWNSHIP, BANNER], [BANNER]),
        (TOWNSHIP_STATION, "5", [OTHER_TOWNSHIP], [OTHER_TOWNSHIP]),
    ],
    ids=["another banner", "its township", "the league", "the banner of a station", "a township of another banner"],
)
def test_a_body_serves_nobody_outside_its_own_banner(
    session: Session, now: datetime, agency: str, level: str, area: list[str], outside: list[str]
) -> None:
    add_places(session, now)
    code = claim(session, now, agency, level)

    with pytest.raises(claiming.ServiceAreaElsewhere) as error:
        write(session, code, now, service_area=area)

    assert error.value.facts == {"element": "service_area", "local_value": outside}


def test_a_body_serves_its_own_region_its_neighbours_and_the_league_all_of_it(session: Session, now: datetime) -> None:
    add_places(session, now)

    publish_local(session, BANNER_BUREAU, "4", service_area=[BANNER, TOWNSHIP, GACHA])
    publish_local(session, TOWNSHIP_STATION, "5", service_area=[TOWNSHIP, NEIGHBOUR])
    publish_local(session, LEAGUE_BUREAU, "3", service_area=[OTHER_BANNER, GACHA])

    assert len(session.scalars(select(ServedRegion)).all()) == 7


def test_a_zone_is_served_by_whom_it_belongs_to_and_serves_its_members(session: Session, now: datetime) -> None:
    add_places(session, now)
    zone = establish_zone(
        session, name="高新区", level=RegionLevel.BANNER, parent_code=LEAGUE, members=[OTHER_TOWNSHIP],
        document_number="一号", valid_from=TODAY, by=EDITOR, at=now,
    )  # fmt: skip
    zone.governed_by = BANNER
    committee = add_agency(session, credit_code(BANNER, 900006), zone.code, "管委会")

    publish_local(session, BANNER_BUREAU, "4", service_area=[zone.code, OTHER_TOWNSHIP])
    publish_local(session, committee, "4", service_area=[zone.code, OTHER_TOWNSHIP])

    with pytest.raises(claiming.ServiceAreaElsewhere):
        publish_local(session, committee, "3", service_area=[OTHER_BANNER])


def test_what_came_by_an_act_serves_where_the_act_says(session: Session, now: datetime, code: str) -> None:
    add_places(session, now)
    act = record_act(session, Subject.IMPLEMENTATION, code, ActKind.TRANSFER, decision(TODAY), by=REVIEWER, at=now)
    session.get_one(Implementation, code).act_id = act.id

    edition = write(session, code, now, service_area=[OTHER_TOWNSHIP])

    assert edition.content["service_area"] == [OTHER_TOWNSHIP]


def test_a_standard_that_was_withdrawn_before_its_day_cannot_be_claimed(session: Session, now: datetime) -> None:
    item = "150709008000"
    publish_item(session, item, item_content(), at=now, effective_from=APRIL)
    editing.withdraw(session, item, by=REVIEWER, at=now)

    with pytest.raises(StandardNotInForce):
        claim(session, now, basic_code=item)


@pytest.mark.parametrize(
    "verb",
    [
        lambda s, at: claiming.draft(s, "X" * 31, OFFERED, by=EDITOR, at=at),
        lambda s, at: claiming.suspend(s, "X" * 31, decision(TODAY), by=EDITOR, at=at),
        lambda s, at: claiming.discard(s, "X" * 31, by=EDITOR, at=at),
    ],
)
def test_what_nobody_claimed_cannot_be_written(
    session: Session, now: datetime, verb: Callable[[Session, datetime], object]
) -> None:
    with pytest.raises(claiming.NoSuchImplementation):
        verb(session, now)

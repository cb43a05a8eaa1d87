"""A guide computed from hand-made parts: the standard, tightened and completed by the local part."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from builders import BANNER, BANNER_BUREAU, IN_FORCE_SINCE, ITEM, agency_facts, item_plain
from inheriting import DOCUMENT, MATRIX, STANDARD, local_of, standard_with
from seeds import seed_registers

from service_catalog.agencies.tables import Agency, AgencyKind
from service_catalog.guides.composing import NOT_CONTENT, NoGuideOfThisType, compose_guide, content_digest
from service_catalog.guides.reading import GuideParts, NoSuchHandlingItem
from service_catalog.guides.schemas import AliasView, GuideView, HandlingItemView
from service_catalog.implementations.content import Offer
from service_catalog.implementations.inheritance import Standard
from service_catalog.implementations.tables import Implementation
from service_catalog.lifecycle.standing import IN_FORCE, StandingOn
from service_catalog.lifecycle.states import ItemState
from service_catalog.regions.tables import Region
from service_catalog.regions.tree import RegionKind, RegionLevel
from service_catalog.registers.registers import Registers

CODE = BANNER_BUREAU + "4" + ITEM
PUBLISHED = datetime(2025, 12, 20, 1, 0, tzinfo=UTC)
REGISTERS = seed_registers()
ALIAS = AliasView(
    asked_code="1" * 31,
    current_code="2" * 31,
    valid_from=date(2026, 1, 1),
    document_number="阿署发〔2026〕1号",
    act_kind="transfer",
)
FOUR_DAYS = {"amount": 4, "unit": "working_day"}
EIGHT_DAYS = {"amount": 8, "unit": "working_day"}


def parts(standard: Standard = STANDARD, /, **local: Any) -> GuideParts:
    return GuideParts(
        implementation=Implementation(
            implementation_code=CODE,
            agency_code=BANNER_BUREAU,
            exercise_level="4",
            basic_code=ITEM,
            region_code=BANNER,
            claimed_by="编辑甲",
            claimed_at=PUBLISHED,
        ),
        agency=Agency(
            code=BANNER_BUREAU,
            kind=AgencyKind.ORGAN,
            nature="1",
            region_code=BANNER,
            name="阿拉善左旗公安局（最新名称）",
        ),
        region=Region(code=BANNER, name="阿拉善左旗", level=RegionLevel.BANNER, kind=RegionKind.DIVISION),
        standard=standard,
        standard_published_at=PUBLISHED,
        local=local_of(**local),
        local_number=2,
        local_effective_from=date(2026, 2, 1),
        local_published_at=PUBLISHED,
        based_on_standard=3,
        facts=agency_facts(),
        facts_number=1,
        facts_since=PUBLISHED,
        standing=IN_FORCE,
    )


def guide(
    standard: Standard = STANDARD,
    /,
    *,
    serial: str | None = None,
    as_of: date | None = None,
    alias: AliasView | None = None,
    registers: Registers = REGISTERS,
    **local: Any,
) -> GuideView:
    return compose_guide(parts(standard, **local), registers, serial=serial, as_of=as_of, alias=alias)


def codes(coded: Any) -> list[str]:
    return [row.code for row in coded]


def handling_item(view: GuideView, serial: str) -> HandlingItemView:
    return next(row for row in view.handling_items if row.serial == serial)


def with_items(*items: dict[str, Any], **changes: Any) -> Standard:
    return standard_with(handling_items=list(items), **changes)


def test_without_local_differences_the_guide_says_what_the_standard_says() -> None:
    view = guide()

    assert (view.name, view.basic_code, view.implementation_code, view.code) == ("居住证申领", ITEM, CODE, CODE)
    assert (view.promised_limit.amount, view.promised_limit.zh, view.promised_limit.source) == (
        10,
        "10个工作日",
        "standard",
    )
    assert [row.key for row in view.materials] == ["id-card", "photo", "lease"]
    assert (view.materials_waived_here, view.gave_way, view.handling_item_code) == ([], [], None)
    assert (view.item_type.zh, view.exercise_level.code, view.state.zh) == ("行政确认", "4", "在用")
    assert view.availability.status is Offer.OFFERED


def test_what_only_the_agency_knows_comes_from_its_facts_of_the_day() -> None:
    view = guide()

    assert (view.agency.name, view.agency.address) == ("阿拉善左旗公安局", "巴彦浩特镇")
    assert view.service_locations[0].phone == "0483-8300001"
    assert view.complaint_channels[0].value == "12345"


def test_what_the_local_part_says_of_places_and_phones_stands_before_the_facts() -> None:
    view = guide(
        service_locations=[{"key": "hall-2", "name": "二楼3号窗口", "address": "巴彦浩特镇"}],
        consultation_channels=[{"way": "telephone", "value": "0483-8300009"}],
    )

    assert [row.key for row in view.service_locations] == ["hall-2"]
    assert [row.value for row in view.consultation_channels] == ["0483-8300009"]
    assert [row.value for row in view.complaint_channels] == ["12345"]


def test_a_shorter_local_promise_is_the_one_people_may_rely_on() -> None:
    view = guide(promised_limit=EIGHT_DAYS)

    assert (view.promised_limit.amount, view.promised_limit.source) == (8, "local")


def test_a_stored_promise_that_the_standard_has_overtaken_gives_way() -> None:
    view = guide(standard_with(promised_limit={"amount": 5}), promised_limit=EIGHT_DAYS)

    assert (view.promised_limit.amount, view.promised_limit.source) == (5, "standard")
    assert view.gave_way == ["promised_limit"]


def test_elements_that_gave_way_are_named_once_and_in_order() -> None:
    view = guide(
        standard_with(promised_limit={"amount": 5}, on_site_visits=0),
        promised_limit=EIGHT_DAYS,
        on_site_visits=1,
        materials=[{"key": "id-card", "dropped": True}, {"key": "lease", "dropped": True}],
    )

    assert view.gave_way == ["materials", "on_site_visits", "promised_limit"]
    assert [row.key for row in view.materials] == ["id-card", "photo", "lease"]


def test_where_the_matrix_leaves_the_promise_to_the_law_the_guide_shows_what_the_agency_promised() -> None:
    by_law_only = dict(MATRIX) | {
        "promised_limit": MATRIX["promised_limit"]._replace(rule="not_longer_than:statutory_limit")
    }

    view = guide(registers=replace(REGISTERS, matrix=by_law_only), promised_limit={"amount": 12, "unit": "working_day"})

    assert (view.promised_limit.amount, view.promised_limit.source, view.gave_way) == (12, "local", [])


def test_a_handling_item_has_the_promise_of_its_own_in_the_standard() -> None:
    assert guide(serial="02").promised_limit.amount is None
    assert guide(serial="01").promised_limit.amount == 10


def test_a_local_promise_reaches_the_handling_items_that_are_promised_longer() -> None:
    view = guide(promised_limit=EIGHT_DAYS)

    assert handling_item(view, "01").promised_limit.amount == 8
    assert handling_item(view, "02").promised_limit.amount is None
    assert guide(serial="01", promised_limit=EIGHT_DAYS).promised_limit.source == "local"
    assert guide(serial="02", promised_limit=EIGHT_DAYS).promised_limit.source == "standard"


def test_a_handling_item_may_be_promised_between_the_local_and_the_standard_promise() -> None:
    standard = with_items(
        {"serial": "01", "name": "首次申领", "kind": "new", "promised_limit": FOUR_DAYS},
        {"serial": "02", "name": "换领", "kind": "replacement", "promised_limit": {"amount": 9, "unit": "working_day"}},
    )

    view = guide(standard, promised_limit=EIGHT_DAYS)

    assert [row.promised_limit.amount for row in view.handling_items] == [4, 8]


def test_a_handling_item_of_its_own_law_shows_that_law() -> None:
    item = {"serial": "01", "name": "首次申领", "kind": "new", "statutory_limit": {"amount": 12, "unit": "working_day"}}
    standard = with_items(item)

    in_item, in_whole = guide(standard, serial="01").statutory_limit, guide(standard).statutory_limit

    assert (in_item and in_item.amount, in_whole and in_whole.amount) == (12, 15)


def test_a_handling_item_asks_only_for_its_own_papers() -> None:
    assert [row.key for row in guide(serial="02").materials] == ["id-card"]
    assert [row.key for row in guide(serial="01").materials] == ["id-card", "photo", "lease"]


def test_a_handling_item_has_the_code_of_its_serial() -> None:
    view = guide(serial="02")

    assert (view.code, view.handling_item_code, view.implementation_code) == (CODE + "02", CODE + "02", CODE)
    assert (view.name, view.handling_item_name) == ("居住证申领", "签注")
    assert [row.code for row in view.handling_items] == [CODE + "01", CODE + "02"]


@pytest.mark.parametrize("serial", ["00", "03", "99"])
def test_a_serial_that_the_standard_does_not_have_is_no_guide(serial: str) -> None:
    with pytest.raises(NoSuchHandlingItem) as refused:
        guide(serial=serial)

    assert refused.value.facts == {"code": CODE + serial}


def test_a_handling_item_on_the_spot_is_an_immediate_case_of_a_promised_item() -> None:
    assert guide(serial="02").case_kind.code == "1"
    assert guide(serial="01").case_kind.code == guide().case_kind.code == "2"


def test_a_handling_item_with_days_of_its_own_is_a_promised_case_of_an_immediate_item() -> None:
    standard = with_items(
        {"serial": "01", "name": "变更", "kind": "change", "promised_limit": FOUR_DAYS},
        case_kind="1",
        promised_limit={"unit": "immediate", "amount": None},
    )

    assert guide(standard).case_kind.code == "1"
    assert guide(standard, serial="01").case_kind.code == "2"


def test_a_local_promise_on_the_spot_makes_an_immediate_case() -> None:
    assert guide(promised_limit={"unit": "immediate"}).case_kind.code == "1"


NOT_HERE: dict[str, Any] = {"handling_items": [{"serial": "02", "offered": False, "reason": "签注设备在盟里"}]}


def test_a_handling_item_that_is_not_offered_here_says_so_and_why() -> None:
    view = guide(**NOT_HERE)

    assert [(row.offered, row.reason) for row in view.handling_items] == [(True, None), (False, "签注设备在盟里")]
    assert view.availability.status is Offer.OFFERED


def test_the_guide_of_a_handling_item_that_is_not_offered_here_says_so_too() -> None:
    gone, there = guide(serial="02", **NOT_HERE).availability, guide(serial="01", **NOT_HERE).availability

    assert (gone.status, gone.reason, gone.zh) == (Offer.NOT_OFFERED, "签注设备在盟里", "不办理")
    assert there.status is Offer.OFFERED


def test_an_item_done_by_another_body_names_it() -> None:
    other = {"status": "offered_by_other", "reason": "由盟局办理", "agency_code": BANNER_BUREAU}

    view = guide(availability=other)

    assert (view.availability.agency_code, view.availability.reason) == (BANNER_BUREAU, "由盟局办理")


def test_a_paper_that_is_waived_here_is_not_asked_for_and_is_named() -> None:
    view = guide(materials=[{"key": "photo", "dropped": True}])

    assert [row.key for row in view.materials] == ["id-card", "lease"]
    assert [(row.key, row.name) for row in view.materials_waived_here] == [("photo", "近期免冠相片")]


def test_a_handling_item_names_only_the_waived_papers_that_it_would_ask_for() -> None:
    waived: dict[str, Any] = {"materials": [{"key": "photo", "dropped": True}]}

    assert guide(serial="02", **waived).materials_waived_here == []
    assert [row.key for row in guide(serial="01", **waived).materials_waived_here] == ["photo"]


def test_a_paper_shows_what_is_easier_here() -> None:
    view = guide(
        materials=[
            {"key": "id-card", "photo_copies": 0, "forms_accepted": "3"},
            {"key": "lease", "necessity": "3", "source": "20", "filling_notes": "写明嘎查"},
        ]
    )
    card, _, lease = view.materials

    assert (card.original_copies, card.photo_copies, card.forms_accepted.code) == (1, 0, "3")
    assert (lease.necessity.zh, lease.source.code) == ("容缺后补", "20")
    assert (lease.filling_notes, lease.local_filling_notes) == ("写明门牌", "写明嘎查")


def test_a_local_sample_stands_beside_that_of_the_standard() -> None:
    local = {"name": "本旗票面", "path": "card.png"}

    view = guide(results=[{"key": "card", "sample": local}], materials=[{"key": "photo", "sample": local}])

    assert [row.name for row in view.results[0].samples] == ["票面", "本旗票面"]
    assert [row.name for row in view.materials[1].samples] == ["本旗票面"]


@pytest.mark.parametrize(
    ("standard", "local", "union"),
    [
        (["1"], ["1", "2"], ["1", "2"]),
        (["1", "2"], ["4", "2", "1"], ["1", "2", "4"]),
        (["1"], [], ["1"]),
        (["1"], ["1", "2", "2"], ["1", "2"]),
    ],
)
def test_channels_are_those_of_the_standard_and_then_those_of_the_agency_each_once(
    standard: list[str], local: list[str], union: list[str]
) -> None:
    assert codes(guide(standard_with(channels=standard), channels=local).channels) == union


def test_depths_and_ways_of_delivery_are_united_too() -> None:
    view = guide(online_depth=["1", "3", "3"], results=[{"key": "card", "delivery": ["post", "window", "post"]}])

    assert codes(view.online_depth) == ["1", "3"]
    assert view.results[0].delivery == ["window", "post"]


def test_a_fee_that_is_lower_here_shows_amount_document_and_dates() -> None:
    view = guide(
        fees=[{"key": "card", "standard": "每证10元", "amount": "10.00", "valid_until": "2026-12-31", **DOCUMENT}]
    )
    (fee,) = view.fees

    assert (str(fee.amount), fee.standard, fee.source) == ("10.00", "每证10元", "local")
    assert (fee.document_number, fee.valid_from, fee.valid_until) == (
        DOCUMENT["document_number"],
        date(2026, 1, 1),
        date(2026, 12, 31),
    )
    assert view.is_charged


def test_a_waiver_leaves_the_fee_in_the_guide_with_amount_nought() -> None:
    view = guide(is_charged=False, fees=[{"key": "card", "standard": "免收", "amount": "0", **DOCUMENT}])
    (fee,) = view.fees

    assert not view.is_charged
    assert (str(fee.amount), fee.standard, fee.document_number) == ("0", "免收", DOCUMENT["document_number"])
    assert fee.basis == "价格文件"


def test_a_waiver_that_does_not_name_every_fee_is_no_waiver() -> None:
    view = guide(is_charged=False)

    assert view.is_charged
    assert view.gave_way == ["is_charged"]


def test_a_further_reduction_leaves_the_fee_itself_the_standards() -> None:
    reduction = {"text": "低保对象免收", "basis": "阿政办发〔2026〕1号"}

    (fee,) = guide(fees=[{"key": "card", "reductions": [reduction]}]).fees

    assert ([row.text for row in fee.reductions], fee.source, fee.valid_from) == (["低保对象免收"], "standard", None)


def test_an_item_without_fees_stays_without_fees() -> None:
    view = guide(standard_with(is_charged=False, fees=[]), fees=[{"key": "card", "amount": "0", **DOCUMENT}])

    assert (view.is_charged, view.fees, view.gave_way) == (False, [], [])


def test_steps_keep_their_order_and_show_who_does_them_here() -> None:
    view = guide(
        steps=[
            {"key": "decide", "limit": {"amount": 1, "unit": "working_day"}},
            {"key": "review", "responsible_unit": "治安大队", "responsible_person": "巴图"},
        ]
    )

    assert [(row.key, row.limit and row.limit.amount, row.responsible_unit) for row in view.steps] == [
        ("receive", 1, None),
        ("review", 3, "治安大队"),
        ("decide", 1, None),
    ]


def step_limits(view: GuideView) -> list[int | None]:
    return [row.limit.amount if row.limit else None for row in view.steps]


def test_the_flow_of_a_handling_item_shows_no_limits_that_exceed_its_own_promise() -> None:
    standard = with_items(
        {"serial": "01", "name": "首次申领", "kind": "new"},
        {"serial": "02", "name": "换领", "kind": "replacement", "promised_limit": FOUR_DAYS},
    )

    assert step_limits(guide(standard)) == step_limits(guide(standard, serial="01")) == [1, 3, 2]
    assert step_limits(guide(standard, serial="02")) == [None, None, None]
    assert [row.key for row in guide(standard, serial="02").steps] == ["receive", "review", "decide"]


def test_a_shorter_local_promise_and_steps_that_do_not_fit_it_are_never_shown_together() -> None:
    view = guide(promised_limit={"amount": 1, "unit": "working_day"})

    assert (view.promised_limit.amount, view.promised_limit.source) == (1, "local")
    assert step_limits(view) == [None, None, None]
    assert view.gave_way == ["steps.limit"]


def test_a_promise_equal_to_the_standard_is_the_standards_however_it_is_explained() -> None:
    view = guide(promised_limit={"amount": 10, "unit": "working_day", "explanation": "需另行等待上级审批30日"})

    assert (view.promised_limit.source, view.promised_limit.explanation) == ("standard", None)


@pytest.mark.parametrize("item_type", ["02", "03", "04", "06"])
def test_there_is_no_guide_to_what_nobody_applies_for(item_type: str) -> None:
    penalty = replace(STANDARD, item_type=item_type)

    with pytest.raises(NoGuideOfThisType) as refused:
        guide(penalty)

    assert refused.value.facts == {"code": CODE, "item_type": item_type, "agency_code": BANNER_BUREAU}
    assert "权责清单" in refused.value.said.zh


def test_the_person_who_does_a_step_is_not_shown_to_the_public() -> None:
    view = guide(steps=[{"key": "review", "responsible_unit": "治安大队", "responsible_person": "巴图"}])

    assert "巴图" not in view.model_dump_json()


@pytest.mark.parametrize(
    ("local", "visits", "reason"),
    [({}, 1, "核对本人"), ({"on_site_reason": "领证"}, 1, "领证"), ({"on_site_visits": 0}, 0, None)],
)
def test_visits_have_a_reason_and_no_visit_has_none(local: dict[str, Any], visits: int, reason: str | None) -> None:
    view = guide(**local)

    assert (view.on_site_visits, view.on_site_reason) == (visits, reason)


def test_service_flags_are_those_of_either() -> None:
    view = guide(standard_with(service_flags={"appointment": True}), service_flags={"kiosk": True})

    assert [flag for flag, on in view.service_flags if on] == ["in_service_hall", "appointment", "kiosk"]


def test_an_intermediary_that_is_not_needed_here_is_left_out() -> None:
    assert [row.name for row in guide().intermediary_services] == ["翻译"]
    assert guide(intermediary_services=[{"name": "翻译", "dropped": True}]).intermediary_services == []
    assert len(guide(intermediary_services=[{"name": "翻译", "dropped": False}]).intermediary_services) == 1


def test_questions_and_everyday_names_of_the_standard_come_first() -> None:
    view = guide(
        standard_with(aliases=["暂住证"]),
        questions=[{"question": "周末办吗？", "answer": "周六上午办。"}],
        aliases=["临时居住证", "暂住证"],
    )

    assert [row.question for row in view.questions] == ["要本人去吗？", "周末办吗？"]
    assert view.aliases == ["暂住证", "临时居住证"]


def test_a_scope_and_a_power_source_are_named_in_both_languages() -> None:
    view = guide(cross_area_scope="3", power_source="2")

    assert view.cross_area_scope is not None
    assert view.power_source is not None
    assert (view.cross_area_scope.zh, view.cross_area_scope.en) == ("全市", "league-wide")
    assert view.power_source.zh == "上级下放"
    assert guide().power_source is None


def test_a_suspended_item_is_shown_with_reason_and_document() -> None:
    suspended = StandingOn(ItemState.SUSPENDED, date(2026, 3, 1), "系统升级", "阿署发〔2026〕2号", PUBLISHED)

    view = compose_guide(replace(parts(), standing=suspended), REGISTERS, serial=None, as_of=None, alias=None)

    assert (view.state.code, view.state.zh, view.state.since) == ("2", "暂停", date(2026, 3, 1))
    assert (view.state.reason, view.state.document_number) == ("系统升级", "阿署发〔2026〕2号")


def test_a_guide_says_from_which_editions_it_was_computed_and_since_when_it_reads_so() -> None:
    view = guide()

    assert view.editions.model_dump() == {
        "standard": 3,
        "standard_effective_from": IN_FORCE_SINCE,
        "local": 2,
        "local_effective_from": date(2026, 2, 1),
        "based_on_standard": 3,
        "agency_facts": 1,
    }
    assert view.effective_from == date(2026, 2, 1)


def test_the_digest_does_not_depend_on_the_day_or_the_code_that_was_asked_for() -> None:
    plain, another_day, old_code = guide(), guide(as_of=date(2026, 3, 1)), guide(alias=ALIAS)

    assert plain.digest == another_day.digest == old_code.digest
    assert (another_day.as_of, old_code.alias) == (date(2026, 3, 1), ALIAS)


def test_the_digest_does_not_depend_on_when_it_was_published() -> None:
    later = replace(parts(), standard_published_at=datetime(2026, 5, 1, tzinfo=UTC))

    view = compose_guide(later, REGISTERS, serial=None, as_of=None, alias=None)

    assert view.last_modified != guide().last_modified
    assert view.digest == guide().digest


@pytest.mark.parametrize(
    "local",
    [
        {"promised_limit": EIGHT_DAYS},
        {"materials": [{"key": "photo", "dropped": True}]},
        {"local_notes": "周一上午人多"},
        {"channels": ["1", "2"]},
        {"service_hours": {"notes": "夏季作息"}},
        NOT_HERE,
    ],
    ids=lambda local: next(iter(local)),
)
def test_the_digest_changes_with_whatever_the_guide_says(local: dict[str, Any]) -> None:
    assert guide(**local).digest != guide().digest


def test_the_digest_tells_handling_items_apart() -> None:
    assert len({guide().digest, guide(serial="01").digest, guide(serial="02").digest}) == 3


def test_the_digest_can_be_checked_by_whoever_reads_the_guide() -> None:
    view = guide(promised_limit=EIGHT_DAYS, as_of=date(2026, 3, 1), alias=ALIAS)
    said = json.loads(view.model_dump_json())
    content = {name: value for name, value in said.items() if name not in NOT_CONTENT}
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    assert hashlib.sha256(canonical.encode()).hexdigest() == said["digest"] == content_digest(view)


@pytest.mark.parametrize("as_of", [date(2026, 7, 1), date(2025, 12, 31)])
def test_a_lower_fee_is_shown_as_lower_only_within_its_dates(as_of: date) -> None:
    lowered = {"key": "card", "amount": "10.00", "valid_until": "2026-06-30", **DOCUMENT}

    (fee,) = guide(as_of=as_of, fees=[lowered]).fees

    assert (str(fee.amount), fee.source) == (item_plain()["fees"][0]["amount"], "standard")

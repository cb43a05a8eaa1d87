"""How pages say values in Chinese."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar

import pytest
from pydantic import BaseModel

from service_catalog.agencies.facts import ContactWay, ServiceHours
from service_catalog.basic_items.content import Delivery, HandlingKind, ServiceFlags
from service_catalog.guides.schemas import FeeView, GuideView, MaterialView
from service_catalog.portal import wording
from service_catalog.portal.figures import LevelFigures
from service_catalog.portal.picture import WIDTH, bars
from service_catalog.regions.tree import RegionLevel

Part = TypeVar("Part", bound=BaseModel)


def only(kind: type[Part], **members: Any) -> Part:
    """Return as much of a view as a wording looks at."""
    construct: Any = kind.model_construct
    made: Part = construct(**members)
    return made


def fee(amount: str | None = None, unit: str | None = None) -> FeeView:
    return only(FeeView, amount=amount and Decimal(amount), unit=unit)


def paper(original: int, photo: int) -> MaterialView:
    return only(MaterialView, original_copies=original, photo_copies=photo)


def guide(**content: Any) -> GuideView:
    whole: dict[str, Any] = {"is_charged": False, "fees": [], "materials": [], "results": [], "questions": []}
    return only(GuideView, **whole | content)


def test_a_day_is_said_without_leading_zeros() -> None:
    assert wording.day_in_words(date(2026, 3, 1)) == "2026年3月1日"


def test_a_moment_is_said_by_the_clock_in_alxa() -> None:
    assert wording.moment_in_words(datetime(2026, 6, 30, 16, 5, tzinfo=UTC)) == "2026年7月1日00:05"


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ([1, 2, 3, 4, 5], "周一至周五"),
        ([5, 4, 3, 2, 1], "周一至周五"),
        ([1, 2, 3, 6, 7], "周一至周三、周六、周日"),
        ([1, 3, 5], "周一、周三、周五"),
        ([7], "周日"),
        ([1, 2, 3, 4, 5, 6, 7], "每天"),
    ],
)
def test_weekdays_are_said_in_runs(days: list[int], words: str) -> None:
    assert wording.weekdays_in_words(days) == words


def test_opening_hours_of_the_same_days_stand_in_one_line() -> None:
    morning = {"days": [1, 2, 3, 4, 5], "opens": "09:00", "closes": "12:00"}
    summer = {"days": [1, 2, 3, 4, 5], "opens": "15:00", "closes": "18:00", "season": "夏季"}
    hours = ServiceHours.model_validate({"weekly": [morning, morning | {"opens": "14:30", "closes": "17:30"}, summer]})

    lines = wording.open_times(hours)

    assert [tuple(line) for line in lines] == [
        ("周一至周五", ["09:00—12:00", "14:30—17:30"], None),
        ("周一至周五", ["15:00—18:00"], "夏季"),
    ]


def test_copies_that_are_not_asked_for_are_not_named() -> None:
    assert wording.copies_in_words(paper(1, 2)) == "原件1份，复印件2份"
    assert wording.copies_in_words(paper(0, 1)) == "复印件1份"
    assert wording.copies_in_words(paper(0, 0)) == "不收原件，不收复印件"


@pytest.mark.parametrize(
    ("amount", "unit", "words"),
    [("20.00", "证", "20元/证"), ("2.50", None, "2.50元"), ("0.00", "证", "0元/证"), (None, "亩", None)],
)
def test_an_amount_is_said_in_yuan(amount: str | None, unit: str | None, words: str | None) -> None:
    assert wording.amount_in_words(fee(amount, unit)) == words


def test_what_it_costs_is_said_in_a_word_only_where_one_amount_is_the_whole_truth() -> None:
    card = fee("20.00", "证")

    assert wording.charge_in_words(guide(is_charged=False, fees=[card])) == "不收费"
    assert wording.charge_in_words(guide(is_charged=True, fees=[card])) == "20元/证"
    assert wording.charge_in_words(guide(is_charged=True, fees=[card, card])) is None
    assert wording.charge_in_words(guide(is_charged=True, fees=[fee()])) is None
    assert wording.charge_in_words(guide(is_charged=True)) is None


def test_a_page_leads_only_to_the_parts_it_has() -> None:
    bare = {place for place, _ in wording.places(guide())}
    whole = {place for place, _ in wording.places(guide(questions=[object()], materials=[with_form()]))}

    assert {"where", "papers", "time", "flow", "rights"} <= bare
    assert whole - bare == {"questions", "forms"}


def with_form() -> MaterialView:
    return only(MaterialView, blank_form=object(), samples=[])


def test_ways_of_service_are_named_only_where_they_exist() -> None:
    flags = dict.fromkeys(ServiceFlags.model_fields, False) | {"postal": True, "kiosk": True}

    assert wording.flags_in_words(ServiceFlags.model_validate(flags)) == ["可以邮寄", "可以在自助机上办"]
    assert len(wording.flags_in_words(only(ServiceFlags, **dict.fromkeys(flags, True)))) == len(flags)


def test_a_code_may_break_only_where_its_parts_meet() -> None:
    code = "11152921DM130003485150709001000"

    assert wording.code_parts(code) == ["11152921DM13000348", "5", "150709001000"]
    assert wording.code_parts(code + "01") == ["11152921DM13000348", "5", "150709001000", "01"]


@pytest.mark.parametrize(
    ("value", "way", "link"),
    [
        ("https://zwfw.example.cn/", ContactWay.WEB, "https://zwfw.example.cn/"),
        ("javascript:alert(1)", ContactWay.WEB, None),
        ("//foreign.example", ContactWay.WEB, None),
        ("0483-8224713", ContactWay.TELEPHONE, "tel:04838224713"),
        ("+86 483 8224713", ContactWay.TELEPHONE, "tel:+864838224713"),
        ("0483-8224713转3", ContactWay.TELEPHONE, None),
        ("banshi@example.cn", ContactWay.EMAIL, "mailto:banshi@example.cn"),
        ("a@b?bcc=everybody@example.cn", ContactWay.EMAIL, None),
        ("https://zwfw.example.cn/", ContactWay.LETTER, None),
    ],
)
def test_only_plain_addresses_numbers_and_mailboxes_lead_somewhere(
    value: str, way: ContactWay, link: str | None
) -> None:
    assert wording.link_of(value, way) == link


def test_there_is_a_word_for_every_value() -> None:
    assert set(wording.LEVELS) == set(RegionLevel)
    assert set(wording.CONTACT_WAYS) == set(ContactWay)
    assert set(wording.DELIVERIES) == set(Delivery)
    assert set(wording.HANDLING_KINDS) == set(HandlingKind)


def test_the_longest_bar_is_as_wide_as_the_picture_and_the_others_in_proportion() -> None:
    league, banner = LevelFigures(RegionLevel.LEAGUE, 10, 5, 1), LevelFigures(RegionLevel.BANNER, 40, 30, 3)

    drawn = bars((league, banner))

    assert [(bar.label, bar.length, bar.offered_length) for bar in drawn] == [
        ("盟", WIDTH / 4, WIDTH / 8),
        ("旗（区）", WIDTH, WIDTH * 3 / 4),
    ]
    assert drawn[0].top < drawn[1].top


def test_an_empty_catalogue_has_bars_without_length() -> None:
    assert [bar.length for bar in bars((LevelFigures(RegionLevel.LEAGUE, 0, 0, 0),))] == [0]

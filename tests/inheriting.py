"""One standard that a draft is held against, and the shipped matrix; shared by the tests of inheritance."""

from typing import Any

import pytest
from builders import IN_FORCE_SINCE, ITEM, item_content
from seeds import seed_calendar, seed_matrix

from service_catalog.implementations.content import LocalContent
from service_catalog.implementations.inheritance import Matrix, Refusal, Standard, check, weigh

EDITION = 3
MATRIX = seed_matrix()
WORST = seed_calendar().longest_run
DOCUMENT = {"document_number": "阿发改〔2026〕3号", "valid_from": "2026-01-01"}


def standard_with(**changes: Any) -> Standard:
    """The small standard as its third edition, with some elements changed."""
    return Standard(ITEM, "07", "150709000000", EDITION, item_content(**changes), IN_FORCE_SINCE, None)


STANDARD = standard_with()


def local_of(**elements: Any) -> LocalContent:
    """A local part as it lies in the database."""
    return LocalContent.model_validate({"availability": {"status": "offered"}} | elements)


def tried(
    draft: dict[str, Any], *, standard: Standard = STANDARD, matrix: Matrix = MATRIX
) -> tuple[dict[str, Any], list[Refusal]]:
    """What would be stored of a draft beyond its being offered, and every refusal."""
    local, refusals = check({"availability": {"status": "offered"}} | draft, standard, "4", matrix, WORST)
    kept = local.differences()
    return (kept if "availability" in draft else _without_availability(kept)), refusals


def stored(draft: dict[str, Any], *, standard: Standard = STANDARD, matrix: Matrix = MATRIX) -> dict[str, Any]:
    """What is stored of a draft that must not be refused."""
    kept, refusals = tried(draft, standard=standard, matrix=matrix)
    assert not refusals, [refusal.facts() for refusal in refusals]
    return kept


def refused(draft: dict[str, Any], *, standard: Standard = STANDARD, matrix: Matrix = MATRIX) -> Refusal:
    """The one refusal of a draft of which nothing may remain."""
    kept, refusals = tried(draft, standard=standard, matrix=matrix)
    assert not kept, kept
    assert len(refusals) == 1, [refusal.facts() for refusal in refusals]
    return refusals[0]


def shown(
    local: LocalContent, *, standard: Standard = STANDARD, matrix: Matrix = MATRIX, level: str = "4"
) -> tuple[dict[str, Any], list[Refusal]]:
    """What of a stored local part a guide still goes by, and what gave way."""
    lighter, refusals = weigh(local, standard, level, matrix, WORST)
    return _without_availability(lighter.differences()), refusals


def _without_availability(kept: dict[str, Any]) -> dict[str, Any]:
    return {element: value for element, value in kept.items() if element != "availability"}


GIVEN_AT_PUBLICATION = {"effective_from", "effective_until"}
FROM_THE_CLAIM = {"agency_code", "implementation_code", "exercise_level"}
OUTSIDE_DRAFTS = GIVEN_AT_PUBLICATION | FROM_THE_CLAIM | {"translations"}
"""Elements that follow from the claim, are said at publication, or say nothing without the text they translate."""
ON_THE_SPOT: dict[str, Any] = {
    "promised_limit": {"unit": "immediate"},
    "steps": [{"key": key, "limit": {"unit": "immediate"}} for key in ("receive", "review", "decide")],
}

LOCKED: dict[str, Any] = {
    "name": "居住证明",
    "basic_code": "150709001001",
    "item_type": "01",
    "parent_basic_code": None,
    "legal_basis": [],
    "exercise_levels": ["4"],
    "guiding_department": "民政",
    "service_objects": ["1", "2"],
    "acceptance_conditions": ["在居住地居住半年以上。", "在本旗有房产。"],
    "quantity_limit": "每年一百件",
    "statutory_limit": {"amount": 30, "unit": "working_day"},
    "special_procedures": [{"kind": "2", "name": "听证", "explanation": "依申请"}],
    "natural_person_themes": ["020"],
    "legal_person_themes": ["010"],
    "rights_and_duties": None,
}
"""Every locked element that is not made of rows, with a value that the standard does not have."""

TIGHTENED: dict[str, list[dict[str, Any]]] = {
    "handling_items.offered": [{"handling_items": [{"serial": "02", "offered": False, "reason": "设备在盟里"}]}],
    "power_source": [{"power_source": "1"}, {"power_source": "2"}],
    "promised_limit": [
        {"promised_limit": {"amount": 8, "unit": "working_day"}},
        {"promised_limit": {"amount": 7, "unit": "calendar_day"}},
        {"promised_limit": {"amount": 1, "unit": "week"}},
        ON_THE_SPOT,
    ],
    "case_kind": [{"case_kind": "1"} | ON_THE_SPOT],
    "on_site_visits": [{"on_site_visits": 0}],
    "materials": [{"materials": [{"key": "photo", "dropped": True}]}],
    "materials.necessity": [{"materials": [{"key": "lease", "necessity": "3"}]}],
    "materials.original_copies": [{"materials": [{"key": "photo", "original_copies": 1}]}],
    "materials.photo_copies": [{"materials": [{"key": "id-card", "photo_copies": 0}]}],
    "materials.forms_accepted": [{"materials": [{"key": "id-card", "forms_accepted": "3"}]}],
    "materials.source": [{"materials": [{"key": "lease", "source": "20"}]}],
    "materials.filling_notes": [{"materials": [{"key": "photo", "filling_notes": "白底彩色"}]}],
    "materials.sample": [{"materials": [{"key": "photo", "sample": {"name": "样照", "path": "photo.png"}}]}],
    "steps.limit": [{"steps": [{"key": "review", "limit": {"amount": 2, "unit": "working_day"}}]}],
    "is_charged": [{"is_charged": False, "fees": [{"key": "card", "amount": "0", **DOCUMENT}]}],
    "fees.standard": [
        {"fees": [{"key": "card", "standard": "每证10元", "amount": "10.00", **DOCUMENT}]},
        {"fees": [{"key": "card", "amount": "19.99", "valid_until": "2026-12-31", **DOCUMENT}]},
    ],
    "fees.reduction": [{"fees": [{"key": "card", "reductions": [{"text": "低保对象免收", "basis": "阿政办发〔2026〕1号"}]}]}],
    "results.sample": [{"results": [{"key": "card", "sample": {"name": "本旗票面", "path": "card.png"}}]}],
    "results.delivery": [{"results": [{"key": "card", "delivery": ["window", "post"]}]}],
    "channels": [{"channels": ["1", "2"]}, {"channels": ["2", "1", "4"]}],
    "online_depth": [{"online_depth": ["1", "2"]}],
    "cross_area_scope": [{"cross_area_scope": "3"}, {"cross_area_scope": "1"}],
    "service_flags": [{"service_flags": {"online": True}}, {"service_flags": {"kiosk": True, "postal": True}}],
    "intermediary_services": [{"intermediary_services": [{"name": "翻译", "dropped": True}]}],
    "questions": [{"questions": [{"question": "周末办吗？", "answer": "周六上午办。"}]}],
}  # fmt: skip
"""Every element that may be tightened, with drafts that tighten it."""

LOOSENED: dict[str, list[dict[str, Any]]] = {
    "handling_items.offered": [{"handling_items": [{"serial": "02", "offered": False}]}],
    "power_source": [{"power_source": "3"}, {"power_source": "5"}],
    "promised_limit": [
        {"promised_limit": {"amount": 11, "unit": "working_day"}},
        {"promised_limit": {"amount": 16, "unit": "working_day"}},
        {"promised_limit": {"amount": 2, "unit": "week"}},
        {"promised_limit": {"amount": 1, "unit": "hour"}},
    ],
    "case_kind": [{"case_kind": "9"}, {"case_kind": "1"}],
    "on_site_visits": [{"on_site_visits": 2}],
    "materials": [
        {"materials": [{"key": "id-card", "dropped": True}]},
        {"materials": [{"key": "lease", "dropped": True}]},
    ],
    "materials.necessity": [
        {"materials": [{"key": "photo", "necessity": "1"}]},
        {"materials": [{"key": "id-card", "necessity": "3"}]},
        {"materials": [{"key": "lease", "necessity": "2"}]},
    ],
    "materials.original_copies": [{"materials": [{"key": "photo", "original_copies": 3}]}],
    "materials.photo_copies": [{"materials": [{"key": "photo", "photo_copies": 1}]}],
    "materials.forms_accepted": [
        {"materials": [{"key": "lease", "forms_accepted": "1"}]},
        {"materials": [{"key": "id-card", "forms_accepted": "2"}]},
    ],
    "materials.source": [{"materials": [{"key": "id-card", "source": "10"}]}],
    "steps.limit": [{"steps": [{"key": "review", "limit": {"amount": 5, "unit": "working_day"}}]}],
    "is_charged": [{"is_charged": False}],
    "fees.standard": [
        {"fees": [{"key": "card", "amount": "25.00", **DOCUMENT}]},
        {"fees": [{"key": "card", "amount": "10.00"}]},
        {"fees": [{"key": "card", "amount": "10.00", **DOCUMENT, "document_number": "  "}]},
        {"fees": [{"key": "card", "amount": "10.00", **DOCUMENT, "valid_until": "2025-12-31"}]},
    ],
    "results.delivery": [
        {"results": [{"key": "card", "delivery": ["post"]}]},
        {"results": [{"key": "card", "delivery": []}]},
    ],
    "channels": [{"channels": ["2"]}, {"channels": []}],
    "online_depth": [{"online_depth": ["2"]}, {"online_depth": []}],
    "cross_area_scope": [{"cross_area_scope": "5"}],
    "service_flags": [{"service_flags": {"in_service_hall": False}}],
    "intermediary_services": [{"intermediary_services": [{"name": "评估", "dropped": True}]}],
    "questions": [{"questions": [{"question": "要本人去吗？", "answer": "每次都要。"}]}],
}
"""Drafts that loosen the standard; what can only be added has none."""

LOCAL: dict[str, Any] = {
    "availability": {"status": "offered_below", "reason": "由苏木镇受理"},
    "on_site_reason": "领证时核对本人",
    "agency_nature": "1",
    "entrusting_agency": "阿拉善盟公安局",
    "joint_agencies": ["巴彦浩特镇人民政府"],
    "local_codes": [{"scheme": "盟旧系统", "code": "ALS-001"}],
    "service_area": ["152921110000"],
    "service_locations": [{"key": "hall-2", "name": "二楼3号窗口", "address": "巴彦浩特镇"}],
    "service_hours": {"weekly": [{"days": [6], "opens": "09:00:00", "closes": "12:00:00"}]},
    "consultation_channels": [{"way": "telephone", "value": "0483-8300009"}],
    "complaint_channels": [{"way": "telephone", "value": "12345"}],
    "remedies": {"review_body": "阿拉善左旗人民政府", "court": "阿拉善左旗人民法院"},
    "appointment_rule": "每日二十个号",
    "online_urls": {"computer": "https://zwfw.example.cn/1"},
    "local_themes": ["牧区"],
    "aliases": ["暂住证"],
    "local_notes": "周一上午人多",
}
LOCAL_COLUMNS = {
    "steps.responsible_unit": {"steps": [{"key": "review", "responsible_unit": "治安大队"}]},
    "steps.responsible_person": {"steps": [{"key": "review", "responsible_person": "巴图"}]},
}


def listed(table: dict[str, list[dict[str, Any]]]) -> list[Any]:
    """Every draft of a table as a case of its own."""
    return [
        pytest.param(element, draft, id=f"{element}-{n}")
        for element, drafts in table.items()
        for n, draft in enumerate(drafts)
    ]

"""Handbook, inheritance §7: what of a stored local part still counts once the standard has moved, and merging as such."""

from typing import Any

import pytest
from builders import item_plain, workdays
from hypothesis import given, settings
from hypothesis import strategies as st
from inheriting import DOCUMENT, MATRIX, STANDARD, WORST, local_of, shown, standard_with
from seeds import matrix_with

from service_catalog.basic_items.limits import Verdict, is_not_longer
from service_catalog.implementations.content import LocalContent
from service_catalog.implementations.inheritance import Matrix, Refusal, Standard, check, weigh
from service_catalog.kernel.errors import InvalidRequest


def paper(key: str, **changes: Any) -> dict[str, Any]:
    row: dict[str, Any] = next(row for row in item_plain()["materials"] if row["key"] == key)
    return row | changes


def papers(*rows: dict[str, Any]) -> Standard:
    return standard_with(materials=list(rows), handling_items=[])


MOVED: dict[str, tuple[str, dict[str, Any], Standard]] = {
    "the promise of the standard is shorter now": (
        "promised_limit",
        {"promised_limit": {"amount": 8, "unit": "working_day"}},
        standard_with(promised_limit={"amount": 5, "unit": "working_day"}),
    ),
    "the promise of the standard is in another unit now": (
        "promised_limit",
        {"promised_limit": {"amount": 8, "unit": "working_day"}},
        standard_with(promised_limit={"amount": 10, "unit": "calendar_day"}),
    ),
    "the law is stricter now": (
        "promised_limit",
        {"promised_limit": {"amount": 8, "unit": "working_day"}},
        standard_with(statutory_limit={"amount": 7, "unit": "working_day"}),
    ),
    "a paper that was dropped here is essential now": (
        "materials",
        {"materials": [{"key": "photo", "dropped": True}]},
        papers(paper("id-card"), paper("photo", necessity="1"), paper("lease")),
    ),
    "fewer copies are asked for now": (
        "materials.photo_copies",
        {"materials": [{"key": "lease", "photo_copies": 1}]},
        papers(paper("id-card"), paper("lease", photo_copies=0)),
    ),
    "a paper may no longer be deferred": (
        "materials.necessity",
        {"materials": [{"key": "lease", "necessity": "3"}]},
        papers(paper("id-card"), paper("lease", may_defer=False)),
    ),
    "the fee is lower now than it was lowered to": (
        "fees.standard",
        {"fees": [{"key": "card", "amount": "10.00", **DOCUMENT}]},
        standard_with(fees=[item_plain()["fees"][0] | {"amount": "5.00"}]),
    ),
    "one more channel is the standard now": (
        "channels", {"channels": ["1", "2"]}, standard_with(channels=["1", "3"])
    ),
    "one more way of delivery is the standard now": (
        "results.delivery",
        {"results": [{"key": "card", "delivery": ["window", "post"]}]},
        standard_with(results=[item_plain()["results"][0] | {"delivery": ["window", "electronic"]}]),
    ),
    "the scope is wider now": ("cross_area_scope", {"cross_area_scope": "3"}, standard_with(cross_area_scope="2")),
    "the steps are shorter now": (
        "steps.limit",
        {"steps": [{"key": "review", "limit": {"amount": 2, "unit": "working_day"}}]},
        standard_with(steps=[row | {"limit": {"amount": 1, "unit": "working_day"}} for row in item_plain()["steps"]]),
    ),
    "the level has lost its power source": (
        "power_source", {"power_source": "2"}, standard_with(power_sources_by_level={"4": ["1"]})
    ),
    "the question is answered by the standard now": (
        "questions",
        {"questions": [{"question": "周末办吗？", "answer": "周六上午办。"}]},
        standard_with(questions=[{"question": "周末办吗？", "answer": "周末不办。"}]),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("element", "local", "standard"), MOVED.values(), ids=MOVED.keys())
def test_where_the_standard_has_overtaken_a_stored_value_the_standard_wins(
    element: str, local: dict[str, Any], standard: Standard
) -> None:
    before, none = shown(local_of(**local))
    after, refusals = shown(local_of(**local), standard=standard)

    assert (before, none) == (local, [])
    assert after == {}
    assert [refusal.element for refusal in refusals] == [element]


STILL_TIGHTER: dict[str, tuple[dict[str, Any], Standard]] = {
    "a promise that is still shorter": (
        {"promised_limit": {"amount": 3, "unit": "working_day"}},
        standard_with(promised_limit={"amount": 5, "unit": "working_day"}, steps=item_plain()["steps"][:1]),
    ),
    "a paper that is still optional": (
        {"materials": [{"key": "photo", "dropped": True}]},
        papers(paper("id-card"), paper("photo")),
    ),
    "a fee that is still lower": (
        {"fees": [{"key": "card", "amount": "4.00", **DOCUMENT}]},
        standard_with(fees=[item_plain()["fees"][0] | {"amount": "5.00"}]),
    ),
}


@pytest.mark.parametrize(("local", "standard"), STILL_TIGHTER.values(), ids=STILL_TIGHTER.keys())
def test_a_stored_value_that_still_tightens_stays(local: dict[str, Any], standard: Standard) -> None:
    assert shown(local_of(**local), standard=standard) == (local, [])


def test_a_shorter_promise_stays_when_the_steps_of_the_standard_no_longer_fit_it() -> None:
    local = {"promised_limit": {"amount": 6, "unit": "working_day"}}
    longer = standard_with(
        steps=[row | {"limit": {"amount": 3, "unit": "working_day"}} for row in item_plain()["steps"]]
    )

    kept, refusals = shown(local_of(**local), standard=longer)

    assert kept == local
    assert [(refusal.element, refusal.pointer) for refusal in refusals] == [("steps.limit", "/steps")]


def test_an_immediate_case_falls_together_with_the_promise_it_rests_on() -> None:
    kept, refusals = shown(local_of(case_kind="1"))

    assert kept == {}
    assert [refusal.element for refusal in refusals] == ["case_kind"]


def test_a_value_that_has_become_the_standard_is_no_difference_and_has_not_given_way() -> None:
    local = local_of(promised_limit={"amount": 5, "unit": "working_day"}, on_site_visits=0)
    caught_up = standard_with(promised_limit={"amount": 5, "unit": "working_day"}, on_site_visits=0)

    assert shown(local, standard=caught_up) == ({}, [])


@pytest.mark.parametrize(
    "rows",
    [
        {"materials": [{"key": "household-register", "photo_copies": 0, "filling_notes": "首页"}]},
        {"materials": [{"key": "household-register", "dropped": True}]},
        {"steps": [{"key": "inspect", "responsible_unit": "治安大队"}]},
        {"fees": [{"key": "copying", "amount": "0", **DOCUMENT}]},
        {"results": [{"key": "notice", "delivery": ["post"]}]},
        {"handling_items": [{"serial": "07", "offered": False, "reason": "无此业务"}]},
        {"intermediary_services": [{"name": "评估", "dropped": True}]},
    ],
    ids=lambda rows: next(iter(rows)),
)
def test_a_local_row_of_something_that_has_left_the_standard_is_history_and_no_conflict(rows: dict[str, Any]) -> None:
    assert shown(local_of(**rows)) == ({}, [])


def test_what_gave_way_takes_nothing_else_with_it() -> None:
    local = local_of(
        promised_limit={"amount": 8, "unit": "working_day"},
        materials=[{"key": "photo", "original_copies": 1, "filling_notes": "白底彩色"}],
        local_notes="周一上午人多",
    )
    stricter = standard_with(
        promised_limit={"amount": 5, "unit": "working_day"},
        materials=[paper("id-card"), paper("photo", original_copies=0), paper("lease")],
    )

    kept, refusals = shown(local, standard=stricter)

    assert kept == {"materials": [{"key": "photo", "filling_notes": "白底彩色"}], "local_notes": "周一上午人多"}
    assert sorted(refusal.element for refusal in refusals) == ["materials.original_copies", "promised_limit"]


def test_a_service_added_here_stays_when_the_standard_adds_another() -> None:
    local = local_of(service_flags={"online": True, "postal": False})
    postal = standard_with(service_flags={"postal": True})

    kept, _ = shown(local, standard=postal)

    assert kept == {"service_flags": {"online": True}}


def test_a_waiver_falls_together_with_the_fee_row_it_rests_on() -> None:
    no_document = local_of(is_charged=False, fees=[{"key": "card", "amount": "0"}])

    kept, refusals = shown(no_document)

    assert kept == {}
    assert sorted(refusal.element for refusal in refusals) == ["fees.standard", "is_charged"]


def test_local_notes_that_repeat_the_standard_are_weighed_once_and_for_all() -> None:
    first, _ = shown(local_of(materials=[{"key": "lease", "filling_notes": "写明门牌\n写明门牌"}]))

    assert shown(local_of(**first)) == (first, [])


def test_local_notes_that_only_begin_like_the_standard_are_kept_whole() -> None:
    local = {"materials": [{"key": "lease", "filling_notes": "写明门牌号码的拼写"}]}

    assert shown(local_of(**local)) == (local, [])


def test_weighing_leaves_what_was_weighed_as_it_was() -> None:
    local = local_of(promised_limit={"amount": 20, "unit": "working_day"})
    before = local.model_dump()

    weigh(local, STANDARD, "4", MATRIX, WORST)

    assert local.model_dump() == before


def some(**columns: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=columns)


def rows(name: str, keys: list[str], **columns: st.SearchStrategy[Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Rows with different keys, some of which the standard does not have."""
    row = st.tuples(st.sampled_from(keys), some(**columns)).map(lambda pair: {name: pair[0]} | pair[1])
    return st.lists(row, max_size=3, unique_by=lambda made: made[name])


spans = st.one_of(
    st.just({"unit": "immediate"}),
    st.builds(
        lambda amount, unit: {"amount": amount, "unit": unit},
        st.integers(1, 20),
        st.sampled_from(["hour", "working_day", "calendar_day", "week", "month"]),
    ),
)
attachments = st.sampled_from([{"name": "票面", "text": "姓名等"}, {"name": "样表", "path": "a.png"}])
notes = st.sampled_from(["写明门牌", "写明门牌\n写明嘎查", "写明门牌写明门牌", " ", "白底"])
reductions = st.lists(st.sampled_from([{"text": "低保对象免收", "basis": "文件"}]), max_size=1)
subset_of_four = st.lists(st.sampled_from("1234"), max_size=4)
copies = st.integers(0, 3)

drafts = some(
    power_source=st.sampled_from("123456"),
    entrusting_agency=st.just("阿拉善盟公安局"),
    promised_limit=spans,
    case_kind=st.sampled_from("129"),
    on_site_visits=copies,
    on_site_reason=st.sampled_from(["核对本人", "领证时核对本人"]),
    materials=rows(
        "key", ["id-card", "photo", "lease", "gone"], dropped=st.booleans(), necessity=st.sampled_from("123"),
        original_copies=copies, photo_copies=copies, forms_accepted=st.sampled_from("123"),
        source=st.sampled_from(["10", "20", "99"]), filling_notes=notes, sample=attachments,
    ),
    steps=rows("key", ["receive", "review", "decide", "gone"], limit=spans, responsible_unit=st.just("治安大队")),
    is_charged=st.booleans(),
    fees=rows(
        "key", ["card", "gone"], amount=st.sampled_from(["0", "0.00", "10", "20", "20.00", "30"]),
        standard=st.sampled_from(["每证20元", "免收"]), document_number=st.sampled_from(["文号", " "]),
        valid_from=st.just("2026-01-01"), valid_until=st.sampled_from(["2026-12-31", "2025-12-31"]), reductions=reductions,
    ),
    results=rows(
        "key", ["card", "gone"], sample=attachments,
        delivery=st.lists(st.sampled_from(["window", "post", "electronic"]), max_size=3),
    ),
    handling_items=rows("serial", ["01", "02", "77"], reason=st.just("设备在盟里")).flatmap(
        lambda made: st.lists(st.booleans(), min_size=len(made), max_size=len(made)).map(
            lambda offered: [row | {"offered": flag} for row, flag in zip(made, offered, strict=True)]
        )
    ),
    channels=subset_of_four,
    online_depth=subset_of_four,
    cross_area_scope=st.sampled_from("123456"),
    service_flags=some(**{flag: st.booleans() for flag in item_plain()["service_flags"]}),
    intermediary_services=st.lists(
        st.builds(lambda name, dropped: {"name": name, "dropped": dropped}, st.sampled_from(["翻译", "评估"]), st.booleans()),
        max_size=2,
    ),
    questions=st.lists(
        st.builds(
            lambda question, answer: {"question": question, "answer": answer},
            st.sampled_from(["要本人去吗？", "周末办吗？"]), st.sampled_from(["首次申领要本人去。", "周六上午办。"]),
        ),
        max_size=2,
    ),
    local_notes=st.just("周一上午人多"),
    aliases=st.just(["暂住证"]),
).map(lambda elements: {"availability": {"status": "offered"}} | elements)  # fmt: skip


def other_than_steps(refusals: list[Refusal]) -> list[dict[str, Any]]:
    """A shorter promise is kept although the steps do not fit it, and that is said each time."""
    return [refusal.facts() for refusal in refusals if refusal.pointer != "/steps"]


standards = st.sampled_from(
    [
        STANDARD,
        standard_with(promised_limit={"amount": 3, "unit": "calendar_day"}, on_site_visits=0),
        standard_with(promised_limit={"unit": "immediate", "amount": None}, case_kind="1", statutory_limit=None,
                      statutory_limit_explanation="法律未规定"),
        standard_with(is_charged=False, fees=[], cross_area_scope=None, channels=["1", "2", "3"]),
        standard_with(fees=[item_plain()["fees"][0] | {"amount": None}]),
        standard_with(service_flags={"online": True, "postal": True}, power_sources_by_level={"4": None}),
        papers(paper("lease", necessity="3"), paper("photo", original_copies=0)),
    ]
)  # fmt: skip
matrices = st.sampled_from(
    [MATRIX, MATRIX, MATRIX]
    + [matrix_with(**{name.replace(".", "__"): "locked"}) for name, row in MATRIX.items() if row.policy == "tighten"]
)
levels = st.sampled_from("3456")


@settings(deadline=None, max_examples=500)
@given(drafts.map(LocalContent.model_validate), standards, levels, matrices)
def test_whatever_a_weighing_leaves_is_left_by_every_further_weighing(
    local: LocalContent, standard: Standard, level: str, matrix: Matrix
) -> None:
    lighter, _ = weigh(local, standard, level, matrix, WORST)

    again, refusals = weigh(lighter, standard, level, matrix, WORST)

    assert other_than_steps(refusals) == []
    assert again == lighter


@settings(deadline=None, max_examples=300)
@given(drafts, standards, levels, matrices)
def test_what_is_kept_of_a_draft_is_stored_and_read_back_as_it_was(
    draft: dict[str, Any], standard: Standard, level: str, matrix: Matrix
) -> None:
    kept, _ = check(draft, standard, level, matrix, WORST)

    assert LocalContent.model_validate(kept.differences()) == kept


@settings(deadline=None, max_examples=300)
@given(drafts, standards, levels, matrices)
def test_what_is_kept_of_a_draft_can_be_sent_again(
    draft: dict[str, Any], standard: Standard, level: str, matrix: Matrix
) -> None:
    kept, _ = check(draft, standard, level, matrix, WORST)

    again, refusals = check(kept.differences(), standard, level, matrix, WORST)

    assert other_than_steps(refusals) == []
    assert again == kept


@settings(deadline=None, max_examples=300)
@given(drafts, standards, levels)
def test_nothing_that_is_kept_asks_more_of_a_citizen_than_the_standard(
    draft: dict[str, Any], standard: Standard, level: str
) -> None:
    local, _ = check(draft, standard, level, MATRIX, WORST)
    content, rows = standard.content, {row.key: row for row in standard.content.materials}

    promise = local.promised_limit or content.promised_limit
    assert promise is not None
    assert content.promised_limit is not None
    assert is_not_longer(promise, content.promised_limit, WORST) is Verdict.YES
    assert (local.on_site_visits or 0) <= content.on_site_visits
    assert not local.channels or set(content.channels) <= set(local.channels)
    assert not local.is_charged or content.is_charged
    assert local.power_source in (None, *content.power_sources_by_level.get(level, ()))  # type: ignore[call-overload]
    for row in local.materials:
        own = rows[row.key]
        assert not row.dropped or own.necessity == "2"
        assert (row.original_copies or 0) <= own.original_copies
        assert (row.photo_copies or 0) <= own.photo_copies
        assert row.necessity is None or (own.may_defer and own.necessity != "2")
    for fee in local.fees:
        assert fee.amount is None or fee.document_number is not None
        assert fee.amount is None or fee.amount <= (content.fees[0].amount or 0)


@settings(deadline=None)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)),
       st.sampled_from(sorted([*MATRIX, "availability", "colour"])))  # fmt: skip
def test_whatever_stands_in_a_draft_is_kept_refused_or_malformed(value: Any, element: str) -> None:
    draft = {"availability": {"status": "offered"}} | {element: value}

    try:
        kept, refusals = check(draft, STANDARD, "4", MATRIX, WORST)
    except InvalidRequest as malformed:
        assert malformed.faults  # noqa: PT017 - either outcome is right, a crash is not
        return
    assert refusals or LocalContent.model_validate(kept.differences()) == kept


def test_two_weeks_are_told_to_be_stated_in_working_days() -> None:
    _, refusals = shown(local_of(promised_limit={"amount": 2, "unit": "week"}))

    assert [refusal.element for refusal in refusals] == ["promised_limit"]
    assert "请用同一单位表述" in refusals[0].said.zh
    assert is_not_longer(workdays(10), workdays(10), WORST) is Verdict.YES

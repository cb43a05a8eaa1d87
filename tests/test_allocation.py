"""Giving out codes: in order, once, never again, never round."""

from datetime import date, datetime
from typing import Any

import pytest
from builders import EDITOR, ITEM
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import Session

from service_catalog.coding import allocation
from service_catalog.coding.codes import CodeUnreadable
from service_catalog.coding.tables import CodeOrigin, IssuedCode

OURS = frozenset({"15"})
TODAY = date(2026, 3, 10)


def allocate(session: Session, at: datetime, department: str = "11", **changes: Any) -> str:
    asked: dict[str, Any] = {"namespace": "15", "item_type": "01", "document_number": "阿署发〔2026〕1号"} | changes
    return allocation.allocate_basic_code(session, department=department, allocatable=OURS, by=EDITOR, at=at, **asked)


def sub_item(session: Session, parent: str, at: datetime) -> str:
    return allocation.allocate_sub_item_code(
        session, parent, allocatable=OURS, document_number="一号", by=EDITOR, at=at
    )


def register(session: Session, code: str, at: datetime) -> str:
    return allocation.register_basic_code(session, code, document_number="一号", by=EDITOR, at=at)


def set_counter(session: Session, series: str, number: int) -> None:
    session.execute(text("INSERT INTO code_series (series, last_number) VALUES (:s, :n)"), {"s": series, "n": number})


def test_main_items_of_a_department_are_counted_from_one(session: Session, now: datetime) -> None:
    assert [allocate(session, now) for _ in range(3)] == ["150111001000", "150111002000", "150111003000"]
    assert allocate(session, now, "12") == "150112001000", "each department counts for itself"
    assert allocate(session, now, item_type="07") == "150711001000", "and each type"


def test_what_was_given_out_is_on_record(session: Session, now: datetime) -> None:
    issued = allocation.find_issued(session, allocate(session, now))

    assert (issued.origin, issued.series, issued.number) == (CodeOrigin.ALLOCATED, "150111", 1)
    assert (issued.document_number, issued.by, issued.at) == ("阿署发〔2026〕1号", EDITOR.name, now)


def test_sub_items_are_counted_under_their_main_item(session: Session, now: datetime) -> None:
    main = allocate(session, now)

    assert [sub_item(session, main, now) for _ in range(2)] == ["150111001001", "150111001002"]
    assert allocate(session, now) == "150111002000"


def test_a_sub_item_needs_an_issued_main_item(session: Session, now: datetime) -> None:
    for parent in ("150111009000", sub_item(session, ITEM, now)):
        with pytest.raises(allocation.NoSuchIssuedCode):
            sub_item(session, parent, now)


def test_codes_of_other_namespaces_are_registered_not_allocated(session: Session, now: datetime) -> None:
    with pytest.raises(allocation.NamespaceNotAllocatable):
        allocate(session, now, namespace="00")
    with pytest.raises(allocation.NamespaceNotAllocatable):
        sub_item(session, register(session, "000131004000", now), now)

    assert allocation.find_issued(session, "000131004000").origin is CodeOrigin.REGISTERED


def test_numbers_registered_by_hand_are_passed_over(session: Session, now: datetime) -> None:
    for code in ("150111001000", "150111003000", "15011100A000"):
        register(session, code, now)

    assert [allocate(session, now) for _ in range(2)] == ["150111002000", "150111004000"]


def test_a_code_is_issued_once(session: Session, now: datetime) -> None:
    code = allocate(session, now)

    with pytest.raises(allocation.CodeAlreadyIssued):
        register(session, code, now)
    with pytest.raises(allocation.CodeAlreadyIssued):
        allocation.register_serial(session, ITEM, "01", by=EDITOR, at=now)


def test_a_retired_code_is_never_given_out_again(session: Session, now: datetime) -> None:
    code = allocate(session, now)
    allocation.retire(session, code, on=TODAY, document_number="二号")

    assert allocate(session, now) != code
    with pytest.raises(allocation.CodeAlreadyIssued):
        register(session, code, now)
    with pytest.raises(allocation.NoSuchIssuedCode):
        allocation.retire(session, "150111999000", on=TODAY, document_number="二号")


def test_serials_go_on_after_those_of_the_standard(session: Session, now: datetime) -> None:
    assert [allocation.allocate_serial(session, ITEM, by=EDITOR, at=now) for _ in range(2)] == ["03", "04"]


def test_a_full_range_is_refused_and_never_wraps_round(session: Session, now: datetime) -> None:
    set_counter(session, "150111", 998)
    set_counter(session, "150709001", 998)
    set_counter(session, ITEM, 98)
    assert allocate(session, now) == "150111999000"
    assert sub_item(session, ITEM, now) == "150709001999"
    assert allocation.allocate_serial(session, ITEM, by=EDITOR, at=now) == "99"

    for _ in range(2):
        with pytest.raises(allocation.CodeRangeFull) as full:
            allocate(session, now)
        with pytest.raises(allocation.CodeRangeFull):
            sub_item(session, ITEM, now)
        with pytest.raises(allocation.CodeRangeFull):
            allocation.allocate_serial(session, ITEM, by=EDITOR, at=now)
    assert full.value.facts == {"series": "150111"}


def test_a_range_whose_end_was_registered_by_hand_is_full_too(session: Session, now: datetime) -> None:
    set_counter(session, "150111", 998)
    register(session, "150111999000", now)

    with pytest.raises(allocation.CodeRangeFull):
        allocate(session, now)


@pytest.mark.parametrize(
    "changed", [{"item_type": "1"}, {"item_type": "AB"}, {"department": "１1"}, {"department": "a1"}]
)
def test_a_type_or_department_that_fits_no_code_is_refused(
    session: Session, now: datetime, changed: dict[str, str]
) -> None:
    with pytest.raises(CodeUnreadable):
        allocate(session, now, **changed)


@pytest.mark.parametrize("item_type", ["00", "16", "99"])
def test_no_code_is_given_out_that_our_own_checker_calls_wrong(session: Session, now: datetime, item_type: str) -> None:
    with pytest.raises(allocation.CodeWouldBeWrong) as refused:
        allocate(session, now, item_type=item_type)
    with pytest.raises(allocation.CodeWouldBeWrong):
        sub_item(session, register(session, f"15{item_type}11001000", now), now)

    assert refused.value.facts == {"findings": ["item_type_unregistered"]}
    assert allocate(session, now) == "150111001000", "nothing was counted"


@pytest.mark.parametrize("code", ["15011100100", "150111001000\n", "1501110010000", "15ab11001000", ""])
def test_only_a_whole_basic_code_is_registered(session: Session, now: datetime, code: str) -> None:
    with pytest.raises(CodeUnreadable):
        register(session, code, now)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(taken=st.sets(st.integers(1, 12), max_size=8))
def test_whatever_was_registered_the_free_numbers_come_in_order(
    session: Session, now: datetime, taken: set[int]
) -> None:
    with session.begin_nested() as savepoint:
        for number in taken:
            register(session, f"150111{number:03}000", now)
        given_out = [allocate(session, now) for _ in range(5)]
        savepoint.rollback()

    free = [number for number in range(1, 30) if number not in taken][:5]
    assert given_out == [f"150111{number:03}000" for number in free]
    assert session.get(IssuedCode, given_out[0]) is None

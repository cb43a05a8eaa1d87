"""Giving out codes: unique, never again after retirement, refused when a range is full.

The counter is one row per series, moved by one UPDATE: the second of two concurrent writers waits
for the first and gets the next number. Numbers that were registered by hand are passed over.
"""

from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from service_catalog.actors import Actor
from service_catalog.coding.codes import BasicCode, parse_basic
from service_catalog.coding.judging import judge, rules_from
from service_catalog.coding.tables import CodeOrigin, CodeSeries, IssuedCode
from service_catalog.kernel.database import add_new
from service_catalog.kernel.errors import Conflict, Invalid, NotFound, Said
from service_catalog.registers.registers import registers_of

MOST_ITEMS = 999
MOST_SERIALS = 99


class CodeRangeFull(Conflict):
    """Every number of the range has been issued; numbers are never reused and never wrap round."""

    title = Said("编码号段已用完", "The range of codes is full")


class CodeAlreadyIssued(Conflict):
    """The code has been issued before, and a code is issued once."""

    title = Said("编码已经发出", "The code has already been issued")


class NamespaceNotAllocatable(Invalid):
    """Codes of this namespace are issued elsewhere and can only be registered here."""

    title = Said("不得在此命名空间赋码", "Codes of this namespace are not allocated here")


class CodeWouldBeWrong(Invalid):
    """The code to be issued breaks a rule of codes, such as a type that nobody has registered; the facts name the findings."""

    title = Said("该编码不合规则", "The code would break a rule")


class NoSuchIssuedCode(NotFound):
    """The code was never issued here."""

    title = Said("编码未曾发出", "The code was never issued")


def allocate_basic_code(
    session: Session,
    *,
    namespace: str,
    item_type: str,
    department: str,
    allocatable: frozenset[str],
    document_number: str | None,
    by: Actor,
    at: datetime,
) -> str:
    """Issue the next free main item of a department; raises CodeWouldBeWrong, and CodeRangeFull after 999."""
    if namespace not in allocatable:
        raise NamespaceNotAllocatable(
            f"命名空间 {namespace} 的编码由上级发布，只能登记",
            f"codes of namespace {namespace} are registered, not allocated",
            namespace=namespace,
        )
    basic = parse_basic(f"{namespace}{item_type}{department}000000")
    _refuse_wrong(session, basic)
    series = str(basic)[:6]
    number = _next_number(session, series, MOST_ITEMS)
    return _issue(session, f"{series}{number:03}000", series, number, CodeOrigin.ALLOCATED, document_number, by, at)


def allocate_sub_item_code(
    session: Session, parent: str, *, allocatable: frozenset[str], document_number: str | None, by: Actor, at: datetime
) -> str:
    """Issue the next free sub-item of a main item; raises CodeWouldBeWrong, and CodeRangeFull after 999."""
    main = parse_basic(parent)
    if main.namespace not in allocatable:
        raise NamespaceNotAllocatable(
            f"命名空间 {main.namespace} 的编码由上级发布，只能登记",
            f"codes of namespace {main.namespace} are registered, not allocated",
            namespace=main.namespace,
        )
    if not main.is_main_item:
        raise NoSuchIssuedCode(f"{parent} 不是主项编码", f"{parent} is not the code of a main item", code=parent)
    find_issued(session, parent)
    _refuse_wrong(session, main)
    series = parent[:9]
    number = _next_number(session, series, MOST_ITEMS)
    return _issue(session, f"{series}{number:03}", series, number, CodeOrigin.ALLOCATED, document_number, by, at)


def allocate_serial(session: Session, basic_code: str, *, by: Actor, at: datetime) -> str:
    """Issue the next two-digit serial of a handling item; raises CodeRangeFull after 99."""
    number = _next_number(session, basic_code, MOST_SERIALS)
    return _issue(session, f"{basic_code}{number:02}", basic_code, number, CodeOrigin.ALLOCATED, None, by, at)[12:]


def register_serial(session: Session, basic_code: str, serial: str, *, by: Actor, at: datetime) -> None:
    """Record a serial that the standard names itself; raises CodeAlreadyIssued."""
    _issue(session, basic_code + serial, basic_code, int(serial), CodeOrigin.REGISTERED, None, by, at)


def register_basic_code(session: Session, code: str, *, document_number: str | None, by: Actor, at: datetime) -> str:
    """Record a code that the nation or the region has issued; raises CodeAlreadyIssued."""
    basic = parse_basic(code)
    series, number = _place(basic)
    return _issue(session, code, series, number, CodeOrigin.REGISTERED, document_number, by, at)


def retire(session: Session, code: str, *, on: date, document_number: str) -> None:
    """End a code from a day on, by a document; it stays issued for ever."""
    issued = find_issued(session, code)
    issued.retired_on, issued.retired_by_document = on, document_number


def find_issued(session: Session, code: str) -> IssuedCode:
    """Return the record of a code that was given out; raises NoSuchIssuedCode."""
    issued = session.get(IssuedCode, code)
    if issued is None:
        raise NoSuchIssuedCode(f"编码 {code} 未曾发出", f"code {code} was never issued", code=code)
    return issued


def _refuse_wrong(session: Session, basic: BasicCode) -> None:
    """Refuse what our own checker would call an error; no rule of codes depends on the number that is still to come."""
    rules = rules_from(registers_of(session), village_level_services_only=False)
    wrong = [finding for finding in judge(basic, rules) if finding.severity == "error"]
    if wrong:
        said = wrong[0].said
        raise CodeWouldBeWrong(said.zh, said.en, findings=[finding.rule for finding in wrong])


def _place(basic: BasicCode) -> tuple[str, int | None]:
    text = str(basic)
    series, digits = (text[:6], basic.main_item) if basic.is_main_item else (text[:9], basic.sub_item)
    return series, int(digits) if digits.isascii() and digits.isdigit() and int(digits) else None


def _next_number(session: Session, series: str, most: int) -> int:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(insert(CodeSeries).values(series=series, last_number=0).on_conflict_do_nothing())
    step = (
        update(CodeSeries)
        .where(col(CodeSeries.series) == series, col(CodeSeries.last_number) < most)
        .values(last_number=col(CodeSeries.last_number) + 1)
        .returning(col(CodeSeries.last_number))
    )
    while True:
        number: int | None = session.execute(step).scalar_one_or_none()
        if number is None:
            raise CodeRangeFull(
                f"号段 {series} 的 {most} 个编码已全部用完",
                f"all {most} codes of {series} have been issued",
                series=series,
            )
        taken = select(col(IssuedCode.code)).where(col(IssuedCode.series) == series, col(IssuedCode.number) == number)
        if session.execute(taken).first() is None:
            return number


def _issue(
    session: Session,
    code: str,
    series: str,
    number: int | None,
    origin: CodeOrigin,
    document_number: str | None,
    by: Actor,
    at: datetime,
) -> str:
    taken = CodeAlreadyIssued(f"编码 {code} 已经发出，不得重复使用", f"code {code} has been issued before", code=code)
    if session.get(IssuedCode, code) is not None:
        raise taken
    issued = IssuedCode(
        code=code, series=series, number=number, origin=origin, document_number=document_number, by=by.name, at=at
    )
    add_new(session, issued, taken)
    return code

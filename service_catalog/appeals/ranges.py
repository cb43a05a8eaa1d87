"""Ranges of receipt numbers: each replica has one, given once, so that no two ever give the same number."""

from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from service_catalog.access.keys import is_successor
from service_catalog.actors import Actor
from service_catalog.appeals.handing_tables import NumberRange
from service_catalog.appeals.numbers import RANGES, range_of
from service_catalog.kernel.database import add_new
from service_catalog.kernel.errors import Conflict, Forbidden, Said

MOST_OF_ONE_KEY = 4
"""There are 99 in all, so that no single key may use them up."""


class NoRangeLeft(Conflict):
    """All 99 ranges are given, and none is ever given again."""

    title = Said("编号段已用完", "No range of numbers is left")


class RangeOfAnother(Conflict):
    """The range of this reader belongs to another key, which has not ended."""

    title = Said("编号段属于另一个密钥", "The range belongs to another key")


class TooManyRanges(Conflict):
    """One key speaks for few replicas; others have keys of their own."""

    title = Said("该密钥的编号段已达上限", "This key holds as many ranges as it may")


class NumberOfAnother(Forbidden):
    """The number is not of a range that the caller holds."""

    title = Said("不是本机编号段的编号", "Not a number of one's own range")


class _TakenMeanwhile(Conflict):
    """Somebody else got the number at the same moment."""


def hold_range(session: Session, reader: str, *, by: Actor, at: datetime) -> NumberRange:
    """Give a reader its range, the same one each time it asks; raises NoRangeLeft, RangeOfAnother, TooManyRanges."""
    there = _of_reader(session, reader)
    if there is not None:
        return _held(session, there, by, at)
    holders = {row.number: row.holder for row in session.scalars(select(NumberRange))}
    if list(holders.values()).count(by.identity) >= MOST_OF_ONE_KEY:
        raise TooManyRanges(
            f"一个密钥最多持有 {MOST_OF_ONE_KEY} 个编号段；请为其他副本另办密钥",
            f"one key holds {MOST_OF_ONE_KEY} ranges at the most; let other replicas have keys of their own",
        )
    for number in (number for number in RANGES if number not in holders):
        row = NumberRange(number=number, reader=reader, holder=by.identity, given_at=at)
        try:
            add_new(session, row, _TakenMeanwhile("已被占用", "taken"))
        except _TakenMeanwhile:
            there = _of_reader(session, reader)
            if there is not None:
                return _held(session, there, by, at)
        else:
            return row
    raise NoRangeLeft("99 个编号段已全部分配", "all 99 ranges of numbers are given")


def find_own_range(session: Session, number: str, *, by: Actor, at: datetime, lock: bool = False) -> NumberRange:
    """Return the range of a receipt number that `by` gave; locked, all that it hands over comes one after the other.

    Raises NumberOfAnother.
    """
    query = select(NumberRange).where(col(NumberRange.number) == range_of(number))
    row = session.scalars(query.with_for_update() if lock else query).first()
    if row is None or not _is_held_by(session, row, by, at):
        raise NumberOfAnother(
            f"编号 {number} 不属于本机持有的编号段", f"number {number} is not of a range that this key holds"
        )
    return row


def _of_reader(session: Session, reader: str) -> NumberRange | None:
    return session.scalars(select(NumberRange).where(col(NumberRange.reader) == reader)).first()


def _held(session: Session, row: NumberRange, by: Actor, at: datetime) -> NumberRange:
    if not _is_held_by(session, row, by, at):
        raise RangeOfAnother(
            f"“{row.reader}”的编号段属于另一个仍有效的密钥；请换一个名称，或者先收回旧密钥",
            f"the range of {row.reader!r} belongs to another key that is still good: take another name, or revoke it",
        )
    row.holder = by.identity
    return row


def _is_held_by(session: Session, row: NumberRange, by: Actor, at: datetime) -> bool:
    """Tell whether it is the holder, or its successor: a key with the same limit, after the old one has ended.

    What a replica took must still reach the centre when its key is changed.
    """
    return by.identity == row.holder or is_successor(session, row.holder, by.identity, at=at)

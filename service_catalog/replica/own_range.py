"""The range of receipt numbers that this replica gives: asked of the centre once, kept for ever."""

import json
from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Session

from service_catalog.appeals.numbers import RANGES
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.kernel.errors import Said, Unavailable
from service_catalog.replica.centre import Centre
from service_catalog.replica.handed_tables import HeldRange


class NoNumbersYet(Unavailable):
    """This replica has never reached the centre with its key, and has no receipt numbers to give."""

    title = Said("暂时不能受理诉求", "No appeals can be taken yet")

    def __init__(self) -> None:
        super().__init__(
            "本机还没有从中心取得受理编号，暂时不能受理诉求；请拨打 12345，或者到窗口提出",
            "this place has no receipt numbers from the centre yet: call 12345, or go to the window",
        )


class RangeRefused(Unavailable):
    """The centre gives this replica no range of numbers: its key or its name is not right."""

    title = Said("中心未分配编号段", "The centre gives no range of numbers")


def range_held(session: Session, centre: Centre, reader: str | None) -> int:
    """Return the range that numbers are drawn from; raises NoNumbersYet. A replica without a name has none."""
    row = session.get(HeldRange, 1)
    if row is None or (row.centre, row.reader) != (centre.address, reader):  # copied from another, or another's before
        raise NoNumbersYet
    return row.number


def ensure_range(engine: Engine, centre: Centre, reader: str, *, at: datetime) -> int:
    """Return the range that is held, and ask the centre for one if there is none; raises CentreAway, RangeRefused."""
    try:
        with reading(engine) as session:
            return range_held(session, centre, reader)
    except NoNumbersYet:
        number = _ask(centre, reader)
    with unit_of_work(engine) as session:
        session.merge(HeldRange(id=1, centre=centre.address, reader=reader, number=number, got_at=at))
    return number


def _ask(centre: Centre, reader: str) -> int:
    body = json.dumps({"reader": reader}).encode()
    answered = centre.post("/v1/number-ranges", body, headers={"Content-Type": "application/json"})
    told = answered.document or {}
    number = told.get("number")
    if answered.status != 200 or told.get("reader") != reader or not isinstance(number, int) or number not in RANGES:
        why = str(told.get("detail", ""))
        raise RangeRefused(
            f"中心未给“{reader}”分配编号段：{answered.status} {why}",
            f"no range for {reader!r}: {answered.status} {why}",
        )
    return number

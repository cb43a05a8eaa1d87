"""Replicas: a range of receipt numbers, and the appeals that were taken with them."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from service_catalog.access.limiting import RateExceeded
from service_catalog.access.rights import RIGHT_NAMES, NotAllowed, Right, may_anywhere
from service_catalog.access.web import SignInFirst, Staff
from service_catalog.actors import Actor
from service_catalog.appeals.arriving import in_turn, stored
from service_catalog.appeals.attaching import Stored
from service_catalog.appeals.handing_over import NotYetReceived, NumberUsed, take_over, taken_before
from service_catalog.appeals.handing_schemas import HandedOver, RangeDraft, RangeView, TakenOverView
from service_catalog.appeals.ranges import (
    NoRangeLeft,
    NumberOfAnother,
    RangeOfAnother,
    TooManyRanges,
    find_own_range,
    hold_range,
)
from service_catalog.appeals.web import Outside, Sealing, count
from service_catalog.attachments.storage import StorageAway
from service_catalog.kernel.problems import answers
from service_catalog.kernel.web import Now, WriteDb

router = APIRouter(prefix="/v1", tags=["appeals"])


def _may_hand_over(by: Staff) -> Actor:
    """Whatever people bring to a replica goes on, wherever it is about: the right holds for no place."""
    if not may_anywhere(by, Right.HAND_OVER_APPEALS):
        said = RIGHT_NAMES[Right.HAND_OVER_APPEALS]
        raise NotAllowed(f"您无权{said.zh}", f"you may not {said.en}", right=Right.HAND_OVER_APPEALS.value)
    return by


HandingOver = Annotated[Actor, Depends(_may_hand_over)]


class Delivered(NamedTuple):
    """What was handed over, with its files in the store."""

    handed: HandedOver
    files: Sequence[Stored]


async def _delivered(
    request: Request, by: HandingOver, handed: HandedOver, doors: Outside, now: Now
) -> AsyncIterator[Delivered]:
    if await in_turn(request, lambda session: _is_there(session, handed, by, now)):
        yield Delivered(handed, [])
        return
    await run_in_threadpool(count, request, doors, by, "appeals")
    async with stored(doors, handed.draft.attachments, root="/draft/attachments") as files:
        yield Delivered(handed, files)


def _is_there(session: Session, handed: HandedOver, by: Actor, at: datetime) -> bool:
    find_own_range(session, handed.number, by=by, at=at)
    return taken_before(session, handed) is not None


@router.post("/number-ranges", responses=answers(SignInFirst, NotAllowed, NoRangeLeft, RangeOfAnother, TooManyRanges))
def hold_number_range(draft: RangeDraft, db: WriteDb, by: HandingOver, now: Now) -> RangeView:
    """Give a replica the range of receipt numbers that it gives of its own; asked again, the same."""
    row = hold_range(db, draft.reader, by=by, at=now)
    return RangeView.model_validate(row, from_attributes=True)


@router.post(
    "/appeals/handed-over",
    responses=answers(SignInFirst, NotAllowed, NumberOfAnother, NumberUsed, NotYetReceived, RateExceeded, StorageAway),
)
def hand_over(
    request: Request,
    delivered: Annotated[Delivered, Depends(_delivered, scope="function")],
    db: WriteDb,
    vault: Sealing,
    by: HandingOver,
    now: Now,
) -> TakenOverView:
    """Take over one appeal as a replica took it: its number, its code and its receipt stay; the same again changes nothing."""
    within = timedelta(days=request.app.state.settings.handed_over_within_days)
    return take_over(db, vault, delivered.handed, files=delivered.files, within=within, by=by, at=now)

"""POST /v1/appeals at a replica: taken here, answered at once, handed over later; everything after that is the centre's."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from service_catalog.access.limiting import RateExceeded
from service_catalog.appeals.arriving import in_turn
from service_catalog.appeals.elsewhere import LooksLikeEmergency
from service_catalog.appeals.intake import KioskKeyNeeded, demand_repeatable, take
from service_catalog.appeals.opening import NoSuchAppeal
from service_catalog.appeals.repeating import IdempotencyKeyReused, RequestRunning, done_before, remember
from service_catalog.appeals.routes import preview_appeal
from service_catalog.appeals.schemas import ReceiptView, StatusView, Told
from service_catalog.appeals.telling import receipt, receipt_again, status, told
from service_catalog.appeals.web import Own, OwnAppeal, Sealing
from service_catalog.attachments.storage import StorageAway
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.errors import Said, Unavailable
from service_catalog.kernel.problems import answers, status_of
from service_catalog.kernel.web import Now, WriteDb
from service_catalog.replica.appeal_doors import HandedInHere, Here, Replica
from service_catalog.replica.centre import CentreAway
from service_catalog.replica.handed_tables import WaitingAppeal
from service_catalog.replica.own_range import NoNumbersYet, range_held

router = APIRouter(prefix="/v1/appeals", tags=["appeals"])
WAITS = Said(
    "您的诉求已在本机受理并保存，受理编号和时限有效；线路恢复后自动送达盟级平台，届时可查询办理进度。",
    "Taken and kept here; number and deadline are good. It goes to the centre by itself when the line is back.",
)
KEPT = Said(
    "您的诉求已在本机受理并保存，但暂未能送达盟级平台，工作人员会处理；您也可以凭受理编号到窗口询问。",
    "Taken and kept here, but the centre could not take it over yet; the staff will see to it, or ask at the window.",
)


class StatusHereView(StatusView):
    """Where an appeal stands, at a replica."""

    remark: Told | None = Field(None, description="That it has not been passed on to the centre yet.")


class NotPassedOnYet(Unavailable):
    """The appeal still waits here to go to the centre; until then nothing can be added to it."""

    title = Said("诉求尚未送达中心", "Not passed on yet")


router.add_api_route("/preview", preview_appeal, methods=["POST"], responses=answers(RateExceeded))


@router.post(
    "",
    status_code=201,
    responses=answers(
        LooksLikeEmergency,
        KioskKeyNeeded,
        IdempotencyKeyReused,
        RequestRunning,
        RateExceeded,
        StorageAway,
        NoNumbersYet,
    ),
)
def hand_in(came: HandedInHere, here: Here, db: WriteDb, vault: Sealing, now: Now) -> ReceiptView:
    """Take an appeal with a number of this place's own range; it is on the disk before the receipt leaves."""
    (draft, key, files), by = came
    first = None if key is None else done_before(db, key, draft)
    if first is not None:
        return receipt_again(db, vault, first)
    demand_repeatable(db, draft, key)
    numbers_of = range_held(db, here.centre, here.name)
    taken = take(db, vault, draft, files=files, numbers_of=numbers_of, by=by, at=now)
    db.add(WaitingAppeal(number=taken.case.row.number, handed_in_at=now))
    if key is not None:
        remember(db, key, draft, taken.case.row.number, at=now)
    return receipt(taken.case, taken.query_code)


@router.get("/{number}", responses=answers(NoSuchAppeal, RateExceeded, CentreAway), response_model=StatusHereView)
async def read_status(request: Request, own: OwnAppeal, here: Here, now: Now) -> Any:
    """Where one's appeal stands: as long as it waits here, as it is here; then as the centre says."""

    def look(session: Session) -> StatusHereView | None:
        waiting = waiting_here(session, own.number)
        if waiting is None:
            return None
        view = status(own.look(session), civil_day(now))
        return StatusHereView(**view.model_dump(), remark=told(KEPT if waiting.refused_at else WAITS))

    seen = await in_turn(request, look)
    return seen if seen is not None else await _asked_of_the_centre(request, own, here, f"/v1/appeals/{own.number}")


def waiting_here(session: Session, number: str) -> WaitingAppeal | None:
    """Return an appeal that has not gone on."""
    row = session.get(WaitingAppeal, number)
    return row if row is not None and row.forwarded_at is None else None


async def _relay(request: Request, own: OwnAppeal, here: Here) -> Response:
    """Let the centre do it; as long as it has not got the appeal, nothing can be done."""
    if await in_turn(request, lambda session: waiting_here(session, own.number) is not None):
        raise NotPassedOnYet(
            "您的诉求已在本机受理，尚未送达盟级平台，暂时不能补充、评价或撤回；请在线路恢复后再试",
            "it is kept here and has not been passed on yet: nothing can be added or taken back until the line is back",
        )
    step = request.url.path.rpartition("/")[2]
    return await _asked_of_the_centre(request, own, here, f"/v1/appeals/{own.number}/{step}")


async def _asked_of_the_centre(request: Request, own: Own, here: Replica, path: str) -> Response:
    """Let the centre look at the code, and count here who shows wrong ones: there all of them have this place's one key."""
    await run_in_threadpool(own.demand_tries_left)
    answer = await here.relay(request, path)
    if answer.status_code == status_of(NoSuchAppeal):
        await run_in_threadpool(own.count_wrong_code)
    return answer


for _step in ("supplement", "attachments", "rating", "withdrawal"):
    router.add_api_route(
        f"/{{number}}/{_step}", _relay, methods=["POST"], name=f"relay_{_step}", response_class=Response,
        responses=answers(NoSuchAppeal, RateExceeded, CentreAway, NotPassedOnYet),
    )  # fmt: skip

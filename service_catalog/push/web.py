"""What the handlers of pushes ask for, and how a push goes through the lines of readers and writers."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any, TypeVar

from anyio import CapacityLimiter
from fastapi import Depends, FastAPI, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel
from sqlmodel import Session

from service_catalog.access.rights import Right, demand_anywhere
from service_catalog.access.web import Staff
from service_catalog.actors import Actor
from service_catalog.appeals.repeating import key_of
from service_catalog.basic_items.wording import wording_of
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.kernel.errors import Fault, InvalidRequest, Said
from service_catalog.kernel.web import Now
from service_catalog.push.asked import Push, Site
from service_catalog.push.pushing import carry_out, dry_answer, judge_all
from service_catalog.push.receipts import Answer, kept_answer, running
from service_catalog.push.rows import JSON, NDJSON, read_batch
from service_catalog.push.schemas import AgencyRow, ImplementationRow
from service_catalog.push.tables import PushKind

LARGEST = 40_000_000
"""Bytes of a batch."""
NOT_ALL_TAKEN = 207
T = TypeVar("T")


def install(app: FastAPI) -> None:
    """Let handlers of `app` take pushes."""
    app.state.pushes = set()


def _demand_hand_in(by: Staff) -> Actor:
    demand_anywhere(by, Right.HAND_IN)
    return by


def _demand_read(by: Staff) -> Actor:
    demand_anywhere(by, Right.READ_DRAFTS)
    return by


HandsIn = Annotated[Any, Depends(_demand_hand_in)]
Reads = Annotated[Any, Depends(_demand_read)]


class Asking:
    """A request to push: who, what, under which key, and how."""

    def __init__(
        self,
        request: Request,
        by: HandsIn,
        now: Now,
        idempotency_key: Annotated[
            str,
            Header(
                alias="Idempotency-Key", min_length=8, max_length=200, pattern=r"^[\x21-\x7e]+$",
                description="Made by the office, new for each batch; the same batch again is answered as the first time.",
            ),
        ],
        dry_run: Annotated[bool, Query(description="Say what would become of each row, and write nothing.")] = False,
        whole: Annotated[bool, Query(description="Take all rows or none; otherwise each for itself.")] = False,
    ) -> None:  # fmt: skip
        self.request, self.by, self.at = request, by, now
        self.key, self.dry_run, self.whole = key_of(by, idempotency_key), dry_run, whole

    async def answer(self, kind: PushKind) -> Response:
        """Carry it out; raises InvalidRequest, IdempotencyKeyReused, RequestRunning."""
        media_type = _media_type(self.request)
        content = await self.request.body()
        push = await run_in_threadpool(self._read, kind, content, media_type)
        answer = await (self._dry(push) if push.dry_run else self._once(push))
        status = 200 if answer.taken else NOT_ALL_TAKEN
        return Response(answer.content, status, {"Cache-Control": "no-store"}, JSON)

    def _read(self, kind: PushKind, content: bytes, media_type: str) -> Push:
        settings = self.request.app.state.settings
        site = Site(settings.lint_severities, wording_of(settings.lint_words))
        model: Any = ImplementationRow if kind is PushKind.IMPLEMENTATIONS else AgencyRow
        batch = read_batch(content, media_type, model)
        return Push(kind, batch, self.key, self.whole, self.dry_run, site, self.by, self.at)

    async def _dry(self, push: Push) -> Answer:
        return dry_answer(push, await self._reading(lambda session: judge_all(session, push)))

    async def _once(self, push: Push) -> Answer:
        async with self._alone(push.key):
            first = await self._reading(lambda session: kept_answer(session, push))
            if first is not None:
                return first
            judged = await self._reading(lambda session: judge_all(session, push))
            return await self._writing(lambda session: carry_out(session, push, judged))

    @asynccontextmanager
    async def _alone(self, key: str) -> AsyncIterator[None]:
        """Refuse a second one of the same at once; between processes the key in the database does it, when it comes to it."""
        pushes: set[str] = self.request.app.state.pushes
        if key in pushes:
            raise running()
        pushes.add(key)
        try:
            yield
        finally:
            pushes.discard(key)

    async def _reading(self, verb: Callable[[Session], T]) -> T:
        state = self.request.app.state
        return await _in_turn(state.turns.readers, reading, state.engine, verb)

    async def _writing(self, verb: Callable[[Session], T]) -> T:
        state = self.request.app.state
        return await _in_turn(state.turns.writers, unit_of_work, state.engine, verb)


async def _in_turn(turn: CapacityLimiter, opened: Callable[[Any], Any], engine: Any, verb: Callable[[Session], T]) -> T:
    def carried_out() -> T:
        with opened(engine) as session:
            return verb(session)

    async with turn:
        return await run_in_threadpool(carried_out)


def _media_type(request: Request) -> str:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (JSON, NDJSON):
        said = Said(f"应为 {JSON} 或 {NDJSON}", f"expected {JSON} or {NDJSON}")
        raise InvalidRequest([Fault("/header/Content-Type", said)])
    return kind


def body_of(row: type[BaseModel]) -> dict[str, Any]:
    """Return how the contract describes a body of such rows."""
    schema = row.model_json_schema()
    parts = schema.pop("$defs", {})
    for name, said in schema["properties"].items():
        if "$ref" in said:
            schema["properties"][name] = {**parts[said["$ref"].rpartition("/")[2]], **_without_ref(said)}
    rows = {"type": "object", "required": ["rows"], "properties": {"rows": {"type": "array", "items": schema}}}
    return {
        "requestBody": {
            "required": True,
            "description": "At most 10,000 rows and 40 MB; as NDJSON a row a line.",
            "content": {JSON: {"schema": rows}, NDJSON: {"schema": schema}},
        }
    }


def _without_ref(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name != "$ref"}


Asked = Annotated[Asking, Depends(Asking)]

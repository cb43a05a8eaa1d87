"""A file that an officer asks for is fetched before the transaction that writes the look down: the store may be slow."""

from typing import Annotated, NamedTuple

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from service_catalog.access.web import Staff
from service_catalog.appeals.arriving import in_turn
from service_catalog.appeals.attaching import content_of, file_of
from service_catalog.appeals.opening import look_at
from service_catalog.appeals.standing import demand_person
from service_catalog.appeals.web import Number, Outside


class Fetched(NamedTuple):
    """The bytes of a file. Nobody has seen them before the look is written down."""

    key: str
    content: bytes


async def _fetched(request: Request, by: Staff, number: Number, folder: str, name: str, doors: Outside) -> Fetched:
    key, vault = f"{folder}/{name}", doors.vault

    def allow(session: Session) -> None:
        case = look_at(session, vault, number)
        demand_person(case, by)
        file_of(case, key)

    await in_turn(request, allow)
    async with doors.downloads:
        return Fetched(key, await run_in_threadpool(content_of, doors.storage, vault, key))


# before the session among a handler's parameters: it ends before the transaction begins
FetchedFile = Annotated[Fetched, Depends(_fetched)]

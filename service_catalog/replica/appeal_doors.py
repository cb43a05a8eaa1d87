"""What the handlers of appeals at a replica ask for: the centre, who is near, what came with its files in the store."""

from collections.abc import AsyncIterator
from ipaddress import ip_address
from typing import Annotated, NamedTuple

from anyio import CapacityLimiter
from fastapi import Depends, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from service_catalog.actors import Actor, ActorKind, Grant, Role
from service_catalog.appeals.arriving import Arrived, arriving, in_turn
from service_catalog.appeals.drafts import AppealDraft
from service_catalog.appeals.repeating import key_of
from service_catalog.appeals.rulebook import rulebook_of
from service_catalog.appeals.web import IdempotencyKey, Outside
from service_catalog.replica.centre import Centre, CentreAway, HttpCentre
from service_catalog.settings import Settings

LINES = 8
"""How many requests wait for the centre at once; a line that swallows everything must not have all the threads."""
_PASSED_ON = ("Query-Code", "File-Name", "Content-Type", "Accept-Language", "Accept")
_PASSED_BACK = ("Content-Type", "Content-Language", "Cache-Control", "Vary", "Retry-After")
_NOT_THEIRS = frozenset({401, 502, 504})
"""What the caller cannot help: the replica's own key is not good, or something on the way answers."""


class Replica:
    """This place: what it is called, and the centre behind it."""

    def __init__(self, settings: Settings, centre: Centre) -> None:
        self.name, self.centre = settings.replica_name, centre
        self.lines = CapacityLimiter(LINES)
        grant = Grant(Role.KIOSK, region_code=settings.replica_region or "")  # none: everything, and no right anywhere
        self.machine = Actor(self.name or "自助终端", ActorKind.MACHINE, (grant,))
        """Who hands in by the channel `kiosk`: the place itself holds the key, so that its machines need none."""

    async def relay(self, request: Request, path: str) -> Response:
        """Let the centre answer; raises CentreAway."""
        headers = {name: value for name in _PASSED_ON if (value := request.headers.get(name)) is not None}
        body = await request.body()
        async with self.lines:
            if request.method == "POST":
                answered = await run_in_threadpool(self.centre.post, path, body, headers=headers)
            else:
                answered = await run_in_threadpool(self.centre.get, path, headers=headers)
        if answered.status in _NOT_THEIRS or not answered.is_json:
            raise CentreAway(reached=True)
        back = {name: value for name in _PASSED_BACK if (value := answered.headers.get(name)) is not None}
        return Response(answered.content, answered.status, back)


def install_appeals(app: FastAPI, settings: Settings, centre: Centre | None = None) -> None:
    """Let a replica take appeals; the routes of `replica/appeal_routes.py` stand in place of the centre's."""
    app.state.replica = Replica(settings, centre or HttpCentre(settings))


def _replica(request: Request) -> Replica:
    found: Replica = request.app.state.replica
    return found


Here = Annotated[Replica, Depends(_replica)]


def is_near(request: Request) -> bool:
    """Tell whether a request comes from this machine or from the network of the hall, and not from the internet."""
    host = (request.client.host if request.client else "").partition("%")[0]
    try:
        address = ip_address(host)
    except ValueError:
        return True  # a Unix socket
    return address.is_private or address.is_loopback


class ArrivedHere(NamedTuple):
    """What was handed in, and by which machine; None: by the person themselves."""

    arrived: Arrived
    by: Actor | None


async def _arrived(
    request: Request, draft: AppealDraft, doors: Outside, here: Here, idempotency_key: IdempotencyKey = None
) -> AsyncIterator[ArrivedHere]:
    is_machine = await in_turn(request, lambda session: rulebook_of(session).channel(draft.channel).machine)
    by = here.machine if is_machine and is_near(request) else None
    key = None if idempotency_key is None else key_of(by, idempotency_key)
    async with arriving(request, doors, draft, key=key, by=by) as arrived:
        yield ArrivedHere(arrived, by)


HandedInHere = Annotated[ArrivedHere, Depends(_arrived, scope="function")]

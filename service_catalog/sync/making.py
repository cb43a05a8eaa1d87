"""Making snapshots and digests: each is a walk over everything, and anyone may ask; so few at once, so often each."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Annotated

from anyio import CapacityLimiter
from fastapi import Depends, Request

from service_catalog.access.limiting import Limiter, address_of
from service_catalog.access.web import Caller
from service_catalog.actors import Actor
from service_catalog.kernel.errors import Said, Unavailable
from service_catalog.settings import Settings

AT_ONCE, IN_LINE = 2, 40
"""How many are made at once, so that most turns to read are left to all others; and how many more wait for that."""


class LineTooLong(Unavailable):
    """So many wait for snapshots and digests already that another one should come again later."""

    title = Said("快照和核对请求排队过长", "Too many wait for snapshots and digests")


class Workshop:
    """Where one process makes them."""

    def __init__(self, settings: Settings, *, clock: Callable[[], datetime]) -> None:
        self.places = CapacityLimiter(AT_ONCE)
        self._settings, self._limiter = settings, Limiter(settings, clock=clock)

    def order(self, request: Request, by: Actor | None) -> None:
        """Count one more that has to be made for a key, or for an address without one; raises RateExceeded."""
        if by is None:
            self._limiter.hit("made by address", self._settings.copies_made_per_address, address_of(request))
        else:
            self._limiter.hit("made by key", self._settings.copies_made_per_key, by.identity)


async def _turn(request: Request, by: Caller) -> AsyncIterator[Callable[[], None]]:
    """Wait for a place, before a turn to read is taken; yields what is called before something has to be made."""
    workshop: Workshop = request.app.state.workshop
    if workshop.places.statistics().tasks_waiting >= IN_LINE:
        raise LineTooLong("排队等待的请求过多，请稍后再试", "too many wait already; try again later", retry_after=10)
    async with workshop.places:
        yield lambda: workshop.order(request, by)


Ordering = Annotated[Callable[[], None], Depends(_turn, scope="function")]
"""Stands before Db in a handler: who waits for its making must not keep others from reading."""

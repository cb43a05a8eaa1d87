"""Whoever walks the feed with a key is noted, so that a reader which never reports is seen, too."""

import logging
from datetime import datetime, timedelta
from threading import Lock
from typing import NamedTuple

from fastapi import FastAPI
from sqlalchemy import Engine, select
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col
from starlette.concurrency import run_in_threadpool

from service_catalog.actors import Actor, ActorKind, Grant, Role
from service_catalog.agencies.register import find_agency
from service_catalog.changes.log import last_number
from service_catalog.kernel.database import unit_of_work
from service_catalog.sync.readers import put
from service_catalog.sync.tables import Reader, ReaderKind

log = logging.getLogger("service_catalog")

AGAIN_AFTER = timedelta(seconds=60)
"""Whoever asks for the same again is noted at most so often: reading must not become writing."""
KINDS = {
    Role.KIOSK: ReaderKind.KIOSK, Role.COUNTY_OFFICE: ReaderKind.OFFICE, Role.STANDING_OFFICE: ReaderKind.OFFICE,
}  # fmt: skip
"""Whose walk is noted; staff who look at the feed are no readers."""


class _Noted(NamedTuple):
    after: int
    at: datetime


class WalkNotes:
    """What this process has noted of whom last, so that it need not write it again."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._last: dict[str, _Noted] = {}
        self._lock = Lock()

    def is_due(self, by: Actor | None, after: int, at: datetime) -> bool:
        """Tell whether the walk is to be written down."""
        if by is None or reader_grant(by) is None:
            return False
        with self._lock:
            last = self._last.get(by.identity)
        return last is None or last.after != after or at - last.at >= AGAIN_AFTER

    def write(self, by: Actor, after: int, at: datetime) -> None:
        """Write a walk down in a transaction of its own; a database that is busy is asked again with the next page."""
        try:
            with unit_of_work(self._engine) as session:
                note(session, after, by=by, at=at)
        except OperationalError as error:
            log.warning("the walk of a reader was not noted: %s", error)
            return
        with self._lock:
            self._last[by.identity] = _Noted(after, at)


def install(app: FastAPI, engine: Engine) -> None:
    """Let `app` note who walks its feed."""
    app.state.walk_notes = WalkNotes(engine)


async def note_walk(app: FastAPI, by: Actor | None, after: int, at: datetime) -> None:
    """Note that `by` has everything up to the change `after`; meant as a background task of the page's answer.

    It takes a connection of its own, so it must not run while the caller holds one.
    """
    notes: WalkNotes = app.state.walk_notes
    if by is not None and notes.is_due(by, after, at):
        async with app.state.turns.writers:
            await run_in_threadpool(notes.write, by, after, at)


def reader_grant(by: Actor) -> Grant | None:
    """Return the grant by which a machine is a reader, None where it has none."""
    if by.kind is not ActorKind.MACHINE:
        return None
    return next((grant for grant in by.grants or () if grant.role in KINDS), None)


def note(session: Session, after: int, *, by: Actor, at: datetime) -> None:
    """Write down how far `by` has come: whoever asks for what follows a change has got that change, or more if nothing follows.

    Of a credential that reports for itself only the time is kept, and of one that reports for several nothing.
    """
    grant = reader_grant(by)
    if grant is None or after > last_number(session):
        return
    own = session.scalars(select(Reader).where(col(Reader.credential) == by.identity)).all()
    if not own or own[0].is_told_by_its_walk:
        row = {
            "name": by.identity, "kind": KINDS[grant.role], "region_code": _region_of(session, grant),
            "credential": by.identity, "change_number": after, "seen_at": at,
        }  # fmt: skip
        put(session, row)
    elif len(own) == 1:
        own[0].seen_at = max(own[0].seen_at, at)


def _region_of(session: Session, grant: Grant) -> str | None:
    return grant.region_code if grant.agency_code is None else find_agency(session, grant.agency_code).region_code

"""Runs from beginning to end: everything, or a scope of it; and how a run is recorded."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine, select
from sqlmodel import col

from service_catalog.actors import Actor
from service_catalog.basic_items.tables import BasicItem
from service_catalog.changes.log import last_number
from service_catalog.findings.rules import Strictness
from service_catalog.findings.running import Progress, Running, hold
from service_catalog.findings.scope import Scope, size_of
from service_catalog.findings.tables import FindingRun, RunKind
from service_catalog.kernel.database import unit_of_work
from service_catalog.kernel.dates import civil_day

Clock = Callable[[], datetime]
EVERYTHING = Scope()


def unseen(what: str, done: int, total: int) -> None:
    """Show nobody how far it is."""


def run(
    engine: Engine,
    strictness: Strictness,
    scope: Scope = EVERYTHING,
    *,
    by: Actor,
    clock: Clock,
    progress: Progress = unseen,
) -> FindingRun:
    """Judge everything of a scope and write down what came of it; returns the record of the run."""
    kind = RunKind.FULL if scope.is_everything else RunKind.SCOPED
    running = begin(engine, strictness, kind, scope, by=by, at=clock(), progress=progress)
    judge_scope(running, scope)
    return finish(running, followed=scope.is_everything, at=clock())


def judge_scope(running: Running, scope: Scope) -> None:
    """Judge agencies, standards, implementations and coverage of a scope, as far as it has them."""
    with running.turn() as (session, _):
        total = size_of(session, scope)
        every = session.scalars(select(col(BasicItem.basic_code)).order_by(col(BasicItem.basic_code))).all()
    items = [scope.item] if scope.item else every
    if scope.is_everything:
        running.judge_registers()
    if scope.item is None:
        running.judge_agencies(scope)
    if scope.region is None and scope.agency is None:
        running.judge_items(items)
    running.judge_implementations(scope, total)
    running.judge_again()
    if scope.agency is None:
        running.judge_everywhere(items, scope.region)


def begin(
    engine: Engine,
    strictness: Strictness,
    kind: RunKind,
    scope: Scope,
    *,
    by: Actor,
    at: datetime,
    progress: Progress,
) -> Running:
    """Record that a run begins."""
    with unit_of_work(engine) as session:
        hold(session)
        record = FindingRun(
            kind=kind, region_code=scope.region, agency_code=scope.agency, basic_code=scope.item, by=by.name,
            started_at=at, change_number=last_number(session),
        )  # fmt: skip
        session.add(record)
        session.flush()
        assert record.id is not None
        return Running(engine, strictness, at, progress, record.id, record.change_number)


def finish(running: Running, *, followed: bool, at: datetime) -> FindingRun:
    """Record what a run came to; `followed`: everything up to the change it began at has been judged."""
    with unit_of_work(running.engine) as session:
        follower = hold(session)
        day = civil_day(running.at)
        if followed:
            follower.change_number = max(follower.change_number, running.number)
            follower.day = max(follower.day or day, day)
            follower.rules = running.strictness.digest
        record = session.get_one(FindingRun, running.run_id)
        record.finished_at = at
        for name, count in running.counts.items():
            setattr(record, name, count)
        session.flush()
        return record

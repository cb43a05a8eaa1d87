"""Running the consistency engine in tests, and reading what it found."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, select
from sqlmodel import Session, col

from service_catalog.actors import Actor, ActorKind
from service_catalog.changes.tables import Subject
from service_catalog.findings import following, runs
from service_catalog.findings.rules import Strictness
from service_catalog.findings.scope import Scope
from service_catalog.findings.tables import Finding, FindingRun
from service_catalog.kernel.database import reading

ENGINE = Actor("体检", ActorKind.SYSTEM)


def examine(engine: Engine, at: datetime, scope: Scope = Scope(), **strict: Any) -> FindingRun:  # noqa: B008
    """Run the engine at a moment."""
    return runs.run(engine, Strictness(**strict), scope, by=ENGINE, clock=lambda: at)


def follow(engine: Engine, at: datetime, **strict: Any) -> FindingRun | None:
    """Follow the log at a moment."""
    return following.follow(engine, Strictness(**strict), by=ENGINE, clock=lambda: at)


def findings(engine: Engine, rule: str | None = None) -> Sequence[Finding]:
    """Return the open findings, of one rule or of all."""
    query = select(Finding).where(col(Finding.closed_at).is_(None)).order_by(col(Finding.id))
    if rule is not None:
        query = query.where(col(Finding.rule) == rule)
    with reading(engine) as session:
        rows = session.scalars(query).all()
        session.expunge_all()
    return rows


def only(engine: Engine, rule: str) -> Finding:
    """Return the one open finding of a rule."""
    [found] = findings(engine, rule)
    return found


def places(engine: Engine, rule: str) -> list[tuple[str, str]]:
    """Return (code, element) of the open findings of a rule, sorted."""
    return sorted((found.code, found.element) for found in findings(engine, rule))


def picture(engine: Engine) -> list[tuple[Any, ...]]:
    """Return all that the open findings say, whoever found it when."""
    return sorted(
        (f.rule, f.subject.value, f.code, f.element, f.severity.value, f.zh, f.en, str(f.standard_value),
         str(f.local_value), f.region_code, f.agency_code or "", f.basic_code or "")
        for f in findings(engine)
    )  # fmt: skip


def judged(run: FindingRun | None) -> dict[str, int]:
    """Return how many things of each kind a run judged, without those it did not."""
    assert run is not None
    counts = {name: getattr(run, name) for name in ("implementations", "items", "agencies", "places")}
    return {name: count for name, count in counts.items() if count}


def subjects(engine: Engine, subject: Subject) -> set[str]:
    """Return the codes of a kind that have open findings."""
    return {found.code for found in findings(engine) if found.subject is subject}


def all_rows(session: Session) -> Sequence[Finding]:
    """Return every finding, closed ones too, in the order in which they were opened."""
    return session.scalars(select(Finding).order_by(col(Finding.id))).all()

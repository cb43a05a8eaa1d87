"""A run that somebody asks for over the network: of a place of theirs, and no larger than a request may take."""

from sqlalchemy import Engine
from sqlmodel import Session

from service_catalog.access.places import demand_at, demand_league
from service_catalog.access.rights import Right
from service_catalog.actors import Actor
from service_catalog.agencies.register import find_agency
from service_catalog.findings.rules import Strictness
from service_catalog.findings.runs import Clock, run
from service_catalog.findings.scope import OneScopeOnly, Scope, scope_of, size_of
from service_catalog.findings.tables import FindingRun
from service_catalog.kernel.database import reading
from service_catalog.kernel.errors import Conflict, Said

MOST = 10_000
"""Implementations: some ten seconds."""


class RunTooLarge(Conflict):
    """A request judges only so many implementations; `service-catalog findings run` judges any number."""

    title = Said("体检范围过大", "Too much for one request")


def run_on_demand(
    engine: Engine,
    strictness: Strictness,
    *,
    region: str | None,
    agency: str | None,
    item: str | None,
    by: Actor,
    clock: Clock,
) -> FindingRun:
    """Judge a region, an agency or an item that `by` may look into; raises OneScopeOnly, NotAllowed, RunTooLarge."""
    with reading(engine) as session:
        scope = scope_of(session, region=region, agency=agency, item=item)
        if scope.is_everything:
            raise OneScopeOnly("请指定区划、实施主体或事项", "name a region, an agency or an item", element="region")
        _demand(session, by, scope)
        size = size_of(session, scope)
        if size > MOST:
            raise RunTooLarge(
                f"范围内有 {size} 条实施清单，最多 {MOST} 条；请用命令 service-catalog findings run",
                f"{size} implementations, at most {MOST}; use the command service-catalog findings run",
                implementations=size, most=MOST,
            )  # fmt: skip
    return run(engine, strictness, scope, by=by, clock=clock)


def _demand(session: Session, by: Actor, scope: Scope) -> None:
    """A standard belongs to the whole league; a region and an agency to whoever reads there."""
    if scope.item is not None:
        demand_league(session, by, Right.READ_DRAFTS)
        return
    where = find_agency(session, scope.agency).region_code if scope.agency else scope.region
    assert where is not None
    demand_at(session, by, Right.READ_DRAFTS, region_code=where, agency_code=scope.agency)

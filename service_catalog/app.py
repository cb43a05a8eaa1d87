"""create_app(settings): the one place that knows all parts."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from fastapi import Depends, FastAPI
from starlette.types import ASGIApp

from service_catalog import __version__
from service_catalog.access import web as access
from service_catalog.access.identity import IdentityProvider, read_mapping
from service_catalog.agencies.routes import router as agencies
from service_catalog.appeals import web as appeals_web
from service_catalog.appeals.handing_routes import router as handing_over
from service_catalog.appeals.officer_routes import router as appeals_for_officers
from service_catalog.appeals.question_routes import router as questions
from service_catalog.appeals.routes import router as appeals
from service_catalog.appeals.rule_routes import router as appeal_rules
from service_catalog.appeals.step_routes import router as steps_of_appeals
from service_catalog.basic_items.routes import router as basic_items
from service_catalog.basic_items.staff_routes import router as standards_for_staff
from service_catalog.exchange.routes import router as imports
from service_catalog.exchange.workbook import MAX_BYTES as LARGEST_FILE
from service_catalog.findings.routes import router as findings
from service_catalog.guides.ready import ReadyGuides
from service_catalog.guides.routes import router as guides
from service_catalog.history.routes import router as history
from service_catalog.implementations.moving_routes import router as moving
from service_catalog.implementations.routes import router as implementations
from service_catalog.implementations.staff_routes import router as local_parts_for_staff
from service_catalog.kernel import problems
from service_catalog.kernel.asgi import AnswersHead, BoundedBody, PacksAnswers
from service_catalog.kernel.database import make_engine
from service_catalog.kernel.turns import Turns
from service_catalog.lookup.routes import router as lookup
from service_catalog.outbox.routes import router as outbox
from service_catalog.portal import documentation, pages
from service_catalog.portal.routes import router as portal
from service_catalog.portal.supervision_page import router as supervision_page
from service_catalog.portal.sync_page import router as sync_page
from service_catalog.publicity.routes import router as public_lists
from service_catalog.push import web as push_web
from service_catalog.push.routes import router as push
from service_catalog.regions.routes import router as regions
from service_catalog.replica.age import CarriesAge, Watch, stale_after
from service_catalog.replica.appeal_doors import install_appeals
from service_catalog.replica.appeal_routes import router as appeals_here
from service_catalog.replica.web import demand_possible
from service_catalog.settings import Settings
from service_catalog.staff.delivery_routes import router as delivery
from service_catalog.staff.routes import router as staff
from service_catalog.supervision.routes import router as supervision
from service_catalog.sync import reader_walks
from service_catalog.sync import web as sync_web
from service_catalog.sync.reader_routes import router as readers
from service_catalog.sync.routes import router as way_down

DESCRIPTION = """\
政务服务事项目录：同一事项、同一标准、同一编码。A catalogue of government service items for 阿拉善盟: one item, one standard,
one code on four levels; the guide (办事指南) a person reads is computed from the league-wide standard and the local facts of
the body that does it. Errors are RFC 9457 problems; lists are walked with `after` and `limit`. See docs/api.md.
"""


LARGEST_BODY = 1_000_000
"""Bytes; the largest local draft of the seeds has some thousand."""
LARGEST_APPEAL = 21_000_000
"""Bytes of JSON with three attachments of the largest size in base64, and the longest text."""
LARGER_BODIES: dict[str | re.Pattern[str], int] = {
    "/v1/imports": LARGEST_FILE,
    "/v1/appeals": LARGEST_APPEAL,
    "/v1/push/implementations": push_web.LARGEST,
    "/v1/push/agencies": push_web.LARGEST,
    "/v1/appeals/handed-over": LARGEST_APPEAL,
    re.compile(r"/v1/appeals/[^/]{1,40}/(attachments|supplement)|/v1/appeals/preview"): LARGEST_APPEAL,
}


def now_utc() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


def create_app(settings: Settings, *, clock: Callable[[], datetime] = now_utc) -> FastAPI:
    """Make the application over the database that `settings` names; the database must be initialised."""
    engine = make_engine(settings.database_url)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await app.state.watched.close()
        engine.dispose()

    app = FastAPI(
        title="阿拉善盟政务服务事项目录 · Service-item catalogue",
        version=__version__,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        responses={
            422: {
                "description": "invalid-request",
                "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }
        },
        separate_input_output_schemas=False,
    )
    app.state.engine, app.state.settings, app.state.clock = engine, settings, clock
    app.state.turns = Turns(engine)
    access.install(app, identity_provider(settings))
    appeals_web.install(app, settings)
    push_web.install(app)
    reader_walks.install(app, engine)
    sync_web.install(app, engine, settings)
    if settings.replica_of:
        install_appeals(app, settings)
    problems.install(app)
    routers = (
        guides, regions, agencies, basic_items, implementations, lookup, problems.router,
        standards_for_staff, local_parts_for_staff, moving, public_lists, history, imports, push, findings, staff, outbox, delivery,
        handing_over, appeals_here if settings.replica_of else appeals, appeals_for_officers, steps_of_appeals, questions, appeal_rules, supervision, portal, supervision_page,
        readers, sync_page, way_down,
    )  # fmt: skip
    demands = [Depends(access.caller), *([Depends(demand_possible)] if settings.replica_of else [])]
    for router in routers:
        app.include_router(router, dependencies=demands)
    pages.install(app)
    documentation.install(app)
    publish_problem_schema(app)
    app.add_middleware(PacksAnswers, minimum_size=1024, compresslevel=5)
    app.add_middleware(ReadyGuides, engine=engine, clock=clock, most=settings.guide_cache_entries)
    app.add_middleware(AnswersHead)
    app.add_middleware(BoundedBody, most=LARGEST_BODY, larger=LARGER_BODIES)
    if settings.replica_of:
        carry_age(app, Watch(engine, stale_after=stale_after(settings), clock=clock))
    return app


def carry_age(app: FastAPI, watch: Watch) -> None:
    """Say on every answer how old a copy is; around the whole stack, since a middleware is not passed by an unexpected error."""
    build: Callable[[], ASGIApp] = app.build_middleware_stack
    app.build_middleware_stack = lambda: CarriesAge(build(), watch=watch)  # type: ignore[method-assign]


def identity_provider(settings: Settings) -> IdentityProvider | None:
    """Return the provider that the settings name, None where there is none; raises what reading the mapping raises."""
    if settings.oidc_issuer is None:
        return None
    if settings.oidc_mapping is None:
        raise ValueError("CATALOG_OIDC_ISSUER needs CATALOG_OIDC_MAPPING")
    return IdentityProvider(
        issuer=settings.oidc_issuer,
        audience=settings.oidc_audience,
        mapping=read_mapping(settings.oidc_mapping),
        jwks_url=settings.oidc_jwks_url,
    )


def publish_problem_schema(app: FastAPI) -> None:
    """Put the one error shape into the contract, in place of FastAPI's own validation shape."""
    make: Callable[[], dict[str, Any]] = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = make()
            components = schema.setdefault("components", {}).setdefault("schemas", {})
            for name in ("HTTPValidationError", "ValidationError"):
                components.pop(name, None)
            problem = problems.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            components |= problem.pop("$defs", {}) | {"Problem": problem}
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]

"""RFC 9457: every error of the API leaves as application/problem+json, in one shape."""

import logging
import re
import secrets
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from service_catalog.kernel.errors import (
    Ambiguous,
    CatalogError,
    Conflict,
    Fault,
    Forbidden,
    Gone,
    Invalid,
    InvalidRequest,
    NotFound,
    Said,
    Stale,
    TooMany,
    Unauthenticated,
    Unavailable,
    Unconditional,
)
from service_catalog.kernel.pydantic_words import translated

log = logging.getLogger("service_catalog")
access_log = logging.getLogger("service_catalog.access")
"""The only trace that a refused caller leaves."""

STATUS: dict[type[CatalogError], int] = {
    NotFound: 404,
    Gone: 410,
    Ambiguous: 300,
    Conflict: 409,
    Stale: 412,
    Unconditional: 428,
    Unauthenticated: 401,
    Forbidden: 403,
    TooMany: 429,
    Unavailable: 503,
    Invalid: 422,
}
MEDIA_TYPE = "application/problem+json"


class FaultView(BaseModel):
    """One fault of an input."""

    pointer: str = Field(description="JSON pointer into the body; /query/… and /path/… for parameters.")
    detail: str


class Problem(BaseModel):
    """An error answer (RFC 9457). Other members are facts of the case and named in docs/api.md."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="Address of the description of this kind of error.")
    title: str
    status: int
    detail: str
    errors: list[FaultView] = Field(
        default_factory=list, description="Where an input is at fault; left out where it is not about an input."
    )


class ProblemKind(BaseModel):
    """What a problem type means."""

    type: str
    status: int
    title_zh: str
    title_en: str
    meaning: str


def answers(*errors: type[CatalogError]) -> dict[int | str, dict[str, Any]]:
    """Document for a route which refusals it may answer with."""
    documented: dict[int | str, dict[str, Any]] = {}
    for error in errors:
        entry = documented.setdefault(
            status_of(error), {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
        )
        entry["description"] = " · ".join(filter(None, [entry.get("description"), f"{slug(error)}: {error.title.en}"]))
    return documented


def slug(error: type[CatalogError]) -> str:
    """Return the last part of the problem type: the class name in kebab case."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", error.__name__).lower()


def status_of(error: type[CatalogError]) -> int:
    """Return the HTTP status of the kind of refusal."""
    return next(STATUS[kind] for kind in error.__mro__ if kind in STATUS)


def wants_english(request: Request) -> bool:
    """Tell whether the reader likes English better than Chinese (RFC 9110, section 12.5.4); Chinese is the default."""
    offers = []
    for place, offer in enumerate(request.headers.get("accept-language", "").lower().split(",")):
        tag, _, parameters = offer.partition(";")
        language = tag.strip().partition("-")[0]
        if language in ("en", "zh") and (weight := _weight(parameters)):
            offers.append((-weight, place, language))
    return min(offers)[2] == "en" if offers else False


def _weight(parameters: str) -> float:
    match = re.fullmatch(r"\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*", parameters)
    return float(match[1]) if match else 1.0


def _choose(request: Request, said: Said) -> str:
    return said.en if wants_english(request) else said.zh


def answer(
    request: Request,
    name: str,
    status: int,
    title: Said,
    said: Said,
    facts: dict[str, Any],
    faults: list[Fault] | None = None,
) -> Response:
    """Write one problem in the language of the reader."""
    body: dict[str, Any] = {
        "type": f"/problems/{name}",
        "title": _choose(request, title),
        "status": status,
        "detail": _choose(request, said),
    }
    if faults is not None:
        body["errors"] = [{"pointer": fault.pointer, "detail": _choose(request, fault.said)} for fault in faults]
    language = "en" if wants_english(request) else "zh-CN"
    headers = {"Content-Language": language, "Vary": "Accept-Language", "Cache-Control": "no-store"}
    return JSONResponse(body | facts, status, headers, MEDIA_TYPE)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, CatalogError)
    faults = error.faults if isinstance(error, InvalidRequest) else None
    name, status = slug(type(error)), status_of(type(error))
    response = answer(request, name, status, error.title, error.said, error.facts, faults)
    return with_what_the_status_asks(request, response, name, error.facts)


def with_what_the_status_asks(
    request: Request, response: Response, name: str, facts: Mapping[str, Any] = MappingProxyType({})
) -> Response:
    """Add the headers that a status comes with, and note in the access log who was kept out."""
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="service-catalog"'
    if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = "5"
    if "retry_after" in facts:
        response.headers["Retry-After"] = str(facts["retry_after"])
    if response.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        access_log.info("%s %s refused: %d %s", request.method, request.url.path, response.status_code, name)
    return response


async def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return await _refused(request, InvalidRequest(faults_of(error.errors())))


def faults_of(errors: Any, *, root: tuple[str, ...] = ("body",)) -> list[Fault]:
    """Turn pydantic's error list into faults; the body is the root of the pointers."""
    return [Fault(pointer_to(error["loc"], root=root), translated(error)) for error in errors]


def pointer_to(location: tuple[Any, ...], *, root: tuple[str, ...] = ("body",)) -> str:
    """Write a pydantic location as an RFC 6901 pointer."""
    parts = location[1:] if location and location[0] in root else location
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


_HTTP = {
    404: ("not-found", Said("没有这个地址", "No such address")),
    405: ("method-not-allowed", Said("此地址不支持这种方法", "Method not allowed")),
    413: ("content-too-large", Said("内容过大", "Content too large")),
    415: ("unsupported-media-type", Said("不支持的内容类型", "Unsupported media type")),
}


def _by_phrase(status: int) -> tuple[str, Said]:
    phrase = HTTPStatus(status).phrase
    return phrase.lower().replace(" ", "-"), Said(phrase, phrase)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 400:  # the framework could not read the body at all, such as nesting without end
        return await _refused(request, InvalidRequest([Fault("", Said("不能识读的内容", "unreadable body"))]))
    name, title = _HTTP.get(error.status_code) or _by_phrase(error.status_code)
    response = answer(request, name, error.status_code, title, title, {})
    response.headers.update(error.headers or {})
    if error.status_code == 405 and (methods := _methods_at(request)):
        response.headers["Allow"] = ", ".join(sorted(methods))
    return response


def _methods_at(request: Request) -> set[str]:
    """Return the methods of all routes of the address (RFC 9110, 10.2.1); the framework names those of the first only."""
    methods: set[str] = set()
    for route in iter_route_contexts(request.app.routes):
        pattern = getattr(route, "path_regex", None)
        if pattern is not None and pattern.match(request.scope["path"]):
            methods |= route.methods or set()
    return methods


async def _database_away(request: Request, error: Exception) -> Response:
    log.error("database unavailable: %s", error)
    title = Said("数据库暂时不可用", "The database is not available for the moment")
    response = answer(request, "database-unavailable", 503, title, title, {})
    response.headers["Retry-After"] = "5"
    return response


async def _unexpected(request: Request, error: Exception) -> Response:
    number = secrets.token_hex(6)
    log.error("request %s failed: %s %s", number, request.method, request.url.path, exc_info=error)
    title = Said("服务器内部错误", "Internal error")
    said = Said(f"请把编号 {number} 告诉管理员", f"Please tell the administrator the number {number}")
    return answer(request, "internal-error", 500, title, said, {"request_id": number})


def install(app: FastAPI) -> None:
    """Make every error of `app` leave in the one shape."""
    app.add_exception_handler(CatalogError, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(OperationalError, _database_away)
    app.add_exception_handler(Exception, _unexpected)


def all_kinds(kind: type[CatalogError] = CatalogError) -> Iterator[type[CatalogError]]:
    """Yield every named refusal below `kind`."""
    for error in kind.__subclasses__():
        yield error
        yield from all_kinds(error)


class NoSuchProblem(NotFound):
    """There is no problem type of this name."""


router = APIRouter(prefix="/problems", tags=["problems"])


@router.get("/{name}", responses=answers(NoSuchProblem))
def describe_problem(name: str) -> ProblemKind:
    """Say what a problem type means."""
    for error in all_kinds():
        if slug(error) == name:
            return ProblemKind(
                type=f"/problems/{name}",
                status=status_of(error),
                title_zh=error.title.zh,
                title_en=error.title.en,
                meaning=(error.__doc__ or "").strip(),
            )
    raise NoSuchProblem(f"没有名为“{name}”的问题类型", f"no problem type named {name!r}")

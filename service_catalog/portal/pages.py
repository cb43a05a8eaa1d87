"""How a page leaves: templates, headers, refusals as pages, static files."""

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from service_catalog import __version__
from service_catalog.kernel.errors import CatalogError, InvalidRequest
from service_catalog.kernel.problems import faults_of, slug, status_of, with_what_the_status_asks
from service_catalog.portal import wording

FOLDER = Path(__file__).parent
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""A page takes its style sheet and its icon from here and runs no script at all."""


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"wording": wording, "version": __version__}
    environment.filters |= {"day": wording.day_in_words, "thousands": "{:,}".format}
    return environment


templates = Jinja2Templates(env=_environment())


def page(
    request: Request, template: str, context: dict[str, Any], *, status: int = 200, policy: str = POLICY
) -> HTMLResponse:
    """Answer with a page; readers ask anew each time, as they do for a guide."""
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Content-Language": "zh-CN",
        "Cache-Control": "no-cache" if status < 300 else "no-store",
    }
    return templates.TemplateResponse(request, template, context, status, headers)


class PageRoute(APIRoute):
    """A route for people: what it refuses leaves as a page, with the status that the API would give."""

    challenge = "Bearer"
    """How the refusal of somebody who is not known asks for a credential."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def answer_or_explain(request: Request) -> Response:
            try:
                return await answer(request)
            except CatalogError as error:
                return _explain(request, error, self.challenge)
            except RequestValidationError as error:
                return _explain(request, InvalidRequest(faults_of(error.errors())), self.challenge)

        return answer_or_explain


class StaffPageRoute(PageRoute):
    """A route for staff: the browser asks for a name, which may be anything, and a password, which is their key or token."""

    challenge = "Basic"


def _explain(request: Request, error: CatalogError, challenge: str) -> Response:
    status = status_of(type(error))
    faults = error.faults if isinstance(error, InvalidRequest) else []
    context = {
        "error": error,
        "status": status,
        "faults": faults,
        "asked": request.path_params.get("code", ""),
        "on_day": "as_of" in request.query_params,
    }
    answer = page(request, "problem.html", context, status=status)
    explained = with_what_the_status_asks(request, answer, slug(type(error)), error.facts)
    if status == HTTPStatus.UNAUTHORIZED:
        explained.headers["WWW-Authenticate"] = f'{challenge} realm="service-catalog"'
    return explained


def install(app: FastAPI) -> None:
    """Serve the style sheet and the icon."""
    app.mount("/static", StaticFiles(directory=FOLDER / "static"), name="static")

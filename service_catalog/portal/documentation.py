"""GET /docs: the API documentation, served from this machine alone."""

from importlib.resources import files

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from service_catalog.portal.pages import page

ASSETS = "/assets/swagger-ui"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""Swagger UI writes styles into its elements and draws its icons from data addresses; scripts are files."""


def install(app: FastAPI) -> None:
    """Serve Swagger UI with files that a package ships; no foreign host is asked for anything."""
    folder = str(files("fastapi_offline") / "static")
    app.mount(ASSETS, StaticFiles(directory=folder), name="swagger-ui")
    app.get("/docs", include_in_schema=False)(documentation)


def documentation(request: Request) -> HTMLResponse:
    """Show the page; the application is the request's, for the framework remembers its endpoints beyond their application."""
    app: FastAPI = request.app
    context = {"title": app.title, "assets": ASSETS, "openapi_url": app.openapi_url}
    return page(request, "docs.html", context, policy=POLICY)

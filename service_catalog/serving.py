"""What uvicorn starts in each worker."""

from fastapi import FastAPI

from service_catalog.app import create_app
from service_catalog.settings import Settings


def make_app() -> FastAPI:
    """Make the application from the environment."""
    return create_app(Settings())

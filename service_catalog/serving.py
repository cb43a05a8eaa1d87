"""What uvicorn starts in each worker."""

import logging
import sys

from fastapi import FastAPI

from service_catalog.app import create_app
from service_catalog.settings import Settings


def make_app() -> FastAPI:
    """Make the application from the environment."""
    write_log()
    return create_app(Settings())


def write_log() -> None:
    """Let our own log go to standard error: faults, and who was kept out (the access log)."""
    log = logging.getLogger("service_catalog")
    if not log.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
        log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False

"""The guide as it is usually written: normalised tables with relationships behind a response model.

Each agency's guide is kept as rows of its own, so nothing has to be merged on reading, which favours this
version. The rest follows the tutorials of FastAPI and SQLModel.
"""

import os
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request
from sqlmodel import Session, create_engine

from benchmarks.naive_schemas import GuideRead
from benchmarks.naive_tables import Guide

DATABASE = "BENCH_NAIVE_DATABASE"
"""Names the database the application reads."""


def _session(request: Request) -> Iterator[Session]:
    with Session(request.app.state.engine) as session:
        yield session


def read_guide(code: str, session: Annotated[Session, Depends(_session)]) -> Guide:
    """Read one guide."""
    guide = session.get(Guide, code)
    if guide is None:
        raise HTTPException(404)
    return guide


def make_app() -> FastAPI:
    """Make the application over the database that the environment names."""
    app = FastAPI()
    app.state.engine = create_engine(os.environ[DATABASE], connect_args={"check_same_thread": False})
    app.get("/guides/{code}", response_model=GuideRead)(read_guide)
    return app

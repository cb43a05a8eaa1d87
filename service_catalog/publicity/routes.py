"""GET /v1/public: lists that must be public, each as JSON, CSV or Excel."""

from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import quote

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from service_catalog.agencies.register import NoSuchAgency
from service_catalog.agencies.schemas import AgencyPath
from service_catalog.kernel.problems import answers
from service_catalog.kernel.sheets import BOM, MEDIA_TYPE, XLSX, csv_of, xlsx_of
from service_catalog.kernel.web import Db, Today
from service_catalog.publicity.lists import (
    CATALOGUE_HEADER,
    DUTY_HEADER,
    RECENT_HEADER,
    CatalogueRow,
    DutyRow,
    RecentRow,
    catalogue,
    duties,
    recent,
)

router = APIRouter(prefix="/v1/public", tags=["public lists"])

R = TypeVar("R", bound=BaseModel)


class Form(StrEnum):
    """In which form a list is wanted."""

    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"


class PublicList(BaseModel, Generic[R]):
    """A public list as it stands on a day."""

    as_of: date
    items: list[R]


def _documented(row: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    file = {"schema": {"type": "string", "format": "binary"}}
    return {200: {"model": PublicList[row], "content": {"text/csv": file, XLSX: file}}}  # type: ignore[valid-type]


def _answer(form: Form, name: str, title: str, header: Sequence[str], rows: Iterable[R], today: date) -> Response:
    filename = f"{name}-{today.isoformat()}.{form.value}"
    shown = (
        f"attachment; filename=\"{filename}\"; filename*=UTF-8''{quote(f'{title}-{today.isoformat()}.{form.value}')}"
    )
    headers = {"Content-Disposition": shown, "Cache-Control": "no-cache"}
    cells = (tuple(dict(row).values()) for row in rows)
    if form is Form.CSV:
        return Response(BOM + csv_of([header, *cells]), headers=headers, media_type=MEDIA_TYPE)
    if form is Form.XLSX:
        return Response(xlsx_of(title, header, cells), headers=headers, media_type=XLSX)
    body = PublicList[BaseModel](as_of=today, items=list(rows)).model_dump_json(serialize_as_any=True)
    return Response(body, headers={"Cache-Control": "no-cache"}, media_type="application/json")


@router.get("/catalogue", response_class=Response, responses=_documented(CatalogueRow))
def public_catalogue(db: Db, today: Today, form: Form = Form.JSON) -> Response:
    """The whole catalogue (政务服务事项目录) in force today; `form` json, csv or xlsx."""
    return _answer(form, "catalogue", "政务服务事项目录", CATALOGUE_HEADER, catalogue(db, today), today)


@router.get("/agencies/{code}/duties", response_class=Response, responses=_documented(DutyRow) | answers(NoSuchAgency))
def public_duties(code: AgencyPath, db: Db, today: Today, form: Form = Form.JSON) -> Response:
    """An agency's powers and duties (权责清单) in force today; `form` json, csv or xlsx."""
    return _answer(form, f"duties-{code}", "权责清单", DUTY_HEADER, duties(db, code, today), today)


@router.get("/recent", response_class=Response, responses=_documented(RecentRow))
def public_changes(
    db: Db, today: Today, days: Annotated[int, Query(ge=1, le=366)] = 30, form: Form = Form.JSON
) -> Response:
    """What was added, changed, suspended, cancelled, delegated in the last days, with document numbers."""
    return _answer(form, "recent", "目录变更", RECENT_HEADER, recent(db, today, days), today)

"""GET /v1/codes/{code}."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.convertors import Convertor, register_url_convertor

from service_catalog.kernel.web import Db, Today
from service_catalog.lookup.explaining import explain, explain_alone
from service_catalog.lookup.schemas import ExplainedCode
from service_catalog.registers.registers import registers_of

router = APIRouter(prefix="/v1/codes", tags=["codes"])


class AnyText(Convertor[str]):
    """Any text to the end of the path, line ends included: the built-in `path` would drop a trailing one."""

    regex = "(?s:.*)"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("anytext", AnyText())


class Profile(StrEnum):
    """By whose rules a code is judged."""

    CATALOGUE = "catalogue"
    VECTORS = "vectors"


@router.get("/{code:anytext}")
def explain_code(
    request: Request,
    code: Annotated[str, Path(max_length=300, description="Any string; it is never trimmed, folded or repaired.")],
    db: Db,
    today: Today,
    profile: Profile = Profile.CATALOGUE,
) -> ExplainedCode:
    """Explain any code part by part. An unreadable one is explained too: 200, `valid` false, name and position of the error."""
    if profile is Profile.VECTORS:
        return explain_alone(code, registers_of(db))
    return explain(db, code, today, village_level_services_only=request.app.state.settings.village_level_services_only)

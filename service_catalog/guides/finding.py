"""From a request to a guide: by code (old ones included), or by item and place."""

from datetime import date, datetime

from sqlmodel import Session

from service_catalog.coding.codes import BasicCode, CodeUnreadable, HandlingItemCode, ParseFault, parse, parse_basic
from service_catalog.coding.tables import CodeAlias
from service_catalog.guides.composing import compose_guide
from service_catalog.guides.nearest import nearest
from service_catalog.guides.reading import parts_of, read_day, resolve
from service_catalog.guides.schemas import AliasView, GuideView, NearestGuideView
from service_catalog.kernel.dates import starts_at
from service_catalog.kernel.errors import Said
from service_catalog.registers.registers import registers_of


def guide_by_code(session: Session, code: str, *, now: datetime, as_of: date | None) -> GuideView:
    """Return the guide of a 31- or 33-character code; raises CodeUnreadable and what reading raises."""
    if isinstance(parse(code), BasicCode):
        said = Said("基本编码没有唯一的办事指南，请同时给出区划", "a basic code alone has no guide; give a region too")
        raise CodeUnreadable(code, [ParseFault("code_length", 13, said)])
    day = read_day(now, as_of)
    found, alias = resolve(session, code, day)
    implementation, serial = _cut(found)
    view = None if alias is None else _alias_view(code, alias)
    parts = parts_of(session, implementation, day)
    return compose_guide(parts, registers_of(session), serial=serial, as_of=as_of, alias=view)


def guide_by_place(
    session: Session, basic_code: str, region_code: str, *, now: datetime, as_of: date | None
) -> NearestGuideView:
    """Return the guide of the nearest body for a person in a region, and the way to it."""
    parse_basic(basic_code)
    day = read_day(now, as_of)
    found, alias = resolve(session, basic_code, day)
    code, way = nearest(session, found, region_code, day)
    view = None if alias is None else _alias_view(basic_code, alias)
    guide = compose_guide(parts_of(session, code, day), registers_of(session), serial=None, as_of=as_of, alias=view)
    return NearestGuideView(**dict(guide), nearest=way)


def _cut(code: str) -> tuple[str, str | None]:
    parsed = parse(code)
    if isinstance(parsed, HandlingItemCode):
        return str(parsed.implementation), parsed.serial
    return code, None


def _alias_view(asked_code: str, alias: CodeAlias) -> AliasView:
    return AliasView(
        asked_code=asked_code,
        valid_from=alias.valid_from,
        document_number=alias.document_number,
        act_kind=alias.act_kind,
        since=max(alias.at, starts_at(alias.valid_from)),
    )

"""From a request to a guide: by code (old ones included), or by item and place."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

from sqlmodel import Session

from service_catalog.basic_items.editing import NoSuchItem
from service_catalog.coding.aliases import Replacement
from service_catalog.coding.codes import BasicCode, CodeUnreadable, HandlingItemCode, ParseFault, parse, parse_basic
from service_catalog.guides.composing import compose_guide
from service_catalog.guides.nearest import nearest
from service_catalog.guides.reading import NotInForceYet, SuccessorNotInForce, parts_of, read_day, resolve
from service_catalog.guides.schemas import AliasView, GuideView, NearestGuideView
from service_catalog.implementations.claiming import NoSuchImplementation
from service_catalog.kernel.errors import Said
from service_catalog.registers.registers import registers_of


def guide_by_code(session: Session, code: str, *, now: datetime, as_of: date | None) -> GuideView:
    """Return the guide of a 31- or 33-character code; raises CodeUnreadable and what reading raises."""
    if isinstance(parse(code), BasicCode):
        said = Said("基本编码没有唯一的办事指南，请同时给出区划", "a basic code alone has no guide; give a region too")
        raise CodeUnreadable(code, [ParseFault("code_length", 13, said)])
    day = read_day(now, as_of)
    found, replacement = resolve(session, code, day)
    implementation, serial = _cut(found)
    with _said_of_the_code_asked_for(replacement, day):
        parts = parts_of(session, implementation, day)
    return compose_guide(parts, registers_of(session), serial=serial, as_of=as_of, alias=_alias_view(replacement))


def guide_by_place(
    session: Session, basic_code: str, region_code: str, *, now: datetime, as_of: date | None
) -> NearestGuideView:
    """Return the guide of the nearest body for a person in a region, and the way to it."""
    parse_basic(basic_code)
    day = read_day(now, as_of)
    found, replacement = resolve(session, basic_code, day)
    with _said_of_the_code_asked_for(replacement, day):
        code, way = nearest(session, found, region_code, day)
    alias, parts = _alias_view(replacement), parts_of(session, code, day)
    guide = compose_guide(parts, registers_of(session), serial=None, as_of=as_of, alias=alias)
    return NearestGuideView(**dict(guide), nearest=way)


@contextmanager
def _said_of_the_code_asked_for(replacement: Replacement | None, day: date) -> Iterator[None]:
    """Whoever asked for an old code is told of it and of its paper, not of a code that they never asked for."""
    try:
        yield
    except (NoSuchImplementation, NoSuchItem, NotInForceYet) as error:
        if replacement is None:
            raise
        raise SuccessorNotInForce(replacement, day) from error


def _cut(code: str) -> tuple[str, str | None]:
    parsed = parse(code)
    if isinstance(parsed, HandlingItemCode):
        return str(parsed.implementation), parsed.serial
    return code, None


def _alias_view(replacement: Replacement | None) -> AliasView | None:
    if replacement is None:
        return None
    return AliasView(
        asked_code=replacement.old_code,
        current_code=replacement.new_code,
        valid_from=replacement.valid_from,
        document_number=replacement.document_number,
        act_kind=replacement.act_kind,
        since=replacement.since,
    )

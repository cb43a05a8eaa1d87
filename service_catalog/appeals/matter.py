"""What an appeal is about: the place, the item and the guide the person had before them, the element, the body."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from service_catalog.agencies.tables import Agency
from service_catalog.appeals.drafts import AppealDraft
from service_catalog.coding.codes import BasicCode, HandlingItemCode, ImplementationCode, parse
from service_catalog.guides.composing import NoGuideOfThisType
from service_catalog.guides.finding import guide_by_code, guide_by_place
from service_catalog.guides.nearest import NoBodyOffersIt
from service_catalog.guides.reading import CodeSplit, resolve
from service_catalog.guides.schemas import GuideView
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.errors import CatalogError, Fault, InvalidRequest, Said
from service_catalog.regions.mapping import find_region
from service_catalog.regions.naming import region_named_in
from service_catalog.regions.tables import Region
from service_catalog.regions.tree import RegionLevel
from service_catalog.registers.registers import registers_of

THEME_LISTS = ("natural_person_themes", "legal_person_themes")


@dataclass(frozen=True)
class About:
    """What was found out about a draft."""

    region_code: str
    """The league's, where nothing more is known."""
    place_is_known: bool
    basic_code: str | None = None
    implementation_code: str | None = None
    seen: dict[str, Any] | None = None
    against_agency: str | None = None


def find_out(session: Session, draft: AppealDraft, *, at: datetime) -> About:
    """Look up what a draft names; raises InvalidRequest with the place of whatever does not exist."""
    region = _region(session, draft)
    _refuse_future(draft, at)
    _check_theme(session, draft)
    guide = None
    basic_code = None
    if draft.item is not None:
        basic_code, guide = _item(session, draft.item, region, at)
    _check_element(draft, guide)
    against = _against(session, draft, guide)
    if guide is not None and region is None:
        region = guide.agency.region.code
    return About(
        region_code=region or _league(session),
        place_is_known=region is not None,
        basic_code=basic_code,
        implementation_code=guide.implementation_code if guide else None,
        seen=_seen(guide, at) if guide else None,
        against_agency=against,
    )


def _fault(pointer: str, zh: str, en: str) -> InvalidRequest:
    return InvalidRequest([Fault(pointer, Said(zh, en))])


def _region(session: Session, draft: AppealDraft) -> str | None:
    if draft.region is not None:
        code = draft.region.ljust(12, "0")
        try:
            return find_region(session, code).code
        except CatalogError as error:
            raise InvalidRequest([Fault("/region", error.said)]) from error
    if draft.place is None and draft.item is None:
        raise _fault(
            "/place", "请写明地点：区划代码，或者用自己的话说", "say where: a region code, or in your own words"
        )
    return region_named_in(session, draft.place) if draft.place else None


def _league(session: Session) -> str:
    return session.scalars(select(col(Region.code)).where(col(Region.level) == RegionLevel.LEAGUE)).one()


def _refuse_future(draft: AppealDraft, at: datetime) -> None:
    if draft.happened_on is not None and draft.happened_on > civil_day(at):
        raise _fault("/happened_on", "不能是将来的日期", "must not lie in the future")


def _check_theme(session: Session, draft: AppealDraft) -> None:
    known = registers_of(session)
    if draft.theme is not None and not any(draft.theme in known.codes(name) for name in THEME_LISTS):
        raise _fault("/theme", f"没有编码为 {draft.theme} 的主题", f"there is no theme {draft.theme}")


def _item(session: Session, code: str, region: str | None, at: datetime) -> tuple[str, GuideView | None]:
    """Return the basic code and the guide as it reads today, for the place where it is known."""
    try:
        parsed = parse(code)
        guide: GuideView = (
            guide_by_place(session, str(parsed), region or _league(session), now=at, as_of=None)
            if isinstance(parsed, BasicCode)
            else guide_by_code(session, code, now=at, as_of=None)
        )
    except (NoBodyOffersIt, NoGuideOfThisType):
        return _basic_code(session, code, civil_day(at)), None
    except CodeSplit as error:
        codes = "、".join(error.facts["successors"])
        raise _fault("/item", f"{error.said.zh}；请改用其中之一：{codes}", error.said.en) from error
    except CatalogError as error:
        raise InvalidRequest([Fault("/item", error.said)]) from error
    return guide.basic_code, guide


def _basic_code(session: Session, code: str, day: date) -> str:
    """Return the item of a code that has no guide; an old code stands for the item that follows it."""
    found = parse(resolve(session, code, day)[0])
    if isinstance(found, HandlingItemCode):
        found = found.implementation
    return str(found.basic if isinstance(found, ImplementationCode) else found)


def _check_element(draft: AppealDraft, guide: GuideView | None) -> None:
    """The element must be one of the guide's; a row is named by its key, its serial or its name."""
    if draft.element is None:
        return
    if guide is None:
        raise _fault("/element", "指明办事指南要素时，须同时写明事项和地点", "an element needs the item and the place")
    value: Any = guide.model_dump(mode="json")
    way = draft.element.removeprefix("/").split("/")
    for depth, name in enumerate(way):
        if isinstance(value, list) and name == "-" and depth == len(way) - 1:
            return  # a row that ought to be there
        inner = _inner(value, name)
        if inner is _MISSING:
            raise _fault("/element", "办事指南没有这个要素", "the guide has no such element")
        value = inner


_MISSING = object()


def _inner(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return value.get(name, _MISSING)
    rows = value if isinstance(value, list) else []
    return next((row for row in rows if _is_named(row, name)), _MISSING)


def _is_named(row: Any, name: str) -> bool:
    names = (row.get(key) for key in ("key", "serial", "name", "question", "code")) if isinstance(row, dict) else (row,)
    return name in [str(one) for one in names]


def _against(session: Session, draft: AppealDraft, guide: GuideView | None) -> str | None:
    """Return the body complained of: the one named, else for a complaint about a guide the body whose guide it is."""
    if draft.against is not None:
        if session.get(Agency, draft.against) is None:
            raise _fault("/against", f"没有编码为 {draft.against} 的单位", f"there is no agency {draft.against}")
        return draft.against
    return guide.agency.code if guide and draft.kind in ("complaint", "report") else None


def _seen(guide: GuideView, at: datetime) -> dict[str, Any]:
    return {
        "code": guide.code, "editions": guide.editions.model_dump(mode="json"), "digest": guide.digest,
        "on": civil_day(at).isoformat(),
    }  # fmt: skip

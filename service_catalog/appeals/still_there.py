"""What an appeal names that is there no more when it arrives: left away and said, so that nothing is lost over it."""

from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session

from service_catalog.appeals.drafts import AppealDraft
from service_catalog.appeals.matter import About, find_out
from service_catalog.basic_items.tables import BasicItem
from service_catalog.coding.codes import HandlingItemCode, ImplementationCode, parse
from service_catalog.kernel.errors import CatalogError, Fault, InvalidRequest

BASIC_CODE_LENGTH = 12
_MAY_BE_GONE = {"/region": "region", "/item": "item", "/element": "element", "/theme": "theme", "/against": "against"}


class Dropped(NamedTuple):
    """Something that was named and is not there."""

    pointer: str
    value: str
    why: str


class Standing(NamedTuple):
    """What is left of a draft, and what was found out about it."""

    draft: AppealDraft
    about: About
    dropped: list[Dropped]


def find_out_what_stands(session: Session, draft: AppealDraft, *, at: datetime) -> Standing:
    """Look up what a draft names, leaving away what does not exist; raises InvalidRequest for what never could."""
    dropped: list[Dropped] = []
    while True:
        try:
            return Standing(draft, find_out(session, _with_a_place(draft, dropped), at=at), dropped)
        except InvalidRequest as error:
            fault = error.faults[0]
            name = _MAY_BE_GONE.get(fault.pointer)
            if name is None:
                raise
            dropped.append(_dropped(draft, name, fault))
            draft = draft.model_copy(update={name: _left_of(session, draft, name)})


def _left_of(session: Session, draft: AppealDraft, name: str) -> str | None:
    """Return what stands in place of what is gone: the region around it, the item that a body no longer implements."""
    if name == "region":
        return _region_around(draft.region)
    return item_of(session, draft.item) if name == "item" and len(draft.item or "") > BASIC_CODE_LENGTH else None


def item_of(session: Session, code: str | None) -> str | None:
    """Return the basic code of an item that was registered once, whatever has become of it."""
    try:
        found = parse(code) if code else None
    except CatalogError:
        return None
    if isinstance(found, HandlingItemCode):
        found = found.implementation
    basic_code = str(found.basic if isinstance(found, ImplementationCode) else found)
    return basic_code if session.get(BasicItem, basic_code) else None


def _with_a_place(draft: AppealDraft, dropped: list[Dropped]) -> AppealDraft:
    """Return a draft that names some place: where its own is gone, the league has it."""
    is_left_without = bool(dropped) and draft.region is None and draft.place is None and draft.item is None
    return draft.model_copy(update={"place": "-"}) if is_left_without else draft


def _dropped(draft: AppealDraft, name: str, fault: Fault) -> Dropped:
    return Dropped(fault.pointer, str(getattr(draft, name)), fault.said.zh)


def _region_around(code: str | None) -> str | None:
    """Return the code of what a region lies in by its own code; None above a banner."""
    whole = (code or "").ljust(12, "0")
    if whole[9:] != "000":
        return whole[:9] + "000"
    return whole[:6] + "000000" if whole[6:] != "000000" else None

"""Reading basic items."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import exists, select
from sqlmodel import Session, col

from service_catalog.basic_items.editing import SHELF, NoSuchItem, find_item
from service_catalog.basic_items.schemas import EditionLine, ItemLine, ItemView
from service_catalog.basic_items.tables import BasicItem, BasicItemEdition, BasicItemFacet
from service_catalog.changes.tables import Subject
from service_catalog.kernel.paging import Walk
from service_catalog.lifecycle.standing import standings_on
from service_catalog.lifecycle.states import ItemState, WorkState
from service_catalog.registers.registers import registers_of

Row = tuple[BasicItem, BasicItemEdition]


def list_items(
    session: Session, walk: Walk, day: date, *, item_type: str | None, name: str | None, facets: dict[str, str | None]
) -> Sequence[Row]:
    """Return one row more than asked for, ordered by code: items with an edition in force on `day`."""
    query = (
        select(BasicItem, BasicItemEdition)
        .join(BasicItemEdition, col(BasicItemEdition.basic_code) == col(BasicItem.basic_code))
        .where(SHELF.current(day))
        .order_by(col(BasicItem.basic_code))
        .limit(walk.limit + 1)
    )
    if walk.after:
        query = query.where(col(BasicItem.basic_code) > walk.after)
    if item_type:
        query = query.where(col(BasicItem.item_type) == item_type)
    if name:
        query = query.where(col(BasicItemEdition.name).contains(name, autoescape=True))
    for facet, value in facets.items():
        if value:
            query = query.where(
                exists().where(
                    col(BasicItemFacet.edition_id) == col(BasicItemEdition.id),
                    col(BasicItemFacet.facet) == facet,
                    col(BasicItemFacet.value) == value,
                )
            )
    return list(session.execute(query))


def item_lines(session: Session, rows: Sequence[Row], day: date) -> list[ItemLine]:
    """Return items as a list shows them."""
    states = standings_on(session, Subject.BASIC_ITEM, [item.basic_code for item, _ in rows], day)
    return [_item_line(session, row, states[row[0].basic_code]) for row in rows]


def _item_line(session: Session, row: Row, state: ItemState) -> ItemLine:
    item, edition = row
    label = registers_of(session).label("item_types", item.item_type, item.basic_code[:2])
    content = edition.content
    assert edition.effective_from is not None
    return ItemLine(
        basic_code=item.basic_code, name=edition.name, item_type=item.item_type,
        item_type_zh=label.zh, item_type_en=label.en, guiding_department=content["guiding_department"],
        exercise_levels=content["exercise_levels"], service_objects=content["service_objects"],
        parent_basic_code=item.parent_basic_code,
        state=state.value,
        edition=edition.number, effective_from=edition.effective_from,
    )  # fmt: skip


def item_view(session: Session, basic_code: str, day: date) -> ItemView:
    """Return the standard in force on `day`; raises NoSuchItem."""
    item = find_item(session, basic_code)
    edition = SHELF.on(session, basic_code, day)
    if edition is None or edition.published_at is None:
        raise NoSuchItem(
            f"事项 {basic_code} 在 {day} 没有有效的标准",
            f"item {basic_code} has no standard in force on {day}",
            code=basic_code,
        )
    [line] = item_lines(session, [(item, edition)], day)
    return ItemView(
        **line.model_dump(), effective_until=edition.effective_until, published_at=edition.published_at,
        standard=edition.standard,
    )  # fmt: skip


def published_editions(session: Session, basic_code: str) -> list[EditionLine]:
    """Return every edition that was ever published, oldest first; a scheduled one is among them."""
    find_item(session, basic_code)
    shown = [edition for edition in SHELF.all_of(session, basic_code) if edition.published_at is not None]
    return [
        EditionLine.model_validate(edition, from_attributes=True)
        for edition in shown
        if edition.state is not WorkState.WITHDRAWN
    ]

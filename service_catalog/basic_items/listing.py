"""Reading basic items."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, Select, exists, select
from sqlmodel import Session, col

from service_catalog.basic_items.editing import SHELF, NoSuchItem, find_item
from service_catalog.basic_items.schemas import EditionLine, ItemLine, ItemView
from service_catalog.basic_items.tables import BasicItem, BasicItemEdition, BasicItemFacet
from service_catalog.changes.tables import Subject
from service_catalog.coding.aliases import not_replaced, successors_of
from service_catalog.kernel.paging import Walk
from service_catalog.lifecycle.standing import not_cancelled, standings_on
from service_catalog.lifecycle.states import WorkState
from service_catalog.registers.registers import registers_of

_LINE: tuple[Any, ...] = (
    col(BasicItem.basic_code),
    col(BasicItem.item_type),
    col(BasicItem.parent_basic_code),
    col(BasicItemEdition.id).label("edition_id"),
    col(BasicItemEdition.name),
    col(BasicItemEdition.number).label("edition"),
    col(BasicItemEdition.effective_from),
)


@lru_cache(maxsize=4)  # making the statement costs more than running it
def _lines(day: date) -> Select[Any]:
    """Select what a line shows of every item in force on `day`; the documents stay where they are."""
    return (
        select(*_LINE)
        .join(BasicItemEdition, col(BasicItemEdition.basic_code) == col(BasicItem.basic_code))
        .where(
            SHELF.current(day),
            not_cancelled(Subject.BASIC_ITEM, col(BasicItem.basic_code), day),
            not_replaced(day, col(BasicItem.basic_code)),
        )
    )


def list_items(
    session: Session,
    walk: Walk,
    day: date,
    *,
    item_type: str | None,
    name: str | None,
    facets: dict[tuple[str, ...], str | None],
) -> Sequence[Row[Any]]:
    """Return one row more than asked for, ordered by code: items with an edition in force on `day`.

    A filter names the facets in which its value may stand: a theme is one of either list.
    """
    query = _lines(day).order_by(col(BasicItem.basic_code)).limit(walk.limit + 1)
    if walk.after:
        query = query.where(col(BasicItem.basic_code) > walk.after)
    if item_type:
        query = query.where(col(BasicItem.item_type) == item_type)
    if name:
        query = query.where(col(BasicItemEdition.name).contains(name, autoescape=True))
    for names, value in facets.items():
        if value:
            query = query.where(
                exists().where(
                    col(BasicItemFacet.edition_id) == col(BasicItemEdition.id),
                    col(BasicItemFacet.facet).in_(names),
                    col(BasicItemFacet.value) == value,
                )
            )
    return session.execute(query).all()


def item_lines(session: Session, rows: Sequence[Row[Any]], day: date) -> list[ItemLine]:
    """Return items as a list shows them."""
    registers = registers_of(session)
    states = standings_on(session, Subject.BASIC_ITEM, [row.basic_code for row in rows], day)
    facets = _facets(session, [row.edition_id for row in rows])
    lines = []
    for row in rows:
        label = registers.label("item_types", row.item_type, row.basic_code[:2])
        values = facets[row.edition_id]
        lines.append(
            ItemLine(
                basic_code=row.basic_code, name=row.name, item_type=row.item_type, item_type_zh=label.zh,
                item_type_en=label.en, guiding_department=values["department"][0],
                exercise_levels=values["exercise_level"], service_objects=values["service_object"],
                parent_basic_code=row.parent_basic_code, state=states[row.basic_code].value, edition=row.edition,
                effective_from=row.effective_from,
            )
        )  # fmt: skip
    return lines


def _facets(session: Session, edition_ids: Sequence[int]) -> dict[int, dict[str, list[str]]]:
    query = (
        select(BasicItemFacet)
        .where(col(BasicItemFacet.edition_id).in_(edition_ids))
        .order_by(col(BasicItemFacet.facet), col(BasicItemFacet.value))
    )
    facets: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in session.scalars(query):
        facets[row.edition_id][row.facet].append(row.value)
    return facets


def item_view(session: Session, basic_code: str, day: date) -> ItemView:
    """Return the standard in force on `day`; raises NoSuchItem."""
    find_item(session, basic_code)
    row = session.execute(_lines(day).where(col(BasicItem.basic_code) == basic_code)).first()
    edition = SHELF.on(session, basic_code, day)
    if row is None or edition is None or edition.published_at is None:
        raise NoSuchItem(
            f"事项 {basic_code} 在 {day} 没有有效的标准",
            f"item {basic_code} has no standard in force on {day}",
            code=basic_code,
            successors=[replacement.new_code for replacement in successors_of(session, basic_code, day)],
        )
    [line] = item_lines(session, [row], day)
    return ItemView(
        **line.model_dump(), effective_until=edition.effective_until, published_at=edition.published_at,
        standard=edition.standard.for_the_public(),
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

"""Every edition, by its number: the published ones for anyone, the others for who may read drafts there."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from service_catalog.access.places import place_in, whole_league
from service_catalog.access.rights import Right, may
from service_catalog.actors import Actor
from service_catalog.basic_items.editing import SHELF as STANDARDS
from service_catalog.basic_items.editing import find_item
from service_catalog.basic_items.tables import BasicItem
from service_catalog.history.differences import Difference, differences_between
from service_catalog.history.documents import plain_item, plain_local
from service_catalog.history.schemas import (
    DifferencesView,
    DifferenceView,
    EditionView,
    LocalEditionLine,
    LocalEditionView,
)
from service_catalog.implementations.claiming import SHELF as LOCALS
from service_catalog.implementations.claiming import find_implementation
from service_catalog.implementations.content import LocalContent
from service_catalog.implementations.tables import Implementation, ImplementationEdition
from service_catalog.lifecycle.edition import EditionRow
from service_catalog.lifecycle.reviewing import E, NoSuchEdition, Shelf
from service_catalog.lifecycle.states import WorkState
from service_catalog.registers.registers import MatrixRow, registers_of


def reads_standards_in_work(session: Session, by: Actor | None) -> bool:
    """Tell whether somebody may read standards that are not published."""
    return by is not None and may(by, Right.READ_DRAFTS, whole_league(session))


def reads_local_parts_in_work(session: Session, by: Actor | None, made: Implementation) -> bool:
    """Tell whether somebody may read local parts of this body that are not published."""
    return by is not None and may(by, Right.READ_DRAFTS, place_in(session, made.region_code, made.agency_code))


def is_public(edition: EditionRow) -> bool:
    """Tell whether anyone may read it: it was published, perhaps for a later day, and not withdrawn before that day."""
    return edition.published_at is not None and edition.state is not WorkState.WITHDRAWN


def find_readable(session: Session, shelf: Shelf[E], code: str, number: int, *, reads_all: bool) -> E:
    """Return an edition; raises NoSuchEdition, in the same words where there is none and where it is not for the reader."""
    query = select(shelf.table).where(getattr(shelf.table, shelf.owner) == code, col(shelf.table.number) == number)
    edition = session.scalars(query).first()
    if edition is None or not (reads_all or is_public(edition)):
        raise NoSuchEdition(f"{code} 没有第 {number} 版", f"{code} has no edition {number}", code=code, edition=number)
    return edition


def item_edition(session: Session, item: BasicItem, number: int, by: Actor | None) -> EditionView:
    """Return one edition of a standard; raises NoSuchEdition."""
    reads_all = reads_standards_in_work(session, by)
    edition = find_readable(session, STANDARDS, item.basic_code, number, reads_all=reads_all)
    content = edition.content if reads_all else plain_item(edition.content, reads_all=False)
    return EditionView.model_validate(edition.model_dump() | {"code": item.basic_code, "content": content})


def local_editions(session: Session, code: str) -> list[LocalEditionLine]:
    """Return the published editions of a local part, scheduled ones included, oldest first."""
    find_implementation(session, code)
    return [
        LocalEditionLine.model_validate(edition, from_attributes=True)
        for edition in LOCALS.all_of(session, code)
        if is_public(edition)
    ]


def local_edition(session: Session, code: str, number: int, by: Actor | None) -> LocalEditionView:
    """Return one edition of a local part; raises NoSuchEdition. Persons and unchecked translations are for staff of the place."""
    reads_all = reads_local_parts_in_work(session, by, find_implementation(session, code))
    edition = find_readable(session, LOCALS, code, number, reads_all=reads_all)
    content = _local(edition, reads_all=reads_all).differences()
    return LocalEditionView.model_validate(edition.model_dump() | {"code": code, "content": content})


def item_differences(
    session: Session, basic_code: str, number: int, against: int | None, by: Actor | None
) -> DifferencesView:
    """Compare two editions of a standard; raises NoSuchItem, NoSuchEdition."""
    find_item(session, basic_code)
    reads_all = reads_standards_in_work(session, by)
    edition, earlier = _two(session, STANDARDS, basic_code, number, against, reads_all=reads_all)
    before = plain_item(earlier.content, reads_all=reads_all) if earlier else {}
    found = differences_between(before, plain_item(edition.content, reads_all=reads_all))
    return differences_view(session, basic_code, edition, earlier, found)


def local_differences(
    session: Session, code: str, number: int, against: int | None, by: Actor | None
) -> DifferencesView:
    """Compare two editions of a local part; raises NoSuchImplementation, NoSuchEdition."""
    reads_all = reads_local_parts_in_work(session, by, find_implementation(session, code))
    edition, earlier = _two(session, LOCALS, code, number, against, reads_all=reads_all)
    before = plain_local(_local(earlier, reads_all=reads_all)) if earlier else {}
    found = differences_between(before, plain_local(_local(edition, reads_all=reads_all)))
    return differences_view(session, code, edition, earlier, found)


def _two(
    session: Session, shelf: Shelf[E], code: str, number: int, against: int | None, *, reads_all: bool
) -> tuple[E, E | None]:
    """Return an edition and the one it is held against: the published one before it where none is named."""
    edition = find_readable(session, shelf, code, number, reads_all=reads_all)
    if against is not None:
        return edition, find_readable(session, shelf, code, against, reads_all=reads_all)
    earlier = [other for other in shelf.all_of(session, code) if other.number < number and is_public(other)]
    return edition, earlier[-1] if earlier else None


def _local(edition: ImplementationEdition, *, reads_all: bool) -> LocalContent:
    return edition.local if reads_all else edition.local.for_the_public()


def differences_view(
    session: Session, code: str, edition: EditionRow, against: EditionRow | None, found: Sequence[Difference]
) -> DifferencesView:
    """Return differences as they are answered."""
    return DifferencesView(
        code=code,
        edition=edition.number,
        against=against.number if against else None,
        differences=named(session, found),
    )


def named(session: Session, found: Sequence[Difference]) -> list[DifferenceView]:
    """Return differences with the Chinese names of their elements."""
    matrix = registers_of(session).matrix
    return [DifferenceView(**difference._asdict(), zh=_chinese(difference.element, matrix)) for difference in found]


def _chinese(element: str, matrix: Any) -> str:
    row: MatrixRow | None = matrix.get(element)
    base, _, column = element.partition(".")
    if row is None and column and base in matrix:
        return f"{matrix[base].zh}·{column}"
    return row.zh if row else element

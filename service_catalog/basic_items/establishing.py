"""Adding an item with its code in one act: allocated here, or registered as it was issued above."""

from datetime import datetime

from sqlmodel import Session

from service_catalog.access.places import demand_league
from service_catalog.access.rights import Right
from service_catalog.actors import Actor
from service_catalog.basic_items import editing
from service_catalog.basic_items.tables import BasicItem
from service_catalog.coding import allocation
from service_catalog.kernel.errors import Fault, InvalidRequest, Said
from service_catalog.lifecycle.standing import Decision


def establish_item(
    session: Session,
    decision: Decision,
    *,
    basic_code: str | None,
    item_type: str | None,
    department: str | None,
    namespace: str,
    parent_basic_code: str | None,
    allocatable: frozenset[str],
    by: Actor,
    at: datetime,
) -> BasicItem:
    """Add an item; raises NotAllowed, InvalidRequest unless one way to a code is given, and what allocation raises."""
    demand_league(session, by, Right.DECIDE)
    allocates = item_type is not None and department is not None
    if basic_code is not None and allocates:
        said = Said("basic_code 与 item_type、department 只能给出一种", "give basic_code, or item_type and department")
        raise InvalidRequest([Fault("/basic_code", said)])
    if basic_code is None and not allocates and parent_basic_code is None:
        said = Said("请给出 basic_code，或者 item_type 和 department", "give basic_code, or item_type and department")
        raise InvalidRequest([Fault("/basic_code", said)])
    paper = decision.document_number
    if basic_code is not None:
        code = allocation.register_basic_code(session, basic_code, document_number=paper, by=by, at=at)
    elif allocates:
        assert item_type is not None
        assert department is not None
        code = allocation.allocate_basic_code(
            session, namespace=namespace, item_type=item_type, department=department, allocatable=allocatable,
            document_number=paper, by=by, at=at,
        )  # fmt: skip
    else:
        assert parent_basic_code is not None
        code = allocation.allocate_sub_item_code(
            session, parent_basic_code, allocatable=allocatable, document_number=paper, by=by, at=at
        )
    return editing.establish(session, code, parent_basic_code=parent_basic_code, decision=decision, by=by, at=at)

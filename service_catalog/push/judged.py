"""Judged: what a row is found to be, before anything is written; and refusals of the product as lines of a receipt."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

from service_catalog.agencies.facts import AgencyFacts
from service_catalog.agencies.register import NoSuchAgency
from service_catalog.agencies.tables import Agency
from service_catalog.basic_items.editing import NoSuchItem
from service_catalog.implementations.claiming import LevelNotInStandard
from service_catalog.implementations.handing_in import Part
from service_catalog.implementations.pointers import value_at
from service_catalog.implementations.standards import StandardNotInForce
from service_catalog.kernel.errors import CatalogError
from service_catalog.kernel.problems import slug
from service_catalog.lifecycle.edition import BackDated
from service_catalog.lifecycle.standing import AlreadyCancelled
from service_catalog.push.rows import Sent, fault_line
from service_catalog.push.schemas import FaultLine, HereView, ReceiptView
from service_catalog.push.tables import TAKEN, Outcome
from service_catalog.regions.mapping import NoSuchRegion


class Statement(NamedTuple):
    """Facts of an agency that are to be stated."""

    agency_code: str
    facts: AgencyFacts
    effective_from: date


class Body(NamedTuple):
    """An agency, as values: what is judged outlives the session in which it was."""

    agency_code: str
    region_code: str

    @classmethod
    def of(cls, agency: Agency | None) -> "Body | None":
        """Return the values of an agency that is there."""
        return cls(agency.code, agency.region_code) if agency is not None else None


@dataclass(frozen=True)
class Judged:
    """A row with what would become of it, and what has to be written for that."""

    sent: Sent[Any]
    outcome: Outcome
    code: str | None = None
    body: Body | None = None
    """Of which agency it is, where that is known."""
    edition: int | None = None
    effective_from: date | None = None
    faults: tuple[FaultLine, ...] = ()
    here: HereView | None = None
    would_be: Outcome | None = None
    stamp: object = None
    """Names the state of what it was judged by."""
    work: Part | Statement | None = None

    @property
    def is_taken(self) -> bool:
        """Whether the row is drafted, published or unchanged."""
        return self.outcome in TAKEN

    def held(self) -> "Judged":
        """Return it as it is where nothing is taken because something else was not."""
        return replace(self, outcome=Outcome.HELD, would_be=self.outcome, edition=None, effective_from=None, work=None)

    def receipt(self) -> ReceiptView:
        """Return what the office is told."""
        return ReceiptView(
            row=self.sent.position, record_id=self.sent.record_id, outcome=self.outcome, would_be=self.would_be,
            code=self.code, edition=self.edition, effective_from=self.effective_from, faults=list(self.faults),
            here=self.here, sent=self.sent.plain if self.outcome is Outcome.CONFLICT else None,
        )  # fmt: skip


_ELEMENTS: dict[type[CatalogError], str] = {
    NoSuchItem: "/basic_code",
    NoSuchAgency: "/agency_code",
    StandardNotInForce: "/basic_code",
    LevelNotInStandard: "/exercise_level",
    BackDated: "/effective_from",
    AlreadyCancelled: "",
    NoSuchRegion: "/local/service_area",
}
"""What in a row a refusal is about that names no element of the local part."""


def fault_of(error: CatalogError, plain: Any) -> FaultLine:
    """Return the line of a refusal by name; `plain` is the row."""
    element = error.facts.get("element")
    pointer = _ELEMENTS.get(type(error), f"/local/{element}" if element else "")
    if element == "effective_from":
        pointer = "/effective_from"
    sent = error.facts.get("local_value", value_at(plain, pointer) if pointer else None)
    return fault_line(
        slug(type(error)), pointer, error.said, sent=sent, here=error.facts.get("standard_value"),
    )  # fmt: skip


def unread(sent: Sent[Any]) -> Judged:
    """Return a row that could not be read as one."""
    return Judged(sent, Outcome.REFUSED, faults=sent.faults)

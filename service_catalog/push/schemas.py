"""What crosses the wire of a push: rows on the way in, receipts on the way out."""

from datetime import date, datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from service_catalog.agencies.schemas import AGENCY_CODE
from service_catalog.basic_items.schemas import BASIC_CODE
from service_catalog.implementations.gathering import AGENCY, BASIC, LEVEL
from service_catalog.kernel.dates import Day
from service_catalog.kernel.texts import PRINTABLE, Plain
from service_catalog.push.tables import Outcome, PushKind

RecordId = Annotated[str, Field(min_length=1, max_length=100, pattern=PRINTABLE)]
"""The office's own number of what it sends."""
Counted = Annotated[int, Field(ge=0, le=2**53)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=False)


class SeenEdition(_In):
    """What the office last read here of an implementation; both null: it has never read one."""

    edition: Annotated[int, Field(ge=1, le=2**31)] | None = None
    change_number: Counted | None = Field(None, description="`modified` of the feed item that it read.")


class ImplementationRow(_In):
    """A local part as an office has it; which implementation it is, by its code or by the three parts of it."""

    record_id: RecordId
    agency_code: Annotated[str, Field(pattern=AGENCY_CODE)] | None = None
    exercise_level: Annotated[str, Field(pattern=r"^[1-6]$")] | None = None
    basic_code: Annotated[str, Field(pattern=BASIC_CODE)] | None = None
    implementation_code: Annotated[str, Field(pattern=r"^[0-9A-Z]{18}[1-6][0-9]{6}[0-9A-Z]{6}$")] | None = None
    seen: SeenEdition = SeenEdition()
    local: Plain = Field(description="LocalContent: what the agency says beyond the standard.")
    effective_from: Day | None = Field(None, description="First day in force, where it is published at once.")

    @model_validator(mode="after")
    def _is_one_implementation(self) -> Self:
        parts = self.agency_code, self.exercise_level, self.basic_code
        whole = self.implementation_code
        if whole is None and None in parts:
            raise ValueError("implementation_code, or agency_code with exercise_level and basic_code")
        if whole is not None:
            stated = whole[AGENCY], whole[LEVEL], whole[BASIC]
            if any(part not in (None, said) for part, said in zip(parts, stated, strict=True)):
                raise ValueError("implementation_code says otherwise than agency_code, exercise_level, basic_code")
        return self

    @property
    def code(self) -> str:
        """The implementation code."""
        return self.implementation_code or f"{self.agency_code}{self.exercise_level}{self.basic_code}"


class SeenFacts(_In):
    """Number of the facts that the office last read here; null: it has never read any."""

    facts: Annotated[int, Field(ge=1, le=2**31)] | None = None


class AgencyRow(_In):
    """What an agency says of itself, as its office has it."""

    record_id: RecordId
    agency_code: Annotated[str, Field(pattern=AGENCY_CODE)]
    seen: SeenFacts = SeenFacts()
    facts: Plain = Field(description="AgencyFacts, whole.")
    effective_from: Day | None = Field(None, description="From which day on; today where nothing is said.")

    @property
    def code(self) -> str:
        """The agency code."""
        return self.agency_code


class FaultLine(BaseModel):
    """One broken rule: where, what was sent, what stands against it here."""

    rule: str
    element: str = Field(description="JSON pointer into the row.")
    sent: Any
    here: Any = Field(description="What the standard says, or what stands here.")
    zh: str
    en: str


class HereView(BaseModel):
    """What stands here, where it is not what the office last read."""

    edition: int | None = Field(description="Number of the edition, of the facts for an agency.")
    state: str
    by: str | None
    effective_from: date | None
    change_number: int | None
    content: dict[str, Any]


class ReceiptView(BaseModel):
    """What became of one row (回执)."""

    row: int = Field(description="Place in the batch, from 0.")
    record_id: str | None
    outcome: Outcome
    would_be: Outcome | None = Field(description="Of what was held: what it would have become.")
    code: str | None = Field(description="Implementation code, or code of the agency.")
    edition: int | None = Field(description="The edition that holds it: the draft, what was published, what stands.")
    effective_from: date | None
    faults: list[FaultLine]
    here: HereView | None = Field(description="Of a conflict: what stands here.")
    sent: dict[str, Any] | None = Field(description="Of a conflict: what was sent.")


class PushCounts(BaseModel):
    """Rows by what became of them; they add up to `rows`."""

    rows: int
    drafted: int
    published: int
    unchanged: int
    refused: int
    conflict: int
    held: int


class PushHead(BaseModel):
    """A batch as a whole."""

    batch: str | None = Field(description="Under which its receipts can be asked for again; null of a dry run.")
    kind: PushKind
    dry_run: bool
    whole: bool
    taken: bool = Field(description="Whether every row was taken: drafted, published or unchanged.")
    at: datetime
    counts: PushCounts


class PushView(PushHead):
    """The answer to a push."""

    receipts: list[ReceiptView]


class ReceiptPage(PushHead):
    """A batch that was carried out, with some of its receipts."""

    items: list[ReceiptView]
    next: str | None = Field(description="Relative address of the next page; null at the end.")


class ReceiptLine(BaseModel):
    """A receipt with the batch that it belongs to."""

    batch: str
    at: datetime
    receipt: ReceiptView

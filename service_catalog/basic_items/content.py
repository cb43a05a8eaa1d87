"""ItemContent: everything the standard says about one item, as one frozen document.

Field names follow the element table of the handbook (国家交换表 and GB/T 39046-2020); rows carry a
key that stays the same from edition to edition, so that a local fact can point at a row. What an item
must say depends on its type, which the BasicItem knows (`records`).
"""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from service_catalog.basic_items.limits import TimeLimit
from service_catalog.basic_items.translations import Translation, faulty, for_the_public, with_digests
from service_catalog.kernel.dates import Day
from service_catalog.kernel.texts import PRINTABLE, Document, Line, RowKey, Text

Level = Literal["1", "2", "3", "4", "5", "6"]
PowerSource = Literal["1", "2", "3", "4", "5", "6"]
ServiceObject = Literal["1", "2", "3", "4", "5", "6", "9"]
CaseKind = Literal["1", "2", "9"]
Channel = Literal["1", "2", "3", "4"]
OnlineDepth = Literal["1", "2", "3", "4", "5", "6", "7", "9"]
CrossAreaScope = Literal["1", "2", "3", "4", "5", "6"]
MaterialType = Literal["1", "2", "3"]
MaterialForms = Literal["1", "2", "3"]
Necessity = Literal["1", "2", "3"]
MaterialSource = Literal["10", "20", "99"]
ResultKind = Literal["10", "20", "30", "40"]
Theme = Annotated[str, StringConstraints(pattern=r"^[0-9]{3}$")]
Serial = Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")]
Copies = Annotated[int, Field(ge=0, le=99)]


class StepKind(StrEnum):
    """环节: the five parts of a flow."""

    RECEIVE = "receive"
    REVIEW = "review"
    DECIDE = "decide"
    CLOSE = "close"
    DELIVER = "deliver"


class HandlingKind(StrEnum):
    """What a handling item (业务办理项) does to the licence or record."""

    NEW = "new"
    CHANGE = "change"
    RENEWAL = "renewal"
    REPLACEMENT = "replacement"
    CANCELLATION = "cancellation"
    REVIEW = "review"
    OTHER = "other"


class Delivery(StrEnum):
    """送达方式."""

    WINDOW = "window"
    POST = "post"
    ELECTRONIC = "electronic"


class LegalBasis(Document):
    """One article that the item rests on (设定依据)."""

    law: Line
    document_number: Line | None = None
    article: Line
    text: Text
    issuing_body: Line
    effective_on: date | None = None
    link: Line | None = None


class Attachment(Document):
    """A blank form or a sample: a file by its path, or its text ready to print."""

    name: Line
    path: Line | None = None
    text: Text | None = None

    @model_validator(mode="after")
    def _has_something(self) -> Self:
        if self.path is None and self.text is None:
            raise ValueError("an attachment needs a path or a text")
        return self


class Licence(Document):
    """An electronic licence that can stand in for a paper."""

    name: Line
    code: Line | None = None


class Material(Document):
    """One paper that is asked for (申请材料)."""

    key: RowKey
    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    type: MaterialType
    forms_accepted: MaterialForms
    necessity: Necessity
    necessity_case: Text | None = None
    may_defer: bool = False
    source: MaterialSource
    source_explanation: Text | None = None
    original_copies: Copies = 0
    photo_copies: Copies = 0
    paper_size: Line | None = None
    filling_notes: Text | None = None
    acceptance_criteria: Text | None = None
    legal_basis: Text | None = None
    blank_form: Attachment | None = None
    sample: Attachment | None = None
    electronic_licence: Licence | None = None
    notes: Text | None = None

    @model_validator(mode="after")
    def _case_is_stated(self) -> Self:
        if self.necessity == "2" and self.necessity_case is None:
            raise ValueError("a paper needed only in stated cases must state the case (necessity_case)")
        return self


class Branch(Document):
    """Where the law lets a flow part: when this holds, go on with that step, or end."""

    when: Text
    next_step: RowKey | None = None
    outcome: Text


class Step(Document):
    """One step of the flow (办理环节): who does what, within which time, with which outcome."""

    key: RowKey
    kind: StepKind
    name: Line
    who: Line
    action: Text
    limit: TimeLimit | None = None
    special: bool = False
    special_explanation: Text | None = None
    review_criteria: Text | None = None
    outcome: Text
    branches: tuple[Branch, ...] = ()


class SpecialProcedure(Document):
    """特别程序: hearing, inspection, test or expert review; outside both limits."""

    kind: Literal["1", "2"]
    name: Line
    limit: TimeLimit | None = None
    explanation: Text


class Reduction(Document):
    """A reduction or waiver of a fee, with its basis."""

    text: Text
    basis: Text


class Fee(Document):
    """收费项目: name, how it is computed, the basis, reductions. `amount` in yuan per `unit`."""

    key: RowKey
    name: Line
    standard: Text
    amount: Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)] | None = None
    unit: Line | None = None
    basis: Text
    reductions: tuple[Reduction, ...] = ()
    valid_from: Day | None = None
    valid_until: Day | None = None
    notes: Text | None = None


class Result(Document):
    """办理结果."""

    key: RowKey
    kind: ResultKind
    name: Line
    licence_code: Line | None = None
    validity: Text | None = None
    delivery: Annotated[tuple[Delivery, ...], Field(min_length=1)]
    sample: Attachment | None = None


class Question(Document):
    """常见问题 with its answer."""

    question: Line
    answer: Text


class Intermediary(Document):
    """中介服务 that the law lets the procedure depend on."""

    name: Line
    basis: Text
    paid_by: Line
    explanation: Text | None = None


class HandlingItem(Document):
    """业务办理项: the smallest thing one applies for; `materials` None means all of the item."""

    serial: Serial
    name: Line
    kind: HandlingKind
    materials: tuple[RowKey, ...] | None = None
    statutory_limit: TimeLimit | None = None
    promised_limit: TimeLimit | None = None
    notes: Text | None = None


class RightsAndDuties(Document):
    """What the applicant may expect, must do, and where a refusal can be contested."""

    rights: tuple[Text, ...]
    duties: tuple[Text, ...]
    review_and_appeal: Text


class ServiceFlags(Document):
    """Ways of service: hall, online, payment, post, booking, kiosk."""

    in_service_hall: bool
    online: bool
    online_payment: bool
    postal: bool
    appointment: bool
    kiosk: bool


NO_SERVICE = ServiceFlags(
    in_service_hall=False, online=False, online_payment=False, postal=False, appointment=False, kiosk=False
)


class ItemContent(Document):
    """The standard of one item. Codes are held by the BasicItem, not in here."""

    name: Line
    aliases: tuple[Line, ...] = ()
    legal_basis: Annotated[tuple[LegalBasis, ...], Field(min_length=1)]
    exercise_levels: Annotated[tuple[Level, ...], Field(min_length=1)]
    guiding_department: Line
    power_sources_by_level: dict[Level, tuple[PowerSource, ...]] = Field(default_factory=dict)
    service_objects: Annotated[tuple[ServiceObject, ...], Field(min_length=1)]
    acceptance_conditions: tuple[Text, ...] = ()
    quantity_limit: Text | None = None
    statutory_limit: TimeLimit | None = None
    statutory_limit_explanation: Text | None = None
    promised_limit: TimeLimit | None = None
    case_kind: CaseKind | None = None
    special_procedures: tuple[SpecialProcedure, ...] = ()
    materials: tuple[Material, ...] = ()
    steps: tuple[Step, ...] = ()
    is_charged: bool = False
    fees: tuple[Fee, ...] = ()
    results: tuple[Result, ...] = ()
    on_site_visits: Annotated[int, Field(ge=0, le=9)] = 0
    on_site_reason: Text | None = None
    channels: tuple[Channel, ...] = ()
    online_depth: tuple[OnlineDepth, ...] = ()
    cross_area_scope: CrossAreaScope | None = None
    service_flags: ServiceFlags = NO_SERVICE
    intermediary_services: tuple[Intermediary, ...] = ()
    natural_person_themes: tuple[Theme, ...] = ()
    legal_person_themes: tuple[Theme, ...] = ()
    rights_and_duties: RightsAndDuties
    questions: tuple[Question, ...] = ()
    handling_items: tuple[HandlingItem, ...] = ()
    punishment_method: Annotated[str, StringConstraints(min_length=1, max_length=3000, pattern=PRINTABLE)] | None = None
    """处罚方式: penalties only."""
    collect_type: Line | None = None
    """征收种类: levies only."""
    permits_reduction: bool | None = None
    """是否允许减免: levies only."""
    translations: tuple[Translation, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _translations_know_their_source(cls, written: Any) -> Any:
        return with_digests(written)

    @model_validator(mode="after")
    def _rows_hang_together(self) -> Self:
        _unique("materials", [row.key for row in self.materials])
        _unique("steps", [row.key for row in self.steps])
        _unique("fees", [row.key for row in self.fees])
        _unique("results", [row.key for row in self.results])
        _unique("handling_items", [row.serial for row in self.handling_items])
        _unique("questions", [row.question for row in self.questions])
        for listed in ("exercise_levels", "service_objects", "channels", "online_depth"):
            _unique(listed, list(getattr(self, listed)))
        _refer("steps.branches", [b.next_step for s in self.steps for b in s.branches], [s.key for s in self.steps])
        papers = [row.key for row in self.materials]
        for item in self.handling_items if "materials" in self.model_fields_set else ():  # papers may follow
            _refer(f"handling_items.{item.serial}.materials", item.materials or (), papers)
        wrong = faulty(self.translations, self)
        if wrong:
            raise ValueError(wrong)
        return self

    def for_the_public(self) -> Self:
        """Return it without translations that nobody has checked; those of a changed text are marked."""
        if not self.translations:
            return self
        return self.model_copy(update={"translations": for_the_public(self.translations, self)})


def _unique(element: str, keys: list[str]) -> None:
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise ValueError(f"{element}: used twice: {', '.join(twice)}")


def _refer(element: str, named: "tuple[str, ...] | list[str | None]", known: list[str]) -> None:
    missing = sorted({key for key in named if key is not None and key not in known})
    if missing:
        raise ValueError(f"{element}: no such row: {', '.join(missing)}")

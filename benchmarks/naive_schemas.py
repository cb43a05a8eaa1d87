"""What the naive version answers with; the columns of its tables come from here too."""

from sqlalchemy.orm import registry
from sqlmodel import JSON, Field, SQLModel


class Naive(SQLModel, registry=registry()):
    """Keeps these tables apart from those of the product."""


class CodeRead(Naive):
    """A value of a code list with its names."""

    code: str
    zh: str
    en: str


class TextRead(Naive):
    """An alias, condition, right or duty."""

    element: str
    text: str


class LegalBasisRead(Naive):
    """An article."""

    law: str
    document_number: str | None
    article: str
    text: str
    issuing_body: str
    effective_on: str | None
    link: str | None


class ValueRead(Naive):
    """A coded value of an element that has several."""

    element: str
    code: CodeRead


class MaterialColumns(Naive):
    """A paper, without its coded values."""

    key: str
    name: str
    necessity_case: str | None
    may_defer: bool
    source_explanation: str | None
    original_copies: int
    photo_copies: int
    paper_size: str | None
    filling_notes: str | None
    local_filling_notes: str | None
    acceptance_criteria: str | None
    legal_basis: str | None
    notes: str | None
    blank_form_name: str | None
    blank_form_text: str | None
    electronic_licence: str | None


class MaterialRead(MaterialColumns):
    """A paper as it is read."""

    type: CodeRead
    necessity: CodeRead
    forms_accepted: CodeRead
    source: CodeRead


class BranchRead(Naive):
    """Where a flow parts."""

    when: str
    next_step: str | None
    outcome: str


class StepColumns(Naive):
    """A step without its branches."""

    key: str
    kind: str
    name: str
    who: str
    responsible_unit: str | None
    action: str
    limit_zh: str | None
    limit_en: str | None
    special: bool
    special_explanation: str | None
    review_criteria: str | None
    outcome: str


class StepRead(StepColumns):
    """A step as it is read."""

    branches: list[BranchRead]


class FeeRead(Naive):
    """A fee."""

    key: str
    name: str
    standard: str
    amount: str | None
    unit: str | None
    basis: str


class ResultRead(Naive):
    """What a person gets."""

    key: str
    name: str
    validity: str | None
    delivery: list[str] = Field(sa_type=JSON)
    sample_name: str | None
    sample_text: str | None


class QuestionRead(Naive):
    """A question with its answer."""

    question: str
    answer: str


class HandlingItemRead(Naive):
    """What can be applied for."""

    serial: str
    code: str
    name: str
    kind: str
    offered: bool
    reason: str | None
    promised_zh: str
    promised_en: str
    notes: str | None


class WindowRead(Naive):
    """Where a person goes."""

    key: str
    name: str
    hall: str | None
    address: str
    phone: str | None
    traffic: str | None


class OpenHoursRead(Naive):
    """Weekly opening times."""

    days: list[int] = Field(sa_type=JSON)
    opens: str
    closes: str
    season: str | None


class ContactRead(Naive):
    """A way to ask or to complain."""

    purpose: str
    way: str
    value: str
    notes: str | None


class GuideColumns(Naive):
    """Everything about a guide that is one value."""

    code: str = Field(primary_key=True)
    basic_code: str
    name: str
    item_type: str
    agency_code: str
    agency_name: str
    agency_address: str
    region_code: str
    region_name: str
    exercise_level: str
    guiding_department: str
    quantity_limit: str | None
    statutory_zh: str | None
    statutory_en: str | None
    statutory_limit_explanation: str | None
    promised_zh: str
    promised_en: str
    is_charged: bool
    on_site_visits: int
    on_site_reason: str | None
    in_service_hall: bool
    online: bool
    online_payment: bool
    postal: bool
    appointment: bool
    kiosk: bool
    review_and_appeal: str
    review_body: str | None
    review_address: str | None
    court: str | None
    court_address: str | None
    hours_notes: str | None
    local_notes: str | None
    effective_from: str
    last_modified: str
    digest: str


class GuideRead(GuideColumns):
    """The response model."""

    texts: list[TextRead]
    values: list[ValueRead]
    legal_bases: list[LegalBasisRead]
    materials: list[MaterialRead]
    steps: list[StepRead]
    fees: list[FeeRead]
    results: list[ResultRead]
    questions: list[QuestionRead]
    handling_items: list[HandlingItemRead]
    windows: list[WindowRead]
    hours: list[OpenHoursRead]
    contacts: list[ContactRead]

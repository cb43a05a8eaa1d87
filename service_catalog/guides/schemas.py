"""The guide on the wire. Every coded value carries its names, so that a reader needs no code list."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, Field

from service_catalog.agencies.facts import Contact, Remedies, ServiceHours, Window
from service_catalog.basic_items.content import (
    Attachment,
    Branch,
    Delivery,
    HandlingKind,
    Intermediary,
    LegalBasis,
    Licence,
    Question,
    Reduction,
    RightsAndDuties,
    ServiceFlags,
    StepKind,
)
from service_catalog.basic_items.limits import TimeUnit
from service_catalog.implementations.content import LocalCode, Offer, OnlineUrls
from service_catalog.regions.schemas import RegionLink

Source = Literal["standard", "local"]


class Coded(BaseModel):
    """A value of a code list with its names."""

    code: str
    zh: str
    en: str


class LimitView(BaseModel):
    """A time limit, also in words."""

    amount: int | None = Field(description="Null when done on the spot.")
    unit: TimeUnit
    zh: str
    en: str
    explanation: str | None


class PromiseView(LimitView):
    """The promised limit people may rely on, and who promised it."""

    source: Source


class SpecialProcedureView(BaseModel):
    """A procedure outside both limits."""

    kind: Coded
    name: str
    limit: LimitView | None
    explanation: str


class MaterialView(BaseModel):
    """One paper a person brings, or need not bring."""

    key: str
    name: str
    type: Coded
    necessity: Coded
    necessity_case: str | None
    may_defer: bool
    forms_accepted: Coded
    source: Coded
    source_explanation: str | None
    original_copies: int
    photo_copies: int
    paper_size: str | None
    filling_notes: str | None
    local_filling_notes: str | None
    acceptance_criteria: str | None
    legal_basis: str | None
    blank_form: Attachment | None
    samples: list[Attachment]
    electronic_licence: Licence | None
    notes: str | None


class WaivedMaterial(BaseModel):
    """A paper of the standard that this body does not ask for."""

    key: str
    name: str


class StepView(BaseModel):
    """One step of the flow."""

    key: str
    kind: StepKind
    name: str
    who: str
    responsible_unit: str | None
    action: str
    limit: LimitView | None
    special: bool
    special_explanation: str | None
    review_criteria: str | None
    outcome: str
    branches: list[Branch]


class FeeView(BaseModel):
    """One fee; amount in yuan per unit."""

    key: str
    name: str
    standard: str
    amount: Decimal | None
    unit: str | None
    basis: str
    reductions: list[Reduction]
    document_number: str | None
    valid_from: date | None
    valid_until: date | None
    source: Source


class ResultView(BaseModel):
    """What a person gets."""

    key: str
    kind: Coded
    name: str
    licence_code: str | None
    validity: str | None
    delivery: list[Delivery]
    samples: list[Attachment]


class HandlingItemView(BaseModel):
    """业务办理项: what one can apply for here, under its own 33-character code."""

    serial: str
    code: str
    name: str
    kind: HandlingKind
    offered: bool
    reason: str | None
    promised_limit: LimitView
    notes: str | None


class AvailabilityView(BaseModel):
    """Whether this body does it, and if not, why and who does."""

    status: Offer
    zh: str
    en: str
    reason: str | None
    agency_code: str | None


class StateView(BaseModel):
    """事项状态 on the day of reading."""

    code: str
    zh: str
    en: str
    since: date | None
    reason: str | None
    document_number: str | None


class AgencyOfGuide(BaseModel):
    """Who implements it."""

    code: str
    name: str
    nature: Coded
    region: RegionLink
    address: str
    entrusting_agency: str | None
    joint_agencies: list[str]
    demonstration_code: bool


class Editions(BaseModel):
    """What the guide was computed from."""

    standard: int
    standard_effective_from: date
    local: int
    local_effective_from: date
    based_on_standard: int = Field(
        description="The edition of the standard that the local part was last checked against."
    )
    agency_facts: int


class AliasView(BaseModel):
    """The code that was asked for has been replaced."""

    asked_code: str
    current_code: str = Field(description="The code in use, whose guide this is: the end of the chain if there is one.")
    valid_from: date
    document_number: str = Field(description="The document that replaced the code asked for.")
    act_kind: str
    since: datetime | None = Field(default=None, exclude=True)
    """When any replacement on the way was last recorded or took effect."""


class AskedView(BaseModel):
    """A question that somebody asked, and the answer, as they were published."""

    id: int
    question: str
    answer: str
    published_on: date


class GuideView(BaseModel):
    """办事指南 for one implementation (31 characters) or one handling item (33) on one day."""

    code: str
    basic_code: str
    implementation_code: str
    handling_item_code: str | None
    name: str
    handling_item_name: str | None
    aliases: list[str]
    item_type: Coded
    parent_basic_code: str | None
    state: StateView
    availability: AvailabilityView
    agency: AgencyOfGuide
    exercise_level: Coded
    power_source: Coded | None
    legal_basis: list[LegalBasis]
    guiding_department: str
    service_objects: list[Coded]
    acceptance_conditions: list[str]
    quantity_limit: str | None
    statutory_limit: LimitView | None
    statutory_limit_explanation: str | None
    promised_limit: PromiseView
    case_kind: Coded
    special_procedures: list[SpecialProcedureView]
    materials: list[MaterialView]
    materials_waived_here: list[WaivedMaterial]
    steps: list[StepView]
    is_charged: bool
    fees: list[FeeView]
    results: list[ResultView]
    on_site_visits: int
    on_site_reason: str | None
    channels: list[Coded]
    online_depth: list[Coded]
    cross_area_scope: Coded | None
    service_flags: ServiceFlags
    intermediary_services: list[Intermediary]
    natural_person_themes: list[Coded]
    legal_person_themes: list[Coded]
    local_themes: list[str]
    rights_and_duties: RightsAndDuties
    remedies: Remedies | None
    questions: list[Question]
    asked: list[AskedView] = Field(
        description="What people asked and were answered, published without personal data; newest first."
    )
    handling_items: list[HandlingItemView]
    service_locations: list[Window]
    service_hours: ServiceHours
    service_area: list[str]
    consultation_channels: list[Contact]
    complaint_channels: list[Contact]
    appointment_rule: str | None
    online_urls: OnlineUrls | None
    local_codes: list[LocalCode]
    local_notes: str | None
    gave_way: list[str] = Field(
        description="Elements where a local value no longer tightens the standard, so that the standard is shown."
    )
    editions: Editions
    effective_from: date = Field(description="First day on which the guide reads like this, as far as its editions go.")
    as_of: date | None = Field(description="The day asked for; null for today.")
    alias: AliasView | None
    last_modified: datetime
    digest: str = Field(description="SHA-256 of the content (all members but as_of, alias, last_modified and digest).")


class WalkStep(BaseModel):
    """One place on the way up, and what was found there."""

    region: RegionLink
    outcome: Literal[
        "answered",
        "redirected",
        "suspended",
        "not_offered",
        "offered_below",
        "offered_by_other",
        "unclaimed",
        "not_at_this_level",
    ]
    implementation_code: str | None
    agency_code: str | None
    agency_name: str | None
    reason: str | None
    referred_to: str | None = Field(description="Code of the agency that does it instead.")


class Nearest(BaseModel):
    """Which body answered for a person in a region, and why."""

    region: RegionLink
    answered_at: RegionLink
    why_zh: str
    why_en: str
    walk: list[WalkStep] = Field(
        description="The last step is the body that answers: one that was passed as suspended where nobody else offers it."
    )
    also_here: list[str] = Field(
        description="Codes of other bodies at the same place that offer the item and are not suspended."
    )


class NearestGuideView(GuideView):
    """The guide of the nearest body, and the way to it."""

    nearest: Nearest

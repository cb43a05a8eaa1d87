"""LocalContent: what one agency says of one item beyond the standard; only differences."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from service_catalog.agencies.facts import Contact, Remedies, ServiceHours, Window
from service_catalog.basic_items.content import (
    Attachment,
    CaseKind,
    Channel,
    Copies,
    CrossAreaScope,
    Delivery,
    MaterialForms,
    MaterialSource,
    Necessity,
    OnlineDepth,
    PowerSource,
    Question,
    Reduction,
    Serial,
)
from service_catalog.basic_items.limits import TimeLimit
from service_catalog.basic_items.translations import Translation, for_the_public, with_digests
from service_catalog.kernel.dates import Day
from service_catalog.kernel.texts import Document, Line, RowKey, Text
from service_catalog.regions.tree import canonical

ServedRegionCode = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{6}([0-9Z][0-9]{2}([0-9]{3})?)?$"), AfterValidator(canonical)
]
"""A region served; the short forms of 6 and 9 digits are filled up."""


class Offer(StrEnum):
    """是否办理: what an agency declares about an item it may exercise."""

    OFFERED = "offered"
    OFFERED_BELOW = "offered_below"
    OFFERED_BY_OTHER = "offered_by_other"
    NOT_OFFERED = "not_offered"


class Availability(Document):
    """The declaration; everything but `offered` needs a reason, another body needs its code."""

    status: Offer
    reason: Text | None = None
    agency_code: Annotated[str, Field(min_length=18, max_length=18)] | None = None

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if self.status is not Offer.OFFERED and self.reason is None:
            raise ValueError("a reason is required unless the item is offered here")
        if (self.status is Offer.OFFERED_BY_OTHER) != (self.agency_code is not None):
            raise ValueError("agency_code goes with offered_by_other, and only with it")
        return self


class LocalMaterial(Document):
    """Local differences of one paper of the standard; a column left out stays as it is there."""

    key: RowKey
    dropped: bool = False
    necessity: Necessity | None = None
    original_copies: Copies | None = None
    photo_copies: Copies | None = None
    forms_accepted: MaterialForms | None = None
    source: MaterialSource | None = None
    filling_notes: Text | None = None
    sample: Attachment | None = None


class LocalStep(Document):
    """Local differences of one step: a shorter limit, and who does it here."""

    key: RowKey
    limit: TimeLimit | None = None
    responsible_unit: Line | None = None
    responsible_person: Line | None = None


class LocalFee(Document):
    """A lower amount (with the document that allows it) and further reductions."""

    key: RowKey
    standard: Text | None = None
    amount: Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)] | None = None
    document_number: Line | None = None
    valid_from: Day | None = None
    valid_until: Day | None = None
    reductions: tuple[Reduction, ...] = ()


class LocalResult(Document):
    """More ways of delivery, or a sample with the local seal."""

    key: RowKey
    delivery: tuple[Delivery, ...] | None = None
    sample: Attachment | None = None


class LocalHandlingItem(Document):
    """A handling item that is not offered here, and why."""

    serial: Serial
    offered: bool
    reason: Text | None = None


class LocalIntermediary(Document):
    """An intermediary service of the standard that is not needed here."""

    name: Line
    dropped: bool


class LocalFlags(Document):
    """Service flags switched on beyond the standard."""

    in_service_hall: bool | None = None
    online: bool | None = None
    online_payment: bool | None = None
    postal: bool | None = None
    appointment: bool | None = None
    kiosk: bool | None = None


class LocalCode(Document):
    """地方编码: the code of this item in another scheme."""

    scheme: Line
    code: Annotated[str, Field(min_length=1, max_length=50)]


class OnlineUrls(Document):
    """网办地址."""

    computer: Line | None = None
    mobile: Line | None = None
    single_sign_on: bool = False


class LocalContent(Document):
    """The local part of one implementation. None means: as the standard, or as the agency's own facts say."""

    availability: Availability
    power_source: PowerSource | None = None
    agency_nature: Annotated[str, Field(pattern=r"^[1239]$")] | None = None
    entrusting_agency: Line | None = None
    joint_agencies: tuple[Line, ...] = ()
    promised_limit: TimeLimit | None = None
    case_kind: CaseKind | None = None
    on_site_visits: Annotated[int, Field(ge=0, le=9)] | None = None
    on_site_reason: Text | None = None
    materials: tuple[LocalMaterial, ...] = ()
    steps: tuple[LocalStep, ...] = ()
    is_charged: bool | None = None
    fees: tuple[LocalFee, ...] = ()
    results: tuple[LocalResult, ...] = ()
    handling_items: tuple[LocalHandlingItem, ...] = ()
    channels: tuple[Channel, ...] | None = None
    online_depth: tuple[OnlineDepth, ...] | None = None
    cross_area_scope: CrossAreaScope | None = None
    service_flags: LocalFlags | None = None
    intermediary_services: tuple[LocalIntermediary, ...] = ()
    questions: tuple[Question, ...] = ()
    local_codes: tuple[LocalCode, ...] = ()
    service_area: tuple[ServedRegionCode, ...] = ()
    service_locations: tuple[Window, ...] = ()
    service_hours: ServiceHours | None = None
    consultation_channels: tuple[Contact, ...] = ()
    complaint_channels: tuple[Contact, ...] = ()
    remedies: Remedies | None = None
    appointment_rule: Text | None = None
    online_urls: OnlineUrls | None = None
    local_themes: tuple[Line, ...] = ()
    aliases: tuple[Line, ...] = ()
    local_notes: Text | None = None
    translations: tuple[Translation, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _translations_know_their_source(cls, written: Any) -> Any:
        return with_digests(written)

    @model_validator(mode="after")
    def _translated_once(self) -> Self:
        paths = [row.path for row in self.translations]
        if len(set(paths)) < len(paths):
            raise ValueError("translations: a text is translated twice")
        return self

    def for_the_public(self) -> Self:
        """Return it without the persons who handle the steps, who are internal, and without unchecked translations."""
        steps = tuple(step.model_copy(update={"responsible_person": None}) for step in self.steps)
        shown = self.model_copy(update={"steps": steps})
        return shown.model_copy(update={"translations": for_the_public(self.translations, shown)})

    def differences(self) -> dict[str, Any]:
        """Return what is stored: plain JSON without anything that was not said."""
        return self.model_dump(mode="json", exclude_defaults=True, exclude_none=True)

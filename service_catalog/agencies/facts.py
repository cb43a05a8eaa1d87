"""AgencyFacts: what an implementing body (实施主体) says once for all of its items."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from service_catalog.kernel.dates import ClockTime
from service_catalog.kernel.texts import Document, Line, RowKey, Text

RegionCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}[0-9Z][0-9]{5}$")]
"""Canonical 12 characters; a Z in the seventh place marks a functional zone without a GB/T 2260 code."""
Weekday = Annotated[int, Field(ge=1, le=7)]


class ContactWay(StrEnum):
    """咨询、投诉方式."""

    WINDOW = "window"
    WEB = "web"
    TELEPHONE = "telephone"
    LETTER = "letter"
    EMAIL = "email"


class Contact(Document):
    """One way to ask or to complain; `value` is the number, address or link."""

    way: ContactWay
    value: Line
    notes: Line | None = None


class OpenHours(Document):
    """Weekly opening times; Monday is 1. `season` where summer and winter differ."""

    days: Annotated[tuple[Weekday, ...], Field(min_length=1)]
    opens: ClockTime
    closes: ClockTime
    season: Line | None = None

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError("opens must be earlier than closes")
        return self


class HoursException(Document):
    """A day that is not like the week says."""

    on: date
    closed: bool
    notes: Line


class ServiceHours(Document):
    """办理时间: a week, exceptions by date, and a note for people."""

    weekly: tuple[OpenHours, ...] = ()
    exceptions: tuple[HoursException, ...] = ()
    notes: Line | None = None


class Window(Document):
    """办理窗口: where a person goes."""

    key: RowKey
    name: Line
    hall: Line | None = None
    address: Line
    phone: Line | None = None
    traffic: Text | None = None
    region_code: RegionCode | None = None
    longitude: Annotated[float, Field(ge=73, le=136)] | None = None
    latitude: Annotated[float, Field(ge=3, le=54)] | None = None
    hours: ServiceHours | None = None


class Remedies(Document):
    """行政复议机关 and 管辖法院 for decisions of this body."""

    review_body: Line
    review_address: Line | None = None
    review_phone: Line | None = None
    court: Line
    court_address: Line | None = None
    court_phone: Line | None = None


class AgencyFacts(Document):
    """The dated document of an agency: names, contact, windows, hours."""

    name: Line
    short_name: Line
    aliases: tuple[Line, ...] = ()
    address: Line
    service_locations: Annotated[tuple[Window, ...], Field(min_length=1)]
    service_hours: ServiceHours
    consultation_channels: Annotated[tuple[Contact, ...], Field(min_length=1)]
    complaint_channels: Annotated[tuple[Contact, ...], Field(min_length=1)]
    remedies: Remedies | None = None
    notes: Text | None = None

    @model_validator(mode="after")
    def _complaints_go_elsewhere(self) -> Self:
        if {c.value for c in self.consultation_channels} & {c.value for c in self.complaint_channels}:
            raise ValueError("complaint_channels must differ from consultation_channels")
        return self

"""What somebody hands in, before anything is known about it."""

import base64
import binascii
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from service_catalog.appeals.stages import Urgency
from service_catalog.basic_items.content import Theme
from service_catalog.kernel.dates import Day
from service_catalog.kernel.texts import PRINTABLE, Document, Filled

MOST_ATTACHMENTS = 3
MOST_ENCODED = 6_900_000
"""Characters of base64: somewhat more than the largest attachment."""


class Wanted(StrEnum):
    """The five kinds, and what people call otherwise: 举报 is a complaint whose sender is protected, 表扬 an opinion."""

    CONSULTATION = "consultation"
    HELP = "help"
    OPINION = "opinion"
    SUGGESTION = "suggestion"
    COMPLAINT = "complaint"
    REPORT = "report"
    PRAISE = "praise"


def _says_something(text: str) -> str:
    if not any(character.isalnum() for character in text):
        raise PydanticCustomError("says_nothing", "must say something")
    return text


def _decoded(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise PydanticCustomError("base64", "no valid base64") from error


Words = Annotated[
    str, StringConstraints(min_length=1, max_length=8000, pattern=PRINTABLE), AfterValidator(_says_something)
]
"""What a person writes, kept as it is written: Mongolian words live by characters that cleaning would destroy."""
RegionCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}([0-9Z][0-9]{2}([0-9]{3})?)?$")]
AgencyCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{18}$")]
_Phone = Annotated[str, StringConstraints(pattern=r"^[0-9+() –-]{5,30}$")]
_Short = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=PRINTABLE)]


class Contact(Document):
    """Who it is and how to reach them; kept sealed, shown to nobody but who handles it."""

    name: _Short | None = None
    phone: _Phone | None = None
    email: (
        Annotated[str, StringConstraints(pattern=r"^[^\s\x00-\x1f\x7f@<>]{1,64}@[^\s\x00-\x1f\x7f@<>]{1,190}$")] | None
    ) = None
    address: _Short | None = None
    id_number: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{6,20}$")] | None = None

    @property
    def values(self) -> list[str]:
        """Everything that must not stand in what is published."""
        return [value for value in self.model_dump().values() if value]


class AttachmentDraft(Document):
    """A file, as base64; its type is found out from its content."""

    name: _Short
    content: Annotated[
        bytes,
        BeforeValidator(_decoded),
        Field(json_schema_extra={"contentEncoding": "base64", "maxLength": MOST_ENCODED}),
    ]


class AppealDraft(Document):
    """One appeal as it is handed in."""

    kind: Wanted
    text: Words
    channel: Annotated[str, StringConstraints(pattern=r"^[a-z_]{2,24}$")] = "portal"
    urgency: Urgency = Urgency.NORMAL
    """Only an officer who writes down what came by telephone or at the window may call it urgent."""
    region: RegionCode | None = None
    place: Filled | None = None
    """Where it is, in the person's own words."""
    happened_on: Day | None = None
    item: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=PRINTABLE)] | None = None
    """Code of the item (12), of its implementation (31) or handling item (33) that it is about."""
    element: Annotated[str, StringConstraints(max_length=200, pattern=r"^(/[^/\x00-\x1f]+)+$")] | None = None
    """The very thing of the guide that is wrong, as a JSON pointer; rows by their key: /materials/id-card."""
    theme: Theme | None = None
    against: AgencyCode | None = None
    contact: Contact | None = None
    """None: anonymous."""
    consents_to_publication: bool = False
    not_an_emergency: bool = False
    """Said by a person who was shown the emergency numbers and hands in all the same."""
    attachments: tuple[AttachmentDraft, ...] = Field((), max_length=MOST_ATTACHMENTS)

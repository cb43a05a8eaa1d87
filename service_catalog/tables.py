"""Every table of the product, in one import: what a migration or a test database is made from."""

from service_catalog.access.tables import AccessKey
from service_catalog.agencies.tables import Agency, AgencyFactsEdition
from service_catalog.appeals.tables import (
    Appeal,
    AppealAnswer,
    AppealAttachment,
    AppealEvent,
    AppealPerson,
    AppealRating,
    AppealRegister,
    AppealRequest,
    CannedAnswer,
    JointAgency,
)
from service_catalog.basic_items.tables import BasicItem, BasicItemEdition, BasicItemFacet
from service_catalog.changes.tables import Change, ChangeHead
from service_catalog.coding.tables import CodeAlias, CodeSeries, IssuedCode
from service_catalog.findings.tables import Finding, FindingFollower, FindingRun, LocalMark
from service_catalog.implementations.tables import (
    Acknowledgement,
    DelegatedRegion,
    Delegation,
    Implementation,
    ImplementationEdition,
    ServedRegion,
)
from service_catalog.lifecycle.tables import Act, ReviewNote, Standing
from service_catalog.outbox.tables import DeliveryAddress, OutboxMessage
from service_catalog.questions.tables import PublishedQuestion
from service_catalog.regions.tables import Region, RegionLine, ZoneMember
from service_catalog.registers.tables import (
    CalendarYear,
    CodeEntry,
    InheritanceRule,
    PlaceholderScheme,
    RegisterVersion,
)
from service_catalog.supervision.tables import AppealSignal

ALL = (
    AccessKey, Acknowledgement, Act, Agency, AgencyFactsEdition, Appeal, AppealAnswer, AppealAttachment, AppealEvent,
    AppealPerson, AppealRating, AppealRegister, AppealRequest, AppealSignal, BasicItem, BasicItemEdition, BasicItemFacet, CalendarYear, CannedAnswer, Change, ChangeHead,
    CodeAlias, CodeEntry, CodeSeries, DelegatedRegion, Delegation, DeliveryAddress, Finding, FindingFollower, FindingRun, Implementation, ImplementationEdition, InheritanceRule, IssuedCode, JointAgency, LocalMark, OutboxMessage,
    PlaceholderScheme, PublishedQuestion, Region, RegionLine, RegisterVersion, ReviewNote, ServedRegion, Standing, ZoneMember,
)  # fmt: skip

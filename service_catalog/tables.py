"""Every table of the product, in one import: what a migration or a test database is made from."""

from service_catalog.access.tables import AccessKey
from service_catalog.agencies.tables import Agency, AgencyFactsEdition
from service_catalog.appeals.handing_tables import NumberRange
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
from service_catalog.changes.tables import Change, ChangeHead, Departure
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
from service_catalog.push.tables import PushBatch, PushReceipt
from service_catalog.questions.tables import PublishedQuestion
from service_catalog.regions.tables import Region, RegionLine, ZoneMember
from service_catalog.registers.tables import (
    CalendarYear,
    CodeEntry,
    InheritanceRule,
    PlaceholderScheme,
    RegisterVersion,
)
from service_catalog.replica.handed_tables import HeldRange, WaitingAppeal
from service_catalog.replica.tables import ReplicaState
from service_catalog.supervision.tables import AppealSignal
from service_catalog.sync.tables import Reader

ALL = (
    AccessKey, Acknowledgement, Act, Agency, AgencyFactsEdition, Appeal, AppealAnswer, AppealAttachment, AppealEvent,
    AppealPerson, AppealRating, AppealRegister, AppealRequest, AppealSignal, BasicItem, BasicItemEdition, BasicItemFacet, CalendarYear, CannedAnswer, Change, ChangeHead,
    CodeAlias, CodeEntry, CodeSeries, DelegatedRegion, Delegation, DeliveryAddress, Departure, Finding, FindingFollower, FindingRun, HeldRange, Implementation, ImplementationEdition, InheritanceRule, IssuedCode, JointAgency, LocalMark, NumberRange, OutboxMessage,
    PlaceholderScheme, PublishedQuestion, PushBatch, PushReceipt, Reader, Region, RegionLine, RegisterVersion, ReplicaState, ReviewNote, ServedRegion, Standing, WaitingAppeal, ZoneMember,
)  # fmt: skip

"""Work states of an edition and item states of a thing; two different columns (handbook, lifecycle §1)."""

from enum import StrEnum


class WorkState(StrEnum):
    """Where an edition stands in the office; internal, never exported."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    """Approved; once it has a publication date it is scheduled and takes effect by the clock alone."""
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


OPEN = (WorkState.DRAFT, WorkState.SUBMITTED, WorkState.RETURNED, WorkState.APPROVED)


class ItemState(StrEnum):
    """事项状态: in force, suspended, cancelled."""

    IN_FORCE = "1"
    SUSPENDED = "2"
    CANCELLED = "3"


class EditionKind(StrEnum):
    """Why an edition was written."""

    ESTABLISHMENT = "establishment"
    CHANGE = "change"
    CORRECTION = "correction"


class ActKind(StrEnum):
    """行为: the recorded decisions that change what is in force."""

    ESTABLISH = "establish"
    CHANGE = "change"
    SUSPEND = "suspend"
    RESUME = "resume"
    CANCEL = "cancel"
    DELEGATE = "delegate"
    TAKE_OVER = "take_over"
    TAKE_BACK = "take_back"
    TRANSFER = "transfer"
    MERGE = "merge"
    SPLIT = "split"
    ENTRUST = "entrust"

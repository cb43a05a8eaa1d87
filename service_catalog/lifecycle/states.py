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


IN_WORDS = {
    WorkState.DRAFT: "草稿",
    WorkState.SUBMITTED: "待审核",
    WorkState.RETURNED: "审核不通过",
    WorkState.APPROVED: "待发布",
    WorkState.PUBLISHED: "已发布",
    WorkState.SUPERSEDED: "已被替代",
    WorkState.WITHDRAWN: "已撤回",
}
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

"""What each role may do, and where; pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from service_catalog.actors import Actor, Role
from service_catalog.kernel.errors import Forbidden, Said


class Right(StrEnum):
    """One thing that may be done to a standard, a local part, or the catalogue itself."""

    WRITE_STANDARD = "write_standard"
    REVIEW_STANDARD = "review_standard"
    PUBLISH_STANDARD = "publish_standard"
    WRITE_LOCAL = "write_local"
    REVIEW_LOCAL = "review_local"
    PUBLISH_LOCAL = "publish_local"
    DECIDE = "decide"
    """Record what only a government decides: add, suspend, cancel, delegate, transfer."""
    READ_DRAFTS = "read_drafts"
    ACCEPT_FINDINGS = "accept_findings"
    HAND_IN = "hand_in"
    """Hand in a list of what a county has."""
    MANAGE_KEYS = "manage_keys"
    TRIAGE_APPEALS = "triage_appeals"
    """The desk of a region: write down, accept, dispatch, decide, close. Only what is granted for a region gives it."""
    HANDLE_APPEALS = "handle_appeals"
    """The body responsible: sign for, handle, answer."""
    READ_APPEALS = "read_appeals"
    """Where appeals stand and what was done, without who brought them."""
    SUPERVISE_APPEALS = "supervise_appeals"
    """Say what came of a signal."""
    MANAGE_APPEAL_RULES = "manage_appeal_rules"
    """Load limits, routes and calendars."""
    MANAGE_DELIVERY = "manage_delivery"
    """Say where bodies want to be told, and see what was sent to them."""
    HAND_OVER_APPEALS = "hand_over_appeals"
    """Hold a range of receipt numbers, and hand over what was taken with them while the line was down."""
    WATCH_READERS = "watch_readers"
    """See who reads the changes, and how far they are behind."""
    PUBLISH_LOCAL_FACTS = "publish_local_facts"
    """常设发布权: publish at once, without review, what the matrix leaves to the agency alone."""


_OFFICE = frozenset({Right.WRITE_LOCAL, Right.READ_DRAFTS, Right.HAND_IN, Right.HAND_OVER_APPEALS})
RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.EDITOR: frozenset({Right.WRITE_STANDARD, Right.WRITE_LOCAL, Right.READ_DRAFTS, Right.HAND_IN}),
    Role.REVIEWER: frozenset(
        {Right.REVIEW_STANDARD, Right.REVIEW_LOCAL, Right.READ_DRAFTS, Right.ACCEPT_FINDINGS}
    ),
    Role.PUBLISHER: frozenset({Right.PUBLISH_STANDARD, Right.PUBLISH_LOCAL, Right.DECIDE, Right.READ_DRAFTS}),
    Role.APPEALS_OFFICER: frozenset({Right.TRIAGE_APPEALS, Right.HANDLE_APPEALS, Right.READ_APPEALS}),
    Role.SUPERVISOR: frozenset(
        {
            Right.READ_DRAFTS, Right.ACCEPT_FINDINGS, Right.READ_APPEALS, Right.SUPERVISE_APPEALS, Right.WATCH_READERS,
        }
    ),
    Role.COUNTY_OFFICE: _OFFICE,
    Role.STANDING_OFFICE: _OFFICE | {Right.PUBLISH_LOCAL_FACTS},
    Role.KIOSK: frozenset({Right.HAND_OVER_APPEALS}),
    Role.ADMINISTRATOR: frozenset(
        {
            Right.READ_DRAFTS, Right.MANAGE_KEYS, Right.MANAGE_DELIVERY, Right.MANAGE_APPEAL_RULES, Right.WATCH_READERS,
        }
    ),
}  # fmt: skip
RIGHT_NAMES: Mapping[Right, Said] = {
    Right.WRITE_STANDARD: Said("编写统一标准", "write standards"),
    Right.REVIEW_STANDARD: Said("审核统一标准", "review standards"),
    Right.PUBLISH_STANDARD: Said("发布统一标准", "publish standards"),
    Right.WRITE_LOCAL: Said("编写本地内容", "write local parts"),
    Right.REVIEW_LOCAL: Said("审核本地内容", "review local parts"),
    Right.PUBLISH_LOCAL: Said("发布本地内容", "publish local parts"),
    Right.DECIDE: Said("登记行为", "record acts"),
    Right.READ_DRAFTS: Said("查看未发布内容", "read what is not published"),
    Right.ACCEPT_FINDINGS: Said("处理体检发现", "accept findings"),
    Right.HAND_IN: Said("上报清单", "hand in lists"),
    Right.MANAGE_KEYS: Said("管理密钥", "manage keys"),
    Right.TRIAGE_APPEALS: Said("受理和派发诉求", "triage appeals"),
    Right.HANDLE_APPEALS: Said("办理诉求", "handle appeals"),
    Right.READ_APPEALS: Said("查看诉求", "read appeals"),
    Right.SUPERVISE_APPEALS: Said("监察诉求办理", "supervise appeals"),
    Right.MANAGE_APPEAL_RULES: Said("管理诉求规则和日历", "manage the rules of appeals and calendars"),
    Right.MANAGE_DELIVERY: Said("管理消息投递", "manage delivery"),
    Right.HAND_OVER_APPEALS: Said("移交诉求", "hand over appeals"),
    Right.WATCH_READERS: Said("查看同步情况", "see who reads"),
    Right.PUBLISH_LOCAL_FACTS: Said("直接发布地方信息（常设发布权）", "publish local facts at once"),
}


class NotAllowed(Forbidden):
    """No grant of the caller gives this right at this place."""

    title = Said("无权操作", "Not allowed")


class Place(NamedTuple):
    """Where something belongs: to an agency (or to none), in a region that lies in others."""

    agency_code: str | None
    regions: tuple[str, ...]
    """The region itself and all it lies in."""


def may(by: Actor, right: Right, place: Place) -> bool:
    """Tell whether some grant gives the right at the place. What belongs to no agency needs a grant for its region."""
    if by.grants is None:
        return True
    return any(
        right in RIGHTS[grant.role]
        and (
            grant.region_code in place.regions
            if grant.region_code is not None
            else grant.agency_code == place.agency_code
        )
        for grant in by.grants
    )


def demand(by: Actor, right: Right, place: Place) -> None:
    """Raise NotAllowed unless `by` may do it there."""
    if may(by, right, place):
        return
    said = RIGHT_NAMES[right]
    where = place.agency_code or place.regions[0]
    raise NotAllowed(f"您无权在 {where} {said.zh}", f"you may not {said.en} at {where}", right=right.value, place=where)


def demand_anywhere(by: Actor, right: Right) -> None:
    """Raise NotAllowed unless the right was granted at some place; each thing is then asked about at its own."""
    if not may_anywhere(by, right):
        said = RIGHT_NAMES[right]
        raise NotAllowed(f"您无权{said.zh}", f"you may not {said.en}", right=right.value)


def may_anywhere(by: Actor, right: Right) -> bool:
    """Tell whether the right was granted at any place at all; for lists that are then cut to those places."""
    return by.grants is None or any(right in RIGHTS[grant.role] for grant in by.grants)

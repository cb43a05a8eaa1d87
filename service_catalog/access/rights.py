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


RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.EDITOR: frozenset({Right.WRITE_STANDARD, Right.WRITE_LOCAL, Right.READ_DRAFTS, Right.HAND_IN}),
    Role.REVIEWER: frozenset(
        {Right.REVIEW_STANDARD, Right.REVIEW_LOCAL, Right.READ_DRAFTS, Right.ACCEPT_FINDINGS}
    ),
    Role.PUBLISHER: frozenset({Right.PUBLISH_STANDARD, Right.PUBLISH_LOCAL, Right.DECIDE, Right.READ_DRAFTS}),
    Role.APPEALS_OFFICER: frozenset(),
    Role.SUPERVISOR: frozenset({Right.READ_DRAFTS, Right.ACCEPT_FINDINGS}),
    Role.COUNTY_OFFICE: frozenset({Right.WRITE_LOCAL, Right.READ_DRAFTS, Right.HAND_IN}),
    Role.KIOSK: frozenset(),
    Role.ADMINISTRATOR: frozenset({Right.READ_DRAFTS, Right.MANAGE_KEYS}),
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


def may_anywhere(by: Actor, right: Right) -> bool:
    """Tell whether the right was granted at any place at all; for lists that are then cut to those places."""
    return by.grants is None or any(right in RIGHTS[grant.role] for grant in by.grants)

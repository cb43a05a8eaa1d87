"""Handing out, listing and taking back the keys of machines."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, false, or_, select
from sqlmodel import Session, col

from service_catalog.access import keys
from service_catalog.access.keys import HandedOut, find_key, grant_of
from service_catalog.access.rights import RIGHTS, NotAllowed, Right, may_anywhere
from service_catalog.access.tables import AccessKey
from service_catalog.actors import Actor, Grant, Role
from service_catalog.agencies.places import place_of_grant
from service_catalog.agencies.tables import Agency
from service_catalog.kernel.paging import Walk
from service_catalog.regions.mapping import within


def create_key(
    session: Session,
    *,
    name: str,
    role: Role,
    region_code: str | None,
    agency_code: str | None,
    days: int,
    addresses: Sequence[str],
    by: Actor,
    at: datetime,
) -> HandedOut:
    """Hand out a key; raises KeyMalformed, NotAllowed, NoSuchRegion, NoSuchAgency."""
    grant = grant_of(role, region_code, agency_code)
    return keys.hand_out(
        session, name=name, grant=grant, place=place_of_grant(session, grant), expires_at=at + timedelta(days=days),
        addresses=addresses, by=by, at=at,
    )  # fmt: skip


def revoke_key(session: Session, prefix: str, *, by: Actor, at: datetime) -> AccessKey:
    """Take a key back; raises NoSuchKey, NotAllowed."""
    key = find_key(session, prefix)
    place = place_of_grant(session, Grant(key.role, key.region_code, key.agency_code))
    return keys.revoke(session, prefix, place=place, by=by, at=at)


def list_keys(session: Session, walk: Walk, *, by: Actor) -> Sequence[AccessKey]:
    """Return the keys that the caller manages, one more than asked for, by prefix; raises NotAllowed."""
    if not may_anywhere(by, Right.MANAGE_KEYS):
        raise NotAllowed("您无权管理密钥", "you may not manage keys", right=Right.MANAGE_KEYS.value)
    query = select(AccessKey).order_by(col(AccessKey.prefix)).limit(walk.limit + 1)
    if by.grants is not None:
        query = query.where(_managed(by.grants))
    if walk.after:
        query = query.where(col(AccessKey.prefix) > walk.after)
    return session.scalars(query).all()


def _managed(grants: Sequence[Grant]) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [false()]
    for grant in grants:
        if Right.MANAGE_KEYS not in RIGHTS[grant.role]:
            continue
        if grant.agency_code is not None:
            conditions.append(col(AccessKey.agency_code) == grant.agency_code)
        if grant.region_code is not None:
            agencies = select(col(Agency.code)).where(within(col(Agency.region_code), grant.region_code))
            conditions.append(within(col(AccessKey.region_code), grant.region_code))  # type: ignore[arg-type]
            conditions.append(col(AccessKey.agency_code).in_(agencies))
    return or_(*conditions)

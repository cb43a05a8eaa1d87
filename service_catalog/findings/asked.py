"""What people ask about again and again: a hint that the guide does not say it well, for whoever writes the guide."""

from collections.abc import Collection, Iterator
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlmodel import Session, col

from service_catalog.appeals.rulebook import RulebookIncomplete, rulebook_of
from service_catalog.appeals.rules import Policy
from service_catalog.appeals.stages import AppealKind
from service_catalog.appeals.tables import Appeal
from service_catalog.findings.rules import Broken
from service_catalog.kernel.dates import starts_at
from service_catalog.kernel.errors import Said

_ABOUT_THE_GUIDE = or_(col(Appeal.kind) == AppealKind.CONSULTATION, col(Appeal.element).is_not(None))
"""Questions, and corrections of an element."""


def asked_often(session: Session, codes: Collection[str], column: Any, day: date) -> dict[str, Broken]:
    """Return, for each of these items or implementations that was asked about so often as the policy says, what to say of it."""
    policy = _policy(session)
    if policy is None or not codes:
        return {}
    since = starts_at(day - timedelta(days=policy.asked_often_days))
    count = func.count()
    query = (
        select(column, count)
        .where(column.in_(codes), col(Appeal.received_at) >= since, _ABOUT_THE_GUIDE)
        .group_by(column)
        .having(count >= policy.asked_often)
    )
    return {code: _said(policy, times) for code, times in session.execute(query)}


def asked_since(session: Session, column: Any, last: date) -> Iterator[str]:
    """Yield the items or implementations whose count may have changed since the day `last`.

    That is what was asked about since, and what was asked about so long ago that it has ceased to count.
    """
    policy = _policy(session)
    if policy is None:
        return
    since = starts_at(last - timedelta(days=policy.asked_often_days + 1))
    query = select(column).where(column.is_not(None), col(Appeal.received_at) >= since, _ABOUT_THE_GUIDE).distinct()
    yield from session.scalars(query)


def _policy(session: Session) -> Policy | None:
    try:
        return rulebook_of(session).policy
    except RulebookIncomplete:  # a catalogue that takes no appeals
        return None


def _said(policy: Policy, times: int) -> Broken:
    said = Said(
        f"{policy.asked_often_days} 天内被咨询、纠错 {times} 次，请看看指南哪里没有写清楚",
        f"asked about {times} times within {policy.asked_often_days} days: see what the guide does not say clearly",
    )
    return Broken("asked_often", "/questions", said)

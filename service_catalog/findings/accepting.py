"""Accepting a finding: a person answers for it with a reason, for a time."""

from datetime import date, datetime

from sqlmodel import Session

from service_catalog.access.places import demand_at
from service_catalog.access.rights import Right
from service_catalog.actors import Actor
from service_catalog.findings.running import hold
from service_catalog.findings.tables import Finding
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.errors import Conflict, Invalid, NotFound, Said


class NoSuchFinding(NotFound):
    """There is no finding of this number."""

    title = Said("没有这个发现", "No such finding")


class FindingClosed(Conflict):
    """What has been put right needs nobody to answer for it."""

    title = Said("该发现已关闭", "The finding is closed")


class AcceptanceEnded(Invalid):
    """A finding is accepted until a day in the future."""

    title = Said("截止日期须在将来", "The end must lie in the future")


def accept(session: Session, number: int, *, reason: str, until: date, by: Actor, at: datetime) -> Finding:
    """Accept a finding up to a day; raises NoSuchFinding, NotAllowed, FindingClosed, AcceptanceEnded."""
    finding = _lock_for(session, number, by)
    if until <= civil_day(at):
        raise AcceptanceEnded(f"{until} 已到", f"{until} is not in the future", element="until")
    finding.accepted_by, finding.accepted_at = by.name, at
    finding.reason, finding.accepted_until = reason, until
    finding.withdrawn_by = finding.withdrawn_at = None
    session.flush()
    return finding


def withdraw_acceptance(session: Session, number: int, *, by: Actor, at: datetime) -> Finding:
    """Let a finding count again from today; who had accepted it is kept. Doing it twice changes nothing."""
    finding = _lock_for(session, number, by)
    today = civil_day(at)
    if finding.is_accepted(today):
        finding.accepted_until, finding.withdrawn_by, finding.withdrawn_at = today, by.name, at
        session.flush()
    return finding


def _lock_for(session: Session, number: int, by: Actor) -> Finding:
    """Return an open finding that `by` may accept; the engine waits until this is done, as this waits for the engine."""
    hold(session)
    finding = session.get(Finding, number)
    if finding is None:
        raise NoSuchFinding(f"没有编号为 {number} 的发现", f"there is no finding {number}")
    demand_at(
        session, by, Right.ACCEPT_FINDINGS, region_code=finding.region_code, agency_code=finding.agency_code
    )  # fmt: skip
    if finding.closed_at is not None:
        raise FindingClosed(f"发现 {number} 已于 {civil_day(finding.closed_at)} 关闭", f"finding {number} is closed")
    return finding

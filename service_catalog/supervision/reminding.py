"""Reminders (督办): to the body responsible, then to its superior; posted once, in the transaction of what caused them."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlmodel import Session, col

from service_catalog.agencies.tables import Agency
from service_catalog.appeals.numbers import shown
from service_catalog.appeals.rules import Policy
from service_catalog.appeals.stages import Stage
from service_catalog.appeals.tables import Appeal
from service_catalog.outbox.posting import post
from service_catalog.regions.mapping import ancestors_of
from service_catalog.supervision.rules import RULE_NAMES
from service_catalog.supervision.tables import AppealSignal, SignalRule

_EARLIEST = "（该年度放假安排尚未公布，此为最早可能的日期）"


class Recipient(NamedTuple):
    """A body, or the office of a region."""

    agency_code: str | None
    region_code: str | None

    @property
    def code(self) -> str:
        """What tells it from all others."""
        return self.agency_code or self.region_code or ""


class Desk(NamedTuple):
    """The desk of a region."""

    code: str
    name: str


@dataclass
class Reminders:
    """Posts reminders in one transaction, and remembers the names and superiors that it has looked up."""

    session: Session
    policy: Policy
    bodies: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    desks: dict[str, list[Desk]] = field(default_factory=dict)

    def remind(self, signal: AppealSignal, row: Appeal, *, at: datetime) -> bool:
        """Tell whoever is responsible; returns whether it is new."""
        return self._post(signal, row, _responsible(signal), to_superior=False, at=at)

    def pass_up(self, signal: AppealSignal, row: Appeal, *, at: datetime) -> bool:
        """Tell the superior of whoever is responsible, if there is one; returns whether it is new."""
        superior = self.superior_of(signal, row)
        return superior is not None and self._post(signal, row, superior, to_superior=True, at=at)

    def superior_of(self, signal: AppealSignal, row: Appeal) -> Recipient | None:
        """Return the parent of a body (unless the complaint is about it), else the desk; above a desk the next desk."""
        if signal.agency_code is None:
            above = self._desks(signal.region_code)[1:]
            return Recipient(None, above[0].code) if above else None
        _, parent = self._body(signal.agency_code)
        if parent is not None and parent != row.against_agency:
            return Recipient(parent, None)
        return Recipient(None, signal.region_code)

    def _post(self, signal: AppealSignal, row: Appeal, to: Recipient, *, to_superior: bool, at: datetime) -> bool:
        facts = {
            "rule": signal.rule.value, "number": signal.number, "period": signal.period,
            "deadline_on": _iso(row.deadline_on), "deadline_is_certain": row.deadline_is_certain,
            "step_due_on": _iso(row.step_due_on), "step_is_certain": row.step_is_certain, "put_right_by": _iso(signal.put_right_by),
            "responsible_agency": signal.agency_code, "responsible_region": signal.region_code,
            "to_superior": to_superior, "see": f"/v1/appeals/{signal.number}/case",
        }  # fmt: skip
        name, is_late = RULE_NAMES[signal.rule].zh, signal.rule is not SignalRule.DUE_SOON
        return post(
            self.session, once=f"{signal.rule.value}:{signal.number}:{signal.period}:{to.code}",
            kind=f"appeal.{signal.rule.value}", subject=f"{'督办' if is_late else '提醒'}：诉求 {shown(signal.number)} {name}",
            body=self._body_of(signal, row, to_superior), facts=facts, agency_code=to.agency_code,
            region_code=to.region_code, at=at,
        )  # fmt: skip

    def _body_of(self, signal: AppealSignal, row: Appeal, to_superior: bool) -> str:
        lines = [
            f"受理编号：{shown(signal.number)}", f"监察规则：{RULE_NAMES[signal.rule].zh}",
            f"责任单位：{self._name_of(signal)}",
        ]  # fmt: skip
        if row.deadline_on is not None:
            lines.append(f"办理时限：{row.deadline_on}{'' if row.deadline_is_certain else _EARLIEST}")
        if row.step_due_on is not None and row.stage is not Stage.NEED_INFO:  # there it is the person's
            lines.append(f"本环节时限：{row.step_due_on}{'' if row.step_is_certain else _EARLIEST}")
        if signal.rule is SignalRule.NOT_HELPED:
            lines.append(f"协办时限：{signal.evidence['joint_due_on']}")
        if signal.rule is not SignalRule.DUE_SOON:
            lines.append(f"整改期限：{signal.put_right_by}")
        return "\n".join([*lines, _request(signal.rule, to_superior)])

    def _name_of(self, signal: AppealSignal) -> str:
        if signal.agency_code is not None:
            return self._body(signal.agency_code)[0]
        desks = self._desks(signal.region_code)
        return f"{desks[0].name if desks else signal.region_code}诉求受理台"

    def _body(self, code: str) -> tuple[str, str | None]:
        if code not in self.bodies:
            query = select(col(Agency.name), col(Agency.parent_code)).where(col(Agency.code) == code)
            name, parent = self.session.execute(query).one()
            self.bodies[code] = name, parent
        return self.bodies[code]

    def _desks(self, region_code: str) -> list[Desk]:
        """Return name and code of the desks from a region upwards, its own first."""
        if region_code not in self.desks:
            way = ancestors_of(self.session, region_code)
            self.desks[region_code] = [
                Desk(region.code, region.name)
                for region in way
                if region.code == region_code or region.level in self.policy.desk_levels
            ]
        return self.desks[region_code]


def _responsible(signal: AppealSignal) -> Recipient:
    if signal.agency_code is not None:
        return Recipient(signal.agency_code, None)
    return Recipient(None, signal.region_code)


def _request(rule: SignalRule, to_superior: bool) -> str:
    if not to_superior:
        return "请尽快办理；诉求内容请登录系统凭编号查看。"
    if rule is SignalRule.DUE_SOON:
        return "责任单位收到提醒后尚未办结，请督促办理。"
    return "责任单位收到督办后仍未整改到位，请督促办理。"


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()

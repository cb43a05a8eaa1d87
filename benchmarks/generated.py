"""Generated agencies and the local parts they might write, all of them held against the rules."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlmodel import Session, col

from service_catalog.agencies.tables import Agency, AgencyFactsEdition
from service_catalog.basic_items.limits import TimeLimit, TimeUnit
from service_catalog.basic_items.tables import BasicItem
from service_catalog.coding.credit_codes import check_character, organisation_check_character
from service_catalog.coding.judging import judge_agency, rules_from
from service_catalog.implementations.inheritance import Standard, check
from service_catalog.implementations.standards import standard_to_implement
from service_catalog.implementations.tables import Implementation, ImplementationEdition
from service_catalog.registers.registers import Registers, registers_of

MOST_ITEMS = 20
"""Items an agency implements, as far as the standards let its level have that many."""


@dataclass(frozen=True)
class Made:
    """An agency: the columns of its row, its facts as they are stored, the level it implements items at."""

    columns: Mapping[str, Any]
    facts: Mapping[str, Any]
    level: str


class Claim(NamedTuple):
    """One generated implementation."""

    agency: Made
    standard: Standard
    availability: str
    local: Mapping[str, Any]
    """The stored differences."""


class Samples:
    """What is drawn from: seeded agencies by level, items by level, and local parts that were found right."""

    def __init__(self, session: Session, day: date) -> None:
        self.registers: Registers = registers_of(session)
        self.agencies = _agencies(session)
        self.standards = [
            standard_to_implement(session, item, day)
            for item in session.scalars(select(BasicItem).order_by("basic_code"))
        ]
        self.written: dict[str, list[Mapping[str, Any]]] = {}
        for code, content in session.execute(_WRITTEN):
            self.written.setdefault(code, []).append(content)
        self.right: dict[tuple[str, str], list[tuple[str, Mapping[str, Any]]]] = {}

    def locals_for(self, standard: Standard, level: str) -> Sequence[tuple[str, Mapping[str, Any]]]:
        """Return local parts that the rules accept, as stored; each pair of item and level is checked once."""
        key = (standard.basic_code, level)
        if key not in self.right:
            drafts = [*self.written.get(standard.basic_code, ()), *_typical(standard, level)]
            self.right[key] = list(self._accepted(drafts, standard, level))
        return self.right[key]

    def _accepted(
        self, drafts: Sequence[Mapping[str, Any]], standard: Standard, level: str
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for draft in drafts:
            worst = self.registers.calendar.longest_run
            local, refusals = check(draft, standard, level, self.registers.matrix, worst)
            if not refusals:
                yield local.availability.status.value, local.differences()


_WRITTEN = (
    select(col(Implementation.basic_code), col(ImplementationEdition.content))
    .join(
        ImplementationEdition,
        col(ImplementationEdition.implementation_code) == col(Implementation.implementation_code),
    )
    .order_by(col(Implementation.implementation_code))
)


def claims(samples: Samples) -> Iterator[Claim]:
    """Yield implementations without end, agency by agency; the same ones every time."""
    chance = random.Random(1)
    rules = rules_from(samples.registers, village_level_services_only=False)
    for number in count(1):
        agency = _like(chance.choice(samples.agencies), number)
        level = agency.level
        if any(finding.severity == "error" for finding in judge_agency(agency.columns["code"], rules)):
            raise ValueError(f"{agency.columns['code']} is no right code")
        possible = [standard for standard in samples.standards if level in standard.content.exercise_levels]
        for standard in chance.sample(possible, min(MOST_ITEMS, len(possible))):
            availability, local = chance.choice(samples.locals_for(standard, level))
            yield Claim(agency, standard, availability, local)


def claims_of(samples: Samples, basic_code: str) -> Iterator[Claim]:
    """Yield implementations of one item without end, each by an agency of its own."""
    chance = random.Random(2)
    standard = next(one for one in samples.standards if one.basic_code == basic_code)
    able = [agency for agency in samples.agencies if agency.level in standard.content.exercise_levels]
    for number in count(1_000_000):
        agency = _like(chance.choice(able), number)
        availability, local = chance.choice(samples.locals_for(standard, agency.level))
        yield Claim(agency, standard, availability, local)


def _agencies(session: Session) -> list[Made]:
    """Return every seeded agency that implements something, once for each of its levels."""
    query = (
        select(Agency, AgencyFactsEdition, col(Implementation.exercise_level))
        .join(AgencyFactsEdition, col(AgencyFactsEdition.agency_code) == col(Agency.code))
        .join(Implementation, col(Implementation.agency_code) == col(Agency.code))
        .distinct()
        .order_by(col(Agency.code), col(Implementation.exercise_level))
    )
    return [Made(agency.model_dump(), facts.content, level) for agency, facts, level in session.execute(query)]


def _like(template: Made, number: int) -> Made:
    """Make an agency like a seeded one, in the same region, with a credit code of its own."""
    code, name, inner = template.columns["code"], f"{template.columns['name']}第{number}分支", f"G{number:07}"
    start = code[:8] + inner + organisation_check_character(inner)
    own = {"code": start + check_character(start), "parent_code": code, "name": name}
    return Made({**template.columns, **own}, {**template.facts, "name": name}, template.level)


def _typical(standard: Standard, level: str) -> Iterator[dict[str, Any]]:
    """Yield what agencies usually write: nothing but the offer; who does it; their own window; a faster promise."""
    sources = standard.content.power_sources_by_level.get(level, ())  # type: ignore[call-overload]
    offer: dict[str, Any] = {"availability": {"status": "offered"}}
    if sources:
        offer["power_source"] = sources[0]
    units = [{"key": step.key, "responsible_unit": "政务服务股"} for step in standard.content.steps]
    yield offer
    yield offer | {"steps": units}
    yield offer | {"steps": units, "service_locations": [_WINDOW], "consultation_channels": [_TELEPHONE]}
    yield offer | {"steps": units, "local_notes": _NOTES, "questions": [_QUESTION]}
    promise = standard.content.promised_limit
    if promise is not None and promise.amount is not None and promise.amount > 1:
        faster = TimeLimit(amount=promise.amount - 1, unit=TimeUnit(promise.unit)).model_dump(mode="json")
        yield offer | {"promised_limit": faster, "service_locations": [_WINDOW]}


_WINDOW = {
    "key": "hall-1", "name": "综合受理窗口", "hall": "旗政务服务中心一楼", "address": "阿拉善左旗巴彦浩特镇额鲁特大街政务服务中心A区",
    "phone": "0483-8330000", "traffic": "门前有公交站，自驾可停地下车库。",
}  # fmt: skip
_TELEPHONE = {"way": "telephone", "value": "0483-8330000", "notes": "工作日上班时间"}
_NOTES = "边远嘎查可以由网格员代办，材料拍照先行预审，缺件一次性告知。"
_QUESTION = {"question": "周六能办吗？", "answer": "周六上午大厅有延时服务窗口，材料齐全的当场收件。"}

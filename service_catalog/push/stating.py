"""Judging and stating what agencies say of themselves, as their offices push it; it is published at once, or refused."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pydantic import ValidationError
from sqlalchemy import func, select
from sqlmodel import Session, col

from service_catalog.access.places import Places
from service_catalog.access.rights import Right, may
from service_catalog.actors import Actor
from service_catalog.agencies.facts import AgencyFacts
from service_catalog.agencies.register import find_agency, state_facts
from service_catalog.agencies.tables import Agency, AgencyFactsEdition
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.errors import CatalogError, Said
from service_catalog.kernel.problems import faults_of
from service_catalog.push.conflicts import changed_words
from service_catalog.push.judged import Body, Judged, Statement, fault_of, unread
from service_catalog.push.judging import first_day, no_agency, not_allowed
from service_catalog.push.rows import Sent, fault_line, malformed
from service_catalog.push.schemas import AgencyRow, FaultLine, HereView
from service_catalog.push.tables import Outcome

NEEDED = (Right.HAND_IN, Right.PUBLISH_LOCAL_FACTS)
"""There are no drafts of facts: what an agency says of itself holds at once, and so needs the standing right."""
_CHUNK = 1000


class FactsJudge:
    """Judges rows by one picture of the catalogue, for one actor."""

    def __init__(self, session: Session, rows: Sequence[Sent[AgencyRow]], *, by: Actor, at: datetime) -> None:
        self.session, self.by, self.at = session, by, at
        self.today = civil_day(at)
        codes = sorted({sent.row.code for sent in rows if sent.row is not None})
        self._places = Places(session)
        self._agencies: dict[str, Agency] = {}
        self._newest: dict[str, AgencyFactsEdition] = {}
        for start in range(0, len(codes), _CHUNK):
            self._read(codes[start : start + _CHUNK])

    def _read(self, codes: Sequence[str]) -> None:
        bodies = self.session.scalars(select(Agency).where(col(Agency.code).in_(codes)))
        self._agencies |= {agency.code: agency for agency in bodies}
        last = (
            select(col(AgencyFactsEdition.agency_code), func.max(col(AgencyFactsEdition.number)).label("number"))
            .where(col(AgencyFactsEdition.agency_code).in_(codes))
            .group_by(col(AgencyFactsEdition.agency_code))
            .subquery()
        )
        newest = select(AgencyFactsEdition).join(
            last,
            (last.c.agency_code == col(AgencyFactsEdition.agency_code))
            & (last.c.number == col(AgencyFactsEdition.number)),
        )
        self._newest |= {edition.agency_code: edition for edition in self.session.scalars(newest)}

    def judge(self, sent: Sent[AgencyRow]) -> Judged:
        """Say what becomes of a row."""
        if sent.row is None:
            return unread(sent)
        return replace(self._judged(sent, sent.row), stamp=self._stamp(sent.row))

    def is_still_so(self, judged: Judged) -> bool:
        """Tell whether a row that was judged by an earlier picture would be judged the same by this one."""
        row = judged.sent.row
        return row is None or judged.stamp == self._stamp(row)

    def _stamp(self, row: AgencyRow) -> object:
        newest = self._newest.get(row.code)
        agency = self._agencies.get(row.code)
        return agency and agency.region_code, newest.number if newest else None

    def _judged(self, sent: Sent[AgencyRow], row: AgencyRow) -> Judged:
        agency = self._agencies.get(row.code)
        found = Judged(sent, Outcome.REFUSED, row.code, Body.of(agency), faults=sent.faults)
        if agency is None:
            return replace(found, faults=(*sent.faults, no_agency(row.code)))
        missing = [not_allowed(right, agency.code) for right in NEEDED if not self._may(right, agency)]
        if missing or sent.faults:
            return replace(found, faults=(*sent.faults, *missing[:1]))
        try:
            return self._held_against(found, row)
        except CatalogError as error:
            return replace(found, faults=(fault_of(error, sent.plain),))

    def _may(self, right: Right, agency: Agency) -> bool:
        return self.by.grants is None or may(self.by, right, self._places.of(agency.region_code, agency.code))

    def _held_against(self, found: Judged, row: AgencyRow) -> Judged:
        day, newest = first_day(row.effective_from, self.today), self._newest.get(row.code)
        facts, faults = _facts(row, newest)
        holds = newest is not None and newest.effective_from <= day
        if newest is not None and holds and not faults and newest.facts == facts:
            return replace(
                found, outcome=Outcome.UNCHANGED, edition=newest.number, effective_from=newest.effective_from
            )
        if newest is not None and row.seen.facts != newest.number:
            faults = [_changed(row, newest), *faults]
            return replace(found, outcome=Outcome.CONFLICT, faults=tuple(faults), here=_view(newest))
        if facts is None or faults:
            return replace(found, faults=tuple(faults))
        number = newest.number + 1 if newest else 1
        work = Statement(row.code, facts, day)
        return replace(found, outcome=Outcome.PUBLISHED, edition=number, effective_from=day, work=work)


def _facts(row: AgencyRow, newest: AgencyFactsEdition | None) -> tuple[AgencyFacts | None, list[FaultLine]]:
    here = newest.content if newest else None
    try:
        facts = AgencyFacts.model_validate(row.facts)
    except ValidationError as error:
        faults = faults_of(error.errors(include_url=False), root=())
        return None, malformed(faults, row.facts, below="/facts", here=here)
    name = newest.facts.name if newest else facts.name
    if facts.name == name:
        return facts, []
    said = Said(
        "机构名称由机构编制部门确定，不能随地方信息更改",
        "the name of a body is decided, not pushed along with its facts",
    )
    return facts, [fault_line("name-not-local", "/facts/name", said, sent=facts.name, here=name)]


def _changed(row: AgencyRow, newest: AgencyFactsEdition) -> FaultLine:
    seen = row.seen.facts
    said = changed_words(seen, newest.number, Said("该机构的信息", "what the body says of itself"))
    return fault_line("changed-here", "/seen/facts", said, sent=seen, here=newest.number)


def _view(newest: AgencyFactsEdition) -> HereView:
    return HereView(
        edition=newest.number, state="stated", by=newest.by, effective_from=newest.effective_from, change_number=None,
        content=newest.content,
    )  # fmt: skip


def lock_agencies(session: Session, codes: Sequence[str]) -> None:
    """Hold agencies until the transaction ends; in one order, so that two who do it follow each other."""
    for start in range(0, len(codes), _CHUNK):
        query = select(col(Agency.code)).where(col(Agency.code).in_(codes[start : start + _CHUNK]))
        session.execute(query.order_by(col(Agency.code)).with_for_update())


def state_all(session: Session, statements: Sequence[Statement], *, by: Actor, at: datetime) -> None:
    """State the facts of many agencies."""
    for one in statements:
        agency = find_agency(session, one.agency_code)
        state_facts(session, agency, one.facts, effective_from=one.effective_from, by=by, at=at)

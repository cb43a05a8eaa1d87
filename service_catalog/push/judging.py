"""Judging a pushed local part: by the rules of a single draft, against what stands here, and what the office last read."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from service_catalog.access.keys import is_successor
from service_catalog.access.rights import RIGHT_NAMES, NotAllowed, Right, may
from service_catalog.actors import Actor
from service_catalog.agencies.register import NoSuchAgency
from service_catalog.changes.tables import Subject
from service_catalog.implementations.claiming import new_claim, refuse_level, weighed_against
from service_catalog.implementations.comparing import are_local, in_one_order, touched
from service_catalog.implementations.content import LocalContent
from service_catalog.implementations.gathering import AGENCY, BASIC, LEVEL, Gathered, Here
from service_catalog.implementations.handing_in import Part
from service_catalog.implementations.inheritance import Refusal, Standard, check, screen
from service_catalog.implementations.lint import lint_local
from service_catalog.implementations.pointers import as_sent, places_of_rows, value_at
from service_catalog.implementations.tables import Implementation, ImplementationEdition
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.errors import CatalogError, InvalidRequest, Said
from service_catalog.kernel.problems import slug
from service_catalog.lifecycle import standing
from service_catalog.lifecycle.edition import BackDated
from service_catalog.lifecycle.states import ItemState
from service_catalog.push.asked import Site
from service_catalog.push.conflicts import conflict_of
from service_catalog.push.judged import Body, Judged, fault_of, unread
from service_catalog.push.rows import Sent, fault_line, malformed
from service_catalog.push.schemas import FaultLine, ImplementationRow
from service_catalog.push.tables import Outcome

NEEDED = (Right.HAND_IN, Right.WRITE_LOCAL)


class Judge:
    """Judges rows by one picture of the catalogue, for one actor."""

    def __init__(
        self, session: Session, rows: Sequence[Sent[ImplementationRow]], site: Site, *, by: Actor, at: datetime
    ) -> None:
        self.session, self.site, self.by, self.at = session, site, by, at
        self.today = civil_day(at)
        self.gathered = Gathered(session, {sent.row.code for sent in rows if sent.row is not None}, self.today)
        self._own: dict[str, bool] = {by.name: True}

    def judge(self, sent: Sent[ImplementationRow]) -> Judged:
        """Say what becomes of a row."""
        if sent.row is None:
            return unread(sent)
        return replace(self._judged(sent, sent.row), stamp=self._stamp(sent.row))

    def is_still_so(self, judged: Judged) -> bool:
        """Tell whether a row that was judged by an earlier picture would be judged the same by this one."""
        row = judged.sent.row
        return row is None or judged.stamp == self._stamp(row)

    def here(self, code: str) -> Here:
        """Return what stands here of an implementation."""
        return self.gathered.here(code)

    def _stamp(self, row: ImplementationRow) -> object:
        return self.gathered.stamp(row.code, row.effective_from or self.today)

    def _judged(self, sent: Sent[ImplementationRow], row: ImplementationRow) -> Judged:
        here = self.here(row.code)
        found = Judged(sent, Outcome.REFUSED, row.code, Body.of(here.agency), faults=sent.faults)
        if here.agency is None:
            return replace(found, faults=(*sent.faults, no_agency(row.code[AGENCY])))
        missing = [not_allowed(right, here.agency.code) for right in NEEDED if not self._may(right, here)]
        if missing or sent.faults:
            return replace(found, faults=(*sent.faults, *missing[:1]))
        try:
            return self._weighed(found, row, here)
        except CatalogError as error:
            return replace(found, faults=(fault_of(error, sent.plain),))

    def _may(self, right: Right, here: Here) -> bool:
        assert here.agency is not None
        return self.by.grants is None or may(self.by, right, self.gathered.place_of(here.agency))

    def _is_own(self, author: str) -> bool:
        """Tell whether the author of a draft is the caller, or the key before it: keys change, offices stay."""
        if author not in self._own:
            self._own[author] = is_successor(self.session, author, self.by.name, at=self.at)
        return self._own[author]

    def _weighed(self, found: Judged, row: ImplementationRow, here: Here) -> Judged:
        day = first_day(row.effective_from, self.today)
        if here.state is ItemState.CANCELLED:
            standing.refuse_cancelled(self.session, [(Subject.IMPLEMENTATION, row.code)], day)
        standard = self.gathered.standard(row.code[BASIC], day)
        if here.claimed is None:
            refuse_level(standard, row.code[LEVEL])
        local, faults = self._local(row, here, standard, day)
        own = None if local is None or faults else self._own_to_publish(here, standard, local, day)
        newest = here.in_work(self.today) or here.in_force(self.today)
        if local is not None and not (faults or own) and newest is not None and self._says(newest, standard, local):
            return replace(
                found, outcome=Outcome.UNCHANGED, edition=newest.number, effective_from=newest.effective_from
            )
        if conflict := conflict_of(row, here, self.today, self._is_own):
            faults = [conflict.line, *faults]
            return replace(found, outcome=Outcome.CONFLICT, faults=tuple(faults), here=conflict.view(here))
        if local is None or faults:
            return replace(found, faults=tuple(faults))
        return self._accepted(found, here, Part(row.code, local, standard.edition), own, day)

    def _accepted(self, found: Judged, here: Here, part: Part, own: list[str] | None, day: date) -> Judged:
        in_work = here.in_work(self.today)
        number = in_work.number if in_work else here.last_number + 1
        if not own:
            return replace(found, outcome=Outcome.DRAFTED, edition=number, work=part)
        right = RIGHT_NAMES[Right.PUBLISH_LOCAL_FACTS]
        part = part._replace(publish_on=day, reason=f"{right.zh} {right.en}: {'、'.join(own)}")
        return replace(found, outcome=Outcome.PUBLISHED, edition=number, effective_from=day, work=part)

    def _own_to_publish(self, here: Here, standard: Standard, local: LocalContent, day: date) -> list[str] | None:
        """Return what differs from the edition in force, if it is the agency's alone and may be published at once."""
        in_force = here.in_force(self.today)
        if in_force is None or in_force.ends_by(day) or standard.effective_from > day:
            return None
        if not self._may(Right.PUBLISH_LOCAL_FACTS, here):
            return None
        differ = touched(self._stored(in_force, standard), local)
        return differ if are_local(differ, self.gathered.registers.matrix) else None

    def _says(self, edition: ImplementationEdition, standard: Standard, local: LocalContent) -> bool:
        return in_one_order(self._stored(edition, standard)) == in_one_order(local)

    def _stored(self, edition: ImplementationEdition, standard: Standard) -> LocalContent:
        """Return what an edition says as far as it still goes beyond the standard."""
        registers, level = self.gathered.registers, edition.implementation_code[LEVEL]
        try:
            return check(edition.content, standard, level, registers.matrix, registers.calendar.longest_run)[0]
        except CatalogError:
            return edition.local

    def _local(
        self, row: ImplementationRow, here: Here, standard: Standard, day: date
    ) -> tuple[LocalContent | None, list[FaultLine]]:
        """Return what remains of a local part beside the standard (None: it cannot be read), and its faults."""
        try:
            kept, refusals = screen(row.local, standard, self.gathered.registers.matrix)
        except InvalidRequest as error:
            return None, malformed(error.faults, row.local, below="/local", here=standard.plain)
        places = places_of_rows(kept, row.local)
        faults = _lines_of(refusals)
        try:
            local, more = weighed_against(
                self.session, self.gathered.registers, standard, self._implementation(row, here), kept,
                lambda: self.gathered.facts(row.code[AGENCY], day),
            )  # fmt: skip
        except InvalidRequest as error:
            moved = [fault._replace(pointer=as_sent(fault.pointer, places)) for fault in error.faults]
            return None, [*faults, *malformed(moved, row.local, below="/local", here=standard.plain)]
        except CatalogError as error:
            return None, [*faults, fault_of(error, {"local": row.local})]
        faults += _lines_of([one._replace(pointer=as_sent(one.pointer, places)) for one in more])
        return local, faults or self._lint(row, local, standard, places, day)

    def _implementation(self, row: ImplementationRow, here: Here) -> Implementation:
        assert here.agency is not None
        if here.claimed is not None:
            return here.claimed
        return new_claim(here.agency, row.code[LEVEL], row.code[BASIC], act_id=None, by=self.by, at=self.at)

    def _lint(
        self, row: ImplementationRow, local: LocalContent, standard: Standard, places: Mapping[str, Any], day: date
    ) -> list[FaultLine]:
        found = lint_local(
            local, standard, self.gathered.facts(row.code[AGENCY], day),
            has_sub_items=self.gathered.has_sub_items(row.code[BASIC]), severities=self.site.severities,
            wording=self.site.wording,
        )  # fmt: skip
        stored = local.differences()
        return [
            fault_line(
                one.name, f"/local{as_sent(one.pointer, places)}", Said(one.zh, one.en),
                sent=value_at(stored, one.pointer), here=value_at(standard.plain, one.pointer),
            )
            for one in found if one.severity == "error"
        ]  # fmt: skip


def _lines_of(refusals: Sequence[Refusal]) -> list[FaultLine]:
    return [
        fault_line(one.rule, f"/local{one.pointer}", one.said, sent=one.local_value, here=one.standard_value)
        for one in refusals
    ]


def first_day(wanted: date | None, today: date) -> date:
    """Return from which day on a row is to hold; raises BackDated."""
    if wanted is not None and wanted < today:
        raise BackDated(
            f"生效日期 {wanted} 已过", f"{wanted} is past", element="effective_from", standard_value=str(today)
        )
    return wanted or today


def no_agency(code: str) -> FaultLine:
    """Return the fault of a row about an agency that is not there."""
    said = Said(f"没有编码为 {code} 的实施主体", f"there is no agency {code}")
    return fault_line(slug(NoSuchAgency), "/agency_code", said, sent=code)


def not_allowed(right: Right, code: str) -> FaultLine:
    """Return the fault of a row outside the caller's place."""
    said = RIGHT_NAMES[right]
    return fault_line(
        slug(NotAllowed), "/agency_code", Said(f"您无权在 {code} {said.zh}", f"you may not {said.en} at {code}"),
        sent=code,
    )  # fmt: skip

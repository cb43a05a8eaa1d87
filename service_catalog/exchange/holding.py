"""Holding one handed-in row against the standard: by the very rules that a draft is weighed with, never by others."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import Session

from service_catalog.access.places import place_in
from service_catalog.access.rights import Place, Right, may
from service_catalog.actors import Actor
from service_catalog.basic_items.editing import find_item
from service_catalog.basic_items.tables import BasicItem
from service_catalog.changes.tables import Subject
from service_catalog.exchange.finding_items import Found
from service_catalog.exchange.import_schemas import ElementLine, Outcome, RowLine, Verdict
from service_catalog.exchange.intake import HandedIn, Intake
from service_catalog.exchange.sheets import AGENCY, LEVEL, SEEN, seen_edition
from service_catalog.exchange.speaking import Statement
from service_catalog.exchange.verdicts import line_of, of_error, of_refusal, of_trouble, verdicts_of
from service_catalog.implementations.claiming import SHELF, LevelNotInStandard, weighed
from service_catalog.implementations.comparing import in_one_order
from service_catalog.implementations.content import LocalContent
from service_catalog.implementations.gathering import in_work_words
from service_catalog.implementations.inheritance import Standard, screen
from service_catalog.implementations.pointers import as_sent, element_at, places_of_rows, value_at
from service_catalog.implementations.standards import standard_to_implement
from service_catalog.implementations.tables import Implementation, ImplementationEdition
from service_catalog.implementations.tightening import Case, obeys
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.errors import CatalogError, InvalidRequest, Said
from service_catalog.kernel.problems import slug
from service_catalog.lifecycle import standing
from service_catalog.lifecycle.states import OPEN, WorkState
from service_catalog.registers.registers import Registers, registers_of

_TRANSLATIONS = "translations"


class Held(NamedTuple):
    """A row of the report, and, where it may be received, what to write."""

    line: RowLine
    code: str | None = None
    content: Mapping[str, Any] | None = None
    revision: int | None = None
    read: int | None = None
    """Edition that the row says its writer had before them."""


class _Now(NamedTuple):
    """What the catalogue has of an implementation now."""

    claimed: Implementation | None
    newest: ImplementationEdition | None
    stored: LocalContent | None
    """The newest edition as it still tightens the standard; None where there is none."""
    in_work: bool
    """The newest edition is open still; one that has taken effect by the clock is not."""

    @property
    def seen(self) -> str | None:
        if self.newest is None:
            return None
        return self.newest.seen if self.in_work else f"{self.newest.number}.{self.newest.revision}.published"

    @property
    def plain(self) -> dict[str, Any]:
        return self.stored.differences() if self.stored else {}


class Holder:
    """Holds rows against the catalogue of one moment, for one actor."""

    def __init__(self, session: Session, intake: Intake, *, by: Actor, at: datetime) -> None:
        self.session, self.intake, self.by, self.at = session, intake, by, at
        self.day = civil_day(at)
        self.registers: Registers = registers_of(session)
        self._places: dict[tuple[str, str], Place] = {}
        self._standards: dict[str, Standard] = {}

    def hold(self, row: HandedIn, found: Found) -> Held:
        """Say what a row is, element by element."""
        lines = [of_trouble(trouble) for trouble in found.troubles]
        if found.body is None or found.level is None or found.basic_code is None:
            return Held(self._line(row, found, lines))
        if not self._may(found):
            said = Said(
                f"您无权为 {found.body.name}（{found.body.code}）上报", f"you may not hand in for {found.body.code}"
            )
            where = row.cells[AGENCY].where if AGENCY in row.cells else row.where
            refused = line_of("agency_code", where, Verdict.REFUSED, "not-allowed", said, None, found.body.code)
            return Held(self._line(row, found, [refused]))
        try:
            return self._held(row, found, lines)
        except CatalogError as error:
            return Held(self._line(row, found, [*lines, of_error(error, row.where)]))

    def _may(self, found: Found) -> bool:
        assert found.body is not None
        key = (found.body.region_code, found.body.code)
        if key not in self._places and self.by.grants is not None:
            self._places[key] = place_in(self.session, *key)
        return self.by.grants is None or all(
            may(self.by, right, self._places[key]) for right in (Right.HAND_IN, Right.WRITE_LOCAL)
        )

    def _held(self, row: HandedIn, found: Found, lines: list[ElementLine]) -> Held:
        assert found.body is not None
        assert found.level is not None
        assert found.basic_code is not None
        item = find_item(self.session, found.basic_code)
        standard = self._standard(item)
        implementation, now = self._now(found, item)
        statement = Statement(row, standard, now.plain, self.registers)
        statement.speak(code_says=found.code_says, parts_stated=self.intake.parts_stated)
        lines += [of_trouble(trouble) for trouble in statement.troubles]
        wrong_level = self._level(row, found, standard)
        lines += _in_work(now, self.by, statement.anchor)
        local = self._weighed(implementation, standard, statement, lines)
        if wrong_level:  # what a level may rest its power on cannot be said of a level that has none
            lines[:] = [*wrong_level, *(line for line in lines if line.element != "power_source")]
        if local is None:
            return Held(self._line(row, found, lines, standard, now))
        bad = {line.element.partition(".")[0] for line in lines}
        equal = verdicts_of(lines, statement, local, now.plain, self.registers, bad)
        unchanged = now.stored is not None and in_one_order(local) == in_one_order(now.stored)
        line = self._line(row, found, lines, standard, now, equal, unchanged=unchanged)
        revision = now.newest.revision if line.action == "revise" and now.newest else None
        return Held(line, found.code, local.differences(), revision, seen_edition(row.text(SEEN), found.code))

    def _standard(self, item: BasicItem) -> Standard:
        if item.basic_code not in self._standards:
            self._standards[item.basic_code] = standard_to_implement(self.session, item, self.day)
        return self._standards[item.basic_code]

    def _now(self, found: Found, item: BasicItem) -> tuple[Implementation, _Now]:
        assert found.body is not None
        assert found.level is not None
        code = found.body.code + found.level + item.basic_code
        claimed = self.session.get(Implementation, code)
        implementation = claimed or Implementation(
            implementation_code=code, agency_code=found.body.code, exercise_level=found.level,
            basic_code=item.basic_code, region_code=found.body.region_code, claimed_by=self.by.name, claimed_at=self.at,
        )  # fmt: skip
        if claimed is None:
            return implementation, _Now(None, None, None, in_work=False)
        standing.refuse_cancelled(self.session, [(Subject.IMPLEMENTATION, code)], self.day)
        kept = [edition for edition in SHELF.all_of(self.session, code) if edition.state is not WorkState.WITHDRAWN]
        newest = kept[-1] if kept else None
        stored = weighed(self.session, claimed, newest.content, day=self.day)[1] if newest else None
        in_work = newest is not None and newest.state in OPEN and not newest.is_due(self.day)
        return implementation, _Now(claimed, newest, stored, in_work)

    def _level(self, row: HandedIn, found: Found, standard: Standard) -> list[ElementLine]:
        rule = self.registers.matrix["exercise_level"].rule
        case = Case(standard.content, LocalContent.model_validate(_OFFERED), found.level or "", _no_run)
        said = obeys(rule, found.level, None, case)
        if said is None:
            return []
        where = row.cells[LEVEL].where if LEVEL in row.cells and row.cells[LEVEL].text else row.where
        levels = list(standard.content.exercise_levels)
        return [line_of("exercise_level", where, Verdict.REFUSED, slug(LevelNotInStandard), said, levels, found.level)]

    def _weighed(
        self, implementation: Implementation, standard: Standard, statement: Statement, lines: list[ElementLine]
    ) -> LocalContent | None:
        kept, refusals = screen(statement.content, standard, self.registers.matrix)
        lines += [of_refusal(refusal, statement, refusal.pointer) for refusal in refusals]
        places = places_of_rows(kept, statement.content)
        try:
            _, local, more = weighed(self.session, implementation, kept, day=self.day)
        except InvalidRequest as error:
            lines += [
                line_of(
                    element_at(fault.pointer), statement.where(as_sent(fault.pointer, places)), Verdict.UNKNOWN,
                    "malformed", fault.said, None, value_at(kept, fault.pointer),
                )
                for fault in error.faults
            ]  # fmt: skip
            return None
        except CatalogError as error:
            element = str(error.facts.get("element", "row"))
            lines.append(of_error(error, statement.where(f"/{element}")))
            return None
        # What is translated stands in no sheet; a translation whose text has gone falls away with it.
        lines += [
            of_refusal(one, statement, as_sent(one.pointer, places)) for one in more if one.element != _TRANSLATIONS
        ]
        return local

    def _line(
        self,
        row: HandedIn,
        found: Found,
        lines: list[ElementLine],
        standard: Standard | None = None,
        now: _Now | None = None,
        equal: list[str] | None = None,
        *,
        unchanged: bool = False,
    ) -> RowLine:
        verdicts = {line.verdict for line in lines}
        outcome, action = Outcome.ACCEPTABLE, None
        if verdicts & {Verdict.LOOSER, Verdict.REFUSED}:
            outcome = Outcome.REFUSED
        elif Verdict.UNKNOWN in verdicts or standard is None:
            outcome = Outcome.NEEDS_A_PERSON
        elif unchanged:
            outcome = Outcome.UNCHANGED
        elif now is not None:
            action = "claim" if now.claimed is None else "revise" if now.in_work else "draft"
        return RowLine(
            sheet=row.sheet, row=row.number, cell=_anchor(row), name=row.text("@name"),
            implementation_code=found.code, matched_by=found.matched_by, candidates=found.candidates, outcome=outcome,
            action=action, standard_edition=standard.edition if standard else None,
            seen=now.seen if now else None, elements=lines, equal=equal or [],
        )  # fmt: skip


_OFFERED: dict[str, Any] = {"availability": {"status": "offered"}}


def _no_run(days: int) -> int | None:
    return None


def _anchor(row: HandedIn) -> str:
    for path in ("@name", "@implementation_code", "@basic_code"):
        if row.text(path):
            return row.cells[path].where
    return row.where


def _in_work(now: _Now, by: Actor, where: str) -> list[ElementLine]:
    """Somebody else's draft is not written over; what lies with a reviewer even less."""
    newest = now.newest
    if newest is None or not now.in_work:
        return []
    if newest.state in (WorkState.DRAFT, WorkState.RETURNED) and newest.drafted_by == by.name:
        return []
    return [line_of("row", where, Verdict.UNKNOWN, "edition_in_work", in_work_words(newest), None, None)]

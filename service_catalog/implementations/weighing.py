"""Weighing a local part: what may be tightened is held against the standard, and may only be tightened; pure."""

from typing import Any

from service_catalog.basic_items.limits import LongestRun, TimeLimit
from service_catalog.implementations.content import LocalContent, LocalFlags, LocalStep
from service_catalog.implementations.refusals import ROWS, Matrix, Refusal, Standard, refusal_of
from service_catalog.implementations.tightening import FORMS_RULE, Case, held_against, obeys, says_as_long, steps_exceed
from service_catalog.kernel.errors import Said
from service_catalog.kernel.problems import pointer_to

ADDITIVE = frozenset({"materials.filling_notes", "materials.sample", "fees.reduction", "results.sample", "questions"})
"""Elements whose local value stands beside that of the standard, so that a superset is given by what is added."""


def weigh(
    local: LocalContent, standard: Standard, level: str, matrix: Matrix, worst: LongestRun
) -> tuple[LocalContent, list[Refusal]]:
    """Return the local content without whatever loosens the standard, and why each was left out.

    The same function serves a draft (any refusal refuses it) and a guide (where the standard has moved
    since, the standard wins over a local value that no longer tightens it).
    """
    scale = _Scale(local, standard, level, matrix, worst)
    scale.weigh_values()
    scale.weigh_materials()
    scale.weigh_steps()
    scale.weigh_fees()
    scale.weigh_waiver()
    scale.weigh_results()
    scale.weigh_handling_items()
    scale.weigh_intermediaries()
    scale.weigh_questions()
    return local.model_copy(update=scale.changed), scale.refusals


class _Scale:
    """One weighing: collects refusals, and the values to put in place of what was refused."""

    def __init__(self, local: LocalContent, standard: Standard, level: str, matrix: Matrix, worst: LongestRun) -> None:
        self.local, self.content, self.matrix = local, standard.content, matrix
        self.case = Case(standard.content, local, level, worst)
        self.refusals: list[Refusal] = []
        self.changed: dict[str, Any] = {}

    def allows(
        self,
        element: str,
        pointer: str,
        local: Any,
        standard: Any,
        row: Any = None,
        shown: tuple[Any, Any] | None = None,
    ) -> bool:
        """Apply the matrix to one value; equal values pass under any policy but are not differences."""
        entry = self.matrix.get(element)
        case = Case(self.case.content, self.case.local, self.case.level, self.case.worst, row)
        if entry is None or entry.policy == "locked":
            said: Said | None = Said("由统一标准规定，不得修改", "locked by the standard")
        elif element in ADDITIVE and entry.rule == "superset":
            said = None
        elif element == "materials.forms_accepted" and entry.rule == "superset":
            said = FORMS_RULE(local, standard, "", case)
        else:
            said = obeys(entry.rule, local, standard, case)
        if said is None:
            return True
        bound = held_against(entry.rule if entry else None, local, standard, case)
        ours, theirs = shown if shown is not None else (_plain(local), _plain(bound))
        self.refusals.append(refusal_of(element, pointer, self.matrix, said, theirs, ours))
        return False

    def weigh_values(self) -> None:
        for element in (
            "promised_limit",
            "case_kind",
            "on_site_visits",
            "is_charged",
            "cross_area_scope",
            "channels",
            "online_depth",
        ):
            value, standard = getattr(self.local, element), getattr(self.content, element)
            absent = LocalContent.model_fields[element].default
            if value == absent:
                continue
            if _same(value, standard) or not self.allows(element, f"/{element}", value, standard):
                self.changed[element] = absent
        self._weigh_case_kind()
        self._weigh_words()
        if self.local.power_source is not None:
            standard = self.content.power_sources_by_level.get(self.case.level, ())  # type: ignore[call-overload]
            if not self.allows("power_source", "/power_source", self.local.power_source, standard):
                self.changed["power_source"] = None
        self._weigh_flags()

    @property
    def promise(self) -> TimeLimit | None:
        """The promise as far as it has been weighed."""
        ours: TimeLimit | None = self.changed.get("promised_limit", self.local.promised_limit)
        return ours or self.content.promised_limit

    def _weigh_case_kind(self) -> None:
        """An immediate case is promised on the spot; the kind alone would promise nothing."""
        promise = self.promise
        if self.changed.get("case_kind", self.local.case_kind) != "1" or promise is None or promise.amount is None:
            return
        said = Said("改为即办件须同时承诺当场办结", "an immediate case needs an immediate promise (unit immediate)")
        self.refusals.append(refusal_of("case_kind", "/case_kind", self.matrix, said, self.content.case_kind, "1"))
        self.changed["case_kind"] = None

    def _weigh_words(self) -> None:
        """Words that the standard already says are no difference."""
        if self.local.on_site_reason == self.content.on_site_reason:
            self.changed["on_site_reason"] = None
        if set(self.local.aliases) & set(self.content.aliases):
            self.changed["aliases"] = tuple(name for name in self.local.aliases if name not in self.content.aliases)

    def _weigh_flags(self) -> None:
        if self.local.service_flags is None:
            return
        kept = {}
        for flag, value in self.local.service_flags.model_dump(exclude_none=True).items():
            same = value == getattr(self.content.service_flags, flag)
            if not same and self.allows("service_flags", "/service_flags", {flag: value}, {flag: not value}):
                kept[flag] = value
        self.changed["service_flags"] = LocalFlags(**kept) if kept else None

    def weigh_waiver(self) -> None:
        """Waiving all charges rests on a fee row of amount 0 for every fee; without them it falls."""
        fees = self.changed.get("fees", self.local.fees)
        charged = {fee.key for fee in self.content.fees} - {fee.key for fee in fees if fee.amount == 0}
        if self.changed.get("is_charged", self.local.is_charged) is False and charged:
            said = Said(
                "免收须逐项写明金额为 0、文号和起始日期",
                "a waiver states amount 0, document number and first day for every fee",
            )
            self.refusals.append(refusal_of("is_charged", "/is_charged", self.matrix, said, True, False))
            self.changed["is_charged"] = None

    def weigh_materials(self) -> None:
        standard = {row.key: row for row in self.content.materials}
        rows = []
        for index, local in enumerate(self.local.materials):
            own = standard.get(local.key)
            pointer = f"/materials/{index}"
            if own is None:
                continue  # the paper has gone from the standard: its local row is history
            refused: dict[str, Any] = {}
            if local.dropped and not self.allows(
                "materials", f"{pointer}/dropped", True, False, own, (local.key, own.necessity)
            ):
                refused["dropped"] = False
            for column in ("necessity", "original_copies", "photo_copies", "forms_accepted", "source"):
                value, theirs = getattr(local, column), getattr(own, column)
                if value is None:
                    continue
                if value == theirs or not self.allows(
                    f"materials.{column}", f"{pointer}{pointer_to((column,))}", value, theirs, own
                ):
                    refused[column] = None
            refused["filling_notes"] = _beyond(own.filling_notes, local.filling_notes)
            for column, added in (("filling_notes", refused["filling_notes"]), ("sample", local.sample)):
                same = added is None or added == getattr(own, column)
                if same or not self.allows(
                    f"materials.{column}", f"{pointer}/{column}", added, getattr(own, column), own
                ):
                    refused[column] = None
            rows.append(local.model_copy(update=refused))
        self._keep("materials", rows)

    def weigh_steps(self) -> None:
        standard = {row.key: row for row in self.content.steps}
        rows = []
        for index, local in enumerate(self.local.steps):
            own = standard.get(local.key)
            if own is None:
                continue  # the step has gone from the standard: its local row is history
            refused: dict[str, Any] = {}
            if local.limit is not None and (
                says_as_long(local.limit, own.limit)
                or not self.allows("steps.limit", f"/steps/{index}/limit", local.limit, own.limit, own)
            ):
                refused["limit"] = None
            rows.append(local.model_copy(update=refused))
        self._keep("steps", self._fitting(rows))

    def _fitting(self, rows: list[LocalStep]) -> list[LocalStep]:
        """Hold all steps together against the promise, where either is local; limits that do not fit are left out.

        A shorter promise stays: in a guide it counts for more than the steps, which then show no limits.
        """
        limits = {row.key: row.limit for row in rows if row.limit is not None}
        promise = self.promise
        if promise is None or (not limits and promise == self.content.promised_limit):
            return rows
        steps = tuple(
            step.model_copy(update={"limit": limits.get(step.key, step.limit)}) for step in self.content.steps
        )
        said = steps_exceed(steps, promise, self.case.worst)
        if said is None:
            return rows
        shown = [{"key": step.key, "limit": _plain(step.limit)} for step in steps if step.limit is not None]
        self.refusals.append(refusal_of("steps.limit", "/steps", self.matrix, said, _plain(promise), shown))
        return [row.model_copy(update={"limit": None}) for row in rows]

    def weigh_fees(self) -> None:
        standard = {row.key: row for row in self.content.fees}
        rows = []
        for index, local in enumerate(self.local.fees):
            own = standard.get(local.key)
            if own is None or not self.allows("fees.standard", f"/fees/{index}", local, own, own):
                continue
            same = {"amount": local.amount == own.amount, "standard": local.standard == own.standard}
            update: dict[str, Any] = {column: None for column, equal in same.items() if equal}
            added = tuple(row for row in local.reductions if row not in own.reductions)
            pointer = f"/fees/{index}/reductions"
            may = not added or self.allows("fees.reduction", pointer, added, own.reductions, own)
            update["reductions"] = added if may else ()
            lighter = local.model_copy(update=update)
            if lighter.amount is None and lighter.standard is None:
                dates = {"document_number": None, "valid_from": None, "valid_until": None}
                lighter = lighter.model_copy(update=dates)
            rows.append(lighter)
        self._keep("fees", rows)

    def weigh_results(self) -> None:
        standard = {row.key: row for row in self.content.results}
        rows = []
        for index, local in enumerate(self.local.results):
            own = standard.get(local.key)
            if own is None:
                continue
            refused: dict[str, Any] = {}
            if local.delivery is not None and (
                _same(local.delivery, own.delivery)
                or not self.allows("results.delivery", f"/results/{index}/delivery", local.delivery, own.delivery, own)
            ):
                refused["delivery"] = None
            pointer = f"/results/{index}/sample"
            same = local.sample is None or local.sample == own.sample
            if same or not self.allows("results.sample", pointer, local.sample, own.sample, own):
                refused["sample"] = None
            rows.append(local.model_copy(update=refused))
        self._keep("results", rows)

    def weigh_handling_items(self) -> None:
        standard = {row.serial for row in self.content.handling_items}
        rows = [
            local
            for index, local in enumerate(self.local.handling_items)
            if local.serial in standard
            and not local.offered
            and self.allows("handling_items.offered", f"/handling_items/{index}", local, True, local)
        ]
        self._keep("handling_items", rows)

    def weigh_intermediaries(self) -> None:
        known = {row.name for row in self.content.intermediary_services}
        rows = [
            local
            for index, local in enumerate(self.local.intermediary_services)
            if local.dropped
            and local.name in known
            and self.allows("intermediary_services", f"/intermediary_services/{index}", local, sorted(known))
        ]
        self._keep("intermediary_services", rows)

    def weigh_questions(self) -> None:
        standard = {row.question: row.answer for row in self.content.questions}
        rows = []
        for index, local in enumerate(self.local.questions):
            if local.question not in standard:
                if self.allows("questions", f"/questions/{index}", local, list(standard)):
                    rows.append(local)
            elif local.answer != standard[local.question]:
                said = Said("标准中的问答不得改写", "an answer of the standard is not rewritten")
                pointer = f"/questions/{index}/answer"
                self.refusals.append(
                    refusal_of("questions", pointer, self.matrix, said, standard[local.question], local.answer)
                )
        self._keep("questions", rows)

    def _keep(self, element: str, rows: list[Any]) -> None:
        name = ROWS.get(element)
        if name is not None:
            rows = [row for row in rows if row.model_dump(exclude_defaults=True, exclude_none=True).keys() - {name}]
        if tuple(rows) != getattr(self.local, element):
            self.changed[element] = tuple(rows)


def _beyond(standard: str | None, local: str | None) -> str | None:
    """Return what local notes add to those of the standard, which they may repeat at their head."""
    while standard and local is not None and (local == standard or local.startswith(standard + "\n")):
        local = local[len(standard) :].strip("\n") or None
    return local


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, TimeLimit) and isinstance(other, TimeLimit):
        return says_as_long(one, other)
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and set(one) == set(other)
    return bool(one == other)


def _plain(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value

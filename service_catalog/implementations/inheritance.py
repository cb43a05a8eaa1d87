"""What an agency may write: the inheritance matrix applied to a local draft; pure.

`screen` looks at what was sent: locked elements must equal the standard (and are then not stored),
unknown ones are refused. `weigh` looks at what remains: tightening may only tighten. Both report
everything at once; nothing is ignored silently and nothing is half accepted.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError

from service_catalog.basic_items.content import ItemContent
from service_catalog.basic_items.limits import LongestRun
from service_catalog.implementations.content import LocalContent, LocalFlags
from service_catalog.implementations.tightening import FORMS_RULE, Case, obeys, steps_exceed
from service_catalog.kernel.errors import Fault, Invalid, InvalidRequest, Said
from service_catalog.kernel.problems import faults_of, pointer_to
from service_catalog.registers.registers import MatrixRow

Matrix = Mapping[str, MatrixRow]

ROWS = {
    "materials": "key",
    "steps": "key",
    "fees": "key",
    "results": "key",
    "handling_items": "serial",
    "intermediary_services": "name",
}
"""Elements made of rows, and the column that names a row."""
ADDITIVE = frozenset({"materials.filling_notes", "materials.sample", "fees.reduction", "results.sample", "questions"})
"""Elements whose local value stands beside that of the standard, so that a superset is given by what is added."""
ELEMENT_OF_COLUMN = {
    "materials.dropped": "materials",
    "fees.amount": "fees.standard",
    "fees.document_number": "fees.standard",
    "fees.valid_from": "fees.standard",
    "fees.valid_until": "fees.standard",
    "fees.reductions": "fees.reduction",
    "handling_items.reason": "handling_items.offered",
    "intermediary_services.dropped": "intermediary_services",
}
"""Columns that a matrix element governs under another name."""


@dataclass(frozen=True)
class Standard:
    """The edition of a standard that a local draft is held against."""

    basic_code: str
    item_type: str
    parent_basic_code: str | None
    edition: int
    content: ItemContent
    effective_from: date
    effective_until: date | None
    plain: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.plain.update(self.content.model_dump(mode="json"))
        self.plain.update(
            basic_code=self.basic_code, item_type=self.item_type, parent_basic_code=self.parent_basic_code
        )


class Refusal(NamedTuple):
    """One thing that may not be written: the element, the rule, both values."""

    element: str
    pointer: str
    policy: str
    rule: str
    said: Said
    standard_value: Any
    local_value: Any

    def facts(self) -> dict[str, Any]:
        """Return the refusal as plain data, without the sentence."""
        return {
            "element": self.element,
            "pointer": self.pointer,
            "policy": self.policy,
            "rule": self.rule,
            "standard_value": self.standard_value,
            "local_value": self.local_value,
        }


class LocalRefused(Invalid):
    """The local draft writes what the standard does not leave to the agency."""

    title = Said("本地内容违反统一标准", "The local content departs from the standard")

    def __init__(self, refusals: list[Refusal], edition: int) -> None:
        super().__init__(
            "；".join(f"{refusal.element}：{refusal.said.zh}" for refusal in refusals),
            "; ".join(f"{refusal.element}: {refusal.said.en}" for refusal in refusals),
            refusals=[refusal.facts() | {"zh": refusal.said.zh, "en": refusal.said.en} for refusal in refusals],
            standard_edition=edition,
        )
        self.refusals = refusals


def check(
    draft: Mapping[str, Any], standard: Standard, level: str, matrix: Matrix, worst: LongestRun
) -> tuple[LocalContent, list[Refusal]]:
    """Return the differences that may be stored and every refusal; raises InvalidRequest for malformed values."""
    kept, refusals = screen(draft, standard, matrix)
    try:
        local = LocalContent.model_validate(kept)
    except ValidationError as error:
        raise InvalidRequest(faults_of(error.errors(), root=())) from error
    lighter, more = weigh(local, standard, level, matrix, worst)
    return lighter, refusals + more


def screen(draft: Mapping[str, Any], standard: Standard, matrix: Matrix) -> tuple[dict[str, Any], list[Refusal]]:
    """Take out what equals the standard; refuse what is locked or unknown."""
    kept: dict[str, Any] = {}
    refusals: list[Refusal] = []
    for element, value in draft.items():
        if element in ROWS and isinstance(value, list):
            kept[element] = list(_screen_rows(element, value, standard, matrix, refusals))
        elif _passes(
            element, pointer_to((element,)), value, standard.plain.get(element), matrix, refusals, standard.edition
        ):
            kept[element] = value
    return kept, refusals


def _screen_rows(
    element: str, rows: list[Any], standard: Standard, matrix: Matrix, refusals: list[Refusal]
) -> Iterator[dict[str, Any]]:
    name = ROWS[element]
    known = {row[name]: row for row in standard.plain[element]}
    seen: set[str] = set()
    for index, row in enumerate(rows):
        pointer = f"/{element}/{index}"
        if not isinstance(row, dict):
            raise InvalidRequest([Fault(pointer, Said("应为一行内容", "should be an object"))])
        key = row.get(name)
        own = known.get(key) if isinstance(key, str) else None
        if own is None:
            said = Said("只能使用标准中已有的行，不得新增", "rows come from the standard, none may be added")
            refusals.append(_refusal(element, pointer, matrix, said, sorted(known), row))
        elif key in seen:
            refusals.append(
                _refusal(element, pointer, matrix, Said(f"“{key}”出现两次", f"{key} stands twice"), key, key)
            )
        else:
            seen.add(str(key))
            columns = {
                column: value
                for column, value in row.items()
                if column == name
                or _passes(
                    f"{element}.{column}",
                    f"{pointer}{pointer_to((column,))}",
                    value,
                    own.get(column),
                    matrix,
                    refusals,
                    standard.edition,
                )
            }
            if len(columns) > 1:
                yield columns


def _passes(
    element: str, pointer: str, value: Any, standard_value: Any, matrix: Matrix, refusals: list[Refusal], edition: int
) -> bool:
    governed_by = ELEMENT_OF_COLUMN.get(element, element)
    row = matrix.get(governed_by) or _inherited(governed_by, matrix)
    if row is None:
        said = Said("不认识的要素", "unknown element")
        refusals.append(Refusal(element, pointer, "unknown", "element_unknown", said, None, value))
        return False
    if row.policy != "locked":
        return True
    outside_its_row = "." in element and pointer == pointer_to((element,))
    if outside_its_row or not _says_the_same(element, value, standard_value):
        said = Said(
            f"“{row.zh}”由统一标准第 {edition} 版规定，不得修改",
            f"{governed_by} is locked by edition {edition} of the standard",
        )
        refusals.append(
            Refusal(
                governed_by if "." not in element else element,
                pointer,
                "locked",
                "element_locked",
                said,
                standard_value,
                value,
            )
        )
    return False


def _inherited(element: str, matrix: Matrix) -> MatrixRow | None:
    """A column without a row of its own is locked, where its element is known and the standard has such a column."""
    base, _, column = element.partition(".")
    if not column or base not in matrix or column not in _STANDARD_COLUMNS.get(base, ()):
        return None
    return MatrixRow(element, "locked", None, matrix[base].reason, f"{matrix[base].zh}·{column}")


def _row_model(element: str) -> type[BaseModel]:
    annotation: Any = ItemContent.model_fields[element].annotation
    model: type[BaseModel] = get_args(annotation)[0]
    return model


_STANDARD_COLUMNS = {element: frozenset(_row_model(element).model_fields) for element in ROWS}


def _readers(model: type[BaseModel], prefix: str = "") -> dict[str, TypeAdapter[Any]]:
    fields: dict[str, Any] = {prefix + name: field.annotation for name, field in model.model_fields.items()}
    return {name: TypeAdapter(annotation) for name, annotation in fields.items()}


_TYPES = _readers(ItemContent)
for _element in ROWS:
    _TYPES |= _readers(_row_model(_element), f"{_element}.")


def _says_the_same(element: str, value: Any, standard_value: Any) -> bool:
    """Compare as the document model reads it: an empty member may be left out, a date is a date."""
    if value == standard_value:
        return True
    reads = _TYPES.get(element)
    if reads is None:
        return False
    try:
        return bool(reads.validate_python(value) == reads.validate_python(standard_value))
    except ValidationError:
        return False


def _refusal(element: str, pointer: str, matrix: Matrix, said: Said, standard_value: Any, local_value: Any) -> Refusal:
    row = matrix.get(element)
    policy, rule = (row.policy, row.rule or "element_locked") if row else ("unknown", "element_unknown")
    return Refusal(element, pointer, policy, rule, said, standard_value, local_value)


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
        ours, theirs = shown if shown is not None else (_plain(local), _plain(standard))
        self.refusals.append(_refusal(element, pointer, self.matrix, said, theirs, ours))
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
        if self.local.power_source is not None:
            standard = self.content.power_sources_by_level.get(self.case.level, ())  # type: ignore[call-overload]
            if not self.allows("power_source", "/power_source", self.local.power_source, standard):
                self.changed["power_source"] = None
        self._weigh_flags()

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
            self.refusals.append(_refusal("is_charged", "/is_charged", self.matrix, said, True, False))
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
                local.limit == own.limit
                or not self.allows("steps.limit", f"/steps/{index}/limit", local.limit, own.limit, own)
            ):
                refused["limit"] = None
            rows.append(local.model_copy(update=refused))
        limits = {row.key: row.limit for row in rows if row.limit is not None}
        steps = tuple(
            step.model_copy(update={"limit": limits.get(step.key, step.limit)}) for step in self.content.steps
        )
        promise = self.changed.get("promised_limit", self.local.promised_limit) or self.content.promised_limit
        said = steps_exceed(steps, promise, self.case.worst) if limits else None
        if said:
            self.refusals.append(
                _refusal("steps.limit", "/steps", self.matrix, said, _plain(promise), _plain(list(limits.values())))
            )
            rows = [row.model_copy(update={"limit": None}) for row in rows]
        self._keep("steps", rows)

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
                    _refusal("questions", pointer, self.matrix, said, standard[local.question], local.answer)
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
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and set(one) == set(other)
    return bool(one == other)


def _plain(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value

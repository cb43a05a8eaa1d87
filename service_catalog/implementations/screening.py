"""Screening a local draft: what equals the standard is taken out, what is locked or unknown is refused; pure."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError

from service_catalog.basic_items.content import ItemContent
from service_catalog.basic_items.translations import ELEMENT as TRANSLATIONS
from service_catalog.implementations.refusals import ROWS, Matrix, Refusal, Standard, refusal_of
from service_catalog.kernel.errors import Fault, InvalidRequest, Said
from service_catalog.kernel.problems import pointer_to
from service_catalog.registers.registers import MatrixRow

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
PART_OF = {
    "statutory_limit_explanation": "statutory_limit",
    "power_sources_by_level": "exercise_levels",
    "punishment_method": "item_type",
    "collect_type": "item_type",
    "permits_reduction": "item_type",
}
"""Elements of the standard that the matrix does not name by themselves: locked with the one that they belong to."""
GIVEN_AT_PUBLICATION = frozenset({"effective_from", "effective_until"})


def screen(draft: Mapping[str, Any], standard: Standard, matrix: Matrix) -> tuple[dict[str, Any], list[Refusal]]:
    """Take out what equals the standard; refuse what is locked or unknown."""
    kept: dict[str, Any] = {}
    refusals: list[Refusal] = []
    for element, value in draft.items():
        if element in ROWS and isinstance(value, list):
            kept[element] = list(_screen_rows(element, value, standard, matrix, refusals))
        elif element in GIVEN_AT_PUBLICATION and element in matrix:
            said = Said("在发布时给出，不写在草稿中", "given at publication, not in a draft")
            refusals.append(refusal_of(element, pointer_to((element,)), matrix, said, None, value))
        elif _passes(
            element, pointer_to((element,)), value, standard.plain.get(element), matrix, refusals, standard.edition
        ):
            kept[element] = _beside_the_standards(value, standard) if element == TRANSLATIONS else value
    return kept, refusals


def _beside_the_standards(translations: Any, standard: Standard) -> Any:
    """Leave out translations of the standard that are sent back as they are."""
    if not isinstance(translations, list):
        return translations
    theirs = [(row["path"], row["text"]) for row in standard.plain[TRANSLATIONS]]
    return [
        row for row in translations if not isinstance(row, dict) or (row.get("path"), row.get("text")) not in theirs
    ]


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
            refusals.append(refusal_of(element, pointer, matrix, said, sorted(known), row))
        elif key in seen:
            refusals.append(
                refusal_of(element, pointer, matrix, Said(f"“{key}”出现两次", f"{key} stands twice"), key, key)
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
    row = matrix.get(governed_by) or _part_of_another(governed_by, matrix) or _inherited(governed_by, matrix)
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


def _part_of_another(element: str, matrix: Matrix) -> MatrixRow | None:
    whole = matrix.get(PART_OF.get(element, ""))
    return whole and MatrixRow(element, "locked", None, whole.reason, f"{whole.zh}·{element}")


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

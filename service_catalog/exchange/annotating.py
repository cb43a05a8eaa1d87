"""The file as it was handed in, with what is wrong written into its cells: coloured, commented, and a result for each row."""

import io
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from service_catalog.exchange.import_schemas import (
    OUTCOME_NAMES,
    VERDICT_NAMES,
    ElementLine,
    ImportView,
    Outcome,
    RowLine,
    Verdict,
)
from service_catalog.exchange.sheets import RESULT
from service_catalog.exchange.workbook import Sheet, Workbook, address, new_workbook

_BAD = {Verdict.LOOSER: "#F8CBAD", Verdict.REFUSED: "#F8CBAD", Verdict.UNKNOWN: "#FFE699"}
_OUTCOMES = {
    Outcome.ACCEPTABLE: "#C6EFCE", Outcome.RECEIVED: "#C6EFCE", Outcome.UNCHANGED: "#EDEDED", Outcome.REFUSED: "#F8CBAD",
    Outcome.NEEDS_A_PERSON: "#FFE699",
}  # fmt: skip
_LONGEST_NOTE, _LONGEST_VALUE, _LONGEST_CELL = 2_000, 200, 32_000


def annotated(book: Workbook, report: ImportView, *, at: datetime) -> bytes:
    """Return a copy of the workbook with the report in it; every cell is a text, so nothing in it computes."""
    made = io.BytesIO()
    written = new_workbook(made, at)
    faults: defaultdict[str, list[ElementLine]] = defaultdict(list)
    for row in report.rows:
        for line in row.elements:
            if line.verdict in _BAD:
                faults[line.cell].append(line)
    results = {(row.sheet, row.row): row for row in report.rows}
    colours = {colour: written.add_format({"bg_color": colour}) for colour in {*_BAD.values(), *_OUTCOMES.values()}}
    bold = written.add_format({"bold": True})
    for sheet in book.sheets:
        _copy(written.add_worksheet(_name(sheet)), sheet, faults, results, colours, bold)
    written.close()
    return made.getvalue()


def _copy(
    made: Any,
    sheet: Sheet,
    faults: Mapping[str, list[ElementLine]],
    results: Mapping[tuple[str, int], RowLine],
    colours: Mapping[str, Any],
    bold: Any,
) -> None:
    width = len(sheet.header.cells)
    column = sheet.header.cells.index(RESULT) if RESULT in sheet.header.cells else width
    for row in (sheet.header, *sheet.rows):
        for place in range(width):
            text = row.cells[place] if place < len(row.cells) else ""
            lines = faults.get(f"{sheet.name}!{address(place, row.number)}", [])
            if lines:
                made.write_comment(row.number - 1, place, _note(lines), {"x_scale": 2.5, "y_scale": 2})
            style = colours[_BAD[lines[0].verdict]] if lines else bold if row is sheet.header else None
            if text or lines:
                made.write_string(row.number - 1, place, text[:_LONGEST_CELL], style)
        result = results.get((sheet.name, row.number))
        if row is sheet.header:
            made.write_string(row.number - 1, column, RESULT, bold)
        elif result is not None:
            made.write_string(row.number - 1, column, _result(result), colours[_OUTCOMES[result.outcome]])
    made.set_column(column, column, 60)
    made.freeze_panes(sheet.header.number, 0)


def _note(lines: list[ElementLine]) -> str:
    said = [
        f"{VERDICT_NAMES[line.verdict]}：{line.zh}\n标准：{_shown(line.standard_value)}\n填报：{_shown(line.local_value)}"
        for line in lines
    ]
    return "\n".join(said)[:_LONGEST_NOTE]


def _shown(value: Any) -> str:
    return "（无）" if value is None or value == [] else str(value)[:_LONGEST_VALUE]


def _result(row: RowLine) -> str:
    bad = [f"{line.cell.rpartition('!')[2]} {line.zh}" for line in row.elements if line.verdict in _BAD]
    return "：".join(filter(None, [OUTCOME_NAMES[row.outcome], "；".join(bad)]))[:_LONGEST_NOTE]


def _name(sheet: Sheet) -> str:
    """Return a name that Excel takes; a CSV file may have any."""
    kept = "".join(character for character in sheet.name if character not in "[]:*?/\\'")
    return kept[:31] or "Sheet1"

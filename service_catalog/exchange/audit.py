"""Holding one row after another against the rules: findings and the catalogue's own item, changing nothing; pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from service_catalog.coding.judging import CodeRules
from service_catalog.exchange import agency_codes, names
from service_catalog.exchange.columns import LABELS, Columns, Role
from service_catalog.exchange.duplicates import Duplicates
from service_catalog.exchange.item_codes import CodeReading, read_code
from service_catalog.exchange.item_types import ItemTypes, type_remark
from service_catalog.exchange.matching import THRESHOLD, KnownItem, Match, Matcher
from service_catalog.exchange.reading import Row
from service_catalog.exchange.rules import Finding, Remark, finding
from service_catalog.kernel.errors import Said


@dataclass(frozen=True)
class Yardstick:
    """What a list is held against: read once, and passed in."""

    items: tuple[KnownItem, ...]
    types: ItemTypes
    rules: CodeRules

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Basic code → name."""
        return {item.basic_code: item.name for item in self.items}


@dataclass(frozen=True)
class RowAudit:
    """What there is to say about one row."""

    row: int
    name: str
    department: str
    item_type: str
    findings: Sequence[Finding]
    match: Match
    code_forms: Sequence[str]
    agency_form: str | None
    """None where the list has no agency in this row."""


class Audit:
    """The audit of one list."""

    def __init__(
        self, columns: Columns, rows: Sequence[Row], yardstick: Yardstick, *, threshold: float = THRESHOLD
    ) -> None:
        self.columns, self.rows, self.yardstick = columns, rows, yardstick
        self.matcher = Matcher(yardstick.items, threshold)
        self.duplicates = Duplicates(columns, rows)
        self._agencies: dict[str, Remark | None] = {}

    def __iter__(self) -> Iterator[RowAudit]:
        """Audit the rows in their order."""
        return map(self.audit_row, self.rows)

    def audit_row(self, row: Row) -> RowAudit:
        """Return everything there is to say about one row."""
        cell = self._cell
        if not any(text.strip() for text in row.cells):
            return self._empty_row(row)
        codes = {role: self._reading(row, role) for role in self.columns.codes if cell(row, role)}
        match = self.matcher.match(cell(row, Role.NAME))
        found: list[Finding] = [*self._cells(row)]
        for role, remark in self._remarks(row, codes, match):
            found.append(finding(row.number, self.columns.header_of(role), cell(row, role), remark))
        return RowAudit(
            row=row.number,
            name=cell(row, Role.NAME),
            department=cell(row, Role.DEPARTMENT) or cell(row, Role.AGENCY_CODE),
            item_type=cell(row, Role.ITEM_TYPE),
            findings=found,
            match=match,
            code_forms=[reading.layout or reading.form for reading in codes.values()],
            agency_form=self._agency_form(cell(row, Role.AGENCY_CODE)),
        )

    def _empty_row(self, row: Row) -> RowAudit:
        said = Said("各列均为空", "every cell is empty")
        found = finding(row.number, self.columns.header_of(Role.NAME), "", Remark("row_empty", said))
        return RowAudit(row.number, "", "", "", [found], Match("none"), [], None)

    def _cell(self, row: Row, role: Role) -> str:
        return self.columns.cell(row.cells, role)

    def _reading(self, row: Row, role: Role) -> CodeReading:
        return read_code(self._cell(row, role), role, self.yardstick.rules)

    def _cells(self, row: Row) -> Iterator[Finding]:
        for header, text in zip(self.columns.header, row.cells, strict=True):
            for remark in names.untidy_cell(text):
                yield finding(row.number, header, text, remark)

    def _remarks(
        self, row: Row, codes: Mapping[Role, CodeReading], match: Match
    ) -> Iterator[tuple[Role, Remark]]:  # fmt: skip
        yield from self._empty(row, codes)
        for remark in self._of_name(row, match):
            yield Role.NAME, remark
        for remark in self._of_type(row, match):
            yield Role.ITEM_TYPE, remark
        for role, reading in codes.items():
            for remark in self._of_code(row, role, reading):
                yield role, remark
        yield from self._of_agency(row, codes)

    def _empty(self, row: Row, codes: Mapping[Role, CodeReading]) -> Iterator[tuple[Role, Remark]]:
        mandatory = (Role.NAME, Role.ITEM_TYPE, Role.AGENCY_CODE, Role.DEPARTMENT)
        for role in mandatory:
            if role in self.columns and not self._cell(row, role).strip():
                yield role, Remark("cell_empty", Said(f"{LABELS[role]}为空", f"{role.value} is empty"))
        if not codes:
            said = Said("没有任何编码", "there is no code of any kind")
            yield self.columns.codes[0], Remark("cell_empty", said)

    def _of_name(self, row: Row, match: Match) -> Iterator[Remark]:
        name = self._cell(row, Role.NAME)
        yield from names.untidy_name(name)
        yield from self.duplicates.of_name(row)
        if match.kind in ("normalised", "alias", "qualified", "alike"):
            yield _close(match)

    def _of_type(self, row: Row, match: Match) -> Iterator[Remark]:
        text, types = self._cell(row, Role.ITEM_TYPE), self.yardstick.types
        if not text.strip():
            return
        remark = type_remark(text, types)
        if remark:
            yield remark
        code = types.national_code(text)
        if match.item and code and code != match.item.item_type:
            said = Said(
                f"目录中“{match.item.name}”的类型是 {match.item.item_type}",
                f"in the catalogue this item has type {match.item.item_type}",
            )
            yield Remark("item_type_differs_from_catalogue", said)

    def _of_code(self, row: Row, role: Role, reading: CodeReading) -> Iterator[Remark]:
        yield from reading.remarks
        yield from self.duplicates.of_code(row, role)
        yield from self._against_columns(row, reading)
        if reading.form != "own" and reading.agency:
            remark = self._agency(reading.agency)
            if remark:
                yield Remark(remark.rule, remark.said, remark.suggestion, value=reading.agency)
        if reading.basic_code:
            yield from self._against_catalogue(self._cell(row, Role.NAME), reading.basic_code)

    def _against_columns(self, row: Row, reading: CodeReading) -> Iterator[Remark]:
        area = self._cell(row, Role.AREA_CODE)
        if reading.area and area and reading.area != area:
            said = Said(
                f"编码内区划 {reading.area}，区划列 {area}", f"{reading.area} in the code, {area} in its column"
            )
            yield Remark("area_differs_in_code", said)
        item_type = self.yardstick.types.national_code(self._cell(row, Role.ITEM_TYPE))
        if reading.item_type and item_type and reading.item_type != item_type:
            said = Said(
                f"编码内类型 {reading.item_type}，类型列 {item_type}",
                f"{reading.item_type} in the code, {item_type} in its column",
            )
            yield Remark("item_type_differs_in_code", said)

    def _against_catalogue(self, name: str, basic_code: str) -> Iterator[Remark]:
        known = self.yardstick.names.get(basic_code)
        if known is None:
            said = Said(f"本目录没有基本编码 {basic_code}", f"the catalogue has no {basic_code}")
            yield Remark("basic_code_unknown", said)
        elif names.normalised(known) != names.normalised(name):
            said = Said(f"目录中 {basic_code} 是“{known}”", f"in the catalogue {basic_code} is {known}")
            yield Remark("name_differs_for_code", said, known)

    def _of_agency(self, row: Row, codes: Mapping[Role, CodeReading]) -> Iterator[tuple[Role, Remark]]:
        text = self._cell(row, Role.AGENCY_CODE)
        if not text.strip():
            return
        remark = self._agency(text)
        if remark:
            yield Role.AGENCY_CODE, remark
        inside = next((reading.agency for reading in codes.values() if reading.agency), None)
        difference = agency_codes.difference(text, inside) if inside else None
        if difference:
            yield Role.AGENCY_CODE, difference

    def _agency(self, text: str) -> Remark | None:
        if text not in self._agencies:
            self._agencies[text] = agency_codes.agency_remark(text, self.yardstick.rules)
        return self._agencies[text]

    def _agency_form(self, text: str) -> str | None:
        if not text.strip():
            return None
        remark = self._agency(text)
        return remark.rule if remark else agency_codes.RIGHT


_HOW = {
    "normalised": Said("仅写法不同", "only written otherwise"),
    "alias": Said("是其俗称", "an everyday name of it"),
    "qualified": Said("去掉括号内容后相同", "the same without what stands in brackets"),
    "alike": Said("相近", "alike"),
}


def _close(match: Match) -> Remark:
    best = match.candidates[0]
    how = _HOW[match.kind]
    score = f"（{best.score:.0f} 分）" if match.kind == "alike" else ""
    names_of = "；".join(f"{candidate.item.basic_code} {candidate.item.name}" for candidate in match.candidates)
    score_en = f" ({best.score:.0f})" if match.kind == "alike" else ""
    said = Said(f"与“{best.item.name}”{how.zh}{score}", f"{best.item.name}: {how.en}{score_en}")
    return Remark("name_close_to_catalogue", said, names_of)

"""What stands twice in a list: names, names but for their spelling, codes; pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice

from service_catalog.exchange.columns import Columns, Role
from service_catalog.exchange.names import normalised
from service_catalog.exchange.reading import Row
from service_catalog.exchange.rules import Remark
from service_catalog.kernel.errors import Said

_ROWS_SHOWN = 5
_Key = tuple[str, str]


class Duplicates:
    """Where every name and every code of a list stands.

    A name counts as standing twice within one region: a list of several regions has every name once for each.
    A basic code recurs by its nature, once for each agency and level; in it only the same agency is looked at.
    """

    def __init__(self, columns: Columns, rows: Iterable[Row]) -> None:
        self._columns = columns
        self._names: defaultdict[_Key, dict[str, list[int]]] = defaultdict(dict)
        self._codes: dict[Role, defaultdict[_Key, list[int]]] = {role: defaultdict(list) for role in self._checked()}
        for row in rows:
            self._add(row)

    def _checked(self) -> list[Role]:
        own = Role.IMPLEMENTATION_CODE in self._columns or Role.HANDLING_ITEM_CODE in self._columns
        recurring = (Role.BASIC_CODE, Role.LOCAL_BASIC_CODE)
        return [role for role in self._columns.codes if not (own and role in recurring)]

    def _add(self, row: Row) -> None:
        name = self._columns.cell(row.cells, Role.NAME)
        if name:
            self._names[self._name_key(row, name)].setdefault(name, []).append(row.number)
        for role, found in self._codes.items():
            code = self._columns.cell(row.cells, role)
            if code:
                found[self._code_key(row, role, code)].append(row.number)

    def _name_key(self, row: Row, name: str) -> _Key:
        return self._columns.cell(row.cells, Role.AREA_CODE), normalised(name)

    def _code_key(self, row: Row, role: Role, code: str) -> _Key:
        recurs = role in (Role.BASIC_CODE, Role.LOCAL_BASIC_CODE)
        return (self._columns.cell(row.cells, Role.AGENCY_CODE) if recurs else "", code)

    def of_name(self, row: Row) -> Iterator[Remark]:
        """Yield in which other rows the name stands, as it is and spelled otherwise."""
        name = self._columns.cell(row.cells, Role.NAME)
        spellings = self._names.get(self._name_key(row, name)) if name else None
        if not spellings:
            return
        same = _others(spellings[name], row.number)
        if same:
            yield Remark("name_duplicate", _also(same))
        others = (number for spelling, numbers in spellings.items() if spelling != name for number in numbers)
        alike = list(islice(others, _ROWS_SHOWN + 1))
        if alike:
            yield Remark("name_duplicate_normalised", _also(alike))

    def of_code(self, row: Row, role: Role) -> Iterator[Remark]:
        """Yield in which other rows the code stands."""
        code = self._columns.cell(row.cells, role)
        if not code or role not in self._codes:
            return
        same = _others(self._codes[role][self._code_key(row, role, code)], row.number)
        if same:
            yield Remark("code_duplicate", _also(same))

    def repeated_names(self) -> int:
        """Return how many names stand more than once, letter by letter."""
        return sum(len(numbers) > 1 for spellings in self._names.values() for numbers in spellings.values())

    def repeated_codes(self) -> int:
        """Return how many codes stand more than once."""
        return sum(len(numbers) > 1 for found in self._codes.values() for numbers in found.values())


def _others(numbers: list[int], own: int) -> list[int]:
    # At most a handful is shown: without the cut a list of one repeated name would cost its square.
    return [number for number in numbers[: _ROWS_SHOWN + 2] if number != own] if len(numbers) > 1 else []


def _also(numbers: list[int]) -> Said:
    shown = numbers[:_ROWS_SHOWN]
    more = len(numbers) > _ROWS_SHOWN
    rows = "、".join(map(str, shown))
    return Said(
        f"第 {rows} 行{'等' if more else ''}也有",
        f"also in row {', '.join(map(str, shown))}{' and more' if more else ''}",
    )

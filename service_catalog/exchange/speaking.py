"""What one handed-in row says, as a local draft: cells become elements, each element knows its cell; pure.

What a file has no column for stays as it is stored; a blank cell under a column says "nothing of our own". What cannot be read
is said with its cell, and the rest is still weighed.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from service_catalog.exchange.cells import KINDS, NotUnderstood, codes_of
from service_catalog.exchange.intake import Cell, HandedIn, PartRow
from service_catalog.exchange.matching import KnownItem, Matcher
from service_catalog.exchange.names import normalised
from service_catalog.exchange.sheets import BASIC, CODE, NAME, ROW, element_of, policy_of
from service_catalog.implementations.inheritance import Standard
from service_catalog.kernel.errors import Said
from service_catalog.kernel.problems import pointer_to
from service_catalog.registers.registers import Registers

KEYED = ("materials", "steps", "fees", "results")
LISTED = ("questions", "service_locations")
_LIMITS = frozenset({"promised_limit", "statutory_limit", "limit"})
_LAW = re.compile(r"《([^《》]+)》")


class Trouble(NamedTuple):
    """A cell that a person must look at, and why."""

    element: str
    where: str
    rule: str
    said: Said
    standard_value: Any
    local_value: Any


class Statement:
    """What a row says: `content` is the draft to be weighed, `cells` leads from a JSON pointer into it to a cell."""

    def __init__(self, row: HandedIn, standard: Standard, stored: Mapping[str, Any], registers: Registers) -> None:
        self.row, self.standard, self.stored, self.registers = row, standard, stored, registers
        self.content: dict[str, Any] = dict(stored)
        self.cells: dict[str, str] = {}
        self.troubles: list[Trouble] = []
        self.said: dict[str, str] = {}
        """Elements that the file speaks of, each with its first cell."""

    def where(self, pointer: str) -> str:
        """Return the cell that a pointer into the draft comes from; the row's name where none does."""
        parts = pointer.split("/")
        for length in range(len(parts), 1, -1):
            found = self.cells.get("/".join(parts[:length]))
            if found:
                return found
        return self.anchor

    @property
    def anchor(self) -> str:
        """The cell that stands for the row as a whole."""
        for path in (NAME, CODE, BASIC):
            if path in self.row.cells and self.row.cells[path].text:
                return self.row.cells[path].where
        return self.row.where

    def speak(self, *, code_says: bool, parts_stated: frozenset[str]) -> None:
        """Read every cell; `code_says` where the basic code in the file is one of ours."""
        self._identity(code_says)
        for root, group in _grouped(self.row.cells).items():
            self._element(root, group)
        for part in KEYED:
            if part in self.row.parts:
                self._keyed(part, self.row.parts[part])
        for part in LISTED:
            if part in self.row.parts or part in parts_stated:
                self._listed(part, self.row.parts.get(part, []))
        self.content.setdefault("availability", {"status": "offered"})

    def _identity(self, code_says: bool) -> None:
        name, basic = self.row.cells.get(NAME), self.row.cells.get(BASIC)
        if name is not None and name.text:
            own = self.standard.content.name
            self._say("name", own if normalised(name.text) == normalised(own) else name.text, name.where)
        if basic is not None and basic.text and code_says:
            self._say("basic_code", self.standard.basic_code, basic.where)
        code = self.row.cells.get(CODE)
        if code is not None and code.text:
            self.content["implementation_code"] = code.text
            self.cells["/implementation_code"] = code.where

    def _say(self, root: str, value: Any, where: str) -> None:
        self.content[root] = value
        self.cells[pointer_to((root,))] = where
        self.said[root] = where

    def _element(self, root: str, group: Mapping[str, Cell]) -> None:
        first = next(iter(group.values()))
        locked = policy_of(first.form, first.column, self.registers.matrix) == "locked"
        theirs = self.standard.plain.get(root)
        for inner, cell in group.items():
            self.cells[pointer_to((root, inner) if inner else (root,))] = cell.where
        self.cells.setdefault(pointer_to((root,)), first.where)
        if locked and not any(cell.text for cell in group.values()):
            return
        values, failed = self._values(root, group, theirs, locked)
        if failed:
            return
        self.said[root] = first.where
        if "" in group:
            value = values.get("")
        elif root in _LIMITS:
            value = self._limit(root, group, values, theirs, self.stored.get(root))
        else:
            value = self._members(root, group, values, theirs if locked else self.stored.get(root))
        if value is None or value in ([], {}):
            if root != "availability":
                self.content.pop(root, None)
        elif value is not _FAILED:
            self.content[root] = value

    def _values(
        self, element: str, group: Mapping[str, Cell], theirs: Any, locked: bool
    ) -> tuple[dict[str, Any], bool]:
        values: dict[str, Any] = {}
        failed = False
        for inner, cell in group.items():
            if not cell.text:
                continue
            own = theirs if not inner else (theirs or {}).get(inner) if isinstance(theirs, Mapping) else None
            try:
                values[inner] = self._value(cell, own, locked)
            except NotUnderstood as error:
                failed = True
                self.troubles.append(
                    Trouble(
                        element_of(cell.form, cell.column), cell.where, "not_understood", error.said, own, cell.text
                    )
                )
        return values, failed

    def _value(self, cell: Cell, theirs: Any, locked: bool) -> Any:
        kind = KINDS[cell.column.kind]
        codes = codes_of(self.registers, cell.column.codes, self.standard.basic_code[:2])
        codes = codes or codes_of(self.registers, cell.column.codes)
        if cell.column.kind == "laws":
            return self._laws(cell.text, theirs)
        if locked and theirs is not None and normalised(kind.write(theirs, codes)) == normalised(cell.text):
            return theirs
        value = kind.read(cell.text, codes)
        if locked and isinstance(value, list) and isinstance(theirs, list):
            folded = [[normalised(str(one)) for one in many] for many in (value, theirs)]
            if sorted(folded[0]) == sorted(folded[1]):
                return theirs
        return value

    def _laws(self, text: str, theirs: Any) -> Any:
        """Laws are compared by their names: every one that is named must be one of the standard's."""
        left, named = normalised(text), False
        rows = sorted(theirs or (), key=lambda row: -len(row["law"]))
        for said in [f"《{row['law']}》{row['article']}" for row in rows] + [row["law"] for row in rows]:
            named = named or normalised(said) in left
            left = left.replace(normalised(said), "")
        if named and not _LAW.search(left):
            return theirs
        shown = "、".join(f"《{row['law']}》" for row in theirs or ())
        raise NotUnderstood(
            f"所写依据不在标准的设定依据（{shown}）之内，请人工核对",
            f"the laws named are not those of the standard ({shown}); a person must compare",
        )

    def _limit(self, element: str, group: Mapping[str, Cell], values: Mapping[str, Any], *known: Any) -> Any:
        """A limit whose explanation was left out keeps that of the same limit in the standard or in what is stored."""
        limit = dict(values)
        if not limit.keys() & {"amount", "unit"}:
            return None
        if limit.get("unit") == "immediate" and not limit.get("amount"):
            limit.pop("amount", None)
        elif "unit" not in limit or "amount" not in limit:
            missing = "unit" if "unit" not in limit else "amount"
            cell = group.get(missing) or next(iter(group.values()))
            said = (
                Said("时限缺单位", "a limit without its unit")
                if missing == "unit"
                else Said("时限缺数值", "a limit without a number")
            )
            self.troubles.append(
                Trouble(element, cell.where, "not_understood", said, known[0] if known else None, limit)
            )
            return _FAILED
        for other in known:
            same = isinstance(other, Mapping) and all(other.get(name) == limit.get(name) for name in ("amount", "unit"))
            if same and "explanation" not in limit and other.get("explanation"):
                limit["explanation"] = other["explanation"]
        return limit

    def _members(self, root: str, group: Mapping[str, Cell], values: Mapping[str, Any], base: Any) -> dict[str, Any]:
        members = {name: value for name, value in (base or {}).items() if name not in group and value is not None}
        members |= values
        if root == "availability" and "status" not in members:
            members["status"] = (base or {}).get("status", "offered")
        if members == {"single_sign_on": False}:
            return {}
        return members

    def _keyed(self, part: str, rows: Sequence[PartRow]) -> None:
        theirs = {row["key"]: row for row in self.standard.plain[part]}
        mine = {row["key"]: row for row in self.stored.get(part, ())}
        finder = Matcher([KnownItem(key, row["name"], (), "") for key, row in theirs.items()])
        said: list[dict[str, Any]] = []
        self.cells[f"/{part}"] = rows[0].where
        self.said[part] = rows[0].where
        for row in rows:
            key, known = self._key(part, row, finder)
            if known:
                index = len(said)
                said.append(self._row(part, index, row, key, theirs.get(key or "", {}), mine.get(key or "", {})))
        named = {row.get("key") for row in said}
        self.content[part] = said + [row for key, row in mine.items() if key not in named]

    def _key(self, part: str, row: PartRow, finder: Matcher) -> tuple[str | None, bool]:
        """Return the row of the standard that is meant: by its key, else by its name; alike is for a person to decide."""
        if row.text(ROW):
            return row.text(ROW), True
        name = row.cells.get("name")
        if name is None or not name.text:
            self.troubles.append(
                Trouble(part, row.where, "row_unnamed", Said("没有写键或名称", "neither key nor name"), None, None)
            )
            return None, False
        match = finder.match(name.text)
        if match.item is not None:
            return match.item.basic_code, True
        if match.candidates:
            shown = "、".join(f"“{one.item.name}”（{one.score:g}）" for one in match.candidates)
            said = Said(f"标准中没有同名的行，相近的有：{shown}", f"no row of this name; alike: {shown}")
            self.troubles.append(
                Trouble(
                    f"{part}.name", name.where, "alike", said, [one.item.name for one in match.candidates], name.text
                )
            )
            return None, False
        return None, True

    def _row(
        self, part: str, index: int, row: PartRow, key: str | None, theirs: Mapping[str, Any], mine: Mapping[str, Any]
    ) -> dict[str, Any]:
        groups = _grouped(row.cells)
        name = row.cells.get("name")
        self.cells[f"/{part}/{index}"] = name.where if name else row.where
        made: dict[str, Any] = {column: value for column, value in mine.items() if column not in groups}
        if key is not None:
            made["key"] = key
        for root, group in groups.items():
            locked = policy_of(row.form, next(iter(group.values())).column, self.registers.matrix) == "locked"
            for inner, cell in group.items():
                self.cells[f"/{part}/{index}/{root}" + (f"/{inner}" if inner else "")] = cell.where
            self.cells.setdefault(f"/{part}/{index}/{root}", next(iter(group.values())).where)
            value = self._column(part, root, group, theirs.get(root), mine.get(root), locked)
            if value is not _FAILED and not (root == "dropped" and value is False):
                made[root] = value
        return made

    def _column(self, part: str, root: str, group: Mapping[str, Cell], theirs: Any, mine: Any, locked: bool) -> Any:
        values, failed = self._values(part, group, theirs, locked)
        if failed or not values:
            return _FAILED
        if root == "limit":
            value = self._limit(f"{part}.limit", group, values, theirs, mine)
            return _FAILED if value is None else value
        return values.get("", values)

    def _listed(self, part: str, rows: Sequence[PartRow]) -> None:
        said: list[dict[str, Any]] = []
        for row in rows:
            index = len(said)
            self.cells[f"/{part}/{index}"] = row.where
            made: dict[str, Any] = {}
            for path, cell in row.cells.items():
                if path.startswith("@") or not cell.text:
                    continue
                values, failed = self._values(part, {"": cell}, None, locked=False)
                self.cells[f"/{part}/{index}/{path}"] = cell.where
                if not failed:
                    made[path] = values[""]
            if part == "service_locations":
                made["key"] = row.text(ROW) or f"window-{index + 1}"
                if ROW in row.cells:
                    self.cells[f"/{part}/{index}/key"] = row.cells[ROW].where
            said.append(made)
        self.said[part] = rows[0].where if rows else self.anchor
        if said:
            self.cells[f"/{part}"] = rows[0].where
            self.content[part] = said
        else:
            self.content.pop(part, None)


def _grouped(cells: Mapping[str, Cell]) -> dict[str, dict[str, Cell]]:
    """Return the cells of a row by element; an element may be said by several, such as number and unit."""
    groups: dict[str, dict[str, Cell]] = {}
    for path, cell in cells.items():
        if not path.startswith("@"):
            root, _, inner = path.partition(".")
            groups.setdefault(root, {})[inner] = cell
    return groups


_FAILED: Any = object()
"""Stands for a value that was reported as not understood: what is stored stays as it is."""

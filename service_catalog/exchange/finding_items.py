"""Which implementation a handed-in row means: by code (31, 12), by an old code, by name; likeness only makes proposals."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlmodel import Session, col

from service_catalog.agencies.tables import Agency
from service_catalog.basic_items.tables import BasicItem
from service_catalog.coding.aliases import successors_of
from service_catalog.coding.codes import BASIC as BASIC_LENGTH
from service_catalog.coding.codes import HANDLING_ITEM, IMPLEMENTATION, parse_faults
from service_catalog.exchange.cells import KINDS, NotUnderstood
from service_catalog.exchange.import_schemas import Candidate
from service_catalog.exchange.intake import HandedIn
from service_catalog.exchange.known import read_items
from service_catalog.exchange.matching import Matcher
from service_catalog.exchange.names import normalised
from service_catalog.exchange.sheets import AGENCY, AGENCY_NAME, BASIC, CODE, LEVEL, NAME
from service_catalog.exchange.speaking import Trouble
from service_catalog.kernel.errors import Said
from service_catalog.regions.tables import Region
from service_catalog.regions.tree import EXERCISE_LEVEL


class Body(NamedTuple):
    """An agency as far as a row needs it."""

    code: str
    name: str
    region_code: str
    level: str


class Found(NamedTuple):
    """What a row means; `troubles` say why it is not certain."""

    body: Body | None
    level: str | None
    basic_code: str | None
    matched_by: str | None
    code_says: bool
    """The basic code in the file is that of the item found."""
    candidates: list[Candidate]
    troubles: list[Trouble]

    @property
    def code(self) -> str | None:
        """The implementation code, where everything was found."""
        return self.body.code + self.level + self.basic_code if self.body and self.level and self.basic_code else None


class Finder:
    """Knows the catalogue of a day: items, agencies, their levels."""

    def __init__(self, session: Session, day: date, default_agency: str | None) -> None:
        self.session, self.day, self.default_agency = session, day, default_agency
        self.items = set(session.scalars(select(col(BasicItem.basic_code))))
        self.matcher = Matcher(read_items(session, day))
        query = select(col(Agency.code), col(Agency.name), col(Agency.region_code), col(Region.level)).join(
            Region, col(Region.code) == col(Agency.region_code)
        )
        self.bodies = {
            code: Body(code, name, region, EXERCISE_LEVEL[level])
            for code, name, region, level in session.execute(query)
        }
        self.by_name: Mapping[str, list[Body]] = defaultdict(list)
        for body in self.bodies.values():
            self.by_name[normalised(body.name)].append(body)

    def find(self, row: HandedIn) -> Found:
        """Find what a row means."""
        troubles: list[Trouble] = []
        written = row.text(CODE)
        cut = written if len(written) in (IMPLEMENTATION, HANDLING_ITEM) and not parse_faults(written) else ""
        if written and not cut:
            said = Said("不是 31 位的实施编码", "no implementation code of 31 characters")
            troubles.append(
                Trouble("implementation_code", row.cells[CODE].where, "code_unreadable", said, None, written)
            )
        body = self._body(row, cut, troubles)
        level = self._level(row, cut, body, troubles)
        basic, matched_by, candidates = self._item(row, cut, troubles)
        if row.twice:
            said = Said("序号在表中出现两次，不知道材料、环节属于哪一项", "this number stands twice in the list")
            troubles.append(Trouble("row", row.where, "number_twice", said, None, None))
        return Found(body, level, basic, matched_by, matched_by in ("code", "old_code"), candidates, troubles)

    def _body(self, row: HandedIn, cut: str, troubles: list[Trouble]) -> Body | None:
        code, name = row.text(AGENCY), row.text(AGENCY_NAME)
        code = code or cut[:18] or ("" if name else self.default_agency or "")
        if not code and name:
            return self._body_named(row, name, troubles)
        body = self.bodies.get(code)
        if body is None:
            where = next((row.cells[path].where for path in (AGENCY, CODE) if row.text(path)), row.where)
            said = Said(
                f"没有编码为 {code[:40]} 的实施主体" if code else "没有写实施主体",
                "no such agency" if code else "no agency is named",
            )
            troubles.append(Trouble("agency_code", where, "no_such_agency", said, None, code or None))
        elif name and normalised(name) != normalised(body.name):
            said = Said(f"编码 {code} 的实施主体是“{body.name}”", f"{code} is {body.name}")
            troubles.append(
                Trouble("agency_code", row.cells[AGENCY_NAME].where, "agency_differs", said, body.name, name)
            )
        return body

    def _body_named(self, row: HandedIn, name: str, troubles: list[Trouble]) -> Body | None:
        named = self.by_name.get(normalised(name), [])
        if len(named) == 1:
            return named[0]
        said = (
            Said(
                f"有 {len(named)} 个实施主体叫“{name}”，请写编码",
                f"{len(named)} agencies have this name; write the code",
            )
            if named
            else Said(f"没有名为“{name[:40]}”的实施主体", f"no agency is called {name[:40]!r}")
        )
        troubles.append(Trouble("agency_code", row.cells[AGENCY_NAME].where, "no_such_agency", said, None, name))
        return None

    def _level(self, row: HandedIn, cut: str, body: Body | None, troubles: list[Trouble]) -> str | None:
        cell = row.cells.get(LEVEL)
        if cell is None or not cell.text:
            return cut[18:19] or (body.level if body else None)
        try:
            level: str = KINDS["code"].read(cell.text, _LEVELS)
        except NotUnderstood as error:
            troubles.append(Trouble("exercise_level", cell.where, "not_understood", error.said, None, cell.text))
            return None
        return level

    def _item(self, row: HandedIn, cut: str, troubles: list[Trouble]) -> tuple[str | None, str | None, list[Candidate]]:
        written = row.text(BASIC) or cut[19:31]
        if written in self.items:
            return written, "code", []
        if len(written) == BASIC_LENGTH and not parse_faults(written):
            after = [alias.new_code for alias in successors_of(self.session, written, self.day)]
            if len(after) == 1 and after[0] in self.items:
                return after[0], "old_code", []
        name = row.cells.get(NAME)
        if name is None or not name.text:
            where = next((row.cells[path].where for path in (BASIC, CODE) if row.text(path)), row.where)
            said = (
                Said(f"目录中没有编码 {written[:40]}，也没有写事项名称", "no such code, and no name")
                if written
                else Said("没有写编码，也没有写事项名称", "neither code nor name")
            )
            troubles.append(Trouble("basic_code", where, "no_such_item", said, None, written or None))
            return None, None, []
        match = self.matcher.match(name.text)
        if match.item is not None:
            return match.item.basic_code, "name", []
        candidates = [
            Candidate(basic_code=one.item.basic_code, name=one.item.name, score=one.score) for one in match.candidates
        ]
        shown = "、".join(f"{one.name}（{one.basic_code}，{one.score:g}）" for one in candidates)
        said = (
            Said(
                f"目录中没有此名称，相近的有：{shown}；请人工确定",
                f"no item of this name; alike: {shown}; a person decides",
            )
            if candidates
            else Said("目录中没有此编码和名称", "neither this code nor this name is in the catalogue")
        )
        rule = "alike" if candidates else "no_such_item"
        troubles.append(Trouble("name", name.where, rule, said, [one.name for one in candidates], name.text))
        return None, None, candidates


_LEVELS = {
    "1": "国家级", "2": "省级", "3": "市级", "4": "县级", "5": "镇(乡、街道)级", "6": "村(社区)级",
}  # fmt: skip

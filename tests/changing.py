"""A centre at which something is always going on: changes of every kind that is published, drawn by chance, and what guides said after each."""

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from builders import (
    BANNER,
    BANNER_BUREAU,
    EDITOR,
    GACHA,
    GACHA_COMMITTEE,
    ITEM,
    LEAGUE,
    REVIEWER,
    TOWNSHIP,
    TOWNSHIP_STATION,
    add_agency,
    agency_facts,
    credit_code,
    decision,
    item_content,
    publish_item,
    publish_local,
)
from sqlalchemy import Engine
from sqlmodel import Session

from service_catalog.agencies.register import find_agency, state_facts
from service_catalog.appeals.rulebook import find_register, load_register
from service_catalog.basic_items import editing
from service_catalog.changes.log import last_number
from service_catalog.coding.aliases import replace_code
from service_catalog.guides.finding import guide_by_code
from service_catalog.implementations import claiming
from service_catalog.implementations.claiming import find_implementation
from service_catalog.implementations.relocating import relocate_agency
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.errors import CatalogError
from service_catalog.kernel.problems import slug
from service_catalog.lifecycle.standing import Decision
from service_catalog.regions.mapping import add_region
from service_catalog.regions.tables import Region
from service_catalog.regions.tree import RegionKind, RegionLevel

NEIGHBOUR = "152922000000"
"""Another banner; what its bodies implement is of no concern to who follows the township."""
WANDERER = credit_code(BANNER, 900100)
"""A body that moves from region to region."""
NAMES = {BANNER_BUREAU: "阿拉善左旗公安局", TOWNSHIP_STATION: "巴彦浩特镇派出所", GACHA_COMMITTEE: "巴彦霍德嘎查委员会"}
GUIDES = (
    BANNER_BUREAU + "4" + ITEM,
    TOWNSHIP_STATION + "5" + ITEM,
    GACHA_COMMITTEE + "6" + ITEM,
    WANDERER + "4" + ITEM,
)


def today() -> date:
    return civil_day(datetime.now(UTC))


class Busy:
    """The database of a centre: changes it, and knows what each of the GUIDES said as of each change number."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.serial = 0
        self.number = 0
        self.versions: dict[str, list[tuple[int, str]]] = defaultdict(list)
        """By code: since which change a guide says what; a digest, or the name of a refusal."""
        self.extra: list[str] = []
        """Implementations that may be cancelled."""
        self.items: list[str] = []
        self.kinds: tuple[Callable[[Session, Random, datetime], object], ...] = (
            self._standard, self._scheduled, self._all_at_once, self._local, self._facts, self._gacha, self._cancelled,
            self._suspended, self._rules, self._item, self._item_cancelled, self._moved, self._replaced,
        )  # fmt: skip
        self._write(self._found)

    def change(self, random: Random) -> str:
        """Change something; returns what it was."""
        kind = random.choice(self.kinds)
        self.serial += 1
        self._write(lambda session, at: kind(session, random, at))
        return kind.__name__

    def versions_since(self, code: str, number: int) -> set[str]:
        """Return what a guide may say to somebody who has got everything up to a change number, and perhaps more."""
        known = self.versions[code]
        first = max((index for index, (since, _) in enumerate(known) if since <= number), default=0)
        return {said for _, said in known[first:]}

    def _write(self, change: Callable[[Session, datetime], object]) -> None:
        at = datetime.now(UTC)
        with unit_of_work(self.engine) as session:
            change(session, at)
        with reading(self.engine) as session:
            self.number = last_number(session)
            for code in GUIDES:
                said = _said(session, code, at)
                if not self.versions[code] or self.versions[code][-1][1] != said:
                    self.versions[code].append((self.number, said))

    def _found(self, session: Session, at: datetime) -> None:
        league: dict[str, Any] = {"level": RegionLevel.BANNER, "kind": RegionKind.DIVISION, "parent_code": LEAGUE}
        add_region(session, Region(code=NEIGHBOUR, name="阿拉善右旗", **league), by=EDITOR, at=at)
        add_agency(session, WANDERER, BANNER, "阿拉善左旗流动服务站", at=at)
        for code in GUIDES:
            publish_local(session, code[:18], code[18], at=at, effective_from=today())

    def _name(self, what: str) -> str:
        return f"{what}（第{self.serial}次）"

    def _decision(self, random: Random, day: date | None = None) -> Decision:
        return decision(day or today(), document_number=f"阿署发〔2026〕{self.serial + 100}号")

    def _standard(self, session: Session, random: Random, at: datetime) -> None:
        _withdraw_scheduled(session, at)
        publish_item(session, ITEM, item_content(name=self._name("居住证申领")), at=at, effective_from=today())

    def _scheduled(self, session: Session, random: Random, at: datetime) -> None:
        _withdraw_scheduled(session, at)
        content = item_content(name=self._name("居住证申办"))
        publish_item(session, ITEM, content, at=at, effective_from=today() + timedelta(days=random.randint(1, 40)))

    def _all_at_once(self, session: Session, random: Random, at: datetime) -> None:
        """Standard, local part and agency in one transaction: nobody may ever see one without the others."""
        self._standard(session, random, at)
        self._local(session, random, at)
        self._facts(session, random, at)

    def _local(self, session: Session, random: Random, at: datetime) -> None:
        code = random.choice(GUIDES)
        _resume(session, code, self._decision(random), at)
        notes: list[dict[str, Any]] = [{"key": "lease", "filling_notes": self._name("写明门牌")}]
        publish_local(session, code[:18], code[18], at=at, effective_from=today(), materials=notes)

    def _facts(self, session: Session, random: Random, at: datetime) -> None:
        code = random.choice([*NAMES])
        facts = agency_facts(NAMES[code], address=self._name("巴彦浩特镇"))
        state_facts(session, find_agency(session, code), facts, effective_from=today(), by=EDITOR, at=at)

    def _gacha(self, session: Session, random: Random, at: datetime) -> None:
        code = f"{TOWNSHIP[:9]}{300 + self.serial:03}"
        place: dict[str, Any] = {"level": RegionLevel.VILLAGE, "kind": RegionKind.DIVISION, "parent_code": TOWNSHIP}
        add_region(session, Region(code=code, name=self._name("新嘎查"), **place), by=EDITOR, at=at)
        body = credit_code(BANNER, 800000 + self.serial, "54")
        add_agency(session, body, code, self._name("新嘎查委员会"), at=at)
        self.extra.append(publish_local(session, body, "6", at=at, effective_from=today()))

    def _cancelled(self, session: Session, random: Random, at: datetime) -> None:
        if not self.extra:
            return self._gacha(session, random, at)
        code = self.extra.pop(random.randrange(len(self.extra)))
        day = today() + timedelta(days=random.choice((0, 0, 20)))
        return claiming.cancel(session, code, self._decision(random, day), by=REVIEWER, at=at)

    def _suspended(self, session: Session, random: Random, at: datetime) -> None:
        code = random.choice(GUIDES)
        if not _resume(session, code, self._decision(random), at):
            claiming.suspend(session, code, self._decision(random), by=REVIEWER, at=at)

    def _rules(self, session: Session, random: Random, at: datetime) -> None:
        document = find_register(session, "policy").document
        load_register(session, "policy", document | {"asked_often_days": 30 + self.serial % 7}, by=EDITOR, at=at)

    def _item(self, session: Session, random: Random, at: datetime) -> None:
        code = f"150709{100 + self.serial:03}000"
        publish_item(session, code, item_content(name=self._name("新事项")), at=at, effective_from=today())
        for agency, level in ((TOWNSHIP_STATION, "5"), (WANDERER, "4")):
            publish_local(session, agency, level, basic_code=code, at=at, effective_from=today())
        self.items.append(code)

    def _item_cancelled(self, session: Session, random: Random, at: datetime) -> None:
        if not self.items:
            return self._item(session, random, at)
        code = self.items.pop(random.randrange(len(self.items)))
        return editing.cancel(session, code, self._decision(random), by=REVIEWER, at=at)

    def _moved(self, session: Session, random: Random, at: datetime) -> None:
        here = find_agency(session, WANDERER).region_code
        to = random.choice([code for code in (BANNER, NEIGHBOUR, TOWNSHIP, GACHA) if code != here])
        relocate_agency(session, WANDERER, to, self._decision(random), by=REVIEWER, at=at)

    def _replaced(self, session: Session, random: Random, at: datetime) -> None:
        old = f"150709{100 + self.serial:03}000"
        replace_code(
            session, old, [ITEM], act_kind="merge", valid_from=today(), document_number=f"阿署发〔2026〕{self.serial}号", by=EDITOR,
            at=at,
        )  # fmt: skip


def _said(session: Session, code: str, at: datetime) -> str:
    """Return what a guide says to those who follow the township."""
    if find_implementation(session, code).region_code == NEIGHBOUR:
        return "no-such-implementation"
    try:
        return guide_by_code(session, code, now=at, as_of=None).digest
    except CatalogError as error:
        return slug(type(error))


def _withdraw_scheduled(session: Session, at: datetime) -> None:
    try:
        with session.begin_nested():
            editing.withdraw(session, ITEM, by=REVIEWER, at=at)
    except CatalogError:
        return  # nothing was scheduled


def _resume(session: Session, code: str, by_paper: Decision, at: datetime) -> bool:
    """Let a guide go on, if it was suspended; tell whether it was."""
    try:
        with session.begin_nested():
            claiming.resume(session, code, by_paper, by=REVIEWER, at=at)
    except CatalogError:
        return False
    return True

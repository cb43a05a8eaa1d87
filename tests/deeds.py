"""What offices do over weeks, drawn by a seed: every verb that changes what is published; what a rule refuses is not done."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from builders import (
    BANNER,
    BANNER_BUREAU,
    EDITOR,
    GACHA_COMMITTEE,
    ITEM,
    LEAGUE,
    LEAGUE_BUREAU,
    REVIEWER,
    SEED_DATA,
    TOWNSHIP,
    TOWNSHIP_STATION,
    add_agency,
    agency_facts,
    calendar_days,
    credit_code,
    decision,
    found_small_catalogue,
    item_content,
    publish_item,
    publish_local,
    workdays,
)
from feeding import MOVED, OTHER_BANNER, add_moving_body
from sqlalchemy import Engine, select
from sqlmodel import Session, col

from service_catalog.agencies.register import find_agency, state_facts
from service_catalog.appeals import intake, rulebook
from service_catalog.appeals.drafts import AppealDraft, Wanted
from service_catalog.basic_items import editing
from service_catalog.changes.tables import Subject
from service_catalog.implementations import claiming
from service_catalog.implementations.delegating import delegate
from service_catalog.implementations.relocating import relocate_agency
from service_catalog.implementations.tables import Delegation, Implementation, ImplementationEdition
from service_catalog.implementations.taking_over import take_over
from service_catalog.implementations.transferring import transfer
from service_catalog.kernel.database import unit_of_work
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.errors import CatalogError
from service_catalog.lifecycle.states import ItemState, WorkState
from service_catalog.lifecycle.tables import Act, Standing
from service_catalog.migrations.upgrading import upgrade
from service_catalog.questions import asking
from service_catalog.questions.tables import PublishedQuestion
from service_catalog.regions.mapping import add_region, establish_zone
from service_catalog.regions.tables import Region
from service_catalog.regions.tree import RegionKind, RegionLevel
from service_catalog.registers import loading
from service_catalog.settings import Settings
from service_catalog.vault import open_vault

OTHER_ITEM = "150709002000"
BODIES = [
    (LEAGUE_BUREAU, "3"), (BANNER_BUREAU, "4"), (MOVED, "4"), (TOWNSHIP_STATION, "5"), (GACHA_COMMITTEE, "6"),
]  # fmt: skip
ITEMS = [ITEM, OTHER_ITEM]


def found(engine: Engine) -> None:
    """The small catalogue, a second item, and bodies that may move."""
    upgrade(engine)
    with unit_of_work(engine) as session:
        found_small_catalogue(session)
        publish_item(session, OTHER_ITEM, item_content(name="户口迁移登记"))
        add_moving_body(session, datetime.fromisoformat("2025-12-21T01:00:00+00:00"))
        for agency, level in BODIES[:4]:
            publish_local(session, agency, level)


class Deeds:
    """Draws one deed after another; the same seed does the same."""

    def __init__(self, engine: Engine, seed: int, clock: Any) -> None:
        self.engine, self.random, self.clock = engine, Random(seed), clock
        self.done: list[str] = []
        self.made = 0

    def do(self, times: int) -> None:
        """Do as many deeds; time goes on between them, by hours or days."""
        for _ in range(times):
            self.clock.at += timedelta(hours=self.random.choice([1, 5, 30, 60]))
            deed = self.random.choice(DEEDS)
            try:
                with unit_of_work(self.engine) as session:
                    deed(self, session)
            except CatalogError:
                continue
            self.done.append(deed.__name__)

    @property
    def at(self) -> datetime:
        at: datetime = self.clock.at
        return at

    @property
    def today(self) -> date:
        return civil_day(self.at)

    def day(self) -> date:
        """Today, or a day soon."""
        return self.today + timedelta(days=self.random.choice([0, 0, 0, 2, 5]))

    def code(self, session: Session) -> str:
        codes = select(col(Implementation.implementation_code)).order_by(col(Implementation.implementation_code))
        return self.random.choice(session.scalars(codes).all())

    def number(self) -> int:
        self.made += 1
        return self.made

    def paper(self, day: date | None = None) -> Any:
        return decision(day or self.day(), f"阿署发〔2026〕{self.number()}号")


Deed = Callable[[Deeds, Session], object]


def publish_a_standard(deeds: Deeds, session: Session) -> None:
    first = deeds.day()
    content = item_content(
        name=f"事项第{deeds.number()}稿",
        promised_limit=deeds.random.choice([workdays(9), workdays(10), calendar_days(12)]),
    )
    until = deeds.random.choice([None, None, first + timedelta(days=4)])
    publish_item(session, deeds.random.choice(ITEMS), content, at=deeds.at, effective_from=first, effective_until=until)


def publish_a_part(deeds: Deeds, session: Session) -> None:
    agency, level = deeds.random.choice(BODIES)
    first = deeds.day()
    parts: list[dict[str, Any]] = [
        {"on_site_visits": 0}, {"local_notes": f"第{deeds.number()}次说明"}, {},
        {"promised_limit": {"amount": deeds.random.randint(3, 10), "unit": "working_day"}},
    ]  # fmt: skip
    until = deeds.random.choice([None, None, first + timedelta(days=6)])
    publish_local(
        session, agency, level, basic_code=deeds.random.choice(ITEMS), at=deeds.at, effective_from=first,
        effective_until=until, **deeds.random.choice(parts),
    )  # fmt: skip


def correct_a_part(deeds: Deeds, session: Session) -> None:
    code = deeds.code(session)
    publish_local(
        session, code[:18], code[18], basic_code=code[19:], at=deeds.at, effective_from=deeds.today,
        local_notes=f"第{deeds.number()}次更正",
    )  # fmt: skip


def withdraw_a_part(deeds: Deeds, session: Session) -> None:
    announced = select(col(ImplementationEdition.implementation_code)).where(
        col(ImplementationEdition.effective_from) > deeds.today, col(ImplementationEdition.state) == WorkState.APPROVED
    )
    for code in session.scalars(announced.order_by(col(ImplementationEdition.implementation_code))).all()[:1]:
        claiming.withdraw(session, code, by=REVIEWER, at=deeds.at)


def withdraw_a_standard(deeds: Deeds, session: Session) -> None:
    publish_item(
        session, deeds.random.choice(ITEMS), item_content(name="不会生效的标准"), at=deeds.at,
        effective_from=deeds.today + timedelta(days=9),
    )  # fmt: skip
    if deeds.random.random() < 0.7:
        editing.withdraw(session, deeds.random.choice(ITEMS), by=REVIEWER, at=deeds.at)


def leave_a_draft(deeds: Deeds, session: Session) -> None:
    offered = {"availability": {"status": "offered"}, "local_notes": "草稿"}
    claiming.draft(session, deeds.code(session), offered, by=EDITOR, at=deeds.at)


def throw_a_draft_away(deeds: Deeds, session: Session) -> None:
    claiming.discard(session, deeds.code(session), by=EDITOR, at=deeds.at)


def suspend_a_part(deeds: Deeds, session: Session) -> None:
    claiming.suspend(session, deeds.code(session), deeds.paper(), by=REVIEWER, at=deeds.at)


def resume_a_part(deeds: Deeds, session: Session) -> None:
    suspended = select(col(Standing.code)).where(
        col(Standing.subject) == Subject.IMPLEMENTATION, col(Standing.state) == ItemState.SUSPENDED
    )
    codes = session.scalars(suspended.order_by(col(Standing.id))).all()
    if codes:
        claiming.resume(session, deeds.random.choice(codes), deeds.paper(), by=REVIEWER, at=deeds.at)


def cancel_a_part(deeds: Deeds, session: Session) -> None:
    claiming.cancel(session, deeds.code(session), deeds.paper(), by=REVIEWER, at=deeds.at)


def suspend_a_standard(deeds: Deeds, session: Session) -> None:
    editing.suspend(session, deeds.random.choice(ITEMS), deeds.paper(), by=REVIEWER, at=deeds.at)


def resume_a_standard(deeds: Deeds, session: Session) -> None:
    editing.resume(session, deeds.random.choice(ITEMS), deeds.paper(), by=REVIEWER, at=deeds.at)


def cancel_a_standard(deeds: Deeds, session: Session) -> None:
    if deeds.random.random() < 0.2:
        editing.cancel(session, OTHER_ITEM, deeds.paper(), by=REVIEWER, at=deeds.at)


def state_facts_anew(deeds: Deeds, session: Session) -> None:
    agency = find_agency(session, deeds.random.choice(BODIES)[0])
    facts = agency_facts(f"{agency.name[:12]}{deeds.number()}")
    state_facts(session, agency, facts, effective_from=deeds.day(), by=EDITOR, at=deeds.at)


def move_a_body(deeds: Deeds, session: Session) -> None:
    to = deeds.random.choice([BANNER, OTHER_BANNER, TOWNSHIP, LEAGUE])
    relocate_agency(session, MOVED, to, deeds.paper(deeds.today), by=REVIEWER, at=deeds.at)


def add_a_gacha(deeds: Deeds, session: Session) -> None:
    code = f"152921110{300 + deeds.number()}"
    region = Region(
        code=code, name=f"嘎查{code[-3:]}", level=RegionLevel.VILLAGE, kind=RegionKind.DIVISION, parent_code=TOWNSHIP
    )
    add_region(session, region, by=EDITOR, at=deeds.at)


def found_a_zone(deeds: Deeds, session: Session) -> None:
    zone = establish_zone(
        session, name=f"第{deeds.number()}开发区", level=RegionLevel.BANNER, parent_code=BANNER, members=[TOWNSHIP],
        document_number="一号", valid_from=deeds.day(), by=EDITOR, at=deeds.at,
    )  # fmt: skip
    body = add_agency(
        session, credit_code(BANNER, 920000 + deeds.number()), zone.code, zone.name + "管委会", at=deeds.at
    )
    publish_local(session, body, "4", at=deeds.at, effective_from=deeds.today)


def delegate_an_item(deeds: Deeds, session: Session) -> None:
    delegate(
        session, deeds.random.choice(ITEMS), deeds.paper(), from_level="3", to_level="4",
        regions=deeds.random.sample([BANNER, OTHER_BANNER], deeds.random.randint(1, 2)),
        upper_ends=deeds.random.random() < 0.5, by=REVIEWER, at=deeds.at,
    )  # fmt: skip


def take_an_item_over(deeds: Deeds, session: Session) -> None:
    papers = select(col(Delegation.basic_code), col(Act.document_number)).join(
        Act, col(Act.id) == col(Delegation.act_id)
    )
    made = session.execute(papers.order_by(col(Delegation.act_id))).all()
    if made:
        item, document = deeds.random.choice(made)
        body = add_agency(
            session, credit_code(BANNER, 950000 + deeds.number()), BANNER, f"承接单位{deeds.made}", at=deeds.at
        )
        take_over(
            session, agency_code=body, exercise_level="4", basic_code=item, document_number=document, by=EDITOR,
            at=deeds.at,
        )  # fmt: skip
        publish_local(session, body, "4", basic_code=item, at=deeds.at, effective_from=deeds.today)


def give_a_part_away(deeds: Deeds, session: Session) -> None:
    body = add_agency(
        session, credit_code(BANNER, 930000 + deeds.number()), BANNER, f"接办单位{deeds.made}", at=deeds.at
    )
    transfer(session, deeds.code(session), body, deeds.paper(), by=REVIEWER, at=deeds.at)


def load_the_calendar(deeds: Deeds, session: Session) -> None:
    loading.load_calendar(
        session,
        SEED_DATA / "calendar" / "2026.csv",
        document=f"国办发〔2026〕{deeds.number()}号",
        by=EDITOR,
        at=deeds.at,
    )


def load_the_registers(deeds: Deeds, session: Session) -> None:
    loading.load_code_lists(session, SEED_DATA / "code_lists.json", by=EDITOR, at=deeds.at)
    loading.load_matrix(session, SEED_DATA / "inheritance_matrix.json", document="九号", by=EDITOR, at=deeds.at)


def load_the_rules(deeds: Deeds, session: Session) -> None:
    rulebook.load_folder(session, SEED_DATA / "appeals", by=EDITOR, at=deeds.at)


def answer_in_public(deeds: Deeds, session: Session) -> None:
    code = deeds.code(session)
    draft = AppealDraft(
        kind=Wanted.CONSULTATION, text=f"第{deeds.number()}问？", region=BANNER, consents_to_publication=True
    )
    taken = intake.take(session, open_vault(Settings()), draft, by=None, at=deeds.at)
    place = asking.Place(
        *deeds.random.choice([(code[19:], code), (code[19:], None), (None, None)]), BANNER,
        deeds.random.choice([None, BANNER_BUREAU]),
    )  # fmt: skip
    asking.publish(
        session,
        appeal_number=taken.case.row.number,
        place=place,
        question=draft.text,
        answer="可以。",
        by=EDITOR,
        at=deeds.at,
    )


def take_an_answer_back(deeds: Deeds, session: Session) -> None:
    shown = select(PublishedQuestion).where(col(PublishedQuestion.withdrawn_at).is_(None))
    rows = session.scalars(shown.order_by(col(PublishedQuestion.id))).all()
    if rows:
        asking.withdraw(session, deeds.random.choice(rows), by=REVIEWER, at=deeds.at)


DEEDS: list[Deed] = [
    publish_a_standard, publish_a_part, publish_a_part, publish_a_part, correct_a_part, withdraw_a_part,
    withdraw_a_standard, leave_a_draft, throw_a_draft_away, suspend_a_part, resume_a_part, cancel_a_part,
    suspend_a_standard, resume_a_standard, cancel_a_standard, state_facts_anew, move_a_body, add_a_gacha, found_a_zone,
    delegate_an_item, take_an_item_over, give_a_part_away, load_the_calendar, load_the_registers, load_the_rules,
    answer_in_public, take_an_answer_back,
]  # fmt: skip

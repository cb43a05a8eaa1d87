"""The difference of an implementation from its standard, on a day."""

from datetime import date

from sqlmodel import Session

from service_catalog.basic_items.editing import find_item
from service_catalog.history.consequences import gone_rows
from service_catalog.history.differences import differences_between
from service_catalog.history.editions import named
from service_catalog.history.here import beside_each_other
from service_catalog.history.schemas import HistoryRow, LocalDifferencesView
from service_catalog.implementations.claiming import SHELF, NoSuchImplementation, find_implementation
from service_catalog.implementations.inheritance import weigh
from service_catalog.implementations.schemas import RefusalView
from service_catalog.implementations.standards import standard_to_implement
from service_catalog.registers.registers import registers_of


def differences_from_standard(session: Session, code: str, day: date) -> LocalDifferencesView:
    """Compare what holds here with the standard in force on a day; raises NoSuchImplementation, StandardNotInForce."""
    made = find_implementation(session, code)
    edition = SHELF.on(session, code, day)
    if edition is None or edition.ends_by(day):
        raise NoSuchImplementation(
            f"{code} 在 {day} 没有已发布的版本", f"{code} has nothing in force on {day}", code=code
        )
    standard = standard_to_implement(session, find_item(session, made.basic_code), day)
    registers = registers_of(session)
    worst = registers.calendar.longest_run
    local = edition.local.for_the_public()
    lighter, refusals = weigh(local, standard, made.exercise_level, registers.matrix, worst)
    there, here = beside_each_other(standard.content.for_the_public(), lighter, day, worst)
    return LocalDifferencesView(
        code=code, basic_code=made.basic_code, as_of=day, edition=edition.number, standard_edition=standard.edition,
        differences=named(session, differences_between(there, here)),
        gave_way=[RefusalView(**refusal.facts(), zh=refusal.said.zh, en=refusal.said.en) for refusal in refusals],
        history=[HistoryRow(**gone._asdict()) for gone in gone_rows(local, standard)],
    )  # fmt: skip

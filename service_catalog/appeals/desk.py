"""What every step of an officer has in common: who, when, on which appeal, in one transaction."""

from typing import Annotated

from fastapi import Depends
from sqlmodel import Session

from service_catalog.access.rights import NotAllowed
from service_catalog.access.web import SignInFirst, Staff
from service_catalog.actors import Actor
from service_catalog.appeals.case import Case
from service_catalog.appeals.case_schemas import CaseView
from service_catalog.appeals.case_views import case_view
from service_catalog.appeals.opening import NoSuchAppeal
from service_catalog.appeals.stages import MoveNotLegal
from service_catalog.appeals.web import Number, Sealing
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.errors import CatalogError
from service_catalog.kernel.problems import answers
from service_catalog.kernel.web import Now, WriteDb


def steps(*more: type[CatalogError]) -> dict[int | str, dict[str, object]]:
    """Return what every step may be refused with."""
    return answers(SignInFirst, NotAllowed, NoSuchAppeal, MoveNotLegal, *more)


class Desk:
    """One officer's step: who, when, on which appeal, in one transaction; answers with the case as it is afterwards."""

    def __init__(self, by: Staff, number: Number, db: WriteDb, vault: Sealing, now: Now) -> None:
        self.session: Session = db
        self.place = (db, vault, number)
        self.by: Actor = by
        self.at = now

    def view(self, case: Case) -> CaseView:
        """Return the case as the officer reads it."""
        self.session.flush()
        return case_view(case, self.by, civil_day(self.at))


ByOfficer = Annotated[Desk, Depends(Desk)]

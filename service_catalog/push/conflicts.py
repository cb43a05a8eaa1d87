"""Whether something changed here since an office last read it; pure."""

from datetime import date
from typing import NamedTuple

from service_catalog.actors import Actor
from service_catalog.implementations.gathering import Here
from service_catalog.implementations.tables import ImplementationEdition
from service_catalog.kernel.errors import Said
from service_catalog.lifecycle.states import WorkState
from service_catalog.push.rows import fault_line
from service_catalog.push.schemas import FaultLine, HereView, ImplementationRow


class Conflict(NamedTuple):
    """Why a row is not written over what stands here, and what that is; nothing where nothing is published."""

    line: FaultLine
    edition: ImplementationEdition | None

    def view(self, here: Here) -> HereView | None:
        """Return what stands here, for the receipt."""
        if self.edition is None:
            return None
        return HereView(
            edition=self.edition.number, state=self.edition.state.value, by=self.edition.drafted_by,
            effective_from=self.edition.effective_from, change_number=here.last_change, content=self.edition.content,
        )  # fmt: skip


def conflict_of(row: ImplementationRow, here: Here, today: date, by: Actor) -> Conflict | None:
    """Return what stands against writing a row; None where the office has seen what it writes over."""
    in_work = here.in_work(today)
    if in_work is not None and not is_own_draft(in_work, by):
        said = Said(
            f"第 {in_work.number} 版正在编制（{in_work.drafted_by}，{in_work.state.value}），未作改动",
            f"edition {in_work.number} is in work ({in_work.drafted_by}, {in_work.state.value}); nothing was changed",
        )
        return Conflict(fault_line("edition-in-work", "", said, here=in_work.number), in_work)
    in_force = here.in_force(today)
    element, seen, now = "/seen/edition", row.seen.edition, in_force.number if in_force else None
    if row.seen.edition is None and row.seen.change_number is not None:
        seen = now  # it goes by the number of the change alone
    if seen == now and row.seen.change_number is not None and row.seen.change_number < here.last_change:
        element, seen, now = "/seen/change_number", row.seen.change_number, here.last_change
    if seen == now:
        return None
    said = Said(
        f"最后一次读取的是 {seen or '（未读取）'}，此处现在是 {now or '（没有已发布的版本）'}，未作改动",
        f"last read: {seen or 'nothing'}; here it is now {now or 'nothing'}; nothing was changed",
    )
    return Conflict(fault_line("changed-here", element, said, sent=seen, here=now), in_force)


def is_own_draft(edition: ImplementationEdition, by: Actor) -> bool:
    """Tell whether an edition in work is a draft that the same office wrote last, and that no reviewer has on the desk."""
    return edition.state in (WorkState.DRAFT, WorkState.RETURNED) and edition.drafted_by == by.name

"""Whether something changed here since an office last read it; pure."""

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from service_catalog.implementations.gathering import Here, in_work_words
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


def conflict_of(row: ImplementationRow, here: Here, today: date, is_own: Callable[[str], bool]) -> Conflict | None:
    """Return what stands against writing a row; None where the office has seen what it writes over.

    `is_own` tells of the author of a draft whether it is the same office.
    """
    in_work = here.in_work(today)
    if in_work is not None and not is_own_draft(in_work, is_own):
        said = in_work_words(in_work)
        said = Said(f"{said.zh}，未作改动", f"{said.en}; nothing was changed")
        return Conflict(fault_line("edition-in-work", "", said, here=in_work.number), in_work)
    in_force = here.in_force(today)
    seen, now = row.seen.edition, in_force.number if in_force else None
    if seen is None and row.seen.change_number is not None:
        seen = now  # it goes by the number of the change alone
    if seen != now:
        said = changed_words(seen, now, Said("本事项", "this implementation"))
        return Conflict(fault_line("changed-here", "/seen/edition", said, sent=seen, here=now), in_force)
    change, last = row.seen.change_number, here.last_change
    if change is None or change >= last:
        return None
    said = Said(
        f"上次读取到变更号 {change}，此后又有变更（现为 {last}），未作改动",
        f"last read at change number {change}; it has changed since, at {last}; nothing was changed",
    )
    return Conflict(fault_line("changed-here", "/seen/change_number", said, sent=change, here=last), in_force)


def changed_words(seen: int | None, now: int | None, thing: Said) -> Said:
    """Say that what stands here is not the edition that was last read."""
    if now is None:
        zh, en = f"上次读取的是第 {seen} 版，此处没有已发布的版本", f"last read: edition {seen}; here none is published"
    elif seen is None:
        zh, en = f"上报前未读取过{thing.zh}；现为第 {now} 版", f"{thing.en} was never read; it is at edition {now}"
    else:
        zh, en = f"上次读取的是第 {seen} 版，此处现为第 {now} 版", f"last read: edition {seen}; here it is at {now}"
    return Said(f"{zh}，未作改动", f"{en}; nothing was changed")


def is_own_draft(edition: ImplementationEdition, is_own: Callable[[str], bool]) -> bool:
    """Tell whether an edition in work is a draft that the same office wrote last, and that no reviewer has on the desk."""
    return edition.state in (WorkState.DRAFT, WorkState.RETURNED) and is_own(edition.drafted_by)

"""Writing many local parts at once: what thousands of `claim`, `draft`, `revise` would write, in a few statements.

Each part was weighed before, by the rules of a single draft, against what `Gathered` read under the lock that still holds.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlmodel import Session

from service_catalog.actors import Actor
from service_catalog.implementations.claiming import SHELF, new_claim, write_area_served
from service_catalog.implementations.content import LocalContent
from service_catalog.implementations.gathering import BASIC, LEVEL, Here
from service_catalog.implementations.tables import ImplementationEdition
from service_catalog.kernel.dates import civil_day
from service_catalog.lifecycle.reviewing import settle_each
from service_catalog.lifecycle.states import EditionKind


class Part(NamedTuple):
    """A local part that may be written: as a draft, or published on a day under the standing right (常设发布权)."""

    code: str
    local: LocalContent
    standard_edition: int
    publish_on: date | None = None
    reason: str | None = None
    """Why nobody reviews it; kept in the note of its publication."""


def hand_in_all(session: Session, parts: Sequence[Part], here: Mapping[str, Here], *, by: Actor, at: datetime) -> None:
    """Write all parts; raises IntegrityError where somebody claims one of them at this moment."""
    today = civil_day(at)
    settle_each(session, [here[part.code].live for part in parts], today)
    session.add_all(_claim(part, here[part.code], by=by, at=at) for part in parts if here[part.code].claimed is None)
    session.flush()
    written = [(part, _drafted(session, part, here[part.code], by=by, at=at)) for part in parts]
    session.flush()
    _publish(session, [(part, edition) for part, edition in written if part.publish_on], here, by=by, at=at)


def _claim(part: Part, here: Here, *, by: Actor, at: datetime) -> Any:
    assert here.agency is not None
    return new_claim(here.agency, part.code[LEVEL], part.code[BASIC], act_id=None, by=by, at=at)


def _drafted(session: Session, part: Part, here: Here, *, by: Actor, at: datetime) -> ImplementationEdition:
    """Write the part over the draft in work, where there is one, or as the next edition."""
    content, status = part.local.differences(), part.local.availability.status
    edition = here.in_work(civil_day(at))
    if edition is None:
        kind = EditionKind.CHANGE if here.last_number else EditionKind.ESTABLISHMENT
        edition = SHELF.new(
            part.code, here.last_number + 1, content, kind, by=by, availability=status,
            based_on_edition=part.standard_edition,
        )  # fmt: skip
        session.add(edition)
    else:
        edition.revise(content, by=by)
        edition.availability, edition.based_on_edition = status, part.standard_edition
    return edition


def _publish(
    session: Session,
    written: Sequence[tuple[Part, ImplementationEdition]],
    here: Mapping[str, Here],
    *,
    by: Actor,
    at: datetime,
) -> None:
    for part, edition in written:
        assert part.publish_on is not None
        SHELF.publish_unreviewed(session, edition, part.publish_on, part.reason or "", by=by, at=at)
    session.flush()
    settle_each(session, [[*here[part.code].live, edition] for part, edition in written], civil_day(at))
    for part, edition in written:
        if part.local.service_area:
            write_area_served(session, edition)

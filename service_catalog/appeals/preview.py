"""Before it is handed in: answers that are published already, open appeals that look like it, and what belongs elsewhere."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Select, select, union
from sqlmodel import Session, col

from service_catalog.appeals.drafts import AppealDraft, Wanted
from service_catalog.appeals.elsewhere import hints
from service_catalog.appeals.intake import kind_of
from service_catalog.appeals.matter import About, find_out
from service_catalog.appeals.routing import Matter, Routed, route
from service_catalog.appeals.rulebook import rulebook_of
from service_catalog.appeals.rules import Elsewhere, LimitRow
from service_catalog.appeals.stages import OPEN, AppealKind
from service_catalog.appeals.tables import Appeal
from service_catalog.kernel.dates import civil_day
from service_catalog.questions.asking import alike, in_pairs
from service_catalog.questions.tables import PublishedQuestion
from service_catalog.vault import Vault

LOOKED_AT = 200
"""Newest open appeals of the same item or place that are compared: a preview must stay quick."""
RECENT = timedelta(days=60)
MOST = 5
FEWEST_PAIRS = 15
"""A shorter text is not compared: a name or a number that somebody tries must find nobody."""
COMPARED_KINDS = (AppealKind.CONSULTATION, AppealKind.HELP, AppealKind.OPINION, AppealKind.SUGGESTION)
"""Whoever is complained of must not find out by trying words."""


class Previewed(NamedTuple):
    """What somebody reads before they hand in."""

    about: About
    routed: Routed
    limit: LimitRow
    elsewhere: list[Elsewhere]
    similar: list[Appeal]
    """Open appeals that may be the same matter, the likest first; their texts belong to somebody else."""
    answers: Sequence[PublishedQuestion]


def preview(session: Session, vault: Vault, draft: AppealDraft, *, at: datetime) -> Previewed:
    """Look without writing; raises InvalidRequest."""
    rulebook, today = rulebook_of(session), civil_day(at)
    about = find_out(session, draft, at=at)
    kind = kind_of(draft.kind)
    matter = Matter(
        kind, draft.kind is Wanted.REPORT, draft.text, about.region_code, about.basic_code, about.implementation_code,
        draft.element, draft.theme, about.against_agency,
    )  # fmt: skip
    return Previewed(
        about,
        route(session, rulebook, matter, today),
        rulebook.limits.of(kind, draft.urgency, today),
        hints(rulebook, draft.text),
        _similar(session, vault, draft, about, rulebook.policy.drafts_alike, at),
        alike(session, draft.text, about.basic_code, most=MOST),
    )


def _similar(
    session: Session, vault: Vault, draft: AppealDraft, about: About, least: int, at: datetime
) -> list[Appeal]:
    wanted = pairs_of(draft.text)
    found = []
    for row in session.scalars(newest_about(about, at)) if len(wanted) >= FEWEST_PAIRS else ():
        text = vault.unseal(row.body, f"appeal {row.number} body").decode() if row.body else ""
        found.append((likeness(wanted, pairs_of(text)), row))
    found.sort(key=lambda one: -one[0])
    return [row for alike, row in found if alike >= least][:MOST]


def newest_about(about: About, at: datetime) -> Select[Appeal]:
    """Select the newest open appeals of the same item or place.

    One of three conditions would read every appeal there ever was: each is a query of its own, by an index of its own.
    """
    same = [col(Appeal.desk_region) == about.region_code, col(Appeal.region_code) == about.region_code]
    if about.basic_code is not None:
        same.append(col(Appeal.basic_code) == about.basic_code)
    newest = [
        select(col(Appeal.number))
        .where(one, col(Appeal.stage).in_(OPEN), col(Appeal.received_at) > at - RECENT)
        .where(col(Appeal.kind).in_(COMPARED_KINDS), col(Appeal.is_report).is_(False))
        .where(col(Appeal.kind_before).is_distinct_from(AppealKind.COMPLAINT))
        .order_by(col(Appeal.received_at).desc())
        .limit(LOOKED_AT)
        .subquery()
        for one in same
    ]
    numbers = union(*(select(one.c.number) for one in newest))
    ordered = select(Appeal).where(col(Appeal.number).in_(numbers)).order_by(col(Appeal.received_at).desc())
    return ordered.limit(LOOKED_AT)


def pairs_of(text: str) -> frozenset[str]:
    """Return the pairs of neighbouring characters of a text."""
    return frozenset(in_pairs(text).split())


def likeness(one: frozenset[str], other: frozenset[str]) -> int:
    """Return how much two texts have in common of all that they say, 0 to 100 (Jaccard); 0 where either is short.

    It is the same both ways: a text that contains the other is not like it for that, so that nobody can try out bit by
    bit what another person wrote.
    """
    if min(len(one), len(other)) < FEWEST_PAIRS:
        return 0
    return 100 * len(one & other) // len(one | other)

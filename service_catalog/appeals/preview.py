"""Before it is handed in: answers that are published already, open appeals that look like it, and what belongs elsewhere."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from rapidfuzz import fuzz
from sqlalchemy import or_, select
from sqlmodel import Session, col

from service_catalog.appeals.drafts import AppealDraft, Wanted
from service_catalog.appeals.elsewhere import hints
from service_catalog.appeals.intake import kind_of
from service_catalog.appeals.matter import About, find_out
from service_catalog.appeals.routing import Matter, Routed, route
from service_catalog.appeals.rulebook import rulebook_of
from service_catalog.appeals.rules import Elsewhere, LimitRow
from service_catalog.appeals.stages import OPEN
from service_catalog.appeals.tables import Appeal
from service_catalog.kernel.dates import civil_day
from service_catalog.questions.asking import alike, in_pairs
from service_catalog.questions.tables import PublishedQuestion
from service_catalog.vault import Vault

LOOKED_AT = 200
"""Newest open appeals of the same item or place that are compared: a preview must stay quick."""
RECENT = timedelta(days=60)
MOST = 5


class Similar(NamedTuple):
    """An open appeal that may be the same matter; its text belongs to somebody else and is not shown."""

    row: Appeal
    likeness: int


class Previewed(NamedTuple):
    """What somebody reads before they hand in."""

    about: About
    routed: Routed
    limit: LimitRow
    elsewhere: list[Elsewhere]
    similar: list[Similar]
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
) -> list[Similar]:
    same = [col(Appeal.desk_region) == about.region_code, col(Appeal.region_code) == about.region_code]
    if about.basic_code is not None:
        same.append(col(Appeal.basic_code) == about.basic_code)
    query = (
        select(Appeal)
        .where(or_(*same), col(Appeal.stage).in_(OPEN), col(Appeal.received_at) > at - RECENT)
        .where(col(Appeal.is_report).is_(False))  # whoever is reported must not find out by trying words
        .order_by(col(Appeal.received_at).desc())
        .limit(LOOKED_AT)
    )
    found = []
    for row in session.scalars(query):
        text = vault.unseal(row.body, f"appeal {row.number} body").decode() if row.body else ""
        likeness = int(fuzz.token_set_ratio(in_pairs(draft.text), in_pairs(text)))
        if likeness >= least:
            found.append(Similar(row, likeness))
    return sorted(found, key=lambda one: -one.likeness)[:MOST]

"""Import of what counties have: a dry run first, always; then applying exactly what was reported, all of it or nothing.

An import writes drafts, which go the way of all drafts; it publishes nothing.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlmodel import Session, col

from service_catalog.actors import Actor
from service_catalog.basic_items.findings import Severities
from service_catalog.exchange.finding_items import Finder, Found
from service_catalog.exchange.holding import Held, Holder
from service_catalog.exchange.import_schemas import (
    Counts,
    ElementLine,
    ImportView,
    NotUsedLine,
    Outcome,
    RowLine,
    Verdict,
)
from service_catalog.exchange.intake import HandedIn, Intake, PartRow, claim_strays, take_in
from service_catalog.exchange.speaking import Trouble
from service_catalog.exchange.workbook import Workbook
from service_catalog.implementations import claiming
from service_catalog.implementations.tables import Implementation
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.errors import Invalid, Said, Stale
from service_catalog.lifecycle.states import EditionKind

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many are done and how many there are."""
_CHUNK = 500


class ReportNotSeen(Stale):
    """Applying needs the digest of a dry run; what would be applied now is not what was reported then."""

    title = Said("未附与现在一致的试查摘要", "What would be applied is not what was reported")


class RowsRefused(Invalid):
    """Some rows are not received, so none is; `only_good_rows` receives the others."""

    title = Said("有不能接收的行，全部未接收", "Some rows are not received, so none is")


class HandIn(NamedTuple):
    """A file that somebody hands in."""

    content: bytes
    book: Workbook
    agency_code: str | None = None
    """Whose list it is, where its rows do not say."""


def quietly(what: str, done: int, total: int) -> None:
    """Report no progress."""


def dry_run(session: Session, handed: HandIn, *, by: Actor, at: datetime, progress: Progress = quietly) -> ImportView:
    """Report on every row and element; writes nothing. Raises ListUnreadable."""
    held, intake = _hold(session, handed, lock=False, by=by, at=at, progress=progress)
    return _report(handed, intake, [one.line for one in held])


def what_rows_say(
    session: Session, handed: HandIn, *, by: Actor, at: datetime, progress: Progress = quietly
) -> Sequence[Held]:
    """Return every row held against what this catalogue (or this copy of one) has, with the local part it says; writes nothing."""
    held, _ = _hold(session, handed, lock=False, by=by, at=at, progress=progress)
    return held


def apply(
    session: Session,
    handed: HandIn,
    *,
    digest: str | None,
    only_good_rows: bool = False,
    submit: bool = False,
    severities: Severities | None = None,
    words: Mapping[str, Sequence[str]] | None = None,
    by: Actor,
    at: datetime,
    progress: Progress = quietly,
) -> ImportView:
    """Do what a dry run reported, in the caller's transaction; raises ReportNotSeen, RowsRefused, and whatever a draft raises.

    Unclaimed items are claimed; what differs is drafted (and handed in for review where `submit` says so, by the
    severities and word lists of the site).
    """
    if not digest:
        raise ReportNotSeen(
            "接收之前须先试查，并附上试查报告中的摘要（digest）；没有写入任何内容",
            "a dry run comes first, and its digest is sent along; nothing was written",
        )
    held, intake = _hold(session, handed, lock=True, by=by, at=at, progress=progress)
    report = _report(handed, intake, [one.line for one in held])
    if report.digest != digest:
        raise ReportNotSeen(
            "试查之后情况已变：所附摘要与现在的试查结果不同，请重新试查；没有写入任何内容", "the digest is not that of the dry run as it is now; nothing was written",
            digest=report.digest,
        )  # fmt: skip
    if report.bad and not only_good_rows:
        raise RowsRefused(
            f"{len(report.bad)} 行不能接收；没有写入任何内容", f"{len(report.bad)} rows are not received; nothing was written",
            counts=report.counts.model_dump(), rows=[line.model_dump(mode="json") for line in report.bad],
        )  # fmt: skip
    # in one order, so that two imports at the same time wait for each other instead of blocking each other
    good = sorted((one for one in held if one.line.outcome is Outcome.ACCEPTABLE), key=lambda one: one.code or "")
    for done, one in enumerate(good, start=1):
        _receive(session, one, by=by, at=at)
        if submit:
            claiming.submit(session, one.code or "", by=by, at=at, severities=severities, words=words)
        progress("写入 writing", done, len(good))
    lines = [_received(one.line) for one in held]
    return report.model_copy(update={"applied": True, "rows": lines, "counts": _counts(lines)})


def _receive(session: Session, held: Held, *, by: Actor, at: datetime) -> None:
    assert held.code is not None
    assert held.content is not None
    code = held.code
    if held.line.action == "claim":
        claiming.claim(
            session, agency_code=code[:18], exercise_level=code[18], basic_code=code[19:], by=by, at=at
        )  # fmt: skip
    if held.line.action == "revise":
        claiming.revise(session, code, held.content, expected_revision=held.revision, by=by, at=at)
    else:
        kind = EditionKind.CHANGE if held.line.seen else EditionKind.ESTABLISHMENT
        claiming.draft(session, code, held.content, kind=kind, by=by, at=at)


def _received(line: RowLine) -> RowLine:
    return line.model_copy(update={"outcome": Outcome.RECEIVED}) if line.outcome is Outcome.ACCEPTABLE else line


def _hold(
    session: Session, handed: HandIn, *, lock: bool, by: Actor, at: datetime, progress: Progress
) -> tuple[list[Held], Intake]:
    intake = take_in(handed.book)
    finder = Finder(session, civil_day(at), handed.agency_code)
    found = [(row, finder.find(row)) for row in intake.rows]
    claim_strays(intake, {one.code: row for row, one in found if one.code})
    if lock:
        _lock(session, [one.code for _, one in found if one.code])
    holder = Holder(session, intake, by=by, at=at)
    held = []
    for done, (row, one) in enumerate(_said_once(found), start=1):
        held.append(holder.hold(row, one))
        progress("比对 comparing", done, len(found))
    held += [Held(_stray(part)) for part in intake.strays]
    return held, intake


def _lock(session: Session, codes: Sequence[str]) -> None:
    """Hold what is there already, in one order, so that what was compared is what is written over."""
    ordered = sorted(set(codes))
    for start in range(0, len(ordered), _CHUNK):
        session.execute(
            select(col(Implementation.implementation_code))
            .where(col(Implementation.implementation_code).in_(ordered[start : start + _CHUNK]))
            .order_by(col(Implementation.implementation_code))
            .with_for_update()
        )


def _said_once(found: Sequence[tuple[HandedIn, Found]]) -> Iterator[tuple[HandedIn, Found]]:
    """Two rows of one implementation: nobody can tell which of them is meant, so both need a person."""
    rows: dict[str, list[HandedIn]] = {}
    for row, one in found:
        if one.code:
            rows.setdefault(one.code, []).append(row)
    for row, one in found:
        same = [other for other in rows.get(one.code or "", []) if other is not row]
        if not same:
            yield row, one
            continue
        numbers = "、".join(str(other.number) for other in same)
        said = Said(f"与第 {numbers} 行是同一实施事项", f"the same implementation as row {numbers}")
        where = next((row.cells[path].where for path in ("@name", "@implementation_code") if row.text(path)), row.where)
        yield row, one._replace(troubles=[*one.troubles, Trouble("row", where, "said_twice", said, None, None)])


def _stray(part: PartRow) -> RowLine:
    said = Said(
        "不知道这一行属于哪个实施事项（序号、实施编码都对不上）", "this row belongs to no implementation of the list"
    )
    line = ElementLine(
        element=part.form.part, cell=part.where, verdict=Verdict.REFUSED, rule="belongs_to_nothing", zh=said.zh, en=said.en,
        standard_value=None, local_value=None, stored_value=None,
    )  # fmt: skip
    return RowLine(
        sheet=part.sheet, row=part.number, cell=part.where, name=part.text("name"), implementation_code=None,
        matched_by=None, candidates=[], outcome=Outcome.REFUSED, action=None, standard_edition=None, seen=None,
        elements=[line], equal=[],
    )  # fmt: skip


def _counts(lines: Sequence[RowLine]) -> Counts:
    counted = Counter(line.outcome.value for line in lines)
    return Counts(rows=len(lines), **{outcome.value: counted[outcome.value] for outcome in Outcome})


def _report(handed: HandIn, intake: Intake, lines: list[RowLine]) -> ImportView:
    report = ImportView(
        file_sha256=hashlib.sha256(handed.content).hexdigest(),
        kind=intake.kind,
        applied=False,
        digest="",
        counts=_counts(lines),
        not_used=[
            NotUsedLine(sheet=one.sheet, column=one.column, filled=one.filled, zh=one.said.zh, en=one.said.en)
            for one in intake.not_used
        ],
        rows=lines,
    )
    plain = json.dumps(report.model_dump(mode="json"), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return report.model_copy(update={"digest": hashlib.sha256(plain.encode()).hexdigest()})

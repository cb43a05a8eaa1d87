"""Taking over (移交) what a replica took while the line was down: exactly once, and never worse than its receipt says.

The number is the key: the same again is answered as the first time. It is routed and counted here and now, from the
moment at which the replica received it. What the person was told stays: number, query code, and the day by which it is due.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from service_catalog.actors import Actor
from service_catalog.appeals import intake
from service_catalog.appeals.attaching import Stored, attach
from service_catalog.appeals.case import Case
from service_catalog.appeals.clock import Limit, LimitUnit, Tick, due, wind
from service_catalog.appeals.elsewhere import hints
from service_catalog.appeals.handing_schemas import HandedOver, Promise, TakenOverView
from service_catalog.appeals.opening import events_of
from service_catalog.appeals.ranges import find_own_range
from service_catalog.appeals.repeating import key_of
from service_catalog.appeals.routing import Routed, route
from service_catalog.appeals.rulebook import Rulebook, rulebook_of
from service_catalog.appeals.stages import Step, Urgency
from service_catalog.appeals.still_there import Standing, find_out_what_stands, item_of
from service_catalog.appeals.tables import Appeal, AppealRequest
from service_catalog.kernel.dates import civil_day
from service_catalog.kernel.errors import Conflict, Fault, InvalidRequest, Said
from service_catalog.regions.tables import Region
from service_catalog.vault import Vault

CLOCKS_DIFFER_BY = timedelta(minutes=5)


class NumberUsed(Conflict):
    """Another appeal has this number."""

    title = Said("编号已用于另一件诉求", "Another appeal has this number")


class NotYetReceived(Conflict):
    """It says that it was received later than now: the clock of the replica is fast. It may come again later."""

    title = Said("收到时间在将来", "Received in the future")


def taken_before(session: Session, handed: HandedOver) -> TakenOverView | None:
    """Return what was answered when the same was handed over the first time; raises NumberUsed."""
    there = session.get(Appeal, handed.number)
    if there is None:
        return None
    request = session.get(AppealRequest, _key(handed))
    is_same = (
        request.body == _digest(handed) if request else there.erased_at and there.received_at == handed.received_at
    )
    if not is_same:
        raise NumberUsed(f"编号 {handed.number} 已用于另一件诉求", f"another appeal has the number {handed.number}")
    return _told(session, handed.number)


def take_over(
    session: Session,
    vault: Vault,
    handed: HandedOver,
    *,
    files: Sequence[Stored] = (),
    within: timedelta,
    by: Actor,
    at: datetime,
) -> TakenOverView:
    """Take an appeal over; what it names and is there no more is left away, and a note to the desk says so.

    Raises NumberOfAnother, NumberUsed, NotYetReceived, and InvalidRequest for what no replica would have taken.
    """
    own = find_own_range(session, handed.number, by=by, at=at, lock=True)
    before = taken_before(session, handed)
    if before is not None:
        return before
    own.holder = by.identity
    rulebook = rulebook_of(session)
    _demand_plausible(rulebook, handed, within, at)
    stands = find_out_what_stands(session, handed.draft, at=at)
    routed = route(session, rulebook, intake.matter_of(stands.draft, stands.about), civil_day(at))
    case = _write(session, vault, handed, stands, routed, by)
    _note(case, handed, stands, routed, own.reader, by, at)
    for file in files:
        attach(case, file, by=None, at=at)
    if routed.agency_code is None:
        intake.await_dispatch(case, at=at)
    else:
        intake.dispatch_by_rule(case, routed, at=at)
    session.flush()
    session.add(AppealRequest(key=_key(handed), body=_digest(handed), number=handed.number, made_at=at))
    session.flush()
    return _told(session, handed.number)


def _key(handed: HandedOver) -> str:
    return key_of(None, f"handed over {handed.number}")  # with blanks, which no Idempotency-Key has


def _digest(handed: HandedOver) -> str:
    """Return the digest of what was sent, and of nothing that a later version may add to it."""
    parts = handed.model_dump_json(exclude_unset=True, exclude={"draft": {"attachments"}}).encode()
    files = (file.name.encode() + b"\0" + file.content for file in handed.draft.attachments)
    return hashlib.sha256(parts + b"".join(hashlib.sha256(file).digest() for file in files)).hexdigest()


def _demand_plausible(rulebook: Rulebook, handed: HandedOver, within: timedelta, at: datetime) -> None:
    if handed.received_at > at + CLOCKS_DIFFER_BY:
        raise NotYetReceived("收到时间在将来，请校准本机时钟", "received in the future: set the clock right")
    faults = []
    if handed.received_at < at - within:
        said = Said(f"收到已超过 {within.days} 天", f"received more than {within.days} days ago")
        faults.append(Fault("/received_at", said))
    known = {channel.code: channel for channel in rulebook.channels.channels}.get(handed.draft.channel)
    if known is not None and not known.open:
        said = Said(f"渠道“{known.zh}”由受理人员登记", f"officers write down what comes by {known.en}")
        faults.append(Fault("/draft/channel", said))
    if handed.draft.urgency is Urgency.URGENT:
        said = Said("是否紧急由受理人员确定", "an officer decides what is urgent")
        faults.append(Fault("/draft/urgency", said))
    if faults:
        raise InvalidRequest(faults)


def _write(session: Session, vault: Vault, handed: HandedOver, stands: Standing, routed: Routed, by: Actor) -> Case:
    """Write it down as received at the replica, with the receipt that the person has in their hands."""
    received_at, promise = handed.received_at, handed.receipt
    case = intake.write_down(
        session, vault, stands.draft, stands.about, routed.desk_region, number=handed.number,
        query_code=handed.query_code, at=received_at,
    )  # fmt: skip
    case.row.basic_code = stands.about.basic_code or item_of(session, handed.draft.item)
    case.row.seen = handed.seen or stands.about.seen
    is_known = session.get(Region, promise.desk) is not None
    facts = promise.model_dump(mode="json") | {
        "kind": handed.draft.kind.value, "desk": promise.desk if is_known else routed.desk_region,
        "hints": [row.code for row in hints(case.rulebook, handed.draft.text)],
        "attachments": len(handed.draft.attachments),
    }  # fmt: skip
    channel = next((one for one in case.rulebook.channels.channels if one.code == handed.draft.channel), None)
    case.record(
        Step.REGISTER, by=by if channel is None or channel.machine else None, at=received_at,
        ticks=_ticks(case, handed), facts=facts, public=True,
    )  # fmt: skip
    return case


def _ticks(case: Case, handed: HandedOver) -> list[Tick]:
    """Return how its clock starts: by the rules of now, with a shorter limit where the receipt promised an earlier day."""
    draft, received_at = handed.draft, handed.received_at
    limit = case.rulebook.limits.of(case.row.kind, draft.urgency, civil_day(received_at))
    start = intake.start_of(case, limit, received_at)
    promised = handed.receipt.due_on
    if promised is None or due(wind([start]), case.calendar).not_before <= promised:
        return [start]
    for amount in range(limit.amount - 1, 0, -1):
        shorter = Tick(does="limit", on=start.on, limit=Limit(amount=amount, unit=limit.unit))
        if due(wind([start, shorter]), case.calendar).not_before <= promised:
            return [start, shorter]
    return [start, Tick(does="limit", on=start.on, limit=Limit(amount=1, unit=LimitUnit.SAME_DAY))]


def _note(
    case: Case, handed: HandedOver, stands: Standing, routed: Routed, reader: str, by: Actor, at: datetime
) -> None:
    """Write down for the officers where it comes from, and in what it differs from its receipt."""
    receipt = handed.receipt
    is_routed_as_told = (routed.desk_region, routed.agency_code) == (receipt.desk, receipt.agency)
    facts: dict[str, Any] = {
        "handed_over_by": reader, "desk": routed.desk_region, "agency": routed.agency_code, "rule": routed.rule,
        "routed_as_told": is_routed_as_told, "deadline_kept": len(case.events[0].ticks) > 1,
        "dropped": [dropped._asdict() for dropped in stands.dropped],
    }  # fmt: skip
    case.record(Step.NOTE, by=by, at=at, words=_in_words(facts, receipt), facts=facts)
    case.row.stage_since = at


def _in_words(facts: dict[str, Any], receipt: Promise) -> str:
    words = [f"线路中断期间由“{facts['handed_over_by']}”受理，现移交。"]
    if not facts["routed_as_told"]:
        told, has = receipt.agency or receipt.desk, facts["agency"] or facts["desk"]
        words.append(f"回执写明的承办是 {told}，按现行规则转 {has}。")
    if facts["deadline_kept"]:
        words.append(f"按现行规则时限较晚，仍按回执所写 {receipt.due_on} 计算。")
    words += [
        f"提交时写明的 {gone['value']}（{gone['pointer']}）现已不存在：{gone['why']}。" for gone in facts["dropped"]
    ]
    return "".join(words)


def _told(session: Session, number: str) -> TakenOverView:
    events = events_of(session, number)
    note = next(event for event in events if "handed_over_by" in event.facts)
    return TakenOverView(
        number=number, received_at=events[0].at, taken_over_at=note.at, desk=note.facts["desk"],
        agency=note.facts["agency"], rule=note.facts["rule"], routed_as_told=note.facts["routed_as_told"],
        deadline_kept=note.facts["deadline_kept"], dropped=sorted({gone["pointer"] for gone in note.facts["dropped"]}),
    )  # fmt: skip

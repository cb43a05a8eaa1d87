"""Following the change log: only what the changes touch is judged anew, and what the calendar has made due."""

from collections import defaultdict

from sqlalchemy import Engine, select

from service_catalog.actors import Actor
from service_catalog.changes.log import last_number
from service_catalog.findings.coverage import is_claimed_anywhere
from service_catalog.findings.rules import Strictness
from service_catalog.findings.running import Progress, Running, hold
from service_catalog.findings.runs import EVERYTHING, Clock, begin, finish, judge_scope, unseen
from service_catalog.findings.scope import Scope, size_of
from service_catalog.findings.tables import FindingFollower, FindingRun, RunKind
from service_catalog.findings.touched import Touched, read_touched
from service_catalog.kernel.database import reading
from service_catalog.kernel.dates import civil_day


def follow(
    engine: Engine, strictness: Strictness, *, by: Actor, clock: Clock, progress: Progress = unseen
) -> FindingRun | None:
    """Judge what has been touched since the last time; returns the record, None where nothing can have changed."""
    at = clock()
    with reading(engine) as session:
        follower = session.scalars(select(FindingFollower)).one()
        day = civil_day(at)
        if (follower.change_number, follower.day, follower.rules) == (last_number(session), day, strictness.digest):
            return None
    running = begin(engine, strictness, RunKind.FOLLOWING, EVERYTHING, by=by, at=at, progress=progress)
    with running.turn() as (session, known):
        running.number = known.number
        touched = read_touched(session, known, hold(session))
    if touched.everything:
        judge_scope(running, EVERYTHING)
    else:
        judge_touched(running, touched)
    return finish(running, followed=True, at=clock())


def judge_touched(running: Running, touched: Touched) -> None:
    """Judge what was touched, each thing once; and the registers, which a day that has come may find wanting."""
    running.judge_registers()
    _settle_who_claims(running, touched)
    for agency in sorted(touched.agencies):
        running.judge_agencies(Scope(agency=agency))
    running.judge_items(sorted(touched.items | touched.items_alone))
    scopes = [Scope(item=item) for item in sorted(touched.items)]
    scopes += [Scope(agency=agency) for agency in sorted(touched.agencies)]
    for scope in scopes:
        with running.turn() as (session, _):
            total = size_of(session, scope)
        running.judge_implementations(scope, total)
    left = [
        code
        for code in touched.implementations | touched.local_alone
        if code[19:] not in touched.items and code[:18] not in touched.agencies
    ]
    running.judge_these(sorted(left))
    running.judge_again()
    everywhere = touched.items | touched.everywhere
    running.judge_everywhere(sorted(everywhere))
    by_item: dict[str, list[str]] = defaultdict(list)
    for item, region in touched.places:
        if item not in everywhere:
            by_item[item].append(region)
    for item, regions in sorted(by_item.items()):
        running.judge_at(item, regions)


def _settle_who_claims(running: Running, touched: Touched) -> None:
    """Where an item may have got its first body or lost its last one, it is judged itself, and its coverage everywhere."""
    by_item: dict[str, list[str]] = defaultdict(list)
    for code in touched.implementations:
        by_item[code[19:]].append(code)
    with running.turn() as (session, known):
        turned = {
            item
            for item, codes in by_item.items()
            if item in known.items and not is_claimed_anywhere(session, item, known.day, codes)
        }
    touched.items_alone |= turned - touched.items
    touched.everywhere |= turned

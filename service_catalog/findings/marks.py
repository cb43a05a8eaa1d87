"""Marks: digests of what a local part says that may stand elsewhere too, so that one body's words find another's."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping

from sqlalchemy import delete, insert, select
from sqlmodel import Session, col

from service_catalog.findings.tables import LocalMark
from service_catalog.implementations.content import LocalContent
from service_catalog.kernel.names import normalised

_CODE, _NAME = "c", "n"


def mark_of_code(scheme: str, code: str) -> str:
    """Return the mark of a local code."""
    return _CODE + _digest(scheme, code)


def mark_of_name(name: str) -> str:
    """Return the mark of an everyday name; spellings that differ in width or brackets only have the same."""
    return _NAME + _digest(normalised(name))


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=15).hexdigest()


def marks_in(local: LocalContent) -> frozenset[str]:
    """Return the marks of a local part."""
    return frozenset(mark_of_code(own.scheme, own.code) for own in local.local_codes) | {
        mark_of_name(alias) for alias in local.aliases
    }


def rewrite(session: Session, codes: Collection[str], marks: Mapping[str, frozenset[str]]) -> dict[str, set[str]]:
    """Keep the marks of these implementations as they are now; returns those that came or went, with their items."""
    query = select(col(LocalMark.implementation_code), col(LocalMark.mark)).where(
        col(LocalMark.implementation_code).in_(codes)
    )
    kept: dict[str, set[str]] = defaultdict(set)
    for code, mark in session.execute(query):
        kept[code].add(mark)
    gone = {code: before - marks.get(code, frozenset()) for code, before in kept.items()}
    new = {code: now - kept.get(code, set()) for code, now in marks.items()}
    for code, left in gone.items():
        if left:
            session.execute(
                delete(LocalMark).where(
                    col(LocalMark.implementation_code) == code, col(LocalMark.mark).in_(sorted(left))
                )
            )
    rows = [
        {"implementation_code": code, "mark": mark, "basic_code": code[19:]}
        for code, added in new.items()
        for mark in sorted(added)
    ]
    if rows:
        session.execute(insert(LocalMark), rows)
    moved: dict[str, set[str]] = defaultdict(set)
    for code, came_or_went in (*gone.items(), *new.items()):
        for mark in came_or_went:
            moved[mark].add(code[19:])
    return moved


def shared(session: Session, marks: Collection[str]) -> dict[str, frozenset[str]]:
    """Return for each mark the items whose local parts carry it."""
    found: dict[str, set[str]] = defaultdict(set)
    if marks:
        query = (
            select(col(LocalMark.mark), col(LocalMark.basic_code))
            .where(col(LocalMark.mark).in_(sorted(marks)))
            .distinct()
        )
        for mark, basic_code in session.execute(query):
            found[mark].add(basic_code)
    return {mark: frozenset(items) for mark, items in found.items()}


def concerned(session: Session, moved: Mapping[str, Collection[str]]) -> set[str]:
    """Return the implementations that carry a local code of another item which came or went.

    Everyday names concern items only, not each other.
    """
    codes = {mark: items for mark, items in moved.items() if mark.startswith(_CODE)}
    carried = shared(session, codes)
    return carriers(
        session, [mark for mark, items in codes.items() if len(carried.get(mark, frozenset()).union(items)) > 1]
    )


def carriers(session: Session, marks: Collection[str]) -> set[str]:
    """Return the implementations whose local parts carry one of the marks."""
    if not marks:
        return set()
    query = select(col(LocalMark.implementation_code)).where(col(LocalMark.mark).in_(sorted(marks))).distinct()
    return set(session.scalars(query))

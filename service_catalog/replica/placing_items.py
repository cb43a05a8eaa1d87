"""Standards and local parts of a copy."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import sqlite
from sqlmodel import Session, SQLModel, col

from service_catalog.basic_items.content import ItemContent
from service_catalog.basic_items.editing import facets_of
from service_catalog.basic_items.tables import BasicItem, BasicItemEdition, BasicItemFacet
from service_catalog.changes.tables import Subject
from service_catalog.coding.codes import IMPLEMENTATION
from service_catalog.coding.tables import CodeOrigin, IssuedCode
from service_catalog.implementations.tables import (
    DelegatedRegion,
    Delegation,
    Implementation,
    ImplementationEdition,
    ServedRegion,
)
from service_catalog.kernel.dates import civil_day
from service_catalog.lifecycle.tables import Act, Standing
from service_catalog.questions.tables import PublishedQuestion
from service_catalog.replica.placing import question_rows
from service_catalog.replica.rows import CENTRE, Coming, day, edition_row, first_fresh_id, moment, put, states_of, take

Told = tuple[str, Mapping[str, Any]]


def basic_items(session: Session, coming: Coming) -> None:
    """Place standards with all their editions."""
    for codes in coming.portions:
        _take_editions(session, BasicItemFacet, BasicItemEdition, col(BasicItemEdition.basic_code), codes)
        _take_standings(session, Subject.BASIC_ITEM, codes)
        acts = select(col(Delegation.act_id)).where(col(Delegation.basic_code).in_(codes))
        session.execute(delete(DelegatedRegion).where(col(DelegatedRegion.act_id).in_(acts)))
        take(session, col(Delegation.basic_code), codes)
        take(session, col(BasicItem.basic_code), codes)
        take(session, col(IssuedCode.code), codes)
        of_all = col(PublishedQuestion.implementation_code).is_(None)
        session.execute(delete(PublishedQuestion).where(col(PublishedQuestion.basic_code).in_(codes), of_all))
    there = list(coming.there)
    put(session, IssuedCode, [_issued(*told) for told in there])
    put(
        session, BasicItem,
        [
            {
                "basic_code": code, "item_type": code[2:4], "parent_basic_code": told["parent_basic_code"], "by": CENTRE,
                "at": moment(told["entered_at"]),
            }
            for code, told in there
        ],
    )  # fmt: skip
    _put_editions(session, BasicItemEdition, "basic_code", there, coming, _of_standard)
    _put_delegations(session, there)
    _put_decisions(session, Subject.BASIC_ITEM, there)
    asked = (row for code, told in there for row in question_rows(told["questions"], code, None))
    put(session, PublishedQuestion, list(asked))


def implementations(session: Session, coming: Coming) -> None:
    """Place local parts with all their editions."""
    for codes in coming.portions:
        owner = col(ImplementationEdition.implementation_code)
        _take_editions(session, ServedRegion, ImplementationEdition, owner, codes)
        _take_standings(session, Subject.IMPLEMENTATION, codes)
        take(session, col(Implementation.implementation_code), codes)
        take(session, col(PublishedQuestion.implementation_code), codes)
    there = list(coming.there)
    put(
        session, Implementation,
        [
            {
                "implementation_code": code, "agency_code": code[:18], "exercise_level": code[18],
                "basic_code": code[19:IMPLEMENTATION], "region_code": told["region_code"], "claimed_by": CENTRE,
                "claimed_at": moment(told["claimed_at"]), "act_id": told["act"],
            }
            for code, told in there
        ],
    )  # fmt: skip
    _put_editions(session, ImplementationEdition, "implementation_code", there, coming, _of_local_part)
    _put_decisions(session, Subject.IMPLEMENTATION, there)
    asked = (row for code, told in there for row in question_rows(told["questions"], code[19:IMPLEMENTATION], code))
    put(session, PublishedQuestion, list(asked))


Hanging = tuple[type[SQLModel], list[dict[str, Any]]]


def _of_standard(edition: Mapping[str, Any], number: int) -> tuple[dict[str, Any], Hanging]:
    facets = facets_of(ItemContent.model_validate(edition["content"]))
    own = {"name": edition["content"]["name"], "notice_days": edition["notice_days"]}
    return own, (BasicItemFacet, [{"edition_id": number} | facet for facet in facets])


def _of_local_part(edition: Mapping[str, Any], number: int) -> tuple[dict[str, Any], Hanging]:
    content = edition["content"]
    own = {"availability": content["availability"]["status"], "based_on_edition": edition["based_on_edition"]}
    served = [{"edition_id": number, "region_code": code} for code in sorted(set(content.get("service_area", ())))]
    return own, (ServedRegion, served)


def _put_editions(
    session: Session,
    table: type[SQLModel],
    owner: str,
    there: Iterable[Told],
    coming: Coming,
    own: Callable[[Mapping[str, Any], int], tuple[dict[str, Any], Hanging]],
) -> None:
    number, today = first_fresh_id(), civil_day(coming.at)
    editions: list[dict[str, Any]] = []
    hanging: dict[type[SQLModel], list[dict[str, Any]]] = {}
    for code, told in there:
        for edition, state in zip(told["editions"], states_of(told["editions"], today), strict=True):
            columns, (below, rows) = own(edition, number)
            editions.append({owner: code} | edition_row(edition, state, number) | columns)
            hanging.setdefault(below, []).extend(rows)
            number += 1
    put(session, table, editions)
    for below, rows in hanging.items():
        put(session, below, rows)


def _take_editions(
    session: Session, below: type[SQLModel], table: type[SQLModel], owner: Any, codes: Collection[str]
) -> None:
    numbers = select(table.id).where(owner.in_(codes))  # type: ignore[attr-defined]
    session.execute(delete(below).where(below.edition_id.in_(numbers)))  # type: ignore[attr-defined]
    take(session, owner, codes)


def _take_standings(session: Session, subject: Subject, codes: Collection[str]) -> None:
    session.execute(delete(Standing).where(col(Standing.subject) == subject, col(Standing.code).in_(codes)))


def _put_decisions(session: Session, subject: Subject, there: Iterable[Told]) -> None:
    """Place acts under their numbers (one may stand in several documents), and standings in their order."""
    acts = {act["number"]: act for _, told in there for act in told["acts"]}
    rows = [
        {"id": number, "by": CENTRE, "effective_on": day(act["effective_on"]), "at": moment(act["at"])}
        | {name: act[name] for name in ("kind", "subject", "code", "document_number", "title", "issuing_body")}
        for number, act in acts.items()
    ]
    if rows:  # a centre with another history has given the number to another act
        session.execute(sqlite.insert(Act).prefix_with("OR REPLACE"), rows)
    put(
        session, Standing,
        [
            {
                "subject": subject, "code": code, "state": line["state"], "from_on": day(line["from_on"]),
                "act_id": line["act"], "reason": line["reason"], "at": moment(line["at"]),
            }
            for code, told in there
            for line in told["standings"]
        ],
    )  # fmt: skip


def _put_delegations(session: Session, there: Iterable[Told]) -> None:
    lines = [(code, line) for code, told in there for line in told["delegations"]]
    plain = ("from_level", "to_level", "upper_ends")
    put(
        session, Delegation,
        [
            {"act_id": line["act"], "basic_code": code, "effective_on": day(line["effective_on"])}
            | {name: line[name] for name in plain}
            for code, line in lines
        ],
    )  # fmt: skip
    put(
        session, DelegatedRegion,
        [{"act_id": line["act"], "region_code": region} for _, line in lines for region in line["regions"]],
    )  # fmt: skip


def _issued(code: str, told: Mapping[str, Any]) -> dict[str, Any]:
    retired = told["retired"] or {}
    return {
        "code": code, "series": code[:6] if code[9:] == "000" else code[:9], "number": None,
        "origin": CodeOrigin.REGISTERED, "document_number": None, "by": CENTRE, "at": moment(told["entered_at"]),
        "retired_on": day(retired.get("retired_on")), "retired_by_document": retired.get("retired_by_document"),
    }  # fmt: skip
